"""Clips that are pushed: only what is missing travels, nothing wrong gets in, nothing half is left."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edit_show import Show
from tests.running_backend import ROOT, RunningBackend, wait_until
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
    chunked,
    sequence_numbers,
)
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import IngestSpec
from understudy.media.sequence_files import find_sequence, sequence_sha256
from understudy.rpc.server import RunningServer
from understudy.store.blobs import INCOMING_FOLDER, Blobs
from understudy.store.clips import GIB, MEDIA_FOLDER
from understudy.store.production import Production
from understudy.store.purge import purge_person
from understudy.store.room import Room
from understudy.v1 import media_pb2 as pb
from understudy.wire.media import clip_manifest_to_wire

SIZE = 5 * CHUNK_BYTES + 12345
MIB = 1 << 20


@pytest.fixture(scope="module")
def bytes_of_clip() -> bytes:
    return random.Random(7).randbytes(SIZE)


@pytest.fixture
def clip(tmp_path: Path, bytes_of_clip: bytes) -> Path:
    path = tmp_path / "A001 Kamera ä.mov"
    path.write_bytes(bytes_of_clip)
    return path


@pytest.fixture
def server(show: Show) -> Iterator[RunningServer]:
    with running(show.studio, max_workers=16) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(server.address, TOKEN) as client:
        yield client


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


# Arriving


def test_a_movie_arrives_whole_and_once(show: Show, client: Client, clip: Path) -> None:
    sent = client.push_clip(clip.name, [clip])
    path = Path(sent.path)
    assert path.parent.parent == show.production.folder / MEDIA_FOLDER and path.name == clip.name
    assert sent.sha256 == sha256_of(path) == sha256_of(clip)
    assert (sent.moved_bytes, sent.kept_bytes) == (SIZE, 0)
    again = client.push_clip(clip.name, [clip])
    assert (again.path, again.moved_bytes, again.kept_bytes) == (sent.path, 0, SIZE)
    other_name = client.push_clip("b.mov", [clip.rename(clip.with_name("b.mov"))])
    assert other_name.path != sent.path and sha256_of(Path(other_name.path)) == sent.sha256
    assert len(media(show.production.folder)) == 2 and incoming(show.production.folder) == []


def test_a_clip_that_was_put_away_is_sent_again(client: Client, clip: Path) -> None:
    sent = client.push_clip(clip.name, [clip])
    Path(sent.path).unlink()
    again = client.push_clip(clip.name, [clip])
    assert again.moved_bytes == SIZE and Path(again.path).read_bytes() == clip.read_bytes()


def test_a_sequence_arrives_as_one(show: Show, client: Client, tmp_path: Path) -> None:
    draw = random.Random(1)
    for number in (1, 2, 4, 10):  # with a hole, and a file of several pieces
        data = draw.randbytes(CHUNK_BYTES + 5 if number == 4 else 1000)
        (tmp_path / f"pl.{number:04}.exr").write_bytes(data)
    (tmp_path / "pl.0003.exr").write_bytes((tmp_path / "pl.0001.exr").read_bytes())  # twice the same picture
    there = find_sequence(str(tmp_path / "pl.####.exr"))
    sent = client.push_clip("pl.####.exr", list(there.files.values()))
    arrived = find_sequence(sent.path)
    assert sent.sha256 == sequence_sha256(there) == sequence_sha256(arrived) and sent.files == 5
    assert Path(sent.path).name == "pl.####.exr" and arrived.missing == (5, 6, 7, 8, 9)
    assert incoming(show.production.folder) == []


def test_what_is_there_already_is_not_sent(
    show: Show, client: Client, clip: Path, bytes_of_clip: bytes
) -> None:
    """An older cut of the same file, broken off: the pieces that it has in common stay home."""
    for start in (0, 2 * CHUNK_BYTES):
        data = bytes_of_clip[start : start + CHUNK_BYTES]
        show.studio.transfer.put_chunk(hashlib.sha256(data).digest(), data)
    sent = client.push_clip(clip.name, [clip])
    assert (sent.moved_bytes, sent.kept_bytes) == (SIZE - 2 * CHUNK_BYTES, 2 * CHUNK_BYTES)
    assert Path(sent.path).read_bytes() == bytes_of_clip


def test_two_who_push_the_same_clip_get_the_same(show: Show, server: RunningServer, clip: Path) -> None:
    sent = []

    def push() -> None:
        with Client(server.address, TOKEN) as client:
            sent.append(client.push_clip(clip.name, [clip]))

    threads = [threading.Thread(target=push) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (
        len(sent) == 2 and sent[0].path == sent[1].path and sha256_of(Path(sent[0].path)) == sha256_of(clip)
    )
    assert len(media(show.production.folder)) == 1 and incoming(show.production.folder) == []


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


# What becomes of it


def test_a_server_that_starts_sweeps_what_nobody_finished(show: Show) -> None:
    folder = show.production.folder
    show.studio.transfer.put_chunk(hashlib.sha256(b"old").digest(), b"old")
    show.studio.transfer.put_chunk(hashlib.sha256(b"new").digest(), b"new")
    os.utime(folder / MEDIA_FOLDER / INCOMING_FOLDER / hashlib.sha256(b"old").hexdigest(), (0, 0))
    half = folder / MEDIA_FOLDER / f".{new_id()}.part"
    half.mkdir()
    (half / "a.0001.exr").write_bytes(b"half")
    (folder / MEDIA_FOLDER / INCOMING_FOLDER / ".x.part").write_bytes(b"half")
    again = show.reopen()
    try:
        again.studio.start()
        assert media(folder) == [f"{INCOMING_FOLDER}/{hashlib.sha256(b'new').hexdigest()}"]
    finally:
        again.studio.stop()
        again.production.close()


def test_a_purge_leaves_no_piece_and_no_picture_of_a_sequence(
    show: Show, client: Client, tmp_path: Path
) -> None:
    for number in (1, 2):
        (tmp_path / f"pl.{number:04}.exr").write_bytes(bytes([number]) * 100)
    sent = client.push_clip("pl.####.exr", sorted(tmp_path.glob("pl.*.exr")))
    show.studio.transfer.put_chunk(hashlib.sha256(b"a face").digest(), b"a face")
    plate = replace(show.shot.plate, path=sent.path, sha256=sent.sha256, sequence_start=1, file_frames=2)
    show.production.add_shot(replace(show.shot, id=new_id(), name="pushed", plate=plate, faces=""))
    show.studio.purge_person(show.performer.id)
    assert media(show.production.folder) == []
    assert not Path(sent.path).parent.exists()


def test_a_pushed_sequence_that_two_share_stays_with_the_other(
    show: Show, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "pl.0001.exr").write_bytes(b"1")
    sent = client.push_clip("pl.####.exr", [tmp_path / "pl.0001.exr"])
    plate = replace(show.shot.plate, path=sent.path, sha256=sent.sha256, sequence_start=1, file_frames=1)
    mira = show.production.add_person("Mira")
    for person_id, name in ((mira.id, "hers"), (show.performer.id, "theirs")):
        show.production.add_shot(
            replace(show.shot, id=new_id(), person_id=person_id, name=name, plate=plate, faces="")
        )
    purge_person(show.production, show.performer.id)
    assert len(media(show.production.folder)) == 1


# Kills, with programs as users run them


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[RunningBackend]:
    Production.create(tmp_path / "show", "Show")
    backend = RunningBackend.start(tmp_path / "show")
    try:
        yield backend
    finally:
        if backend.process.poll() is None:
            backend.stop()


@pytest.mark.slow
def test_after_a_kill_of_either_side_only_the_rest_is_sent(tmp_path: Path, backend: RunningBackend) -> None:
    folder, size = tmp_path / "show", 120 * MIB + 77
    clip = tmp_path / "long.mov"
    with clip.open("wb") as file:
        draw = random.Random(3)
        for start in range(0, size, 4 * MIB):
            file.write(draw.randbytes(min(4 * MIB, size - start)))
    program = [sys.executable, "-m", "understudy", "-p", str(folder), "push", str(clip)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, cwd=ROOT)
    wait_until(lambda: len(incoming(folder)) >= 3, seconds=60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.2)  # the server may be writing the piece that it has whole
    there = sum(path.stat().st_size for path in incoming(folder) if not path.name.startswith("."))
    assert 3 * CHUNK_BYTES <= there < size
    backend.kill()
    (folder / MEDIA_FOLDER / INCOMING_FOLDER / ".cut.part").write_bytes(b"what a power cut leaves")
    backend = RunningBackend.start(folder)
    killed: list[RunningBackend] = []

    def told(what: str, done: int, total: int) -> None:
        if what == "send" and done >= 20 * MIB and not killed:
            backend.kill()
            killed.append(RunningBackend.start(folder))

    try:
        sent = backend.client.push_clip(clip.name, [clip], told=told)
        assert killed and Path(sent.path).is_file() and sha256_of(Path(sent.path)) == sha256_of(clip)
        # what was on its way when the server died is sent twice: what gRPC and the kernel hold at most
        assert size - there <= sent.moved_bytes <= size - there + 64 * MIB
        names = [path.name for path in (folder / MEDIA_FOLDER).rglob("*") if path.is_file()]
        assert names == [clip.name]
    finally:
        backend.client.close()
        for running_one in killed or [backend]:
            running_one.stop()


def test_a_pushed_sequence_can_be_ingested(tmp_path: Path, backend: RunningBackend) -> None:
    import OpenImageIO as oiio

    pictures = tmp_path / "scan"
    pictures.mkdir()
    for number in range(1001, 1004):
        spec = oiio.ImageSpec(32, 24, 3, "uint8")
        written = oiio.ImageOutput.create("a.png")
        assert written.open(str(pictures / f"sc.{number}.png"), spec)
        written.write_image(np.full((24, 32, 3), number % 256, np.uint8))
        written.close()
    backend.client.create_person("Rowan")
    program = [sys.executable, "-m", "understudy", "-p", str(tmp_path / "show"), "ingest", "--push"]
    arguments = [str(pictures / "sc.####.png"), "--person", "Rowan"]
    done = subprocess.run(
        [*program, *arguments], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    plate = backend.client.shot("sc").plate
    assert Path(plate.path).is_relative_to(tmp_path / "show" / MEDIA_FOLDER) and plate.file_frames == 3
    assert plate.sha256 == sequence_sha256(find_sequence(str(pictures))) and plate.file_bytes > 0
    again = backend.client.push_clip("sc.####.png", sorted(pictures.iterdir()))
    assert again.moved_bytes == 0 and again.path == plate.path
    backend.do(IngestSpec(path=again.path, name="again", person_id="Rowan"))


def test_numbers_of_a_sequence() -> None:
    manifest = ClipManifest(name="a.##.exr", files=(small("a.01.exr"), small("a.100.exr")))
    check_manifest(manifest)
    assert list(sequence_numbers(manifest)) == [1, 100]
