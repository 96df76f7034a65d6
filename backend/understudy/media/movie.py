"""Writing movies: H.264 for review, ProRes for the edit, with timecode, reel, colour tags and sound."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, cast

import av
import av.container
import cv2
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from understudy.domain.errors import RenderError
from understudy.domain.files import atomic_write
from understudy.domain.frame import ColourTags
from understudy.domain.time import Timecode
from understudy.media.colour import matrix_name
from understudy.media.picture import Picture
from understudy.media.sound import SampleFormat, Sound
from understudy.media.video_frame import SCALER_MATRIX, frame_of_planes, planes_of_frame, tag_codes, tagged

MovieCodec = Literal["h264", "prores422hq", "prores4444"]

_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
)
_ALPHA_TOP = 1023
_VARIABLE_TIME_BASE = Fraction(1, 90000)
_AAC_RATES = (44100, 48000, 32000, 96000, 88200, 64000, 24000, 22050, 16000, 12000, 11025, 8000)


@dataclass(frozen=True, kw_only=True, slots=True)
class MovieSpec:
    """What a movie is to be. `width` and `height` are those of the pictures handed in.

    `width_px` is the movie's width (0 keeps the pictures'); `alpha` gives ProRes 4444 its matte.
    `variable_rate` keeps each picture's own time instead of counting by `rate`.
    """

    codec: MovieCodec
    width: int
    height: int
    rate: Fraction
    colour: ColourTags = ColourTags()
    pixel_aspect: Fraction = Fraction(1)
    timecode: Timecode | None = None
    reel: str = ""
    title: str = ""
    width_px: int = 0
    alpha: bool = False
    variable_rate: bool = False
    x264_crf: int = 16
    x264_preset: str = "medium"

    @property
    def size_wh(self) -> tuple[int, int]:
        """Even in both directions, which 4:2:0 and 4:2:2 need."""
        width = self.width_px or self.width
        height = round(Fraction(self.height * width, self.width))
        return max(2, width // 2 * 2), max(2, height // 2 * 2)

    @property
    def suffix(self) -> str:
        return ".mp4" if self.codec == "h264" else ".mov"

    @property
    def pixel_format(self) -> str:
        if self.codec == "prores4444":
            return "yuva444p10le" if self.alpha else "yuv444p10le"
        return "yuv420p" if self.codec == "h264" else "yuv422p10le"

    @property
    def sample_format(self) -> SampleFormat:
        """What `Sound` must hand out: floats for AAC, integers for PCM."""
        return "flt" if self.codec == "h264" else "s32"

    @property
    def colour_out(self) -> ColourTags:
        """The plate's tags; ProRes has video range always, and a matrix that the size implied is named."""
        keeps_range = self.codec == "h264" and self.colour.matrix != "rgb"
        tags = replace(self.colour, full_range=self.colour.full_range and keeps_range)
        height = self.size_wh[1]
        same = matrix_name(tags, height) == matrix_name(tags, self.height)
        return tags if same and tags.matrix != "rgb" else replace(tags, matrix=matrix_name(tags, self.height))


class MovieWriter:
    """Writes one movie, whole or not at all: a hidden file that is renamed when the `with` block ends well.

    Code values pass untouched when the picture already has the movie's layout, size and range.
    """

    def __init__(self, target: Path, spec: MovieSpec, *, sound: Sound | None = None) -> None:
        self._target, self._spec, self._sound = target, spec, sound
        self._cleanup = ExitStack()
        self._container: av.container.OutputContainer
        self._video: VideoStream
        self._audio: AudioStream | None = None
        self._written = self._samples = 0

    def __enter__(self) -> Self:
        temporary = self._cleanup.enter_context(atomic_write(self._target))
        try:
            self._open(temporary)
        except av.FFmpegError as cause:
            self._cleanup.__exit__(type(cause), cause, cause.__traceback__)
            raise RenderError(f"{self._target} cannot be written: {cause.strerror or cause}") from cause
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            self._container.close()
        except BaseException as error:
            self._container.close()
            self._cleanup.__exit__(type(error), error, error.__traceback__)
            raise
        self._cleanup.__exit__(kind, value, trace)

    def write(
        self,
        picture: Picture,
        *,
        matte_HW: npt.NDArray[np.float32] | None = None,
        time_s: Fraction | None = None,
    ) -> None:
        """Add one picture; `time_s` counts from the movie's start and is used at variable rates only."""
        frame = self._encodable(picture, matte_HW)
        if self._spec.variable_rate and time_s is not None:
            frame.time_base, frame.pts = _VARIABLE_TIME_BASE, round(time_s / _VARIABLE_TIME_BASE)
        else:
            frame.time_base, frame.pts = 1 / self._spec.rate, self._written
        self._container.mux(self._video.encode(frame))
        self._written += 1
        end_s = (time_s or Fraction(0)) if self._spec.variable_rate else self._written / self._spec.rate
        self._write_sound_until(end_s)

    def _open(self, temporary: Path) -> None:
        spec = self._spec
        self._container = av.open(str(temporary), "w", options={"movflags": "+faststart+write_colr"})
        if spec.title:
            self._container.metadata["title"] = spec.title
        codec = "libx264" if spec.codec == "h264" else "prores_ks"
        self._video = cast(
            VideoStream, self._container.add_stream(codec, rate=spec.rate, options=_codec_options(spec))
        )
        context = self._video.codec_context
        context.width, context.height = spec.size_wh
        context.pix_fmt = spec.pixel_format
        context.sample_aspect_ratio = _pixel_aspect_out(spec)
        context.time_base = _VARIABLE_TIME_BASE if spec.variable_rate else 1 / spec.rate
        primaries, transfer, matrix, value_range = tag_codes(spec.colour_out)
        context.color_primaries, context.color_trc = primaries, transfer
        context.colorspace, context.color_range = matrix, value_range
        if spec.timecode is not None:
            self._video.metadata["timecode"] = str(spec.timecode)
        if spec.reel:
            self._video.metadata["reel_name"] = spec.reel
        if self._sound is not None:
            self._audio = _add_sound(self._container, spec, self._sound)

    def _finish(self) -> None:
        if self._sound is not None and self._audio is not None:
            self._write_samples(self._sound.total - self._samples)
            self._container.mux(self._audio.encode(None))
        self._container.mux(self._video.encode(None))

    def _encodable(self, picture: Picture, matte_HW: npt.NDArray[np.float32] | None) -> av.VideoFrame:
        spec, colour = self._spec, picture.colour
        frame = picture.video_frame()
        out = spec.colour_out
        colour_format = spec.pixel_format.replace("yuva", "yuv")
        same_layout = (frame.format.name, (frame.width, frame.height)) == (colour_format, spec.size_wh)
        if not same_layout or colour.full_range != out.full_range:
            matrix = matrix_name(out, spec.height)
            source = matrix if colour.matrix == "rgb" else matrix_name(colour, picture.height)
            frame = frame.reformat(
                width=spec.size_wh[0],
                height=spec.size_wh[1],
                format=colour_format,
                src_colorspace=SCALER_MATRIX[source],
                dst_colorspace=SCALER_MATRIX[matrix],
                src_color_range="JPEG" if colour.full_range else "MPEG",
                dst_color_range="JPEG" if out.full_range else "MPEG",
                interpolation=_EXACT,
                threads=1,
            )
        if spec.alpha:
            frame = _with_alpha(frame, matte_HW, out)
        return tagged(frame, out)

    def _write_sound_until(self, end_s: Fraction) -> None:
        if self._sound is not None:
            self._write_samples(int(end_s * self._sound.sample_rate) - self._samples)

    def _write_samples(self, count: int) -> None:
        if self._sound is None or self._audio is None or count <= 0:
            return
        samples = self._sound.take(count)
        if len(samples) == 0:
            return
        packed = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            cast(npt.NDArray[np.int32], packed), format=self._spec.sample_format, layout=self._sound.layout
        )
        frame.sample_rate = self._sound.sample_rate
        frame.time_base, frame.pts = Fraction(1, self._sound.sample_rate), self._samples
        self._samples += len(samples)
        self._container.mux(self._audio.encode(frame))


def _codec_options(spec: MovieSpec) -> dict[str, str]:
    if spec.codec == "h264":
        return {"crf": str(spec.x264_crf), "preset": spec.x264_preset, "profile": "high"}
    profile = "4444" if spec.codec == "prores4444" else "hq"
    return {"profile": profile, "vendor": "apl0"} | ({"alpha_bits": "16"} if spec.alpha else {})


def _pixel_aspect_out(spec: MovieSpec) -> Fraction:
    """Resizing keeps the shape of the picture even where rounding to even sizes bends it a little."""
    width, height = spec.size_wh
    if (width, height) == (spec.width, spec.height) or spec.pixel_aspect == 1:
        return spec.pixel_aspect
    return (spec.pixel_aspect * spec.width * height / (spec.height * width)).limit_denominator(1000)


def _add_sound(container: av.container.OutputContainer, spec: MovieSpec, sound: Sound) -> AudioStream:
    codec = "aac" if spec.codec == "h264" else "pcm_s24le"
    rate = sound.sample_rate if codec != "aac" or sound.sample_rate in _AAC_RATES else 48000
    stream = cast(AudioStream, container.add_stream(codec, rate=rate))
    stream.codec_context.layout = sound.layout
    if codec == "aac":
        stream.codec_context.bit_rate = 128_000 * max(1, sound.channels)
    else:
        stream.codec_context.format = "s32"
    return stream


def _with_alpha(
    frame: av.VideoFrame, matte_HW: npt.NDArray[np.float32] | None, colour: ColourTags
) -> av.VideoFrame:
    size_wh = frame.width, frame.height
    matte = np.zeros(size_wh[::-1], np.float32) if matte_HW is None else np.asarray(matte_HW, np.float32)
    if matte.shape != size_wh[::-1]:
        matte = np.asarray(cv2.resize(matte, size_wh, interpolation=cv2.INTER_AREA), np.float32)
    alpha = np.rint(np.clip(matte, 0, 1) * _ALPHA_TOP).astype(np.uint16)
    return frame_of_planes("yuva444p10le", *size_wh, [*planes_of_frame(frame), alpha], colour)
