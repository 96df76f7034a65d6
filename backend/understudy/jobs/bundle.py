"""A bundle: everything one job needs, immutable, in a folder.

bundle.json    the work with resolved paths and settings, and which inputs it reads
grant.json     the signed consent grant for exactly this bundle
events.jsonl   what the worker tells, appended
lease.lock     held by the worker as long as it lives
heartbeat.json pid, host and time of the worker's last sign of life
log.txt        the worker's standard output and error
cancel         there when the worker is asked to stop
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from understudy.domain.errors import BadBundle, BadRecord, MediaAway, UnreadableMedia
from understudy.domain.files import sha256_of, write_bytes
from understudy.domain.job import JobKind
from understudy.domain.people import Grant, Need
from understudy.domain.plain import from_json, from_plain, to_json, to_plain
from understudy.domain.shot import Plate
from understudy.domain.time import FrameRange, format_frames
from understudy.media.sequence_files import file_hashes, files_between, sha256_of_hashes
from understudy.work import WORKS, Work

SCHEMA = 1
_HASHED_ALWAYS_BYTES = 64 << 20
BUNDLE_FILE, GRANT_FILE, CANCEL_FILE = "bundle.json", "grant.json", "cancel"


@dataclass(frozen=True, kw_only=True, slots=True)
class InputFile:
    """A file the work reads, and the hash it must have.

    A sequence of files has `#` in its path; `files` are the numbers that its hash is about, `used` those that
    the work reads and that must be there.
    """

    path: str
    sha256: str
    files: FrameRange | None = None
    used: FrameRange | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """The immutable part of a job folder. `work` is the plain form of one of the records in `work.py`."""

    job_id: str
    kind: JobKind
    production_id: str
    needs: tuple[Need, ...]
    inputs: tuple[InputFile, ...]
    work: dict[str, object]
    schema: int = SCHEMA

    @property
    def resolved(self) -> Work:
        return from_plain(WORKS[self.kind], self.work)


def plate_input(plate: Plate) -> InputFile:
    """A plate's file or files as an input."""
    start = plate.sequence_start
    if start is None:
        return InputFile(path=plate.path, sha256=plate.sha256)
    return InputFile(
        path=plate.path,
        sha256=plate.sha256,
        files=FrameRange(start, start + plate.file_frames - 1),
        used=FrameRange(start + plate.first_index, start + plate.last_index),
    )


def make_bundle(
    job_id: str,
    kind: JobKind,
    production_id: str,
    work: Work,
    *,
    needs: tuple[Need, ...],
    inputs: tuple[InputFile, ...],
) -> Bundle:
    """Put some work into a bundle."""
    return Bundle(
        job_id=job_id, kind=kind, production_id=production_id, needs=needs, inputs=inputs, work=to_plain(work)
    )


def bundle_sha256(bundle: Bundle) -> str:
    """The hash that a consent grant is bound to."""
    return hashlib.sha256(to_json(bundle).encode()).hexdigest()


def write_bundle(folder: Path, bundle: Bundle, grant: Grant) -> None:
    """Write the bundle and its grant; a retried job gets a fresh grant for the same bundle."""
    write_bytes(folder / BUNDLE_FILE, to_json(bundle).encode())
    write_bytes(folder / GRANT_FILE, to_json(grant).encode())


def read_bundle(folder: Path) -> tuple[Bundle, Grant]:
    """Read a bundle and its grant. Raises: BadBundle."""
    try:
        bundle = from_json(Bundle, (folder / BUNDLE_FILE).read_bytes())
        grant = from_json(Grant, (folder / GRANT_FILE).read_bytes())
    except (OSError, BadRecord) as cause:
        raise BadBundle(f"{folder} holds no readable bundle: {cause}") from cause
    if bundle.schema != SCHEMA:
        raise BadBundle(f"bundle {folder} has schema {bundle.schema}; this Understudy reads schema {SCHEMA}")
    return bundle, grant


def check_inputs(bundle: Bundle, *, thoroughly: bool = True) -> None:
    """Raises: MediaAway when an input cannot be read, BadBundle when it is not the file it was.

    A farm's tasks do not look `thoroughly`: each would read a whole plate over the network before its first
    frame. They trust files above 64 MiB to be what the server's worker found.
    """
    for item in bundle.inputs:
        if item.files is not None:
            _check_sequence(item, item.files, thoroughly=thoroughly)
            continue
        path = Path(item.path)
        try:
            if not thoroughly and path.stat().st_size > _HASHED_ALWAYS_BYTES:
                continue
            sha256 = sha256_of(path)
        except OSError as cause:
            raise _away(item, cause) from cause
        if sha256 != item.sha256:
            raise BadBundle(
                f"input {path} has changed since the job was made; ingest or extract the shot again"
            )


def _away(item: InputFile, cause: Exception) -> MediaAway:
    return MediaAway(
        f"input {item.path} is gone or cannot be read ({cause}); see to its disk or file server and retry, "
        "or find the media again"
    )


def _check_sequence(item: InputFile, numbers: FrameRange, *, thoroughly: bool) -> None:
    """As `check_inputs`, of a sequence: all files that are used must be there, however large they are."""
    try:
        files = files_between(item.path, numbers.first, numbers.last)
        if not files:
            raise _away(item, FileNotFoundError("none of its pictures is there"))
        if lacking := [number for number in item.used or () if number not in files]:
            raise BadBundle(
                f"input {item.path} lacks {format_frames(lacking)}; bring them back or ingest the shot again"
            )
        if not thoroughly and sum(path.stat().st_size for path in files.values()) > _HASHED_ALWAYS_BYTES:
            return
        same = sha256_of_hashes(file_hashes(files)) == item.sha256
    except (UnreadableMedia, OSError) as cause:
        raise _away(item, cause) from cause
    if not same:
        raise BadBundle(
            f"input {item.path} has changed since the job was made; ingest or extract the shot again"
        )
