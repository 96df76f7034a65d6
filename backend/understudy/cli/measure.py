"""`understudy measure` and `worst`: which frames of a take need a look."""

from __future__ import annotations

import click

from understudy.cli.job_verbs import answer, carry_out, job_options
from understudy.cli.session import Session, session
from understudy.domain.job_spec import MeasureSpec
from understudy.domain.measures import reason_label


@click.command()
@click.argument("take")
@click.option("-F", "--frames", default="", help="Frames to measure. Default: all of the take.")
@click.option(
    "--worst",
    type=click.IntRange(0, 100),
    default=10,
    show_default=True,
    help="So many frames go on the contact sheet.",
)
@job_options
@session
def measure(session: Session, take: str, frames: str, worst: int, detach: bool, request_id: str) -> None:
    """Measure every frame of TAKE and rank them by trouble (see `understudy worst`)."""
    with session.client() as client:
        spec = MeasureSpec(take_id=client.take(take).id, frames=frames, worst=worst)
        job = carry_out(session, client, spec, "measure", detach=detach, request_id=request_id)
    answer(session, job, detach)


@click.command()
@click.argument("take")
@click.option(
    "-n", "--count", type=click.IntRange(1, 5000), default=10, show_default=True, help="How many frames."
)
@click.option("-F", "--frames", default="", help="Among these frames only.")
@session
def worst(session: Session, take: str, count: int, frames: str) -> None:
    """The frames of TAKE that need a look first, as it was measured last."""
    with session.client() as client:
        found = client.take_measures(take, frames=frames, limit=count)
    if session.as_json:
        session.record(found, "")
        return
    session.table(
        found.frames,
        ("frame", "trouble", "because", "figures"),
        (
            (
                row.frame,
                f"{row.trouble:.2f}",
                ", ".join(map(reason_label, row.reasons)),
                " ".join(f"{name} {row.values[name]:.3g}" for name in row.reasons if name in row.values),
            )
            for row in found.frames
        ),
    )
    if found.contact_sheet:
        click.echo(f"contact sheet: {found.contact_sheet}")
