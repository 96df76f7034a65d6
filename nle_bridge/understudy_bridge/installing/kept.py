"""The list of what was installed, `installed.json` in our folder: exactly that is taken away again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from understudy.domain.errors import BadInput
from understudy.domain.files import write_bytes
from understudy.domain.plain import from_json, to_json

LIST_FILE = "installed.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Lines in an artist's file. `made`: there was no such file before."""

    path: str
    made: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HostFiles:
    """What one editor's side consists of: by path the SHA-256 that a file may have, and blocks.

    A file has two hashes while an update is under way, else one.
    """

    version: str
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalledList:
    """Every editor that was installed from one folder of ours, and the folders that were made for them."""

    hosts: dict[str, HostFiles] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    def hashes_of(self, path: Path) -> set[str]:
        """The hashes that a file of ours may have, none when it is not ours."""
        return {sha256 for one in self.hosts.values() for sha256 in one.files.get(str(path), ())}

    def files_of_others(self, host: str) -> set[str]:
        """Paths that editors other than `host` need too."""
        return {path for name, one in self.hosts.items() if name != host for path in one.files}

    def with_host(self, host: str, files: HostFiles | None) -> InstalledList:
        """With other files of a host; None forgets it."""
        others = {name: one for name, one in self.hosts.items() if name != host}
        return replace(self, hosts=others if files is None else {**others, host: files})


def read_list(root: Path) -> InstalledList:
    """The list in a folder of ours, empty where there is none. Raises: BadInput, BadRecord."""
    path = root / LIST_FILE
    try:
        return from_json(InstalledList, path.read_bytes())
    except FileNotFoundError:
        return InstalledList()
    except OSError as cause:
        raise BadInput(f"{path} cannot be read: {cause.strerror}") from cause


def write_list(root: Path, kept: InstalledList) -> None:
    """Keep the list; one without hosts goes. Raises: DiskFull, NotWritable."""
    if kept.hosts:
        write_bytes(root / LIST_FILE, to_json(kept).encode())
    else:
        (root / LIST_FILE).unlink(missing_ok=True)


def missing_folders(paths: Iterable[Path]) -> tuple[str, ...]:
    """The folders that have to be made for files, the deepest last."""
    found: set[Path] = set()
    for path in paths:
        folder = path.parent
        while not folder.exists() and folder not in found:
            found.add(folder)
            folder = folder.parent
    return tuple(str(folder) for folder in sorted(found, key=lambda one: len(one.parts)))
