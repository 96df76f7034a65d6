"""What every verb shares: where the server is, how to answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from understudy.app import Environment, connect, path_map
from understudy.client import Client
from understudy.domain.path_map import PathMap, is_foreign
from understudy.domain.plain import to_plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One call of the program."""

    environment: Environment
    production: Path | None
    as_json: bool
    path_pairs: tuple[str, ...] = ()

    def client(self) -> Client:
        """A connection to the backend. Raises: BadSettings, ServerUnreachable."""
        return connect(self.environment, self.production)

    def path_map(self) -> PathMap:
        """Where the folders lie that paths name. Raises: BadSettings."""
        return path_map(self.environment, self.path_pairs)

    def path_for_server(self, path: Path) -> str:
        """A path of this machine, or as another system writes it, for a request. Raises: BadSettings."""
        text = str(path)
        known = text if is_foreign(text, windows=os.name == "nt") else str(path.resolve())
        return self.path_map().here(known)

    def record(self, record: object, text: str) -> None:
        """Answer with one record: as JSON, or as a line of text."""
        click.echo(json.dumps(to_plain(record), ensure_ascii=False) if self.as_json else text)

    def table(self, records: Iterable[Any], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Answer with a list: as a JSON list of the records, or as a table."""
        if self.as_json:
            click.echo(json.dumps([to_plain(record) for record in records], ensure_ascii=False))
            return
        lines = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(line[at]) for line in [list(columns), *lines]) for at in range(len(columns))]
        for number, line in enumerate([list(columns), *lines]):
            text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            click.echo(click.style(text, bold=True) if number == 0 else text)


session = click.make_pass_decorator(Session)
