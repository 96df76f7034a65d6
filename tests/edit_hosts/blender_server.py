# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: the adapter and an artist's hands, driven by lines of JSON.

`blender -b --factory-startup --python blender_server.py`, or a Python that has `bpy`. Blender prints to its
standard output; answers are written to file descriptor 3.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "nle_bridge"))

from understudy_bridge.hosts.blender.host import BlenderHost
from understudy_bridge.hosts.blender.reading import uids_of
from understudy_bridge.hosts.blender.scene_parts import as_sequencer, edit_of, strips_of
from understudy_bridge.panel import flow
from understudy_bridge.panel.daemon_calls import Daemon
from understudy_bridge.panel.host import HostRefused, Table

WIDTH_PX, HEIGHT_PX = 64, 36


class Artist:
    """What somebody does in Blender with hands, past the adapter."""

    def build(self, timeline: Table, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene = bpy.context.scene
        rate = Fraction(timeline["rate"])
        scene.render.fps, scene.render.fps_base = round(rate), float(round(rate) / rate)
        scene.render.resolution_x, scene.render.resolution_y = width_px, height_px
        scene.render.resolution_percentage = 100
        scene.view_settings.view_transform = "Standard"
        scene.frame_start = 0
        editor = scene.sequence_editor_create()
        for track in timeline["tracks"]:
            for clip in track["clips"]:
                self._put(editor, track["number"], clip)
            channel = editor.channels[track["number"]]
            channel.lock, channel.mute = track.get("locked", False), not track.get("enabled", True)

    def _put(self, editor: Any, channel: int, clip: Table) -> None:
        strips, media = strips_of(editor), clip["media"]
        if media is None:
            self._title(editor, channel, clip["name"], clip["record_in"], clip["duration"])
            return
        head = clip["source_in"] - (media["start"] or 0)
        strip = strips.new_movie(
            name=clip["name"], filepath=media["path"], channel=channel, frame_start=clip["record_in"] - head
        )
        strip.frame_offset_start = head
        strip.frame_offset_end = strip.frame_duration - head - clip["duration"]
        strip.mute, strip.select = not clip["enabled"], False

    def _title(self, editor: Any, channel: int, name: str, start: int, duration: int) -> None:
        ending = {"length": duration} if bpy.app.version >= (5, 0) else {"frame_end": start + duration}
        strips_of(editor).new_effect(name=name, type="COLOR", channel=channel, frame_start=start, **ending)

    def disturb(self, uid: str, what: str, amount: int) -> None:
        editor = edit_of(bpy.context.scene)
        strips = strips_of(editor)
        uids = uids_of(strips)
        strip = next(one for one in strips if uids[one.name] == uid)
        if what == "move":
            strip.frame_start += amount
        elif what == "trim_head":
            strip.frame_offset_start += amount
        elif what == "delete":
            strips.remove(strip)
        elif what == "duplicate":
            self._duplicate(strips, strip)
        elif what == "occupy":
            self._title(
                editor, strip.channel + 1, "title", strip.frame_final_start, strip.frame_final_duration
            )
        elif what == "rename":
            strip.name = f"renamed {amount}"
        elif what == "select":
            for one in strips:
                one.select = one == strip
        else:
            raise ValueError(what)

    def _duplicate(self, strips: Any, strip: Any) -> None:
        """As Shift D: the same medium and trim, the properties, another name."""
        end = max(one.frame_final_end for one in strips)
        copy = strips.new_movie(
            strip.name, strip.filepath, strip.channel, end + 5 - round(strip.frame_offset_start)
        )
        copy.frame_offset_start, copy.frame_offset_end = strip.frame_offset_start, strip.frame_offset_end
        for key in [key for key in strip.keys() if key.startswith("understudy")]:  # noqa: SIM118
            copy[key] = strip[key]

    def save_and_reload(self, path: str) -> None:
        bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.ops.wm.open_mainfile(filepath=path)

    def render(self, folder: str, first: int, last: int) -> None:
        """PNG files of record frames, named by their number."""
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = first, last
        scene.render.image_settings.file_format = "PNG"
        scene.render.filepath = os.path.join(folder, "####")
        bpy.ops.render.render(animation=True, scene=scene.name)
        scene.frame_start = 0

    def submit(self, uids: list[str] | None, preset: str) -> list[Table]:
        """Send clips to the daemon that runs, through the panel's own steps."""
        return flow.submit(Daemon.found(), BlenderHost(), uids, preset)

    def wait(self, sending_id: str) -> Table:
        """Watch a sending to its end."""
        for told in flow.watch(Daemon.found(), BlenderHost().about()["project"], sending_id):
            last = told
        return last

    def again(self, sending_id: str) -> Table:
        """Have the next version rendered."""
        return Daemon.found().render(sending_id, {})

    def place(self, sending_id: str, version: int | None = None) -> list[str]:
        return flow.place(Daemon.found(), BlenderHost(), sending_id, version).notes

    def run(self, source: str) -> Any:
        """Anything else that a test does with its hands; `answer` is what it tells."""
        names: Table = {"bpy": bpy, "strips": strips_of(edit_of(bpy.context.scene)), "answer": None}
        with as_sequencer(bpy.context.scene):
            exec(source, names)
        return names["answer"]


def serve() -> None:
    host, artist = BlenderHost(), Artist()
    with os.fdopen(3, "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            asked = json.loads(line)
            holder = artist if hasattr(artist, asked["call"]) else host
            try:
                said = {"answer": getattr(holder, asked["call"])(*asked["args"])}
            except HostRefused as refusal:
                said = {"refused": {"kind": refusal.kind, "message": str(refusal)}}
            except Exception:
                said = {"broken": traceback.format_exc()}
            answers.write(json.dumps(said) + "\n")
            answers.flush()
    os._exit(0)  # Blender's own way out is slow, and writes files


serve()
