"""`understudy bridge`: shots out of timeline files, takes back onto them. That needs no server."""

from __future__ import annotations

import json
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.cli.bridge_daemon import bridge_status, install_host, serve_bridge
from understudy.cli.path_maps import path_map_option
from understudy.cli.ratio import RATIO
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings
from understudy.domain.plain import to_plain

if TYPE_CHECKING:
    from understudy_bridge.core.push import ChangeList
    from understudy_bridge.core.shot_ref import Problem, ShotRef

_TIMELINE = click.Path(path_type=Path)


@click.group()
def bridge() -> None:
    """Editing software: shots from a timeline, takes back above them."""


def _need_timelines() -> None:
    if find_spec("opentimelineio") is None:
        raise BadSettings("this needs OpenTimelineIO; install the extra: pip install 'understudy[bridge]'")


for _command in (serve_bridge, bridge_status, install_host):
    bridge.add_command(_command)


@bridge.command("pull")
@click.argument("timeline", type=_TIMELINE)
@click.option("--marker", help="The clips under markers of this word; what follows it names the shot.")
@click.option("--track", type=click.IntRange(min=1), help="Every clip of this video track.")
@click.option("--rate", type=RATIO, help="The frame rate of an EDL, which does not say it: 24000/1001.")
@click.option(
    "--handles", nargs=2, type=click.IntRange(min=0), default=(8, 8), show_default=True, help="Frames wanted."
)
@click.option("--json", "as_json", is_flag=True, help="The shots as JSON, with what stands against them.")
@path_map_option
@session
def pull(
    session: Session,
    timeline: Path,
    marker: str | None,
    track: int | None,
    rate: Fraction | None,
    handles: tuple[int, int],
    as_json: bool,
) -> None:
    """List the shots of TIMELINE (.otio, .edl, FCP7 .xml, .aaf) with what stands against sending them."""
    _need_timelines()
    from understudy_bridge.core.shot_ref import problems
    from understudy_bridge.core.shots import Wanted, marked_shots, shots_of_track
    from understudy_bridge.interchange.formats import read_timeline

    reading = read_timeline(timeline, rate=rate)
    wanted = Wanted(project=timeline.stem, handle_head=handles[0], handle_tail=handles[1])
    if track is not None:
        shots = shots_of_track(reading.sequence, track, wanted)
    else:
        shots = marked_shots(reading.sequence, marker or "understudy", wanted)

    def is_online(path: str) -> bool:
        # `#` stands for the digits of a sequence: its folder is looked at.
        here = Path(session.path_map().here(path))
        here = here if here.is_absolute() else timeline.parent / here
        return here.parent.is_dir() if "#" in here.name else here.exists()

    found = [(shot, problems(shot, is_online=is_online)) for shot in shots]
    if as_json or session.as_json:
        click.echo(json.dumps(_pulled(found, reading.notes), ensure_ascii=False))
        return
    for shot, against in found:
        _tell_shot(shot, against)
    for note in reading.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{len(found)} shots, {sum(any(one.refuses for one in rest) for _, rest in found)} refused")


def _pulled(found: list[tuple[ShotRef, tuple[Problem, ...]]], notes: tuple[str, ...]) -> dict[str, object]:
    shots = [
        {"shot": to_plain(shot), "for_people": shot.for_people(), "problems": to_plain(against)}
        for shot, against in found
    ]
    return {"shots": shots, "notes": list(notes)}


def _tell_shot(shot: ShotRef, against: tuple[Problem, ...]) -> None:
    told = shot.for_people()
    record, source = told["record"], told["source"]
    click.echo(
        f"{shot.name}  {told['track']}  {record['timecode_first']}-{record['timecode_last']}  "
        f"{shot.duration} frames  source {source['timecode_first']}-{source['timecode_last']}  {shot.media}"
    )
    for one in against:
        click.echo(f"  {'refused' if one.refuses else 'warning'}: {one.message}")


@bridge.command("push")
@click.argument("timeline", type=_TIMELINE)
@click.argument("takes", type=_TIMELINE)
@click.option("--to", "target", type=_TIMELINE, required=True, help="The timeline to write; .otio keeps all.")
@click.option("--track", type=click.IntRange(min=1), help="Place on this video track, or not at all.")
@click.option("--rate", type=RATIO, help="The frame rate of an EDL, which does not say it: 24000/1001.")
@click.option("--json", "as_json", is_flag=True, help="The change list as JSON.")
@session
def push(
    session: Session,
    timeline: Path,
    takes: Path,
    target: Path,
    track: int | None,
    rate: Fraction | None,
    as_json: bool,
) -> None:
    """Write TIMELINE again with the takes that TAKES lists above their shots, and tell what changed.

    TAKES is JSON, a list of {"shot": ..., "media": ..., "version": 1, "frames": 64}; `shot` is one of what
    `bridge pull --json` told, or the uid of a clip. A take that fits nowhere is told as a conflict.
    """
    _need_timelines()
    from understudy_bridge.core.push import push_takes
    from understudy_bridge.core.takes_file import read_takes
    from understudy_bridge.interchange.formats import read_timeline, write_timeline

    if target.exists() and target.samefile(timeline):
        raise BadSettings(f"{target} is the timeline itself, which stays as it is; name a new file with --to")
    reading = read_timeline(timeline, rate=rate)
    sequence, changes = push_takes(reading.sequence, read_takes(takes, reading.sequence), track=track)
    written = write_timeline(sequence, target)
    notes = (*reading.notes, *written.notes)
    if as_json or session.as_json:
        paths = [str(path) for path in written.paths]
        click.echo(
            json.dumps({**to_plain(changes), "written": paths, "notes": list(notes)}, ensure_ascii=False)
        )
        return
    _tell_changes(changes)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"written: {', '.join(str(path) for path in written.paths)}")


def _tell_changes(changes: ChangeList) -> None:
    for change in (*changes.added, *changes.replaced):
        before = f" (was v{change.before:03d})" if change.before is not None else ""
        frames = f"frames {change.record_in}-{change.record_out - 1}"
        click.echo(f"{change.kind}: {change.name} on V{change.track}, {frames}{before}")
        for note in change.notes:
            click.echo(f"  note: {note}")
    for conflict in changes.conflicts:
        click.echo(f"conflict: {conflict.message}")
