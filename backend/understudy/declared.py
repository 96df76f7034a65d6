"""How a setting is declared: its default, what it may be, and a line about it, all in one place.

    grain: float = setting(1.0, "Share of the plate's grain put onto the face.", least=0, most=1)

`check_declared` holds a record to its declarations; `config.py` has the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from understudy.domain.errors import BadSettings

Value = TypeVar("Value")

_DECLARATION = "declaration"


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """What a number may be, and what the setting does. `above` and `below` are not reached themselves."""

    help: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    multiple: int = 1

    def allows(self, value: float) -> bool:
        """Whether it may be this number; an undefined number is never allowed."""
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.multiple == 1 or value % self.multiple == 0)
        )

    @property
    def limits(self) -> str:
        """What it must be, in words; empty when it may be anything."""
        if self.least is not None and self.most is not None:
            words = f"{self.least:g}..{self.most:g}"
        elif self.above is not None and self.below is not None:
            words = f"between {self.above:g} and {self.below:g}"
        else:
            words = " and ".join(self._ends())
        return f"{words}, a multiple of {self.multiple}" if self.multiple > 1 else words

    def _ends(self) -> list[str]:
        ends = []
        if self.least is not None:
            ends.append("0 or more" if self.least == 0 else f"at least {self.least:g}")
        if self.above is not None:
            ends.append(f"above {self.above:g}")
        if self.most is not None:
            ends.append(f"at most {self.most:g}")
        if self.below is not None:
            ends.append(f"below {self.below:g}")
        return ends


def setting(
    default: Value,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    multiple: int = 1,
) -> Value:
    """A field of a settings record."""
    declaration = Declaration(help=help, least=least, most=most, above=above, below=below, multiple=multiple)
    declared: Any = field(default=default, metadata={_DECLARATION: declaration})
    return declared  # type: ignore[no-any-return]


def declarations(record: Any) -> dict[str, Declaration]:
    """The declaration of every setting of a record or of its class, in order."""
    return {f.name: f.metadata.get(_DECLARATION, Declaration()) for f in fields(record)}


def check_declared(record: Any, where: str) -> None:
    """Raises: BadSettings, naming the setting as `where.name`, for a number that is not allowed."""
    for name, declaration in declarations(record).items():
        if declaration.limits and not declaration.allows(getattr(record, name)):
            raise BadSettings(f"{where}.{name} must be {declaration.limits}")
