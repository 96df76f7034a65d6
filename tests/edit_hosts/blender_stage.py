"""The real Blender on the contract suite's stage: 5.0 as a Python module, 3.4 as the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from tests.edit_hosts.coded_movies import coded_movie
from tests.edit_hosts.process_host import ProcessHost
from tests.needed import missing, program

from understudy_bridge.panel.host import Table

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).resolve().with_name("blender_server.py")
MODULES = {"5.0": ROOT / ".cache" / "bpy-5.0.1", "4.5": ROOT / ".cache" / "bpy-4.5.15"}
VERSIONS = ("5.0", "3.4", *(["4.5"] if MODULES["4.5"].exists() else ()))  # `make blender-4.5` brings it
# Blender prints to standard output, so answers come on a descriptor of their own.
_APART = ("sh", "-c", 'exec 3>&1 1>"$BLENDER_PRINTS" 2>&1; exec "$@"', "sh")


def blender_words(version: str) -> Sequence[str]:
    """What starts the server in a Blender, where that is installed."""
    if version not in MODULES:
        return (*_APART, program("blender", "BLENDER"), "-b", "--factory-startup", "--python", str(SERVER))
    if not (MODULES[version] / "installed").exists():
        missing("the module bpy is not installed (make blender)", "BLENDER")
    return (*_APART, str(MODULES[version] / "bin" / "python"), str(SERVER))


class BlenderStage:
    """An artist at Blender. Its strips know no timecode; of copies one alone is the clip that was marked."""

    quirks: frozenset[str] = frozenset({"no_duplicate"})

    def __init__(
        self, version: str, folder: Path, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        scratch = folder / "user"
        scratch.mkdir()
        apart = {
            "BLENDER_USER_RESOURCES": str(scratch),
            "BLENDER_PRINTS": str(folder / "printed.log"),
            **environment,
        }
        self.host = ProcessHost(blender_words(version), apart)
        self.folder = folder
        self._media: dict[str, int] = {}

    def build(self, timeline: Table) -> None:
        self.host.call("build", timeline)

    def media(self, name: str, frames: int, rate: str, start: int | None, suffix: str = ".mov") -> Table:
        path = self.folder / f"{name}_{frames}_{rate.replace('/', '-')}{suffix}"
        number = self._media.setdefault(path.name, len(self._media) + 1)
        if not path.exists():
            coded_movie(path, number, frames, Fraction(rate))
        return {"path": str(path), "name": path.name, "rate": rate, "start": start, "frames": frames}

    def number(self, media: Table) -> int:
        """Which medium a picture of it says it is."""
        return self._media[Path(media["path"]).name]

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        self.host.call("disturb", uid, what, amount)

    def save_and_reload(self) -> None:
        self.host.call("save_and_reload", str(self.folder / "project.blend"))

    def run(self, source: str) -> object:
        """Python inside Blender, with `bpy` and `strips`."""
        return self.host.call("run", source)

    def close(self) -> None:
        self.host.close()


def newest(folder: Path) -> BlenderStage:
    return BlenderStage("5.0", folder)


def long_term(folder: Path) -> BlenderStage:
    return BlenderStage("4.5", folder)


def debian(folder: Path) -> BlenderStage:
    return BlenderStage("3.4", folder)
