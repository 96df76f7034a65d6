"""`understudy landmarks`: the landmarks of a shot as JSON, out and in."""

from __future__ import annotations

from pathlib import Path

import click

from understudy.cli.job_verbs import answer, carry_out, job_options, read_settings, setting_options
from understudy.cli.path_maps import path_map_option
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings
from understudy.domain.job import Job
from understudy.domain.job_spec import ExportSpec, ExtractSpec


@click.group()
def landmarks() -> None:
    """Landmarks of faces as JSON, for other programs and from them."""


@landmarks.command("export")
@click.argument("shot")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-F", "--frames", default="", help="Frames to export. Default: all.")
@path_map_option
@click.option("--request-id", default="", help="Ask again under the same id: the job is made once.")
@session
def export_landmarks(session: Session, shot: str, file: Path, frames: str, request_id: str) -> None:
    """Write the landmarks of SHOT, as its artists left them, to FILE.

    Points are [x, y, z] in pixels of the plate; the file says its conventions itself.
    """
    if file.exists():
        raise BadSettings(f"{file} is there already; name another file, or remove it first")
    with session.client() as client:
        spec = ExportSpec(
            shot_id=client.shot(shot).id,
            what="alignments",
            format="json",
            frames=frames,
            folder=session.path_for_server(file.parent),
        )
        job = carry_out(session, client, spec, f"landmarks of {shot}", request_id=request_id)
    place = _moved(job, file)
    session.record({"file": str(place)}, str(place))


def _moved(job: Job, file: Path) -> Path:
    """The exported file under the name that was asked for; where a server elsewhere wrote it, left there."""
    folder = Path(str(job.result["folder"]))
    files = job.result["files"]
    name = str(files[0]) if isinstance(files, list | tuple) else str(files)
    made = file.parent / folder.name / name
    if not made.is_file():
        return folder / name
    made.rename(file)
    made.parent.rmdir()
    return file


@landmarks.command("import")
@click.argument("shot")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@path_map_option
@setting_options
@job_options
@session
def import_landmarks(
    session: Session,
    shot: str,
    source: Path,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Take the faces of SHOT from the landmarks of FILE instead of finding them.

    478 points a face as `landmarks export` writes them, or the 68 of the 300-W annotation. Edits stay.
    """
    with session.client() as client:
        spec = ExtractSpec(
            shot_id=client.shot(shot).id,
            settings=read_settings(file, pairs),
            landmarks=session.path_for_server(source),
        )
        job = carry_out(session, client, spec, f"landmarks into {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)
