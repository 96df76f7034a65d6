"""What the media service calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from understudy.domain.chunks import ClipManifest, FileChunks
from understudy.domain.media import MissingPlate, PulledWork, RelinkReport, SearchStep
from understudy.domain.summary import StoredClip


class RelinkBackend(Protocol):
    """Finding plates again. As for `Backend`: many threads, `UnderstudyError`s, ids or names."""

    def missing(
        self, shot_ids: Sequence[str] = (), *, alive: Callable[[], bool]
    ) -> Iterator[int | MissingPlate]:
        """How many plates were looked at, and those that are away or changed. Raises: NotFound, Stopped."""

    def relink(
        self,
        folders: Sequence[str],
        shot_ids: Sequence[str] = (),
        *,
        dry_run: bool,
        accept_unverified: bool,
        alive: Callable[[], bool],
    ) -> Iterator[SearchStep | RelinkReport]:
        """Look for missing plates in folders and use what is found; how far it is, at last the report.

        Raises: NotFound, BadSettings for a folder that cannot be searched, Stopped.
        """


class TransferBackend(Protocol):
    """Clips that come in piece by piece."""

    def find_chunks(self, manifest: ClipManifest) -> StoredClip | list[bytes]:
        """Where the clip lies, or which pieces are missing. Raises: BadInput, DiskFull."""

    def put_chunk(self, digest: bytes, data: bytes) -> None:
        """Take a piece in. Raises: BadInput when it is another one, DiskFull."""

    def assemble(self, manifest: ClipManifest) -> Iterator[int | StoredClip]:
        """How many bytes are in their place, at last the clip.

        Raises: BadInput; Transient when a piece is missing; DiskFull.
        """


class PullBackend(Protocol):
    """Files of takes, deliveries and exports, as long as the consents hold that they rest on."""

    def manifest(self, identifier: str) -> Iterator[PulledWork | FileChunks]:
        """What it is, then every file. Raises: NotFound, ConsentRefused, BadRecord."""

    def chunks(self, identifier: str, name: str, first_chunk: int) -> Iterator[bytes]:
        """The bytes of a file from a piece on. Raises: NotFound, BadInput, ConsentRefused, BadRecord."""
