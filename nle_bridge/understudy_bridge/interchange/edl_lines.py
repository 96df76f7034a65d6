"""The lines of a CMX3600 EDL, one by one: events, M2, FCM, titles, comments. Timecode is read later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from understudy_bridge.core.errors import BadInterchange

MOST_BYTES = 64 << 20
MOST_LINE = 20_000

_TIMECODE = r"(\d{1,2}[:;.,]\d\d[:;.,]\d\d[:;.,]\d{2,3})"
_EVENT = re.compile(
    r"^(\d{1,6})[A-Z]?\s+(\S+)\s+(\S+)\s+(C|D|W\d{1,4}|KB?|KO)\s+(?:\(F\)\s+)?(?:(\d{1,4})\s+)?(?:\(F\)\s+)?"
    rf"{_TIMECODE}\s+{_TIMECODE}\s+{_TIMECODE}\s+{_TIMECODE}(?:\s.*)?$"
)
_SPEED = re.compile(rf"^M2\s+(.*?)\s*([+-]?\s?\d{{1,6}}(?:\.\d{{1,9}})?)\s+{_TIMECODE}\s*$")
_CHANNELS = re.compile(r"^(?:NONE|B|AA?\d{0,2}|V\d{0,2}|[AV]\d{0,2}(?:/[AV]\d{0,2})+|AA/V|B\d|A\d?,?V|VA)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class EventLine:
    """One line of an event; timecodes as written."""

    line: int
    number: int
    reel: str
    channels: str
    kind: str
    length: int
    times: tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedLine:
    """An M2 line: frames per second, negative for backwards, and the source timecode it begins at."""

    line: int
    reel: str
    fps: Decimal
    time: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CountLine:
    """FCM: how what follows counts."""

    line: int
    drop_frame: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteLine:
    """A comment, `* KEY: value`, or any other line that tells and does not cut."""

    line: int
    key: str
    value: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TitleLine:
    """The name of the list."""

    line: int
    title: str


Line = EventLine | SpeedLine | CountLine | NoteLine | TitleLine


def lines_of(text: str, name: str) -> list[Line]:
    """Every line of an EDL that says something. Raises: BadInterchange with its number."""
    if "\0" in text:
        raise BadInterchange(f"{name} is no EDL: it holds bytes that no text has")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().lstrip("\ufeff\x1a")
        if len(stripped) > MOST_LINE:
            raise BadInterchange(f"{name}, line {number}: longer than {MOST_LINE} characters")
        if stripped:
            found.append(_line(stripped, number, name))
    if not any(isinstance(line, EventLine | TitleLine) for line in found):
        raise BadInterchange(f"{name} is no EDL: it has neither a title nor an event")
    return found


def _line(text: str, number: int, name: str) -> Line:
    if text[0].isdigit():
        return _event(text, number, name)
    if text.startswith("M2"):
        match = _SPEED.match(text)
        if match is None:
            raise BadInterchange(f"{name}, line {number}: M2 lacks a speed or a timecode: {text[:80]!r}")
        fps = Decimal(match[2].replace(" ", ""))
        return SpeedLine(line=number, reel=match[1], fps=fps, time=match[3])
    key, colon, value = text.lstrip("*# ").partition(":")
    word = key.strip().upper()
    if word == "TITLE" and colon and not text.startswith("*"):
        return TitleLine(line=number, title=value.strip())
    if word == "FCM" and colon and not text.startswith("*"):
        mode = " ".join(value.upper().replace("-", " ").split())
        if mode not in ("DROP FRAME", "NON DROP FRAME"):
            raise BadInterchange(
                f"{name}, line {number}: FCM is DROP FRAME or NON-DROP FRAME, not {value.strip()!r}"
            )
        return CountLine(line=number, drop_frame=mode == "DROP FRAME")
    return NoteLine(line=number, key=word if colon else "", value=value.strip(), text=text)


def _event(text: str, number: int, name: str) -> EventLine:
    match = _EVENT.match(text)
    if match is None or not _CHANNELS.match(match[3].upper()):
        raise BadInterchange(f"{name}, line {number}: this is no event of an EDL: {text[:100]!r}")
    if match[4].startswith("K"):
        raise BadInterchange(f"{name}, line {number}: a key ({match[4]}) cannot be followed; export cuts")
    if match[4] != "C" and match[5] is None:
        raise BadInterchange(f"{name}, line {number}: a dissolve or wipe lacks its length in frames")
    return EventLine(
        line=number,
        number=int(match[1]),
        reel=match[2],
        channels=match[3].upper(),
        kind=match[4],
        length=int(match[5] or 0) if match[4] != "C" else 0,
        times=(match[6], match[7], match[8], match[9]),
    )
