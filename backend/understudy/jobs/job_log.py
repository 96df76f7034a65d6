"""Reading a part of a job's log while its worker goes on writing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from understudy.domain.errors import BadInput, NotFound
from understudy.domain.job_views import MAX_LOG_BYTES, LogPart

LOG_NAME = "log.txt"
USUAL_BYTES = 64 << 10


def read_log(path: Path, *, offset: int, limit: int, ended: bool) -> LogPart:
    """Whole lines from byte `offset` on (below 0: so many bytes before the end), at most `limit` bytes.

    A line that is cut off in front is left out, and one at the end too, unless its job has `ended`. Of a line
    longer than `limit` the beginning is given. `limit` 0 is the usual one. Raises: NotFound, BadInput.
    """
    if not 0 <= limit <= MAX_LOG_BYTES:
        raise BadInput(f"a part of {limit} bytes of a log is not possible; ask for up to {MAX_LOG_BYTES}")
    try:
        file = path.open("rb")
    except FileNotFoundError as cause:
        raise NotFound("the job has no log; it has not begun yet") from cause
    with file:
        size = os.fstat(file.fileno()).st_size
        asked = max(0, size + offset) if offset < 0 else min(offset, size)
        return _lines(file, asked, limit or USUAL_BYTES, size, ended=ended)


def _lines(file: BinaryIO, asked: int, limit: int, size: int, *, ended: bool) -> LogPart:
    file.seek(max(0, asked - 1))
    before = file.read(1) if asked else b"\n"
    data = file.read(min(limit, size - asked))
    cut_off = 0 if before == b"\n" else data.find(b"\n") + 1 or len(data)
    begin, rest = asked + cut_off, data[cut_off:]
    if not (ended and asked + len(data) == size):
        end = rest.rfind(b"\n") + 1
        rest = rest[:end] if end or len(rest) < limit else rest
    return LogPart(text=rest.decode("utf-8", errors="replace"), offset=begin, next_offset=begin + len(rest))
