"""What every verb that makes a job shares: its options, its settings, waiting for it, its answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from understudy.cli.progress import listening
from understudy.cli.session import Session
from understudy.client import Client
from understudy.domain.errors import BadSettings
from understudy.domain.identifiers import new_id
from understudy.domain.job import Job
from understudy.domain.job_spec import JobSpec
from understudy.domain.outside_text import toml_table

Verb = TypeVar("Verb", bound=Callable[..., Any])


def job_options(verb: Verb) -> Verb:
    """What every verb that makes a job understands."""
    options = (
        click.option("--detach", is_flag=True, help="Do not wait; print the job's id."),
        click.option(
            "--request-id",
            default="",
            help="The same id again gives the job it made before. Default: a fresh one.",
        ),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


def setting_options(verb: Verb) -> Verb:
    """Settings by file and by name."""
    options = (
        click.option(
            "--settings",
            "file",
            type=click.Path(path_type=Path, exists=True),
            help="A TOML file of settings.",
        ),
        click.option(
            "--set", "pairs", multiple=True, metavar="NAME=VALUE", help="One setting, in TOML's notation."
        ),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


def read_settings(file: Path | None, pairs: tuple[str, ...]) -> dict[str, object]:
    """Settings of a file, then single ones on top; bare words count as text. Raises: BadSettings."""
    try:
        table: dict[str, object] = toml_table(file.read_text()) if file else {}
    except ValueError as cause:
        raise BadSettings(f"{file} is not TOML: {cause}") from cause
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadSettings(f"--set {pair!r}: write NAME=VALUE")
        try:
            table[name.strip()] = toml_table(f"value = {value}")["value"]
        except ValueError:
            table[name.strip()] = value.strip()
    return table


def carry_out(
    session: Session, client: Client, spec: JobSpec, title: str, *, detach: bool = False, request_id: str = ""
) -> Job:
    """Make the job; unless detached, show it until it ends. Raises the error that ended it."""
    job = client.create_job(spec, request_id or new_id())
    if detach:
        session.record(job, job.id)
        return job
    try:
        with listening(title, as_json=session.as_json) as listener:
            return client.wait(job.id, on_event=listener)
    except KeyboardInterrupt:
        click.echo(f"\nthe job goes on; see it with: understudy jobs watch {job.id}", err=True)
        raise


def answer(session: Session, job: Job, detach: bool) -> None:
    """Say what a job came to; a detached one has said its id already."""
    if not detach:
        session.record(job, "\n".join(f"{name}: {_worded(value)}" for name, value in job.result.items()))


def _worded(value: object) -> str:
    """A result on one line: texts as they are, lists with commas, records as name and value."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_worded, value)) or "-"
    if isinstance(value, dict):
        return " ".join(f"{name} {_worded(part)}" for name, part in value.items())
    return str(value)
