"""A Read node as a clip: which frames of the script it fills, with which frames of which file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import nuke

from ...panel.host import HostRefused, Table
from ...panel.rates import exact_rate, frame_of_timecode, rate_text

_SHIFT = re.compile(r"\s*frame\s*(?:([+-])\s*(\d+)\s*)?")
_PADDING = re.compile(r"%0(\d+)d|%d")
_HASHES = re.compile(r"#+")
_COMPS = (".nk", ".nknc", ".gizmo")


@dataclass(frozen=True)
class Span:
    """Script frame `first` shows the file's frame `file_first`; `problem` says why that is not sure."""

    first: int
    frames: int
    file_first: int
    problem: str = ""


def root_rate() -> Fraction:
    """The script's rate. Raises: HostRefused."""
    value = nuke.root()["fps"].value()
    try:
        return exact_rate(float(value))
    except ValueError as cause:
        raise HostRefused("Unsupported", f"the script runs at {value} fps; set its rate") from cause


def span_of(node: Any) -> Span:
    """Where a Read lies, by its knobs and held against what Nuke itself makes of them."""
    file_first, file_last = int(node["first"].value()), int(node["last"].value())
    frames = max(0, file_last - file_first + 1)
    shift = _shift_of(node, file_first)
    if shift is None:
        said = str(node["frame"].value())
        return Span(node.firstFrame(), frames, file_first, f"its frames follow the expression {said!r}")
    first = file_first - shift
    problem = ""
    if (node.firstFrame(), node.lastFrame()) != (first, first + frames - 1):
        problem = (
            f"Nuke shows it from {node.firstFrame()} to {node.lastFrame()}, its knobs say {first} to "
            f"{first + frames - 1}"
        )
    return Span(first, frames, file_first, problem)


def _shift_of(node: Any, file_first: int) -> int | None:
    """What is added to a script frame to get the file's; None when no single number says it."""
    mode, said = str(node["frame_mode"].value()), str(node["frame"].value()).strip()
    if mode == "start at" and said:
        start = _whole(said)
        return None if start is None else file_first - start
    if mode == "offset" and said:
        return _whole(said)
    if not said:
        return 0
    found = _SHIFT.fullmatch(said)
    if found is None:
        return None
    return int(f"{found.group(1)}{found.group(2)}") if found.group(1) else 0


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else None  # "inf" and "nan" are numbers too


def path_of(node: Any) -> tuple[str, str]:
    """The file's path with `#` for the frame's digits, and what stands against it ("" for nothing).

    Never the proxy's: takes are made of the plate itself.
    """
    said = str(node["file"].value()).strip()
    if not said:
        return "", "it names no file"
    if "[" in said or "$" in said:
        return "", "its file name is an expression; type the path itself into the Read"
    if "%v" in said.lower():
        return "", "its file has several views; read one view and send that"
    path = said.replace("\\", "/")
    if not _is_absolute(path):
        folder = str(nuke.root()["project_directory"].value())
        if not _is_absolute(folder.replace("\\", "/")):
            return "", "its path is relative; give the script a project directory, or type the whole path"
        path = folder.replace("\\", "/").rstrip("/") + "/" + path
    return _PADDING.sub(lambda digits: "#" * int(digits.group(1) or 1), path), ""


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or (len(path) > 2 and path[1] == ":" and path[2] == "/")


def media_of(node: Any, span: Span, path: str, rate: Fraction) -> Table:
    """The Media table of a Read; at the script's `rate` where the file names none."""
    first, last = int(node["origfirst"].value()), int(node["origlast"].value())
    told = _metadata(node, "input/frame_rate")
    known = isinstance(told, (int, float)) and 0 < told < 1000
    media_rate = exact_rate(float(told)) if known else rate
    start, drops = _start(node, span, media_rate, first)
    return {
        "path": path,
        "name": path.rsplit("/", 1)[-1],
        "rate": rate_text(media_rate),
        "start": start,
        "frames": last - first + 1 if last >= first else None,
        "drop_frame": drops,
        "reel": str(_metadata(node, "exr/reelName") or _metadata(node, "quicktime/reel") or ""),
        "colour_space": _colour_space(node),
    }


def _start(node: Any, span: Span, rate: Fraction, file_first: int) -> tuple[int | None, bool]:
    """The number that the file's timecode gives its first frame; read where the Read shows its own first."""
    told = _metadata(node, "input/timecode", span.first)
    found = frame_of_timecode(told, rate) if isinstance(told, str) else None
    if found is None or span.problem:
        return None, False
    return found[0] - (span.file_first - file_first), found[1]


def _metadata(node: Any, key: str, frame: int | None = None) -> Any:
    return node.metadata(key) if frame is None else node.metadata(key, frame)


def _colour_space(node: Any) -> str:
    knob = node.knob("colorspace")
    said = str(knob.value()) if knob is not None else ""
    return "" if said == "default" or said.startswith("default (") else said.split("\t", 1)[0]


def clip_problems(node: Any, span: Span, path: str, against_path: str) -> list[Table]:
    """What only Nuke knows against a Read."""
    found = []
    if against_path:
        found.append(_refusal("no_path", against_path))
    elif path.lower().endswith(_COMPS):
        found.append(_refusal("comp", "it reads another script; render that and send its frames"))
    if span.problem:
        found.append(_refusal("retimed", f"{span.problem}; set its frame to `start at` or `offset`"))
    return found


def _refusal(kind: str, message: str) -> Table:
    return {"kind": kind, "refuses": True, "message": message}


def first_number(path: str, frames: int | None) -> int:
    """The number of a file's first frame: of a movie 1, of a sequence the lowest. Raises: HostRefused."""
    folder, name = os.path.split(path)
    hashes = _HASHES.search(name)
    if hashes is None:
        if not os.path.isfile(path):
            raise HostRefused(
                "MediaMissing", f"{path} is not there; check the path maps, or fetch the take again"
            )
        return 1
    head, tail = name[: hashes.start()], name[hashes.end() :]
    wanted = re.compile(re.escape(head) + r"(-?\d+)" + re.escape(tail))
    numbers = [int(found.group(1)) for one in _names(folder) if (found := wanted.fullmatch(one))]
    if not numbers:
        raise HostRefused("MediaMissing", f"no frame of {path} is there; check the path maps")
    spanned = max(numbers) - min(numbers) + 1
    if frames is not None and spanned != frames:  # which of them would be the first?
        raise HostRefused("MediaMissing", f"{path} has {spanned} frames, not {frames}; fetch the take again")
    return min(numbers)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def nuke_path(path: str) -> str:
    """A path with `#` as Nuke writes it."""
    return _HASHES.sub(lambda digits: f"%0{len(digits.group())}d", path.replace("\\", "/"))


def show(node: Any, clip: Table, *, first: int) -> None:
    """Make a Read show a clip's media from script frame `first` on. Raises: HostRefused, half done."""
    media = clip["media"]
    file_first = first_number(media["path"], media.get("frames"))
    shown = file_first + clip.get("source_in", 0) - (media.get("start") or 0)
    last = shown + clip["duration"] - 1
    # The file first: Nuke sets the ranges anew when it changes. Never fromUserText, which stretches the
    # script's own range to the file's.
    node["file"].setValue(nuke_path(media["path"]))
    node["origfirst"].setValue(file_first)
    node["origlast"].setValue(
        file_first + (media["frames"] - 1 if media.get("frames") else last - file_first)
    )
    node["first"].setValue(shown)
    node["last"].setValue(last)
    node["frame_mode"].setValue("start at")
    node["frame"].setValue(str(first))
    _set_colour_space(node, media.get("colour_space") or "")
    span = span_of(node)
    if span != Span(first, clip["duration"], shown):
        raise HostRefused(
            "Misplaced",
            f"Nuke shows {media['path']} from {node.firstFrame()} to {node.lastFrame()}, not from {first} to "
            f"{first + clip['duration'] - 1}; nothing was changed",
        )


def _set_colour_space(node: Any, wanted: str) -> None:
    """The medium's own where this script's colour management knows it; else as Nuke chose."""
    knob = node.knob("colorspace")
    if not wanted or knob is None or not hasattr(knob, "values"):
        return
    if wanted in [str(one).split("\t", 1)[0] for one in knob.values()]:
        knob.setValue(wanted)
