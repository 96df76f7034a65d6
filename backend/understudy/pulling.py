"""Fetching what the production made: files of takes, deliveries and exports, and of nothing else.

Each piece is given only as long as the consents hold that the work rests on. Work that carries the evaluation
mark stays in the production's scratch folder. Who fetched what is in the custody log.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from understudy.domain.chunks import CHUNK_BYTES, FileChunks, chunked
from understudy.domain.clip_name import check_clip_name
from understudy.domain.errors import BadInput, ConsentForeign, NotFound
from understudy.domain.files import TEMPORARY_PREFIX
from understudy.domain.job import JobKind, JobState
from understudy.domain.latest import Latest
from understudy.domain.media import PulledWork
from understudy.domain.people import Grant
from understudy.store.production import Production
from understudy.trust.credentials import MANIFEST_NAME, SIGNATURE_NAME, read_manifest

PART_BYTES = 1 << 20
_LOGGED_AGAIN_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """What is fetched: `names` are its files below `folder`; `job_ids` made it."""

    id: str
    kind: str
    title: str
    folder: Path
    job_ids: tuple[str, ...]
    names: Callable[[], list[str]]


class Pulling:
    """Implements `rpc.media_backend.PullBackend` over one production. Used from many threads.

    `check_consents(job_id, what)` raises when a consent that a job rested on holds no longer; `grant_of`
    gives the grant of a job.
    """

    def __init__(
        self,
        production: Production,
        *,
        check_consents: Callable[[str, str], None],
        grant_of: Callable[[str], Grant],
    ) -> None:
        self._production = production
        self._check_consents, self._grant_of = check_consents, grant_of
        self._logged: Latest[str, float] = Latest(1024)
        self._listed: Latest[tuple[str, int], frozenset[str]] = Latest(64)

    def manifest(self, identifier: str) -> Iterator[PulledWork | FileChunks]:
        """What it is, then every file. Raises: NotFound, ConsentRefused, BadRecord."""
        source = self._source(identifier)
        self._allow(source)
        names = source.names()
        sizes = [_inside(source.folder, name).stat().st_size for name in names]
        self._log(source, at_once=True)
        yield PulledWork(kind=source.kind, title=source.title, files=len(names), size=sum(sizes))
        for name in names:
            self._allow(source)
            yield chunked(_inside(source.folder, name), name)

    def chunks(self, identifier: str, name: str, first_chunk: int) -> Iterator[bytes]:
        """The bytes of a file from a piece on. Raises: NotFound, BadInput, ConsentRefused, BadRecord."""
        source = self._source(identifier)
        self._allow(source)
        if name not in self._names(source, name):
            raise NotFound(f"{source.kind} {source.title} has no file {name!r}")
        path = _inside(source.folder, name)
        if not 0 <= first_chunk <= path.stat().st_size // CHUNK_BYTES:
            raise BadInput(f"{name} has no piece {first_chunk}; they count from 0")
        self._log(source, at_once=False)
        with _opened(path) as file:
            file.seek(first_chunk * CHUNK_BYTES)
            given = 0
            while data := file.read(PART_BYTES):
                yield data
                given += len(data)
                if given % CHUNK_BYTES == 0:
                    self._allow(source)

    def _source(self, identifier: str) -> _Source:
        for found in (self._take, self._delivery, self._export):
            try:
                return found(identifier)
            except NotFound:
                continue
        raise NotFound(
            f"there is no take, delivery or finished export {identifier!r}; see `understudy takes` and `jobs`"
        )

    def _take(self, identifier: str) -> _Source:
        take = self._production.take(identifier)
        folder = self._production.path(take.path)
        return _Source(
            id=take.id,
            kind="take",
            title=f"{self._production.shot(take.shot_id).name}_{take.label}",
            folder=folder,
            job_ids=(take.job_id,),
            names=lambda: _files(folder),
        )

    def _delivery(self, identifier: str) -> _Source:
        delivery = self._production.delivery(identifier)
        folder = Path(delivery.path)
        return _Source(
            id=delivery.id,
            kind="delivery",
            title=folder.name,
            folder=folder,
            job_ids=(delivery.job_id, self._production.take(delivery.take_id).job_id),
            names=lambda: self._delivered(folder),
        )

    def _export(self, identifier: str) -> _Source:
        job = self._production.job(identifier)
        if job.kind is not JobKind.EXPORT or job.state is not JobState.DONE:
            raise NotFound(f"job {job.id} is no finished export")
        folder, files = Path(str(job.result["folder"])), job.result["files"]
        names = [str(name) for name in files] if isinstance(files, list | tuple) else []
        return _Source(
            id=job.id,
            kind="export",
            title=folder.name,
            folder=folder,
            job_ids=(job.id,),
            names=lambda: names,
        )

    def _delivered(self, folder: Path) -> list[str]:
        """The files that the signed manifest lists, and the manifest itself."""
        listed = read_manifest(folder, self._production.public_key)["files"]
        return [*sorted(listed), MANIFEST_NAME, SIGNATURE_NAME]

    def _names(self, source: _Source, name: str) -> frozenset[str]:
        """The files of something, read anew when its folder or manifest changed."""
        if source.kind == "take":  # any whole file in its folder is its own; others come while it renders
            return frozenset({name}) if _visible(name) else frozenset()
        try:
            changed_ns = source.folder.stat().st_mtime_ns
        except OSError as cause:
            raise NotFound(f"{source.kind} {source.title} is away: {source.folder} is not there") from cause
        known = self._listed.get((source.id, changed_ns))
        return known or self._listed.put((source.id, changed_ns), frozenset(source.names()))

    def _allow(self, source: _Source) -> None:
        """Raises: ConsentRevoked, ConsentExpired, ConsentForeign."""
        what = f"{source.kind} {source.title}"
        for job_id in source.job_ids:
            self._check_consents(job_id, what)
            if self._grant_of(job_id).marked:
                raise ConsentForeign(
                    f"{what} rests on an evaluation licence; its files stay in the production's folder"
                )

    def _log(self, source: _Source, *, at_once: bool) -> None:
        last = self._logged.get(source.id)
        if at_once or last is None or time.monotonic() - last > _LOGGED_AGAIN_S:
            self._production.custody.append(f"{source.kind}.pulled", **{f"{source.kind}_id": source.id})
            self._logged.put(source.id, time.monotonic())


def _files(folder: Path) -> list[str]:
    """Files below a folder, without hidden ones and links."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(TEMPORARY_PREFIX))
        paths = (Path(here) / name for name in sorted(names) if not name.startswith(TEMPORARY_PREFIX))
        found += [path for path in paths if stat.S_ISREG(path.lstat().st_mode)]
    return [path.relative_to(folder).as_posix() for path in found]


def _visible(name: str) -> bool:
    return not any(part.startswith(TEMPORARY_PREFIX) for part in name.split("/"))


def _inside(folder: Path, name: str) -> Path:
    """The path of a file below a folder. Raises: NotFound for a name or a link that leads elsewhere."""
    try:
        for part in name.split("/"):
            check_clip_name(part)
        path = (folder / name).resolve(strict=True)
        if path != folder.resolve() / name or not stat.S_ISREG(path.lstat().st_mode):
            raise NotFound(f"{name!r} is no file of {folder.name}")
    except (BadInput, OSError, ValueError) as cause:
        raise NotFound(f"{name!r} is no file of {folder.name}, or it is away") from cause
    return path


def _opened(path: Path) -> BinaryIO:
    """Raises: NotFound when it was put away or replaced by a link meanwhile."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError as cause:
        raise NotFound(f"{path.name} cannot be read: {cause.strerror}") from cause
