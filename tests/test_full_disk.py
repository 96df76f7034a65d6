"""The disk is full: everything says so by name, nothing half is left, and work goes on once there is room."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tests.killing import assert_nothing_is_half, assert_records_hold
from tests.mounts import SmallDisk, small_disk
from tests.replaced_shots import PLATE, TRAINING
from tests.running_backend import RunningBackend

from understudy.client import Client
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.edit import Mark, MarkFrames
from understudy.domain.errors import DiskFull
from understudy.domain.files import atomic_write, write_bytes
from understudy.domain.frame import Rect
from understudy.domain.identifiers import new_id
from understudy.domain.job import FINAL, Event, EventKind, Job, JobState
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    ExtractSpec,
    IngestSpec,
    JobSpec,
    TrainSpec,
)
from understudy.jobs.lease import worker_here
from understudy.jobs.spool import SpoolWriter, read_spool
from understudy.media.layers import no_face_layers, write_layers
from understudy.store.production import Production
from understudy.trust.certificates import signing_certificate
from understudy.trust.content_credentials import Provenance, read_credentials, sign_movie
from understudy.trust.custody import verify
from understudy.trust.keys import create_keys

PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def _tensors(target: Path) -> None:
    with atomic_write(target) as temporary:
        save_file({"x": np.zeros(100_000, np.uint8)}, temporary)


def _layers(target: Path) -> None:
    write_layers(
        no_face_layers(1001),
        target,
        display_window=Rect(0, 0, 64, 64),
        settings_sha256="a",
        people=("b",) * 20_000,
    )


@pytest.mark.parametrize("write", [_tensors, _layers, lambda path: write_bytes(path, bytes(100_000))])
def test_a_file_is_written_whole_or_the_old_one_stays(disk: SmallDisk, write: Callable[[Path], None]) -> None:
    target = disk.place / "one.exr"
    write(target)
    before = target.read_bytes()
    disk.leave(2 * PAGE)
    with pytest.raises(DiskFull, match=r"one\.exr"):
        write(target)
    assert target.read_bytes() == before and list(disk.place.iterdir()) == [target]
    disk.leave(1 << 20)
    write(target)


def test_events_are_whole_lines_and_the_last_ones_before_are_kept(disk: SmallDisk) -> None:
    said = Event(kind=EventKind.NOTE, message="x" * 1000)
    with SpoolWriter(disk.place) as spool:
        spool.append(said)
        disk.leave(PAGE)
        with pytest.raises(DiskFull, match=r"events\.jsonl"):
            for _ in range(20):
                spool.append(said)
        kept = len(read_spool(disk.place, 0))
        disk.leave(1 << 20)
        spool.append(replaced := Event(kind=EventKind.NOTE, message="again"))
    told = [event.message for event, _ in read_spool(disk.place, 0)]
    assert told == ["x" * 1000] * kept + [replaced.message]


def test_a_movie_that_cannot_be_signed_stays_as_it_was(disk: SmallDisk, tiny_shot: TinyShot) -> None:
    create_keys(disk.place / "keys")
    certificate = signing_certificate(disk.place / "keys")
    movie = disk.place / "one.mov"
    shutil.copyfile(tiny_shot.plate, movie)
    about = Provenance(plate_sha256="a" * 64, plate_path=None, models=(), consents=(), marked=False)
    disk.leave(2 * PAGE)
    with pytest.raises(DiskFull, match=r"one\.mov"):
        sign_movie(movie, about, certificate)
    assert movie.read_bytes() == tiny_shot.plate.read_bytes()
    disk.leave(64 << 20)
    sign_movie(movie, about, certificate)
    assert read_credentials(movie, certificate.root_pem).state == "Trusted"


def test_custody_and_database_keep_what_was_acknowledged(disk: SmallDisk) -> None:
    folder = disk.place / "show"
    Production.create(folder, "Show")
    with Production.open(folder) as production:
        production.custody.append("before")
        disk.leave(0)
        with pytest.raises(DiskFull):
            for number in range(1000):
                production.custody.append("while", number=number)
        with pytest.raises(DiskFull, match=r"production\.db"):
            for number in range(1000):
                production.add_person(f"person {number}")
        acknowledged, people = production.custody.verify().entries, len(production.people())
        disk.leave(1 << 20)
        production.custody.append("after")
        production.add_person("somebody")
        assert production.custody.verify().entries >= acknowledged + 1
        assert len(production.people()) == people + 1
        key = production.public_key
    assert verify(folder / "custody.jsonl", key).torn_bytes == 0
    with sqlite3.connect(folder / "production.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


# The whole program


@dataclass
class Tight:
    """A served production on a disk that gets full."""

    disk: SmallDisk
    backend: RunningBackend
    tiny: TinyShot

    @property
    def client(self) -> Client:
        return self.backend.client


@pytest.fixture(scope="module")
def tight(
    replaced_show: Path, tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot
) -> Iterator[Tight]:
    place = tmp_path_factory.mktemp("tight") / "disk"
    with small_disk(place) as disk:
        shutil.copytree(replaced_show, place / "production")
        backend = RunningBackend.start(place / "production")
        try:
            yield Tight(disk, backend, tiny_shot)
        finally:
            disk.leave(1 << 30)
            backend.stop()


def _specs(tight: Tight) -> dict[str, JobSpec]:
    client = tight.client
    people = {person.name: person.id for person in client.people()}
    pair = (people["Rowan"], people["Mira"])
    model, take = client.models()[0].id, client.takes()[0].id
    settings = {**TRAINING, "checkpoint_s": 0.001, "iterations": 6, "batch": 2}
    return {
        "ingest": IngestSpec(path=str(tight.tiny.plate), name="full", person_id=pair[0]),
        "extract": ExtractSpec(shot_id=PLATE),
        "train": TrainSpec(
            name="full",
            people=pair,
            shot_ids=("rowan_learn", "mira_learn"),
            preset="quick",
            settings=settings,
        ),
        "convert": ConvertSpec(shot_id=PLATE, model_id=model, settings={"batch": 1, "threads": 1}),
        "deliver": DeliverSpec(take_id=take, settings={"movies": ["h264", "prores422hq"], "exr": True}),
    }


ROOMS = {
    "ingest": (0, 16, 64),
    "extract": (0, 32, 64, 96),
    "train": (64, 2000, 12_000),
    "convert": (64, 128, 400, 800),
    "deliver": (64, 400, 1500, 3000),
}
"""KiB that are left, one try after the other; before the last one there is plenty."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ROOMS)
def test_a_job_meets_a_full_disk_and_goes_on_when_there_is_room(kind: str, tight: Tight) -> None:
    request, spec = new_id(), _specs(tight)[kind]
    met: list[str] = []
    for room_kib in ROOMS[kind]:
        tight.disk.leave(room_kib << 10)
        met += _try(tight, spec, request)
        assert tight.backend.process.poll() is None, "the server ended"
        assert tight.client.shots() and tight.client.jobs() and tight.client.edits(PLATE) is not None
        assert_nothing_is_half(tight.backend.folder)
    tight.disk.leave(1 << 30)
    job = tight.client.create_job(spec, request)
    met += _until_ended(tight, job, seconds=60)
    if tight.client.job(job.id).state is not JobState.DONE:
        tight.client.retry_job(job.id)
    assert tight.client.wait(job.id).state is JobState.DONE
    assert met and set(met) == {"DiskFull"}, met
    assert_nothing_is_half(tight.backend.folder)
    assert_records_hold(tight.backend.folder)
    tight.client.verify_custody()


def _try(tight: Tight, spec: JobSpec, request: str) -> list[str]:
    """Ask for the job, or for another attempt; the names of the errors that were met."""
    try:
        job = tight.client.create_job(spec, request)
        if job.state in FINAL:
            assert job.state is not JobState.DONE, "there was room enough; the test needs less"
            tight.client.retry_job(job.id)
    except DiskFull:
        return ["DiskFull"]
    return _until_ended(tight, job, seconds=2)


def _until_ended(tight: Tight, job: Job, *, seconds: float) -> list[str]:
    """Wait for a job that may be unable to say that it has ended: nobody works on it for some seconds."""
    folder = tight.backend.folder / "jobs" / job.id
    idle_since = time.monotonic()
    while (now := tight.client.job(job.id)).state not in FINAL:
        if worker_here(folder):
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > seconds:
            return []
        time.sleep(0.05)
    return [now.error] if now.state is JobState.FAILED else []


@pytest.mark.slow
def test_edits_and_clips_are_refused_by_name_and_taken_later(tight: Tight) -> None:
    client, seen = tight.client, tight.client.edits(PLATE).revision
    tight.disk.leave(0)
    note, taken = "x" * 500, []
    request = new_id()
    with pytest.raises(DiskFull):
        for _ in range(1000):
            action = MarkFrames(first=1001, last=1001, mark=Mark.FLAGGED, note=note)
            client.add_edits(PLATE, [action], author="Ann", seen_revision=seen, request_id=request)
            taken.append(request)
            request = new_id()
    assert len(client.edits(PLATE, seen).entries) == len(taken)
    with pytest.raises(DiskFull):
        client.put_clip("plate.mov", 100_000, iter([bytes(100_000)]))
    assert_nothing_is_half(tight.backend.folder)
    tight.disk.leave(1 << 30)
    client.add_edits(PLATE, [action], author="Ann", seen_revision=seen, request_id=request)
    assert len(client.edits(PLATE, seen).entries) == len(taken) + 1
    client.put_clip("plate.mov", 100_000, iter([bytes(100_000)]))
