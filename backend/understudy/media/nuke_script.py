"""Nuke's script text: animation curves, a Tracker4 and a CornerPin2D node.

The layout follows what Nuke itself writes when such nodes are copied (y grows upwards, pixel centres at
half-integers). It was checked by reading it back here, not in Nuke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_VERSION = "13.0 v1"  # the oldest version the text is meant for; newer ones read it
_TRACKER_COLUMNS: tuple[tuple[int, int, int, str], ...] = (
    # kind (1 number, 2 curve, 3 text, 4 box to tick, 5 such a box over time), shown, width in the panel, name
    (5, 1, 20, "enable"),
    (3, 1, 75, "name"),
    (2, 1, 58, "track_x"),
    (2, 1, 58, "track_y"),
    (2, 1, 63, "offset_x"),
    (2, 1, 63, "offset_y"),
    (4, 1, 27, "T"),
    (4, 1, 27, "R"),
    (4, 1, 27, "S"),
    (2, 0, 45, "error"),
    *((1, 1, 0, name) for name in ("error_min", "error_max")),
    *((1, 1, 0, f"pattern_{side}") for side in "xyrt"),
    *((1, 1, 0, f"search_{side}") for side in "xyrt"),
    (2, 1, 0, "key_track"),
    *((2, 1, 0, f"key_search_{side}") for side in "xyrt"),
    *((2, 1, 0, f"key_track_{side}") for side in "xyrt"),
    *((2, 1, 0, f"key_centre_offset_{side}") for side in "xy"),
)
_PATTERN_PX, _SEARCH_PX = 22, 32
_KEY_COLUMNS = 11  # what Nuke's own tracker would remember of its keys

Point = tuple[float, float]
Track = Mapping[int, Point]
"""Positions by frame, Nuke's pixels."""


def curve(values: Mapping[int, float]) -> str:
    """One animation curve: `{curve x1001 10 11 x1010 12}`; a key on each frame, holes stay holes."""
    parts, expected = ["curve"], None
    for frame in sorted(values):
        if frame != expected:
            parts.append(f"x{frame}")
        parts.append(_number(values[frame]))
        expected = frame + 1
    return "{" + " ".join(parts) + "}"


def tracker(tracks: Mapping[str, Track], *, name: str, label: str = "") -> str:
    """A Tracker4 node with one keyed track per name; the first two drive its translation, rotation, scale."""
    columns = [
        f"{{ {kind} {shown} {width} {column} {'e' if column == 'enable' else column} 1 }}"
        for kind, shown, width, column in _TRACKER_COLUMNS
    ]
    frames = [frame for track in tracks.values() for frame in track]
    reference = min(frames)
    rows = [_tracker_row(title, track, order) for order, (title, track) in enumerate(tracks.items())]
    lines = [
        "Tracker4 {",
        f"tracks {{ {{ 1 {len(_TRACKER_COLUMNS)} {len(tracks)} }} ",
        "{ " + " \n".join(columns) + " ",
        "} ",
        "{ ",
        *rows,
        "} ",
        "}",
        f" reference_frame {reference}",
        f" name {name}",
        *([f' label "{label}"'] if label else []),
        " selected true",
        " xpos 0",
        " ypos 0",
        "}",
    ]
    return _script(lines)


def _tracker_row(title: str, track: Track, order: int) -> str:
    first = min(track)
    box = f"-{_SEARCH_PX} -{_SEARCH_PX} {_SEARCH_PX} {_SEARCH_PX}"
    inner = f"-{_PATTERN_PX} -{_PATTERN_PX} {_PATTERN_PX} {_PATTERN_PX}"
    turns = 1 if order < 2 else 0  # rotation and scale come from two tracks
    x, y = (curve({frame: point[axis] for frame, point in track.items()}) for axis in (0, 1))
    return (
        f' {{ {{curve K x{first} 1}} "{title}" {x} {y} {{curve K x{first} 0}} {{curve K x{first} 0}} '
        f"{1 if order < 2 else 0} {turns} {turns} {{curve x{first} 0}} 1 0 {box} {inner} "
        + "{} " * _KEY_COLUMNS
        + "  } "
    )


def corner_pin(corners: Sequence[Track], *, name: str, label: str = "") -> str:
    """A CornerPin2D node that moves a picture made for the first frame along with four corners.

    corners: bottom left, bottom right, top right, top left, as Nuke numbers them.
    """
    reference = min(corners[0])
    lines = ["CornerPin2D {"]
    for number, corner in enumerate(corners, 1):
        x, y = (curve({frame: point[axis] for frame, point in corner.items()}) for axis in (0, 1))
        lines.append(f" to{number} {{{x} {y}}}")
    lines += [" invert false", " filter Mitchell"]
    lines += [
        f" from{number} {{{_number(corner[reference][0])} {_number(corner[reference][1])}}}"
        for number, corner in enumerate(corners, 1)
    ]
    lines += [f" name {name}", *([f' label "{label}"'] if label else []), " selected true", "}"]
    return _script(lines)


def _script(lines: Sequence[str]) -> str:
    head = ["set cut_paste_input [stack 0]", f"version {_VERSION}", "push $cut_paste_input"]
    return "\n".join([*head, *lines, ""])


def _number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
