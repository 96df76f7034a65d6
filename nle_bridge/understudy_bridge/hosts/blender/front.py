# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel does to Blender beside its strips: undo steps, redrawing, small pictures, the browser."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews

from ...panel.host import HostRefused
from .host import BlenderHost
from .reading import OURS, UID, media_table, written
from .scene_parts import edit_of, origin_of, scene_in_front, strips_of

EDITOR = "SEQUENCE_EDITOR"


class Front:
    """One per registered add-on. `host` reads and changes the strips; nothing of a file is kept here."""

    def __init__(self) -> None:
        self.host = BlenderHost()
        self._previews = bpy.utils.previews.new()
        self._folder = Path(tempfile.mkdtemp(prefix="understudy-"))
        self._loads = 0
        self._pictures: dict[str, str] = {}
        self._opened: set[tuple[str, int]] = set()

    def close(self) -> None:
        bpy.utils.previews.remove(self._previews)
        shutil.rmtree(self._folder, ignore_errors=True)

    def undo_step(self, message: str) -> None:
        """Everything since the last step becomes one that the artist can undo."""
        with in_window():
            bpy.ops.ed.undo_push(message=message)

    def lying(self) -> dict[str, int]:
        """The version of every take on the timeline, by the uid of its shot's clip."""
        try:
            strips = strips_of(edit_of(scene_in_front()))
        except HostRefused:
            return {}
        found = {}
        for strip in strips:
            ours = written(strip, OURS)
            if "shot" in ours and type(ours.get("version")) is int:
                found[str(ours["shot"])] = ours["version"]
        return found

    def carries(self, uid: str) -> bool:
        """Whether a strip carries this identity."""
        try:
            strips = strips_of(edit_of(scene_in_front()))
        except HostRefused:
            return False
        return any(strip.get(UID) == uid for strip in strips)

    def open_media(self, longest_s: float) -> int:
        """Let Blender look into movies that it has not opened yet; returns how many strips' are left.

        The first question for a movie's rate opens its file; a thousand in one go would hold Blender up.
        """
        try:
            strips = strips_of(edit_of(scene_in_front()))
        except HostRefused:
            return 0
        new = [strip for strip in strips if strip.type == "MOVIE" and _key(strip) not in self._opened]
        until = time.monotonic() + longest_s
        for done, strip in enumerate(new):
            if time.monotonic() >= until:
                return len(new) - done
            media_table(strip, Fraction(1))
            self._opened.add(_key(strip))
        return 0

    def playhead(self) -> int:
        """The record frame that is shown."""
        scene = scene_in_front()
        return int(scene.frame_current) - origin_of(scene, strips_of(edit_of(scene)))

    def redraw(self) -> None:
        for _, area in sequencers():
            for region in area.regions:
                if region.type == "UI":
                    region.tag_redraw()

    def take_picture(self, sending_id: str, jpeg: bytes) -> int:
        """Keep a JPEG as a sending's small picture, the last one goes; returns its icon's number."""
        if (last := self._pictures.pop(sending_id, None)) is not None:
            del self._previews[last]
            (self._folder / f"{last}.jpg").unlink()
        self._loads += 1
        name = self._pictures[sending_id] = f"{self._loads:06d}"
        path = self._folder / f"{name}.jpg"
        path.write_bytes(jpeg)
        return int(self._previews.load(name, str(path), "IMAGE").icon_id)

    def browse(self, url: str) -> None:
        """Open a page in the artist's browser; some browsers' starters wait, so on a thread."""
        threading.Thread(target=webbrowser.open, args=(url,), name="understudy-browser", daemon=True).start()


def _key(strip: Any) -> tuple[str, int]:
    return strip.filepath, strip.frame_duration


def sequencers() -> Iterator[tuple[Any, Any]]:
    """Windows and areas that show the video editor."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == EDITOR:
                yield window, area


@contextmanager
def in_window() -> Iterator[None]:
    """Timers have no window; operators that we call need one: that with the video editor, else the first."""
    if bpy.context.window is not None:
        yield
        return
    shown = [window for window, _ in sequencers()] or list(bpy.context.window_manager.windows)
    with bpy.context.temp_override(window=shown[0]):
        yield
