"""Run render jobs in the Blender environment, one after the other, and go on where a broken run stopped."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from understudy.domain.errors import FramesFailed

from .jobs import RenderJob, dump_job

SCRIPT = "understudy.demo.blender_scene"


def run_job(job: RenderJob, bpy_python: Path, *, report: Callable[[str], None]) -> None:
    """Render the frames of the job that are missing; `bpy_python` is a Python that has `bpy` installed.

    Raises: FramesFailed with the renderer's last words when a frame does not appear.
    """
    missing = [frame.picture for frame in job.frames if not frame.picture.is_file()]
    if not missing:
        return
    import_root = str(Path(__file__).resolve().parents[2])
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "job.json"
        sheet.write_text(json.dumps(dump_job(job)), encoding="utf-8")
        log = Path(folder) / "log.txt"
        with log.open("w", encoding="utf-8") as stream:
            command = [str(bpy_python), "-m", SCRIPT, str(sheet)]
            environment = {**os.environ, "PYTHONPATH": import_root}
            done = subprocess.run(command, env=environment, stdout=stream, stderr=stream, check=False)
        words = log.read_text(encoding="utf-8", errors="replace").splitlines()
    paces = [line for line in words if line.endswith("s a frame")]
    if paces:
        report(paces[-1])
    still = [path for path in missing if not path.is_file()]
    if done.returncode != 0 or still:
        tail = "\n".join(words[-15:])
        raise FramesFailed(
            f"{len(still)} of {len(missing)} frames were not rendered; the renderer said:\n{tail}"
        )
