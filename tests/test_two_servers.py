"""One server per production: the second one is told who the first is, however the first one ended."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.running_backend import RunningBackend

from understudy.client import Client
from understudy.domain.errors import ServerUnreachable
from understudy.domain.server_file import read_server_file
from understudy.store.production import Production


def _second(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "understudy", "serve", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_second_server_names_the_first_and_a_killed_one_frees_the_production(tmp_path: Path) -> None:
    folder = tmp_path / "show"
    Production.create(folder, "Show")
    first = RunningBackend.start(folder)
    refused = _second(folder)
    assert refused.returncode == 3, refused.stderr
    location = read_server_file(folder)
    for word in (
        "ProductionInUse",
        f"process {first.process.pid} on {socket.gethostname()}",
        location.address,
    ):
        assert word in refused.stderr
    assert first.client.get_production().name == "Show", "the refused one did harm"
    first.kill()
    again = RunningBackend.start(folder)
    assert again.client.get_production().name == "Show"
    again.stop()


@pytest.mark.slow
def test_a_copied_folder_is_a_production_of_its_own(tmp_path: Path) -> None:
    folder, copy = tmp_path / "show", tmp_path / "copy"
    Production.create(folder, "Show")
    first = RunningBackend.start(folder)
    try:
        shutil.copytree(folder, copy)
        with pytest.raises(ServerUnreachable, match=r"no server has .*copy open"):
            Client.of_production(copy)
        second = RunningBackend.start(copy)
        second.client.create_person("Ada")
        assert first.client.people() == [] and len(second.client.people()) == 1
        assert read_server_file(folder) != read_server_file(copy)
        second.stop()
    finally:
        first.stop()


def test_a_stopped_server_frees_the_production_when_another_thread_gets_the_signal(tmp_path: Path) -> None:
    """The system may hand a signal to any thread of a process."""
    folder = tmp_path / "show"
    Production.create(folder, "Show")
    backend = RunningBackend.start(folder)
    threads = [int(name) for name in os.listdir(f"/proc/{backend.process.pid}/task")]
    other = next(thread for thread in threads if thread != backend.process.pid)
    signal_of_thread = 234 if os.uname().machine == "x86_64" else 131  # tgkill
    ctypes.CDLL(None).syscall(signal_of_thread, backend.process.pid, other, int(signal.SIGTERM))
    assert backend.process.wait(timeout=30) == 0
    Production.open(folder).close()
