"""Nuke's script text of a composite: a take's layers over its plate. No Nuke is needed to write it.

A node takes its inputs from the stack, the last one pushed first: of Merge2 that is B, then A; of STMap the
picture, then the map. Positions are Nuke's, y upwards.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

VERSION = "13.0 v1"  # the oldest version the text is meant for; newer ones read it
_PLAIN = re.compile(r"[\w./:%#+-]+", re.ASCII)
_SPECIAL = re.compile(r'([\\"$\[\]{}])')
_NO_NAME = re.compile(r"\W+", re.ASCII)
_STEP_PX = 110

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Layer:
    """A sequence of files that Nuke reads: `####` in `path` is the frame, numbered `first` to `last`."""

    path: str
    first: int
    last: int


@dataclass(frozen=True)
class FaceLayer:
    """One face: the network's picture and where it goes.

    `box` is the picture in its frame (x, y, right, top), `corners` by frame where its bottom left, bottom
    right, top right and top left lie on the plate.
    """

    track: int
    raw: Layer
    st: Layer
    box: Box
    corners: Mapping[int, Sequence[Point]] = field(default_factory=dict)


@dataclass(frozen=True)
class Composite:
    """Everything of one take that is wired up. `shift`: script frame minus the files' frame number."""

    title: str
    beauty: Layer
    replaced: Layer
    matte: Layer
    faces: tuple[FaceLayer, ...] = ()
    plate: Layer | None = None
    shift: int = 0
    space: str = ""


def composite_text(take: Composite) -> str:
    """The nodes as text to paste below a plate; with `plate` in it, a whole script of its own.

    Raises: ValueError for a path that Nuke would run as script.
    """
    name = _node_name(take.title)
    lines = ["set cut_paste_input [stack 0]", f"version {VERSION}"]
    lines += _backdrop(take, name)
    lines += ["push $cut_paste_input"] if take.plate is None else _read(take.plate, "Plate", take.shift, at=0)
    lines += _node("Dot", name=f"{name}_plate", at=(0, 1), label="plate")
    lines.append("set Uplate [stack 0]")
    lines += _face_over_plate(take, name)
    lines += _beauty_and_matte(take, name)
    for column, face in enumerate(take.faces):
        lines += _face(face, name, take.shift, column)
    return "\n".join([*lines, ""])


def _face_over_plate(take: Composite, name: str) -> list[str]:
    """The replaced face has straight alpha: it is multiplied before it is laid over."""
    lines = _read(take.replaced, f"{name}_replaced", take.shift, at=1)
    lines += _node("Premult", name=f"{name}_premult", at=(1, 2))
    lines.append("push $Uplate")
    label = _label(f"working space must be {take.space}") if take.space else ""
    return lines + _node(
        "Merge2", inputs=2, operation="over", name=f"{name}_over", label=label, at=(0, 3), selected=True
    )


def _beauty_and_matte(take: Composite, name: str) -> list[str]:
    alpha = [f"rgba.alpha 0 3 rgba.{channel} 0 {number}" for number, channel in enumerate(_CHANNELS)]
    lines = _read(take.beauty, f"{name}_beauty", take.shift, at=2)
    lines += _read(take.matte, f"{name}_matte", take.shift, at=3)
    return lines + _node(
        "Shuffle2", mappings=" ".join(["4", *alpha]), name=f"{name}_matte_rgba", at=(3, 2), label="matte"
    )


_CHANNELS = ("red", "green", "blue", "alpha")


def _face(face: FaceLayer, name: str, shift: int, column: int) -> list[str]:
    """The network's own picture, back on the plate: by the map, and by a pin that can be moved by hand."""
    stem, x = f"{name}_{face.track}", 4 + 2 * column
    box = " ".join(_number(value) for value in face.box)
    lines = _read(face.raw, f"{stem}_raw", shift, at=x, holes=True)
    lines += _node(
        "Colorspace", name=f"{stem}_linear", at=(x, 2), label="raw is display-encoded", colorspace_in="sRGB"
    )
    lines += [f"set Uraw{face.track} [stack 0]"]
    lines += _read(face.st, f"{stem}_st", shift, at=x + 1, holes=True, raw=True)
    lines += [f"push $Uraw{face.track}"]
    lines += _node("Crop", name=f"{stem}_square", at=(x, 3), plain={"box": "{" + box + "}"}, reformat=True)
    lines += _node("STMap", inputs=2, channels="rgb", uv="rgb", name=f"{stem}_stmap", at=(x, 4))
    if face.corners:
        lines += [f"push $Uraw{face.track}", *_pin(face, f"{stem}_pin", shift, x)]
    return lines


def _pin(face: FaceLayer, name: str, shift: int, x: int) -> list[str]:
    left, bottom, right, top = face.box
    square = [(left, bottom), (right, bottom), (right, top), (left, top)]
    knobs = {}
    for number in range(4):
        curves = [
            _curve({frame + shift: corners[number][axis] for frame, corners in face.corners.items()})
            for axis in (0, 1)
        ]
        knobs[f"to{number + 1}"] = "{" + " ".join(curves) + "}"
        knobs[f"from{number + 1}"] = "{" + " ".join(_number(value) for value in square[number]) + "}"
    return _node("CornerPin2D", name=name, at=(x, 5), plain=knobs, filter="Mitchell")


def _read(
    layer: Layer, name: str, shift: int, *, at: int, holes: bool = False, raw: bool = False
) -> list[str]:
    """A Read that is no clip of the timeline; `holes`: frames without this face are black, not an error."""
    return _node(
        "Read",
        inputs=0,
        file=_nuke_path(layer.path),
        first=layer.first,
        last=layer.last,
        origfirst=layer.first,
        origlast=layer.last,
        origset=True,
        frame_mode="start at",
        frame=str(layer.first + shift),
        on_error="black" if holes else "error",
        before="black" if holes else "hold",
        after="black" if holes else "hold",
        raw=raw,
        name=name,
        at=(at, 0),
        plain={"addUserKnob": "{1 understudy l Understudy +INVISIBLE}", "understudy": _part_knob(name)},
    )


def _part_knob(name: str) -> str:
    text = json.dumps({"part": name}, sort_keys=True)
    return word(base64.b64encode(text.encode()).decode("ascii"))


def _backdrop(take: Composite, name: str) -> list[str]:
    columns = 4 + 2 * len(take.faces)
    return _node(
        "BackdropNode",
        inputs=0,
        name=name,
        label=_label(f"Understudy: {take.title}"),
        at=(0, 0),
        plain={"bdwidth": str(_STEP_PX * columns + 60), "bdheight": "700"},
        tile_color=0x5B6E7FFF,
    )


def _node(
    kind: str, *, at: tuple[int, int], plain: Mapping[str, str] | None = None, **knobs: object
) -> list[str]:
    """One node; `plain` is text that is right as it is, all else is quoted where it must be."""
    lines = [f"{kind} {{"]
    inputs = knobs.pop("inputs", 1)
    if inputs != 1:
        lines.append(f" inputs {inputs}")
    lines += [f" {key} {value}" for key, value in (plain or {}).items()]
    lines += [f" {key} {_value(value)}" for key, value in knobs.items() if value != ""]
    x, y = at
    return [*lines, f" xpos {_STEP_PX * x}", f" ypos {90 * y}", "}"]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return word(str(value)) if isinstance(value, str) else str(value)


def word(text: str) -> str:
    """A text as one word of Nuke's script language, whatever is in it."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + _SPECIAL.sub(r"\\\1", text).replace("\n", "\\n") + '"'


def _label(text: str) -> str:
    """Nuke runs what stands in brackets in a label."""
    return text.replace("[", "(").replace("]", ")").replace("$", "")


def _node_name(title: str) -> str:
    name = _NO_NAME.sub("_", title).strip("_") or "take"
    return name if not name[0].isdigit() else f"_{name}"


def _nuke_path(path: str) -> str:
    if set("[$") & set(path):
        raise ValueError(f"{path} has [ or $ in it, which Nuke would run as script; rename that folder")
    return re.sub("#+", lambda digits: f"%0{len(digits.group())}d", path.replace("\\", "/"))


def _curve(values: Mapping[int, float]) -> str:
    """An animation curve with a key on each frame; holes stay holes."""
    parts, expected = ["curve"], None
    for frame in sorted(values):
        if frame != expected:
            parts.append(f"x{frame}")
        parts.append(_number(values[frame]))
        expected = frame + 1
    return "{" + " ".join(parts) + "}"


def _number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
