"""The custody log: what was decided and done, one JSON line each, each with the hash of the one before.

A checkpoint beside the log (`custody.anchor`), signed with the production's key, says how many lines there
are and the last hash. It is written after every line, so a line is *acknowledged* once the checkpoint covers
it, and cutting such lines off, or writing the chain anew without the key, is seen. After a crash there
can be one line more than the checkpoint says: a whole one is kept, a torn one is cut off and reported.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from understudy.domain.clock import utc_now
from understudy.domain.errors import CustodyBroken
from understudy.domain.files import named_write_errors, write_bytes
from understudy.domain.summary import CustodyEntry
from understudy.trust.asking import asking_token_id
from understudy.trust.canonical import canonical, sha256_hex
from understudy.trust.keys import is_signed, sign

FIRST_PREVIOUS = "0" * 64
_FIELDS = {"sequence", "time", "event", "facts", "previous", "hash"}
_ADVICE = "compare the log with a backup or with the heads in signed deliveries"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A log that holds: its length, its last hash, and the bytes of a last line that a crash tore."""

    entries: int
    head: str
    torn_bytes: int = 0


def anchor_path(log: Path) -> Path:
    """Where a log's signed checkpoint lies."""
    return log.with_suffix(".anchor")


def verify(path: Path, public_key: Ed25519PublicKey) -> Verified:
    """Check every line, the chain and the checkpoint. Raises: CustodyBroken, naming the bad line."""
    return _check(*_read(path), public_key)[1]


class CustodyLog:
    """Appends to one production's log; threads and processes may share it."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self.path = path
        self._key = key
        self._guard = threading.Lock()
        self._known: tuple[int, Verified] | None = None  # size of the log when it was last seen whole

    @staticmethod
    def create(path: Path, key: Ed25519PrivateKey) -> CustodyLog:
        """Begin an empty log with its checkpoint. Raises: CustodyBroken when there is one already."""
        if path.exists() or anchor_path(path).exists():
            raise CustodyBroken(f"there is a custody log {path.name} already; it is never begun anew")
        write_bytes(path, b"")
        log = CustodyLog(path, key)
        log._write_anchor(Verified(entries=0, head=FIRST_PREVIOUS))
        return log

    def append(self, event: str, **facts: object) -> str:
        """Write a line that says what happened; returns its hash, the new head. It is on disk on return.

        Facts hold ids and hashes, never names; the id of the access token that the call came with is added.
        Raises: CustodyBroken when the log does not hold; DiskFull, NotWritable.
        """
        if token_id := asking_token_id():
            facts = {"token_id": token_id, **facts}
        with self._locked() as descriptor:
            before = self._recover(descriptor)
            if before.torn_bytes:
                before = self._write(descriptor, before, "custody.repaired", {"cut_bytes": before.torn_bytes})
            return self._write(descriptor, before, event, facts).head

    @property
    def head(self) -> str:
        """The newest hash. Raises: CustodyBroken."""
        return self.verify().head

    def verify(self) -> Verified:
        """Check the whole log. Raises: CustodyBroken."""
        with self._locked(to_write=False):
            return verify(self.path, self._key.public_key())

    def entries(self, after: int = 0, limit: int = 1000) -> list[CustodyEntry]:
        """Lines after a number, at most `limit`; the log is checked on the way. Raises: CustodyBroken."""
        with self._locked(to_write=False):
            found, _ = _check(*_read(self.path), self._key.public_key())
        return found[after : after + limit]

    @contextmanager
    def _locked(self, *, to_write: bool = True) -> Iterator[int]:
        with self._guard:
            try:
                with named_write_errors(self.path):
                    descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND if to_write else os.O_RDONLY)
            except FileNotFoundError as cause:
                raise CustodyBroken(
                    f"the custody log {self.path.name} is gone; restore it from a backup"
                ) from cause
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX if to_write else fcntl.LOCK_SH)
                yield descriptor
            finally:
                os.close(descriptor)

    def _recover(self, descriptor: int) -> Verified:
        if self._known is not None and self._known[0] == os.fstat(descriptor).st_size:
            return self._known[1]
        data, anchor = _read(self.path)
        _, found = _check(data, anchor, self._key.public_key())
        if found.torn_bytes:
            os.ftruncate(descriptor, len(data) - found.torn_bytes)
            os.fsync(descriptor)
        self._write_anchor(found)  # takes in a whole line that a crash left unacknowledged
        return found

    def _write(self, descriptor: int, before: Verified, event: str, facts: dict[str, object]) -> Verified:
        body = {
            "sequence": before.entries + 1,
            "time": utc_now(),
            "event": event,
            "facts": facts,
            "previous": before.head,
        }
        head = sha256_hex(canonical(body))
        line = canonical({**body, "hash": head}) + b"\n"
        self._known = None
        begin = os.fstat(descriptor).st_size
        with named_write_errors(self.path):
            try:
                if os.write(descriptor, line) != len(line):
                    raise OSError(errno.ENOSPC, "the disk took only part of a line")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, begin)
                raise
        after = Verified(entries=before.entries + 1, head=head)
        self._write_anchor(after)
        self._known = (os.fstat(descriptor).st_size, after)
        return after

    def _write_anchor(self, state: Verified) -> None:
        body = {"entries": state.entries, "head": state.head}
        write_bytes(
            anchor_path(self.path), canonical({**body, "signature": sign(self._key, canonical(body))}) + b"\n"
        )


def _read(path: Path) -> tuple[bytes, bytes]:
    try:
        return path.read_bytes(), anchor_path(path).read_bytes()
    except FileNotFoundError as cause:
        raise CustodyBroken(
            f"the custody log or its checkpoint is gone ({cause.filename}); {_ADVICE}"
        ) from cause


def _check(data: bytes, anchor: bytes, public_key: Ed25519PublicKey) -> tuple[list[CustodyEntry], Verified]:
    complete, newline, torn = data.rpartition(b"\n")
    entries: list[CustodyEntry] = []
    for number, line in enumerate(complete.split(b"\n") if newline else [], start=1):
        entries.append(_entry(line, number, entries[-1].hash if entries else FIRST_PREVIOUS))
    count, head = _anchor(anchor, public_key)
    hashes = [FIRST_PREVIOUS, *(entry.hash for entry in entries)]
    if len(entries) < count:
        raise CustodyBroken(
            f"line {len(entries) + 1}: the log ends here, but the signed checkpoint covers "
            f"{count} lines; {_ADVICE}"
        )
    if hashes[count] != head:
        raise CustodyBroken(f"line {count}: the signed checkpoint has another hash; {_ADVICE}")
    if len(entries) > count + 1:
        raise CustodyBroken(
            f"line {count + 2}: lines follow that this production never acknowledged; {_ADVICE}"
        )
    return entries, Verified(entries=len(entries), head=hashes[-1], torn_bytes=len(torn))


def _entry(line: bytes, number: int, previous: str) -> CustodyEntry:
    try:
        values = json.loads(line)
        body = {key: value for key, value in values.items() if key != "hash"}
        whole = (
            set(values) == _FIELDS
            and canonical(values) == line
            and values["sequence"] == number
            and values["previous"] == previous
            and values["hash"] == sha256_hex(canonical(body))
        )
    except (ValueError, AttributeError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise CustodyBroken(f"line {number}: the custody log was altered here; {_ADVICE}")
    del values["previous"]
    return CustodyEntry(**values)


def _anchor(anchor: bytes, public_key: Ed25519PublicKey) -> tuple[int, str]:
    try:
        values = json.loads(anchor)
        count, head, signature = values["entries"], values["head"], values["signature"]
    except (ValueError, KeyError, TypeError) as cause:
        raise CustodyBroken(f"the custody checkpoint cannot be read; {_ADVICE}") from cause
    if not is_signed(public_key, signature, canonical({"entries": count, "head": head})):
        raise CustodyBroken(f"the custody checkpoint was not signed with this production's key; {_ADVICE}")
    return int(count), str(head)
