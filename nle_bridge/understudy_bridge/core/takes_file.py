"""The list of takes that `bridge push` reads: a JSON table each, with the shot as `bridge pull` told it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from understudy.domain.outside_text import json_value
from understudy.domain.plain import from_plain
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.core.push import Take
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.shots import Wanted, shot_of
from understudy_bridge.core.timeline import Sequence

_KEYS = frozenset(
    ("shot", "media", "version", "frames", "start", "head", "id", "take", "colour_space", "name")
)
_MOST_BYTES = 64 << 20


def read_takes(path: Path, sequence: Sequence) -> tuple[Take, ...]:
    """The takes of a file: a list of tables.

    `shot` is a shot as `bridge pull --json` told it, or the uid of a clip; `media` the take's file, `version`
    its number, `frames` how many it has, `head` how many of them lie before the cut, `start` the number of
    its first frame.
    Raises: BadInterchange, BadRecord.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInterchange(f"{path} is too long for a list of takes")
        listed = json_value(path.read_bytes())
    except (OSError, ValueError) as cause:
        raise BadInterchange(f"{path} is no list of takes: {cause}") from cause
    if not isinstance(listed, list):
        raise BadInterchange(f"{path} is no list of takes; write [{{...}}, ...]")
    return tuple(_take(one, number, sequence, path) for number, one in enumerate(listed, 1))


def _take(data: object, number: int, sequence: Sequence, path: Path) -> Take:
    where = f"{path.name}, take {number}"
    if not isinstance(data, dict):
        raise BadInterchange(f"{where} is no table")
    if unknown := sorted(set(data) - _KEYS):
        raise BadInterchange(f"{where} has the unknown key {unknown[0]!r}; it has {', '.join(sorted(_KEYS))}")
    shot = _shot(data.get("shot"), sequence, where)
    media, version = _text(data, "media", where), _whole(data, "version", where, least=1)
    if not media:
        raise BadInterchange(f"{where}: `media` names no file")
    head = _whole(data, "head", where, otherwise=shot.handle_head)
    result = ResultMedia(
        path=media,
        name=_text(data, "name", where) or f"{shot.name}_v{version:03d}",
        rate=shot.rate,
        start=_whole(data, "start", where, otherwise=0),
        frames=_whole(data, "frames", where, least=1),
        plate_first=shot.source_in - head,
        shot_id=_text(data, "id", where) or shot.clip_uid,
        take_id=_text(data, "take", where),
        colour_space=_text(data, "colour_space", where),
    )
    return Take(shot=shot, result=result, version=version)


def _shot(said: object, sequence: Sequence, where: str) -> ShotRef:
    if isinstance(said, dict):
        return from_plain(ShotRef, said)
    found = shot_of(sequence, said, Wanted()) if isinstance(said, str) else None
    if found is None:
        raise BadInterchange(
            f"{where}: {said!r} is neither a shot nor the uid of a clip on {sequence.name!r}"
        )
    return found


def _text(data: dict[str, Any], key: str, where: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise BadInterchange(f"{where}: `{key}` is text")
    return value


def _whole(
    data: dict[str, Any], key: str, where: str, *, least: int = 0, otherwise: int | None = None
) -> int:
    value = data.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadInterchange(f"{where}: `{key}` is a whole number of at least {least}")
    return value
