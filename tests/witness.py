"""Many movies at once before the second reader (`second_reader.py`): planes, hashes, times."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Clip:
    """A movie to be read, and the layout that its pictures have."""

    path: Path
    pixel_format: str


@dataclass(frozen=True, slots=True)
class Hashed:
    """One picture: its timestamp, and the MD5 of its planes one after the other."""

    time_s: Fraction
    md5: str


def decoded(clips: Sequence[Clip], folder: Path) -> list[bytes]:
    """The planes of all pictures of each clip, as stored, one after the other."""
    targets = [folder / f"{number}.raw" for number in range(len(clips))]
    _ffmpeg(clips, targets, ("-f", "rawvideo"))
    return [target.read_bytes() for target in targets]


def hashed(clips: Sequence[Clip], folder: Path) -> list[list[Hashed]]:
    """Time and hash of every picture of each clip."""
    targets = [folder / f"{number}.md5" for number in range(len(clips))]
    _ffmpeg(clips, targets, ("-enc_time_base", "-1", "-f", "framemd5"))
    return [_read_hashes(target.read_text()) for target in targets]


def shown_times(path: Path) -> list[Fraction | None]:
    """When each picture is shown by ffprobe, in the file's own seconds; None where it cannot tell."""
    entries = "stream=time_base:frame=best_effort_timestamp"
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-show_frames"]
    text = _run([*command, "-of", "json", str(path)])
    answer = json.loads(text)
    base = Fraction(answer["streams"][0]["time_base"])
    stamps = [frame.get("best_effort_timestamp") for frame in answer["frames"]]
    return [None if stamp is None else stamp * base for stamp in stamps]


def _ffmpeg(clips: Sequence[Clip], targets: Sequence[Path], output: Sequence[str]) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
    for clip in clips:
        command += ["-threads", "1", "-noautorotate", "-i", str(clip.path)]
    for number, (clip, target) in enumerate(zip(clips, targets, strict=True)):
        command += ["-map", f"{number}:v:0", "-fps_mode", "passthrough", "-pix_fmt", clip.pixel_format]
        command += [*output, str(target)]
    _run(command)


def _read_hashes(text: str) -> list[Hashed]:
    lines = text.splitlines()
    base = next(Fraction(line.split()[-1]) for line in lines if line.startswith("#tb"))
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line and line[0] != "#"]
    return [Hashed(int(row[2]) * base, row[-1]) for row in rows]


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
