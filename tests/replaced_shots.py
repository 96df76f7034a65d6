"""A production whose tiny shot is replaced and measured; it is made once, and tests work on copies of it."""

from __future__ import annotations

from pathlib import Path

from tests.running_backend import RunningBackend

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.job_spec import ConvertSpec, ExtractSpec, IngestSpec, MeasureSpec, TrainSpec
from understudy.domain.people import Person, Use
from understudy.store.production import Production

PLATE = "sc010"
TRAINING = {"iterations": 12, "start_from": "", "preview_s": 1000.0, "batch": 8, "threads": 1}


def make_replaced_show(folder: Path, tiny_shot: TinyShot) -> Path:
    """Two people, their footage, a model that learnt for seconds, one take of the plate with its measures."""
    Production.create(folder, "Show")
    backend = RunningBackend.start(folder)
    try:
        performer = _person(backend, "Rowan", Use.TRAIN, Use.REPLACE, Use.DELIVER)
        donor = _person(backend, "Mira", Use.TRAIN, Use.LIKENESS, Use.DELIVER)
        learnt = (
            _footage(backend, performer, tiny_shot.performer_learn, "rowan_learn", "learn"),
            _footage(backend, donor, tiny_shot.donor_learn, "mira_learn", "learn"),
        )
        plate = _footage(backend, performer, tiny_shot.plate, PLATE, "plate")
        people = (performer.id, donor.id)
        spec = TrainSpec(name="pair", people=people, shot_ids=learnt, preset="quick", settings=TRAINING)
        model = str(backend.do(spec).result["model_id"])
        take = str(backend.do(ConvertSpec(shot_id=plate, model_id=model)).result["take_id"])
        backend.do(MeasureSpec(take_id=take))
    finally:
        backend.stop()
    return folder


def _person(backend: RunningBackend, name: str, *uses: Use) -> Person:
    person = backend.client.create_person(name)
    backend.agree(person, *uses)
    return person


def _footage(backend: RunningBackend, person: Person, path: Path, name: str, role: str) -> str:
    job = backend.do(IngestSpec(path=str(path), name=name, person_id=person.id, role=role))
    shot = str(job.result["shot_id"])
    backend.do(ExtractSpec(shot_id=shot))
    return shot
