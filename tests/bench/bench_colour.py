"""What colour costs: milliseconds for a 1080p frame and for a crop of 512 px, beside a bare copy in memory.

    python -m tests.bench.bench_colour [--repeats 7]

Every figure is the best of some runs on one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import named_space
from understudy.media.network_colour import NetworkColour
from understudy.media.preview_colour import preview_rgb8

PLATES = (
    ColourTags(primaries="bt709", transfer="bt709"),
    ColourTags(primaries="bt709", transfer="iec61966-2-1"),
    ColourTags(primaries="bt2020", transfer="smpte2084"),
    ColourTags(primaries="bt2020", transfer="arib-std-b67"),
    ColourTags(space="Linear Rec.709 (sRGB)"),
    ColourTags(space="ACEScg"),
    ColourTags(space="ARRI LogC4"),
    ColourTags(space="S-Log3 S-Gamut3.Cine"),
    ColourTags(space="ADX10"),
)
FRAME_HW, CROP_HW = (1080, 1920), (512, 512)

Floats = npt.NDArray[np.float32]


def light_of(size_hw: tuple[int, int]) -> Floats:
    """Linear light over twelve stops."""
    stops = np.random.default_rng(1).uniform(-8, 4, (*size_hw, 3))
    return np.exp2(stops).astype(np.float32)


def best_ms(act: Callable[[], object], repeats: int) -> float:
    act()  # tables and processors are made once
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return 1e3 * min(times)


def frame_row(tags: ColourTags, repeats: int) -> list[float]:
    light = light_of(FRAME_HW) * np.float32(1 if tags.space else 1 / 16)
    codes = from_linear(light, tags)
    halfs = codes.astype(np.float16)
    return [
        best_ms(lambda: to_linear(codes, tags), repeats),
        best_ms(lambda: from_linear(light, tags), repeats),
        best_ms(lambda: preview_rgb8(halfs, tags), repeats),
    ]


def crop_row(tags: ColourTags, repeats: int) -> list[float]:
    codes = from_linear(light_of(CROP_HW) * np.float32(1 if tags.space else 1 / 16), tags)
    row = []
    for encoding in ("srgb", "acescct"):
        colour = NetworkColour(tags=tags, encoding=encoding)  # type: ignore[arg-type]
        seen = colour.seen(codes)
        row.append(best_ms(lambda colour=colour: colour.seen(codes), repeats))  # type: ignore[misc]
        row.append(best_ms(lambda colour=colour, seen=seen: colour.linear(seen), repeats))  # type: ignore[misc]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    cv2.setNumThreads(1)
    frame, crop = light_of(FRAME_HW), light_of(CROP_HW)
    print(f"copy of a 1080p frame {best_ms(frame.copy, repeats):.1f} ms, of a crop ", end="")
    print(f"{best_ms(crop.copy, repeats):.2f} ms\n")
    heads = ("to linear", "from linear", "preview", "srgb seen", "linear", "acescct seen", "linear")
    print(f"{'':30}" + "".join(f"{head:>13}" for head in heads))
    for tags in PLATES:
        row = frame_row(tags, repeats) + crop_row(tags, repeats)
        print(f"{named_space(tags):30}" + "".join(f"{value:13.1f}" for value in row))


if __name__ == "__main__":
    main()
