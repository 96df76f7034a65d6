# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons of one sending."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from . import session
from .operators import INTERNAL, Outcome, told

_SENDING = {"sending": StringProperty()}
_VERSION = {**_SENDING, "version": IntProperty(min=0)}


class UNDERSTUDY_OT_open_sending(bpy.types.Operator):
    """Show or hide what there is to this shot"""

    bl_idname = "understudy.open_sending"
    bl_label = "Open or Close"
    bl_options = INTERNAL
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        desk = session.desk()
        desk.opened = "" if desk.opened == self.sending else self.sending
        return told(self, session.link().changed)


class UNDERSTUDY_OT_place_take(bpy.types.Operator):
    """Lay this version above its shot, or into the place of the one that lies there"""

    bl_idname = "understudy.place_take"
    bl_label = "Place Take"
    __annotations__ = dict(_VERSION)

    def execute(self, context: Any) -> Outcome:
        return told(self, lambda: session.link().place(self.sending, self.version or None))


class UNDERSTUDY_OT_remove_take(bpy.types.Operator):
    """Take it off the timeline; it can be placed again"""

    bl_idname = "understudy.remove_take"
    bl_label = "Remove Take"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        return told(self, lambda: session.link().remove(self.sending))


class UNDERSTUDY_OT_fetch_take(bpy.types.Operator):
    """Have this version delivered for the timeline"""

    bl_idname = "understudy.fetch_take"
    bl_label = "Fetch Take"
    __annotations__ = dict(_VERSION)

    def execute(self, context: Any) -> Outcome:
        sending, version = self.sending, self.version
        call = lambda daemon: daemon.fetch(sending, {"version": version})  # noqa: E731
        return told(self, lambda: session.link().do(sending, f"Fetching v{version:03d}", call))


class UNDERSTUDY_OT_render_again(bpy.types.Operator):
    """Render the next version, with the preset that is chosen above"""

    bl_idname = "understudy.render_again"
    bl_label = "Render Again"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        sending, preset = self.sending, session.desk().preset_name
        call = lambda daemon: daemon.render(sending, {"preset": preset} if preset else {})  # noqa: E731
        return told(self, lambda: session.link().do(sending, "Asking for the next version", call))


class UNDERSTUDY_OT_cancel_sending(bpy.types.Operator):
    """Stop the work on this shot"""

    bl_idname = "understudy.cancel_sending"
    bl_label = "Cancel Sending"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        sending = self.sending
        return told(
            self, lambda: session.link().do(sending, "Cancelling", lambda daemon: daemon.cancel(sending))
        )


class UNDERSTUDY_OT_retry_sending(bpy.types.Operator):
    """Go on where it stopped"""

    bl_idname = "understudy.retry_sending"
    bl_label = "Retry Sending"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        sending = self.sending
        return told(
            self, lambda: session.link().do(sending, "Trying again", lambda daemon: daemon.retry(sending))
        )


class UNDERSTUDY_OT_open_room(bpy.types.Operator):
    """Open the review room in the browser, at the frame under the playhead"""

    bl_idname = "understudy.open_room"
    bl_label = "Open Review Room"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        return told(self, lambda: session.link().open_room(self.sending))


class UNDERSTUDY_OT_go_to_shot(bpy.types.Operator):
    """Show the first frame of the shot"""

    bl_idname = "understudy.go_to_shot"
    bl_label = "Go to Shot"
    __annotations__ = dict(_SENDING)

    def execute(self, context: Any) -> Outcome:
        return told(self, lambda: session.link().go_to_shot(self.sending))


CLASSES = (
    UNDERSTUDY_OT_open_sending,
    UNDERSTUDY_OT_place_take,
    UNDERSTUDY_OT_remove_take,
    UNDERSTUDY_OT_fetch_take,
    UNDERSTUDY_OT_render_again,
    UNDERSTUDY_OT_cancel_sending,
    UNDERSTUDY_OT_retry_sending,
    UNDERSTUDY_OT_open_room,
    UNDERSTUDY_OT_go_to_shot,
)
