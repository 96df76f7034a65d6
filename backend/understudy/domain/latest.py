"""A memory of a few things: what was used last stays, what was used longest ago goes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Latest(Generic[Key, Value]):
    """The values that were used last, at most `most` of them. For several threads.

    With `weight` they weigh `most` at most together; a value that is heavier alone is not kept.
    """

    def __init__(self, most: int, *, weight: Callable[[Value], int] = lambda value: 1) -> None:
        self._most, self._weight = most, weight
        self._total = 0
        self._guard = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        with self._guard:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        weight = self._weight(value)
        with self._guard:
            if key in self._values:
                self._total -= self._weight(self._values.pop(key))
            if weight <= self._most:
                self._values[key] = value
                self._total += weight
            while self._total > self._most:
                self._total -= self._weight(self._values.popitem(last=False)[1])
        return value

    def items(self) -> list[tuple[Key, Value]]:
        """All that is kept, the one used longest ago first."""
        with self._guard:
            return list(self._values.items())

    def clear(self) -> None:
        with self._guard:
            self._values.clear()
            self._total = 0
