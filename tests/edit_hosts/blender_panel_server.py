# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: the installed add-on, its buttons and what they draw, driven by lines of JSON.

Answers are written to file descriptor 3, as in `blender_server.py`. Without windows timers do not run, so
`until` ticks; with them lines are read by a thread and carried out by a timer between the add-on's own.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
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

    def holds(self, condition: str) -> bool:
        return bool(eval(condition, self.names()))

    def run(self, source: str) -> Any:
        """Anything else; `answer` is what it tells."""
        names = {**self.names(), "answer": None}
        exec(source, names)
        return names["answer"]

    def names(self) -> dict[str, Any]:
        preferences = bpy.context.preferences.addons[MODULE].preferences
        told = {"link": link(), "desk": link().desk, "strips": list(strips()), "preferences": preferences}
        return {**told, "bpy": bpy, "time": time}

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

    # With windows

    def measure(self) -> None:
        """From now on every draw, button and tick of ours is timed."""
        panels = part("panels").CLASSES
        buttons = (*part("operators").CLASSES, *part("sending_operators").CLASSES)
        for one, name in [(one, "draw") for one in panels] + [(one, "execute") for one in buttons]:
            setattr(one, name, timed_method(f"{one.__name__}.{name}", getattr(one, name)))
        link().tick = timed("tick", link().tick)

    def longest(self) -> list[Any]:
        """The longest calls since `measure`: [name, wall seconds, processor seconds], and forgets them."""
        found = sorted(TIMES, key=lambda one: -one[1])[:5]
        TIMES.clear()
        return found

    def drawn(self) -> bool:
        """Whether a panel of ours was drawn since `measure` or `longest`."""
        return any(name.endswith(".draw") for name, *_ in TIMES)

    def arrange(self) -> list[int]:
        """Sequencer and preview over the whole window, the sidebar open; the sidebar's place."""
        window = bpy.context.window_manager.windows[0]
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type == "SEQUENCER":
                area.spaces.active.view_type = "SEQUENCER_PREVIEW"
                area.spaces.active.show_region_ui = True
                area.spaces.active.timeline_overlay.show_strip_source = False
                with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
                    bpy.ops.screen.screen_full_area()
                break
        return self.sidebar()

    def sidebar(self) -> list[int]:
        window = bpy.context.window_manager.windows[0]
        region = next(one for one in window.screen.areas[0].regions if one.type == "UI")
        return [region.x, window.height - region.y - region.height, region.width, region.height]

    def fit(self) -> None:
        """Everything in view, in timeline and preview."""
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        for region in area.regions:
            if region.type in ("WINDOW", "PREVIEW"):
                act = (
                    bpy.ops.sequencer.view_all
                    if region.type == "WINDOW"
                    else bpy.ops.sequencer.view_all_preview
                )
                with bpy.context.temp_override(window=window, area=area, region=region):
                    act()

    def multiply(self, least: int) -> int:
        """Copies of all strips after the last one until there are so many; how many there are."""
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        region = next(one for one in area.regions if one.type == "WINDOW")
        scene, shown = bpy.context.scene, bpy.context.scene.frame_current
        with bpy.context.temp_override(window=window, area=area, region=region):
            while len(strips()) < least:
                for number, strip in enumerate(list(strips())):
                    strip.select = number < least - len(strips())
                bpy.ops.sequencer.copy()
                scene.frame_current = max(strip.frame_final_end for strip in strips()) + 1
                bpy.ops.sequencer.paste()
        scene.frame_current = shown
        bpy.ops.ed.undo_push(message="multiplied")
        return len(strips())

    def save_and_reload(self, path: str) -> None:
        bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.ops.wm.open_mainfile(filepath=path)


TIMES: list[list[Any]] = []


def timed(name: str, call: Any) -> Any:
    def measured(*args: Any) -> Any:
        wall, processor = time.perf_counter(), time.thread_time()
        try:
            return call(*args)
        finally:
            TIMES.append([name, time.perf_counter() - wall, time.thread_time() - processor])

    return measured


def timed_method(name: str, call: Any) -> Any:
    inner = timed(name, call)
    return lambda self, context: inner(self, context)  # Blender counts the arguments


def part(name: str) -> Any:
    return importlib.import_module(f"{MODULE}.hosts.blender.{name}")


def link() -> Any:
    return part("session").link()


def strips() -> Any:
    editor = bpy.context.scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def answer_to(artist: Artist, line: str) -> str:
    asked = json.loads(line)
    try:
        said = {"answer": getattr(artist, asked["call"])(*asked["args"])}
    except Exception:
        said = {"broken": traceback.format_exc()}
    return json.dumps(said) + "\n"


def serve() -> None:
    artist = Artist()
    with os.fdopen(3, "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            answers.write(answer_to(artist, line))
            answers.flush()
    os._exit(0)


def serve_between_timers() -> None:
    """The same beside Blender's own windows."""
    artist, asked = Artist(), queue.SimpleQueue()
    answers = os.fdopen(3, "w", encoding="utf-8")

    def read() -> None:
        for line in sys.stdin:
            asked.put(line)
        os._exit(0)

    def act() -> float:
        if not asked.empty():
            answers.write(answer_to(artist, asked.get()))
            answers.flush()
        return 0.02

    bpy.context.preferences.view.show_splash = False
    threading.Thread(target=read, daemon=True).start()
    bpy.app.timers.register(act, first_interval=0.5, persistent=True)


if bpy.app.background:
    serve()
else:
    serve_between_timers()
