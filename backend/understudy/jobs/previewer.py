"""The server's side of the preview worker: one look at a time, and of each session only the newest."""

from __future__ import annotations

import json
import logging
import select
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from understudy.domain.errors import RenderError, Superseded, Transient, error_named
from understudy.jobs.preview_pipe import read_message, send_task, task_message
from understudy.work import PreviewTask

log = logging.getLogger(__name__)

_ALL_EDITS_MISSING = "EditsMissing"
_WAITING_AT_MOST = 8  # each holds a thread of the server, which has other things to answer too
_LOOK_AT_MOST_S = 90.0  # the first one loads torch and a model


@dataclass(eq=False, slots=True)
class _Turn:
    """One asker in the queue."""

    session: str
    superseded: bool = False


@dataclass(slots=True)
class _Process:
    """A running worker, and up to which revision it was sent the edits of each shot."""

    handle: subprocess.Popen[bytes]
    sent: dict[tuple[str, str], int] = field(default_factory=dict)


class Previewer:
    """Starts the preview worker when the first look is asked for, and again when it is gone."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, log_file: Path) -> None:
        self._command, self._environment, self._log_file = list(command), dict(environment), log_file
        self._turns: list[_Turn] = []
        self._changed = threading.Condition()
        self._process: _Process | None = None
        self._stopped = False

    def show(
        self, session: str, task: PreviewTask, edits_after: Callable[[int], list[dict[str, object]]]
    ) -> tuple[bytes, int]:
        """The JPEG of a look and the revision it shows. `edits_after` gives a shot's entries as tables.

        Raises: Superseded when a newer look of the session came while this one waited; what the look itself
        raises; Transient while too many wait.
        """
        turn = self._wait_for_turn(session)
        try:
            return self._ask(task, edits_after)
        finally:
            with self._changed:
                self._turns.remove(turn)
                self._changed.notify_all()

    def forget(self) -> None:
        """End the worker with all it keeps warm; the next look, or the one being made, starts another."""
        with self._changed:
            process = self._process
        if process is not None:
            process.handle.kill()
            process.handle.wait()

    def stop(self) -> None:
        """End the worker; looks that wait fail."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            process, busy = self._process, bool(self._turns)
        if process is not None and busy:
            process.handle.kill()  # whoever waits for its answer tidies up
        else:
            self._end()

    def _wait_for_turn(self, session: str) -> _Turn:
        turn = _Turn(session)
        with self._changed:
            for other in self._turns[1:]:  # the first one is being made
                other.superseded = other.superseded or other.session == session
            if sum(not other.superseded for other in self._turns) >= _WAITING_AT_MOST:
                raise Transient("too many previews wait on this server; it is tried again by itself")
            self._turns.append(turn)
            self._changed.notify_all()
            while not (turn.superseded or self._stopped or self._turns[0] is turn):
                self._changed.wait()
            if turn.superseded or self._stopped:
                self._turns.remove(turn)
                self._changed.notify_all()
                raise Superseded("a newer look of this session took its place")
        return turn

    def _ask(
        self, task: PreviewTask, edits_after: Callable[[int], list[dict[str, object]]]
    ) -> tuple[bytes, int]:
        shot = (task.shot_id, task.faces_sha256)
        for _ in range(3):  # a worker that is gone, or that lost the edits, is asked again
            if self._stopped:
                self._end()
                raise Superseded("the backend is stopping; look again when it is back")
            process = self._running()
            known = process.sent.get(shot, 0)
            full = replace(task, edits_after=known, edits=edits_after(known))
            try:
                assert process.handle.stdin is not None and process.handle.stdout is not None
                send_task(process.handle.stdin, task_message(full))
                if not select.select([process.handle.stdout], [], [], _LOOK_AT_MOST_S)[0]:
                    self._end()
                    raise RenderError(
                        f"the preview worker did not answer for {_LOOK_AT_MOST_S:.0f} s and was ended; "
                        f"look again, and see {self._log_file}"
                    )
                told, picture = read_message(process.handle.stdout), read_message(process.handle.stdout)
            except (OSError, EOFError) as cause:
                log.warning("the preview worker ended (%s); another one is started", cause)
                self._end()
                continue
            if told is None or picture is None:
                self._end()
                continue
            header = json.loads(told)
            if header.get("error") == _ALL_EDITS_MISSING:
                process.sent.pop(shot, None)
                continue
            if "error" in header:
                raise error_named(header["error"], header["message"])
            process.sent[shot] = int(header["revision"])
            return picture, int(header["revision"])
        raise RenderError(f"the preview worker ends again and again; see {self._log_file}")

    def _running(self) -> _Process:
        if self._process is None or self._process.handle.poll() is not None:
            self._end()
            with self._log_file.open("ab") as output:
                handle = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=output,
                    env=self._environment,
                )
            self._process = _Process(handle)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError):
                process.handle.kill()
            process.handle.wait()
            for pipe in (process.handle.stdin, process.handle.stdout):
                with suppress(OSError):
                    pipe.close() if pipe is not None else None
