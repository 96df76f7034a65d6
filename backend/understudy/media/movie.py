"""Writing movies: H.264 and H.265 for review, ProRes and DNxHR for the edit.

With timecode, reel, colour tags and sound.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.container
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from understudy.domain.errors import BadSettings, RenderError
from understudy.domain.files import atomic_write
from understudy.domain.frame import ColourTags
from understudy.domain.time import Timecode
from understudy.media.colour import matrix_name
from understudy.media.dnxhr_colour import with_colour_volume
from understudy.media.movie_codecs import CODECS, CodecFacts, MovieCodec
from understudy.media.movie_sound import MovieTrack
from understudy.media.picture import Picture
from understudy.media.prores_alpha import Words, with_alpha
from understudy.media.sound import SampleFormat, Sound
from understudy.media.video_frame import SCALER_MATRIX, frame_of_planes, planes_of_frame, tag_codes, tagged

__all__ = ["MovieCodec", "MovieSpec", "MovieWriter"]

_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
)
_OPAQUE = 1023  # what the encoder is shown; the true alpha of 16 bits takes its place in the packet
_ALPHA_TOP = 65535
_REORDERED = 2
"""Pictures that x265 waits for before it knows decoding times; a shorter movie gets random ones from it."""

_VARIABLE_TIME_BASE = Fraction(1, 90000)


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
    def facts(self) -> CodecFacts:
        return CODECS[self.codec]

    @property
    def suffix(self) -> str:
        return self.facts.suffix

    @property
    def pixel_format(self) -> str:
        return "yuva444p10le" if self.alpha else self.facts.pixel_format

    @property
    def sample_format(self) -> SampleFormat:
        """What `Sound` must hand out: floats for AAC, integers for PCM."""
        return self.facts.sample_format

    @property
    def colour_out(self) -> ColourTags:
        """The plate's tags; editing codecs have video range, and a matrix that the size implied is named."""
        keeps_range = self.facts.keeps_range and self.colour.matrix != "rgb"
        tags = replace(self.colour, full_range=self.colour.full_range and keeps_range)
        height = self.size_wh[1]
        same = matrix_name(tags, height) == matrix_name(tags, self.height)
        return tags if same and tags.matrix != "rgb" else replace(tags, matrix=matrix_name(tags, self.height))


class MovieWriter:
    """Writes one movie, whole or not at all: a hidden file that is renamed when the `with` block ends well.

    Code values pass untouched when the picture already has the movie's layout, size and range.
    """

    def __init__(self, target: Path, spec: MovieSpec, *, sounds: Sequence[Sound] = ()) -> None:
        """`sounds` become the movie's audio tracks, in their order."""
        self._target, self._spec, self._sounds = target, spec, sounds
        self._cleanup = ExitStack()
        self._container: av.container.OutputContainer
        self._video: VideoStream
        self._tracks: list[MovieTrack] = []
        self._alphas: deque[Words] = deque()
        self._written = 0

    def __enter__(self) -> Self:
        _require_size(self._spec)
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
        self._mux(self._video.encode(frame))
        self._written += 1
        end_s = (time_s or Fraction(0)) if self._spec.variable_rate else self._written / self._spec.rate
        for track in self._tracks:
            track.write_until(end_s)

    def _open(self, temporary: Path) -> None:
        spec = self._spec
        options = {"movflags": "+faststart+write_colr"} | ({"use_editlist": "0"} if spec.facts.intra else {})
        self._container = av.open(str(temporary), "w", options=options)
        if spec.title:
            self._container.metadata["title"] = spec.title
        stream = self._container.add_stream(spec.facts.encoder, rate=spec.rate, options=_codec_options(spec))
        self._video = cast(VideoStream, stream)
        context = self._video.codec_context
        if spec.facts.codec_tag:
            context.codec_tag = spec.facts.codec_tag
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
        self._tracks = [MovieTrack(self._container, spec.facts, sound) for sound in self._sounds]

    def _finish(self) -> None:
        for track in self._tracks:
            track.finish()
        packets = self._video.encode(None)
        if self._written <= _REORDERED and self._spec.facts.encoder == "libx265":
            for packet in packets:
                packet.dts = packet.pts
        self._mux(packets)

    def _mux(self, packets: list[av.Packet[VideoStream]]) -> None:
        for packet in packets:
            if self._spec.alpha:
                packet = _with_bytes(packet, with_alpha(bytes(packet), self._alphas.popleft()))
            elif self._spec.facts.encoder == "dnxhd":
                packet = _with_bytes(packet, with_colour_volume(bytes(packet), self._spec.colour_out.matrix))
            self._container.mux(packet)

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
            self._alphas.append(_alpha(matte_HW, (frame.height, frame.width)))
            opaque = np.full((frame.height, frame.width), _OPAQUE, np.uint16)
            size_wh = frame.width, frame.height
            frame = frame_of_planes(spec.pixel_format, *size_wh, [*planes_of_frame(frame), opaque], out)
        return tagged(frame, out)


def _codec_options(spec: MovieSpec) -> dict[str, str]:
    options = dict(spec.facts.options)
    if spec.facts.quality:
        options |= {"crf": str(spec.x264_crf), "preset": spec.x264_preset}
    return options | ({"alpha_bits": "16"} if spec.alpha else {})


def _require_size(spec: MovieSpec) -> None:
    (width, height), (least_width, least_height) = spec.size_wh, spec.facts.least_wh
    if width < least_width or height < least_height:
        raise BadSettings(
            f"a {spec.codec} movie cannot be {width}x{height}: the format begins at "
            f"{least_width}x{least_height}; choose another"
        )


def _pixel_aspect_out(spec: MovieSpec) -> Fraction:
    """Resizing keeps the shape of the picture even where rounding to even sizes bends it a little."""
    width, height = spec.size_wh
    if (width, height) == (spec.width, spec.height) or spec.pixel_aspect == 1:
        return spec.pixel_aspect
    return (spec.pixel_aspect * spec.width * height / (spec.height * width)).limit_denominator(1000)


def _alpha(matte_HW: npt.NDArray[np.float32] | None, size_hw: tuple[int, int]) -> Words:
    matte = np.zeros(size_hw, np.float32) if matte_HW is None else np.asarray(matte_HW, np.float32)
    if matte.shape != size_hw:
        matte = np.asarray(cv2.resize(matte, size_hw[::-1], interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(np.rint(np.clip(matte, 0, 1) * np.float32(_ALPHA_TOP)), np.uint16)


def _with_bytes(packet: av.Packet[VideoStream], data: bytes) -> av.Packet[VideoStream]:
    other = cast("av.Packet[VideoStream]", av.Packet(data))
    other.stream, other.time_base = packet.stream, packet.time_base
    other.pts, other.dts, other.duration = packet.pts, packet.dts, packet.duration
    other.is_keyframe = True
    return other
