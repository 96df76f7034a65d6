"""Sending a clip: what it consists of, the pieces that the server lacks, and having them put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from understudy.client.connection import Connection
from understudy.client.patience import Patience
from understudy.domain.chunks import CHUNK_BYTES, ClipManifest, check_manifest, chunked
from understudy.domain.errors import BadInput, NotAuthenticated, Transient
from understudy.domain.media import Transferred
from understudy.domain.summary import StoredClip
from understudy.v1 import media_pb2 as pb
from understudy.wire.limits import MAX_CLIP_CHUNK_BYTES
from understudy.wire.media import clip_manifest_to_wire

Told = Callable[[str, int, int], None]
"""Hears what is done ("read", "send", "assemble", "fetch"), how many bytes of it, and how many there are."""

_DEADLINE_S = 120.0
_CHUNKS_A_CALL = 64  # 256 MiB; then the server is asked anew


def push(
    connection: Connection, name: str, files: Sequence[Path], *, told: Told, patience_s: float
) -> Transferred:
    """Send a movie, or the files of a sequence named as "plate.####.exr". Only what is not there is sent.

    Raises: BadInput, DiskFull, OSError; Transient when the server is away for longer than `patience_s`.
    """
    manifest = _manifest(name, files, told)
    pushing = _Push(connection, manifest, {path.name: path for path in files}, told)
    patience = Patience(connection, patience_s)
    while True:
        before = pushing.lacking
        try:
            clip = pushing.attempt()
        except (Transient, NotAuthenticated) as error:
            if pushing.lacking < before:
                patience.moved_on()
            patience.wait(error)
        else:
            return Transferred(
                path=clip.path,
                sha256=clip.sha256,
                files=len(files),
                moved_bytes=pushing.moved,
                kept_bytes=max(0, manifest.size - pushing.moved),
            )


def _manifest(name: str, files: Sequence[Path], told: Told) -> ClipManifest:
    total, read = sum(path.stat().st_size for path in files), 0

    def heard(size: int) -> None:
        nonlocal read
        read += size
        told("read", read, total)

    manifest = ClipManifest(name=name, files=tuple(chunked(path, path.name, heard) for path in files))
    check_manifest(manifest)
    return manifest


class _Push:
    """One clip on its way; `moved` counts the bytes that were sent."""

    def __init__(
        self, connection: Connection, manifest: ClipManifest, paths: dict[str, Path], told: Told
    ) -> None:
        self._connection, self._manifest, self._paths, self._told = connection, manifest, paths, told
        self._message = clip_manifest_to_wire(manifest)
        self._where = {digest: (file, index) for digest, file, index in manifest.chunks()}
        self.moved = 0
        self.lacking = len(self._where) + 1  # the fewest pieces that the server ever lacked

    def attempt(self) -> StoredClip:
        """Send what is missing and have the clip put together. Raises: Transient, to be tried again."""
        found = self._connection.call(
            "MediaService/FindChunks",
            pb.FindChunksRequest(clip=self._message),
            pb.FindChunksResponse,
            deadline_s=_DEADLINE_S,
        )
        if found.path:
            return StoredClip(path=found.path, sha256=found.sha256)
        self.lacking = min(self.lacking, len(found.missing))
        for start in range(0, len(found.missing), _CHUNKS_A_CALL):
            messages = self._messages(found.missing[start : start + _CHUNKS_A_CALL])
            self._connection.send("MediaService/PutChunks", messages, pb.PutChunksResponse)
        return self._put_together()

    def _messages(self, digests: Sequence[bytes]) -> Iterator[pb.PutChunksRequest]:
        for digest in digests:
            if digest not in self._where:
                raise BadInput(
                    "the server asks for a piece that this clip does not have; nothing was sent of it"
                )
            file, index = self._where[digest]
            size = file.chunk_size(index)
            yield pb.PutChunksRequest(header=pb.ChunkHeader(sha256=digest, size=size))
            with self._paths[file.name].open("rb") as opened:
                opened.seek(index * CHUNK_BYTES)
                data = opened.read(size)
            if len(data) < size:
                raise BadInput(f"{file.name} became shorter while it was sent; send it again")
            for begin in range(0, size, MAX_CLIP_CHUNK_BYTES):
                part = data[begin : begin + MAX_CLIP_CHUNK_BYTES]
                yield pb.PutChunksRequest(data=part)
                self.moved += len(part)
            self._told("send", self.moved, self._manifest.size)

    def _put_together(self) -> StoredClip:
        request = pb.AssembleRequest(clip=self._message)
        for step in self._connection.stream("MediaService/Assemble", request, pb.AssembleResponse):
            if step.WhichOneof("part") == "clip":
                return StoredClip(path=step.clip.path, sha256=step.clip.sha256)
            self._told("assemble", step.done_bytes, self._manifest.size)
        raise Transient("the server ended before the clip was put together; send it again")
