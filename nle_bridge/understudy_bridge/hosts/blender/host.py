# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's video editor as the bridge sees it: one class, over `bpy` 3.4, 4.5 and 5.x.

Everything is read from the strips at each call; none is kept, since undo and loading a file make new ones.
"""

from __future__ import annotations

import os
import uuid
from typing import Any

import bpy

from ...panel.host import HostRefused, Table, carried_out
from .laying import lay, lift, swap
from .reading import MARKED_NAME, UID, timeline_table, uids_of
from .scene_parts import edit_of, origin_of, scene_in_front, strips_of

PROJECT = "understudy_project"
_STEPS = {"lay": lay, "swap": swap, "lift": lift}


class BlenderHost:
    """`panel.host.EditHost` over the scene in front of the artist. Pushes no undo steps; the panel does."""

    def __init__(self) -> None:
        self._unwritten = ("", "")

    def about(self) -> Table:
        path = bpy.data.filepath
        return {
            "host": "blender",
            "version": bpy.app.version_string,
            "project": self._project(),
            "project_name": os.path.splitext(os.path.basename(path))[0] or "untitled",
            "capabilities": {"retimes": False, "undo": True, "notices_open": True},
        }

    def timeline(self) -> Table:
        scene = scene_in_front()
        return timeline_table(scene, edit_of(scene))

    def selected(self) -> list[str]:
        strips = strips_of(edit_of(scene_in_front()))
        uids = uids_of(strips)
        shown = [strip for strip in strips if strip.type != "SOUND" and strip.frame_final_duration > 0]
        chosen = [strip for strip in shown if strip.select]
        chosen.sort(key=lambda strip: (strip.frame_final_start, strip.channel))
        return [uids[strip.name] for strip in chosen]

    def mark(self, uid: str, identity: str) -> None:
        strips = strips_of(edit_of(scene_in_front()))
        uids = uids_of(strips)
        holders = [strip for strip in strips if uids[strip.name] == uid]
        if not holders:
            raise HostRefused("NotOnTimeline", "the clip is not on the timeline any more; select it again")
        if len(holders) > 1:
            names = ", ".join(repr(strip.name) for strip in holders)
            raise HostRefused(
                "NotOnTimeline", f"{names} cannot be told apart; delete the copies, or cut them anew"
            )
        self._write_project()
        holders[0][UID], holders[0][MARKED_NAME] = identity, holders[0].name

    def carry_out(self, step: Table) -> Table:
        scene = scene_in_front()
        return carried_out(_STEPS, "Blender", step, scene, edit_of(scene))

    def seek(self, frame: int) -> None:
        scene = scene_in_front()
        scene.frame_current = origin_of(scene, strips_of(edit_of(scene))) + frame

    def _project(self) -> str:
        """The id kept in the file; one is made for a file that has none and written with the first mark."""
        for scene in bpy.data.scenes:
            if PROJECT in scene:
                return str(scene[PROJECT])
        if self._unwritten[0] != bpy.data.filepath or not self._unwritten[1]:
            self._unwritten = (bpy.data.filepath, str(uuid.uuid4()))
        return self._unwritten[1]

    def _write_project(self) -> None:
        scene: Any = scene_in_front()
        scene[PROJECT] = self._project()
