"""Half of the stand-in for Hiero (`fake_hiero`): media, clips, bins and projects, which know no timeline."""

from __future__ import annotations

import copy
import itertools
from fractions import Fraction
from typing import Any

Table = dict[str, Any]

files: dict[str, Table] = {}
"""What media there are, by path: {frames, rate, start, drop_frame, reel}."""
_guids = itertools.count(1)


def new_guid() -> str:
    return f"{{guid-{next(_guids)}}}"


class Guided:
    """Anything with a guid, tags and a name."""

    def __init__(self, name: str = "") -> None:
        self.name_, self.guid_, self.tags_ = name, new_guid(), []  # type: ignore[var-annotated]

    def name(self) -> str:
        return self.name_

    def setName(self, name: str) -> None:
        self.name_ = name

    def guid(self) -> str:
        return self.guid_

    def tags(self) -> tuple[Tag, ...]:
        return tuple(self.tags_)

    def addTag(self, tag: Tag) -> Tag:
        kept = tag.copy()
        self.tags_.append(kept)
        return kept

    def removeTag(self, tag: Tag) -> None:
        self.tags_.remove(tag)


class MetaData:
    """Text by key; a value that is no text is a TypeError, as through Python's binding."""

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self.values_ = dict(values or {})

    def hasKey(self, key: str) -> bool:
        return key in self.values_

    def value(self, key: str) -> str:
        return self.values_[key]

    def setValue(self, key: str, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("a DataCollection keeps texts")
        self.values_[key] = value


class Tag:
    def __init__(self, name: str) -> None:
        self.name_, self.note_, self.visible_ = name, "", True
        self.metadata_ = MetaData({"tag.applieswhole": "1"})

    def name(self) -> str:
        return self.name_

    def note(self) -> str:
        return self.note_

    def metadata(self) -> MetaData:
        return self.metadata_

    def setVisible(self, visible: bool) -> None:
        self.visible_ = visible

    def copy(self) -> Tag:
        return copy.deepcopy(self)


class TimeBase:
    def __init__(self, rate: str) -> None:
        exact = Fraction(rate)
        self.rate = exact if exact.denominator == 1 else Fraction(round(exact * 1000), 1000)

    def toRational(self) -> tuple[int, int]:
        return self.rate.numerator, self.rate.denominator


class FileInfo:
    def __init__(self, path: str) -> None:
        self.path = path

    def filename(self) -> str:
        return self.path


class MediaSource:
    def __init__(self, path: str) -> None:
        self.path, self.fact = path, files.get(path)

    def fileinfos(self) -> tuple[FileInfo, ...]:
        return (FileInfo(self.path),)

    def firstpath(self) -> str:
        return self.path

    def isMediaPresent(self) -> bool:
        return self.fact is not None

    def duration(self) -> int:
        return int(self.fact["frames"]) if self.fact else 0

    def timecodeStart(self) -> int:
        return int(self.fact["start"] or 0) if self.fact else 0

    def metadata(self) -> MetaData:
        fact = self.fact or {}
        told = {"foundry.source.reelID": fact["reel"]} if fact.get("reel") else {}
        if fact.get("start") is not None:
            told["foundry.source.timecode"] = str(fact["start"])
            told["foundry.source.timecodedropframe"] = "Yes" if fact["drop_frame"] else "No"
        return MetaData(told)


class Clip(Guided):
    def __init__(self, source: MediaSource) -> None:
        super().__init__(source.path.rsplit("/", 1)[-1].split(".")[0])
        self.source_ = source

    def mediaSource(self) -> MediaSource:
        return self.source_

    def framerate(self) -> TimeBase:
        return TimeBase(self.source_.fact["rate"] if self.source_.fact else "24")

    def sourceMediaColourTransform(self) -> str:
        return str((self.source_.fact or {}).get("colour_space", ""))


class Bin(Guided):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.items_: list[Any] = []

    def addItem(self, item: Any) -> None:
        self.items_.append(item)

    def items(self) -> tuple[Any, ...]:
        return tuple(self.items_)

    def bins(self) -> tuple[Bin, ...]:
        return tuple(one for one in self.items_ if isinstance(one, Bin))

    def clips(self) -> tuple[BinItem, ...]:
        return tuple(one for one in self.items_ if isinstance(one, BinItem))


class BinItem(Guided):
    def __init__(self, clip: Clip) -> None:
        super().__init__(clip.name())
        self.clip = clip

    def activeItem(self) -> Clip:
        return self.clip


class Project(Guided):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.bin, self.tag_bin = Bin("Sequences"), Bin("Tags")
        self.undo_names: list[str] = []
        self.open_undo = False

    def path(self) -> str:
        return f"/job/{self.name_}.hrox"

    def clipsBin(self) -> Bin:
        return self.bin

    def tagsBin(self) -> Bin:
        return self.tag_bin

    def beginUndo(self, name: str) -> None:
        if self.open_undo:
            raise RuntimeError("an undo is open already")
        self.open_undo = True
        self.undo_names.append(name)

    def endUndo(self) -> None:
        self.open_undo = False
