"""What was sent, kept on disk: one JSON file a sending, each written whole or not at all."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from understudy.domain.errors import Conflict, UnderstudyError
from understudy.domain.file_lock import try_lock
from understudy.domain.files import TEMPORARY_PREFIX, named_write_errors, sweep_temporaries, write_bytes
from understudy.domain.outside_text import json_value
from understudy.domain.plain import from_plain, to_plain
from understudy_bridge.daemon.sending import Sending

log = logging.getLogger(__name__)

FORMAT = 1
LOCK_NAME = "lock"
DAMAGED_SUFFIX = ".damaged"
_MOST_BYTES = 4 << 20


class Journal:
    """The folder of one daemon; a second daemon on it is refused. `notes` says what was found damaged."""

    def __init__(self, folder: Path) -> None:
        """Raises: Conflict while another daemon has it; NotWritable, DiskFull."""
        self._folder = folder
        with named_write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(self._lock):
            owner = os.read(self._lock, 32).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise Conflict(
                f"another bridge keeps {folder}"
                + (f" (process {owner})" if owner else "")
                + "; use that one, "
                "or stop it first"
            )
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())
        sweep_temporaries(folder, older_than_s=0.0)
        self.notes: list[str] = []

    def close(self) -> None:
        """Let another daemon have the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def read(self) -> tuple[Sending, ...]:
        """All sendings, oldest first. What is no sending is set aside under another name, and told."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            if path.name.startswith(TEMPORARY_PREFIX):
                continue
            try:
                found.append(_read(path))
            except (UnderstudyError, OSError, ValueError) as cause:
                self._set_aside(path, cause)
        return tuple(sorted(found, key=lambda sending: sending.id))

    def write(self, sending: Sending) -> None:
        """Keep a sending as it is now. Raises: DiskFull, NotWritable."""
        text = json.dumps({"format": FORMAT, "sending": to_plain(sending)}, ensure_ascii=False)
        target = self._folder / f"{sending.id}.json"
        with named_write_errors(target):
            write_bytes(target, text.encode(), mode=0o600)

    def _set_aside(self, path: Path, cause: Exception) -> None:
        aside = path.with_name(path.name + DAMAGED_SUFFIX)
        try:
            path.replace(aside)
            told = (
                f"{path.name} is no sending ({cause}); it was set aside as {aside.name}, send that shot again"
            )
        except OSError as refusal:
            told = f"{path.name} is no sending ({cause}) and cannot be set aside ({refusal})"
        log.warning("%s", told)
        self.notes.append(told)


def _read(path: Path) -> Sending:
    """Raises: BadRecord, ValueError, OSError."""
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is far too long")
    table = json_value(path.read_bytes())
    if not isinstance(table, Mapping) or set(table) != {"format", "sending"}:
        raise ValueError("it does not say its format")
    if table["format"] != FORMAT:
        raise ValueError(f"its format is {table['format']!r}, this program reads {FORMAT}")
    sending = from_plain(Sending, table["sending"])
    if path.name != f"{sending.id}.json":
        raise ValueError(f"it is of sending {sending.id}")
    return sending


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours now; a share that knows no locks counts as nobody else's."""
    try:
        return try_lock(descriptor)
    except OSError:
        return True
