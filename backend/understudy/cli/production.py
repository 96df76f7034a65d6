"""`understudy production`, `shots`, `takes`: what there is."""

from __future__ import annotations

from pathlib import Path

import click

from understudy.cli.session import Session, session


@click.group()
def production() -> None:
    """Make a production, look at the one a server has open."""


@production.command("create")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The production's name, as consent records will say it.")
@session
def create(session: Session, folder: Path, name: str) -> None:
    """Make a production in FOLDER: its database, keys and custody log. Needs no server."""
    from understudy.store.production import Production

    Production.create(folder, name)
    session.record({"folder": str(folder), "name": name}, f"production {name!r} made in {folder}")


@production.command("show")
@session
def show(session: Session) -> None:
    """The production that the server has open."""
    with session.client() as client:
        info = client.get_production()
    session.record(info, f"{info.name} ({info.id}) in {info.folder}, served by Understudy {info.version}")


@click.command()
@session
def shots(session: Session) -> None:
    """List the shots, with their tracks where they were extracted."""
    with session.client() as client:
        found = client.shots()
        people = {person.id: person.name for person in client.people()}
        tracks = {shot.id: len(client.tracks(shot.id)) if shot.faces else "-" for shot in found}
    session.table(
        found,
        ("shot", "role", "person", "frames", "size", "rate", "tracks", "id"),
        (
            (
                shot.name,
                shot.role,
                people.get(shot.person_id, "?"),
                shot.plate.frames,
                f"{shot.plate.width}x{shot.plate.height}",
                shot.plate.rate,
                tracks[shot.id],
                shot.id,
            )
            for shot in found
        ),
    )


@click.command()
@click.argument("shot", required=False, default="")
@session
def takes(session: Session, shot: str) -> None:
    """List the takes of SHOT, or of all shots."""
    with session.client() as client:
        found = client.takes(client.shot(shot).id if shot else "")
        names = {entry.id: entry.name for entry in client.shots()}
    session.table(
        found,
        ("shot", "version", "frames", "marked", "folder", "id"),
        (
            (
                names.get(t.shot_id, "?"),
                t.label,
                t.frames,
                "evaluation only" if t.marked else "",
                t.path,
                t.id,
            )
            for t in found
        ),
    )
