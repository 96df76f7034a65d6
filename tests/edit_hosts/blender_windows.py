"""Blender 3.4 with windows, on a screen that nobody sees (Xvfb, software GL), as an artist sees it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.edit_hosts.blender_stage import blender_words
from tests.edit_hosts.process_host import ProcessHost
from tests.needed import program

WIDTH_PX, HEIGHT_PX = 1440, 900
SERVER = Path(__file__).resolve().with_name("blender_panel_server.py")
TOOLS = ("Xvfb", "xdotool", "import")
LONGEST_S = 60.0


class Windows:
    """The add-on in a Blender with windows; `call` is `Artist` of `blender_panel_server.py`."""

    def __init__(self, folder: Path, state: Path, display: str) -> None:
        prefix = list(blender_words("3.4"))
        words = [*prefix[: prefix.index("-b")], "--factory-startup", "--app-template", "Video_Editing"]
        words += ["-p", "0", "0", str(WIDTH_PX), str(HEIGHT_PX), "--python", str(SERVER)]
        scratch = folder / "user"
        scratch.mkdir()
        self.display = display
        apart = {
            "DISPLAY": display,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "BLENDER_USER_RESOURCES": str(scratch),
            "BLENDER_USER_SCRIPTS": str(scratch / "scripts"),
            "BLENDER_USER_CONFIG": str(scratch / "config"),
            "BLENDER_PRINTS": str(folder / "printed.log"),
            "UNDERSTUDY_STATE": str(state),
        }
        self.process = ProcessHost(words, apart)
        self.call = self.process.call

    def press(self, name: str, **given: Any) -> None:
        assert (refusal := self.call("press", name, given)) == "", refusal

    def until(self, condition: str, longest_s: float = LONGEST_S) -> None:
        """Wait, while Blender's own timers run."""
        ends = time.monotonic() + longest_s
        while not self.call("holds", condition):
            if time.monotonic() > ends:
                pytest.fail(f"{condition}: {self.call('run', 'answer = [desk.notices, desk.sendings]')}")
            time.sleep(0.05)

    def open_tab(self) -> None:
        """Click down the sidebar's tabs until ours is drawn."""
        x, y, width, height = self.call("arrange")
        time.sleep(1)
        x, y, width, height = self.call("sidebar")
        self.call("longest")
        for down in range(20, min(height, 500), 30):
            click = ["mousemove", str(x + width - 14), str(y + down), "click", "1"]
            subprocess.run(["xdotool", *click], env=self._env(), check=True)
            time.sleep(0.6)
            if self.call("drawn"):
                return
        pytest.fail("the tab was not found")

    def picture(self, path: Path) -> Path:
        """What is on the screen."""
        aside = ["mousemove", str(WIDTH_PX // 3), "8"]
        subprocess.run(["xdotool", *aside], env=self._env(), check=True)
        time.sleep(1.5)
        subprocess.run(["import", "-window", "root", str(path)], env=self._env(), check=True)
        return path

    def _env(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.display}


@contextmanager
def windows(folder: Path, state: Path) -> Iterator[Windows]:
    """Blender's windows on a screen of their own, where the programs for that are installed."""
    for tool in TOOLS:
        program(tool, "DISPLAY")
    size = f"{WIDTH_PX}x{HEIGHT_PX}x24"
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as screen:
        assert screen.stdout is not None
        try:
            shown = Windows(folder, state, f":{screen.stdout.readline().strip()}")
            try:
                yield shown
            finally:
                shown.process.close()
        finally:
            screen.terminate()
