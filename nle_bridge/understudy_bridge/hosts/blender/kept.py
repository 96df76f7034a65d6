# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip is besides its media and place, as JSON: so that one can be taken away and laid again."""

from __future__ import annotations

from typing import Any

from ...panel.host import Table
from .scene_parts import as_sequencer

# Where a strip lies and what it shows is told by its clip; what is looked at is nobody's business.
_NOT_KEPT = frozenset(
    {
        "name", "channel", "filepath", "directory", "frame_start", "frame_final_start", "frame_final_end",
        "frame_final_duration", "frame_offset_start", "frame_offset_end", "animation_offset_start",
        "animation_offset_end", "select", "select_left_handle", "select_right_handle", "rna_type", "type",
        "is_active", "active", "show_expanded", "effect_fader", "use_default_fade",
    }
)  # fmt: skip
_SIMPLE = ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
_PARTS = ("transform", "crop", "colorspace_settings", "color_balance")


def kept(strip: Any) -> Table:
    """Every plain setting of a strip with its modifiers."""
    modifiers = [{"type": one.type, "name": one.name, **_values(one)} for one in strip.modifiers]
    return {**_values(strip), "modifiers": modifiers}


def give_back(strip: Any, table: Table) -> None:
    """Set what `kept` told on another strip of the same Blender."""
    _set_values(strip, table)
    if not table["modifiers"]:
        return
    with as_sequencer(strip.id_data):
        for one in table["modifiers"]:
            _set_values(strip.modifiers.new(name=one["name"], type=one["type"]), one)


def copy_framing(shot: Any, take: Any) -> None:
    """Lay a take's picture on the very pixels of its shot's, whatever the size of either."""
    for name in ("use_flip_x", "use_flip_y"):
        setattr(take, name, getattr(shot, name))
    take.colorspace_settings.name = shot.colorspace_settings.name
    _set_values(take.transform, _values(shot.transform))
    _set_values(take.crop, _values(shot.crop))
    shot_px, take_px = _size_px(shot), _size_px(take)
    if shot_px == take_px or not all((*shot_px, *take_px)):
        return
    wider, higher = take_px[0] / shot_px[0], take_px[1] / shot_px[1]
    take.transform.scale_x /= wider
    take.transform.scale_y /= higher
    take.crop.min_x, take.crop.max_x = (round(edge * wider) for edge in (shot.crop.min_x, shot.crop.max_x))
    take.crop.min_y, take.crop.max_y = (round(edge * higher) for edge in (shot.crop.min_y, shot.crop.max_y))


def _size_px(strip: Any) -> tuple[int, int]:
    first = strip.elements[0]
    return first.orig_width, first.orig_height


def _values(struct: Any) -> Table:
    found: Table = {}
    for prop in struct.bl_rna.properties:
        if prop.identifier in _PARTS and prop.type == "POINTER":
            found[prop.identifier] = _values(getattr(struct, prop.identifier))
        elif prop.identifier == "curve_mapping":
            found["curve_mapping"] = [
                [[*point.location, point.handle_type] for point in curve.points]
                for curve in struct.curve_mapping.curves
            ]
        elif prop.type in _SIMPLE and not prop.is_readonly and prop.identifier not in _NOT_KEPT:
            value = getattr(struct, prop.identifier)
            several = getattr(prop, "is_array", False) or getattr(prop, "is_enum_flag", False)
            found[prop.identifier] = list(value) if several else value
    if struct.bl_rna.identifier == "ColorManagedInputColorspaceSettings":
        found["name"] = struct.name
    return found


def _set_values(struct: Any, table: Table) -> None:
    known = {prop.identifier: prop for prop in struct.bl_rna.properties}
    for name, value in table.items():
        if name in _PARTS:
            _set_values(getattr(struct, name), value)
        elif name == "curve_mapping":
            _set_curves(struct.curve_mapping, value)
        elif name in known and not known[name].is_readonly and name != "type":
            flags = getattr(known[name], "is_enum_flag", False)
            setattr(struct, name, set(value) if flags else value)


def _set_curves(mapping: Any, curves: list[list[list[Any]]]) -> None:
    for curve, points in zip(mapping.curves, curves):  # noqa: B905 (Python 3.9)
        while len(curve.points) < len(points):
            curve.points.new(0.5, 0.5)
        for point, (x, y, handle) in zip(curve.points, points):  # noqa: B905
            point.location, point.handle_type = (x, y), handle
    mapping.update()
