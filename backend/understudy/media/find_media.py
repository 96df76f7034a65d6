"""Finding a plate's file again: by its size and hash, whatever it is called now; else by its name and what a
look at it tells.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from understudy.domain.errors import Stopped, UnreadableMedia
from understudy.domain.media import Certainty
from understudy.domain.shot import Plate
from understudy.media.examine import examine
from understudy.media.sequence_files import numbered, sha256_of_hashes

MOST_FILES = 200_000  # that are looked at in one search
MOST_EXAMINED = 4  # clips of the same name that are decoded for one plate
_READ_BYTES = 4 << 20
_NUMBERED = re.compile(r"(?P<base>.*?)(?P<number>\d{1,9})(?P<ending>\.[^.\d][^.]*)", re.DOTALL | re.ASCII)

Alive = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A clip for a plate: its path (of a sequence with `#`), how sure it is, in what it differs.

    `plate` is the clip as it was examined, None where the hash says that it is the very same.
    """

    path: str
    certainty: Certainty
    differs: str = ""
    plate: Plate | None = None


@dataclass(slots=True)
class Search:
    """Files of some folders, and what is known of them; the hash of each is taken once at most."""

    alive: Alive
    looked_at: int = 0
    hashed_bytes: int = 0
    complete: bool = True
    by_size: dict[int, list[Path]] = field(default_factory=lambda: defaultdict(list))
    by_suffix: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    sequences: dict[tuple[str, str, str], dict[int, tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By folder, name before the number and behind it: digits and size of each file by number."""
    _hashes: dict[Path, str] = field(default_factory=dict)

    def look(
        self, folders: Iterable[Path], *, beside: Iterable[Path] = (), most_files: int = MOST_FILES
    ) -> Iterator[int]:
        """Note every file below the folders, but nothing hidden, behind a link or below `beside`.

        Yields after each folder how many files were looked at. Raises: Stopped.
        """
        left_out, pending = {path.resolve() for path in beside}, [path.resolve() for path in folders]
        seen: set[Path] = set()
        while pending:
            folder = pending.pop()
            if folder in seen or folder in left_out:
                continue
            seen.add(folder)
            self.check_alive()
            for entry in _entries(folder):
                if self.looked_at == most_files:
                    self.complete = False
                    return
                self.looked_at += 1
                with suppress(OSError):  # it went away meanwhile
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(folder / entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        self._note(folder / entry.name, entry.stat(follow_symlinks=False).st_size)
            yield self.looked_at

    def _note(self, path: Path, size: int) -> None:
        self.by_size[size].append(path)
        self.by_suffix[path.suffix.lower()].append(path)
        if match := _NUMBERED.fullmatch(path.name):
            place = str(path.parent), match["base"], match["ending"]
            self.sequences[place][int(match["number"])] = match["number"], size

    def sha256(self, path: Path) -> Iterator[str | None]:
        """Yields None while the file is hashed, its hash at last. Raises: Stopped, OSError."""
        if path not in self._hashes:
            digest, unsaid = hashlib.sha256(), 0
            with path.open("rb") as file:
                while data := file.read(_READ_BYTES):
                    self.check_alive()
                    digest.update(data)
                    self.hashed_bytes += len(data)
                    unsaid += len(data)
                    if unsaid >= 16 * _READ_BYTES:
                        unsaid = 0
                        yield None
            self._hashes[path] = digest.hexdigest()
        yield self._hashes[path]

    def check_alive(self) -> None:
        """Raises: Stopped when nobody waits for the search any more."""
        if not self.alive():
            raise Stopped("the search was given up; nothing was changed")


def find_plate(search: Search, plate: Plate) -> Iterator[Found | None]:
    """Yields None while it looks, at last what it found, if anything. Raises: Stopped."""
    candidates = _sequences_like(search, plate) if plate.is_sequence else _movies_like(search, plate)
    for path in candidates:
        hashing = _sequence_sha256(search, plate, path) if plate.is_sequence else search.sha256(Path(path))
        try:
            for sha256 in hashing:
                if sha256 is None:
                    yield None
                elif sha256 == plate.sha256:
                    yield Found(path, Certainty.HASH)
                    return
        except OSError:  # it went away, or may not be read: it is not found then
            continue
    yield from _by_name(search, plate)


def _movies_like(search: Search, plate: Plate) -> list[str]:
    """Files of the plate's size, those of its name first; of its kind where the size is not known."""
    was = Path(plate.path)
    files = search.by_size[plate.file_bytes] if plate.file_bytes else search.by_suffix[was.suffix.lower()]
    return sorted(map(str, files), key=lambda path: (not _same_name(path, plate), path))


def _sequences_like(search: Search, plate: Plate) -> list[str]:
    """Sequences that have the plate's first and last number, and its size where that is known."""
    first, last = _numbers(plate)
    patterns = []
    for (folder, base, ending), files in search.sequences.items():
        if first not in files or last not in files:
            continue
        size = sum(bytes_ for number, (_, bytes_) in files.items() if first <= number <= last)
        if plate.file_bytes in (0, size):
            padding = min(len(digits) for digits, _ in files.values())
            patterns.append(str(Path(folder) / f"{base}{'#' * padding}{ending}"))
    return sorted(patterns, key=lambda path: (not _same_name(path, plate), path))


def _sequence_sha256(search: Search, plate: Plate, pattern: str) -> Iterator[str | None]:
    first, last = _numbers(plate)
    hashes: dict[int, str] = {}
    for number in range(first, last + 1):
        path = numbered(pattern, number)
        if not path.is_file():  # a hole, as the plate may have had
            continue
        for sha256 in search.sha256(path):
            if sha256 is not None:
                hashes[number] = sha256
        yield None
    yield sha256_of_hashes(hashes)


def _by_name(search: Search, plate: Plate) -> Iterator[Found | None]:
    """Clips of the plate's name that are other bytes: the one that agrees in all that is told, else one."""
    likely: list[Found] = []
    for path in _named_alike(search, plate)[:MOST_EXAMINED]:
        yield None
        try:
            there = examine(path).plate
        except UnreadableMedia as cause:
            likely.append(Found(path, Certainty.OTHER, f"it cannot be read: {cause}"))
            continue
        differs = _differences(plate, there)
        likely.append(Found(path, Certainty.OTHER if differs else Certainty.PROBABLE, differs, there))
    probable = [found for found in likely if found.certainty is Certainty.PROBABLE]
    if len(probable) > 1:
        names = " and ".join(found.path for found in probable[:2])
        yield Found(probable[0].path, Certainty.OTHER, f"several are as good: {names}")
    elif likely:
        yield (probable or likely)[0]


def _named_alike(search: Search, plate: Plate) -> list[str]:
    if not plate.is_sequence:
        files = search.by_suffix[Path(plate.path).suffix.lower()]
        return sorted(str(path) for path in files if _same_name(str(path), plate))
    first, _ = _numbers(plate)
    found = []
    for (folder, base, ending), numbers in search.sequences.items():
        padding = min(len(digits) for digits, _ in numbers.values())
        pattern = str(Path(folder) / f"{base}{'#' * padding}{ending}")
        if first in numbers and _same_name(pattern, plate):
            found.append(pattern)
    return sorted(found)


def _differences(wanted: Plate, there: Plate) -> str:
    """In what an examined clip is not the plate, in words; empty when all that can be told agrees."""
    facts: Mapping[str, tuple[object, object]] = {
        "pictures": (wanted.file_frames, there.file_frames),
        "size": (f"{wanted.width}x{wanted.height}", f"{there.width}x{there.height}"),
        "rate": (_file_rate(wanted, there), there.rate),
        "timecode": (wanted.start_timecode or "none", there.start_timecode or "none"),
        "reel": (wanted.reel or "none", there.reel or "none"),
        "first number": (wanted.sequence_start, there.sequence_start),
    }
    return ", ".join(
        f"{name} {found} instead of {was}" for name, (was, found) in facts.items() if was != found
    )


def _file_rate(wanted: Plate, there: Plate) -> object:
    """A rate that was given at ingest is not the file's own."""
    return there.rate if wanted.conformed or wanted.is_sequence else wanted.rate


def _numbers(plate: Plate) -> tuple[int, int]:
    first = plate.sequence_start or 0
    return first, first + plate.file_frames - 1


def _same_name(path: str, plate: Plate) -> bool:
    return Path(path).name.lower() == Path(plate.path).name.lower()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder has, without what is hidden; nothing of one that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
            )
    except OSError:
        return []
