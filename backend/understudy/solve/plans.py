"""The plan of every frame: strokes, shapes, layers, expression, settings, strength and marks put together."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import (
    SOURCES,
    AdjustConvert,
    ClearMatte,
    ComposeMatte,
    KeyStrength,
    Mark,
    MarkFrames,
    UseLayer,
)
from understudy.domain.edit_stack import EditEntry
from understudy.domain.solved import (
    DEFAULT_PLAN,
    FrameMark,
    FramePlan,
    LayerUse,
    MatteState,
    Orphan,
    Shape,
    Stroke,
)
from understudy.domain.time import FrameRange
from understudy.solve.curves import between_keys, code_of
from understudy.solve.matte_edits import MatteEdits

RangeEdit = UseLayer | ComposeMatte | AdjustConvert | MarkFrames | ClearMatte

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(slots=True)
class _Stretch:
    """What holds for a stretch of frames."""

    layers: dict[str, UseLayer] = field(default_factory=dict)
    composed: tuple[str, int] | None = None  # expression, revision
    settings: dict[str, float | str] = field(default_factory=dict)
    mark: FrameMark | None = None

    def apply(self, entry: EditEntry) -> None:
        match entry.action:
            case UseLayer() as use:
                self.layers.pop(use.name, None)
                if use.layer_id:
                    self.layers[use.name] = use
            case ComposeMatte() as compose:
                self.composed = (compose.expression, entry.revision) if compose.expression.strip() else None
            case AdjustConvert() as adjust:
                self.settings = {**self.settings, **adjust.settings} if adjust.settings else {}
            case MarkFrames() as said:
                mark = FrameMark(mark=said.mark, note=said.note, author=entry.author)
                self.mark = None if said.mark is Mark.NONE else mark
            case ClearMatte():
                self.layers.clear()

    def missing_layer(self) -> str:
        """A name in the expression that no layer has."""
        if self.composed is None:
            return ""
        names = _NAME.findall(self.composed[0])
        return next((name for name in names if name not in SOURCES and name not in self.layers), "")

    def plan(self) -> FramePlan:
        default = "face"
        for use in self.layers.values():
            default += f" {use.operator} {use.name}"
        own = self.composed[0] if self.composed is not None and not self.missing_layer() else ""
        return FramePlan(
            expression=own or f"{default} + keep - cut",
            layers=tuple(LayerUse(name=use.name, layer_id=use.layer_id) for use in self.layers.values()),
            settings=dict(sorted(self.settings.items())),
            hold=self.mark is not None and self.mark.mark is Mark.HOLD_PLATE,
            matte=MatteState.PROPAGATED if self.layers else MatteState.MACHINE,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plans:
    """By frame, only what is not the default."""

    plans: dict[int, FramePlan]
    marks: dict[int, FrameMark]
    orphans: tuple[Orphan, ...]


def frame_plans(
    ranges: Sequence[EditEntry],
    drawn: MatteEdits,
    shapes: dict[int, list[Shape]],
    frames: FrameRange,
    only: FrameRange,
    cuts: Sequence[int],
) -> Plans:
    """Plans of the frames of `only`. ranges: the edits that hold for a range, in order.

    cuts: the frames at which a new camera take begins.
    """
    orphans: dict[int, Orphan] = {}
    strengths = _strengths(drawn, only, cuts)
    plans: dict[int, FramePlan] = {}
    marks: dict[int, FrameMark] = {}
    for first, last, stretch in _stretches(ranges, frames):
        if (missing := stretch.missing_layer()) and stretch.composed is not None:
            revision = stretch.composed[1]
            reason = f"its expression names {missing!r}, which no layer has at frame {first}"
            orphans.setdefault(revision, Orphan(revision=revision, reason=reason))
        shared = stretch.plan()
        usual = shared == DEFAULT_PLAN
        for frame in range(max(first, only.first), min(last, only.last) + 1):
            strength = strengths[frame - only.first] if strengths is not None else 1.0
            strokes, outlines = drawn.strokes.get(frame), shapes.get(frame)
            if strokes or outlines or strength != 1.0:
                plans[frame] = _with_drawing(shared, strokes or (), outlines or (), strength)
            elif not usual:
                plans[frame] = shared
            if stretch.mark is not None:
                marks[frame] = stretch.mark
    return Plans(plans=plans, marks=marks, orphans=tuple(orphans.values()))


def _with_drawing(
    shared: FramePlan, strokes: Sequence[Stroke], shapes: Sequence[Shape], strength: float
) -> FramePlan:
    state = shared.matte
    if strokes or any(shape.keyed for shape in shapes):
        state = MatteState.KEYED
    elif shapes:
        state = MatteState.INTERPOLATED
    return replace(shared, shapes=tuple(shapes), strokes=tuple(strokes), strength=strength, matte=state)


def _strengths(drawn: MatteEdits, only: FrameRange, cuts: Sequence[int]) -> list[float] | None:
    """The curve on the frames of `only`. Each camera take has its own keys; one without goes on as before."""
    if not drawn.strength:
        return None
    keys = [drawn.strength[frame] for frame in sorted(drawn.strength)]
    edges = sorted(cuts)
    take_of = [bisect_right(edges, key.frame) for key in keys]
    at_N = np.arange(only.first, only.last + 1)
    takes_N = np.searchsorted(np.array(edges, np.int64), at_N, side="right")
    found = np.empty(len(at_N))
    for take in np.unique(takes_N).tolist():
        nearest = max((own for own in take_of if own <= take), default=take_of[0])
        found[takes_N == take] = _curve(
            [key for key, own in zip(keys, take_of, strict=True) if own == nearest], at_N[takes_N == take]
        )
    strengths: list[float] = found.tolist()
    return strengths


def _curve(keys: Sequence[KeyStrength], at_N: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    frames = np.array([key.frame for key in keys], np.int64)
    kinds = np.array([code_of(key.interpolation) for key in keys], np.int8)
    values = np.array([[key.value] for key in keys], np.float64)
    return np.clip(between_keys(frames, values, kinds, at_N)[:, 0], 0, 1)


def _stretches(ranges: Sequence[EditEntry], frames: FrameRange) -> list[tuple[int, int, _Stretch]]:
    """The frames cut where a range edit begins or ends: first, last and what holds there."""
    spans = _spans(ranges)
    edges = {frames.first, frames.last + 1}
    edges |= {int(edge) for edge in (*spans[:, 0], *(spans[:, 1] + 1)) if frames.first < edge <= frames.last}
    ordered = sorted(edges)
    result = []
    for first, after in pairwise(ordered):
        stretch = _Stretch()
        for n in np.flatnonzero((spans[:, 0] <= first) & (spans[:, 1] >= first)):
            stretch.apply(ranges[int(n)])
        result.append((first, after - 1, stretch))
    return result


def _spans(ranges: Sequence[EditEntry]) -> npt.NDArray[np.int64]:
    bounds = [
        (entry.action.first, entry.action.last)
        for entry in ranges
        if isinstance(entry.action, UseLayer | ComposeMatte | AdjustConvert | MarkFrames | ClearMatte)
    ]
    return np.array(bounds, np.int64).reshape(-1, 2)
