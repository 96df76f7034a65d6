"""Spoiled files of every kind: each is read, or refused with a named error, in bounded time and memory.

They are read in another process, so that a library that dies of a file is noticed and memory has a bound.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.hostile_samples import KINDS, spoiled

from understudy.domain.errors import UnderstudyError

PATIENCE_S = 120  # generous: it is hanging that is looked for
MOST_DATA_BYTES = 4 << 30
FEW, MANY, MANY_SLOW = 12, 1200, 150


def read_spoiled(name: str, folder: Path, seeds: range) -> None:
    """Read a file, then spoiled copies of it; prints what happened to each seed, as JSON lines."""
    kind = KINDS[name]
    path = kind.make(folder)
    kind.read(path)  # whole, it is read
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA_BYTES, MOST_DATA_BYTES))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    whole = path.read_bytes()
    for seed in seeds:
        print(json.dumps({"kind": name, "seed": seed}), flush=True)
        path.write_bytes(spoiled(whole, seed, is_text=kind.is_text))
        signal.alarm(PATIENCE_S)
        started = time.monotonic()
        try:
            kind.read(path)
            says = ""
        except UnderstudyError as error:
            says = f"{type(error).__name__}: {error}"
        signal.alarm(0)
        took_s = round(time.monotonic() - started, 1)
        print(json.dumps({"kind": name, "seed": seed, "says": says[:300], "took_s": took_s}), flush=True)


def besiege(names: Sequence[str], folder: Path, seeds: range) -> None:
    command = [
        sys.executable, "-W", "ignore", "-c",
        "import sys; sys.path.insert(0, '.'); from pathlib import Path\n"
        "from tests.test_hostile_files import read_spoiled\n"
        f"for number, name in enumerate({list(names)!r}):\n"
        f"    place = Path({str(folder)!r}) / str(number); place.mkdir()\n"
        f"    read_spoiled(name, place, {seeds!r})",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    assert done.returncode == 0, f"exit {done.returncode} at {last}\n{done.stderr[-3000:]}"
    told = [json.loads(line) for line in done.stdout.splitlines() if '"says"' in line]
    assert len(told) == len(seeds) * len(names)
    for name in names:
        refused = [entry["says"] for entry in told if entry["kind"] == name and entry["says"]]
        assert refused, f"{name}: every spoiled file was read as if it were whole"
        assert all(len(says.split(": ", 1)[1]) > 10 for says in refused)


def test_a_few_spoiled_files_are_refused_by_name(tmp_path: Path) -> None:
    besiege(list(KINDS), tmp_path, range(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_many_spoiled_files_are_refused_by_name(name: str, tmp_path: Path) -> None:
    besiege([name], tmp_path, range(FEW, MANY_SLOW if KINDS[name].is_slow else MANY))
