"""`understudy faces`, `curate` and `coverage`: what models learn from, and what is lacking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise

import click
import numpy as np
import numpy.typing as npt

from understudy.cli.edits import edit_options, editor
from understudy.cli.session import Session, session
from understudy.domain.edit import CurateFaces
from understudy.domain.facesets import ENOUGH, CoverageReport, FaceChoice, PersonFaces

_WORDS = {
    FaceChoice.CHOSEN: "chosen",
    FaceChoice.DROPPED: "kept out by an artist",
    FaceChoice.FILLED: "not seen but filled in",
    FaceChoice.UNCLEAR: "hidden or doubtful",
    FaceChoice.CUT_OFF: "cut off by the edge",
    FaceChoice.BLURRED: "blurred",
    FaceChoice.DUPLICATE: "nearly the same as another",
    FaceChoice.SPARE: "others tell more",
}


@click.command()
@click.argument("person")
@click.option("--shot", "shots", multiple=True, help="Only of this shot. Default: all footage to learn from.")
@click.option("--json", "as_json", is_flag=True, help="Every face, in columns, as JSON.")
@session
def faces(session: Session, person: str, shots: tuple[str, ...], as_json: bool) -> None:
    """What there is of PERSON to learn from: how many faces, which are chosen, why the others are not."""
    with session.client() as client:
        found = client.person_faces(person, shots)
        names = [client.shot(shot).name for shot in found.shot_ids]
    if as_json or session.as_json:
        replace(session, as_json=True).record(_columns(found), "")
        return
    wanted = [choice for choice in FaceChoice if (found.choices == choice).any()]
    session.table(
        (),
        ("shot", "found", *(_WORDS[choice] for choice in wanted)),
        [_counts(name, found.choices[found.shots == at], wanted) for at, name in enumerate(names)]
        + [_counts("all", found.choices, wanted)],
    )
    if found.lacking:
        click.echo(found.lacking)


def _counts(name: str, choices: npt.NDArray[np.int8], wanted: Sequence[FaceChoice]) -> tuple[object, ...]:
    return (name, len(choices), *(int((choices == choice).sum()) for choice in wanted))


def _columns(found: PersonFaces) -> dict[str, object]:
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()
    }
    return {**plain, "choices": [FaceChoice(choice).name.lower() for choice in plain["choices"]]}


@click.command()
@click.argument("shot")
@click.option("-F", "--frames", required=True, help="Which frames, such as 1001-1010,1020.")
@click.option("--track", default=0, show_default=True, help="Whose faces.")
@click.option(
    "--drop/--keep",
    "dropped",
    default=None,
    help="Keep them out of what models learn from, or let them in again.",
)
@edit_options
@session
def curate(
    session: Session, shot: str, frames: str, track: int, dropped: bool | None, author: str, seen: int | None
) -> None:
    """Keep faces of SHOT out of what models learn from, or let them in again; the shot stays as it is."""
    if dropped is None:
        raise click.UsageError("say --drop or --keep")
    with session.client() as client:
        editor(session, client, shot, author, seen).add(
            CurateFaces(track=track, frames=frames, keep=not dropped)
        )


@click.command()
@click.argument("performer")
@click.argument("donor")
@session
def coverage(session: Session, performer: str, donor: str) -> None:
    """What PERFORMER shows and DONOR lacks: a map of poses, and in words what is lacking, the worst first.

    A cell says how often the performer and how often the donor is seen so; the donor lacks what has a !.
    """
    with session.client() as client:
        report = client.coverage(performer, donor)
    if session.as_json:
        session.record(report, "")
        return
    yaws = [f"{first:+.0f}..{last:+.0f}" for first, last in pairwise(report.yaw_edges_deg)]
    session.table((), ("pitch (up +) \\ yaw (left -)", *yaws), _map(report))
    for sentence in report.lacking or ("the donor lacks nothing that the performer shows",):
        click.echo(sentence)


def _map(report: CoverageReport) -> list[tuple[str, ...]]:
    columns = len(report.yaw_edges_deg) - 1
    needed = np.array(report.performer.poses).reshape(-1, columns)
    there = np.array(report.donor.poses).reshape(-1, columns)
    return [
        (f"{-first:+.0f}..{-last:+.0f}", *map(_cell, needed[row].tolist(), there[row].tolist()))
        for row, (first, last) in enumerate(pairwise(report.pitch_edges_deg))
    ]


def _cell(needed: int, there: int) -> str:
    if not needed and not there:
        return "."
    return f"{needed}/{there}{'!' if there < min(needed, ENOUGH) else ''}"
