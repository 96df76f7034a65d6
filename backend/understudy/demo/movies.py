"""Write the demonstration's movies: 10-bit H.264 with sound and timecode, and lossless mattes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from understudy.domain.files import atomic_write

from .sound import SAMPLE_RATE

F32 = npt.NDArray[np.float32]
PIXELS = "yuv422p10le"
LOSSLESS_PIXELS = "yuv444p10le"
REC709 = 1
LIMITED = 1


def write_movie(
    target: Path,
    pictures: Iterable[F32],
    *,
    size_px: tuple[int, int],
    rate: Fraction,
    timecode: str,
    reel: str,
    sound: npt.NDArray[np.int16],
    crf: int = 9,
) -> None:
    """Write display RGB 0..1 (H, W, 3) as H.264 4:2:2 10 bit, BT.709, with PCM sound and timecode."""
    with atomic_write(target) as temporary, av.open(str(temporary), "w", format="mov") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height = size_px
        video.pix_fmt = PIXELS
        video.gop_size = 24
        video.options = {"crf": str(crf), "preset": "slow", "threads": "1"}
        video.metadata.update({"timecode": timecode, "reel_name": reel})
        tag(video.codec_context)
        audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        encode(container, video, (coded(picture, PIXELS) for picture in pictures), rate)
        for packets in sound_packets(audio, sound):
            container.mux(packets)


def write_matte(target: Path, mattes: Iterable[F32], *, size_px: tuple[int, int], rate: Fraction) -> None:
    """Write mattes 0..1 (H, W) as a lossless grey movie; code value 255 is 1."""
    grey = (
        av.VideoFrame.from_ndarray(np.asarray(matte * 255 + 0.5, np.uint8), format="gray") for matte in mattes
    )
    with _ffv1(target, "gray", size_px=size_px, rate=rate) as (container, video):
        encode(container, video, grey, rate)


def write_lossless(
    target: Path, pictures: Iterable[F32], *, size_px: tuple[int, int], rate: Fraction
) -> None:
    """Write display RGB 0..1 (H, W, 3) as FFV1 with 10 bits and full chroma, BT.709."""
    with _ffv1(target, LOSSLESS_PIXELS, size_px=size_px, rate=rate) as (container, video):
        tag(video.codec_context)
        encode(container, video, (coded(picture, LOSSLESS_PIXELS) for picture in pictures), rate)


@contextmanager
def _ffv1(
    target: Path, pixels: str, *, size_px: tuple[int, int], rate: Fraction
) -> Iterator[tuple[av.container.OutputContainer, av.VideoStream]]:
    exact = {"fflags": "bitexact"}  # or Matroska writes a random identifier
    with (
        atomic_write(target) as temporary,
        av.open(str(temporary), "w", format="matroska", options=exact) as container,
    ):
        video = container.add_stream("ffv1", rate=rate)
        video.width, video.height = size_px
        video.pix_fmt = pixels
        yield container, video


def encode(
    container: av.container.OutputContainer,
    video: av.VideoStream,
    frames: Iterable[av.VideoFrame],
    rate: Fraction,
) -> None:
    """Encode all frames of a stream, numbered from 0, and end it."""
    for index, frame in enumerate(frames):
        frame.pts, frame.time_base = index, 1 / rate
        container.mux(video.encode(frame))
    container.mux(video.encode(None))


def tag(context: av.VideoCodecContext) -> None:
    """Say that a stream is BT.709 of limited range."""
    context.color_range = LIMITED
    context.colorspace = context.color_primaries = context.color_trc = REC709


def coded(picture_HW3: F32, pixels: str) -> av.VideoFrame:
    """Display RGB 0..1 as limited-range BT.709 of a pixel format."""
    code = np.asarray(np.clip(picture_HW3, 0, 1) * 65535 + 0.5, np.uint16)
    frame = av.VideoFrame.from_ndarray(code, format="rgb48le").reformat(
        format=pixels,
        src_colorspace="ITU709",
        dst_colorspace="ITU709",
        src_color_range="JPEG",
        dst_color_range="MPEG",
    )
    frame.color_range = LIMITED
    return frame


def sound_packets(
    audio: av.AudioStream, sound: npt.NDArray[np.int16]
) -> Iterator[list[av.Packet[av.AudioStream]]]:
    """The samples of a mono stream, encoded."""
    for start in range(0, len(sound), 1024):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield audio.encode(frame)
    yield audio.encode(None)
