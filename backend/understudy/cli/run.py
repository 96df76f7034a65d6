"""`understudy run RECIPE`: ingest, extract, train, convert, deliver and evaluate, through the service."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from understudy.cli.progress import listening
from understudy.cli.session import Session, session
from understudy.client import Client
from understudy.domain.errors import NotFound, ServerUnreachable
from understudy.domain.job import Job, JobState
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExtractSpec,
    IngestSpec,
    JobSpec,
    TrainSpec,
    spec_to_table,
)
from understudy.domain.people import Basis, Consent, Person
from understudy.domain.plain import to_json
from understudy.recipe import Agreement, Clip, Party, Recipe, read_recipe

_SERVER_START_S = 60.0


@click.command()
@click.argument("recipe_file", metavar="RECIPE", type=click.Path(path_type=Path))
@session
def run(session: Session, recipe_file: Path) -> None:
    """Carry out RECIPE, a TOML file: from clips and consents to a delivered shot.

    Makes the production when it is not there and starts a backend when none serves it. Run again, it goes
    on where it stopped: what is done and unchanged is not done twice.
    """
    recipe = read_recipe(recipe_file)
    with _backend(recipe, session) as client:
        result = carry_out_recipe(recipe, client, session)
    session.record(
        result, "\n".join(["", "made:", *(f"  {name:<16}{value}" for name, value in result.items())])
    )


def carry_out_recipe(recipe: Recipe, client: Client, session: Session) -> dict[str, str]:
    """The whole road, step by step; returns what was made and where."""
    road = _Road(recipe, client, session)
    people = {party.name: road.person(party) for party in recipe.people}
    learn = [
        road.ingest(clip, people[party.name], "learn") for party in recipe.people for clip in party.clips
    ]
    plate = road.ingest(recipe.shot, people[recipe.performer], "plate")
    for shot in (*learn, plate):
        road.do(ExtractSpec(shot_id=shot, settings=recipe.extract), "extract")
    performer, donor = people[recipe.performer].id, people[recipe.donor].id
    # A performer without clips of their own is learnt from the plate itself.
    lessons = tuple(learn) if recipe.party(recipe.performer).clips else (*learn, plate)
    trained = road.do(
        TrainSpec(
            name=f"{recipe.performer}-{recipe.donor}",
            people=(performer, donor),
            shot_ids=lessons,
            preset=recipe.preset,
            settings=recipe.train,
            curate=recipe.curate,
        ),
        "train",
    )
    model = str(trained.result["model_id"])
    taken = road.do(
        ConvertSpec(shot_id=plate, model_id=model, frames=recipe.frames, settings=recipe.convert), "convert"
    )
    take = str(taken.result["take_id"])
    delivered = road.do(
        DeliverSpec(take_id=take, folder=recipe.deliver_to, settings=recipe.deliver), "deliver"
    )
    made = {
        "delivery": str(delivered.result["folder"]),
        "training report": str(trained.result["report"]),
        "take": str(taken.result["folder"]),
        "custody log": str(recipe.folder / "custody.jsonl"),
    }
    if recipe.truth is not None:
        evaluated = road.do(EvaluateSpec(take_id=take, truth=dict(recipe.truth)), "evaluate")
        made["evaluation"] = str(evaluated.result["folder"])
    return made


class _Road:
    """Does one step after the other, each under a request id that is the same when the recipe runs again."""

    def __init__(self, recipe: Recipe, client: Client, session: Session) -> None:
        self._recipe, self._client, self._session = recipe, client, session
        self._space = uuid.UUID(client.get_production().id)

    def person(self, party: Party) -> Person:
        """Find or add a person, and record the consent unless an equal one is there."""
        known = [person for person in self._client.people() if person.name == party.name]
        person = known[0] if known else self._client.create_person(party.name)
        wanted = self._consent(person, party.consent, [*party.clips, *self._plates_of(party)])
        if not any(_same_agreement(wanted, consent) for consent in self._client.consents(person.id)):
            self._client.record_consent(wanted)
        return person

    def _plates_of(self, party: Party) -> list[Clip]:
        return [self._recipe.shot] if party.name == self._recipe.performer else []

    def _consent(self, person: Person, agreement: Agreement, clips: list[Clip]) -> Consent:
        licensed = agreement.basis is Basis.EVALUATION
        hashes = dict.fromkeys(_sha256(clip.path) for clip in clips) if licensed else {}
        return Consent(
            id="",
            person_id=person.id,
            production_id="",
            basis=agreement.basis,
            uses=agreement.uses,
            valid_from=agreement.valid_from,
            valid_to=agreement.valid_to,
            description=agreement.description,
            document_sha256=_sha256(agreement.document) if agreement.document else "",
            reference=agreement.reference,
            footage=tuple((digest, agreement.source) for digest in hashes),
        )

    def ingest(self, clip: Clip, person: Person, role: str) -> str:
        """Returns the shot's id."""
        plate = role == "plate"
        spec = IngestSpec(
            path=str(clip.path),
            name=self._recipe.shot_name if plate else self._clip_name(clip, person),
            person_id=person.id,
            role=role,
            first_frame=self._recipe.first_frame,
            in_index=clip.in_index,
            out_index=clip.out_index,
        )
        return str(self.do(spec, f"ingest {spec.name}").result["shot_id"])

    def _clip_name(self, clip: Clip, person: Person) -> str:
        span = (
            "" if clip.in_index is None and clip.out_index is None else f" {clip.in_index}-{clip.out_index}"
        )
        return f"{person.name}: {clip.path.stem}{span}"

    def do(self, spec: JobSpec, title: str) -> Job:
        """Make the job, or find the one that an earlier run made; wait for it. Raises what ended it."""
        job = self._client.create_job(spec, self._request_id(spec))
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            job = self._client.retry_job(job.id)
        if job.state is JobState.DONE:
            return job
        with listening(title, as_json=self._session.as_json) as listener:
            return self._client.wait(job.id, on_event=listener)

    def _request_id(self, spec: JobSpec) -> str:
        return str(uuid.uuid5(self._space, f"{spec.kind} {to_json(spec_to_table(spec))}"))


def _same_agreement(wanted: Consent, known: Consent) -> bool:
    def terms(consent: Consent) -> tuple[object, ...]:
        return (consent.basis, consent.uses, consent.valid_to, consent.description, consent.document_sha256,
                consent.footage)  # fmt: skip

    return not known.revoked_at and terms(wanted) == terms(known)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _backend(recipe: Recipe, session: Session) -> Iterator[Client]:
    """A client of the production's server; the server is started, and stopped again, when none runs."""
    try:
        with Client.of_production(recipe.folder) as client:
            client.get_production()
            yield client
            return
    except ServerUnreachable:
        pass
    _make_production(recipe)
    command = [sys.executable, "-m", "understudy", "serve", str(recipe.folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        with _when_up(recipe.folder, server) as client:
            yield client
    finally:
        server.terminate()
        server.wait()


def _make_production(recipe: Recipe) -> None:
    from understudy.store.production import DATABASE_NAME, Production

    if not (recipe.folder / DATABASE_NAME).exists():
        Production.create(recipe.folder, recipe.name)


def _when_up(folder: Path, server: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + _SERVER_START_S
    while True:
        try:
            client = Client.of_production(folder)
            client.get_production()
            return client
        except (ServerUnreachable, NotFound) as cause:
            if server.poll() is not None or time.monotonic() > deadline:
                raise ServerUnreachable(
                    f"the backend did not start; try: understudy serve {folder}"
                ) from cause
            time.sleep(0.2)
