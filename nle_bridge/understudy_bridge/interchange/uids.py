"""Names for clips that a file does not name: the same clip in the same file is called the same every time."""

from __future__ import annotations

import hashlib


class Uids:
    """Hands out uids while a file is read; no two clips of a timeline get the same one."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self.notes: list[str] = []

    def known(self, uid: str, name: str) -> str:
        """A uid that the file says; a copy of a clip gets one of its own."""
        given = self._count(uid)
        if given > 1:
            self.notes.append(f"clip {name!r} is a copy with the same identity; it is taken for a new clip")
            return self.known(f"{uid}-{given}", name)
        return uid

    def made(self, name: str, path: str, source_in: int) -> str:
        """A uid from what the clip is, for a file without ours."""
        digest = hashlib.sha256(f"{name}\0{path}\0{source_in}".encode()).hexdigest()[:16]
        count = self._count(digest)
        return digest if count == 1 else self.made(f"{name}\0{count}", path, source_in)

    def _count(self, uid: str) -> int:
        self._given[uid] = self._given.get(uid, 0) + 1
        return self._given[uid]
