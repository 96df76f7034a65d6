"""`understudy mark`, `bind`, `smooth`, `strength`, `nudge`, `crop`: single edits by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import click
import numpy as np
import numpy.typing as npt

from understudy.cli.edits import Editor, edit_options, editor
from understudy.cli.session import Session, session
from understudy.domain.edit import (
    BindTrack,
    Interpolation,
    KeyStrength,
    Mark,
    MarkFrames,
    MoveLandmarks,
    PlaceCrop,
    SmoothAlignments,
)
from understudy.domain.edit_stack import stack_of
from understudy.domain.edit_views import SolvedFrames
from understudy.domain.errors import BadEdit, BadSettings
from understudy.domain.landmark_groups import LANDMARK_GROUPS
from understudy.domain.time import FrameRange, parse_frames

_interpolation = click.option(
    "--interpolation",
    type=click.Choice([way.value for way in Interpolation]),
    default=Interpolation.LINEAR.value,
    show_default=True,
    help="How it goes on to the next key.",
)
_reach = click.option(
    "--reach", default=6, show_default=True, help="Frames over which it eases out beyond the outermost keys."
)


def shift(text: str) -> tuple[float, float]:
    """Two numbers, such as -3.5,2. Raises: BadParameter."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as cause:
        raise click.BadParameter(f"{text!r} is not DX,DY in pixels, such as -3.5,2") from cause
    return x, y


@click.command()
@click.argument("shot")
@click.option("-F", "--frames", required=True, help="Which frames, such as 1001-1010,1020.")
@click.option("--approved", is_flag=True, help="They are good.")
@click.option("--flagged", metavar="NOTE", help="Something is wrong with them: what.")
@click.option("--hold", is_flag=True, help="Show the plate there, nothing replaced.")
@click.option("--none", "nothing", is_flag=True, help="Take marks away.")
@edit_options
@session
def mark(
    session: Session,
    shot: str,
    frames: str,
    approved: bool,
    flagged: str | None,
    hold: bool,
    nothing: bool,
    author: str,
    seen: int | None,
) -> None:
    """Approve frames of SHOT, flag them with a note, or hold the plate there."""
    said = {
        Mark.APPROVED: approved,
        Mark.FLAGGED: flagged is not None,
        Mark.HOLD_PLATE: hold,
        Mark.NONE: nothing,
    }
    chosen = [what for what, wanted in said.items() if wanted]
    if len(chosen) != 1:
        raise click.UsageError("say one of --approved, --flagged NOTE, --hold, --none")
    marks = [
        MarkFrames(first=first, last=last, mark=chosen[0], note=flagged or "")
        for first, last in runs_of(parse_frames(frames))
    ]
    with session.client() as client:
        editor(session, client, shot, author, seen).add(*marks)


def runs_of(frames: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of sorted frames without a hole."""
    first = frames[0]
    for one, next_one in pairwise(frames):
        if next_one != one + 1:
            yield first, one
            first = next_one
    yield first, frames[-1]


@click.command()
@click.argument("shot")
@click.argument("track", type=int)
@click.argument("person", default="")
@edit_options
@session
def bind(session: Session, shot: str, track: int, person: str, author: str, seen: int | None) -> None:
    """Put the likeness of PERSON onto TRACK of SHOT; without a PERSON, nobody's any more."""
    with session.client() as client:
        editor(session, client, shot, author, seen).add(BindTrack(track=track, person_id=person))


@click.command()
@click.argument("shot")
@click.option("--position", type=float, help="Of the head, 0..1.")
@click.option("--rotation", type=float, help="Of the head, 0..1.")
@click.option("--scale", type=float, help="Of the head, 0..1.")
@click.option("--face", type=float, help="Of the landmarks within the head, 0..1.")
@click.option("--mouth", type=float, help="Of the mouth, 0..1; speech needs little.")
@click.option("--eyes", type=float, help="Of the eyes, 0..1; blinks need little.")
@edit_options
@session
def smooth(session: Session, /, shot: str, author: str, seen: int | None, **strengths: float | None) -> None:
    """Smooth the alignments of SHOT. What is not said stays as it was, or is the default."""
    with session.client() as client:
        who = editor(session, client, shot, author, seen)
        standing = stack_of(client.edits(who.shot_id).entries).actions
        before = next((a for a in reversed(standing) if isinstance(a, SmoothAlignments)), SmoothAlignments())
        said = {name: value for name, value in strengths.items() if value is not None}
        who.add(replace(before, **said))


@click.command()
@click.argument("shot")
@click.argument("frame", type=int)
@click.argument("value", type=float)
@_interpolation
@edit_options
@session
def strength(
    session: Session,
    shot: str,
    frame: int,
    value: float,
    interpolation: str,
    author: str,
    seen: int | None,
) -> None:
    """Key at FRAME of SHOT how much of the replaced face is shown: VALUE, 0..1."""
    key = KeyStrength(frame=frame, value=value, interpolation=Interpolation(interpolation))
    with session.client() as client:
        editor(session, client, shot, author, seen).add(key)


@click.command()
@click.argument("shot")
@click.option("--track", type=int, required=True, help="Which face.")
@click.option("--frame", type=int, required=True, help="At which frame.")
@click.option(
    "--group", type=click.Choice(list(LANDMARK_GROUPS)), required=True, help="Which part of the face."
)
@click.option(
    "--by", type=shift, metavar="DX,DY", default="0,0", help="Move it by so many pixels of the plate."
)
@click.option("--scale", default=1.0, show_default=True, help="Make it so many times as large.")
@click.option("--rotate", default=0.0, show_default=True, help="Turn it by so many degrees, clockwise.")
@_interpolation
@_reach
@edit_options
@session
def nudge(
    session: Session,
    shot: str,
    track: int,
    frame: int,
    group: str,
    by: tuple[float, float],
    scale: float,
    rotate: float,
    interpolation: str,
    reach: int,
    author: str,
    seen: int | None,
) -> None:
    """Key a part of a face of SHOT: move it from where it is now, turn and scale it about its middle."""
    if by == (0.0, 0.0) and scale == 1.0 and rotate == 0.0:
        raise BadSettings("nothing would move; say --by, --scale or --rotate")
    points = LANDMARK_GROUPS[group]
    with session.client() as client:
        who = editor(session, client, shot, author, seen)
        found, row = _face(who, track, frame)
        target = moved(found.landmarks_NK2[row, list(points)], by=by, scale=scale, rotate_deg=rotate)
        key = MoveLandmarks(
            track=track,
            frame=frame,
            points=points,
            to=tuple(target.ravel().tolist()),
            interpolation=Interpolation(interpolation),
            reach_frames=reach,
        )
        who.add(key)


def moved(
    points_N2: npt.NDArray[np.floating], *, by: tuple[float, float], scale: float, rotate_deg: float
) -> npt.NDArray[np.float64]:
    """Points scaled and turned (clockwise) about their middle, then shifted."""
    points = np.asarray(points_N2, np.float64)
    middle = points.mean(0)
    cos, sin = math.cos(math.radians(rotate_deg)), math.sin(math.radians(rotate_deg))
    turned = (points - middle) @ (scale * np.array([[cos, sin], [-sin, cos]]))
    return np.asarray(turned + middle + by, np.float64)


@click.command()
@click.argument("shot")
@click.option("--track", type=int, required=True, help="Which face.")
@click.option("--frame", type=int, required=True, help="At which frame.")
@click.option(
    "--by", type=shift, metavar="DX,DY", default="0,0", help="Move the crop by so many pixels of the plate."
)
@click.option("--scale", default=1.0, show_default=True, help="Make it so many times as large.")
@click.option("--rotate", default=0.0, show_default=True, help="Turn it by so many degrees, clockwise.")
@_interpolation
@_reach
@edit_options
@session
def crop(
    session: Session,
    shot: str,
    track: int,
    frame: int,
    by: tuple[float, float],
    scale: float,
    rotate: float,
    interpolation: str,
    reach: int,
    author: str,
    seen: int | None,
) -> None:
    """Key the crop of a face of SHOT: move, scale and turn the square from where it is now."""
    with session.client() as client:
        who = editor(session, client, shot, author, seen)
        found, row = _face(who, track, frame)
        x, y, side, angle = (float(value) for value in found.square_N4[row])
        key = PlaceCrop(
            track=track,
            frame=frame,
            centre_x=x + by[0],
            centre_y=y + by[1],
            side_px=side * scale,
            angle_deg=angle + rotate,
            interpolation=Interpolation(interpolation),
            reach_frames=reach,
        )
        who.add(key)


def _face(who: Editor, track: int, frame: int) -> tuple[SolvedFrames, int]:
    """The solved face that is meant. Raises: BadEdit, FrameOutOfRange."""
    found = who.client.solved(who.shot_id, FrameRange(frame, frame), plans=False)
    row = found.row(track, frame)
    if row is None:
        there = ", ".join(map(str, sorted(found.track.tolist()))) or "none"
        raise BadEdit(f"track {track} has no face on frame {frame}; tracks with one there: {there}")
    return found, row
