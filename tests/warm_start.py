"""A process that has the program loaded and forks it on request, so that a kill costs no second of imports.

Each line of standard input is a request as JSON: {"run": [words of the command line], "log": file}, or
{"artist": [arguments of tests.artist], "log": file}. It answers {"pid": N}, and later {"pid": N, "code": M}
for each process that ended; a signal is a negative code. What runs is what `understudy` runs.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import NoReturn

# Everything a server and its workers load; nothing is called before a fork, so there are no threads to lose.
import cv2  # noqa: F401
import grpc  # noqa: F401
import torch  # noqa: F401

import understudy.cli
import understudy.jobs.worker
import understudy.networks.families
import understudy.rpc.server
import understudy.stages.convert.conversion
import understudy.stages.curate
import understudy.stages.deliver
import understudy.stages.extract
import understudy.stages.train
import understudy.studio

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG: a test that is interrupted leaves nothing running


def serve_requests() -> None:
    """Fork what is asked for until the input ends."""
    woken, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    rest = b""
    while True:
        ready = select.select([sys.stdin, woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            _tell_the_dead()
        if sys.stdin in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                _say({"pid": _fork(json.loads(line))})


def _fork(request: dict[str, list[str] | str]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(request)
    return pid


def _become(request: dict[str, list[str] | str]) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    log = os.open(str(request["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    code = 1
    try:
        if "run" in request:
            sys.argv = ["understudy", *request["run"]]
            understudy.cli.main()
        else:
            from tests.artist import be_an_artist

            be_an_artist(*request["artist"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell_the_dead() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(answer: dict[str, int]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    serve_requests()
