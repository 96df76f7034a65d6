"""What the bridge remembers inside a Hiero project: in hidden tags, never in an item's name."""

from __future__ import annotations

import json
import uuid
from typing import Any

import hiero.core

TAG = "Understudy"
_KEY = "tag.understudy"


def kept(holder: Any) -> dict[str, Any]:
    """What is kept with a track item or a sequence; empty where there is nothing, or where it was spoilt."""
    tag = _tag(holder)
    return {} if tag is None else _table(tag)


def _table(tag: Any) -> dict[str, Any]:
    try:
        value = json.loads(str(tag.metadata().value(_KEY)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def keep(holder: Any, table: dict[str, Any]) -> None:
    """Keep a table with a track item or a sequence. An empty one takes the tag away."""
    old = _tag(holder)
    if table:
        tag = hiero.core.Tag(TAG)
        tag.metadata().setValue(
            _KEY, json.dumps(table, sort_keys=True)
        )  # before it is added: a copy is added
        tag.setVisible(False)
        holder.addTag(tag)
    if old is not None:
        holder.removeTag(old)


def is_ours(tag: Any) -> bool:
    """Whether a tag is one of the bridge's own, which nobody is told of."""
    return bool(tag.name() == TAG and tag.metadata().hasKey(_KEY))


_unwritten: dict[tuple[str, str], str] = {}
"""Ids of projects that were only looked at, by path and name."""


def project_id(project: Any) -> str:
    """The project's id, which `keep_project_id` writes: nobody is asked to save because a panel was open."""
    return _kept_id(project) or _unwritten.setdefault(_called(project), str(uuid.uuid4()))


def keep_project_id(project: Any) -> None:
    """Write the id into a tag of the project's own bin of tags, if it is not there."""
    if _kept_id(project):
        return
    tag = hiero.core.Tag(TAG)
    tag.metadata().setValue(_KEY, json.dumps({"id": project_id(project)}))
    tag.setVisible(False)
    project.tagsBin().addItem(tag)
    _unwritten.pop(_called(project), None)


def _called(project: Any) -> tuple[str, str]:
    return str(project.path()), str(project.name())


def _kept_id(project: Any) -> str:
    for tag in project.tagsBin().items():
        if hasattr(tag, "metadata") and is_ours(tag):
            found = _table(tag).get("id")
            if isinstance(found, str) and found:
                return found
    return ""


def _tag(holder: Any) -> Any:
    return next((tag for tag in holder.tags() if is_ours(tag)), None)
