# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: the installed add-on, its buttons and what they draw, driven by lines of JSON.

Answers are written to file descriptor 3, as in `blender_server.py`. Timers do not run without windows, so
`until` ticks.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from fractions import Fraction
from typing import Any

import bpy

NEWER = bpy.app.version >= (4, 2, 0)
MODULE = "bl_ext.user_default.understudy_sequencer" if NEWER else "understudy_sequencer"
ICONS = bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys()
_STEP_S = 0.02


class Paper:
    """A layout that writes down what is drawn, and refuses icons, operators and menus that there are not."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def label(self, *, text: str, icon: str = "NONE") -> None:
        self._write("", text, icon)

    def operator(self, name: str, *, text: str, icon: str = "NONE", emboss: bool = True) -> Any:
        group, _, word = name.partition(".")
        getattr(getattr(bpy.ops, group), word).get_rna_type()
        self._write(f"[{name}] ", text, icon)
        return type("Given", (), {})()

    def menu(self, name: str, *, text: str, icon: str = "NONE") -> None:
        getattr(bpy.types, name)
        self._write(f"<{name}> ", text, icon)

    def template_icon(self, *, icon_value: int, scale: float) -> None:
        assert icon_value > 0 and scale > 0
        self._write("", "(picture)", "NONE")

    def row(self, *, align: bool = False) -> Paper:
        return Paper(self._told)

    column = row

    def box(self) -> Paper:
        return Paper(self._told)

    def _write(self, before: str, text: str, icon: str) -> None:
        assert icon in ICONS, icon
        assert isinstance(text, str), text
        self._told.append(before + text)


class Artist:
    def install(self, path: str) -> bool:
        if NEWER:
            bpy.ops.extensions.package_install_files(
                filepath=path, repo="user_default", enable_on_install=True
            )
        else:
            bpy.ops.preferences.addon_install(filepath=path)
            bpy.ops.preferences.addon_enable(module=MODULE)
        return MODULE in bpy.context.preferences.addons

    def remove(self) -> list[str]:
        """Switch the add-on off; what of it is still there."""
        bpy.ops.preferences.addon_disable(module=MODULE)
        return [name for name in dir(bpy.types) if name.startswith("UNDERSTUDY_")]

    def build(self, rate: str, clips: list[Any]) -> None:
        """Clips are (name, path, channel, record_in, index, duration)."""
        scene, exact = bpy.context.scene, Fraction(rate)
        scene.render.fps, scene.render.fps_base = round(exact), float(round(exact) / exact)
        scene.frame_start = 0
        scene.sequence_editor_create()
        for name, path, channel, record_in, index, duration in clips:
            strip = strips().new_movie(
                name=name, filepath=path, channel=channel, frame_start=record_in - index
            )
            strip.frame_offset_start = index
            strip.frame_offset_end = strip.frame_duration - index - duration
            strip.select = False
        bpy.ops.ed.undo_push(message="built")

    def select(self, *names: str) -> None:
        for strip in strips():
            strip.select = strip.name in names

    def press(self, name: str, given: dict[str, Any]) -> str:
        """What the button says: "" or a refusal."""
        try:
            getattr(bpy.ops.understudy, name)(**given)
        except RuntimeError as refusal:
            return str(refusal)
        return ""

    def until(self, condition: str, longest_s: float) -> str:
        """Tick until a condition over `desk`, `strips` and `link` holds; "" or how it stands at the end."""
        ends = time.monotonic() + longest_s
        while not eval(condition, self.names()):
            if time.monotonic() > ends:
                desk = link().desk
                return repr([desk.connection, desk.trouble, desk.notices, desk.busy, desk.sendings])
            time.sleep(_STEP_S)
            link().tick()
        return ""

    def run(self, source: str) -> Any:
        """Anything else; `answer` is what it tells."""
        names = {**self.names(), "answer": None}
        exec(source, names)
        return names["answer"]

    def names(self) -> dict[str, Any]:
        return {"bpy": bpy, "link": link(), "desk": link().desk, "strips": list(strips()), "time": time}

    def lies(self) -> list[list[Any]]:
        """Name, channel, first frame and end of every strip, in that order."""
        found = [[one.name, one.channel, one.frame_final_start, one.frame_final_end] for one in strips()]
        return sorted(found, key=lambda one: (one[2], one[1]))

    def draw(self) -> list[str]:
        """All that the panels show now."""
        panels, told = part("panels"), []
        page = part("drawing").Page(Paper(told), 260, 1.0)
        for draw in (panels.draw_connection, panels.draw_send, panels.draw_takes):
            draw(page, link().desk)
        bpy.types.UNDERSTUDY_MT_presets.draw(type("Menu", (), {"layout": Paper(told)}), bpy.context)
        return told

    def save_and_reload(self, path: str) -> None:
        bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.ops.wm.open_mainfile(filepath=path)


def part(name: str) -> Any:
    return importlib.import_module(f"{MODULE}.hosts.blender.{name}")


def link() -> Any:
    return part("session").link()


def strips() -> Any:
    editor = bpy.context.scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def serve() -> None:
    artist = Artist()
    with os.fdopen(3, "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                said = {"answer": getattr(artist, asked["call"])(*asked["args"])}
            except Exception:
                said = {"broken": traceback.format_exc()}
            answers.write(json.dumps(said) + "\n")
            answers.flush()
    os._exit(0)


serve()
