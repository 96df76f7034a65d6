"""What artists change: an append-only list of entries per shot, one undo stack over it.

Every position is in display-window pixels of the plate (pixel centres at half-integers) and every edit
names its frame, so edits outlive another extraction, another crop type and another model. Points are
written flat: x0, y0, x1, y1 ... An edit that makes no sense by itself is refused when it is made; whether
its frame and track are there is seen when it is added to a shot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from understudy.domain.edit_faces import (
    AddFace,
    BindTrack,
    CurateFaces,
    Keyed,
    MergeTracks,
    MoveLandmarks,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    SmoothAlignments,
    SplitTrack,
)
from understudy.domain.edit_frames import (
    ADJUSTABLE,
    AdjustConvert,
    KeyStrength,
    Mark,
    MarkFrames,
    RemoveStrength,
)
from understudy.domain.edit_keys import Interpolation
from understudy.domain.edit_mattes import (
    SOURCES,
    ClearMatte,
    ComposeMatte,
    Curve,
    Follow,
    KeyShape,
    Mode,
    PaintStroke,
    RemoveShape,
    UseLayer,
)
from understudy.domain.errors import BadEdit
from understudy.domain.plain import from_plain, to_plain

__all__ = [
    "ACTIONS",
    "ADJUSTABLE",
    "SOURCES",
    "Action",
    "AddFace",
    "AdjustConvert",
    "BindTrack",
    "ClearMatte",
    "ComposeMatte",
    "CurateFaces",
    "Curve",
    "Follow",
    "Interpolation",
    "KeyShape",
    "KeyStrength",
    "Keyed",
    "Mark",
    "MarkFrames",
    "MergeTracks",
    "Mode",
    "MoveLandmarks",
    "PaintStroke",
    "PlaceCrop",
    "RemoveFaces",
    "RemoveKeys",
    "RemoveShape",
    "RemoveStrength",
    "SmoothAlignments",
    "SplitTrack",
    "UseLayer",
    "action_from_table",
    "action_name",
    "action_to_table",
]

Action = (
    MoveLandmarks
    | PlaceCrop
    | RemoveKeys
    | SmoothAlignments
    | AddFace
    | RemoveFaces
    | MergeTracks
    | SplitTrack
    | BindTrack
    | MarkFrames
    | AdjustConvert
    | KeyStrength
    | RemoveStrength
    | PaintStroke
    | KeyShape
    | RemoveShape
    | ClearMatte
    | UseLayer
    | ComposeMatte
    | CurateFaces
)

_NAMES = {cls: re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower() for cls in get_args(Action)}

ACTIONS: dict[str, type[Action]] = {name: cls for cls, name in _NAMES.items()}
"""Every kind of edit by its name, as it is stored and sent: `MoveLandmarks` is `move_landmarks`."""


def action_name(action: Action) -> str:
    """The kind of an edit, such as `key_shape`."""
    return _NAMES[type(action)]


def action_to_table(action: Action) -> dict[str, object]:
    """An edit as plain data for JSON; its kind is under `kind`."""
    return {"kind": action_name(action), **to_plain(action)}


def action_from_table(table: Mapping[str, object]) -> Action:
    """The inverse of `action_to_table`. Raises: BadEdit, BadRecord."""
    values = dict(table)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in ACTIONS:
        raise BadEdit(f"there is no edit of kind {kind!r}; known: {', '.join(ACTIONS)}")
    return from_plain(ACTIONS[kind], values)
