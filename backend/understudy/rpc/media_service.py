"""The media service: decode, call the backend, encode; searches, pushes and pulls each within their share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from understudy.domain.chunks import CHUNK_BYTES
from understudy.domain.errors import BadInput, Transient
from understudy.domain.media import MissingPlate, PulledWork, SearchStep
from understudy.domain.summary import StoredClip
from understudy.rpc.asked import said
from understudy.rpc.backend import Backend
from understudy.v1 import media_pb2 as pb
from understudy.v1 import media_pb2_grpc as rpc
from understudy.wire.limits import MAX_CLIP_CHUNK_BYTES
from understudy.wire.media import (
    clip_manifest_from_wire,
    file_chunks_to_wire,
    missing_plate_to_wire,
    pulled_work_to_wire,
    relink_report_to_wire,
    search_step_to_wire,
)

Context = grpc.ServicerContext
MOST_FOLDERS = 100
MOST_SEARCHES = 2  # they read whole disks


class MediaService(rpc.MediaServiceServicer):
    """Media that moved, and files on their way. As many pushes and pulls at once as `transfers` lets in."""

    def __init__(self, backend: Backend, *, transfers: threading.Semaphore) -> None:
        self._backend, self._transfers = backend, transfers
        self._searches = threading.BoundedSemaphore(MOST_SEARCHES)

    def ListMissing(
        self, request: pb.ListMissingRequest, context: Context
    ) -> Iterator[pb.ListMissingResponse]:
        with _share(self._searches, "searches"):
            for told in self._backend.relinking.missing(tuple(request.shot_ids), alive=context.is_active):
                if isinstance(told, MissingPlate):
                    yield pb.ListMissingResponse(plate=missing_plate_to_wire(told))
                else:
                    yield pb.ListMissingResponse(looked_at=told)

    def Relink(self, request: pb.RelinkRequest, context: Context) -> Iterator[pb.RelinkResponse]:
        if len(request.folders) > MOST_FOLDERS:
            raise BadInput(f"{len(request.folders)} folders are too many; name at most {MOST_FOLDERS}")
        with _share(self._searches, "searches"):
            for told in self._backend.relinking.relink(
                tuple(request.folders),
                tuple(request.shot_ids),
                dry_run=request.dry_run,
                accept_unverified=request.accept_unverified,
                alive=context.is_active,
            ):
                if isinstance(told, SearchStep):
                    yield pb.RelinkResponse(step=search_step_to_wire(told))
                else:
                    yield pb.RelinkResponse(report=relink_report_to_wire(told))

    def FindChunks(self, request: pb.FindChunksRequest, context: Context) -> pb.FindChunksResponse:
        found = self._backend.transfer.find_chunks(clip_manifest_from_wire(request.clip))
        if isinstance(found, StoredClip):
            return pb.FindChunksResponse(path=found.path, sha256=found.sha256)
        return pb.FindChunksResponse(missing=found)

    def PutChunks(self, requests: Iterator[pb.PutChunksRequest], context: Context) -> pb.PutChunksResponse:
        with _share(self._transfers, "transfers"):  # before anything is waited for
            chunks = size = 0
            for digest, data in _pieces(requests):
                self._backend.transfer.put_chunk(digest, data)
                chunks, size = chunks + 1, size + len(data)
        return pb.PutChunksResponse(chunks=chunks, size=size)

    def Assemble(self, request: pb.AssembleRequest, context: Context) -> Iterator[pb.AssembleResponse]:
        with _share(self._transfers, "transfers"):
            for step in self._backend.transfer.assemble(clip_manifest_from_wire(request.clip)):
                if isinstance(step, StoredClip):
                    yield pb.AssembleResponse(clip=pb.PutTogether(path=step.path, sha256=step.sha256))
                else:
                    yield pb.AssembleResponse(done_bytes=step)

    def GetManifest(
        self, request: pb.GetManifestRequest, context: Context
    ) -> Iterator[pb.GetManifestResponse]:
        with _share(self._transfers, "transfers"):
            for told in self._backend.pulling.manifest(said(request.id, "take, delivery or export")):
                if isinstance(told, PulledWork):
                    yield pb.GetManifestResponse(work=pulled_work_to_wire(told))
                else:
                    yield pb.GetManifestResponse(file=file_chunks_to_wire(told))

    def GetChunks(self, request: pb.GetChunksRequest, context: Context) -> Iterator[pb.GetChunksResponse]:
        identifier = said(request.id, "take, delivery or export")
        with _share(self._transfers, "transfers"):
            for data in self._backend.pulling.chunks(identifier, request.name, request.first_chunk):
                yield pb.GetChunksResponse(data=data)


@contextmanager
def _share(semaphore: threading.Semaphore, what: str) -> Iterator[None]:
    if not semaphore.acquire(blocking=False):
        raise Transient(f"too many {what} are under way at this moment; try again later")
    try:
        yield
    finally:
        semaphore.release()


def _pieces(requests: Iterator[pb.PutChunksRequest]) -> Iterator[tuple[bytes, bytes]]:
    """Whole pieces with the hash that each is said to have. Raises: BadInput."""
    for request in requests:
        if request.WhichOneof("part") != "header":
            raise BadInput("each piece begins with its hash and length; this one does not")
        header = request.header
        if not 1 <= header.size <= CHUNK_BYTES:
            raise BadInput(f"a piece of {header.size} bytes is announced; it has 1 to {CHUNK_BYTES}")
        yield header.sha256, _piece(requests, header.size)


def _piece(requests: Iterator[pb.PutChunksRequest], size: int) -> bytes:
    parts, arrived = list[bytes](), 0
    while arrived < size:
        request = next(requests, pb.PutChunksRequest())
        if request.WhichOneof("part") != "data" or not 1 <= len(request.data) <= MAX_CLIP_CHUNK_BYTES:
            raise BadInput(
                f"a piece ended after {arrived} of {size} bytes; it comes in parts of up to "
                f"{MAX_CLIP_CHUNK_BYTES} bytes after its header"
            )
        parts.append(request.data)
        arrived += len(request.data)
    if arrived > size:
        raise BadInput(f"more came of a piece than the {size} bytes that were said")
    return b"".join(parts)
