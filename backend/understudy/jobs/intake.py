"""Taking a finished job's result into the store. Adding a record twice changes nothing, so a server that
died half way does it again."""

from __future__ import annotations

import json
from pathlib import Path

from understudy.domain.artefact import Faceset, Model
from understudy.domain.files import sha256_of
from understudy.domain.job import Job
from understudy.domain.job_spec import (
    IngestSpec,
    spec_from_table,
)
from understudy.domain.plain import from_json
from understudy.domain.shot import Plate, Shot
from understudy.jobs.intake_mattes import take_in_layer
from understudy.jobs.solved_shot import solve_shot
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


def take_in(job: Job, work: Work, told: dict[str, str], production: Production) -> Result:
    """Add what the worker made to the store; returns the job's result as plain data for clients.

    Deliveries are sealed before they count: see `studio.py`.
    """
    match work:
        case IngestWork():
            return _shot(job, told, production)
        case ExtractWork():
            return _faces(work, told, production)
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
            return take_in_layer(job, work, production)
        case ExportWork():
            return {"folder": work.folder, "files": json.loads(told["files"])}
        case MeasureWork():
            return {"take_id": work.take_id, "folder": work.folder, **json.loads(told["summary"])}
        case _:
            return {}


def _faces(work: ExtractWork, told: dict[str, str], production: Production) -> Result:
    """The shot's new base layer. Edits stay as they are; those whose face has gone are told."""
    faces = Path(work.output)
    before = production.shot(work.shot_id).faces
    production.set_shot_faces(work.shot_id, production.relative(faces), sha256_of(faces))
    _forget_faces(faces.parent, kept={faces, production.path(before) if before else faces})
    result: Result = {"shot_id": work.shot_id, **json.loads(told["summary"])}
    if production.edit_stack(work.shot_id).done:
        orphans = solve_shot(production.shot(work.shot_id), production).orphans
        result["edits_without_face"] = [f"{orphan.revision}: {orphan.reason}" for orphan in orphans]
    return result


def _forget_faces(folder: Path, *, kept: set[Path]) -> None:
    """Remove older base layers; the last one stays, since somebody may be about to read it."""
    for path in folder.glob("faces*.safetensors"):
        if path not in kept:
            path.unlink(missing_ok=True)


def _shot(job: Job, told: dict[str, str], production: Production) -> Result:
    spec = spec_from_table(job.kind, job.spec)
    assert isinstance(spec, IngestSpec)
    plate = from_json(Plate, told["plate"])
    person = production.person(spec.person_id)
    production.add_shot(Shot(id=job.id, name=spec.name, person_id=person.id, role=spec.role, plate=plate))
    return {"shot_id": job.id, "frames": str(plate.frames)}


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
