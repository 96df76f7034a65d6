"""What installing an editor's side would write: files in our folder, entries where the editor looks."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import understudy
import understudy_bridge
from understudy.domain.errors import BadSettings, NotFound, RenderError
from understudy_bridge.installing.format import FORMAT_FILE, Entry, Installation, read_installation
from understudy_bridge.installing.places import Places

PACKAGE = Path(understudy_bridge.__file__).resolve().parent
FOLDER_TEXT = '"@UNDERSTUDY_FOLDER@"'
_NEVER = ("__pycache__", "*.pyc", "node_modules", ".*", FORMAT_FILE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an installation writes: whole files, and lines in artists' files."""

    installation: Installation
    root: Path
    files: dict[Path, bytes]
    blocks: dict[Path, str]
    notes: tuple[str, ...] = ()

    def says(self) -> str:
        """What to tell the artist afterwards."""
        host = self.root / "understudy_bridge" / "hosts" / self.installation.host
        return self.installation.says.replace("{folder}", str(self.root)).replace("{host}", str(host)).strip()


def host_names() -> list[str]:
    """The editors that there is an `install.toml` for."""
    return sorted(path.parent.name for path in (PACKAGE / "hosts").glob(f"*/{FORMAT_FILE}"))


def plan_installation(host: str, root: Path, places: Places) -> Plan:
    """What installing an editor's side into `root` writes. Raises: NotFound, BadSettings, Conflict."""
    installation = read_installation(_folder_of(host))
    if places.system not in installation.systems:
        raise BadSettings(
            f"{installation.name} runs on {', '.join(installation.systems)}, not on {places.system}"
        )
    if installation.packing:
        package = root / f"understudy-{host}-{understudy.__version__}.zip"
        return Plan(installation=installation, root=root, files={package: _packed(installation)}, blocks={})
    files = {root / "understudy_bridge" / name: data for name, data in _copied(installation)}
    blocks: dict[Path, str] = {}
    notes: list[str] = []
    for entry in installation.entries:
        _place_entry(entry, installation, root, places, files, blocks, notes)
    return Plan(installation=installation, root=root, files=files, blocks=blocks, notes=tuple(notes))


def _folder_of(host: str) -> Path:
    if host not in host_names():
        raise NotFound(f"there is no editor {host!r}; there are {', '.join(host_names())}")
    return PACKAGE / "hosts" / host


def _copied(installation: Installation) -> Iterator[tuple[str, bytes]]:
    """The files for our folder, by their path in `understudy_bridge`."""
    for name in ("__init__.py", "hosts/__init__.py"):
        yield name, (PACKAGE / name).read_bytes()
    for folder, leave_out in (("panel", ()), (f"hosts/{installation.host}", installation.leave_out)):
        for path in _files_below(PACKAGE / folder, leave_out):
            yield path.relative_to(PACKAGE).as_posix(), path.read_bytes()


def _files_below(folder: Path, leave_out: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in (*_NEVER, *leave_out)):
            continue
        if path.is_dir():
            yield from _files_below(path, leave_out)
        else:
            yield path


def _place_entry(
    entry: Entry,
    installation: Installation,
    root: Path,
    places: Places,
    files: dict[Path, bytes],
    blocks: dict[Path, str],
    notes: list[str],
) -> None:
    """Where an entry goes on this machine. Raises: BadSettings when the host has no such file."""
    source = _folder_of(installation.host) / entry.file
    patterns = entry.places.get(places.system, ())
    found = [path for pattern in patterns for path in places.paths_of(pattern)]
    if patterns and not found:
        notes.append(
            f"no folder is like {' or '.join(patterns)}: start {installation.name} once, then install again"
        )
    if not source.exists():
        raise BadSettings(f"{source} is not there; this installation of Understudy is damaged")
    for path in found:
        if entry.block:
            blocks[path.resolve()] = _filled(source.read_bytes(), root).decode()
        elif source.is_dir():
            for file in _files_below(source, ()):
                files[path / file.relative_to(source)] = _filled(file.read_bytes(), root)
        else:
            files[path] = _filled(source.read_bytes(), root)


def _filled(data: bytes, root: Path) -> bytes:
    """An entry with our folder's path in it; a JSON text is a literal of Python and JavaScript too."""
    try:
        quoted = json.dumps(root.as_posix(), ensure_ascii=False).encode()
    except UnicodeEncodeError as cause:
        raise BadSettings(
            f"the folder {root!r} has a name that is no text; choose another with --to"
        ) from cause
    return data.replace(FOLDER_TEXT.encode(), quoted)


def _packed(installation: Installation) -> bytes:
    """The package that the host's own program makes, in a Python of its own. Raises: RenderError."""
    program = (
        "import pathlib, runpy, sys; runpy.run_path(sys.argv[1])['extension_zip'](pathlib.Path(sys.argv[2]))"
    )
    packing = _folder_of(installation.host) / installation.packing
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "package.zip"
        words = [sys.executable, "-I", "-B", "-c", program, str(packing), str(target)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise RenderError(f"{packing} failed: {' '.join(last)}")
        return target.read_bytes()
