"""What the donor's footage lacks that the performer's shows: pose and expression, bin by bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.networks.faceset import LoadedFaceset

YAW_EDGES_DEG = (-90.0, -45.0, -30.0, -15.0, 15.0, 30.0, 45.0, 90.0)
PITCH_EDGES_DEG = (-90.0, -12.0, 12.0, 90.0)
OPEN_EDGES = (0.0, 0.1, 0.35, 1.01)
JAW_OPEN = 25  # index of jawOpen among the 52 expression scores
OPEN_NAMES = ("mouth closed", "mouth part open", "mouth wide open")


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A kind of face that the performer shows in `needed` crops and the donor in only `there`."""

    label: str
    needed: int
    there: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """Counts per yaw, pitch and mouth bin, (7,3,3), of both, and the gaps, the most needed first."""

    performer_YPM: npt.NDArray[np.int64]
    donor_YPM: npt.NDArray[np.int64]
    gaps: tuple[Gap, ...]

    @property
    def covered(self) -> float:
        """Share of the performer's crops whose kind the donor shows at least once."""
        return float(self.performer_YPM[self.donor_YPM > 0].sum() / self.performer_YPM.sum())


def coverage(performer: LoadedFaceset, donor: LoadedFaceset, *, enough: int = 3) -> Coverage:
    """Compare two facesets; a kind of which the donor has fewer than `enough` crops is a gap."""
    needed, there = histogram(performer), histogram(donor)
    missing = np.argwhere((needed > 0) & (there < np.minimum(needed, enough)))
    gaps = [
        Gap(label=_label(*map(int, at)), needed=int(needed[tuple(at)]), there=int(there[tuple(at)]))
        for at in missing
    ]
    ordered = tuple(sorted(gaps, key=lambda gap: -gap.needed))
    return Coverage(performer_YPM=needed, donor_YPM=there, gaps=ordered)


def histogram(faceset: LoadedFaceset) -> npt.NDArray[np.int64]:
    """How many crops fall into each bin of yaw, pitch and open mouth, (7,3,3)."""
    pose, mouth = faceset.pose_N3, faceset.expression_NE[:, JAW_OPEN]
    sample = np.stack([pose[:, 1], pose[:, 0], mouth], axis=1)
    edges = [np.array(YAW_EDGES_DEG), np.array(PITCH_EDGES_DEG), np.array(OPEN_EDGES)]
    counts, _ = np.histogramdd(np.clip(sample, [e[0] for e in edges], [e[-1] - 1e-6 for e in edges]), edges)
    return counts.astype(np.int64)


def _label(yaw: int, pitch: int, mouth: int) -> str:
    def span(edges: tuple[float, ...], at: int) -> str:
        return f"{edges[at]:.0f} to {edges[at + 1]:.0f}"

    return f"yaw {span(YAW_EDGES_DEG, yaw)}, pitch {span(PITCH_EDGES_DEG, pitch)}, {OPEN_NAMES[mouth]}"
