"""Installing the zip into a Blender that is there, by that Blender itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from understudy.domain.errors import BadInput, NotFound

_WITHIN_S = 180
_DONE = "understudy was installed into Blender "
PROGRAM = """
import sys
import bpy
package, module = {package!r}, "understudy_sequencer"
if bpy.app.version >= (4, 2, 0):
    bpy.ops.extensions.package_install_files(filepath=package, repo="user_default", enable_on_install=True)
    module = "bl_ext.user_default." + module
else:
    bpy.ops.preferences.addon_install(filepath=package, overwrite=True)
    bpy.ops.preferences.addon_enable(module=module)
if module not in bpy.context.preferences.addons:
    sys.exit("the add-on was not enabled")
bpy.ops.wm.save_userpref()
print({done!r} + bpy.app.version_string, flush=True)
"""
"""What Blender's own Python runs: extensions from 4.2 on, add-ons before."""


def install_into(blender: Path, package: Path) -> str:
    """Install and enable the add-on; returns the version of Blender. Raises: NotFound, BadInput."""
    words = ("--background", "--python-exit-code", "3", "--python-expr", program(package))
    try:
        done = subprocess.run(
            [str(blender), *words], capture_output=True, text=True, check=False, timeout=_WITHIN_S
        )
    except OSError as cause:
        raise NotFound(f"{blender} cannot be started: {cause.strerror}") from cause
    except subprocess.TimeoutExpired as cause:
        raise BadInput(
            f"{blender} did not end within {_WITHIN_S} s; install {package} from its preferences"
        ) from cause
    told = [line for line in done.stdout.splitlines() if line.startswith(_DONE)]
    if done.returncode or not told:
        last = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-2:])
        raise BadInput(
            f"{blender} did not install the add-on ({last}); install {package} from its preferences"
        )
    return told[0].removeprefix(_DONE)


def program(package: Path) -> str:
    """The text that Blender's Python is to run for one zip."""
    return PROGRAM.format(package=str(package), done=_DONE)
