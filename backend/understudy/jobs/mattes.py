"""What a shot has in mattes, and what was measured of its takes: read from the records for clients."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

from understudy.domain.artefact import MatteLayer, Take
from understudy.domain.errors import BadMatte, NotFound
from understudy.domain.job import Job, JobKind, JobState
from understudy.domain.measures import FrameMeasures, load_measures
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.summary import FrameMeasure, FrameScore, MatteLayerSummary, ShotMattes, TakeMeasures
from understudy.domain.time import format_frames, parse_frames
from understudy.jobs.resolve_mattes import keyed_frames
from understudy.matte.layer import LayerIndex, layer_index
from understudy.store.production import Production

WORST = 10
SCORED = 2000  # frames of a layer that clients are told of; artists see a curve of them


def shot_mattes(shot: Shot, solved: SolvedShot, production: Production) -> ShotMattes:
    """The matte layers of a shot with the frames its edits use them in, and its keyed frames."""
    layers = production.matte_layers(shot.id)
    used = _used(solved)
    return ShotMattes(
        layers=tuple(_summary(layer, used.get(layer.id, ()), production) for layer in layers),
        keyed=_text(keyed_frames(solved)),
    )


def _used(solved: SolvedShot) -> dict[str, list[int]]:
    """Frames in which each layer is used."""
    used: defaultdict[str, list[int]] = defaultdict(list)
    for frame, plan in sorted(solved.plans.items()):
        for use in plan.layers:
            used[use.layer_id].append(frame)
    return used


def _summary(
    layer: MatteLayer, used: list[int] | tuple[int, ...], production: Production
) -> MatteLayerSummary:
    try:
        worst = worst_scores(layer_index(production.path(layer.path)), most=SCORED)
    except BadMatte:  # somebody took its files away; the list must still be seen
        worst = ()
    return MatteLayerSummary(layer=layer, used=_text(tuple(dict.fromkeys(used))), worst=worst)


def worst_scores(index: LayerIndex, *, most: int = WORST) -> tuple[FrameScore, ...]:
    """The most doubtful frames of a layer, the worst first."""
    ranked = sorted(index.frames.items(), key=lambda item: (-item[1].score, item[0]))
    return tuple(FrameScore(frame=frame, score=entry.score) for frame, entry in ranked[:most])


def _text(frames: tuple[int, ...]) -> str:
    return format_frames(frames) if frames else ""


def take_measures(
    take: Take, production: Production, *, frames: str = "", limit: int, by_frame: bool
) -> TakeMeasures:
    """The newest measures of a take. Worst first leaves out frames near a worse one, unless `by_frame`.

    Raises: NotFound when the take was never measured, BadInput.
    """
    job = _newest_measuring(take, production)
    found = load_measures(Path(str(job.result["measures"])))
    asked = set(parse_frames(frames)) if frames else None
    order = found.frame.tolist() if by_frame else found.worst(limit if asked is None else len(found))
    chosen = [frame for frame in order if asked is None or frame in asked][:limit]
    rows = {int(frame): row for row, frame in enumerate(found.frame)}
    return TakeMeasures(
        take_id=take.id,
        job_id=job.id,
        folder=str(job.result["folder"]),
        contact_sheet=str(job.result.get("contact_sheet", "")),
        frames=tuple(_measure(found, rows[frame]) for frame in chosen),
    )


def _newest_measuring(take: Take, production: Production) -> Job:
    for job in reversed(production.jobs({JobState.DONE})):
        if job.kind is JobKind.MEASURE and job.spec["take_id"] == take.id:
            return job
    raise NotFound(f"take {take.label} was not measured yet; run `understudy measure {take.id}`")


def _measure(found: FrameMeasures, row: int) -> FrameMeasure:
    values = {name: float(column[row]) for name, column in found.values.items()}
    return FrameMeasure(
        frame=int(found.frame[row]),
        trouble=float(found.trouble[row]),
        reasons=found.reasons(row),
        values={name: value for name, value in values.items() if math.isfinite(value)},
    )
