"""Hypothesis strategies for every kind of edit, valid in a shot of frames 1001-1100."""

from __future__ import annotations

import math
from dataclasses import fields
from enum import Enum
from typing import Any, get_type_hints

from hypothesis import strategies as st

from understudy.domain import edit
from understudy.domain.edit_stack import EditEntry, Step
from understudy.domain.face import LANDMARKS

FRAMES = st.integers(1001, 1100)
TRACKS = st.integers(0, 5)
NUMBERS = st.floats(-5000, 5000)
SHARES = st.floats(0, 1)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True).filter(lambda name: name not in edit.SOURCES)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def flat(count: int) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[NUMBERS] * (2 * count))


@st.composite
def round_shapes(draw: st.DrawFn) -> tuple[float, ...]:
    """Points on an ellipse in order, which never cross."""
    count = draw(st.integers(3, 8))
    x, y, wide, high = draw(NUMBERS), draw(NUMBERS), draw(st.floats(10, 99)), draw(st.floats(10, 99))
    turns = [2 * math.pi * corner / count for corner in range(count)]
    return tuple(v for turn in turns for v in (x + wide * math.cos(turn), y + high * math.sin(turn)))


@st.composite
def strokes(draw: st.DrawFn) -> tuple[float, ...]:
    return tuple(draw(flat(draw(st.integers(1, 6)))))


@st.composite
def moves(draw: st.DrawFn) -> edit.MoveLandmarks:
    points = draw(st.lists(st.integers(0, LANDMARKS - 1), min_size=1, max_size=5, unique=True))
    return edit.MoveLandmarks(
        track=draw(TRACKS),
        frame=draw(FRAMES),
        points=tuple(points),
        to=draw(flat(len(points))),
        interpolation=draw(st.sampled_from(edit.Interpolation)),
        reach_frames=draw(st.integers(0, 1000)),
    )


@st.composite
def added_faces(draw: st.DrawFn) -> edit.AddFace:
    x, y = draw(NUMBERS), draw(NUMBERS)
    landmarks = tuple(v for n in range(LANDMARKS) for v in (x + n / 7, y - n / 3))
    return edit.AddFace(track=draw(TRACKS), frame=draw(FRAMES), landmarks=landmarks)


@st.composite
def curations(draw: st.DrawFn) -> edit.CurateFaces:
    numbers = draw(st.lists(FRAMES, min_size=1, max_size=8, unique=True))
    return edit.CurateFaces(track=draw(TRACKS), frames=",".join(map(str, numbers)), keep=draw(st.booleans()))


_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "track": TRACKS,
    "frame": FRAMES,
    "first": st.integers(1001, 1050),
    "last": st.integers(1050, 1100),
    "side_px": st.floats(1, 1e5),
    "reach_frames": st.integers(0, 1000),
    "other": st.integers(6, 9),
    "new_track": st.integers(6, 9),
    "radius_px": st.floats(0.1, 10_000),
    "softness": SHARES,
    "feather_px": st.floats(0, 1000),
    "value": SHARES,
    "shape": NAMES,
    "name": NAMES,
    "operator": st.sampled_from("+-&"),
    "settings": st.dictionaries(st.sampled_from(sorted(edit.ADJUSTABLE)), SHARES | TEXT, max_size=3),
}
_BY_NAME |= {name: SHARES for name in ("position", "rotation", "scale", "face", "mouth", "eyes")}
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {float: NUMBERS, int: TRACKS, str: TEXT}
_POINTS = {edit.PaintStroke: strokes(), edit.KeyShape: round_shapes()}
_WHOLE: dict[Any, st.SearchStrategy[Any]] = {
    edit.MoveLandmarks: moves(),
    edit.AddFace: added_faces(),
    edit.CurateFaces: curations(),
}


def of_class(cls: Any) -> st.SearchStrategy[Any]:
    """Edits of one kind."""
    if cls in _WHOLE:
        return _WHOLE[cls]
    chosen: dict[str, st.SearchStrategy[Any]] = {}
    for name, hint in ((f.name, get_type_hints(cls)[f.name]) for f in fields(cls)):
        if name == "points":
            chosen[name] = _POINTS[cls]
        elif isinstance(hint, type) and issubclass(hint, Enum):
            chosen[name] = st.sampled_from(list(hint))
        else:
            chosen[name] = _BY_NAME[name] if name in _BY_NAME else _BY_TYPE[hint]
    return st.builds(cls, **chosen)


BY_KIND = {kind: of_class(cls) for kind, cls in edit.ACTIONS.items()}
ANY_ACTION = st.one_of(*BY_KIND.values())


@st.composite
def entries(draw: st.DrawFn) -> EditEntry:
    step = draw(st.sampled_from(Step))
    return EditEntry(
        revision=draw(st.integers(1, 2**40)),
        author=draw(TEXT),
        at=draw(TEXT),
        step=step,
        action=draw(ANY_ACTION) if step is Step.DO else None,
    )
