"""What an editor's `hosts/<host>/install.toml` says: which file goes where the editor looks for it.

    # All of hosts/<host> is copied into one folder of ours, but for what `leave_out` names:
    #   FOLDER/understudy_bridge/{__init__.py, panel, hosts/__init__.py, hosts/<host>}
    name = "DaVinci Resolve"                    # for people
    systems = ["linux", "macos", "windows"]     # where the editor runs
    leave_out = ["src", "package*.json"]        # of this folder: names or patterns with *
    # Told after the installation; {folder} is FOLDER, {host} FOLDER/understudy_bridge/hosts/<host>.
    says = "Workspace > Scripts > Understudy."

    [[entry]]                                   # as many as needed, or none
    file = "Understudy.py"                      # of this folder; a file, or a folder with all that is in it
    # A path or a list of them for each system; a system that is left out gets no such file. The path's last
    # part is the name there. `~`, %NAME% and $NAME are replaced; a `*` in a folder's name means each such
    # folder that is there (one for each version of the editor).
    linux = "~/.local/share/DaVinciResolve/Fusion/Scripts/Utility/Understudy.py"
    windows = "%APPDATA%/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility/Understudy.py"
    # A file that belongs to the artist, such as ~/.nuke/menu.py: these lines are put at its end between two
    # comments of ours, and taken away again. Python files alone; `false` when it is left out.
    block = false

In an entry the text "@UNDERSTUDY_FOLDER@", with its double quotes, becomes FOLDER as quoted text with forward
slashes: `sys.path.insert(0, "@UNDERSTUDY_FOLDER@")`. It is right in Python and in JavaScript alike.

An editor that takes a package instead has no entries and `packing = "packing.py"`: that file, run by a Python
of its own, has `extension_zip(target: Path) -> Path`, which writes the package to `target` and imports the
standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.domain.errors import BadSettings
from understudy.domain.outside_text import toml_table

FORMAT_FILE = "install.toml"
SYSTEMS = ("linux", "macos", "windows")
_KEYS = {"name", "systems", "leave_out", "says", "entry", "packing"}
_ENTRY_KEYS = {"file", "block", *SYSTEMS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A file or folder of the host that the editor itself looks for; `places` has its paths by system."""

    file: str
    places: dict[str, tuple[str, ...]]
    block: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """How one editor's side is installed."""

    host: str
    name: str
    systems: tuple[str, ...]
    leave_out: tuple[str, ...] = ()
    says: str = ""
    entries: tuple[Entry, ...] = ()
    packing: str = ""


def read_installation(folder: Path) -> Installation:
    """What `folder/install.toml` says. Raises: BadSettings."""
    path = folder / FORMAT_FILE
    try:
        return _installation(folder.name, toml_table(path.read_text(encoding="utf-8")))
    except OSError as cause:
        raise BadSettings(f"{path} cannot be read: {cause.strerror}") from cause
    except ValueError as cause:
        raise BadSettings(f"{path}: {cause}") from cause


def _installation(host: str, table: dict[str, Any]) -> Installation:
    _only(table, _KEYS, "the file")
    entries = table.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError("`entry` must be tables: [[entry]]")
    systems = _texts(table, "systems")
    if not systems or not set(systems) <= set(SYSTEMS):
        raise ValueError(f"`systems` must list some of {', '.join(SYSTEMS)}")
    return Installation(
        host=host,
        name=_text(table, "name"),
        systems=systems,
        leave_out=_texts(table, "leave_out"),
        says=_text(table, "says", ""),
        entries=tuple(_entry(one) for one in entries),
        packing=_inside(_text(table, "packing", "")),
    )


def _entry(table: dict[str, Any]) -> Entry:
    _only(table, _ENTRY_KEYS, "an entry")
    block = table.get("block", False)
    if not isinstance(block, bool):
        raise ValueError("`block` must be true or false")
    places = {system: _texts(table, system) for system in SYSTEMS if system in table}
    return Entry(file=_inside(_text(table, "file")), places=places, block=block)


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise ValueError(f"{where} has the unknown key {unknown[0]!r}")


def _text(table: dict[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"`{key}` must be a text")
    return value


def _texts(table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(one, str) and one for one in texts):
        raise ValueError(f"`{key}` must be a text or a list of texts")
    return tuple(texts)


def _inside(file: str) -> str:
    """A path that stays in the host's folder."""
    parts = file.replace("\\", "/").split("/")
    if file and (Path(file).is_absolute() or ".." in parts or ":" in file):
        raise ValueError(f"{file!r} must be a file of the host's own folder")
    return file
