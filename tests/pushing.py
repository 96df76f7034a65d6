"""A clip to push, and what a client would not send, for tests."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import grpc
import pytest
from tests.serving import TOKEN

from understudy.domain.chunks import (
    CHUNK_BYTES,
    ClipManifest,
    chunked,
)
from understudy.rpc.server import RunningServer
from understudy.store.blobs import INCOMING_FOLDER
from understudy.store.clips import MEDIA_FOLDER
from understudy.v1 import media_pb2 as pb

SIZE = 5 * CHUNK_BYTES + 12345
MIB = 1 << 20


def write_clip(folder: Path) -> Path:
    """A clip of six pieces, the last of which is short."""
    path = folder / "A001 Kamera ä.mov"
    path.write_bytes(random.Random(7).randbytes(SIZE))
    return path


def media(folder: Path) -> list[str]:
    """Every file below the media folder, hidden ones too."""
    place = folder / MEDIA_FOLDER
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def incoming(folder: Path) -> list[Path]:
    place = folder / MEDIA_FOLDER / INCOMING_FOLDER
    return sorted(place.iterdir()) if place.exists() else []


def manifest_of(*files: Path, name: str = "") -> ClipManifest:
    return ClipManifest(name=name or files[0].name, files=tuple(chunked(file, file.name) for file in files))


def call(server: RunningServer, method: str, *messages: object, token: str = TOKEN) -> object:
    """What the server answers to messages that the client would not send."""
    answers = {"PutChunks": pb.PutChunksResponse, "FindChunks": pb.FindChunksResponse}
    with grpc.insecure_channel(server.address) as channel:
        made = channel.stream_unary(
            f"/understudy.v1.MediaService/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answers[method].FromString,
        )
        return made(iter(messages), metadata=(("authorization", f"Bearer {token}"),), timeout=20)


def refusal(server: RunningServer, method: str, *messages: object, token: str = TOKEN) -> str:
    with pytest.raises(grpc.RpcError) as failed:
        call(server, method, *messages, token=token)
    assert isinstance(failed.value, grpc.Call)
    return f"{failed.value.code().name}: {failed.value.details()}"


def piece(data: bytes, digest: bytes = b"", size: int = -1) -> list[pb.PutChunksRequest]:
    header = pb.ChunkHeader(
        sha256=digest or hashlib.sha256(data).digest(), size=len(data) if size < 0 else size
    )
    parts = [pb.PutChunksRequest(data=data[start : start + MIB]) for start in range(0, len(data), MIB)]
    return [pb.PutChunksRequest(header=header), *parts]
