# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's buttons. Each starts something and returns at once; what comes of it, the panel shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ...panel.host import HostRefused
from . import session

Outcome = set[str]
INTERNAL = {"INTERNAL"}


def told(operator: Any, act: Callable[[], object]) -> Outcome:
    """Act, and tell a refusal where the artist looks."""
    try:
        act()
    except HostRefused as refusal:
        operator.report({"ERROR"}, str(refusal))
        session.desk().notice("error", str(refusal))
        return {"CANCELLED"}
    finally:
        session.link().changed()
    return {"FINISHED"}


class UNDERSTUDY_OT_refresh(bpy.types.Operator):
    """Ask the daemon again how it is and what presets and people there are"""

    bl_idname = "understudy.refresh"
    bl_label = "Refresh Understudy"

    def execute(self, context: Any) -> Outcome:
        session.link().look_again()
        return told(self, session.link().refresh)


class UNDERSTUDY_OT_choose_preset(bpy.types.Operator):
    """Send with this preset from now on"""

    bl_idname = "understudy.choose_preset"
    bl_label = "Choose Understudy Preset"
    bl_options = INTERNAL
    __annotations__ = {"name": StringProperty()}

    def execute(self, context: Any) -> Outcome:
        session.desk().preset_name = self.name
        return told(self, session.link().sender.forget)


class UNDERSTUDY_OT_check_selected(bpy.types.Operator):
    """Look what stands against sending the selected clips; nothing is sent yet"""

    bl_idname = "understudy.check_selected"
    bl_label = "Check Selected for Understudy"

    def execute(self, context: Any) -> Outcome:
        return told(self, session.link().sender.check_selected)


class UNDERSTUDY_OT_send_checked(bpy.types.Operator):
    """Send the checked shots; those that are refused stay"""

    bl_idname = "understudy.send_checked"
    bl_label = "Send to Understudy"

    def execute(self, context: Any) -> Outcome:
        return told(self, session.link().sender.send_checked)


class UNDERSTUDY_OT_dismiss_checked(bpy.types.Operator):
    """Do not send these"""

    bl_idname = "understudy.dismiss_checked"
    bl_label = "Do Not Send"
    bl_options = INTERNAL

    def execute(self, context: Any) -> Outcome:
        return told(self, session.link().sender.forget)


class UNDERSTUDY_OT_dismiss_notice(bpy.types.Operator):
    """Take this message away"""

    bl_idname = "understudy.dismiss_notice"
    bl_label = "Dismiss"
    bl_options = INTERNAL
    __annotations__ = {"number": IntProperty()}

    def execute(self, context: Any) -> Outcome:
        notices = session.desk().notices
        if 0 <= self.number < len(notices):
            del notices[self.number]
        return told(self, session.link().changed)


class UNDERSTUDY_OT_place_offered(bpy.types.Operator):
    """Lay the takes that have finished above their shots"""

    bl_idname = "understudy.place_offered"
    bl_label = "Place Finished Takes"

    def execute(self, context: Any) -> Outcome:
        for one in list(session.desk().offered):
            session.link().place(one)
        return told(self, session.link().changed)


class UNDERSTUDY_OT_dismiss_offered(bpy.types.Operator):
    """Leave them in the list below"""

    bl_idname = "understudy.dismiss_offered"
    bl_label = "Later"
    bl_options = INTERNAL

    def execute(self, context: Any) -> Outcome:
        session.desk().offered = []
        return told(self, session.link().changed)


class UNDERSTUDY_OT_show_more(bpy.types.Operator):
    """Show older sendings too"""

    bl_idname = "understudy.show_more"
    bl_label = "Show Older"
    bl_options = INTERNAL

    def execute(self, context: Any) -> Outcome:
        session.desk().shown += 8
        return told(self, session.link().changed)


CLASSES = (
    UNDERSTUDY_OT_refresh,
    UNDERSTUDY_OT_choose_preset,
    UNDERSTUDY_OT_check_selected,
    UNDERSTUDY_OT_send_checked,
    UNDERSTUDY_OT_dismiss_checked,
    UNDERSTUDY_OT_dismiss_notice,
    UNDERSTUDY_OT_place_offered,
    UNDERSTUDY_OT_dismiss_offered,
    UNDERSTUDY_OT_show_more,
)
