"""What the bridge remembers inside a Nuke script: in knobs that are not shown, never in a node's name.

A knob's text is JSON in base64: brackets, quotes and dollar signs mean something to Nuke's script language.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from typing import Any

import nuke

KNOB = "understudy"
_PROJECT_KNOB = "understudy_project"
_TRACKS_KNOB = "understudy_tracks"


def kept(node: Any, knob: str = KNOB) -> dict[str, Any]:
    """What is kept in a node's knob; empty where there is none, or where it was spoilt."""
    found = node.knob(knob)
    if found is None:
        return {}
    try:
        value = json.loads(base64.b64decode(str(found.value()), validate=True).decode("utf-8"))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def keep(node: Any, table: dict[str, Any], knob: str = KNOB) -> None:
    """Write a table into a node's knob, made when it is not there; an empty table takes the knob away."""
    found = node.knob(knob)
    if not table:
        if found is not None:
            node.removeKnob(found)
        return
    if found is None:
        found = nuke.String_Knob(knob, "Understudy")
        found.setFlag(nuke.INVISIBLE)
        node.addKnob(found)
    text = json.dumps(table, ensure_ascii=False, sort_keys=True)
    found.setValue(base64.b64encode(text.encode("utf-8")).decode("ascii"))


def project_id() -> str:
    """The script's id, kept in its root from the first time that it is asked for."""
    root = nuke.root()
    found = kept(root, _PROJECT_KNOB).get("id")
    if isinstance(found, str) and found:
        return found
    changed = nuke.modified()
    fresh = str(uuid.uuid4())
    keep(root, {"id": fresh}, _PROJECT_KNOB)
    if not changed:  # nobody is asked to save because a panel was opened
        nuke.modified(False)
    return fresh


def track_list() -> list[dict[str, Any]]:
    """The tracks that are kept, from the bottom up: {id, name, made}."""
    listed = kept(nuke.root(), _TRACKS_KNOB).get("tracks")
    if not isinstance(listed, list):
        return []
    return [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]


def keep_track_list(tracks: list[dict[str, Any]]) -> None:
    keep(nuke.root(), {"tracks": tracks} if tracks else {}, _TRACKS_KNOB)
