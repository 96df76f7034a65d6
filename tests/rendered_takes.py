"""Takes as a conversion leaves them, without converting anything."""

from __future__ import annotations

from datetime import timedelta

from understudy.domain.artefact import Take
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobKind
from understudy.domain.job_spec import ExtractSpec
from understudy.domain.shot import Shot
from understudy.domain.summary import Decision
from understudy.jobs.bundle import bundle_sha256, make_bundle, write_bundle
from understudy.jobs.resolve import resolve
from understudy.store.production import Production
from understudy.trust import grants


def add_take(production: Production, shot: Shot, consent_id: str, *, marked: bool = False) -> Take:
    """A take and the job that it rests on, as a conversion leaves them."""
    job, _ = production.create_job(ExtractSpec(shot_id=shot.id), new_id())
    work = resolve(ExtractSpec(shot_id=shot.id), job.id, production).work
    bundle = make_bundle(job.id, JobKind.EXTRACT, production.production_id, work, needs=(), inputs=())
    grant = grants.issue(
        production.key,
        job_id=job.id,
        production_id=production.production_id,
        bundle_sha256=bundle_sha256(bundle),
        decision=Decision(consent_ids=(consent_id,), marked=marked),
        needs=(),
        valid_for=timedelta(hours=1),
    )
    folder = production.folder / "jobs" / job.id
    folder.mkdir()
    write_bundle(folder, bundle, grant)
    identifier = new_id()
    take = Take(
        id=identifier,
        shot_id=shot.id,
        version=len(production.takes()) + 1,
        model_ids=(),
        people=(shot.person_id,),
        path=f"takes/{identifier}",
        frames=str(shot.plate.frames),
        job_id=job.id,
        marked=marked,
    )
    production.path(take.path).mkdir(parents=True)
    return production.add_take(take)
