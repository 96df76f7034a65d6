"""The panel in a Blender with windows: drawn without a fault, its picture, how long it holds Blender up."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tests.bridge_door import open_bridge
from tests.drawn_backend import FRAMES, RATE, DrawnBackend
from tests.edit_hosts.blender_windows import HEIGHT_PX, WIDTH_PX, Windows, windows
from tests.edit_hosts.coded_movies import coded_movie

from understudy.domain.job import JobKind
from understudy_bridge.hosts.blender.packing import extension_zip

pytestmark = pytest.mark.slow
STRIPS = 1000
FINISHED = "[one['state'] for one in desk.sendings.values()] == ['finished']"
TAKE = ["SH010_v001", 2, 20, 44]


def test_an_artist_sends_and_places_in_a_window_with_a_thousand_strips(tmp_path: Path) -> None:
    backend = DrawnBackend(tmp_path / "deliveries")
    backend.held = {JobKind.CONVERT}
    (tmp_path / "state").mkdir()
    with open_bridge(tmp_path / "state", backend), windows(tmp_path, tmp_path / "state") as blender:
        build(blender, tmp_path)
        blender.call("measure")
        blender.open_tab()
        sending = send(blender)
        blender.until("desk.sendings and list(desk.sendings.values())[0]['stage'] == 'convert'")
        looked_at(blender.picture(tmp_path / "running.png"))
        backend.go_on()
        blender.until(FINISHED)
        assert blender.call("multiply", STRIPS) >= STRIPS
        blender.until("desk.unread == 0")
        blender.call("longest")
        blender.press("place_take", sending=sending, version=1)
        blender.until("desk.lying and not desk.busy")
        assert TAKE in blender.call("lies")
        blender.call("run", "bpy.ops.ed.undo()")
        blender.until("not desk.lying")
        assert TAKE not in blender.call("lies")
        blender.call("run", "bpy.ops.ed.redo()")
        blender.until("desk.lying")
        assert TAKE in blender.call("lies")
        blender.until("all(icon > 0 for icon in desk.pictures.values()) and desk.pictures")
        looked_at(blender.picture(tmp_path / "placed.png"))
        for what, clock_s, processor_s in blender.call("longest"):
            print(f"{what}: {clock_s * 1000:.0f} ms by the clock, {processor_s * 1000:.0f} of the processor")
        assert "Traceback" not in (tmp_path / "printed.log").read_text()
        blender.call("run", FAULT)
        blender.until("desk.connection == 'up'")
        assert (tmp_path / "printed.log").read_text().count("a fault of the panel") == 1


FAULT = """
ticked = link.tick
def fails():
    link.tick = ticked
    raise KeyError("a fault of the panel")
link.tick = fails
desk.connection = "starting"
link.refresh()
"""


def build(blender: Windows, folder: Path) -> None:
    assert blender.call("install", str(extension_zip(folder)))
    movie = str(coded_movie(folder / "plate.mov", 1, FRAMES, RATE))
    clips = [("before", 0, 30, 20), ("SH010", 20, 30, 24), ("after", 44, 60, 20)]
    blender.call(
        "build", str(RATE), [[name, movie, 1, start, index, long] for name, start, index, long in clips]
    )
    blender.until("desk.connection == 'up' and desk.presets and desk.people")


def send(blender: Windows) -> str:
    blender.call("select", "SH010")
    blender.press("check_selected")
    blender.until("desk.checked")
    blender.press("send_checked")
    blender.until("desk.sendings")
    return str(blender.call("run", "answer = next(iter(desk.sendings))"))


def looked_at(picture: Path) -> None:
    """Something is drawn where the sidebar is: letters on a panel, not one colour."""
    with av.open(str(picture)) as container:
        rgb_HW3 = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert rgb_HW3.shape == (HEIGHT_PX, WIDTH_PX, 3)
    sidebar_HW3 = rgb_HW3[60 : HEIGHT_PX - 40, WIDTH_PX - 290 : WIDTH_PX - 30]
    bright = (sidebar_HW3.min(axis=2) > 180).mean()
    assert 0.005 < bright < 0.5, bright
    assert len(np.unique(sidebar_HW3.reshape(-1, 3), axis=0)) > 50
