"""Taking a finished job's result into the store. Adding a record twice changes nothing, so a server that
died half way does it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from understudy.domain.artefact import Faceset, MatteLayer, Model
from understudy.domain.edit import UseLayer
from understudy.domain.edit_stack import Step
from understudy.domain.files import sha256_of
from understudy.domain.job import Job
from understudy.domain.job_spec import (
    ImportMatteSpec,
    IngestSpec,
    MatteNetSpec,
    ParseMatteSpec,
    PropagateSpec,
    spec_from_table,
)
from understudy.domain.plain import from_json
from understudy.domain.shot import Plate, Shot
from understudy.domain.time import format_frames
from understudy.jobs.mattes import worst_scores
from understudy.jobs.resolve_mattes import operator_of
from understudy.matte.layer import layer_index
from understudy.store.production import Production
from understudy.work import (
    ConvertWork,
    EvaluateWork,
    ExportWork,
    ExtractWork,
    ImportMatteWork,
    IngestWork,
    MatteNetWork,
    MeasureWork,
    ParseMatteWork,
    PropagateWork,
    TrainWork,
    Work,
)

Result = dict[str, object]
PROGRAM = "understudy"
"""Who makes an edit when nobody is named."""


def take_in(job: Job, work: Work, told: dict[str, str], production: Production) -> Result:
    """Add what the worker made to the store; returns the job's result as plain data for clients.

    Deliveries are sealed before they count: see `studio.py`.
    """
    match work:
        case IngestWork():
            return _shot(job, told, production)
        case ExtractWork():
            faces = Path(work.output)
            production.set_shot_faces(work.shot_id, production.relative(faces), sha256_of(faces))
            return {"shot_id": work.shot_id, **json.loads(told["summary"])}
        case TrainWork():
            return _model(job, work, told, production)
        case ConvertWork():
            return {
                "take_id": work.take_id,
                "version": work.version,
                "folder": work.folder,
                **json.loads(told["summary"]),
            }
        case EvaluateWork():
            return {"take_id": work.take_id, "folder": work.folder, **json.loads(told["summary"])}
        case PropagateWork() | MatteNetWork() | ImportMatteWork() | ParseMatteWork():
            return _matte_layer(job, work, production)
        case ExportWork():
            return {"folder": work.folder, "files": json.loads(told["files"])}
        case MeasureWork():
            return {"take_id": work.take_id, "folder": work.folder, **json.loads(told["summary"])}
        case _:
            return {}


def _shot(job: Job, told: dict[str, str], production: Production) -> Result:
    spec = spec_from_table(job.kind, job.spec)
    assert isinstance(spec, IngestSpec)
    plate = from_json(Plate, told["plate"])
    person = production.person(spec.person_id)
    production.add_shot(Shot(id=job.id, name=spec.name, person_id=person.id, role=spec.role, plate=plate))
    return {"shot_id": job.id, "frames": str(plate.frames)}


def _matte_layer(
    job: Job, work: PropagateWork | MatteNetWork | ImportMatteWork | ParseMatteWork, production: Production
) -> Result:
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
    if spec.apply and frames:
        uses = [
            UseLayer(
                name=spec.name, layer_id=layer.id, first=run[0], last=run[-1], operator=operator_of(spec)
            )
            for run in runs_of(frames)
        ]
        steps = [(Step.DO, use) for use in uses]
        production.append_edits(layer.shot_id, steps, author=spec.author or PROGRAM, request_id=job.id)
    return {
        "layer_id": layer.id,
        "frames": layer.frames,
        "applied": bool(spec.apply and frames),
        "worst": [{"frame": entry.frame, "score": round(entry.score, 4)} for entry in worst_scores(index)],
        "notes": list(index.notes),
    }


def runs_of(frames: Sequence[int]) -> list[list[int]]:
    """Sorted frames, cut into runs without a gap."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][-1] + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs


def _model(job: Job, work: TrainWork, told: dict[str, str], production: Production) -> Result:
    for entry in json.loads(told["facesets"]):
        path = Path(entry["path"])
        production.add_faceset(
            Faceset(
                id=entry["sha256"][:32],
                person_id=entry["person_id"],
                path=production.relative(path),
                sha256=entry["sha256"],
                crops=entry["crops"],
            )
        )
    checkpoint = Path(told["checkpoint"])
    model = Model(
        id=work.model_id,
        name=work.name,
        family=work.config.family,
        size_px=work.config.size_px,
        people=work.people,
        path=production.relative(checkpoint),
        sha256=sha256_of(checkpoint),
        iterations=int(told["iterations"]),
        job_id=job.id,
    )
    production.add_model(model)
    return {
        "model_id": model.id,
        "iterations": model.iterations,
        "report": told["report"],
        "folder": work.folder,
    }
