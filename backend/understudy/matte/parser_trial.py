"""A first run of somebody's network, in a process of its own that may die of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from understudy.domain.errors import BadMatte

_PATIENCE_S = 120


def survive(path: Path, output: str, size_px: int) -> None:
    """Run the network once elsewhere. Raises: BadMatte when that brings its process down or never ends.

    Other faults are left to whoever runs it here and can say more about them.
    """
    command = [sys.executable, "-P", "-m", "understudy.matte.parser_trial", str(path), str(size_px)]
    try:
        done = subprocess.run(
            command,
            input=output.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as cause:
        raise BadMatte(f"{path} took more than {_PATIENCE_S} s for one picture; export it smaller") from cause
    if done.returncode < 0:
        raise BadMatte(f"{path} makes OpenCV crash (signal {-done.returncode}); export the network again")


def _run(path: str, output: str, size_px: int) -> None:
    network = cv2.dnn.readNetFromONNX(path)
    network.setInput(np.full((1, 3, size_px, size_px), 0.5, np.float32))
    network.forward(output)


if __name__ == "__main__":
    _run(sys.argv[1], sys.stdin.buffer.read().decode("utf-8", "surrogatepass"), int(sys.argv[2]))
