"""What a donor's footage lacks that a performer's shows: pose and expression, counted and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.facesets import ENOUGH, Coverage, CoverageReport
from understudy.faces.roi import Float

YAW_EDGES_DEG = tuple(float(edge) for edge in range(-60, 61, 15))  # left to right, in the picture
PITCH_EDGES_DEG = tuple(float(edge) for edge in range(-30, 31, 10))  # up to down
STEPS = 10  # of the expressions, from 0 to 1

_MOST_TOLD = 20
_SHOTS_TOLD = 3

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Faces of one person, (N,) each: pose in degrees as in `ShotFaces`, expressions 0..1.

    `shots[shot_N]` are the names of the shots where they are seen.
    """

    yaw_deg: Float
    pitch_deg: Float
    mouth_open: Float
    eyes_closed: Float
    smile: Float
    shot_N: npt.NDArray[np.int32]
    shots: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.yaw_deg)


@dataclass(frozen=True, kw_only=True)
class _Reach:
    """How far a face goes one way: `beyond` in words, its threshold put in, and which faces do."""

    beyond: str
    limits: tuple[float, ...]
    value: Callable[[Shown], Float]


_REACHES = (
    _Reach(beyond="looks left beyond {:.0f} degrees", limits=(15.0, 30.0, 45.0), value=lambda s: -s.yaw_deg),
    _Reach(beyond="looks right beyond {:.0f} degrees", limits=(15.0, 30.0, 45.0), value=lambda s: s.yaw_deg),
    _Reach(beyond="looks up beyond {:.0f} degrees", limits=(10.0, 20.0), value=lambda s: -s.pitch_deg),
    _Reach(beyond="looks down beyond {:.0f} degrees", limits=(10.0, 20.0), value=lambda s: s.pitch_deg),
    _Reach(beyond="opens the mouth beyond {:.1f}", limits=(0.1, 0.3, 0.5, 0.7), value=lambda s: s.mouth_open),
    _Reach(beyond="closes the eyes beyond {:.1f}", limits=(0.3, 0.5, 0.7), value=lambda s: s.eyes_closed),
    _Reach(beyond="smiles beyond {:.1f}", limits=(0.3, 0.5, 0.7), value=lambda s: s.smile),
)


@dataclass(frozen=True, kw_only=True)
class _Gap:
    """Something of which the performer has `needed` faces and the donor only `there`."""

    what: str
    needed: Bool
    there: int


def compare(performer: Shown, donor: Shown, *, performer_id: str, donor_id: str) -> CoverageReport:
    """Both counted, and what the donor lacks in words, what most of the performer's faces need first."""
    gaps = sorted(_gaps(performer, donor), key=lambda gap: -int(gap.needed.sum()))[:_MOST_TOLD]
    lacking = tuple(_sentence(gap, performer) for gap in gaps)
    if not len(donor):
        lacking = ("no face of the donor can be learnt from; bring footage of them, or let faces in again",)
    return CoverageReport(
        yaw_edges_deg=YAW_EDGES_DEG,
        pitch_edges_deg=PITCH_EDGES_DEG,
        performer=count(performer, performer_id),
        donor=count(donor, donor_id),
        lacking=lacking,
    )


def count(shown: Shown, person_id: str) -> Coverage:
    """Count faces by pose and by expression; those beyond the outermost edges count to the outermost."""
    rows, columns = len(PITCH_EDGES_DEG) - 1, len(YAW_EDGES_DEG) - 1
    return Coverage(
        person_id=person_id,
        poses=_counts(_pose_cell(shown), rows * columns),
        mouth_open=_steps(shown.mouth_open),
        eyes_closed=_steps(shown.eyes_closed),
        smile=_steps(shown.smile),
    )


def _pose_cell(shown: Shown) -> npt.NDArray[np.intp]:
    row, column = _bin(shown.pitch_deg, PITCH_EDGES_DEG), _bin(shown.yaw_deg, YAW_EDGES_DEG)
    return row * (len(YAW_EDGES_DEG) - 1) + column


def _bin(values: Float, edges: Sequence[float]) -> npt.NDArray[np.intp]:
    return np.clip(np.searchsorted(edges, np.nan_to_num(values), side="right") - 1, 0, len(edges) - 2)


def _steps(shares: Float) -> tuple[int, ...]:
    return _counts(_bin(shares, np.linspace(0, 1, STEPS + 1).tolist()), STEPS)


def _counts(cells: npt.NDArray[np.intp], count: int) -> tuple[int, ...]:
    return tuple(np.bincount(cells, minlength=count).tolist())


def _gaps(performer: Shown, donor: Shown) -> Iterator[_Gap]:
    """First what lies beyond all that the donor does, each way by itself; then single poses in between."""
    told = np.zeros(len(performer), np.bool_)
    for reach in _REACHES:
        for limit in reach.limits:
            needed = reach.value(performer) > limit
            there = int((reach.value(donor) > limit).sum())
            if there < min(ENOUGH, int(needed.sum())):
                yield _Gap(what=reach.beyond.format(limit), needed=needed, there=there)
                told |= needed
                break
    cell_N = _pose_cell(performer)
    there_C = np.bincount(_pose_cell(donor), minlength=int(cell_N.max(initial=0)) + 1)
    for cell in np.unique(cell_N).tolist():
        needed = (cell_N == cell) & ~told
        if there_C[cell] < ENOUGH <= int(needed.sum()):
            yield _Gap(what=_pose_words(cell), needed=needed, there=int(there_C[cell]))


def _pose_words(cell: int) -> str:
    row, column = divmod(cell, len(YAW_EDGES_DEG) - 1)
    sideways = _span(YAW_EDGES_DEG[column], YAW_EDGES_DEG[column + 1], "left", "right")
    return f"looks {sideways} and {_span(PITCH_EDGES_DEG[row], PITCH_EDGES_DEG[row + 1], 'up', 'down')}"


def _span(first: float, last: float, below: str, above: str) -> str:
    near, far = sorted((abs(first), abs(last)))
    return f"{near:.0f} to {far:.0f} degrees {below if last <= 0 else above}"


def _sentence(gap: _Gap, performer: Shown) -> str:
    often = "once" if gap.there == 1 else f"{gap.there} times"
    seen = f"{gap.what} only {often}" if gap.there else f"never {gap.what}"
    shots = Counter(performer.shots[shot] for shot in performer.shot_N[gap.needed].tolist())
    names = ", ".join(name for name, _ in shots.most_common(_SHOTS_TOLD))
    more = f" and {len(shots) - _SHOTS_TOLD} more" if len(shots) > _SHOTS_TOLD else ""
    needed = int(gap.needed.sum())
    return (
        f"the donor {seen}; the performer does in {needed} frame{'s' if needed > 1 else ''} of {names}{more}"
    )
