"""Taking a finished matte layer into the store, and using it in the frames it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.domain.artefact import MatteLayer
from understudy.domain.edit import Action, KeyShape, Mode, PaintStroke, RemoveShape, UseLayer
from understudy.domain.edit_stack import Step, stack_of
from understudy.domain.job import Job
from understudy.domain.job_spec import (
    ImportMatteSpec,
    MatteNetSpec,
    ParseMatteSpec,
    PropagateSpec,
    spec_from_table,
)
from understudy.domain.solved import FramePlan, SolvedShot, load_solved
from understudy.domain.time import format_frames
from understudy.jobs.mattes import worst_scores
from understudy.jobs.resolve_mattes import MatteSpec, operator_of
from understudy.matte.layer import layer_index
from understudy.store.production import Production
from understudy.work import ImportMatteWork, MatteNetWork, ParseMatteWork, PropagateWork

MatteWork = PropagateWork | MatteNetWork | ImportMatteWork | ParseMatteWork

PROGRAM = "understudy"
"""Who makes an edit when nobody is named."""

_CARRIED = {"cut": (Mode.EXCLUDE,), "keep": (Mode.INCLUDE,), "matte": (Mode.EXCLUDE, Mode.INCLUDE)}


def take_in_layer(job: Job, work: MatteWork, production: Production) -> dict[str, object]:
    """Keep the layer, and use it at once in the frames it has, unless the request says otherwise.

    The edits carry the job's id as their request: taken in twice, they are there once, and an artist who has
    undone them meanwhile does not get them back.
    """
    spec = spec_from_table(job.kind, job.spec)
    assert isinstance(spec, PropagateSpec | MatteNetSpec | ImportMatteSpec | ParseMatteSpec)
    index = layer_index(Path(work.folder))
    shot = work.shots[0].shot if isinstance(work, MatteNetWork) else work.shot
    frames = tuple(sorted(index.frames))
    layer = MatteLayer(
        id=job.id,
        shot_id=shot.shot_id,
        name=spec.name,
        origin=job.kind,
        path=production.relative(Path(work.folder)),
        frames=format_frames(frames) if frames else "",
        people=work.people if isinstance(work, MatteNetWork) else shot.people,
        job_id=job.id,
    )
    production.add_matte_layer(layer)
    if spec.apply and not production.edits_of_request(layer.shot_id, job.id):
        _use(layer, frames, spec, work, load_solved(Path(shot.solved)), production)
    return {
        "layer_id": layer.id,
        "frames": layer.frames,
        "applied": bool(production.edits_of_request(layer.shot_id, job.id)),
        "worst": [{"frame": entry.frame, "score": round(entry.score, 4)} for entry in worst_scores(index)],
        "notes": list(index.notes),
    }


def _use(
    layer: MatteLayer,
    frames: Sequence[int],
    spec: MatteSpec,
    work: MatteWork,
    solved: SolvedShot,
    production: Production,
) -> None:
    """Edits that use the layer. Frames drawn on while the job ran are left to whoever drew them."""
    standing = stack_of(production.edits(layer.shot_id)).done
    drawn = {
        entry.action.frame
        for entry in standing
        if entry.revision > solved.revision and isinstance(entry.action, KeyShape | PaintStroke)
    }
    shapes = {entry.action.shape for entry in standing if isinstance(entry.action, KeyShape)}
    kept = [frame for frame in frames if frame not in drawn]
    operator = operator_of(spec)
    actions: list[Action] = [
        UseLayer(name=spec.name, layer_id=layer.id, first=run[0], last=run[-1], operator=operator)
        for run in runs_of(kept)
    ]
    for name in _replaced_shapes(work, solved):
        off = [frame for frame in kept if name in shapes and _stands_between_keys(name, solved.plan(frame))]
        actions += [RemoveShape(shape=name, first=run[0], last=run[-1]) for run in runs_of(off)]
    if actions:
        steps = [(Step.DO, action) for action in actions]
        production.append_edits(layer.shot_id, steps, author=spec.author or PROGRAM, request_id=layer.job_id)


def _replaced_shapes(work: MatteWork, solved: SolvedShot) -> list[str]:
    """Shapes that the layer takes the place of between their keys; left there, they would add to it.

    A propagated layer carries what its keys draw, a net has learnt all that is drawn on keyed frames. What
    comes from elsewhere takes nobody's place.
    """
    match work:
        case PropagateWork():
            modes = _CARRIED[work.source]
            drawn = (shape for key in work.keys for shape in solved.plan(key).shapes if shape.mode in modes)
        case MatteNetWork():
            drawn = (shape for label in work.shots[0].labels for shape in solved.plan(label).shapes)
        case _:
            return []
    return list(dict.fromkeys(shape.name for shape in drawn))


def _stands_between_keys(name: str, plan: FramePlan) -> bool:
    return any(shape.name == name and not shape.keyed for shape in plan.shapes)


def runs_of(frames: Sequence[int]) -> list[list[int]]:
    """Sorted frames, cut into runs without a gap."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][-1] + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs
