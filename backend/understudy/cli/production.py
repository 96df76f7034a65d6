"""`understudy production`, `shots`, `takes`: what there is."""

from __future__ import annotations

from pathlib import Path

import click

from understudy.cli.session import Session, session
from understudy.domain.errors import BadInput


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


@production.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--plates", is_flag=True, help="Hash every plate's file too.")
@click.option("--frames", is_flag=True, help="Decode every frame of every take, not only its header.")
@session
@click.pass_context
def verify(context: click.Context, session: Session, folder: Path, plates: bool, frames: bool) -> None:
    """Hold every record of the production in FOLDER against its files, its hashes and the custody log.

    Nothing is changed, and its server may go on meanwhile. Exits with 3 when something was lost or altered.
    """
    from understudy.inspection import inspect_production

    found = inspect_production(folder, plates=plates, thoroughly=frames)
    lines = [f"{finding.gravity:6}  {finding.where}: {finding.says}" for finding in found.findings]
    verdict = "is NOT whole" if found.broken else "is whole"
    lines.append(
        f"production {found.name!r} {verdict}: {found.looked_at} things and {found.custody_entries} "
        "custody entries were looked at"
    )
    session.record(found, "\n".join(lines))
    if found.broken:
        context.exit(BadInput.exit_code)


@production.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@session
def backup(session: Session, folder: Path, target: Path) -> None:
    """Copy the production in FOLDER to TARGET while it is in use; again, to bring the copy up to date.

    The copy is a production itself: serve it to restore. It holds the private keys; keep it as safe. What
    can be made again (cache) and plates outside the folder stay out. What a purge took away goes from it too.
    """
    from understudy.store.backup import backup_production

    done = backup_production(folder, target)
    links = f"; {len(done.links)} links were not followed: {', '.join(done.links[:3])}" if done.links else ""
    session.record(
        done,
        f"{done.copied} files copied ({done.copied_bytes / 1e6:.1f} MB), {done.kept} were there, "
        f"{done.removed} removed{links}",
    )


@production.command("migrate")
@click.argument("folder", type=click.Path(path_type=Path))
@session
def migrate(session: Session, folder: Path) -> None:
    """Bring the production in FOLDER up to this version of Understudy, as serving it would.

    The database as it was stays beside it (`production.v1.db`). Needs no server, and none may run.
    """
    from understudy.store.production import Production
    from understudy.store.schema import SCHEMA_VERSION
    from understudy.store.snapshot import snapshot

    looked, before = snapshot(folder)
    looked.close()
    Production.open(folder).close()
    said = (
        f"schema {before} -> {SCHEMA_VERSION}"
        if before < SCHEMA_VERSION
        else f"schema {before} is the newest"
    )
    session.record({"before": before, "now": SCHEMA_VERSION}, f"production {looked.name!r}: {said}")


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
        ("shot", "role", "person", "frames", "size", "rate", "colour", "tracks", "id"),
        (
            (
                shot.name,
                shot.role,
                people.get(shot.person_id, "?"),
                shot.plate.frames,
                f"{shot.plate.width}x{shot.plate.height}",
                shot.plate.rate,
                shot.plate.colour.space or shot.plate.colour.transfer,
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
