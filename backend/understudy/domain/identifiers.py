"""UUIDv7 identifiers (RFC 9562): they sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> str:
    """A fresh UUIDv7 as text."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def made_at_ns(identifier: str) -> int:
    """When an identifier was made, in nanoseconds since 1970; 0 when it does not say."""
    try:
        value = uuid.UUID(identifier)
    except ValueError:
        return 0
    return (value.int >> 80) * 1_000_000 if value.version == 7 else 0
