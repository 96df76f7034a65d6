"""Sendings in words, for the panel and for the console."""

from __future__ import annotations

from typing import Any

from ...panel.errands import delivered_versions
from ...panel.host import Table


def row_of(sending: Table) -> tuple[str, str, str]:
    """Name, state and versions of a sending."""
    return str(sending["name"]), _state(sending), _versions(sending)


def _state(sending: Table) -> str:
    state = str(sending["state"])
    if state == "running":
        progress = sending.get("progress") or {}
        done, total = progress.get("done") or 0, progress.get("total") or 0
        share = f" {100 * done // total} %" if total else ""
        return f"{sending.get('stage') or state}{share}{_left(progress.get('left_s'))}"
    error = sending.get("error")
    return f"{state}: {error['message']}" if error else state


def _left(seconds: Any) -> str:
    if not isinstance(seconds, (int, float)) or seconds < 0:
        return ""
    return f", {round(seconds / 60)} min left" if seconds >= 90 else f", {round(seconds)} s left"


def _versions(sending: Table) -> str:
    newest = next(iter(delivered_versions(sending)), None)
    lying = [one["version"] for one in sending.get("placed") or []]
    words = [f"v{newest:03d} is ready"] if newest is not None and newest not in lying else []
    return ", ".join([*words, *(f"v{version:03d} on the timeline" for version in lying)])
