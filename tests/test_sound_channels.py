"""Sound whose channels nobody names, or that lie in an order of the file's own."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.second_reader import require_ffmpeg

from understudy.media.movie import MovieCodec, MovieSpec, MovieWriter
from understudy.media.probe import probe
from understudy.media.sound import Sound
from understudy.media.sound_tracks import tracks_of
from understudy.media.video import open_plate

RATE_HZ = 48000


def write_clip(path: Path, channels: int, layout: str) -> Path:
    """A second of pictures and of sound, channel n a tone of 200 + 100 n Hz."""
    require_ffmpeg()
    tones = "|".join(f"0.2*sin({200 + 100 * channel}*2*PI*t)" for channel in range(channels))
    subprocess.run(
        [
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=1",
            "-f", "lavfi", "-i", f"aevalsrc={tones}:s={RATE_HZ}:d=1",
            "-af", f"aformat=channel_layouts={layout}",
            "-c:v", "mjpeg", "-c:a", "pcm_s16le", str(path),
        ],
        check=True,
    )  # fmt: skip
    return path


def tone_hz(samples: np.ndarray) -> int:
    spectrum = np.abs(np.fft.rfft(samples[: RATE_HZ // 2].astype(np.float64)))
    return int(spectrum.argmax()) * 2


@pytest.mark.parametrize(
    ("channels", "layout", "suffix", "heard"),
    [
        (1, "1C", ".mkv", 1),
        (2, "2C", ".mkv", 2),
        (4, "4C", ".mkv", 2),
        (8, "8C", ".mkv", 8),
        (8, "8C", ".mov", 8),
        (6, "5.1(side)", ".mov", 6),
    ],
)
@pytest.mark.parametrize("codec", ["h264", "prores422hq"])
def test_any_channels_are_told_of_and_heard_again(
    tmp_path: Path, channels: int, layout: str, suffix: str, heard: int, codec: MovieCodec
) -> None:
    path = write_clip(tmp_path / f"clip{suffix}", channels, layout)
    plate = probe(path)
    (track,) = tracks_of(path)
    assert plate.audio is not None and plate.audio.channels == track.channels == channels
    spec = MovieSpec(codec=codec, width=64, height=48, rate=plate.rate, colour=plate.colour)
    sound = Sound(plate, Fraction(0), Fraction(1), sample_format=spec.sample_format)
    with sound, MovieWriter(tmp_path / f"out{spec.suffix}", spec, sounds=[sound]) as movie:
        for frame in open_plate(plate).frames(plate.frames):
            movie.write(frame.picture, time_s=frame.time_s)
    written = probe(tmp_path / f"out{spec.suffix}")
    with Sound(written, Fraction(0), Fraction(1)) as again:
        samples = again.take(RATE_HZ)
    expected = heard if codec == "h264" else channels
    assert samples.shape == (RATE_HZ, expected)
    if channels <= 4 or codec == "prores422hq":  # of more, AAC cuts the low one off
        assert [tone_hz(samples[:, place]) for place in range(expected)] == [
            200 + 100 * place for place in range(expected)
        ]
    assert codec == "prores422hq" or av.open(str(tmp_path / "out.mp4")).streams.audio[0].channels == heard
