"""Landmarks from a file: the JSON that alignments are exported as, or another tool's in the same form.

    {"schema": 1, "cuts": [1042], "plate": {"width": 1920, "height": 1080},
     "faces": [{"frame": 1001, "track": 0, "landmarks": [[x, y, z], ...], "presence": 0.99, "filled": false}]}

`landmarks` are 478 points of the mesh or 68 of the 300-W annotation, [x, y] or [x, y, z] in pixels of the
plate. Only `schema` and `faces` with frame, track and landmarks must be there; other names are passed over.
The file is read face by face, so that a long shot, or a file that lies, needs little memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput
from understudy.domain.face import LANDMARKS
from understudy.domain.shot import Plate
from understudy.faces.steering import POINTS_68

SCHEMA = 1
_CHUNK = 1 << 16
_MOST_OF_A_VALUE = 1 << 20  # characters of one face, or of anything else beside the faces
_MOST_FACES_A_FRAME = 64
_MOST_TRACK = 99_999
_FARTHEST_PX = 1e6


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFace:
    """One face of a landmarks file; points (478 or 68, 2 or 3) plate pixels; presence None if not told."""

    frame: int
    track: int
    points: npt.NDArray[np.float32]
    presence: float | None
    filled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenShot:
    """The faces of a landmarks file by frame, then track; `cuts` None where the file says nothing of them."""

    faces: tuple[GivenFace, ...]
    cuts: tuple[int, ...] | None


def read_landmarks(source: Path, plate: Plate) -> GivenShot:
    """The faces of a landmarks file, checked against the plate they are for.

    Raises: BadInput naming what is wrong, of which face and frame.
    """
    told: dict[str, Any] = {}
    faces: dict[tuple[int, int], GivenFace] = {}
    counts: dict[int, int] = {}
    try:
        with source.open(encoding="utf-8") as file:
            for name, value in _members(_Text(file), source):
                if name != "faces":
                    told |= {name: value} if name in ("schema", "cuts", "plate") else {}
                    continue
                face = _face(value, len(faces), source, plate)
                counts[face.frame] = counts.get(face.frame, 0) + 1
                if (face.frame, face.track) in faces or counts[face.frame] > _MOST_FACES_A_FRAME:
                    _refuse(source, f"frame {face.frame} has track {face.track} twice, or too many faces")
                faces[face.frame, face.track] = face
    except (OSError, UnicodeDecodeError) as cause:
        raise BadInput(f"cannot read the landmarks {source}: {cause}") from cause
    if told.get("schema") != SCHEMA or isinstance(told.get("schema"), bool):
        _refuse(source, f"schema is {str(told.get('schema'))[:40]!r}; this version reads {SCHEMA}")
    if not faces:
        _refuse(source, "it has no faces")
    _check_plate(told.get("plate"), source, plate)
    return GivenShot(faces=tuple(faces[key] for key in sorted(faces)), cuts=_cuts(told, source, plate))


def _face(value: object, number: int, source: Path, plate: Plate) -> GivenFace:
    where = f"face {number}"
    if not isinstance(value, dict):
        _refuse(source, f"{where} is no record")
    frame = _whole(value.get("frame"), f"{where}: frame", source)
    where = f"{where} (frame {frame})"
    if frame not in plate.frames:
        _refuse(source, f"{where}: frame is not in the plate, which has {plate.frames}")
    track = _whole(value.get("track"), f"{where}: track", source)
    if not 0 <= track <= _MOST_TRACK:
        _refuse(source, f"{where}: track must be 0..{_MOST_TRACK}")
    presence, filled = value.get("presence"), value.get("filled", False)
    if presence is not None and not (_is_number(presence) and 0 <= presence <= 1):
        _refuse(source, f"{where}: presence must be 0..1")
    if not isinstance(filled, bool):
        _refuse(source, f"{where}: filled must be true or false")
    points = _points(value.get("landmarks"), f"{where}: landmarks", source)
    return GivenFace(
        frame=frame,
        track=track,
        points=points,
        presence=None if presence is None else float(presence),
        filled=filled,
    )


def _points(value: object, where: str, source: Path) -> npt.NDArray[np.float32]:
    if not isinstance(value, list) or len(value) not in (LANDMARKS, POINTS_68):
        count = len(value) if isinstance(value, list) else "no"
        _refuse(source, f"{where} are {count} points; {LANDMARKS} or {POINTS_68} are needed")
    wide = len(value[0]) if isinstance(value[0], list) else 0
    rows = [row for row in value if isinstance(row, list) and len(row) == wide and all(map(_is_number, row))]
    if wide not in (2, 3) or len(rows) != len(value):
        _refuse(source, f"{where} must be [x, y] or [x, y, z] each, all alike, in finite numbers")
    points = np.array(rows, np.float64)
    if np.abs(points).max() > _FARTHEST_PX:
        _refuse(source, f"{where} reach beyond {_FARTHEST_PX:.0f} pixels")
    if np.ptp(points[:, :2], axis=0).min() < 1:
        _refuse(source, f"{where} lie in one line or point")
    return points.astype(np.float32)


def _cuts(told: dict[str, Any], source: Path, plate: Plate) -> tuple[int, ...] | None:
    value = told.get("cuts")
    if value is None:
        return None
    if not isinstance(value, list):
        _refuse(source, "cuts must be a list of frames")
    cuts = [_whole(cut, "cuts", source) for cut in value]
    if sorted(set(cuts)) != cuts:
        _refuse(source, "cuts must rise")
    return tuple(cut for cut in cuts if cut in plate.frames and cut != plate.frames.first)


def _check_plate(told: object, source: Path, plate: Plate) -> None:
    """Landmarks of another picture size lie elsewhere."""
    if not isinstance(told, dict):
        return
    for name, own in (("width", plate.width), ("height", plate.height)):
        if told.get(name, own) != own:
            size = f"{told.get('width')}x{told.get('height')}"[:40]
            _refuse(source, f"it is for a plate of {size}; this one has {plate.width}x{plate.height}")


def _whole(value: object, where: str, source: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 1 << 31:
        _refuse(source, f"{where} must be a whole number")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e12 < value < 1e12


def _refuse(source: Path, reason: str) -> NoReturn:
    raise BadInput(f"the landmarks {source} cannot be used: {reason}")


class _Text:
    """A text file looked at through a window that moves on: what is read is forgotten."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._held, self._ended = file, "", False
        self._decoder = json.JSONDecoder()

    def next_sign(self) -> str:
        """The next character that is no space, not taken yet; empty at the end."""
        self._held = self._held.lstrip()
        while not self._held and self._more():
            self._held = self._held.lstrip()
        return self._held[:1]

    def take(self, signs: str) -> str:
        """One of these characters. Raises: ValueError when it is another."""
        sign = self.next_sign()
        if not sign or sign not in signs:
            raise ValueError(f"{sign!r} where one of {signs!r} should be")
        self._held = self._held[1:]
        return sign

    def value(self) -> Any:
        """The next JSON value. Raises: ValueError when it is none, or too long."""
        self.next_sign()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held)
                if end < len(self._held) or not self._more():  # a number may go on
                    self._held = self._held[end:]
                    return value
            except json.JSONDecodeError:
                if not self._more():
                    raise
            if len(self._held) > _MOST_OF_A_VALUE + _CHUNK:
                raise ValueError("one value is longer than any face could be")

    def _more(self) -> bool:
        chunk = "" if self._ended else self._file.read(_CHUNK)
        self._ended = not chunk
        self._held += chunk
        return bool(chunk)


def _members(text: _Text, source: Path) -> Iterator[tuple[str, Any]]:
    """Names and values of the record that a file holds; each face by itself as `faces`. Raises: BadInput."""
    count = 0
    try:
        text.take("{")
        while text.next_sign() != "}":
            name = text.value()
            if not isinstance(name, str):
                raise ValueError("a name that is no text")
            text.take(":")
            if name == "faces":
                for face in _items(text):
                    yield name, face
                    count += 1
            else:
                yield name, text.value()
            if text.take(",}") == "}":
                break
        else:
            text.take("}")
        if text.next_sign():
            raise ValueError("something follows the record")
    except (ValueError, RecursionError) as cause:
        after = f" after face {count - 1}" if count else ""
        _refuse(source, f"it is not the JSON of landmarks{after} ({str(cause)[:120]})")


def _items(text: _Text) -> Iterator[Any]:
    text.take("[")
    if text.next_sign() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return
