"""Which files a sequence of pictures consists of, however its name is written.

Needs nothing that reads pictures: clients ask it too.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fileseq
from fileseq.exceptions import FileSeqException

from understudy.domain.errors import UnderstudyError, UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.shot import Plate

PICTURE_SUFFIXES = frozenset({".exr", ".dpx", ".tif", ".tiff", ".png"})
READERS = 4  # more read no faster from one disk or server, and each holds a picture

MOST_NUMBERS = 1_000_000  # eleven hours at 24 a second; what lies further apart is a mistake

_NUMBERED = re.compile(
    r"(?P<base>.*?)(?P<number>(?:(?<![^\W_])-)?\d+)(?P<ending>\.[^.\d][^.]*)", re.DOTALL | re.ASCII
)
"""A minus is a sign behind a point, a line or nothing; behind a letter or digit it parts the words."""
_TOKEN = re.compile(r"(#+|@+|%0?\d*d|\$F\d*|<UDIM>)\.[^.]+$")
_NUMBER_PLACE = re.compile(r"#+(?=[^#]*$)")
_MOST_DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSequence:
    """The files of a sequence by number. `pattern` is its absolute path with `#` for each digit of the
    padding; `wanted` are the numbers that the request itself names."""

    pattern: str
    files: dict[int, Path]
    wanted: tuple[int, ...] = ()

    @property
    def first(self) -> int:
        """The least number there is, or is asked for."""
        return min((*self.files, *self.wanted))

    @property
    def last(self) -> int:
        """The greatest number there is, or is asked for."""
        return max((*self.files, *self.wanted))

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers from the first to the last that have no file."""
        return tuple(number for number in range(self.first, self.last + 1) if number not in self.files)


@dataclass(frozen=True, slots=True)
class _Name:
    """What a request asks for: names before and behind the number, the digits it must have (0: any)."""

    base: str
    ending: str
    digits: int = 0
    wanted: tuple[int, ...] = ()


def is_sequence_name(path: str) -> bool:
    """Whether a path names pictures, or a folder of them, and not a movie."""
    return Path(path).suffix.lower() in PICTURE_SUFFIXES or Path(path).is_dir()


def find_sequence(
    path: str,
    *,
    suffixes: Collection[str] = PICTURE_SUFFIXES,
    refusal: type[UnderstudyError] = UnreadableMedia,
) -> PictureSequence:
    """The files that a name means, in any of the ways people write it.

    path: `plate.####.exr`, `plate.%04d.exr`, `plate.@@@@.exr`, `plate.$F4.exr`, `plate.1001-1010#.exr`, one
    of the files, or a folder that holds exactly one sequence. Hidden files never count. Raises: `refusal`
    when there are none or several, when numbers are negative or padded in different ways.
    """
    place = Path(path).absolute()
    try:
        if place.is_dir():
            folder, asked = place, _only_one(place, suffixes, refusal)
        else:
            folder, asked = place.parent, _asked(place, refusal)
        found = _files(folder, asked, refusal)
    except OSError as cause:
        raise refusal(f"{path} cannot be read: {cause.strerror or cause}") from cause
    if not found:
        raise refusal(f"no pictures are found as {path}; write for example plate.####.exr")
    return _consistent(folder, asked, found, refusal)


def _asked(place: Path, refusal: type[UnderstudyError]) -> _Name:
    if _TOKEN.search(place.name):
        return _by_token(place.name, refusal)
    one = _NUMBERED.fullmatch(place.name)
    if one is None:
        raise refusal(
            f"{place} has no frame number in its name; name the pictures plate.1001{place.suffix} and so on"
        )
    if not place.is_file():
        raise refusal(f"no pictures are found as {place}: it does not exist; check the path and the disk")
    number = one["number"]
    return _Name(one["base"], one["ending"], len(number) if number.startswith("0") else 0)


def _by_token(name: str, refusal: type[UnderstudyError]) -> _Name:
    try:
        asked = fileseq.FileSequence(name, pad_style=fileseq.PAD_STYLE_HASH1)
        digits = asked.zfill()
        numbers = asked.frameSet()
    except (FileSeqException, ValueError) as cause:
        raise refusal(
            f"{name} is no name of a sequence ({cause}); write for example plate.####.exr"
        ) from cause
    wanted = tuple(sorted({int(number) for number in numbers})) if numbers is not None else ()
    if wanted and wanted[0] < 0:
        raise refusal(f"{name} counts below zero; number the pictures from 0 or above")
    return _Name(asked.basename(), asked.extension(), digits if digits > 1 else 0, wanted)


def _only_one(folder: Path, suffixes: Collection[str], refusal: type[UnderstudyError]) -> _Name:
    names = {
        (match["base"], match["ending"])
        for name in _visible(folder)
        if (match := _NUMBERED.fullmatch(name)) and match["ending"].lower() in suffixes
    }
    if len(names) != 1:
        listed = ", ".join(sorted(f"{base}#{ending}" for base, ending in names)[:10])
        raise refusal(
            f"{folder} holds {len(names)} sequences of pictures ({listed or 'none'}); "
            "name the one that is meant"
        )
    return _Name(*names.pop())


def _visible(folder: Path) -> list[str]:
    """Names of files; hidden ones are half written."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_file()]


def _files(folder: Path, asked: _Name, refusal: type[UnderstudyError]) -> list[str]:
    """The digits of all files that bear the name."""
    digits = []
    for name in _visible(folder):
        if not (name.startswith(asked.base) and name.endswith(asked.ending)):
            continue
        number = name[len(asked.base) : len(name) - len(asked.ending)]
        match = _NUMBERED.fullmatch(name)
        if match and match["base"] == asked.base and match["number"].startswith("-"):
            raise refusal(f"{folder / name} has a negative number; number the pictures from 0 or above")
        if number.isascii() and number.isdigit():
            digits.append(number)
    if any(len(number) > _MOST_DIGITS for number in digits):
        raise refusal(f"{folder} numbers its pictures with more than {_MOST_DIGITS} digits; rename them")
    return digits


def _consistent(
    folder: Path, asked: _Name, digits: list[str], refusal: type[UnderstudyError]
) -> PictureSequence:
    """The files of one padding: the one asked for if there are such, else the only one there is."""
    named = [number for number in digits if number == number.lstrip("0").zfill(max(asked.digits, 1))]
    chosen = named if asked.digits and named else digits
    padding = asked.digits if asked.digits and named else min(len(number) for number in chosen)
    other = [number for number in chosen if number != str(int(number)).zfill(padding)]
    if other:
        names = f"{asked.base}{min(chosen, key=len)}{asked.ending} and {asked.base}{other[0]}{asked.ending}"
        raise refusal(
            f"{folder} numbers its pictures in different ways ({names}); rename them, or say which are "
            f"meant, as {asked.base}{'#' * padding}{asked.ending}"
        )
    numbers = sorted(map(int, chosen))
    if numbers[-1] - numbers[0] >= MOST_NUMBERS:
        raise refusal(
            f"{folder} has pictures numbered {numbers[0]} and {numbers[-1]}, too far apart for one sequence; "
            "move those that do not belong to it"
        )
    files = {number: folder / f"{asked.base}{number:0{padding}}{asked.ending}" for number in numbers}
    pattern = str(folder / f"{asked.base}{'#' * padding}{asked.ending}")
    return PictureSequence(pattern=pattern, files=files, wanted=asked.wanted)


def file_of(plate: Plate, index: int) -> Path:
    """The file of a sequence's picture, by its index; it may be away."""
    return numbered(plate.path, (plate.sequence_start or 0) + index)


def numbered(pattern: str, number: int) -> Path:
    """A sequence's file with that number: `#` in the pattern's name stands for each digit of the padding."""
    return Path(pattern).with_name(names_between(pattern, number, number)[0])


def names_between(pattern: str, first: int, last: int) -> list[str]:
    """The names of a sequence's files numbered `first` to `last`, whether there or not."""
    name = Path(pattern).name
    place = _NUMBER_PLACE.search(name)
    if place is None:
        return [name] * (last - first + 1)
    head, digits, tail = name[: place.start()], len(place[0]), name[place.end() :]
    return [f"{head}{number:0{digits}}{tail}" for number in range(first, last + 1)]


def files_of(plate: Plate) -> dict[int, Path]:
    """The files of a plate's whole sequence that are there, by number. Raises: UnreadableMedia."""
    start = plate.sequence_start or 0
    return files_between(plate.path, start, start + plate.file_frames - 1)


def files_between(pattern: str, first: int, last: int) -> dict[int, Path]:
    """The files of a sequence that are there, of those numbered `first` to `last`, by number.

    The folder is listed once. Raises: UnreadableMedia when it cannot be.
    """
    folder = Path(pattern).parent
    try:
        there = set(_visible(folder))
    except OSError as cause:
        raise UnreadableMedia(
            f"{folder} cannot be read: {cause.strerror or cause}; check the path and that the disk is mounted"
        ) from cause
    names = enumerate(names_between(pattern, first, last), first)
    return {number: folder / name for number, name in names if name in there}


def sequence_sha256(files: Mapping[int, Path] | PictureSequence) -> str:
    """The hash of a sequence: of its files' numbers and hashes. Raises: OSError."""
    return sha256_of_hashes(file_hashes(files.files if isinstance(files, PictureSequence) else files))


def file_hashes(files: Mapping[int, Path]) -> dict[int, str]:
    """Each file's own SHA-256, by number. Raises: OSError."""
    with ThreadPoolExecutor(READERS) as readers:
        return dict(zip(files, readers.map(sha256_of, files.values()), strict=True))


def sha256_of_hashes(hashes: Mapping[int, str]) -> str:
    """The hash of a sequence whose files have these hashes."""
    lines = "".join(f"{number} {hashes[number]}\n" for number in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()


def clip_sha256(path: str | Path) -> str:
    """The hash by which a clip is known, a movie or a sequence. Raises: UnreadableMedia."""
    try:
        if is_sequence_name(str(path)):
            return sequence_sha256(find_sequence(str(path)))
        return sha256_of(Path(path))
    except OSError as cause:
        raise UnreadableMedia(
            f"{path} cannot be read: {cause.strerror or cause}; check the path and that the disk is mounted"
        ) from cause


def plate_sha256(plate: Plate) -> str:
    """The hash of a plate's file or files as they are now. Raises: UnreadableMedia."""
    if not plate.is_sequence:
        return clip_sha256(plate.path)
    try:
        return sequence_sha256(files_of(plate))
    except OSError as cause:
        raise UnreadableMedia(f"{plate.path} cannot be read: {cause.strerror or cause}") from cause


def plate_bytes(plate: Plate) -> int:
    """The size of a plate's file or files as they are now. Raises: UnreadableMedia."""
    files = files_of(plate).values() if plate.is_sequence else (Path(plate.path),)
    try:
        return sum(path.stat().st_size for path in files)
    except OSError as cause:
        raise UnreadableMedia(f"{plate.path} cannot be read: {cause.strerror or cause}") from cause


def clip_files(path: str | Path) -> tuple[Path, ...]:
    """The files that a clip's name means, none when there are none: a movie's one, or a sequence's."""
    if not is_sequence_name(str(path)):
        return (Path(path),)
    try:
        return tuple(find_sequence(str(path)).files.values())
    except UnreadableMedia:
        return ()
