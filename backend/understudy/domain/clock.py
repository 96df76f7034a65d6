"""The moment at which something happens, as it is kept in records, events and logs."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """The present moment as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
