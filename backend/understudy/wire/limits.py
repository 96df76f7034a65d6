"""How much fits into one message, agreed between server and client."""

from __future__ import annotations

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_PICTURE_BYTES = MAX_MESSAGE_BYTES - 1024  # leaves room for the message around the JPEG
MAX_LIST_BYTES = 3 * 1024 * 1024
"""Answers that come in parts end at the first one that goes beyond this."""
MAX_EDITS_BYTES = MAX_MESSAGE_BYTES - 256 * 1024
"""Of a request that adds edits: the answer repeats them, with author and time."""
CLIP_CHUNK_BYTES = 512 * 1024
"""Of a clip that is sent; the server takes up to `MAX_CLIP_CHUNK_BYTES` in one message."""
MAX_CLIP_CHUNK_BYTES = 1024 * 1024
MAX_STREAM_MESSAGES = 4 * 1024 * 1024
MAX_STREAM_BYTES = 4 * 1024**4
"""Of all that one call sends piece by piece."""
MAX_METADATA_BYTES = 64 * 1024  # headers and trailers; errors travel in trailers
MAX_ERROR_BYTES = 7000
"""Of an error in its trailers, where the text stands percent-encoded and once more in base 64: clients of
other makes take 8 KiB."""

ERROR_DOMAIN = "understudy"
"""Marks a google.rpc.ErrorInfo whose reason is the class name of an `UnderstudyError`."""


def rows_that_fit(width: int, *, channels: int) -> int:
    """How many rows of half floats one message holds, at least one."""
    return max(1, MAX_PICTURE_BYTES // (2 * max(1, width) * channels))
