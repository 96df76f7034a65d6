"""JSON and TOML from outside: whatever is wrong with them, also nesting without end, is a ValueError."""

from __future__ import annotations

import json
import tomllib
from typing import Any


def json_value(text: str | bytes) -> Any:
    """What a JSON text says. Raises: ValueError."""
    try:
        return json.loads(text)
    except RecursionError as cause:
        raise ValueError("it is nested too deeply") from cause


def toml_table(text: str) -> dict[str, Any]:
    """What a TOML text says. Raises: ValueError."""
    try:
        return tomllib.loads(text)
    except RecursionError as cause:
        raise ValueError("it is nested too deeply") from cause
