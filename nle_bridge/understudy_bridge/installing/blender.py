"""Installing the zip into a Blender that is there, by that Blender itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from understudy.domain.errors import BadInput, NotFound

_BY_EXTENSIONS = (4, 2)
"""From this version on Blender's own command line installs extensions."""
_WITHIN_S = 180
_ADD_ON = "understudy_sequencer"
_OLD_WAY = """
import bpy
bpy.ops.preferences.addon_install(filepath={zip!r}, overwrite=True)
bpy.ops.preferences.addon_enable(module={module!r})
bpy.ops.wm.save_userpref()
"""


def install_into(blender: Path, package: Path) -> str:
    """Install and enable the add-on; returns the version of Blender. Raises: NotFound, BadInput."""
    told = _run(blender, "--version")
    found = re.search(r"Blender (\d+)\.(\d+)[\d.]*", told)
    if not found:
        raise BadInput(f"{blender} is no Blender: it says {told[:80]!r}")
    if (int(found[1]), int(found[2])) >= _BY_EXTENSIONS:
        words = ("extension", "install-file", "--repo", "user_default", "--enable", str(package))
        _run(blender, "--background", "--command", *words)
    else:
        program = _OLD_WAY.format(zip=str(package), module=_ADD_ON)
        _run(blender, "--background", "--python-exit-code", "3", "--python-expr", program)
    return found[0]


def _run(blender: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            [str(blender), *words], capture_output=True, text=True, check=False, timeout=_WITHIN_S
        )
    except OSError as cause:
        raise NotFound(f"{blender} cannot be started: {cause.strerror}") from cause
    except subprocess.TimeoutExpired as cause:
        raise BadInput(
            f"{blender} did not end within {_WITHIN_S} s; install the zip from its preferences"
        ) from cause
    if done.returncode:
        last = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-2:])
        raise BadInput(f"{blender} did not install it: {last}")
    return done.stdout
