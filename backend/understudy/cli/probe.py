"""`understudy probe`: everything about a clip before it is brought in."""

from __future__ import annotations

import json
import shutil

import click

from understudy.cli.clip_page import clip_page
from understudy.cli.session import Session, session
from understudy.domain.plain import to_plain

_WIDEST = 110


@click.command()
@click.argument("clip")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@session
def probe(session: Session, clip: str, as_json: bool) -> None:
    """Look at every picture of CLIP and tell what it is: picture, rate, timecode, colour, sound, and what
    a supervisor would want to be warned of.

    CLIP is a movie, a sequence ("plate.####.exr"), one of its files or its folder. Needs no server.
    """
    from understudy.media.examine import examine

    report = examine(clip)
    if as_json or session.as_json:
        click.echo(json.dumps(to_plain(report), ensure_ascii=False))
        return
    for line in clip_page(report, width=min(_WIDEST, shutil.get_terminal_size().columns)):
        click.echo(line)
