"""What a take's files say about themselves, read once as long as they stay the files they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.domain.latest import Latest
from understudy.media.layers import layers_settings

MOST_HEADERS = 50_000

Stamp = tuple[int, int, int]


def file_stamp(path: Path) -> Stamp | None:
    """What changes when a file is replaced; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@dataclass(frozen=True, slots=True)
class _Header:
    stamp: Stamp
    settings: str | None


class LayerHeaders:
    """The settings hash of layer files. For many threads."""

    def __init__(self, most: int = MOST_HEADERS) -> None:
        self._known: Latest[Path, _Header] = Latest(most)

    def settings_of(self, path: Path) -> str | None:
        """The settings hash a layer file was written with; None when it is no such file."""
        stamp = file_stamp(path)
        if stamp is None:
            return None
        known = self._known.get(path)
        if known is None or known.stamp != stamp:
            known = self._known.put(path, _Header(stamp, layers_settings(path)))
        return known.settings

    def forget(self) -> None:
        self._known.clear()
