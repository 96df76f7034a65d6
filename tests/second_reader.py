"""A second reader of movies and its say: ffmpeg's own tools, where they are installed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.needed import program


def require_ffmpeg() -> None:
    """Both its tools, or there is no second reader to ask."""
    for tool in ("ffmpeg", "ffprobe"):
        program(tool, "FFMPEG")


def raw_video(path: Path, pixel_format: str) -> bytes:
    """Every picture as ffmpeg decodes it, in this layout, one after the other; nothing is turned."""
    command = ["ffmpeg", "-v", "error", "-noautorotate", "-i", str(path), "-map", "0:v:0", "-f", "rawvideo"]
    command += ["-fps_mode", "passthrough", "-pix_fmt", pixel_format, "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def planes_444(path: Path, pixel_format: str, size_wh: tuple[int, int]) -> npt.NDArray[np.uint16]:
    """Planes of a layout without subsampling and of more than 8 bits, (pictures, planes, h, w)."""
    codes = np.frombuffer(raw_video(path, pixel_format), "<u2")
    planes = 4 if pixel_format.startswith("yuva") else 3
    return codes.reshape(-1, planes, size_wh[1], size_wh[0])


def raw_audio(path: Path, track: int) -> npt.NDArray[np.int32]:
    """Samples of one audio track as 32 bit, (samples, ...) flat."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{track}", "-f", "s32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i4")


def probed(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file's streams and pictures."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_frames", str(path)]
    said: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return said


def has_edit_list(path: Path) -> bool:
    """Whether a MOV or MP4 file has an edit list; looks for the box's name, which is in no other header."""
    data = path.read_bytes()
    at = data.find(b"moov")
    return at >= 0 and b"elst" in data[at : at + int.from_bytes(data[at - 4 : at], "big")]
