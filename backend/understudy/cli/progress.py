"""Showing a job while it runs: a bar on a terminal, plain lines elsewhere, JSON lines when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from understudy.domain.job import Event, EventKind
from understudy.domain.plain import to_json

PLAIN_LINE_EVERY_S = 5.0
Listener = Callable[[Event], None]


def clock(seconds: float) -> str:
    """Seconds as 1:02 or 1:02:03."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def describe(event: Event) -> str:
    """Rate, time left and unit of a progress event."""
    values = " ".join(f"{name} {value:g}" for name, value in event.values.items())
    return f"{event.rate:.1f} {event.unit}/s, {clock(event.remaining_s)} left {values}".rstrip()


def openjd_line(event: Event) -> str:
    """The progress line that OpenJD, and engines that read its form, understand."""
    return f"openjd_progress: {100 * event.done / max(1, event.total):.1f}"


@contextmanager
def listening(title: str, *, as_json: bool) -> Iterator[Listener]:
    """Yield a listener that shows a job's events in the form that suits the output."""
    console = Console()
    if as_json:
        yield lambda event: click.echo(to_json(event))
    elif console.is_terminal:
        with _bar(title, console) as listener:
            yield listener
    else:
        yield _plain(title)


@contextmanager
def _bar(title: str, console: Console) -> Iterator[Listener]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f}%"),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=console) as progress:
        task: TaskID = progress.add_task(title, total=None, what="waiting")

        def listen(event: Event) -> None:
            if event.kind is EventKind.PROGRESS:
                progress.update(task, completed=event.done, total=event.total, what=describe(event))
            elif line := _remark(event):
                progress.console.print(f"{title}: {line}", highlight=False)

        yield listen


def _plain(title: str) -> Listener:
    last_line = 0.0

    def listen(event: Event) -> None:
        nonlocal last_line
        if event.kind is EventKind.PROGRESS:
            ended = event.done >= event.total
            if ended or time.monotonic() - last_line >= PLAIN_LINE_EVERY_S:
                last_line = time.monotonic()
                share = 100 * event.done / max(1, event.total)
                click.echo(
                    f"{title}: {event.done}/{event.total} {event.unit} {share:.0f}%  {describe(event)}"
                )
        elif line := _remark(event):
            click.echo(f"{title}: {line}")

    return listen


def _remark(event: Event) -> str:
    match event.kind:
        case EventKind.NOTE:
            return event.message
        case EventKind.FRAME_FAILED:
            return f"frame {event.frame} failed: {event.error}: {event.message}"
        case _:
            return ""
