"""`--path-map FROM=TO`: for every verb that is given a path, or reads a bundle that another machine made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from understudy.cli.session import Session

Verb = TypeVar("Verb", bound=Callable[..., Any])


def path_map_option(verb: Verb) -> Verb:
    """Puts the rules into the verb's session."""
    option = click.option(
        "--path-map",
        multiple=True,
        metavar="FROM=TO",
        expose_value=False,
        callback=_remember,
        help="What lies below FROM is found below TO. May be repeated; goes before UNDERSTUDY_PATH_MAP.",
    )
    return option(verb)


def _remember(context: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> None:
    session = context.find_object(Session)
    if session is not None and pairs:
        context.obj = replace(session, path_pairs=pairs)
