"""Disks of a test's own: small ones, read-only ones, ones that go away."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.needed import missing


def mount(*words: str | Path) -> None:
    """Mount something. Skips the test where that is not allowed, unless UNDERSTUDY_NEEDS_MOUNTS=1."""
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    missing(f"mounting is not allowed here: {done.stderr.strip()}", "MOUNTS")


def unmount(place: Path) -> None:
    """Take a mounted disk away, also from those who still have it open."""
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@dataclass(frozen=True)
class SmallDisk:
    """A disk in memory whose room can be changed."""

    place: Path

    def leave(self, room_bytes: int) -> None:
        """Make it so large that about this much is free (whole pages)."""
        found = os.statvfs(self.place)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        size = max(used + room_bytes, found.f_frsize)
        mount("-o", f"remount,size={size}", self.place)


@contextmanager
def small_disk(place: Path, *, size_bytes: int = 1 << 30) -> Iterator[SmallDisk]:
    """Mount a disk in memory at `place` for as long as the block lasts."""
    place.mkdir(parents=True, exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", place)
    try:
        yield SmallDisk(place)
    finally:
        unmount(place)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let a folder be read and not written, for everybody, for as long as the block lasts."""
    mount("--bind", folder, folder)
    try:
        mount("-o", "remount,bind,ro", folder)
        yield
    finally:
        unmount(folder)
