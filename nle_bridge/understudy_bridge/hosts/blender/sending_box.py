# SPDX-License-Identifier: GPL-3.0-or-later
"""One sending in the panel: a line, and when opened its picture, progress, versions and what can be done."""

from __future__ import annotations

from typing import Any

from . import wording
from .desk import Desk, Table
from .drawing import Page

MOST_VERSIONS = 6


def draw_sending(page: Page, desk: Desk, told: Table) -> None:
    box = page.inside(page.layout.box())
    opened = desk.opened == told["id"]
    row = box.layout.row(align=True)
    triangle = "DISCLOSURE_TRI_DOWN" if opened else "DISCLOSURE_TRI_RIGHT"
    row.operator("understudy.open_sending", text="", icon=triangle, emboss=False).sending = told["id"]
    row.label(text=wording.title(told, desk.version_lying(told)), icon=wording.state_icon(told))
    if told["id"] in desk.busy:
        box.text(desk.busy[told["id"]], "SORTTIME")
    if told["state"] in ("running", "waiting"):
        _draw_progress(box, told)
    if told.get("error"):
        box.text(str(told["error"].get("message", "")), "ERROR")
    if opened:
        _draw_opened(box, desk, told)


def _draw_progress(page: Page, told: Table) -> None:
    part = wording.progress(told)
    if hasattr(page.layout, "progress") and part is not None:  # from 4.0 on
        page.layout.progress(text=wording.stage(told), factor=part)
    else:
        page.text(wording.stage(told))


def _draw_opened(page: Page, desk: Desk, told: Table) -> None:
    if desk.pictures.get(told["id"]):
        page.layout.template_icon(icon_value=desk.pictures[told["id"]], scale=6.0)
    page.layout.label(text=f"Preset {told.get('preset', '')}")
    quiet = told["id"] not in desk.busy
    for version in wording.versions(told, desk.version_lying(told))[:MOST_VERSIONS]:
        _draw_version(page, told, version, quiet)
    _draw_actions(page, told, quiet)


def _draw_version(page: Page, told: Table, version: wording.VersionRow, quiet: bool) -> None:
    row = page.layout.row(align=True)
    row.label(text=f"{version.label}  {version.note}".strip())
    if not version.action:
        return
    part = row.row(align=True)
    part.enabled = quiet
    names = {
        "place": ("Place", "IMPORT"),
        "swap": ("Swap in", "FILE_REFRESH"),
        "fetch": ("Fetch", "SORT_ASC"),
    }
    if version.action == "remove":
        _button(part, "understudy.remove_take", told, "Remove", "TRASH")
    elif version.action == "fetch":
        _button(part, "understudy.fetch_take", told, *names["fetch"]).version = version.version
    else:
        _button(part, "understudy.place_take", told, *names[version.action]).version = version.version


def _draw_actions(page: Page, told: Table, quiet: bool) -> None:
    state = told["state"]
    column = page.layout.column(align=True)
    row = column.row(align=True)
    row.enabled = quiet
    if state in ("running", "waiting"):
        _button(row, "understudy.cancel_sending", told, "Cancel", "CANCEL")
    elif state in ("failed", "cancelled"):
        _button(row, "understudy.retry_sending", told, "Retry", "LOOP_BACK")
    else:
        _button(row, "understudy.render_again", told, "Render again", "RENDER_ANIMATION")
    _button(row, "understudy.go_to_shot", told, "Go to shot", "VIEWZOOM")
    if told.get("shot_id"):
        _button(column, "understudy.open_room", told, "Review room at this frame", "URL")


def _button(layout: Any, operator: str, told: Table, text: str, icon: str) -> Any:
    button = layout.operator(operator, text=text, icon=icon)
    button.sending = told["id"]
    return button
