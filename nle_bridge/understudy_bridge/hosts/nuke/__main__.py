"""A script for Nuke of a delivery in layers, written without Nuke.

python -m understudy_bridge.hosts.nuke DELIVERY/exr --plate plate.####.exr --frames 1001-1100 > sh010.nk
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace

from .exr_parts import BadLayers
from .layered import split
from .script import Layer, composite_text


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m understudy_bridge.hosts.nuke", description=__doc__)
    parser.add_argument("folder", help="the delivery's exr folder; its parts are written beside it")
    parser.add_argument(
        "--plate", help="the plate's file, so that the script stands alone; #### is the frame"
    )
    parser.add_argument("--frames", help="the plate's frames, such as 1001-1100; else the take's")
    asked = parser.parse_args(words)
    try:
        take = split(asked.folder)
        if asked.plate:
            first, last = _frames(asked.frames, (take.beauty.first, take.beauty.last))
            take = replace(take, plate=Layer(asked.plate, first, last))
        sys.stdout.write(composite_text(take))
    except (BadLayers, OSError, ValueError) as cause:
        print(cause, file=sys.stderr)
        return 1
    return 0


def _frames(said: str | None, otherwise: tuple[int, int]) -> tuple[int, int]:
    if said is None:
        return otherwise
    found = re.fullmatch(r"(\d+)-(\d+)", said)
    if found is None or int(found.group(1)) > int(found.group(2)):
        raise ValueError(f"{said!r} is no range of frames; write for example 1001-1100")
    return int(found.group(1)), int(found.group(2))


if __name__ == "__main__":
    sys.exit(main())
