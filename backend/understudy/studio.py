"""The backend behind the services: one open production, its consent gate, its jobs.

Training, rendering, measuring and delivering pass `_gate` twice, when they are asked for and when they
are started, and leave an entry in the custody log either way. The worker checks the signed grant again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import understudy
from understudy.curating import Facesets
from understudy.domain.artefact import Delivery, Model, Take
from understudy.domain.errors import BadBundle, ConsentRefused, JobStateConflict
from understudy.domain.files import sweep_tree
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, Job, JobState
from understudy.domain.job_spec import JobSpec, spec_from_table
from understudy.domain.path_map import NO_MAP, PathMap
from understudy.domain.people import Consent, Grant, Need, Person
from understudy.domain.plain import to_plain
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.shot import Shot
from understudy.domain.summary import (
    CustodyEntry,
    CustodyState,
    Decision,
    ProductionInfo,
    PurgeReport,
)
from understudy.domain.time import format_frames, parse_frames
from understudy.editing import Editing
from understudy.jobs.bundle import bundle_sha256, make_bundle, read_bundle, write_bundle
from understudy.jobs.intake import Result, take_in
from understudy.jobs.path_maps import spec_here
from understudy.jobs.previewer import Previewer
from understudy.jobs.previews import Previews
from understudy.jobs.resolve import resolve
from understudy.jobs.resolved import Footage, Resolved, check_destination
from understudy.jobs.supervisor import Supervisor
from understudy.pictures import Pictures
from understudy.pulling import Pulling
from understudy.relinking import Relinking
from understudy.store.clips import MOST_UPLOAD_BYTES
from understudy.store.production import Production
from understudy.store.purge import purge_person
from understudy.transfer import Transfer
from understudy.trust import grants
from understudy.trust.consent import decide
from understudy.trust.credentials import seal_delivery
from understudy.viewing import Viewing
from understudy.work import ConvertWork, DeliverWork, ExportWork

GRANT_VALID = timedelta(hours=24)  # a worker must start within this time; training may run longer


class Studio(Editing, Pictures, Viewing):
    """Implements `rpc.backend.Backend` over the store, the trust and the jobs of one production."""

    def __init__(
        self,
        production: Production,
        *,
        worker_command: Callable[[Path], list[str]],
        worker_environment: Mapping[str, str],
        previewer: Previewer,
        slots: int = 1,
        most_upload_bytes: int = MOST_UPLOAD_BYTES,
        path_map: PathMap = NO_MAP,
    ) -> None:
        super().__init__(production)
        self._path_map = path_map
        self.facesets = Facesets(production, check_plate=self.same_plate)
        self._previews = Previews(production, previewer, gate=self._gate)
        self._supervisor = Supervisor(
            production,
            prepare=self._prepare,
            take_in=self._take_in,
            worker_command=worker_command,
            worker_environment=worker_environment,
            slots=slots,
        )
        Pictures.__init__(self, production, job_folder=self._supervisor.job_folder)
        Viewing.__init__(self, production, self.solver, self.desk.headers, most_upload_bytes)
        self.relinking = Relinking(production, same_plate=self.same_plate, path_map=path_map)
        self.transfer = Transfer(production, self.clips)
        self.pulling = Pulling(production, check_consents=self._check_consents, grant_of=self._grant_of)

    def start(self) -> None:
        revoked = {consent.id for consent in self._production.consents() if consent.revoked_at}
        self._cancel_jobs_on(revoked)  # a server may have died between a revocation and its consequences
        self.forget_pictures()  # nor may it have swept what shows nobody's shots any more
        self.clips.sweep()
        threading.Thread(
            target=sweep_tree, args=(self._production.folder,), name="sweep", daemon=True
        ).start()
        self.transfer.sweep()
        self._supervisor.start()

    def stop(self) -> None:
        self._previews.stop()
        self.close_pictures()
        self.facesets.forget()
        self._supervisor.stop()

    def get_production(self) -> ProductionInfo:
        here = self._production
        return ProductionInfo(
            id=here.production_id, name=here.name, folder=str(here.folder), version=understudy.__version__
        )

    # People and consent

    def create_person(self, name: str) -> Person:
        return self._production.add_person(name)

    def people(self) -> Sequence[Person]:
        return self._production.people()

    def purge_person(self, person_id: str) -> PurgeReport:
        report = purge_person(self._production, self._production.person(person_id).id)
        self.solver.forget()
        self.facesets.forget()
        self._previews.forget()
        self.forget_pictures()
        self.forget_takes()
        self.transfer.forget()
        return report

    def record_consent(self, consent: Consent) -> Consent:
        filled = replace(
            consent,
            id=consent.id or new_id(),
            production_id=consent.production_id or self._production.production_id,
            person_id=self._production.person(consent.person_id).id,
        )
        with self._production.transaction():  # on record in both places or in neither
            self._production.add_consent(filled)
            self._production.custody.append(
                "consent.recorded",
                consent_id=filled.id,
                person_id=filled.person_id,
                basis=filled.basis,
                uses=sorted(filled.uses),
                valid_to=filled.valid_to.isoformat(),
            )
        return filled

    def revoke_consent(self, consent_id: str, why: str) -> Consent:
        """Withdraw a consent and stop every running job that rests on it. Doing it again stops them again."""
        consent = self._production.consent(consent_id)
        try:
            if not consent.revoked_at:
                with self._production.transaction():
                    consent = self._production.revoke_consent(consent_id, why)
                    self._production.custody.append(
                        "consent.revoked", consent_id=consent.id, person_id=consent.person_id
                    )
        finally:  # what cannot be written down, on a full disk, stops the work all the same
            self._cancel_jobs_on({consent.id})
        return consent

    def _cancel_jobs_on(self, consent_ids: Collection[str]) -> None:
        """Queued jobs need no cancelling: the gate refuses them when they are to start."""
        for job in self._production.jobs({JobState.RUNNING, JobState.CANCELLING}):
            try:
                rests_on = read_bundle(self._supervisor.job_folder(job.id))[1].consent_ids
            except BadBundle:
                rests_on = tuple(consent_ids)  # nobody can tell, so it stops
            if set(rests_on) & set(consent_ids):
                with suppress(JobStateConflict):  # it ended this very moment
                    self._supervisor.cancel(job.id)

    def consents(self, person_id: str = "") -> Sequence[Consent]:
        if not person_id:
            return self._production.consents()
        return self._production.consents(self._production.person(person_id).id)

    def check_consent(self, needs: Sequence[Need]) -> Decision:
        named = [replace(need, person_id=self._production.person(need.person_id).id) for need in needs]
        return self._gate(named, self._footage_of_everybody(), event="consent.checked", about={})

    def _footage_of_everybody(self) -> Footage:
        return {
            person.id: frozenset(s.plate.sha256 for s in self._production.shots() if s.person_id == person.id)
            for person in self._production.people()
        }

    def _gate(
        self,
        needs: Sequence[Need],
        footage: Footage,
        *,
        event: str,
        about: dict[str, str],
        log: bool = True,
    ) -> Decision:
        """Ask for consent and write the answer to the custody log. Raises: a ConsentRefused."""
        facts = {**about, "needs": [f"{need.use}:{need.person_id}" for need in needs]}
        try:
            decision = decide(
                needs,
                self._production.consents(),
                production_id=self._production.production_id,
                footage=footage,
                today=datetime.now().astimezone().date(),  # the terms on paper are local days
                names={person.id: person.name for person in self._production.people()},
            )
        except ConsentRefused as refusal:
            if log:
                self._production.custody.append(f"{event}.refused", reason=type(refusal).__name__, **facts)
            raise
        if needs and log:
            self._production.custody.append(
                f"{event}.allowed", consent_ids=list(decision.consent_ids), **facts
            )
        return decision

    # Shots

    def shots(self) -> Sequence[Shot]:
        return self._production.shots()

    def shot(self, shot_id: str) -> Shot:
        return self._production.shot(shot_id)

    # Jobs

    def create_job(self, spec: JobSpec, request_id: str) -> Job:
        spec = spec_here(spec, self._path_map)
        if self._production.job_of_request(request_id) is not None:
            return self._production.create_job(spec, request_id)[0]
        job_id = new_id()
        resolved = resolve(spec, job_id, self._production)
        self._allowed(resolved, event=f"{spec.kind}.asked", about={"request_id": request_id})
        return self._production.create_job(spec, request_id, job_id=job_id)[0]

    def _allowed(self, resolved: Resolved, *, event: str, about: dict[str, str]) -> Decision:
        """The gate's decision about some work, with the mark it inherits. Raises: a ConsentRefused."""
        decision = self._gate(resolved.needs, resolved.footage, event=event, about=about)
        decision = replace(decision, marked=decision.marked or resolved.marked)
        if isinstance(resolved.work, DeliverWork | ExportWork):
            check_destination(resolved.work, marked=decision.marked, production=self._production)
        return decision

    def _prepare(self, job: Job) -> None:
        """Make the bundle and a fresh grant, just before a worker starts."""
        resolved = resolve(spec_from_table(job.kind, job.spec), job.id, self._production)
        decision = self._allowed(resolved, event=f"{job.kind}.started", about={"job_id": job.id})
        bundle = make_bundle(
            job.id,
            job.kind,
            self._production.production_id,
            resolved.work,
            needs=resolved.needs,
            inputs=resolved.inputs,
        )
        grant = grants.issue(
            self._production.key,
            job_id=job.id,
            production_id=self._production.production_id,
            bundle_sha256=bundle_sha256(bundle),
            decision=decision,
            needs=resolved.needs,
            valid_for=GRANT_VALID,
        )
        write_bundle(self._supervisor.job_folder(job.id), bundle, grant)
        if isinstance(resolved.work, ConvertWork):
            self._register_take(resolved.work, job, marked=decision.marked)

    def _register_take(self, work: ConvertWork, job: Job, *, marked: bool) -> None:
        """A take is known from its first frame on, so that its frames can be watched filling in."""
        known = next(
            (take for take in self._production.takes(work.shot.shot_id) if take.id == work.take_id), None
        )
        frames = {*work.frames, *(parse_frames(known.frames) if known else ())}
        take = Take(
            id=work.take_id,
            shot_id=work.shot.shot_id,
            version=work.version,
            model_ids=work.model_ids,
            people=work.people,
            path=self._production.relative(Path(work.folder)),
            frames=format_frames(sorted(frames)),
            job_id=job.id,
            marked=marked,
        )
        self._production.add_take(take)

    def _take_in(self, job: Job, told: dict[str, str]) -> Result:
        bundle, grant = read_bundle(self._supervisor.job_folder(job.id))
        work = bundle.resolved
        if isinstance(work, DeliverWork):
            result = self._seal(job, work, told, grant)
        else:
            result = take_in(job, work, told, self._production)
        self._production.custody.append(f"{job.kind}.done", job_id=job.id, people=_people(bundle.needs))
        return result

    def _seal(self, job: Job, work: DeliverWork, told: dict[str, str], grant: Grant) -> Result:
        """Sign what was delivered: content credentials in the movies, then a manifest of every file."""
        take = replace(self._production.take(work.take_id), marked=grant.marked)
        folder, files = Path(work.folder), json.loads(told["files"])
        manifest = seal_delivery(
            folder,
            self._production.key,
            keys_folder=self._production.folder / "keys",
            take=take,
            title=work.title,
            plate=work.plate,
            models=[self._production.model(model) for model in take.model_ids],
            consents=[self._production.consent(consent_id) for consent_id in grant.consent_ids],
            settings=to_plain(work.config),
            notes=json.loads(told.get("notes", "[]")),
            custody_head=self._production.custody.head,
            files=files,
        )
        self._production.add_delivery(
            Delivery(
                id=job.id,
                take_id=take.id,
                path=str(folder),
                manifest=str(manifest),
                people=take.people,
                job_id=job.id,
            )
        )
        return {"delivery_id": job.id, "folder": str(folder), "manifest": str(manifest), "files": files}

    def job(self, job_id: str) -> Job:
        return self._production.job(job_id)

    def jobs(self, states: Collection[JobState] = ()) -> Sequence[Job]:
        return self._production.jobs(states or None)

    def watch(self, job_id: str, after_sequence: int, alive: Callable[[], bool]) -> Iterator[Event]:
        return self._supervisor.watch(self._production.job(job_id).id, after_sequence, alive)

    def cancel_job(self, job_id: str) -> Job:
        return self._supervisor.cancel(self._production.job(job_id).id)

    def retry_job(self, job_id: str) -> Job:
        return self._production.move_job(self._production.job(job_id).id, JobState.QUEUED)

    # What jobs made

    def models(self) -> Sequence[Model]:
        return self._production.models()

    def model(self, model_id: str) -> Model:
        return self._production.model(model_id)

    def takes(self, shot_id: str = "") -> Sequence[Take]:
        return self._production.takes(self._production.shot(shot_id).id if shot_id else None)

    def take(self, take_id: str) -> Take:
        return self._production.take(take_id)

    def deliveries(self, take_id: str = "") -> Sequence[Delivery]:
        return self._production.deliveries(take_id or None)

    # The frame in hand

    def preview_frame(self, request: PreviewRequest) -> PreviewPicture:
        return self._previews.show(request)

    # Custody

    def custody_entries(self, after: int = 0, limit: int = 100) -> Sequence[CustodyEntry]:
        return self._production.custody.entries(after, limit)

    def verify_custody(self) -> CustodyState:
        verified = self._production.custody.verify()
        return CustodyState(entries=verified.entries, head=verified.head)


def _people(needs: Sequence[Need]) -> list[str]:
    return list(dict.fromkeys(need.person_id for need in needs))
