"""Clips that are pushed: only what is missing travels, nothing wrong gets in, nothing half is left."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.edit_show import Show
from tests.pushing import MIB, SIZE, incoming, media, write_clip
from tests.running_backend import ROOT, RunningBackend, wait_until
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.chunks import (
    CHUNK_BYTES,
)
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import IngestSpec
from understudy.media.sequence_files import find_sequence, sequence_sha256
from understudy.rpc.server import RunningServer
from understudy.store.blobs import INCOMING_FOLDER
from understudy.store.clips import MEDIA_FOLDER
from understudy.store.production import Production
from understudy.store.purge import purge_person


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


def test_what_is_there_already_is_not_sent(show: Show, client: Client, clip: Path) -> None:
    """An older cut of the same file, broken off: the pieces that it has in common stay home."""
    for start in (0, 2 * CHUNK_BYTES):
        data = clip.read_bytes()[start : start + CHUNK_BYTES]
        show.studio.transfer.put_chunk(hashlib.sha256(data).digest(), data)
    sent = client.push_clip(clip.name, [clip])
    assert (sent.moved_bytes, sent.kept_bytes) == (SIZE - 2 * CHUNK_BYTES, 2 * CHUNK_BYTES)
    assert Path(sent.path).read_bytes() == clip.read_bytes()


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
