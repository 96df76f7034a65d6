"""The client works in a Python that has none of the heavy parts, such as an editing program's own."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys

class Blocked:
    heavy = {"torch", "cv2", "av", "OpenEXR", "sqlite3", "ai_edge_litert", "cryptography", "c2pa"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.heavy:
            raise ImportError(f"{name} is blocked")
        return None

sys.meta_path.insert(0, Blocked())
from understudy.client import Client
from understudy.domain.errors import ServerUnreachable

with Client("127.0.0.1:1", "token") as client:
    try:
        client.shots()
    except ServerUnreachable:
        pass
    else:
        raise SystemExit("somebody answered")

ours = {name.split(".")[1] for name in sys.modules if name.startswith("understudy.")}
print(" ".join(sorted(ours)))
"""


def test_the_client_needs_no_heavy_module() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["client", "domain", "v1", "wire"]


def test_the_client_imports_nothing_that_only_unix_has() -> None:
    """Editing programs run on Windows; `domain.file_lock` is where the systems differ."""
    program = PROGRAM.replace("heavy = {", 'heavy = {"fcntl", "resource", "pwd", "grp", "termios", ')
    lock = "import types\nlock = types.ModuleType('lock')\nlock.try_lock = lambda descriptor: True\n"
    lock += "sys.modules['understudy.domain.file_lock'] = lock\n"
    program = program.replace("sys.meta_path.insert", lock + "sys.meta_path.insert")
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
