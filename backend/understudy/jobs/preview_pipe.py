"""What goes between the server and the preview worker: lengths and bytes, no pickle.

A message is its length in four bytes, then that many bytes. A task is one message of JSON. An answer is two:
its JSON, and the picture's bytes.
"""

from __future__ import annotations

import json
import struct
from typing import IO

from understudy.domain.plain import to_plain
from understudy.work import PreviewTask

MAX_MESSAGE_BYTES = 256 << 20
_LENGTH = struct.Struct(">I")


def task_message(task: PreviewTask) -> bytes:
    """A task as the worker reads it."""
    return json.dumps(to_plain(task)).encode()


def write_message(target: IO[bytes], header: dict[str, object], picture: bytes) -> None:
    """An answer: its JSON, then its picture."""
    text = json.dumps(header).encode()
    target.write(_LENGTH.pack(len(text)) + text + _LENGTH.pack(len(picture)) + picture)
    target.flush()


def read_message(source: IO[bytes]) -> bytes | None:
    """The next message; None at the end of the input. Raises: EOFError in the middle of one."""
    head = source.read(_LENGTH.size)
    if not head:
        return None
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else -1
    if not 0 <= size <= MAX_MESSAGE_BYTES:
        raise EOFError("the other side sent no whole message")
    body = source.read(size)
    if len(body) < size:
        raise EOFError("the other side ended in the middle of a message")
    return body


def send_task(target: IO[bytes], message: bytes) -> None:
    """A task to the worker."""
    target.write(_LENGTH.pack(len(message)) + message)
    target.flush()
