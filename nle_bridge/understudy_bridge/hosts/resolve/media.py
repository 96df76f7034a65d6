"""Media of the pool: as the bridge tells them, and found or imported by path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from ...panel.host import HostRefused, Table
from .program import Learnt, Open, media_properties, whole
from .timecode import frame_of, rate_of

if TYPE_CHECKING:
    from fusionscript import Folder, MediaPoolItem

BIN = "Understudy"
MOST_FOLDERS = 4096
_RANGE = re.compile(r"\[(\d+)-(\d+)\](?=[^/\\]*$)")
_PATTERN = re.compile(r"(#+|@+|%0?(\d*)d)(?=\.[^./\\]+$)")
_MADE_HERE = ("generator", "title", "adjustment", "solid", "subtitle")


class Facts(NamedTuple):
    """What Resolve says of a medium. `first` is its "Start" property: 0 for movies, 1001 for sequences."""

    path: str
    name: str
    rate: Fraction | None
    start: int | None
    frames: int | None
    first: int
    drop_frame: bool
    reel: str
    online: bool
    nested: bool


def facts_of(media: MediaPoolItem) -> Facts:
    said = media_properties(media)
    rate = rate_of(said.get("FPS", ""))
    timecode = str(said.get("Start TC") or "")
    drop_frame = ";" in timecode or str(said.get("Drop frame", "")).strip().lower() in (
        "1",
        "yes",
        "true",
        "on",
    )
    path = str(said.get("File Path") or "")
    kind = str(said.get("Type") or "").lower()
    return Facts(
        path=pattern_of(path),
        name=str(said.get("File Name") or media.GetName() or ""),
        rate=rate,
        start=frame_of(timecode, rate, drop_frame) if rate else None,
        frames=_number(said.get("Frames")),
        first=_number(said.get("Start")) or 0,
        drop_frame=drop_frame,
        reel=str(said.get("Reel Name") or ""),
        online=str(said.get("Online Status") or "Online").lower() != "offline",
        # Compound, Fusion and multicam clips and timelines have no file; what was made here has none either.
        nested=not path and not any(word in kind for word in _MADE_HERE),
    )


def media_table(facts: Facts, rate: Fraction) -> Table:
    """The `Media` of docs/bridge.md. `rate` stands in where Resolve gives none, as for stills."""
    return {
        "path": facts.path,
        "name": facts.name,
        "rate": str(facts.rate or rate),
        "start": facts.start,
        "frames": facts.frames,
        "drop_frame": facts.drop_frame,
        "reel": facts.reel,
    }


def pattern_of(path: str) -> str:
    """Resolve's `plate.[1001-1058].exr` as `plate.%04d.exr`; a movie's path as it is."""
    return _RANGE.sub(lambda match: f"%0{len(match[1])}d", path)


def same_path(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(path: str) -> str:
    plain = path.replace("\\", "/")
    plain = _PATTERN.sub(lambda match: f"%0{match[2] or len(match[1])}d", plain)
    return plain.lower() if re.match(r"[A-Za-z]:/|//", plain) else plain


def _number(said: Any) -> int | None:
    try:
        return whole(float(said))
    except (TypeError, ValueError, OverflowError):
        return None


def medium(open_: Open, learnt: Learnt, table: Table) -> MediaPoolItem:
    """The pool's medium of a `Media` table, imported into a bin of ours if need be. Raises: HostRefused."""
    path = str(table["path"])
    found = _known(learnt, path)
    if found is None:
        root = open_.pool.GetRootFolder()
        folder = next((one for one in root.GetSubFolderList() or [] if one.GetName() == BIN), None)
        found = _in_folder(folder, path) if folder else None
        found = found or _imported(open_, folder or open_.pool.AddSubFolder(root, BIN), table)
        # A file that is in the pool already is not imported again, and nothing is given back.
        found = found or next((hit for one in _folders(root) for hit in [_in_folder(one, path)] if hit), None)
    if not found:
        raise HostRefused(
            "MediaMissing", f"Resolve cannot import {path}; see that this machine can read it, and what it is"
        )
    learnt.pool[_plain(path)] = found
    _check(facts_of(found), table)
    return found


def remember(learnt: Learnt, facts: Facts, media: MediaPoolItem) -> None:
    if facts.path:
        learnt.pool[_plain(facts.path)] = media


def _known(learnt: Learnt, path: str) -> MediaPoolItem | None:
    known = learnt.pool.get(_plain(path))
    if known is None:
        return None
    said = known.GetClipProperty("File Path")  # an item that is gone says nothing
    return known if isinstance(said, str) and same_path(pattern_of(said), path) else None


def _in_folder(folder: Folder, path: str) -> MediaPoolItem | None:
    for item in folder.GetClipList() or []:
        said = item.GetClipProperty("File Path")
        if isinstance(said, str) and said and same_path(pattern_of(said), path):
            return item
    return None


def _folders(root: Folder) -> Iterator[Folder]:
    waiting, seen = [root], 0
    while waiting and seen < MOST_FOLDERS:
        folder = waiting.pop()
        seen += 1
        yield folder
        waiting.extend(folder.GetSubFolderList() or [])


def _imported(open_: Open, folder: Folder, table: Table) -> MediaPoolItem | None:
    """Imports land in the current folder, so that is changed and changed back."""
    before = open_.pool.GetCurrentFolder()
    open_.pool.SetCurrentFolder(folder)
    path = str(table["path"])
    match = _PATTERN.search(path)
    if match and table.get("start") is not None and table.get("frames"):
        pattern = _PATTERN.sub(f"%0{match[2] or len(match[1])}d", path)
        first = int(table["start"])
        found = open_.pool.ImportMedia(
            [{"FilePath": pattern, "StartIndex": first, "EndIndex": first + int(table["frames"]) - 1}]
        )
    else:
        found = open_.pool.ImportMedia([path])
    open_.pool.SetCurrentFolder(before)
    return found[0] if found else None


def _check(facts: Facts, table: Table) -> None:
    """Raises: HostRefused when Resolve takes the file for something else than the bridge does."""
    asked: dict[str, Any] = {
        "frames a second": (facts.rate, Fraction(str(table["rate"]))),
        "frames": (facts.frames, table.get("frames")),
        "as its first frame's number": (facts.start, table.get("start")),
    }
    for what, (found, wanted) in asked.items():
        if found is not None and wanted is not None and found != wanted:
            raise HostRefused(
                "Unsupported",
                f"Resolve gives {facts.name} {found} {what}, the bridge {wanted}; see its Clip Attributes",
            )
    if not facts.online:
        raise HostRefused("MediaMissing", f"{facts.name} is offline in Resolve; relink it in the media pool")
