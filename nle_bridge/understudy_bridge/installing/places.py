"""Where things lie on a machine: our own folder, and the paths that an `install.toml` writes."""

from __future__ import annotations

import glob
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from understudy.domain.errors import BadSettings

_VARIABLE = re.compile(r"%(\w+)%|\$(\w+)|\$\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """A user of a machine. `system` is one of `format.SYSTEMS`."""

    system: str
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_this_machine(cls, variables: Mapping[str, str]) -> Places:
        """The user who runs this program."""
        system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
        return cls(system=system, home=Path.home(), variables=variables)

    def our_folder(self) -> Path:
        """The folder in the user's data folder that holds what editors load from us."""
        if self.system == "windows":
            local = self.variables.get("LOCALAPPDATA")
            data = Path(local) if local else self.home / "AppData" / "Local"
        elif self.system == "macos":
            data = self.home / "Library" / "Application Support"
        else:
            named = self.variables.get("XDG_DATA_HOME")
            data = Path(named) if named else self.home / ".local" / "share"
        return data / "understudy" / "editors"

    def paths_of(self, written: str) -> list[Path]:
        """The paths that a pattern means; none where a `*` meets no folder. Raises: BadSettings."""
        text = _VARIABLE.sub(self._value, written.replace("\\", "/"))
        if text == "~" or text.startswith("~/"):
            text = str(self.home) + text[1:]
        path = Path(text)
        if not path.is_absolute():
            raise BadSettings(f"{written!r} is not a whole path")
        starred = [at for at, part in enumerate(path.parts) if "*" in part]
        if not starred:
            return [path]
        # Only the folders up to the last star must be there; the rest is made.
        deepest, rest = path.parts[: starred[-1] + 1], path.parts[starred[-1] + 1 :]
        return [
            Path(found, *rest) for found in sorted(glob.glob(str(Path(*deepest)))) if Path(found).is_dir()
        ]

    def _value(self, match: re.Match[str]) -> str:
        name = next(part for part in match.groups() if part)
        value = self.variables.get(name, "")
        if not value:
            raise BadSettings(f"the environment has no {name}, which says where the editor looks; set it")
        return value.replace("\\", "/")
