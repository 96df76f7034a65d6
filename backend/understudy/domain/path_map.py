"""Paths as other machines write them, turned into this machine's own: whole prefixes, longest first.

A path is compared by its parts, after `.` and `..` are taken out of it, so that none climbs out of where its
rule leads. Windows drives and shares (`P:\\show`, `\\\\filer\\show`) match in any case, with either slash.
What no rule covers stays as it is, letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from understudy.domain.errors import BadSettings

SYSTEMS = ("windows", "macos", "linux")
_LONG_FORM = re.compile(r"^\\\\\?\\(UNC\\)?", re.IGNORECASE)
_DRIVE = re.compile(r"^([A-Za-z]:)(?:[\\/]|$)")
_SHARE = re.compile(r"^[\\/]{2}([^\\/?]+)[\\/]+([^\\/]+)")
_NOT_IN_WINDOWS_NAMES = frozenset('\\/:*?"<>|')


@dataclass(frozen=True, slots=True)
class _Place:
    """An absolute path in parts. `root` is "/", a drive (P:) or a share (\\\\filer\\show)."""

    root: str
    parts: tuple[str, ...]

    @property
    def windows(self) -> bool:
        return self.root != "/"

    def __str__(self) -> str:
        if not self.windows:
            return "/" + "/".join(self.parts)
        bare_drive = not self.parts and self.root.endswith(":")
        return "\\".join((self.root, *self.parts)) + ("\\" if bare_drive else "")

    def below(self, prefix: _Place) -> tuple[str, ...] | None:
        """The parts after the prefix, None when the path does not lie there."""
        own, wanted = _folded(self), _folded(prefix)
        return self.parts[len(prefix.parts) :] if own[: len(wanted)] == wanted else None

    def joined(self, rest: tuple[str, ...]) -> _Place | None:
        """The place below this one, None when this system has no such names."""
        if self.windows and not all(map(_windows_name, rest)):
            return None
        return _Place(self.root, self.parts + rest)


@dataclass(frozen=True, slots=True)
class Rule:
    """What lies below `source` elsewhere lies below `target` here. Both are absolute.

    Raises: BadSettings.
    """

    source: str
    target: str

    def __post_init__(self) -> None:
        for text in (self.source, self.target):
            if _place(text) is None:
                raise BadSettings(
                    f"{text!r} cannot be in a path map; write whole paths such as /mnt/show, P:\\show or "
                    "\\\\server\\share"
                )

    def places(self) -> tuple[_Place, _Place]:
        source, target = _place(self.source), _place(self.target)
        assert source is not None and target is not None
        return source, target


@dataclass(frozen=True, slots=True)
class PathMap:
    """The rules of one machine. A prefix that is said twice counts as it was said first."""

    rules: tuple[Rule, ...] = ()

    def here(self, path: str) -> str:
        """The path on this machine."""
        place = _place(path)
        if place is None:
            return path
        return next((str(found) for found in self._candidates(place, inverse=False)), path)

    def there(self, path: str) -> str:
        """The inverse: a path of this machine as another one writes it, such that `here` leads back to it."""
        place = _place(path)
        if place is None:
            return path
        for found in self._candidates(place, inverse=True):
            if self.here(str(found)) == str(place):
                return str(found)
        return path

    def _candidates(self, place: _Place, *, inverse: bool) -> Iterable[_Place]:
        pairs = [rule.places()[:: -1 if inverse else 1] for rule in self.rules]
        for prefix, instead in sorted(pairs, key=lambda pair: -len(pair[0].parts)):
            rest = place.below(prefix)
            found = instead.joined(rest) if rest is not None else None
            if found is not None:
                yield found


NO_MAP = PathMap()


def is_foreign(path: str, *, windows: bool) -> bool:
    """Whether a path is absolute in the way of the other kind of system."""
    place = _place(path)
    return place is not None and place.windows is not windows


def rule_of(text: str) -> Rule:
    """A rule written FROM=TO. Raises: BadSettings."""
    source, equals, target = text.partition("=")
    if not equals:
        raise BadSettings(f"--path-map {text!r}: write FROM=TO, such as P:\\show=/mnt/show")
    return Rule(source.strip(), target.strip())


def rules_of(table: Mapping[str, object], *, system: str) -> tuple[Rule, ...]:
    """The rules of a file's table, for a machine of one of `SYSTEMS`.

    `map` is a table FROM = TO. `place` is a list of tables, one for each folder that machines have in common,
    with its name on each system; a list where it has several there, the first of which is used.
    Raises: BadSettings.
    """
    if unknown := sorted(set(table) - {"map", "place"}):
        raise BadSettings(f"unknown key {unknown[0]!r} in the path map; it has `map` and `place`")
    said, places = table.get("map", {}), table.get("place", [])
    if not isinstance(said, Mapping) or not isinstance(places, list):
        raise BadSettings("in a path map, `map` is a table FROM = TO and `place` a list of tables")
    pairs = (Rule(_text(source), _text(target)) for source, target in said.items())
    return tuple(chain(pairs, *(_rules_of_place(place, system) for place in places)))


def _rules_of_place(place: object, system: str) -> list[Rule]:
    if not isinstance(place, Mapping) or not set(place) <= set(SYSTEMS):
        raise BadSettings(f"a place in a path map is a table with the names for {', '.join(SYSTEMS)}")
    names = {
        key: [_text(name) for name in (value if isinstance(value, list) else [value])]
        for key, value in place.items()
    }
    own = names.pop(system, [])
    others = [*own[1:], *chain.from_iterable(names.values())]
    return [Rule(other, own[0]) for other in others if other != own[0]] if own else []


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadSettings(f"{value!r} is no path; write paths in a path map as text")
    return value


def _place(path: str) -> _Place | None:
    """The path in parts, None when it is not absolute."""
    short = _LONG_FORM.sub(lambda found: "\\\\" if found[1] else "", path)
    if share := _SHARE.match(short):
        return _Place(f"\\\\{share[1]}\\{share[2]}", _parts(re.split(r"[\\/]+", short[share.end() :])))
    if drive := _DRIVE.match(short):
        return _Place(drive[1], _parts(re.split(r"[\\/]+", short[drive.end() :])))
    if short.startswith("/"):
        return _Place("/", _parts(short.split("/")))
    return None


def _parts(names: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for name in names:
        if name == "..":
            del kept[-1:]
        elif name not in ("", "."):
            kept.append(name)
    return tuple(kept)


def _folded(place: _Place) -> tuple[str, ...]:
    parts = (place.root, *place.parts)
    return tuple(part.lower() for part in parts) if place.windows else parts


def _windows_name(name: str) -> bool:
    """Whether Windows can call a file so; dots and spaces alone would be taken for a folder above."""
    return name.isprintable() and not _NOT_IN_WINDOWS_NAMES & set(name) and bool(name.strip(" ."))
