"""`understudy run RECIPE`: ingest, extract, train, convert, deliver and evaluate, through the service."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from understudy.cli.progress import listening
from understudy.cli.session import Session, session
from understudy.client import Client
from understudy.domain.errors import ConsentRevoked, NoFaceFound, NotFound, ServerUnreachable
from understudy.domain.files import sha256_of
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
from understudy.domain.plain import from_plain, to_json
from understudy.media.sequence_files import clip_sha256
from understudy.recipe import Agreement, Clip, Party, PlannedShot, Recipe, read_recipe

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
    width = max(len(name) for name in result)
    lines = [f"  {name.ljust(width)}  {value}" for name, value in result.items()]
    session.record(result, "\n".join(["", "made:", *lines]))


def carry_out_recipe(recipe: Recipe, client: Client, session: Session) -> dict[str, str]:
    """The whole road, step by step; returns what was made and where."""
    road = _Road(recipe, client, session)
    people = {party.name: road.person(party) for party in recipe.people}
    lessons = [road.ingest(clip, people[party.name]) for party in recipe.people for clip in party.clips]
    plates = {shot.name: road.ingest_plate(shot, people[shot.performer]) for shot in recipe.shots}
    for shot_id in dict.fromkeys((*lessons, *plates.values())):
        road.do(ExtractSpec(shot_id=shot_id, settings=recipe.extract), "extract")
    # A performer without clips of their own is learnt from the plates.
    clipless = {party.name for party in recipe.people if not party.clips}
    lessons += [plates[shot.name] for shot in recipe.shots if shot.performer in clipless]
    trained = road.do(
        TrainSpec(
            name="-".join(people),
            people=tuple(person.id for person in people.values()),
            shot_ids=tuple(lessons),
            preset=recipe.preset,
            settings=recipe.train,
            curate=recipe.curate,
        ),
        "train",
    )
    made = {"training report": str(trained.result["report"])}
    for shot in recipe.shots:
        model = str(trained.result["model_id"])
        made |= road.finish(shot, plates[shot.name], model, donor=people[shot.donor])
    return {**made, "custody log": str(recipe.folder / "custody.jsonl")}


class _Road:
    """Does one step after the other, each under a request id that is the same when the recipe runs again."""

    def __init__(self, recipe: Recipe, client: Client, session: Session) -> None:
        self._recipe, self._client, self._session = recipe, client, session
        self._space = uuid.UUID(client.get_production().id)

    def person(self, party: Party) -> Person:
        """Find or add a person, and record the consent unless an equal one is there.

        Raises: ConsentRevoked when that very agreement was withdrawn; a recipe run again is no new consent.
        """
        known = [person for person in self._client.people() if person.name == party.name]
        person = known[0] if known else self._client.create_person(party.name)
        plates = [shot.clip for shot in self._recipe.shots if shot.performer == party.name]
        wanted = self._consent(person, party.consent, [*party.clips, *plates])
        equal = [c for c in self._client.consents(person.id) if _terms(c) == _terms(wanted)]
        standing = [consent for consent in equal if not consent.revoked_at]
        if equal and not standing:
            raise ConsentRevoked(
                f"{party.name} withdrew this agreement on {equal[-1].revoked_at[:10]}; if there is a new one "
                "record it with `understudy consent add`, and change the recipe's description to say so"
            )
        stated = party.consent.valid_to is not None
        if not standing or (stated and all(c.valid_to != wanted.valid_to for c in standing)):
            self._client.record_consent(wanted)
        return person

    def _consent(self, person: Person, agreement: Agreement, clips: list[Clip]) -> Consent:
        licensed = agreement.basis is Basis.EVALUATION
        hashes = dict.fromkeys(clip_sha256(clip.path) for clip in clips) if licensed else {}
        return Consent(
            id="",
            person_id=person.id,
            production_id="",
            basis=agreement.basis,
            uses=agreement.uses,
            valid_from=agreement.valid_from or date.today(),
            valid_to=agreement.valid_to or date.today() + timedelta(days=365),
            description=agreement.description,
            document_sha256=sha256_of(agreement.document) if agreement.document else "",
            reference=agreement.reference,
            footage=tuple((digest, agreement.source) for digest in hashes),
        )

    def ingest(self, clip: Clip, person: Person) -> str:
        """Bring in footage to learn from; returns the shot's id."""
        whole = clip.in_index is None and clip.out_index is None
        span = "" if whole else f" {clip.in_index}-{clip.out_index}"
        return self._ingest(clip, f"{person.name}: {clip.path.stem}{span}", person, "learn", None)

    def ingest_plate(self, shot: PlannedShot, performer: Person) -> str:
        """Bring in a plate; returns the shot's id."""
        return self._ingest(shot.clip, shot.name, performer, "plate", shot.first_frame)

    def _ingest(self, clip: Clip, name: str, person: Person, role: str, first_frame: int | None) -> str:
        spec = IngestSpec(
            path=str(clip.path),
            name=name,
            person_id=person.id,
            role=role,
            first_frame=first_frame,
            in_index=clip.in_index,
            out_index=clip.out_index,
        )
        return str(self.do(spec, f"ingest {name}").result["shot_id"])

    def finish(self, shot: PlannedShot, plate: str, model: str, *, donor: Person) -> dict[str, str]:
        """Convert, deliver and measure one shot; returns what was made."""
        recipe = self._recipe
        tracks = self._client.tracks(plate)
        if not tracks:
            raise NoFaceFound(f"no face was found in {shot.name}; there is nothing to replace")
        convert = ConvertSpec(
            shot_id=plate,
            model_id=model,
            frames=shot.frames,
            bindings={str(tracks[0].track): donor.id},
            settings=recipe.convert,
        )
        take = str(self.do(convert, f"convert {shot.name}").result["take_id"])
        folder = str(Path(recipe.deliver_to) / shot.name) if recipe.deliver_to else ""
        deliver = DeliverSpec(take_id=take, folder=folder, settings=recipe.deliver)
        made = _named_files(shot.name, self.do(deliver, f"deliver {shot.name}"))
        if shot.truth is not None:
            evaluated = self.do(EvaluateSpec(take_id=take, truth=dict(shot.truth)), f"evaluate {shot.name}")
            made[f"{shot.name} evaluation"] = str(Path(str(evaluated.result["folder"])) / "evaluation.txt")
        return made

    def do(self, spec: JobSpec, title: str) -> Job:
        """Make the job, or find the one that an earlier run made; wait for it. Raises what ended it."""
        request = self._request_id(spec)
        job = self._client.create_job(spec, request)
        if (
            job.state is JobState.DONE
            and not Path(str(job.result.get("folder", self._recipe.folder))).exists()
        ):
            job = self._client.create_job(spec, f"{request} after {job.id}")  # somebody deleted what it made
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            job = self._client.retry_job(job.id)
        if job.state is JobState.DONE:
            return job
        with listening(title, as_json=self._session.as_json) as listener:
            return self._client.wait(job.id, on_event=listener)

    def _request_id(self, spec: JobSpec) -> str:
        clip = clip_sha256(spec.path) if isinstance(spec, IngestSpec) else ""
        return str(uuid.uuid5(self._space, f"{spec.kind} {to_json(spec_to_table(spec))} {clip}"))


def _named_files(shot: str, delivered: Job) -> dict[str, str]:
    """The delivery's files under names a person reads; the frames of a sequence count as one."""
    result = from_plain(_Delivered, delivered.result)
    frames = [name for name in result.files if name.endswith(".exr")]
    named = {
        f"{shot} {Path(name).name}": str(Path(result.folder) / name)
        for name in result.files
        if name not in frames
    }
    if frames:
        named[f"{shot} EXR frames"] = f"{Path(result.folder) / frames[0]} and {len(frames) - 1} more"
    return {**named, f"{shot} manifest": result.manifest}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Delivered:
    """The result of a delivery job."""

    delivery_id: str
    folder: str
    manifest: str
    files: list[str]


def _terms(consent: Consent) -> tuple[object, ...]:
    """What an agreement says, apart from its term."""
    return (consent.basis, consent.uses, consent.description, consent.document_sha256, consent.footage)


@contextmanager
def _backend(recipe: Recipe, session: Session) -> Iterator[Client]:
    """A client of the production's server; the server is started, and stopped again, when none runs."""
    running = _running(recipe.folder)
    if running is not None:
        with running:
            yield running
        return
    _make_production(recipe)
    command = [sys.executable, "-P", "-m", "understudy", "serve", str(recipe.folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        with _when_up(recipe.folder, server) as client:
            yield client
    finally:
        server.terminate()
        server.wait()


def _running(folder: Path) -> Client | None:
    try:
        client = Client.of_production(folder)
        client.get_production()
        return client
    except ServerUnreachable:
        return None


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
