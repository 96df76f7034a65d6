"""Joining matte sources: what lies in front of a face has an edge of its own, apart from the face's outline.

Two planes are kept. `outline` is where a face is, and the blend is made along its edge. `open` is where
nothing is in front of it. Their product is the matte. If they were one plane, a multiband blend would smear
the new face's colours over the edge of every finger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadMatte
from understudy.matte.expression import Operator, parse

Float = npt.NDArray[np.float32]

OUTLINE_SOURCES = frozenset({"face", "hull", "learned", "keep"})
"""Sources that say where a face is; `cut` and matte layers say what is in front of it."""


@dataclass(frozen=True, slots=True)
class Combined:
    """A matte in its two parts, each (h,w) 0..1."""

    outline_HW: Float
    open_HW: Float

    @property
    def matte_HW(self) -> Float:
        return self.outline_HW * self.open_HW


def combine(expression: str, sources: Mapping[str, Float]) -> Combined:
    """Evaluate an expression over planes of one size, (h,w) 0..1 by name.

    The first source is the outline, also when it is a layer. "+" is the maximum, in both planes. "-" and "&"
    work on the outline (minimum with 1 - s and with s) for sources that say where a face is, and on `open`
    (product) for all others. Raises: BadMatte for a source that is not there, or of another size.
    """
    steps = parse(expression)
    planes = _planes(expression, [step.source for step in steps], sources)
    outline, opened = planes[0].astype(np.float32, copy=True), None  # None: open everywhere so far
    for (operator, source), plane in zip(steps[1:], planes[1:], strict=True):
        if operator == "+":
            np.maximum(outline, plane, out=outline)
            opened = None if opened is None else np.maximum(opened, plane)
        elif source in OUTLINE_SOURCES:
            np.minimum(outline, _kept(operator, plane), out=outline)
        else:
            kept = _kept(operator, plane)
            opened = kept if opened is None else opened * kept
    return Combined(outline, np.ones_like(outline) if opened is None else opened)


def _kept(operator: Operator, plane: Float) -> Float:
    return np.float32(1) - plane if operator == "-" else plane


def _planes(expression: str, names: list[str], sources: Mapping[str, Float]) -> list[Float]:
    if missing := [name for name in names if name not in sources]:
        raise BadMatte(
            f"the matte {expression!r} needs {missing[0]!r}, which is not there; "
            f"this frame has: {', '.join(sorted(sources)) or 'nothing'}"
        )
    planes = [sources[name] for name in names]
    if any(plane.shape != planes[0].shape for plane in planes):
        sizes = ", ".join(f"{name} {p.shape[1]}x{p.shape[0]}" for name, p in zip(names, planes, strict=True))
        raise BadMatte(f"the sources of the matte {expression!r} have different sizes: {sizes}")
    return planes
