"""What nobody may push: wrong pieces, manifests that lie or claim too much, names that lead elsewhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edit_show import Show
from tests.pushing import MIB, SIZE, call, incoming, manifest_of, media, piece, refusal, write_clip
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.chunks import (
    CHUNK_BYTES,
    MOST_CHUNKS,
    MOST_FILES,
    ClipManifest,
    FileChunks,
    check_manifest,
    sequence_numbers,
)
from understudy.domain.files import sha256_of
from understudy.domain.summary import StoredClip
from understudy.rpc.server import RunningServer
from understudy.store.blobs import INCOMING_FOLDER, Blobs
from understudy.store.clips import GIB
from understudy.store.room import Room
from understudy.v1 import media_pb2 as pb
from understudy.wire.media import clip_manifest_to_wire


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path)


@pytest.fixture
def server(show: Show) -> Iterator[RunningServer]:
    with running(show.studio, max_workers=16) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(server.address, TOKEN) as client:
        yield client


# What is refused


def test_a_wrong_piece_is_refused_and_leaves_nothing(show: Show, server: RunningServer) -> None:
    data = bytes(range(256)) * 4096
    flipped = bytes([data[0] ^ 1]) + data[1:]
    right = hashlib.sha256(data).digest()
    assert "altered on its way" in refusal(server, "PutChunks", *piece(flipped, right))
    assert "altered on its way" in refusal(server, "PutChunks", *piece(data, b"x" * 32))
    assert "altered on its way" in refusal(server, "PutChunks", *piece(data, b"../../x"))
    assert "ended after 1048576 of 1048577" in refusal(server, "PutChunks", *piece(data, size=len(data) + 1))
    assert "more came" in refusal(server, "PutChunks", *piece(data, size=len(data) - 1))
    assert "announced" in refusal(server, "PutChunks", *piece(b"", size=CHUNK_BYTES + 1))
    assert "announced" in refusal(server, "PutChunks", *piece(b"", size=0))
    assert "begins with" in refusal(server, "PutChunks", pb.PutChunksRequest(data=b"a"))
    assert "begins with" in refusal(server, "PutChunks", pb.PutChunksRequest())
    header = piece(data)[0]
    assert "ended after 0" in refusal(server, "PutChunks", header, header)
    too_much = pb.PutChunksRequest(data=bytes(MIB + 1))
    assert "up to 1048576" in refusal(server, "PutChunks", piece(b"", size=2 * MIB)[0], too_much)
    assert "UNAUTHENTICATED" in refusal(server, "PutChunks", *piece(data), token="wrong")
    assert media(show.production.folder) == []
    assert call(server, "PutChunks", *piece(data), *piece(b"b")) == pb.PutChunksResponse(
        chunks=2, size=len(data) + 1
    )
    assert len(incoming(show.production.folder)) == 2


def test_ten_gigabytes_too_many_are_refused_before_anything_comes(show: Show, tmp_path: Path) -> None:
    show.studio.clips.most_bytes = GIB
    count = -(-10 * GIB // CHUNK_BYTES)
    claim = FileChunks(name="a.mov", size=10 * GIB, sha256="0" * 64, chunks=(b"0" * 32,) * count)
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        message = pb.FindChunksRequest(clip=clip_manifest_to_wire(ClipManifest(name="a.mov", files=(claim,))))
        assert "most-upload-gib" in refusal(server, "FindChunks", message)
        assert client.get_production().name == "The Film"
    assert media(show.production.folder) == []


def test_a_manifest_that_has_no_room_is_refused_before_anything_comes(show: Show) -> None:
    show.studio.clips.most_bytes = 2**62
    free = shutil.disk_usage(show.production.folder).free
    size = min(free // 2 + GIB // 2, MOST_CHUNKS * CHUNK_BYTES)  # the pieces and the clip need twice as much
    chunks = tuple(number.to_bytes(32) for number in range(-(-size // CHUNK_BYTES)))
    files = (FileChunks(name="a.mov", size=size, sha256="0" * 64, chunks=chunks),)
    if 2 * size <= free:
        pytest.skip("this disk is larger than the largest clip")
    with pytest.raises(errors.DiskFull, match="has room for"):
        show.studio.transfer.find_chunks(ClipManifest(name="a.mov", files=files))
    assert media(show.production.folder) == []


def small(name: str, data: bytes = b"abc") -> FileChunks:
    return FileChunks(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


BIG = FileChunks(name="a.mov", size=CHUNK_BYTES + 1, sha256="0" * 64, chunks=(b"0" * 32, b"1" * 32))


NO_MANIFESTS = (
    (ClipManifest(name="a.mov", files=()), "no files"),
    (ClipManifest(name="a.mov", files=(small("b.mov"),)), "single file"),
    (ClipManifest(name="a.mov", files=(small("a.mov"), small("a.mov"))), "single file"),
    (ClipManifest(name="../a.mov", files=(small("../a.mov"),)), "without a folder"),
    (ClipManifest(name=".a.mov", files=(small(".a.mov"),)), "begins with a dot"),
    (ClipManifest(name="a.#.exr", files=(small("../a.1.exr"),)), "without a folder"),
    (ClipManifest(name="a.#.exr", files=(small("b.1.exr"),)), "not one of"),
    (ClipManifest(name="a.##.exr", files=(small("a.1.exr"),)), "not one of"),
    (ClipManifest(name="a.#.exr", files=(small("a.01.exr"),)), "not one of"),
    (ClipManifest(name="a.#.exr", files=(small("a.1.exr"), small("a.1.exr"))), "twice"),
    (ClipManifest(name="a.#.exr", files=(small("a.٣.exr"),)), "not one of"),
    (ClipManifest(name="#.#.exr", files=(small("1.1.exr"),)), "no name of a sequence"),
    (ClipManifest(name="a.mov", files=(replace(BIG, chunks=BIG.chunks * 2),)), "which are not 4 pieces"),
    (ClipManifest(name="a.mov", files=(replace(BIG, chunks=()),)), "which are not 0 pieces"),
    (ClipManifest(name="a.mov", files=(replace(BIG, chunks=(b"0" * 32, b"1" * 31)),)), "hashes"),
    (ClipManifest(name="a.mov", files=(replace(small("a.mov"), sha256="../x"),)), "hashes"),
    (ClipManifest(name="a.mov", files=(replace(small("a.mov"), size=0),)), "nothing to send"),
    (ClipManifest(name="a.mov", files=(replace(small("a.mov"), size=-1),)), "nothing to send"),
)


def test_manifests_that_are_none(show: Show, server: RunningServer) -> None:
    for manifest, says in NO_MANIFESTS:
        asked = pb.FindChunksRequest(clip=clip_manifest_to_wire(manifest))
        assert says in refusal(server, "FindChunks", asked)
        with pytest.raises(errors.BadInput):
            next(show.studio.transfer.assemble(manifest))
    assert media(show.production.folder) == []


def test_a_million_pieces_are_too_many(server: RunningServer) -> None:
    many = (b"0" * 32,) * 1_000_000
    claim = FileChunks(name="a.mov", size=1_000_000 * CHUNK_BYTES, sha256="0" * 64, chunks=many)
    with pytest.raises(errors.BadInput, match="pieces"):
        check_manifest(ClipManifest(name="a.mov", files=(claim,)))
    files = tuple(small(f"a.{number:07}.exr") for number in range(MOST_FILES + 1))
    with pytest.raises(errors.BadInput, match="at most"):
        check_manifest(ClipManifest(name="a.#######.exr", files=files))
    message = pb.FindChunksRequest(clip=clip_manifest_to_wire(ClipManifest(name="a.mov", files=(claim,))))
    assert "RESOURCE_EXHAUSTED" in refusal(server, "FindChunks", message)


def test_the_largest_manifest_fits_into_a_message(server: RunningServer) -> None:
    size = MOST_CHUNKS * CHUNK_BYTES
    movie = ClipManifest(
        name="a.mov",
        files=(FileChunks(name="a.mov", size=size, sha256="0" * 64, chunks=(b"0" * 32,) * MOST_CHUNKS),),
    )
    name = "x" * 190
    frames = ClipManifest(
        name=f"{name}.####.exr", files=tuple(small(f"{name}.{number:04}.exr") for number in range(10_000))
    )
    for manifest, answer in ((movie, "most-upload-gib"), (frames, "")):
        message = pb.FindChunksRequest(clip=clip_manifest_to_wire(manifest))
        if answer:
            assert answer in refusal(server, "FindChunks", message)
        else:
            assert len(call(server, "FindChunks", message).missing) == 1  # type: ignore[attr-defined]


@given(st.text(max_size=20), st.text(max_size=20))
def test_names_that_are_taken_stay_in_their_folder(name: str, other: str) -> None:
    manifest = ClipManifest(name=name, files=(small(other),))
    try:
        check_manifest(manifest)
    except errors.BadInput:
        return
    assert Path("/m/1", other).parent == Path("/m/1") and not other.startswith(".")
    assert "#" in name or name == other


def test_a_manifest_that_lies_of_the_whole_makes_no_clip(show: Show, clip: Path) -> None:
    honest = manifest_of(clip)
    for digest, file, index in honest.chunks():
        with clip.open("rb") as opened:
            opened.seek(index * CHUNK_BYTES)
            show.studio.transfer.put_chunk(digest, opened.read(file.chunk_size(index)))
    swapped = replace(
        honest.files[0],
        chunks=(honest.files[0].chunks[1], honest.files[0].chunks[0], *honest.files[0].chunks[2:]),
    )
    with pytest.raises(errors.BadInput, match="do not give the file"):
        list(show.studio.transfer.assemble(replace(honest, files=(swapped,))))
    assert [name for name in media(show.production.folder) if not name.startswith(INCOMING_FOLDER)] == []
    assert list(show.studio.transfer.assemble(honest))[-1].sha256 == sha256_of(clip)  # type: ignore[union-attr]


def test_a_piece_that_went_bad_on_the_disk_is_sent_again(show: Show, client: Client, clip: Path) -> None:
    manifest, transfer = manifest_of(clip), show.studio.transfer
    with clip.open("rb") as file:
        first = file.read(CHUNK_BYTES)
    transfer.put_chunk(manifest.files[0].chunks[0], first)
    kept = incoming(show.production.folder)[0]
    kept.write_bytes(b"\0" * CHUNK_BYTES)
    sent = client.push_clip(clip.name, [clip])
    assert sent.moved_bytes == SIZE and Path(sent.path).read_bytes() == clip.read_bytes()
    with pytest.raises(errors.Transient, match="not here any more"):
        list(
            transfer.assemble(
                replace(manifest, name="b.mov", files=(replace(manifest.files[0], name="b.mov"),))
            )
        )


def test_only_so_many_pieces_are_kept(tmp_path: Path) -> None:
    tmp_path.joinpath("media").mkdir()
    blobs = Blobs(tmp_path / "media", Room(tmp_path / "media"), most_bytes=2500)
    pieces = [bytes([number]) * 1000 for number in range(4)]
    digests = [hashlib.sha256(data).digest() for data in pieces]
    for digest, data in zip(digests[:2], pieces, strict=False):
        blobs.put(digest, data)
    blobs.put(digests[0], pieces[0])  # the same again takes no room
    with pytest.raises(errors.DiskFull, match="unfinished clips"):
        blobs.put(digests[2], pieces[2])
    os.utime(blobs.path(digests[0]), (0, 0))  # nobody asked for it in a long time
    blobs.put(digests[2], pieces[2])
    assert blobs.missing(dict.fromkeys(digests, 1000)) == [digests[0], digests[3]]
    os.utime(blobs.path(digests[1]), (0, 0))
    assert blobs.sweep() == 1 and blobs.missing({digests[2]: 1000, digests[1]: 1000}) == [digests[1]]


def test_a_clip_that_is_swept_while_it_is_put_together_can_be_sent_again(show: Show) -> None:
    transfer = show.studio.transfer
    data = [bytes([number]) * 100 for number in range(2)]
    files = (small("a.01.exr", data[0]), small("a.02.exr", data[1]))
    for piece_of in data:
        transfer.put_chunk(hashlib.sha256(piece_of).digest(), piece_of)
    steps = transfer.assemble(ClipManifest(name="a.##.exr", files=files))
    next(steps)
    show.studio.clips.sweep()
    with pytest.raises(errors.Transient, match="send it again"):
        list(steps)
    assert len(media(show.production.folder)) == 2  # the pieces wait for another try
    *_, clip = transfer.assemble(ClipManifest(name="a.##.exr", files=files))
    assert isinstance(clip, StoredClip) and Path(clip.path).with_name("a.02.exr").read_bytes() == data[1]


def test_pieces_go_and_come_at_the_same_time(tmp_path: Path) -> None:
    (tmp_path / "media" / INCOMING_FOLDER).mkdir(parents=True)
    (tmp_path / "media" / INCOMING_FOLDER / "gone").symlink_to(tmp_path / "nowhere")  # listed, and not there
    blobs = Blobs(tmp_path / "media", Room(tmp_path / "media"), most_bytes=1 << 20)
    blobs.put(hashlib.sha256(b"a").digest(), b"a")
    done = threading.Event()

    def purges() -> None:
        while not done.is_set():
            blobs.sweep(older_than_s=0)

    purging = threading.Thread(target=purges)
    purging.start()
    taken = 0
    try:
        for number in range(300):
            data = number.to_bytes(2)
            try:
                blobs.put(hashlib.sha256(data).digest(), data)
            except errors.Transient:
                taken += 1
    finally:
        done.set()
        purging.join()
    assert taken < 300


def test_numbers_of_a_sequence() -> None:
    manifest = ClipManifest(name="a.##.exr", files=(small("a.01.exr"), small("a.100.exr")))
    check_manifest(manifest)
    assert list(sequence_numbers(manifest)) == [1, 100]
