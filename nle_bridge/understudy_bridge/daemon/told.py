"""A table of JSON from outside, read key by key: what is missing, wrong, too much or unknown is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import MOST_FRAMES

_RATIO = re.compile(r"(-?[0-9]{1,9})(?:/([0-9]{1,9}))?")
_MOST_RATE = 1000
_MOST_SPEED = 10_000
_MOST_TEXT = 8192


class Told:
    """A table and where it stands in what was sent. A default of None means that the key must be there."""

    __slots__ = ("_data", "_read", "where")

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self._data = data
        self._read: set[str] = set()
        self.where = where

    @classmethod
    def of(cls, data: object, where: str) -> Told:
        if not isinstance(data, dict):
            raise BadInterchange(f"{where}: this is no table")
        return cls(data, where)

    def _get(self, key: str, default: object) -> Any:
        self._read.add(key)
        value = self._data.get(key, default)
        if value is None and default is None:
            raise BadInterchange(f"{self.where}: `{key}` is missing")
        return value

    def text(self, key: str, default: str | None) -> str:
        value = self._get(key, default)
        if not isinstance(value, str) or len(value) > _MOST_TEXT:
            raise BadInterchange(f"{self.where}: `{key}` is text of at most {_MOST_TEXT} characters")
        return value

    def flag(self, key: str, default: bool | None) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise BadInterchange(f"{self.where}: `{key}` is true or false")
        return value

    def whole(self, key: str, default: int | None, *, least: int, most: int = MOST_FRAMES) -> int:
        value = self._get(key, default)
        if type(value) is not int or not least <= value <= most:
            raise BadInterchange(
                f"{self.where}: `{key}` is a whole number from {least} to {most}, not {str(value)[:40]}"
            )
        return value

    def whole_or_none(self, key: str, *, least: int) -> int | None:
        self._read.add(key)
        return None if self._data.get(key) is None else self.whole(key, None, least=least)

    def rate(self, key: str, default: Fraction | None) -> Fraction:
        value = self._ratio(key, None if default is None else str(default))
        if not 0 < value <= _MOST_RATE:
            raise BadInterchange(f"{self.where}: `{key}` is a rate above 0 and up to {_MOST_RATE}")
        return value

    def speed(self, key: str) -> Fraction:
        value = self._ratio(key, "1")
        if abs(value) > _MOST_SPEED:
            raise BadInterchange(f"{self.where}: `{key}` is beyond {_MOST_SPEED} times")
        return value

    def _ratio(self, key: str, default: str | None) -> Fraction:
        value = self._get(key, default)
        found = _RATIO.fullmatch(value) if isinstance(value, str) else None
        if found is None or (found[2] is not None and int(found[2]) == 0):
            raise BadInterchange(f"{self.where}: `{key}` is written as text such as 24000/1001")
        return Fraction(int(found[1]), int(found[2] or 1))

    def table(self, key: str) -> Told | None:
        """The table under a key, None where there is none."""
        self._read.add(key)
        value = self._data.get(key)
        return None if value is None else Told.of(value, f"{self.where}.{key}")

    def tables(self, key: str, most: int) -> Iterator[Told]:
        """The tables of a list, empty where there is none."""
        value = self._get(key, [])
        if not isinstance(value, list) or len(value) > most:
            raise BadInterchange(f"{self.where}: `{key}` is a list of at most {most} tables")
        return (Told.of(one, f"{self.where}.{key}[{number}]") for number, one in enumerate(value))

    def everything(self) -> dict[str, Any]:
        return dict(self._data)

    def done(self, *also: str) -> None:
        """Raises: BadInterchange when there is a key that nobody knows."""
        if unknown := sorted(str(key)[:40] for key in set(self._data) - self._read - set(also)):
            raise BadInterchange(f"{self.where}: the key `{unknown[0]}` is not known")
