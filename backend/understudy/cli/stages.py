"""The stages as verbs: each makes a job, shows its progress and answers with its result."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from understudy.cli.job_verbs import answer, carry_out, job_options, read_settings, setting_options
from understudy.cli.media import send_clip
from understudy.cli.path_maps import path_map_option
from understudy.cli.ratio import RATIO
from understudy.cli.session import Session, session
from understudy.domain.clip_name import name_of_clip
from understudy.domain.errors import BadSettings
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExtractSpec,
    IngestSpec,
    TrainSpec,
)


@click.command()
@click.argument("clip", type=click.Path(path_type=Path))
@click.option("--person", required=True, help="Whose face is seen in it.")
@click.option("--name", default="", help="The shot's name. Default: the file's.")
@click.option(
    "--role",
    type=click.Choice(["plate", "learn"]),
    default="plate",
    show_default=True,
    help="To be converted, or to learn from.",
)
@click.option("--in", "in_index", type=int, help="First picture of the file to use, counted from 0.")
@click.option("--out", "out_index", type=int, help="Last picture of the file to use.")
@click.option(
    "--first-frame", type=int, help="The number the first frame gets. Default: 1001, or a sequence's own."
)
@click.option("--colour-space", default="", help="Its colour space, as OpenColorIO names it.")
@click.option("--pixel-aspect", type=RATIO, help="Width of a pixel over its height; 2 for most anamorphic.")
@click.option("--rate", type=RATIO, help="Frames per second; conforms a clip of variable rate.")
@click.option(
    "--push", is_flag=True, help="CLIP is on this machine and the server on another: send it first."
)
@path_map_option
@job_options
@session
def ingest(
    session: Session,
    clip: Path,
    person: str,
    name: str,
    role: str,
    in_index: int | None,
    out_index: int | None,
    first_frame: int | None,
    colour_space: str,
    pixel_aspect: Fraction | None,
    rate: Fraction | None,
    push: bool,
    detach: bool,
    request_id: str,
) -> None:
    """Bring CLIP into the production: "plate" is to be converted, "learn" teaches a face."""
    spec = IngestSpec(
        path=session.path_for_server(clip),
        name=name or name_of_clip(clip),
        person_id=person,
        role=role,
        first_frame=first_frame,
        in_index=in_index,
        out_index=out_index,
        colour_space=colour_space,
        pixel_aspect=pixel_aspect,
        rate=rate,
    )
    with session.client() as client:
        if push:
            spec = replace(spec, path=send_clip(session, client, clip).path)
        job = carry_out(session, client, spec, f"ingest {spec.name}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("shot")
@setting_options
@job_options
@session
def extract(
    session: Session, shot: str, file: Path | None, pairs: tuple[str, ...], detach: bool, request_id: str
) -> None:
    """Find and follow the faces of SHOT."""
    with session.client() as client:
        spec = ExtractSpec(shot_id=client.shot(shot).id, settings=read_settings(file, pairs))
        job = carry_out(session, client, spec, f"extract {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("name")
@click.option(
    "--person", "people", multiple=True, required=True, help="Performer first, then the donor. Twice or more."
)
@click.option(
    "--shot", "shots", multiple=True, help="Footage to learn from. Default: every shot of these people."
)
@click.option(
    "--preset", default="original", show_default=True, help="original or quick: where settings begin."
)
@click.option("--minutes", type=float, help="Stop after so much training time.")
@click.option("--iterations", type=int, help="Stop after so many iterations.")
@setting_options
@job_options
@session
def train(
    session: Session,
    name: str,
    people: tuple[str, ...],
    shots: tuple[str, ...],
    preset: str,
    minutes: float | None,
    iterations: int | None,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Train a model NAME of the people's faces."""
    settings = read_settings(file, pairs)
    settings |= {"minutes": minutes} if minutes is not None else {}
    settings |= {"iterations": iterations} if iterations is not None else {}
    with session.client() as client:
        ids = tuple(next((p.id for p in client.people() if who in (p.id, p.name)), who) for who in people)
        chosen = tuple(client.shot(shot).id for shot in shots) or tuple(
            shot.id for shot in client.shots() if shot.person_id in ids and shot.faces
        )
        spec = TrainSpec(name=name, people=ids, shot_ids=chosen, preset=preset, settings=settings)
        job = carry_out(session, client, spec, f"train {name}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("shot")
@click.option("--model", required=True, help="A trained model, by name or id.")
@click.option("-F", "--frames", default="", help="Frames to render, such as 1001-1100x2. Default: all.")
@click.option(
    "--take", default="", help="Render into this take again, skipping what is valid. Default: a new version."
)
@click.option(
    "--bind", "bindings", multiple=True, metavar="TRACK=PERSON", help="Whose likeness goes onto which track."
)
@setting_options
@job_options
@session
def convert(
    session: Session,
    shot: str,
    model: str,
    frames: str,
    take: str,
    bindings: tuple[str, ...],
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Render a take of SHOT. Frames that are there and valid for these settings are skipped."""
    bound = {}
    for binding in bindings:
        track, equals, who = binding.partition("=")
        if not equals:
            raise BadSettings(f"--bind {binding!r}: write TRACK=PERSON")
        bound[track] = who
    with session.client() as client:
        spec = ConvertSpec(
            shot_id=client.shot(shot).id,
            model_id=client.model(model).id,
            frames=frames,
            take_id=take,
            bindings=bound,
            settings=read_settings(file, pairs),
        )
        job = carry_out(session, client, spec, f"convert {shot}", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("take")
@click.option("-F", "--frames", default="", help="Frames to deliver. Default: all of the take.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Where to. Default: below the production."
)
@setting_options
@path_map_option
@job_options
@session
def deliver(
    session: Session,
    take: str,
    frames: str,
    folder: Path | None,
    file: Path | None,
    pairs: tuple[str, ...],
    detach: bool,
    request_id: str,
) -> None:
    """Make the movies, EXR frames, contact sheet and signed manifest of TAKE (see `understudy takes`)."""
    with session.client() as client:
        spec = DeliverSpec(
            take_id=client.take(take).id,
            frames=frames,
            folder=session.path_for_server(folder) if folder else "",
            settings=read_settings(file, pairs),
        )
        job = carry_out(session, client, spec, "deliver", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("take")
@click.option(
    "--true-replacement", type=click.Path(path_type=Path, exists=True), help="Movie of the true result."
)
@click.option(
    "--true-matte", type=click.Path(path_type=Path, exists=True), help="Movie of the true face matte."
)
@click.option(
    "--truth", type=click.Path(path_type=Path, exists=True), help="Record of true landmarks and expression."
)
@path_map_option
@job_options
@session
def evaluate(
    session: Session,
    take: str,
    true_replacement: Path | None,
    true_matte: Path | None,
    truth: Path | None,
    detach: bool,
    request_id: str,
) -> None:
    """Measure TAKE: against truth when given, else against its plate. A table, a picture, JSON."""
    paths = {"replacement": true_replacement, "matte": true_matte, "record": truth}
    with session.client() as client:
        spec = EvaluateSpec(
            take_id=client.take(take).id,
            truth={name: session.path_for_server(path) for name, path in paths.items() if path is not None},
        )
        job = carry_out(session, client, spec, "evaluate", detach=detach, request_id=request_id)
    answer(session, job, detach)
