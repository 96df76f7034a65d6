"""The chain of one sending: ingest, extract, convert, deliver; each a job in the backend, asked for once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace

from understudy.client import Client
from understudy.domain.errors import (
    Conflict,
    MediaAway,
    NotFound,
    Stopped,
    UnderstudyError,
    UnreadableMedia,
    error_named,
)
from understudy.domain.job import FINAL as FINAL_JOB
from understudy.domain.job import Event, EventKind, Job, JobKind, JobState
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    ExtractSpec,
    IngestSpec,
    JobSpec,
    spec_from_table,
    spec_to_table,
)
from understudy.domain.shot import Shot
from understudy_bridge.core.errors import MediumChanged, ShotRefused
from understudy_bridge.daemon.backend_line import BackendLine
from understudy_bridge.daemon.media_roads import (
    Roads,
    bring,
    delivered,
    delivery_settings,
    is_online,
    result_of,
    send_medium,
)
from understudy_bridge.daemon.plates import check_plate, cut_of, ingest_of, same_shot
from understudy_bridge.daemon.presets import model_named
from understudy_bridge.daemon.sending import Sending, Stage, StageProgress, Step, Version
from understudy_bridge.daemon.sendings import Overtaken, Sendings

LINE_PATIENCE_S = 5.0  # then the trouble is told, and the carrier tries again
SETTLE_S = 0.5
MOST_NAMES = 20  # tries for a name while others take them
_MAY_BE_UNSEEN = (UnreadableMedia, MediaAway)

Work = tuple[str, int]
"""A sending's id, and the turn that it is worked on for."""


class Chain:
    """What `carry` does is idempotent: it reads from the sending where it is, and goes on from there."""

    def __init__(self, sendings: Sendings, line: BackendLine, roads: Roads) -> None:
        self._sendings, self._line, self._roads = sendings, line, roads
        self._asking = threading.Lock()

    def carry(self, sending_id: str, turn: int) -> None:
        """From where the sending is to a delivered version. Raises: Overtaken, UnderstudyError."""
        work, client = (sending_id, turn), self._line.client()
        self._same_production(work, client)
        sending = self._sendings.get(sending_id)
        if not sending.shot_id:
            self._ingest(work, client)
        shot = client.shot(self._sendings.get(sending_id).shot_id)
        if not self._sendings.get(sending_id).take_id:
            if not shot.faces:
                self._extract(work, client, shot.id)
            self._convert(work, client)
        self._deliver(work, client)

    def _same_production(self, work: Work, client: Client) -> None:
        """Raises: Conflict when the backend serves another production than the one it was sent to."""
        production = client.get_production()
        sending = self._sendings.get(work[0])
        if not sending.production_id:
            self._sendings.carried(*work, production_id=production.id)
        elif sending.production_id != production.id:
            raise Conflict(
                f"{sending.name} was sent to another production than {production.name}; start the bridge "
                "with that one and retry, or send the shot again"
            )

    # Ingest

    def _ingest(self, work: Work, client: Client) -> None:
        for _ in range(MOST_NAMES):
            sending = self._sendings.get(work[0])
            if sending.step is None and self._take_known_shot(work, client):
                return
            try:
                job = self._do(work, client, "ingest", self._ingest_step)
                break
            except Conflict:  # somebody took the name meanwhile
                self._anew(work)
            except _MAY_BE_UNSEEN as error:
                self._send_over(work, client, error)
        else:
            raise Conflict(
                f"{sending.name}: others take every name for it; rename the shot and send it again"
            )
        shot = client.shot(str(job.result["shot_id"]))
        check_plate(sending.shot, shot.plate)  # before it is ours: a retry ingests what the medium is then
        self._sendings.carried(*work, shot_id=shot.id, step=None, progress=StageProgress())

    def _take_known_shot(self, work: Work, client: Client) -> bool:
        """Use a shot that there is of the same pictures; whether there was one."""
        sending = self._sendings.get(work[0])
        spec = self._ingest_spec(sending, client, taken=())
        known = same_shot((shot for shot in client.shots() if _fits(sending, shot)), spec)
        if known is None:
            return False
        self._sendings.carried(*work, shot_id=known.id)
        return True

    def _ingest_spec(self, sending: Sending, client: Client, taken: tuple[str, ...]) -> IngestSpec:
        model = model_named(sending.recipe.model, client.models())
        path = sending.pushed or self._roads.there(sending.shot.media)
        return ingest_of(sending.shot, sending.recipe, path, person_id=model.people[0], taken=taken)

    def _ingest_step(self, work: Work, client: Client) -> Step:
        """The request for a plate; the one of another sending of the same pictures if that is on its way."""
        taken = tuple(shot.name for shot in client.shots())
        sending = self._sendings.get(work[0])
        plain = self._ingest_spec(sending, client, ())
        with self._asking:
            asked = [one.step for one in self._sendings.all() if one.id != sending.id and _ingests(one)]
            others = {str(step.spec["name"]): step for step in asked if step is not None}
            for step in others.values():
                if replace(plain, name=str(step.spec["name"])) == spec_from_table(JobKind.INGEST, step.spec):
                    return self._note(work, replace(step, job_id="", again=False))
            spec = self._ingest_spec(sending, client, (*taken, *others))
            return self._note(work, self._step(sending, "ingest", spec))

    def _send_over(self, work: Work, client: Client, error: UnderstudyError) -> None:
        """Send a medium that the backend does not see. Raises: the error, when that is of no use."""
        sending = self._sendings.get(work[0])
        if sending.pushed or not is_online(sending.shot.media):
            raise error
        if not self._roads.push:
            hint = "if the backend cannot see that folder, map its path or start the bridge with --push"
            raise type(error)(f"{error}; {hint}") from error
        path = send_medium(client, sending.shot.media, self._told_bytes(work))
        self._sendings.carried(*work, pushed=path)
        self._anew(work)

    def _anew(self, work: Work) -> None:
        sending = self._sendings.get(work[0])
        self._sendings.carried(*work, step=None, attempt=sending.attempt + 1, progress=StageProgress())

    # Extract, convert, deliver

    def _extract(self, work: Work, client: Client, shot_id: str) -> None:
        sending = self._sendings.get(work[0])
        spec = ExtractSpec(shot_id=shot_id, settings=sending.recipe.extract)
        # One extraction for all sendings of a shot: they ask for it by the same request. That an earlier
        # one's failed or was cancelled does not end this one.
        asked = hashlib.sha256(json.dumps(spec.settings, sort_keys=True, default=str).encode()).hexdigest()
        shared = Step(
            stage="extract",
            request_id=f"bridge-{shot_id}-extract-{asked[:8]}",
            spec=_as_json(spec),
            again=True,
        )
        self._do(work, client, "extract", lambda *_: self._note(work, shared))
        if not client.shot(shot_id).faces:  # it was done before, and what it found was taken away since
            self._sendings.carried(*work, step=None)
            own = self._step(self._sendings.get(work[0]), "extract", spec)
            self._do(work, client, "extract", lambda *_: self._note(work, own))
        self._sendings.carried(*work, step=None, progress=StageProgress())

    def _convert(self, work: Work, client: Client) -> None:
        sending = self._sendings.get(work[0])

        def step(*_: object) -> Step:
            model = model_named(sending.recipe.model, client.models())
            spec = ConvertSpec(shot_id=sending.shot_id, model_id=model.id, settings=sending.recipe.convert)
            return self._note(work, self._step(self._sendings.get(work[0]), "convert", spec))

        job = self._do(work, client, "convert", step, on_event=lambda job: self._note_take(work, client, job))
        take = client.take(str(job.result["take_id"]))
        rendered = Version(version=take.version, take_id=take.id, state="rendered")
        versions = self._sendings.get(work[0]).with_version(rendered)
        self._sendings.carried(*work, take_id=take.id, versions=versions, step=None, progress=StageProgress())

    def _note_take(self, work: Work, client: Client, job: Job) -> None:
        """Let it be known which version is being rendered, once the backend knows that itself."""
        sending = self._sendings.get(work[0])
        if any(one.take_id == job.id for one in sending.versions):
            return
        try:
            take = client.take(job.id)
        except NotFound:
            return
        versions = sending.with_version(Version(version=take.version, take_id=take.id))
        self._sendings.carried(*work, versions=versions)

    def _deliver(self, work: Work, client: Client) -> None:
        sending = self._sendings.get(work[0])
        spec = DeliverSpec(
            take_id=sending.take_id, folder=sending.recipe.folder, settings=delivery_settings(sending.recipe)
        )
        job = self._do(
            work, client, "deliver", lambda *_: self._note(work, self._step(sending, "deliver", spec))
        )
        take, shot = client.take(sending.take_id), client.shot(sending.shot_id)
        folder, files = delivered(job.result, sending.recipe)
        path = bring(client, self._roads, job.id, folder, files, self._told_bytes(work))
        media = result_of(
            path,
            shot=shot,
            take=take,
            recipe=sending.recipe,
            medium_start=cut_of(sending.shot).medium_start,
            clip_uid=sending.shot.clip_uid,
        )
        done = Version(version=take.version, take_id=take.id, state="delivered", media=media)
        versions = self._sendings.get(work[0]).with_version(done)
        self._sendings.carried(*work, kept=False, versions=versions)  # `end` writes it down

    # One job

    def _do(
        self,
        work: Work,
        client: Client,
        stage: Stage,
        make: Callable[[Work, Client], Step],
        *,
        on_event: Callable[[Job], None] = lambda job: None,
    ) -> Job:
        """The stage's job, done: the one in the journal, else the one that `make` notes there.

        Raises: the job's own error; Stopped when it was cancelled; ServerUnreachable; Overtaken.
        """
        if self._sendings.get(work[0]).stage != stage:
            self._sendings.carried(*work, kept=False, stage=stage, progress=StageProgress())
        step = self._sendings.get(work[0]).step
        if step is None or step.stage != stage:
            step = make(work, client)
        job = client.create_job(spec_from_table(JobKind(stage), step.spec), step.request_id)
        self._note_job(work, client, step, job)
        if step.again:
            job = self._queued_again(work, client, job)
            self._note_job(work, client, replace(step, again=False), job)
        job = self._followed(work, client, job, on_event)
        if job.state is JobState.FAILED:
            raise error_named(job.error, job.message)
        if job.state is JobState.CANCELLED:
            raise Stopped(f"the {stage} job was cancelled in the backend; retry to go on")
        return job

    def _step(self, sending: Sending, stage: Stage, spec: JobSpec) -> Step:
        request_id = f"bridge-{sending.id}-{sending.round}-{stage}-{sending.attempt}"
        return Step(stage=stage, request_id=request_id, spec=_as_json(spec))

    def _note(self, work: Work, step: Step) -> Step:
        self._sendings.carried(*work, step=step, stage=step.stage)
        return step

    def _note_job(self, work: Work, client: Client, step: Step, job: Job) -> None:
        try:
            self._sendings.carried(*work, step=replace(step, job_id=job.id), error=None)
        except Overtaken:
            # It was cancelled while the backend was asked; whoever stops jobs may have looked too early.
            if self._sendings.get(work[0]).state == "cancelled":
                client.cancel_job(job.id)
            raise

    def _queued_again(self, work: Work, client: Client, job: Job) -> Job:
        """The job, not ended badly any more. Raises: Overtaken."""
        while job.state is JobState.CANCELLING:
            threading.Event().wait(SETTLE_S)
            self._sendings.carried(*work, kept=False)
            job = client.job(job.id)
        with self._asking:  # sendings that share the job must not queue it twice
            job = client.job(job.id)
            return client.retry_job(job.id) if job.state in (JobState.FAILED, JobState.CANCELLED) else job

    def _followed(self, work: Work, client: Client, job: Job, on_event: Callable[[Job], None]) -> Job:
        """The job once it has ended. Raises: ServerUnreachable, Overtaken."""
        last = 0
        while True:
            for event in client.watch(job.id, last, patience_s=LINE_PATIENCE_S):
                last = event.sequence
                self._heard(work, event)
                on_event(job)
            job = client.job(job.id)
            if job.state in FINAL_JOB:
                return job

    def _heard(self, work: Work, event: Event) -> None:
        if event.kind is EventKind.PROGRESS:
            progress = StageProgress(done=event.done, total=event.total, left_s=round(event.remaining_s, 1))
            self._sendings.carried(*work, kept=False, progress=progress, error=None)
        elif self._sendings.get(work[0]).turn != work[1]:
            raise Overtaken

    def _told_bytes(self, work: Work) -> Callable[[str, int, int], None]:
        """Progress of a transfer, told in mebibytes and not for every piece."""
        last = -1

        def told(what: str, done: int, total: int) -> None:
            nonlocal last
            if (step := done >> 20) != last:
                last = step
                self._sendings.carried(
                    *work, kept=False, progress=StageProgress(done=done >> 20, total=max(1, total >> 20))
                )

        return told


def _fits(sending: Sending, shot: Shot) -> bool:
    """Whether a shot's plate is what the editor shows; the medium may have been another when it came in."""
    try:
        check_plate(sending.shot, shot.plate)
    except (MediumChanged, ShotRefused):
        return False
    return True


def _ingests(sending: Sending) -> bool:
    return (
        sending.step is not None
        and sending.step.stage == "ingest"
        and sending.state in ("waiting", "running")
    )


def _as_json(spec: JobSpec) -> dict[str, object]:
    """A spec's table as it is after a journey through JSON, so that it is equal however often it is asked."""
    table: dict[str, object] = json.loads(json.dumps(spec_to_table(spec)))
    return table
