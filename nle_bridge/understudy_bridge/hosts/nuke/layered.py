"""From a delivery in layers to a composite: its parts as files of their own, and what their headers say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from .exr_parts import BadLayers, Part, read_parts, write_part
from .script import Composite, FaceLayer, Layer, Point

_NUMBERED = re.compile(r"(.*?)(-?\d+)(\.exr)", re.IGNORECASE)
_WHOLE = ("beauty", "replaced", "matte")
PARTS_FOLDER = "parts"


def layers_beside(path: str) -> str:
    """The folder of layered frames that belong to a delivered movie or sequence; "" when there is none."""
    folder = os.path.dirname(path)
    for candidate in (folder, os.path.join(folder, "exr"), os.path.join(os.path.dirname(folder), "exr")):
        if os.path.basename(candidate) == "exr" and _frames(candidate):
            return candidate
    return ""


def split(folder: str, *, told: Callable[[int, int], None] = lambda done, total: None) -> Composite:
    """Write the parts of every frame into folders beside them, and say how they belong together.

    What was written before and is as new as its frame is left. `told` hears how many frames are done of how
    many; what it raises ends the work, which can be taken up again. Raises: BadLayers, OSError.
    """
    frames = _frames(folder)
    if not frames:
        raise BadLayers(f"{folder} has no numbered EXR frames; deliver with exr = true")
    head = os.path.basename(frames[min(frames)])
    stem = _NUMBERED.fullmatch(head)
    title = stem.group(1).rstrip("._-") if stem else head
    seen: dict[int, list[Part]] = {}
    for done, number in enumerate(sorted(frames)):
        told(done, len(frames))
        seen[number] = read_parts(frames[number])
        for part in seen[number]:
            _kept_up(frames[number], part, folder, title, number)
    told(len(frames), len(frames))
    return _composite(folder, title, seen)


def _frames(folder: str) -> dict[int, str]:
    """The numbered EXR files of a folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    found = ((_NUMBERED.fullmatch(name), name) for name in names if not name.startswith("."))
    return {int(match.group(2)): os.path.join(folder, name) for match, name in found if match}


def _kept_up(frame: str, part: Part, folder: str, title: str, number: int) -> None:
    target = _target(folder, title, part.name).replace("####", f"{number:04d}")
    if os.path.exists(target) and os.stat(target).st_mtime_ns >= os.stat(frame).st_mtime_ns:
        return
    write_part(frame, part.name, target)


def _target(folder: str, title: str, part: str) -> str:
    name = re.sub(r"\W+", "_", part, flags=re.ASCII)
    return os.path.join(os.path.dirname(folder), PARTS_FOLDER, name, f"{title}.{name}.####.exr").replace(
        "\\", "/"
    )


def _composite(folder: str, title: str, seen: dict[int, list[Part]]) -> Composite:
    first, last = min(seen), max(seen)
    names = {part.name for parts in seen.values() for part in parts}
    if missing := [name for name in _WHOLE if name not in names]:
        raise BadLayers(
            f"{folder}: the frames have no part {missing[0]!r}; were they delivered by Understudy?"
        )
    whole = [Layer(_target(folder, title, name), first, last) for name in _WHOLE]
    tracks = sorted(int(name[3:]) for name in names if re.fullmatch(r"st\.\d+", name))
    return Composite(
        title=title,
        beauty=whole[0],
        replaced=whole[1],
        matte=whole[2],
        faces=tuple(_face(folder, title, seen, track) for track in tracks),
        space=_space(seen[first]),
    )


def _face(folder: str, title: str, seen: dict[int, list[Part]], track: int) -> FaceLayer:
    raws = {number: part for number, parts in seen.items() for part in parts if part.name == f"raw.{track}"}
    if not raws:
        raise BadLayers(f"{folder}: face {track} has a map and no picture")
    layers = [
        Layer(_target(folder, title, f"{kind}.{track}"), min(raws), max(raws)) for kind in ("raw", "st")
    ]
    x0, y0, x1, y1 = raws[min(raws)].window("dataWindow")
    left, _, _, bottom = raws[min(raws)].window("displayWindow")
    box = (x0 - left, bottom - y1, x1 + 1 - left, bottom + 1 - y0)
    corners = {number: _corners(part) for number, part in raws.items() if part.matrix("plateToCrop")}
    return FaceLayer(track=track, raw=layers[0], st=layers[1], box=box, corners=corners)


def _corners(raw: Part) -> list[Point]:
    """Where the corners of the network's picture lie on the plate: from the bottom left against the clock."""
    a, b, c, d, e, f = raw.matrix("plateToCrop")[:6]
    x0, y0, x1, y1 = raw.window("dataWindow")
    _, top, _, bottom = raw.window("displayWindow")
    width, height = x1 + 1 - x0, y1 + 1 - y0
    scale = a * e - b * d
    if scale == 0:
        raise BadLayers(f"part {raw.name!r} says nothing of where it lies")
    found = []
    for x, y in ((0, height), (width, height), (width, 0), (0, 0)):
        plate_x = (e * (x - c) - b * (y - f)) / scale
        plate_y = (a * (y - f) - d * (x - c)) / scale
        found.append((plate_x, bottom + 1 - top - plate_y))
    return found


def _space(parts: list[Part]) -> str:
    return parts[0].attribute("understudySpace").decode("utf-8", "replace")
