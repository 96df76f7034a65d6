"""What a kill must not do (half files, changed frames, broken records), and the means to look for it."""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import OpenEXR
from safetensors import safe_open
from tests.running_backend import ROOT

from understudy.domain.files import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from understudy.trust.custody import verify
from understudy.trust.keys import load_public_key

SURROUNDINGS = {
    "UNDERSTUDY_CACHE": str(ROOT / ".cache"),
    "UNDERSTUDY_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class WarmStart:
    """Processes of the real program that start in milliseconds: see `tests/warm_start.py`."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._ended: dict[int, int] = {}
        self._rest = b""

    def __enter__(self) -> Self:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "warm_start.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env={**os.environ, **SURROUNDINGS},
                cwd=ROOT,
                start_new_session=True,
            )
        self._living: set[int] = set()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in self._living - set(self._ended):
            if self.runs(pid):
                os.kill(pid, signal.SIGKILL)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def run(self, *words: str) -> int:
        """Start `understudy` with a command line; returns its process id."""
        return self._ask({"run": ["-v", *words], "log": str(self.log)})

    def artist(self, *words: str) -> int:
        """Start a client of `tests/artist.py`."""
        return self._ask({"artist": list(words), "log": str(self.log)})

    def runs(self, pid: int) -> bool:
        self._listen(0.0)
        return pid not in self._ended

    def end(self, pid: int, number: signal.Signals, *, seconds: float = 60.0) -> int:
        """Send a signal and wait for the end; returns the exit code, below 0 for a signal."""
        if self.runs(pid):
            os.kill(pid, number)
        return self.wait(pid, seconds=seconds)

    def wait(self, pid: int, *, seconds: float = 120.0) -> int:
        """The exit code of a process; fails the test after `seconds`."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            assert time.monotonic() < deadline, f"process {pid} did not end; see {self.log}"
            self._listen(0.2)
        return self._ended[pid]

    def _ask(self, request: dict[str, object]) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + 60
        while (pid := self._listen(1.0)) is None:
            assert time.monotonic() < deadline and self._process.poll() is None, self.log.read_text()
        self._living.add(pid)
        return pid

    def _listen(self, seconds: float) -> int | None:
        """Take in what was told; returns the id of a process that was started."""
        output = self._process.stdout
        assert output is not None
        started = None
        if select.select([output], [], [], seconds)[0]:
            *lines, self._rest = (self._rest + os.read(output.fileno(), 65536)).split(b"\n")
            for line in lines:
                told = json.loads(line)
                if "code" in told:
                    self._ended[told["pid"]] = told["code"]
                else:
                    started = int(told["pid"])
                    self._ended.pop(started, None)
        return started


@dataclass
class Finished:
    """Files that are finished, with their hashes; whoever changes or removes one of them has failed."""

    known: dict[Path, tuple[tuple[int, int, int], str]] = field(default_factory=dict)

    def look(self, *folders: Path, pattern: str = "*.exr") -> None:
        """Take in new files, each of which must be whole; those known must be as they were."""
        for path, (stamp, sha256) in self.known.items():
            assert path.exists(), f"{path} was finished and is gone"
            if _stamp(path) != stamp:
                assert _sha256(path) == sha256, f"{path} was finished and has changed"
        for path in _files(folders, pattern):
            if path not in self.known:
                assert_whole(path)
                self.known[path] = (_stamp(path), _sha256(path))


def _files(folders: tuple[Path, ...], pattern: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob(pattern) if path.name[0] != TEMPORARY_PREFIX)


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_whole(path: Path) -> None:
    """Read a file to its end by another way than the product does where there is one."""
    match path.suffix:
        case ".exr":
            with OpenEXR.File(str(path)) as file:
                declared = [len(part.header) for part in file.parts]
                assert declared and all(part.channels for part in file.parts), f"{path} is not whole"
        case ".safetensors":
            with safe_open(path, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 (not a dict)
                    tensors.get_tensor(name)
        case ".mov" | ".mp4":
            with av.open(str(path)) as movie:
                pictures = sum(1 for _ in movie.decode(video=0))
                assert pictures == movie.streams.video[0].frames, f"{path} has {pictures} pictures"
        case ".json":
            json.loads(path.read_bytes())


def assert_nothing_is_half(production: Path) -> None:
    """Everything under a final name opens whole, and what is not finished is hidden."""
    for path in _files((production,), "*"):
        assert ".part" not in path.name, f"{path} is unfinished and not hidden"
        if path.is_file() and "jobs" not in path.relative_to(production).parts[:1]:
            assert_whole(path)


def assert_records_hold(production: Path) -> None:
    """The database is sound, and the custody chain verifies. Looks at a copy, so as to mend nothing."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("production.db", "production.db-wal"):
            if (production / name).exists():
                shutil.copyfile(production / name, Path(place) / name)
        connection = sqlite3.connect(Path(place) / "production.db")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    verify(production / "custody.jsonl", load_public_key(production / "keys"))


def leftovers(production: Path) -> list[Path]:
    """What killed writers left behind."""
    return [path for path in production.rglob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}*") if path.is_file()]
