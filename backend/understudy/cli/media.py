"""`understudy media`, `push`, `pull`: plates that moved, and files between this machine and the server's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from understudy.cli.path_maps import path_map_option
from understudy.cli.session import Session, session
from understudy.client import Client
from understudy.client.pushing import Told
from understudy.domain.errors import UnreadableMedia
from understudy.domain.media import RelinkFind, Transferred
from understudy.media.sequence_files import find_sequence, is_sequence_name


@click.group()
def media() -> None:
    """Plates that moved: which ones are away, and where they are now."""


@media.command()
@click.option("--shot", "shots", multiple=True, help="Only of this shot; may be given several times.")
@session
@click.pass_context
def missing(context: click.Context, session: Session, shots: tuple[str, ...]) -> None:
    """List plates that are away or are not what was taken in. Exits with 3 when there are such."""
    with session.client() as client:
        found = client.missing_media(shots)
    session.table(
        found,
        ("shots", "state", "frames", "rate", "timecode", "reel", "bytes", "sha256", "path", "what is there"),
        (
            (
                ", ".join(plate.shots), plate.state, plate.frames, plate.rate, plate.start_timecode or "-",
                plate.reel or "-", plate.file_bytes or "-", plate.sha256[:12], plate.path, plate.detail,
            )
            for plate in found
        ),
    )  # fmt: skip
    if found:
        context.exit(3)


@media.command()
@click.argument("folders", nargs=-1)
@click.option("--shot", "shots", multiple=True, help="Only of this shot; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Only say what is found; change nothing.")
@click.option(
    "--accept-unverified",
    is_flag=True,
    help="Use a clip too that has other bytes, when name, length, size, rate, timecode and reel agree.",
)
@path_map_option
@session
@click.pass_context
def relink(
    context: click.Context,
    session: Session,
    folders: tuple[str, ...],
    shots: tuple[str, ...],
    dry_run: bool,
    accept_unverified: bool,
) -> None:
    """Find missing plates below FOLDERS (on the server's machine), by their hash, and use what is found.

    Without FOLDERS the production's own media folder is searched, where `understudy push` puts clips. A clip
    of other bytes takes a shot's faces away, and a shot that has takes never gets one. Exits with 3 when
    plates are still missing.
    """
    places = [session.path_for_server(Path(folder)) for folder in folders]
    with session.client() as client:
        report = client.relink(places, shots, dry_run=dry_run, accept_unverified=accept_unverified)
    lines = [_worded(find, dry_run) for find in report.finds]
    looked = f"{report.looked_at} files looked at, {report.hashed_bytes / 1e6:.1f} MB hashed"
    lines.append(f"{looked}; {report.missing} plates are still missing")
    if not report.complete:
        lines.append("the folders have more files than are looked at in one search; name smaller ones")
    session.record(report, "\n".join(lines))
    if report.missing:
        context.exit(3)


def _worded(find: RelinkFind, dry_run: bool) -> str:
    done = "found" if dry_run else "now" if find.applied else "not used:"
    shots = f"{', '.join(find.shots)}: {done} {find.path} ({find.certainty})"
    return "; ".join(part for part in (shots, find.differs, find.why_not) if part)


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(path_type=Path))
@session
def push(session: Session, clips: tuple[Path, ...]) -> None:
    """Send CLIPS, movies or sequences, to the server's machine; answers with their paths there.

    Only what is not there yet is sent: after whatever broke off, push again.
    """
    with session.client() as client:
        sent = [send_clip(session, client, clip) for clip in clips]
    if session.as_json:
        session.table(sent, (), ())
    else:
        for clip in sent:
            click.echo(clip.path)


@click.command()
@click.argument("identifier", metavar="TAKE|DELIVERY|EXPORT")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@session
def pull(session: Session, identifier: str, folder: Path) -> None:
    """Fetch the files of a take, a delivery or an export job from the server's machine into FOLDER.

    Files that are there already are not fetched; those that changed are replaced. The consents that the work
    rests on must still hold.
    """
    with session.client() as client, _showing(session, f"pull {identifier[-12:]}") as told:
        fetched = client.pull(identifier, folder, told=told)
    session.record(fetched, f"{fetched.path}: {fetched.files} files, {_moved(fetched)}")


def send_clip(session: Session, client: Client, clip: Path) -> Transferred:
    """Send a movie or a sequence. Raises: UnreadableMedia when there is none, and as `Client.push_clip`."""
    if is_sequence_name(str(clip)):
        found = find_sequence(str(clip))
        name, files = Path(found.pattern).name, list(found.files.values())
    else:
        name, files = clip.name, [clip]
    with _showing(session, f"push {name}") as told:
        try:
            return client.push_clip(name, files, told=told)
        except OSError as cause:
            raise UnreadableMedia(f"{clip} cannot be read: {cause.strerror or cause}") from cause


def _moved(moved: Transferred) -> str:
    return f"{moved.moved_bytes / 1e6:.1f} MB moved, {moved.kept_bytes / 1e6:.1f} MB were there"


@contextmanager
def _showing(session: Session, title: str) -> Iterator[Told]:
    """Yield a listener that shows a bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    if session.as_json or not console.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(f"{title}: {what}", total=total)
            progress.update(tasks[what], completed=done)

        yield told
