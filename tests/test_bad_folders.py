"""Folders that cannot be written, and file servers that go away: named errors, and work that goes on later.

A file server that hangs, so that reading from it never returns, cannot be simulated here: a worker that waits
for one is left alone until the job is cancelled, and killed ten minutes later.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.killing import assert_nothing_is_half, assert_records_hold
from tests.mounts import mount, read_only, unmount
from tests.replaced_shots import PLATE
from tests.running_backend import RunningBackend

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import MediaAway, NotWritable, UnreadableMedia
from understudy.domain.files import write_bytes
from understudy.domain.identifiers import new_id
from understudy.domain.job import Job, JobState
from understudy.domain.job_spec import ConvertSpec, DeliverSpec, ExtractSpec, IngestSpec, JobSpec
from understudy.store.production import Production

AS_NOBODY = """
import os, understudy.cli, understudy.studio, understudy.rpc.server
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
understudy.cli.main()
"""


def test_a_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    write_bytes(folder / "one.txt", b"one")
    with read_only(folder), pytest.raises(NotWritable, match=r"two\.txt"):
        write_bytes(folder / "two.txt", b"two")
    with read_only(folder), pytest.raises(NotWritable, match=r"one\.txt"):
        write_bytes(folder / "one.txt", b"three")
    assert (folder / "one.txt").read_bytes() == b"one"


def test_a_production_on_a_read_only_disk_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "show"
    Production.create(folder, "Show")
    with read_only(folder), pytest.raises(NotWritable, match="show"):
        Production.open(folder)
    Production.open(folder).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the server as somebody else")
def test_a_production_of_somebody_else_is_not_opened() -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "show"
        Production.create(folder, "Show")
        served = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "serve", str(folder)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert served.returncode == 3, served.stderr
    assert served.stderr.startswith("understudy: NotWritable:") and "rights" in served.stderr


@dataclass
class House:
    """A served production whose plate lies on a file server."""

    backend: RunningBackend
    server: Path
    shot: str

    def failed(self, spec: JobSpec, error: type[Exception], words: str) -> Job:
        """Have a job done that must fail with an error; returns it."""
        job = self.backend.client.create_job(spec, new_id())
        with pytest.raises(error, match=words):
            self.backend.client.wait(job.id)
        assert_nothing_is_half(self.backend.folder)
        return self.backend.client.job(job.id)

    def retried(self, job: Job) -> None:
        self.backend.client.retry_job(job.id)
        assert self.backend.client.wait(job.id).state is JobState.DONE


@pytest.fixture(scope="module")
def house(
    replaced_show: Path, tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot
) -> Iterator[House]:
    place = tmp_path_factory.mktemp("house")
    shutil.copytree(replaced_show, place / "production")
    (place / "clips").mkdir()
    (place / "server").mkdir()
    shutil.copyfile(tiny_shot.plate, place / "clips" / "plate.mov")
    mount("--bind", place / "clips", place / "server")
    backend = RunningBackend.start(place / "production")
    try:
        person = backend.client.people()[0].id
        job = backend.do(IngestSpec(path=str(place / "server" / "plate.mov"), name="far", person_id=person))
        backend.do(ExtractSpec(shot_id="far"))
        yield House(backend, place / "server", str(job.result["shot_id"]))
    finally:
        backend.stop()
        unmount(place / "server")


@pytest.mark.slow
def test_a_take_that_may_not_be_written_fails_by_name(house: House) -> None:
    client = house.backend.client
    take = client.takes()[0]
    spec = ConvertSpec(
        shot_id=PLATE, model_id=client.models()[0].id, take_id=take.id, settings={"feather_px": 3.0}
    )
    with read_only(house.backend.folder / take.path):
        job = house.failed(spec, NotWritable, r"layers\.1001\.exr")
    house.retried(job)


@pytest.mark.slow
def test_a_delivery_that_may_not_be_written_fails_by_name(house: House) -> None:
    spec = DeliverSpec(take_id=house.backend.client.takes()[0].id, settings={"movies": ["h264"]})
    with read_only(house.backend.folder / "deliveries"):
        job = house.failed(spec, NotWritable, "deliveries")
    house.retried(job)


@pytest.mark.slow
def test_jobs_that_may_not_be_written_fail_by_name(house: House) -> None:
    with read_only(house.backend.folder / "jobs"):
        job = house.failed(ExtractSpec(shot_id="far"), NotWritable, "jobs")
        assert house.backend.client.shots()
    house.retried(job)
    assert_records_hold(house.backend.folder)


@pytest.mark.slow
def test_a_file_server_goes_away_and_returns(house: House) -> None:
    client = house.backend.client
    model, person = client.models()[0].id, client.people()[0].id
    again = IngestSpec(path=str(house.server / "plate.mov"), name="again", person_id=person)
    unmount(house.server)
    try:
        away = [
            house.failed(ExtractSpec(shot_id="far"), MediaAway, r"server/plate\.mov.*retry"),
            house.failed(ConvertSpec(shot_id="far", model_id=model), MediaAway, r"server/plate\.mov"),
            house.failed(again, UnreadableMedia, r"server/plate\.mov"),
        ]
    finally:
        mount("--bind", house.server.parent / "clips", house.server)
    for job in away:
        house.retried(job)


@pytest.mark.slow
def test_a_worker_whose_plate_is_away_asks_for_another_try(house: House) -> None:
    """A farm looks at exit codes: 75 is worth a retry."""
    client = house.backend.client
    spec = ConvertSpec(shot_id="far", model_id=client.models()[0].id, frames="1001-1002")
    done = client.wait(client.create_job(spec, new_id()).id)
    folder = house.backend.folder
    render = [
        sys.executable, "-m", "understudy", "render", str(folder / "jobs" / done.id), "-F", "1001-1002",
        "--public-key", str(folder / "keys" / "production.ed25519.pub"),
    ]  # fmt: skip
    unmount(house.server)
    try:
        gone = subprocess.run(render, capture_output=True, text=True, check=False)
    finally:
        mount("--bind", house.server.parent / "clips", house.server)
    assert gone.returncode == 75 and "MediaAway" in gone.stderr, gone.stderr
    assert subprocess.run(render, capture_output=True, check=False).returncode == 0
