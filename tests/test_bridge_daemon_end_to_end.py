"""Sendings through a real backend: a bridge killed while it renders, media that are sent and fetched."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.bridge_backend import clip_shot, ended, until
from tests.replaced_shots import PLATE
from tests.running_backend import ROOT, RunningBackend, wait_until

from understudy.client import Client
from understudy.domain.job import EventKind, Job, JobKind, JobState
from understudy.domain.path_map import PathMap, Rule
from understudy.domain.plain import to_json
from understudy.domain.shot import Plate
from understudy.domain.time import Timecode
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.bridge import Bridge, BridgeSetting

pytestmark = pytest.mark.slow

FIRST, LAST = 4, 19  # pictures of the medium that the cut shows
HANDLES = 2


@pytest.fixture
def backend(replaced_show: Path, tmp_path: Path) -> Iterator[RunningBackend]:
    shutil.copytree(replaced_show, tmp_path / "show")
    started = RunningBackend.start(tmp_path / "show")
    try:
        yield started
    finally:
        started.stop()


def shot_of(plate: Plate) -> ShotRef:
    """A cut of the plate's medium, as an editor tells it."""
    start = Timecode.parse(plate.start_timecode, plate.rate).count if plate.start_timecode else 0
    return clip_shot(
        plate.path,
        name="SC020",
        clip_uid="clip-020",
        rate=plate.rate,
        media_rate=plate.rate,
        source_in=start + FIRST,
        source_out=start + LAST + 1,
        record_out=86400 + LAST + 1 - FIRST,
        handle_head=HANDLES,
        handle_tail=HANDLES,
        available=(start, start + plate.file_frames),
        timecode_known=plate.start_timecode is not None,
    )


@contextmanager
def bridge_process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bridge_process", "carry", *words], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def our_jobs(client: Client, kind: JobKind | None = None) -> list[Job]:
    return [job for job in client.jobs() if job.request_id.startswith("bridge-") and kind in (None, job.kind)]


def test_a_bridge_and_a_backend_killed_while_a_take_renders_finish_it_once(
    backend: RunningBackend, tmp_path: Path
) -> None:
    client = backend.client
    plate = client.shot(PLATE).plate
    asked = {"request_id": "r1", "project": "film", "preset": "pair"}
    request = tmp_path / "request.json"
    request.write_text(json.dumps({**asked, "shot": json.loads(to_json(shot_of(plate)))}))
    with bridge_process(str(backend.folder), str(tmp_path / "state"), str(request)) as first:
        wait_until(lambda: _renders(client) or first.poll() is not None)
        first.send_signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    backend.kill()
    with bridge_process(str(backend.folder), str(tmp_path / "state")) as second:
        assert second.stdout is not None
        told = json.loads(second.stdout.readline())
        assert told["state"] in ("waiting", "running")
        backend.process = RunningBackend.start(backend.folder).process
        told = next(said for line in second.stdout if (said := json.loads(line))["state"] == "finished")
    assert sorted(job.kind for job in our_jobs(client)) == ["convert", "deliver", "extract", "ingest"]
    assert {job.attempt for job in our_jobs(client)} == {1}
    [take] = client.takes(client.shot("SC020").id)
    [version] = told["versions"]
    assert (version["version"], version["take_id"], version["state"]) == (1, take.id, "delivered")
    _check_media(version["media"], plate)


def test_a_clip_that_the_backend_cannot_see_is_sent_and_its_take_fetched(
    backend: RunningBackend, tmp_path: Path
) -> None:
    client = backend.client
    plate = client.shot(PLATE).plate
    here = tmp_path / "here" / "clip.mov"
    here.parent.mkdir()
    shutil.copyfile(plate.path, here)
    shot = replace(shot_of(plate), media=str(here), name="SC030")
    setting = BridgeSetting(
        connect=lambda: Client.of_production(backend.folder),
        state=tmp_path / "state",
        push=True,
        path_map=_far_away(backend.folder, here.parent),
        media=tmp_path / "fetched",
    )
    bridge = Bridge(setting)
    try:
        asked = {"request_id": "r1", "project": "film", "preset": "pair"}
        told = bridge.create({**asked, "shot": json.loads(to_json(shot))})
        done = until(bridge, told["id"], ended)
        assert (done["state"], done["error"]) == ("finished", None)
        media = done["versions"][0]["media"]
        assert Path(media["path"]).is_relative_to(tmp_path / "fetched")
        _check_media(media, plate)
        assert bridge.picture(told["id"], 320).startswith(b"\xff\xd8")
        assert str(client.shot("SC030").plate.path).startswith(str(backend.folder / "media"))
    finally:
        bridge.close()


def _far_away(production: Path, media: Path) -> PathMap:
    """The editor's folder is not there by its name in the backend, nor the production's here by its own."""
    return PathMap(
        (Rule(str(media), "/no/such/folder"), Rule("/not/to/be/seen", str(production / "deliveries")))
    )


def _renders(client: Client) -> bool:
    """Whether the bridge's take has a frame and is not finished."""
    for job in our_jobs(client, JobKind.CONVERT):
        assert job.state in (JobState.QUEUED, JobState.RUNNING), "it was over before the bridge was killed"
        return bool(client.events(job.id, kinds=(EventKind.PROGRESS,)))
    return False


def _check_media(media: dict[str, Any], plate: Plate) -> None:
    """The take's file shows the frames that it says: timecode, count, and the plate's pictures."""
    start = Timecode.parse(plate.start_timecode, plate.rate) if plate.start_timecode else None
    first = FIRST - HANDLES
    assert media["frames"] == LAST - FIRST + 1 + 2 * HANDLES
    assert media["plate_first"] == (start.count if start else 0) + first
    assert (media["shot_id"], Fraction(media["rate"])) == ("clip-020", plate.rate)
    with av.open(media["path"]) as movie:
        labels = [stream.metadata.get("timecode") for stream in movie.streams]
    assert media["start"] == (start.count + first if start else 0)
    assert start is None or str(start + first) in labels
    took, shown = _small(media["path"]), _small(plate.path)
    assert len(took) == media["frames"]
    for index, picture in enumerate(took):
        apart = [float(np.abs(picture - other).mean()) for other in shown]
        assert int(np.argmin(apart)) == first + index


def _small(path: str) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    with av.open(path) as movie:
        return [
            frame.reformat(width=96, height=54, format="gray").to_ndarray().astype(np.float32)
            for frame in movie.decode(video=0)
        ]
