# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a scene the adapter reads, alike in Blender 3.4, 4.5 and 5.x: strips, channels, rates, curves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import bpy

from ...panel.host import HostRefused
from ...panel.rates import exact_rate

MOST_CHANNELS = 128
_CURVE = re.compile(r'sequence_editor\.(?:strips|sequences)_all\["((?:[^"\\]|\\.)*)"\]\.(.+)')
_INPUTS = ("input_1", "input_2", "input_3")
_WITHOUT_INPUTS = frozenset({"MOVIE", "IMAGE", "SOUND", "META", "SCENE"})  # asked first, since it is quick


def scene_in_front() -> Any:
    """The scene of the sequencer. From 5.0 on a workspace has one of its own."""
    context = bpy.context
    found = getattr(context, "sequencer_scene", None)
    windows = [context.window, *context.window_manager.windows] if context.window_manager else []
    for window in windows:
        if found is None and window is not None:
            found = getattr(window.workspace, "sequencer_scene", None)
    return found or context.scene or windows[-1].scene


@contextmanager
def as_sequencer(scene: Any) -> Iterator[None]:
    """A context with a scene for its sequencer: without one Blender 5.0 crashes on new modifiers."""
    context = bpy.context
    windows = context.window_manager.windows
    if context.window is None and len(windows):
        with context.temp_override(window=windows[0]), as_sequencer(scene):
            yield
        return
    workspace = context.workspace
    if workspace is None or getattr(workspace, "sequencer_scene", scene) is not None:
        yield
        return
    workspace.sequencer_scene = scene
    try:
        yield
    finally:
        workspace.sequencer_scene = None


def edit_of(scene: Any) -> Any:
    """What holds the strips in front of the artist: the scene's edit, or the meta strip that is open.

    Raises: HostRefused.
    """
    editor = scene.sequence_editor
    if editor is None:
        raise HostRefused("NotOnTimeline", f"the scene {scene.name!r} has no strips; add a movie first")
    return editor.meta_stack[-1] if len(editor.meta_stack) else editor


def strips_of(edit: Any) -> Any:
    """The collection of strips, which 4.4 renamed."""
    return edit.strips if hasattr(edit, "strips") else edit.sequences


def rate_of(scene: Any) -> Fraction:
    """The scene's rate, exact. Raises: HostRefused."""
    try:
        return exact_rate(scene.render.fps / scene.render.fps_base)
    except ValueError as cause:
        raise HostRefused("Unsupported", f"the scene {scene.name!r}: {cause}; set its frame rate") from cause


def origin_of(scene: Any, strips: Any) -> int:
    """The frame that record frames count from: 0, so that the numbers are Blender's own."""
    first: int = min([0, scene.frame_start, *(strip.frame_final_start for strip in strips)])
    return first


def place_of(strip: Any) -> tuple[int, int]:
    """The first frame a strip is seen on, and the end."""
    return strip.frame_final_start, strip.frame_final_end


def inputs_used(strips: Any) -> dict[str, str]:
    """The effect strip that shows a strip, by the name of that strip."""
    return {
        used.name: effect.name
        for effect in strips
        if effect.type not in _WITHOUT_INPUTS
        for name in _INPUTS
        if (used := getattr(effect, name, None)) is not None
    }


def animated(scene: Any) -> dict[str, str]:
    """A property of a strip that has keys or a driver, by the strip's name."""
    held = scene.animation_data
    if held is None:
        return {}
    curves = [*(_action_curves(held.action) if held.action else ()), *held.drivers]
    matches = (_CURVE.match(curve.data_path) for curve in curves)
    return {re.sub(r"\\(.)", r"\1", match[1]): match[2] for match in matches if match}


def _action_curves(action: Any) -> Iterator[Any]:
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves
