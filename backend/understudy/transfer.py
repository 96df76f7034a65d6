"""Taking clips in piece by piece: what is there is not sent again, whoever sent it and whatever broke off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from understudy.domain.chunks import ClipManifest, check_manifest
from understudy.domain.latest import Latest
from understudy.domain.summary import StoredClip
from understudy.store.blobs import Blobs
from understudy.store.clips import MEDIA_FOLDER, Clips
from understudy.store.production import Production
from understudy.store.put_together import put_together, still_whole

_REMEMBERED = 256


class Transfer:
    """Implements `rpc.media_backend.TransferBackend` over one production. Used from many threads."""

    def __init__(self, production: Production, clips: Clips) -> None:
        self._media, self._clips = production.folder / MEDIA_FOLDER, clips
        self._blobs = Blobs(self._media, clips.room, most_bytes=clips.most_bytes)
        self._whole: Latest[str, StoredClip] = Latest(_REMEMBERED)
        self._guard = threading.Lock()
        self._under_way: dict[str, tuple[threading.Lock, int]] = {}

    def find_chunks(self, manifest: ClipManifest) -> StoredClip | list[bytes]:
        """Where the clip lies, or which pieces are missing. Raises: BadInput, DiskFull."""
        self._check(manifest)
        if (clip := self._known(manifest)) is not None:
            return clip
        sizes = {digest: file.chunk_size(index) for digest, file, index in manifest.chunks()}
        missing = self._blobs.missing(sizes)
        self._clips.room.check(manifest.name, manifest.size + sum(sizes[digest] for digest in missing))
        return missing

    def put_chunk(self, digest: bytes, data: bytes) -> None:
        """Raises: BadInput, DiskFull."""
        self._blobs.put(digest, data)

    def assemble(self, manifest: ClipManifest) -> Iterator[int | StoredClip]:
        """Yields how many bytes are in their place, at last the clip.

        Raises: BadInput; Transient when a piece is missing; DiskFull.
        """
        self._check(manifest)
        with self._alone(manifest.key):
            if (clip := self._known(manifest)) is not None:
                yield clip
                return
            for step in put_together(manifest, self._blobs, self._media, self._clips.room):
                if isinstance(step, StoredClip):
                    self._whole.put(manifest.key, step)
                    self._blobs.drop({digest for digest, _, _ in manifest.chunks()})
                yield step

    def sweep(self) -> None:
        """Remove pieces of clips that nobody finished."""
        self._blobs.sweep()

    def forget(self) -> None:
        """Keep no piece of anything: nobody can tell whom one shows."""
        self._whole.clear()
        self._blobs.sweep(older_than_s=0)

    def _check(self, manifest: ClipManifest) -> None:
        check_manifest(manifest)
        self._clips.check_size(manifest.name, manifest.size)

    def _known(self, manifest: ClipManifest) -> StoredClip | None:
        """The clip, when this server put it together already and nobody took it away."""
        clip = self._whole.get(manifest.key)
        return clip if clip is not None and still_whole(clip, manifest) else None

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """One at a time for each clip: who comes second finds it done."""
        with self._guard:
            lock, waiting = self._under_way.get(key, (threading.Lock(), 0))
            self._under_way[key] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, waiting = self._under_way.pop(key)
                if waiting > 1:
                    self._under_way[key] = lock, waiting - 1
