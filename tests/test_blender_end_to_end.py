"""From a clip in Blender through a daemon and a backend, both as users run them, back above the clip."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from tests.edit_hosts.blender_stage import VERSIONS, BlenderStage
from tests.edit_hosts.contract import clip, timeline, track
from tests.running_backend import RunningBackend, wait_until

from understudy.demo.tiny_shot import TinyShot
from understudy_bridge.panel.daemon_calls import Daemon, DaemonTrouble
from understudy_bridge.panel.host import Table

pytestmark = pytest.mark.slow

CUT_IN, CUT_FRAMES, RECORD_IN = 8, 8, 20  # with handles of 8 the plate's 24 frames are all asked for
FIRST, LAST = 16, 31  # what is rendered
STATE = "state"


@dataclass(frozen=True, kw_only=True)
class House:
    """A backend and the bridge's daemon, each in a process of its own; `folder` holds what they keep."""

    folder: Path
    plate: Path

    def environment(self) -> dict[str, str]:
        return {"UNDERSTUDY_STATE": str(self.folder / STATE)}


@pytest.fixture(scope="module")
def house(
    replaced_show: Path, tiny_shot: TinyShot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(replaced_show, folder / "show")
    made = House(folder=folder, plate=tiny_shot.plate)
    backend = RunningBackend.start(folder / "show")
    words = [
        sys.executable,
        "-m",
        "understudy",
        "-p",
        str(folder / "show"),
        "bridge",
        "serve",
        "--address",
        "127.0.0.1:0",
    ]
    try:
        with (folder / "bridge.log").open("wb") as log:
            bridge = subprocess.Popen(
                words,
                env={**os.environ, **made.environment()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda: bridge.poll() is not None or is_up(folder / STATE))
            yield made
        finally:
            bridge.send_signal(signal.SIGTERM)
            assert bridge.wait(timeout=60) == 0, (folder / "bridge.log").read_text()
    finally:
        backend.stop()


def is_up(state: Path) -> bool:
    try:
        return bool(Daemon(state).hello()["backend"]["state"] == "up")
    except DaemonTrouble:
        return False


@pytest.mark.parametrize("version", VERSIONS)
def test_a_shot_comes_back_onto_its_frames(house: House, tmp_path: Path, version: str) -> None:
    stage = BlenderStage(version, tmp_path, house.environment())
    try:
        sending_id = sent_and_placed(stage, house)
        if version == VERSIONS[0]:
            swapped(stage, house, sending_id)
    finally:
        stage.close()


def sent_and_placed(stage: BlenderStage, house: House) -> str:
    """The selected clip is sent, waited for and placed; what Blender renders is compared before and after."""
    with av.open(str(house.plate)) as container:
        stream = container.streams.video[0]
        width_px, height_px, frames = stream.width, stream.height, stream.frames
    media = {"path": str(house.plate), "name": "plate.mov", "rate": "24", "start": None, "frames": frames}
    cut = clip("SH010", media, RECORD_IN, CUT_FRAMES, CUT_IN)
    stage.host.call("build", timeline(track(1, cut), rate="24"), width_px, height_px)
    stage.run("strips['SH010'].select = True")
    before = rendered(stage)

    (sending,) = stage.host.call("submit", None, "pair")
    done = stage.host.call("wait", sending["id"])
    assert done["state"] == "finished", done["error"]
    stage.host.call("place", sending["id"])

    shot, take = lying_on(stage, 1), lying_on(stage, 2)
    assert (take["record_in"], take["duration"]) == (RECORD_IN, CUT_FRAMES)
    assert take["ours"]["clip"] == shot["uid"]
    assert len(pictures(Path(take["media"]["path"]))) == frames, "the take has its handles"
    shows(before, house, take, "plate")
    shows(rendered(stage), house, take, "take")
    return str(sending["id"])


def swapped(stage: BlenderStage, house: House, sending_id: str) -> None:
    """The next version is rendered and lies where the first one did; the project is loaded again."""
    first = lying_on(stage, 2)
    stage.host.call("again", sending_id)
    done = stage.host.call("wait", sending_id)
    assert [one["state"] for one in done["versions"]] == ["delivered", "delivered"]
    stage.host.call("place", sending_id, done["versions"][-1]["version"])
    stage.save_and_reload()
    second = lying_on(stage, 2)
    assert second["media"]["path"] != first["media"]["path"]
    assert (second["record_in"], second["duration"]) == (RECORD_IN, CUT_FRAMES)
    assert second["ours"]["version"] == first["ours"]["version"] + 1
    shows(rendered(stage), house, second, "take")


def lying_on(stage: BlenderStage, number: int) -> Table:
    """The one clip of a channel."""
    (found,) = stage.host.timeline()["tracks"][number - 1]["clips"]
    return dict(found)


def shows(shown: dict[int, np.ndarray], house: House, take: Table, which: str) -> None:
    """Every rendered frame is the right picture of `which`, and black where there is no clip."""
    known = {("plate", index): picture for index, picture in enumerate(pictures(house.plate))}
    path = Path(take["media"]["path"])
    known |= {("take", index): picture for index, picture in enumerate(pictures(path))}
    known["nothing", 0] = np.zeros_like(known["plate", 0])
    found = {
        frame: min(known, key=lambda one: float(np.abs(known[one] - grey_HW).mean()))
        for frame, grey_HW in shown.items()
    }
    wanted = {RECORD_IN + number: (which, CUT_IN + number) for number in range(CUT_FRAMES)}
    assert found == {frame: wanted.get(frame, ("nothing", 0)) for frame in shown}


def rendered(stage: BlenderStage) -> dict[int, np.ndarray]:
    folder = stage.folder / "frames"
    folder.mkdir(exist_ok=True)
    stage.host.call("render", str(folder), FIRST, LAST)
    return {frame: pictures(folder / f"{frame:04d}.png")[0] for frame in range(FIRST, LAST + 1)}


def pictures(path: Path) -> list[np.ndarray]:
    """Every frame of a movie or picture in grey, 0..1."""
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="rgb24").astype(np.float32).mean(axis=2) / 255
            for frame in container.decode(video=0)
        ]
