"""The one way of writing plain data as bytes before it is hashed or signed."""

from __future__ import annotations

import hashlib
import json


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no blanks and ASCII only. Equal data give equal bytes.

    Raises: TypeError or ValueError for what JSON cannot say exactly (NaN, sets, bytes).
    """
    return json.dumps(
        value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False
    ).encode()


def sha256_hex(data: bytes) -> str:
    """Hex SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()
