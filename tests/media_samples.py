"""Small pictures, movies and takes drawn in code, for the media tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags, Rect
from understudy.domain.time import Timecode
from understudy.media.layers import FaceLayers, FacePatch, layers_path, no_face_layers, write_layers
from understudy.media.movie import MovieCodec, MovieSpec, MovieWriter
from understudy.media.picture import CENTRE, FULL, LEFT, YuvPicture

HD = ColourTags(primaries="bt709", transfer="bt709", matrix="bt709")
NTSC_FILM = Fraction(24000, 1001)
SAMPLE_RATE = 48000


def noise_picture(
    rng: np.random.Generator, width: int, height: int, *, bit_depth: int = 8, sampling: str = "420"
) -> YuvPicture:
    """Random legal code values: the hardest picture there is for a round trip."""
    kind, unit = (np.uint8 if bit_depth == 8 else np.uint16), 1 << (bit_depth - 8)
    halved_x, halved_y = sampling in ("420", "422"), sampling == "420"

    def plane(h: int, w: int) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
        return rng.integers(unit, 254 * unit, (h, w)).astype(kind)

    small = -(-height // 2) if halved_y else height, -(-width // 2) if halved_x else width
    return YuvPicture(
        y_HW=plane(height, width),
        u_hw=plane(*small),
        v_hw=plane(*small),
        bit_depth=bit_depth,
        siting_x=LEFT if halved_x else FULL,
        siting_y=CENTRE if halved_y else FULL,
        colour=HD,
    )


def numbered_picture(index: int, width: int = 64, height: int = 48) -> YuvPicture:
    """A picture whose brightness bars spell its index in binary, readable after any lossy codec."""
    bits = [(index >> bit) & 1 for bit in range(8)]
    row = np.repeat(np.array([220 if bit else 30 for bit in bits], np.uint8), width // 8)
    y_HW = np.broadcast_to(row, (height, width)).copy()
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return YuvPicture(y_HW=y_HW, u_hw=grey, v_hw=grey.copy(), colour=HD)


def number_in(y_HW: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> int:
    """The index that `numbered_picture` drew."""
    width = y_HW.shape[1]
    middle = y_HW[y_HW.shape[0] // 2, width // 16 :: width // 8].astype(np.float64)
    threshold = 125.0 * (1 if y_HW.dtype == np.uint8 else 4)
    return sum(1 << bit for bit, level in enumerate(middle[:8]) if level > threshold)


def write_numbered_movie(
    path: Path,
    count: int,
    *,
    codec: MovieCodec = "h264",
    rate: Fraction = NTSC_FILM,
    timecode: str | None = None,
    reel: str = "",
    size_wh: tuple[int, int] = (64, 48),
) -> Path:
    """A movie of numbered pictures made with the product's own writer."""
    spec = MovieSpec(
        codec=codec,
        width=size_wh[0],
        height=size_wh[1],
        rate=rate,
        colour=HD,
        reel=reel,
        timecode=Timecode.parse(timecode, rate) if timecode else None,
        x264_preset="veryfast",
    )
    with MovieWriter(path, spec) as writer:
        for index in range(count):
            writer.write(numbered_picture(index, *size_wh))
    return path


def ramp_samples(count: int) -> npt.NDArray[np.int16]:
    """Two channels whose values tell the sample's number: low 15 bits left, inverted right, (count, 2)."""
    low = (np.arange(count) % 32768).astype(np.int16)
    return np.stack([low, -low], axis=1)


def write_movie_with_sound(path: Path, count: int, *, rate: Fraction = NTSC_FILM) -> Path:
    """A mov of numbered pictures with 16-bit PCM sound that counts its samples; made with PyAV alone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=rate, options={"qscale": "2"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = 1 / rate
        audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE)
        audio.codec_context.layout = "stereo"
        samples = ramp_samples(round(count * SAMPLE_RATE / rate))
        done = 0
        for index in range(count):
            frame = numbered_picture(index).video_frame()
            frame.time_base, frame.pts = 1 / rate, index
            container.mux(video.encode(frame))
            upto = round((index + 1) * SAMPLE_RATE / rate)
            piece = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[done:upto]).reshape(1, -1), format="s16", layout="stereo"
            )
            piece.sample_rate, piece.time_base, piece.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), done
            container.mux(audio.encode(piece))
            done = upto
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    return path


def sample_layers(frame: int, rect: Rect, *, alpha: float = 1.0, grey: float = 0.5) -> FaceLayers:
    """A flat grey face with a soft rim of zero alpha."""
    matte = np.zeros((rect.height, rect.width), np.float16)
    matte[2:-2, 2:-2] = alpha
    replaced = np.full((rect.height, rect.width, 4), grey, np.float16)
    replaced[..., 3] = matte
    raw = np.full((32, 32, 3), 0.25, np.float16)
    matrix = np.array([[0.5, 0.0, -rect.x / 2], [0.0, 0.5, -rect.y / 2]])
    return FaceLayers(
        frame=frame,
        rect=rect,
        replaced_HW4=replaced,
        matte_HW=matte,
        faces=(FacePatch(track=1, person_id="donor", raw_SS3=raw, matrix_23=matrix),),
    )


def write_take(folder: Path, frames: tuple[int, ...], window: Rect, rect: Rect) -> Path:
    """A take whose first frame has no face and whose others have a grey one in `rect`."""
    for frame in frames:
        layers = no_face_layers(frame) if frame == frames[0] else sample_layers(frame, rect)
        write_layers(
            layers,
            layers_path(folder, frame),
            display_window=window,
            settings_sha256="settings-1",
            people=("performer", "donor"),
        )
    return folder
