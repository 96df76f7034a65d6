"""Telling how far a long piece of work has come, often enough to watch and seldom enough to store."""

from __future__ import annotations

import time
from collections.abc import Callable

from understudy.domain.job import Event, EventKind

Emit = Callable[[Event], None]

_INTERVAL_S = 0.25
_RATE_MEMORY_S = 10.0  # the rate follows about so much of the recent past


class Progress:
    """Counts steps and emits PROGRESS events, at most four a second, always one at the end.

    The rate is an exponential mean over about ten seconds, so that a slow start (opening files,
    warming a device) does not spoil the time left.
    """

    def __init__(
        self, emit: Emit, total: int, unit: str, *, done: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._emit, self._total, self._unit, self._clock = emit, total, unit, clock
        self._done = self._told_done = done
        self._told_at = clock()
        self._steps = self._seconds = 0.0
        self._told = False

    @property
    def done(self) -> int:
        return self._done

    def step(self, n: int = 1, *, values: dict[str, float] | None = None) -> None:
        """Count `n` finished steps."""
        self._done += n
        now = self._clock()
        if now - self._told_at >= _INTERVAL_S or self._done >= self._total or not self._told:
            self._tell(now, values or {})

    def _tell(self, now: float, values: dict[str, float]) -> None:
        elapsed = now - self._told_at
        keep = max(0.0, 1.0 - elapsed / _RATE_MEMORY_S)
        self._steps = self._steps * keep + (self._done - self._told_done)
        self._seconds = self._seconds * keep + elapsed
        rate = self._steps / self._seconds if self._seconds > 0 else 0.0
        remaining_s = (self._total - self._done) / rate if rate > 0 else 0.0
        self._told_at, self._told_done, self._told = now, self._done, True
        self._emit(
            Event(
                kind=EventKind.PROGRESS,
                done=self._done,
                total=self._total,
                rate=rate,
                remaining_s=max(0.0, remaining_s),
                unit=self._unit,
                values=values,
            )
        )
