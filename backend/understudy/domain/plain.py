"""Records to plain JSON data and back, strictly: unknown names are refused.

Fractions become "24000/1001", dates ISO text, sets sorted lists. Built on `cattrs`.
"""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from understudy.domain.errors import BadRecord, UnderstudyError
from understudy.domain.outside_text import json_value

_MOST_TOLD = 3

_converter = Converter(forbid_extra_keys=True)
_converter.register_unstructure_hook(Fraction, str)
_converter.register_structure_hook(Fraction, lambda text, _: Fraction(text))
_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
_converter.register_unstructure_hook_func(
    lambda cls: getattr(cls, "__origin__", None) is frozenset,
    lambda values: sorted(_converter.unstructure(value) for value in values),
)
_converter.register_structure_hook_func(lambda cls: cls is object, lambda value, _: value)


def _number_or_text(value: object, _: object) -> float | str:
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


_converter.register_structure_hook_func(lambda cls: cls == float | str, _number_or_text)

Record = TypeVar("Record")


def to_plain(record: object) -> Any:
    """Lists, dictionaries, text and numbers that `json` can write."""
    return _converter.unstructure(record)


def from_plain(cls: type[Record], data: object) -> Record:
    """The record that `to_plain` took apart. Raises: BadRecord, or what the record itself says is wrong."""
    try:
        return _converter.structure(data, cls)
    except (BaseValidationError, ValueError, TypeError, KeyError, AttributeError) as cause:
        if named := _named(cause):
            raise named from cause
        raise BadRecord(f"this is not a valid {cls.__name__} record: {_told(cause)}") from cause


def _told(error: Exception) -> str:
    """What is wrong and where, of the first few things."""
    if not isinstance(error, BaseValidationError):
        return str(error)
    return "; ".join(transform_error(error)[:_MOST_TOLD]).replace(" @ $.", " at ")


def _named(error: BaseException) -> UnderstudyError | None:
    """The error of ours within what cattrs gathered."""
    if isinstance(error, UnderstudyError):
        return error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((named for one in inner if (named := _named(one))), None)


def to_json(record: object) -> str:
    """Canonical JSON: sorted names, no spaces; equal records give equal text."""
    return json.dumps(to_plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_json(cls: type[Record], text: str | bytes) -> Record:
    """The inverse of `to_json`. Raises: BadRecord."""
    try:
        return from_plain(cls, json_value(text))
    except ValueError as cause:
        raise BadRecord(f"a {cls.__name__} record is not JSON: {cause}") from cause
