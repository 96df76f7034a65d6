"""What every verb shares: where the server is, how to answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from understudy.app import Environment, connect
from understudy.client import Client
from understudy.domain.plain import to_plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One call of the program."""

    environment: Environment
    production: Path | None
    as_json: bool

    def client(self) -> Client:
        """A connection to the backend. Raises: BadSettings, ServerUnreachable."""
        return connect(self.environment, self.production)

    def record(self, record: object, text: str) -> None:
        """Answer with one record: as JSON, or as a line of text."""
        click.echo(json.dumps(to_plain(record), ensure_ascii=False) if self.as_json else text)

    def table(self, records: Iterable[Any], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Answer with a list: as a JSON list of the records, or as a table."""
        if self.as_json:
            click.echo(json.dumps([to_plain(record) for record in records], ensure_ascii=False))
            return
        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        console = Console()
        # A pipe has no width: give the table the room it wants rather than wrapping at 80.
        console.print(table, width=None if console.is_terminal else 240, soft_wrap=not console.is_terminal)


session = click.make_pass_decorator(Session)
