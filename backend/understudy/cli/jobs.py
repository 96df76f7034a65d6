"""`understudy jobs`: list, look at, watch, cancel and retry long work."""

from __future__ import annotations

import click

from understudy.cli.progress import listening
from understudy.cli.session import Session, session
from understudy.domain.job import FINAL, JobState


@click.group()
def jobs() -> None:
    """Long work: it outlives this program, the connection and a crash of the server."""


@jobs.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in JobState]),
    multiple=True,
    help="Only jobs in this state; may be given several times.",
)
@session
def list_jobs(session: Session, states: tuple[str, ...]) -> None:
    """List the jobs, newest last."""
    with session.client() as client:
        found = client.jobs([JobState(state) for state in states])
    session.table(
        found,
        ("kind", "state", "try", "created", "id", "error"),
        ((job.kind, job.state, job.attempt, job.created_at[:19], job.id, job.error) for job in found),
    )


@jobs.command("show")
@click.argument("job_id")
@session
def show(session: Session, job_id: str) -> None:
    """One job: what was asked, where it is, what it made."""
    with session.client() as client:
        job = client.job(job_id)
    lines = [f"{job.kind} {job.id}: {job.state} (attempt {job.attempt})"]
    lines += [f"{job.error}: {job.message}"] if job.error else []
    lines += [f"asked {name}: {value}" for name, value in job.spec.items()]
    lines += [f"made {name}: {value}" for name, value in job.result.items()]
    session.record(job, "\n".join(lines))


@jobs.command("watch")
@click.argument("job_id")
@session
def watch(session: Session, job_id: str) -> None:
    """Follow a job until it ends; exits as the job did."""
    with session.client() as client:
        job = client.job(job_id)
        with listening(job.kind, as_json=session.as_json) as listener:
            ended = client.wait(job.id, on_event=listener)
    session.record(ended, f"{ended.kind} {ended.id}: {ended.state}")


@jobs.command("cancel")
@click.argument("job_id")
@session
def cancel(session: Session, job_id: str) -> None:
    """Ask a job to stop: it finishes the frame in hand, or saves the training checkpoint."""
    with session.client() as client:
        job = client.cancel_job(job_id)
    session.record(job, f"{job.kind} {job.id}: {job.state}")


@jobs.command("retry")
@click.argument("job_id")
@session
def retry(session: Session, job_id: str) -> None:
    """Queue a failed or cancelled job again; it goes on where it stopped."""
    with session.client() as client:
        job = client.retry_job(job_id)
    session.record(
        job,
        f"{job.kind} {job.id}: {job.state}" + ("" if job.state in FINAL else "; watch it with jobs watch"),
    )
