# SPDX-License-Identifier: GPL-3.0-or-later
"""The "Understudy" tab of the sequencer's sidebar. Drawing reads the desk and works nothing out."""

from __future__ import annotations

from typing import Any

import bpy

from . import session, wording
from .desk import AWAY, STARTING, WRONG_TOKEN, Desk
from .drawing import Page
from .sending_box import draw_sending

TAB = "Understudy"


class _InSidebar:
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = TAB


class UNDERSTUDY_PT_connection(_InSidebar, bpy.types.Panel):
    bl_idname = "UNDERSTUDY_PT_connection"
    bl_label = "Understudy"

    def draw(self, context: Any) -> None:
        draw_connection(Page.of(self.layout, context), session.desk())


class UNDERSTUDY_PT_send(_InSidebar, bpy.types.Panel):
    bl_idname = "UNDERSTUDY_PT_send"
    bl_label = "Send"

    def draw(self, context: Any) -> None:
        draw_send(Page.of(self.layout, context), session.desk())


class UNDERSTUDY_PT_takes(_InSidebar, bpy.types.Panel):
    bl_idname = "UNDERSTUDY_PT_takes"
    bl_label = "Takes"

    def draw(self, context: Any) -> None:
        draw_takes(Page.of(self.layout, context), session.desk())


class UNDERSTUDY_MT_presets(bpy.types.Menu):
    bl_idname = "UNDERSTUDY_MT_presets"
    bl_label = "Preset"

    def draw(self, context: Any) -> None:
        for preset in session.desk().presets:
            icon = "CHECKMARK" if preset.get("ready") else "ERROR"
            chosen = self.layout.operator("understudy.choose_preset", text=preset["name"], icon=icon)
            chosen.name = preset["name"]


def draw_connection(page: Page, desk: Desk) -> None:
    line, advice = wording.connection(desk)
    row = page.layout.row(align=True)
    row.label(text=line.text, icon=line.icon)
    row.operator("understudy.refresh", text="", icon="FILE_REFRESH")
    page.text(advice)
    for number, (kind, text) in enumerate(desk.notices):
        box = page.inside(page.layout.box())
        row = box.layout.row()
        column = box.inside(row.column(align=True))
        column.text(text, "ERROR" if kind == "error" else "INFO")
        row.operator("understudy.dismiss_notice", text="", icon="X", emboss=False).number = number


def draw_send(page: Page, desk: Desk) -> None:
    preset = desk.preset()
    if preset is None:
        away = desk.connection in (AWAY, WRONG_TOKEN, STARTING)
        page.text(
            "Presets are told when the daemon answers."
            if away
            else "There is no preset: train a model, or give the daemon a file of presets."
        )
    else:
        page.layout.menu("UNDERSTUDY_MT_presets", text=preset["name"], icon="PRESET")
        page.text(wording.recipe(preset))
        for line, message in wording.people(desk):
            page.layout.label(text=line.text, icon=line.icon)
            page.text(message)
        if not preset.get("ready"):
            page.text(str(preset.get("message") or ""), "ERROR")
    row = page.layout.row()
    row.enabled = bool(preset and preset.get("ready")) and not desk.checking
    row.operator(
        "understudy.check_selected", text="Checking" if desk.checking else "Check selected", icon="VIEWZOOM"
    )
    if desk.unread and (desk.checking or desk.sending or desk.busy):
        page.text(f"Blender looks into the media: {wording.strips(desk.unread)} left", "SORTTIME")
    if desk.checked:
        _draw_checked(page.inside(page.layout.box()), desk)


def _draw_checked(page: Page, desk: Desk) -> None:
    for checked in desk.checked:
        title = wording.checked_title(checked)
        page.layout.label(text=title.text, icon=title.icon)
        for line in wording.problems(checked):
            page.text(line.text, line.icon)
    count = len(desk.sendable())
    row = page.layout.row(align=True)
    send = row.row(align=True)
    send.enabled = count > 0 and not desk.sending
    words = "Sending" if desk.sending else "Send this shot" if count == 1 else f"Send {count} shots"
    send.operator("understudy.send_checked", text=words if count else "Nothing can be sent", icon="EXPORT")
    row.operator("understudy.dismiss_checked", text="", icon="X")


def draw_takes(page: Page, desk: Desk) -> None:
    if desk.offered:
        box = page.inside(page.layout.box())
        names = [str(desk.sendings[one]["name"]) for one in desk.offered if one in desk.sendings]
        box.text(wording.offered(names), "INFO")
        row = box.layout.row(align=True)
        row.operator("understudy.place_offered", text=wording.place_offered(len(names)), icon="IMPORT")
        row.operator("understudy.dismiss_offered", text="Later")
    told = desk.newest_first()
    if not told:
        page.text("Nothing of this project was sent yet." if desk.heard else "")
    for one in told[: desk.shown]:
        draw_sending(page, desk, one)
    if len(told) > desk.shown:
        page.layout.operator("understudy.show_more", text=f"Show {len(told) - desk.shown} older")


CLASSES = (
    UNDERSTUDY_PT_connection,
    UNDERSTUDY_PT_send,
    UNDERSTUDY_PT_takes,
    UNDERSTUDY_MT_presets,
)
