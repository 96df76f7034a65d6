"""An adapter that runs in another process, spoken to in lines of JSON on its standard input and output.

{"call": "timeline", "args": []}  ->  {"answer": ...}
                                      {"refused": {"kind": "Occupied", "message": "..."}}
                                      {"broken": "traceback"}
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from understudy_bridge.panel.host import HostRefused, Table

_END_S = 20


class HostBroken(Exception):
    """The process raised something that is no refusal, or ended; the message is what it said."""


class ProcessHost:
    """An EditHost in a process of its own. Standard error goes where this process's goes."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._words = tuple(words)
        self._process = subprocess.Popen(
            self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=None if env is None else {**os.environ, **env},
        )

    def call(self, name: str, *args: Any) -> Any:
        """What the process answers to a call of the adapter, or of the stage around it.

        Raises: HostRefused, HostBroken.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"call": name, "args": args}) + "\n")
            self._process.stdin.flush()
        except OSError as cause:
            raise HostBroken(f"{self._words[0]} has ended with {self._process.poll()}") from cause
        line = self._process.stdout.readline()
        if not line:
            raise HostBroken(f"{self._words[0]} ended with {self._process.wait(_END_S)} at {name}")
        return _answer(json.loads(line), name)

    def about(self) -> Table:
        return dict(self.call("about"))

    def timeline(self) -> Table:
        return dict(self.call("timeline"))

    def selected(self) -> list[str]:
        return list(self.call("selected"))

    def mark(self, uid: str, identity: str) -> None:
        self.call("mark", uid, identity)

    def carry_out(self, step: Table) -> Table:
        return dict(self.call("carry_out", step))

    def seek(self, frame: int) -> None:
        self.call("seek", frame)

    def close(self) -> None:
        """End the process: its input ends, and it is killed if that does not suffice."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_S)
        self._process.stdout.close()


def _answer(said: Table, name: str) -> Any:
    if refused := said.get("refused"):
        raise HostRefused(refused["kind"], refused["message"])
    if "broken" in said:
        raise HostBroken(f"{name}: {said['broken']}")
    return said["answer"]
