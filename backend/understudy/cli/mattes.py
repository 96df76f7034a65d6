"""`understudy mattes`, `propagate`, `matte-net`, `import-matte`, `parse-matte`, `export`: mattes as verbs."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path

import click

from understudy.cli.job_verbs import Verb, answer, carry_out, job_options, read_settings, setting_options
from understudy.cli.path_maps import path_map_option
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings
from understudy.domain.job_spec import (
    ExportSpec,
    ImportMatteSpec,
    MatteNetSpec,
    ParseMatteSpec,
    PropagateSpec,
)

_SHOWN_WORST = 3


def _layer_options(name: str) -> Callable[[Verb], Verb]:
    """Name, author and use of the layer that comes out."""

    def decorate(verb: Verb) -> Verb:
        options = (
            click.option("--name", default=name, show_default=True, help="The layer's name in the matte."),
            click.option("--author", default="", help="Who makes the edit. Default: your user name."),
            click.option("--no-apply", is_flag=True, help="Make the layer, but do not use it yet."),
        )
        for option in reversed(options):
            verb = option(verb)
        return verb

    return decorate


_operator = click.option(
    "--operator",
    type=click.Choice(["+", "-", "&"]),
    default="&",
    show_default=True,
    help="How the layer joins the matte: union, minus, intersect.",
)


def author_or_user(author: str) -> str:
    """The named author, else the user of this machine."""
    if author:
        return author
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


@click.command()
@click.argument("shot")
@session
def mattes(session: Session, shot: str) -> None:
    """List the matte layers of SHOT, its keyed frames, and the frames that are most in doubt."""
    with session.client() as client:
        found = client.shot_mattes(client.shot(shot).id)
    if session.as_json:
        session.record(found, "")
        return
    click.echo(f"keyed frames: {found.keyed or 'none'}")
    session.table(
        found.layers,
        ("layer", "made by", "frames", "used in", "worst (score)", "id"),
        (
            (
                entry.layer.name,
                entry.layer.origin,
                entry.layer.frames,
                entry.used or "-",
                " ".join(f"{worst.frame} ({worst.score:.2f})" for worst in entry.worst[:_SHOWN_WORST]),
                entry.layer.id,
            )
            for entry in found.layers
        ),
    )


@click.command()
@click.argument("shot")
@click.option("--keys", default="", help="Frames to start from. Default: every keyed frame.")
@click.option("-F", "--frames", default="", help="How far to go. Default: as far as it can be trusted.")
@click.option(
    "--source",
    type=click.Choice(["cut", "keep", "matte"]),
    default="cut",
    show_default=True,
    help="What is carried: what is cut out, what is kept, or the whole matte.",
)
@_layer_options("propagated")
@setting_options
@job_options
@session
def propagate(
    session: Session,
    shot: str,
    keys: str,
    frames: str,
    source: str,
    name: str,
    author: str,
    no_apply: bool,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Carry the painted or drawn mattes of SHOT's keyed frames to the frames around them."""
    with session.client() as client:
        spec = PropagateSpec(
            shot_id=client.shot(shot).id,
            keys=keys,
            frames=frames,
            source=source,
            name=name,
            author=author_or_user(author),
            apply=not no_apply,
            settings=read_settings(file, pairs),
        )
        job = carry_out(session, client, spec, f"propagate {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command("matte-net")
@click.argument("shot")
@click.option("--labels", default="", help="Frames to learn from. Default: every keyed frame.")
@click.option("-F", "--frames", default="", help="Frames to propose mattes for. Default: all.")
@click.option("--also", multiple=True, metavar="SHOT", help="Another shot of the set-up to learn from.")
@click.option("--from", "start_from", default="", metavar="LAYER", help="Go on from the net of this layer.")
@click.option("--minutes", type=float, help="Training time; 0 applies the net of --from as it is.")
@_layer_options("net")
@setting_options
@job_options
@session
def matte_net(
    session: Session,
    shot: str,
    labels: str,
    frames: str,
    also: tuple[str, ...],
    start_from: str,
    minutes: float | None,
    name: str,
    author: str,
    no_apply: bool,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Train a small net on SHOT's keyed frames and let it propose the mattes of the others."""
    settings = read_settings(file, pairs)
    settings |= {"minutes": minutes} if minutes is not None else {}
    with session.client() as client:
        shot_id = client.shot(shot).id
        known = {entry.layer.name: entry.layer.id for entry in client.shot_mattes(shot_id).layers}
        spec = MatteNetSpec(
            shot_id=shot_id,
            labels=labels,
            frames=frames,
            also=tuple(client.shot(other).id for other in also),
            start_from=known.get(start_from, start_from),
            name=name,
            author=author_or_user(author),
            apply=not no_apply,
            settings=settings,
        )
        job = carry_out(session, client, spec, f"matte-net {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command("import-matte")
@click.argument("shot")
@click.argument("pattern")
@click.option("--channel", default="", help="An EXR channel, or r, g, b, a, luma. Default: what there is.")
@click.option("--invert", is_flag=True, help="White means what is in front, not the face.")
@_operator
@_layer_options("imported")
@path_map_option
@job_options
@session
def import_matte(
    session: Session,
    shot: str,
    pattern: str,
    channel: str,
    invert: bool,
    operator: str,
    name: str,
    author: str,
    no_apply: bool,
    detach: bool,
    request_id: str,
) -> None:
    """Bring in a sequence such as hand.####.exr, numbered like the plate, as a matte layer of SHOT."""
    with session.client() as client:
        spec = ImportMatteSpec(
            shot_id=client.shot(shot).id,
            path=session.path_for_server(Path(pattern)),
            channel=channel,
            invert=invert,
            operator=operator,
            name=name,
            author=author_or_user(author),
            apply=not no_apply,
        )
        job = carry_out(session, client, spec, f"import-matte {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command("parse-matte")
@click.argument("shot")
@click.argument("network", type=click.Path(path_type=Path))
@click.option("--classes", required=True, metavar="1,2", help="The classes that are added up, from 0.")
@click.option("-F", "--frames", default="", help="Frames to parse. Default: all.")
@_operator
@_layer_options("parsed")
@setting_options
@path_map_option
@job_options
@session
def parse_matte(
    session: Session,
    shot: str,
    network: Path,
    classes: str,
    frames: str,
    operator: str,
    name: str,
    author: str,
    no_apply: bool,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Make a matte layer of SHOT with a face parser of your own, an ONNX file."""
    with session.client() as client:
        spec = ParseMatteSpec(
            shot_id=client.shot(shot).id,
            path=session.path_for_server(network),
            classes=_numbers(classes),
            frames=frames,
            operator=operator,
            name=name,
            author=author_or_user(author),
            apply=not no_apply,
            settings=read_settings(file, pairs),
        )
        job = carry_out(session, client, spec, f"parse-matte {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as cause:
        raise BadSettings(f"--classes {text!r}: write numbers with commas, such as 1,2") from cause


@click.command()
@click.argument("shot")
@click.argument("what", type=click.Choice(["mattes", "alignments"]))
@click.option(
    "--format", "form", type=click.Choice(["exr", "png", "json", "nk"]), help="Default: exr, or json."
)
@click.option("-F", "--frames", default="", help="Frames to export. Default: all.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    help="A folder of its own is made in this one. Default: below the production.",
)
@path_map_option
@job_options
@session
def export(
    session: Session,
    shot: str,
    what: str,
    form: str | None,
    frames: str,
    folder: Path | None,
    detach: bool,
    request_id: str,
) -> None:
    """Write the finished mattes of SHOT (exr, png) or its alignments (json, nk) for other programs."""
    with session.client() as client:
        spec = ExportSpec(
            shot_id=client.shot(shot).id,
            what=what,
            format=form or ("exr" if what == "mattes" else "json"),
            frames=frames,
            folder=session.path_for_server(folder) if folder else "",
        )
        job = carry_out(session, client, spec, f"export {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)
