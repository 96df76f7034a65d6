"""The small language that says how a frame's matte is made: `hull & net - hand + keep - cut`.

expression = source (operator source)*
operator   = "+" union | "-" minus | "&" intersect, strictly from left to right, none binds tighter
source     = face | hull | learned | keep | cut | the name of a matte layer
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from understudy.domain.edit import SOURCES
from understudy.domain.errors import BadMatte

Operator = Literal["+", "-", "&"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_OPERATORS = "+-&"
_ALLOWED_SOURCES = f"{', '.join(sorted(SOURCES))} or the name of a matte layer"


class Step(NamedTuple):
    """One source and how it joins what stands left of it; the first one's operator is "+"."""

    operator: Operator
    source: str


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Step, ...]:
    """The steps of an expression in order. Raises: BadMatte with the position and what may stand there."""
    steps: list[Step] = []
    operator, position = "+", _skip_blanks(text, 0)
    while True:
        name = _NAME.match(text, position)
        if name is None:
            raise _unexpected(text, position, f"a source: {_ALLOWED_SOURCES}")
        steps.append(Step(cast(Operator, operator), name.group()))
        position = _skip_blanks(text, name.end())
        if position == len(text):
            return tuple(steps)
        operator = text[position]
        if operator not in _OPERATORS:
            raise _unexpected(text, position, "an operator: + (union), - (minus) or & (intersect)")
        position = _skip_blanks(text, position + 1)


def sources_of(text: str) -> tuple[str, ...]:
    """The names that an expression uses, each once, in order. Raises: BadMatte."""
    return tuple(dict.fromkeys(step.source for step in parse(text)))


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _unexpected(text: str, position: int, wanted: str) -> BadMatte:
    found = "it ends" if position >= len(text) else f"there is {text[position]!r}"
    return BadMatte(
        f"matte expression {text!r}: {found} at position {position + 1}, where it needs {wanted}; "
        "write for example: face + keep - cut"
    )
