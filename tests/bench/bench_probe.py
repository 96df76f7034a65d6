"""How long examining a movie takes, against decoding it and nothing else.

    python tests/bench/bench_probe.py [CLIP ...]

Without clips, one second of 1080p is made in each of a few codecs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from understudy.media.movie_file import first_video, open_movie
from understudy.media.movie_report import movie_report

CODECS = {
    "h264 8 bit": ("libx264", "yuv420p", {"preset": "veryfast"}, ".mp4"),
    "h265 10 bit": (
        "libx265",
        "yuv420p10le",
        {"preset": "ultrafast", "x265-params": "log-level=none"},
        ".mp4",
    ),
    "prores 422 hq": ("prores_ks", "yuv422p10le", {"profile": "hq"}, ".mov"),
    "prores 4444": ("prores_ks", "yuv444p10le", {"profile": "4444"}, ".mov"),
}
COUNT, WIDTH, HEIGHT = 24, 1920, 1080


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path)
    given = parser.parse_args()
    print(f"{'clip':<32}{'pictures':>9}{'decode ms':>11}{'examine ms':>12}{'times':>8}")
    with tempfile.TemporaryDirectory() as folder:
        made = [] if given.clips else [make(name, Path(folder)) for name in CODECS]
        for path in given.clips or made:
            bare_s, count = best(lambda path=path: decode(path))
            whole_s, _ = best(lambda path=path: movie_report(path).plate.file_frames)
            row = f"{path.name:<32}{count:>9}{1000 * bare_s / count:>11.2f}{1000 * whole_s / count:>12.2f}"
            print(f"{row}{whole_s / bare_s:>8.2f}")


def best(work) -> tuple[float, int]:  # type: ignore[no-untyped-def]
    """The shortest of three runs, in seconds, and what it returned."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def decode(path: Path) -> int:
    with open_movie(path) as container:
        return sum(1 for _ in container.decode(first_video(container, path)))


def make(name: str, folder: Path) -> Path:
    codec, layout, options, suffix = CODECS[name]
    path = folder / (name.replace(" ", "_") + suffix)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 24, (HEIGHT, WIDTH, 3), np.uint8)
    ramp = np.linspace(20, 200, WIDTH).astype(np.uint8)[None, :, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, layout
        for index in range(COUNT):
            pixels = np.roll(ramp + noise, 8 * index, axis=1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(format=layout)
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    main()
