"""Makes the picture of Blender's panel: the demo's production, a real backend and daemon, Blender 3.4.

`python -m tests.edit_hosts.blender_picture docs/pictures/blender.png`, after `make demo`. Needs Xvfb, xdotool
and ImageMagick. Works on a copy of demo/out.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.bridge_door import open_door
from tests.edit_hosts.blender_windows import Windows, windows
from tests.running_backend import ROOT, RunningBackend

from understudy.client import Client
from understudy_bridge.daemon.bridge import Bridge, BridgeSetting
from understudy_bridge.daemon.bridge_file import only_daemon
from understudy_bridge.hosts.blender.packing import extension_zip

FOOTAGE = ROOT / "demo" / "footage"
PLATE, HAND = FOOTAGE / "rowan_plate.mov", FOOTAGE / "rowan_plate_hand.mov"
# name, movie, channel, record_in, index, duration
CLIPS = [
    ["SH010", str(HAND), 1, 0, 0, 26],
    ["SH020", str(PLATE), 1, 26, 52, 30],
    ["SH030", str(HAND), 1, 56, 34, 34],
    ["SH040", str(PLATE), 1, 90, 10, 24],
]
WIDTH_PX = 1200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    with tempfile.TemporaryDirectory() as scratch:
        make(parser.parse_args().picture, Path(scratch))


def make(picture: Path, folder: Path) -> None:
    """The picture, with everything that it takes in a scratch folder."""
    state = folder / "state"
    state.mkdir()
    production = shutil.copytree(ROOT / "demo" / "out", folder / "production")
    backend = RunningBackend.start(production)
    setting = BridgeSetting(connect=lambda: Client.of_production(production), state=state)
    try:
        with (
            only_daemon(state),
            closing(Bridge(setting)) as bridge,
            open_door(bridge, state),
            windows(folder, state) as blender,
        ):
            take(blender, folder)
            shot = blender.picture(folder / "shot.png")
            words = ["-resize", str(WIDTH_PX), "-colors", "256", "-strip", f"png8:{picture}"]
            subprocess.run(["convert", str(shot), *words], check=True)
    finally:
        backend.stop()


def take(blender: Windows, folder: Path) -> None:
    """One shot placed, the next under way, a third looked at."""
    assert blender.call("install", str(extension_zip(folder)))
    blender.call("build", "24", CLIPS)
    blender.call("run", "r = bpy.context.scene.render; r.resolution_x, r.resolution_y = 640, 360")
    blender.call("run", "bpy.context.scene.view_settings.view_transform = 'Standard'")
    blender.call("run", "bpy.context.scene.frame_end = 114; bpy.context.scene.frame_current = 40")
    blender.until("desk.connection == 'up' and desk.presets and desk.people")
    blender.call("measure")
    blender.open_tab()
    blender.call("fit")
    first = send(blender, "SH020")
    finished = f"desk.sendings[{first!r}]['state'] in ('finished', 'failed')"
    blender.until(finished, longest_s=600)
    blender.press("place_take", sending=first, version=1)
    blender.until("desk.lying and not desk.busy")
    second = send(blender, "SH030")
    told = f"desk.sendings[{second!r}]"
    blender.until(f"{told}['stage'] == 'convert' and {told}['progress']['done'] > 9", longest_s=300)
    blender.call("select", "SH040")
    blender.press("check_selected")
    blender.until("desk.checked")
    blender.call("run", f"desk.opened = {first!r}; link.changed()")
    time.sleep(1)


def send(blender: Windows, name: str) -> str:
    blender.call("select", name)
    blender.press("check_selected")
    blender.until("desk.checked")
    known = set(blender.call("run", "answer = list(desk.sendings)"))
    blender.press("send_checked")
    blender.until(f"len(desk.sendings) > {len(known)}")
    return str((set(blender.call("run", "answer = list(desk.sendings)")) - known).pop())


if __name__ == "__main__":
    main()
