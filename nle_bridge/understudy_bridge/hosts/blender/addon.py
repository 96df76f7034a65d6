# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering with Blender: classes, the timer, what happens after undo and loading, the preferences."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.props import StringProperty

from ...panel.daemon_calls import Daemon
from . import operators, panels, sending_operators, session
from .front import Front
from .link import TICK_S, Link

ADD_ON = (__package__ or "").rsplit(".hosts.", 1)[0]
"""The module that Blender knows the add-on by: the zip's folder."""


def _state_folder_changed(preferences: Any, context: Any) -> None:
    session.begin(_fresh_link())


class UNDERSTUDY_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = ADD_ON
    __annotations__ = {
        "state_folder": StringProperty(
            name="State folder",
            description="Where the daemon of this machine keeps its address; empty for the usual place",
            subtype="DIR_PATH",
            update=_state_folder_changed,
        )
    }

    def draw(self, context: Any) -> None:
        self.layout.prop(self, "state_folder")
        self.layout.label(text="The daemon is started with: understudy bridge serve")


CLASSES = (UNDERSTUDY_AP_preferences, *operators.CLASSES, *sending_operators.CLASSES, *panels.CLASSES)


def register() -> None:
    for one in CLASSES:
        bpy.utils.register_class(one)
    session.begin(_fresh_link())
    for handlers in _handlers():
        handlers.append(_timeline_may_differ)
    bpy.app.handlers.load_post.append(_file_loaded)
    bpy.app.timers.register(_tick, first_interval=TICK_S, persistent=True)


def unregister() -> None:
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    for handlers in _handlers():
        handlers.remove(_timeline_may_differ)
    bpy.app.handlers.load_post.remove(_file_loaded)
    session.end()
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)


def _fresh_link() -> Link:
    entry = bpy.context.preferences.addons.get(ADD_ON)
    folder = entry.preferences.state_folder if entry and entry.preferences else ""
    return Link(Daemon.found(bpy.path.abspath(folder) if folder else None), Front())


def _handlers() -> tuple[Any, ...]:
    return bpy.app.handlers.undo_post, bpy.app.handlers.redo_post


def _tick() -> float:
    """Blender drops a timer that raised. The fault is told in the console, and the panel goes on."""
    seconds = None
    try:
        seconds = session.link().tick()
        return seconds
    finally:
        if seconds is None:
            bpy.app.timers.register(_tick, first_interval=1.0, persistent=True)


@persistent  # type: ignore[untyped-decorator]
def _timeline_may_differ(*_: Any) -> None:
    session.link().look_again()


@persistent  # type: ignore[untyped-decorator]
def _file_loaded(*_: Any) -> None:
    session.link().file_loaded()
