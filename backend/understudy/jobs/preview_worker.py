"""`understudy preview-worker`: the resident process that makes previews, one look after the other.

It reads tasks from standard input and answers on standard output (`preview_pipe` has the form of both); the
server starts one when the first look is asked for. It ends with its input, or when nobody has looked for a
while, which gives the device's memory back.

Sharing the device with training: previews draw one crop at a time and keep two models at most, on the first
device that has room and else on the CPU; they use half of the CPU's threads.
"""

from __future__ import annotations

import json
import logging
import os
import select
from typing import IO

from understudy.domain.errors import UnderstudyError
from understudy.domain.plain import from_plain
from understudy.jobs.preview_pipe import read_message, write_message
from understudy.stages.convert.desk import PreviewDesk
from understudy.work import PreviewTask

log = logging.getLogger(__name__)

IDLE_S = 900.0


def run_preview_worker(source: IO[bytes], target: IO[bytes], *, idle_s: float = IDLE_S) -> None:
    """Answer tasks until the input ends or nobody asks for `idle_s`."""
    desk = PreviewDesk(threads=max(1, (os.cpu_count() or 1) // 2))
    while select.select([source], [], [], idle_s)[0]:
        told = read_message(source)
        if told is None:
            return
        answer, picture = _answer(desk, told)
        write_message(target, answer, picture)


def _answer(desk: PreviewDesk, told: bytes) -> tuple[dict[str, object], bytes]:
    try:
        shown = desk.show(from_plain(PreviewTask, json.loads(told)))
        return {"revision": shown.revision}, shown.jpeg
    except UnderstudyError as error:
        return {"error": type(error).__name__, "message": str(error)}, b""
    except Exception as error:  # a defect must not end the worker: the next look may be fine
        log.exception("a look failed with an error that is not known")
        message = f"an error inside Understudy: {type(error).__name__}: {error}; see preview.log"
        return {"error": "RenderError", "message": message}, b""
