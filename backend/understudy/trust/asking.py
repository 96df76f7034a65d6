"""With which access token the work at hand was asked for, for the records that it leaves.

Known only on the thread and for the time of a call. What the server does of itself has no token, nor what the
user asks for who runs it.
"""

from __future__ import annotations

from contextvars import ContextVar

_token_id: ContextVar[str] = ContextVar("asking_token_id", default="")


def asked_with(token_id: str) -> None:
    """Say for the rest of this call with which token it came; empty for the server's own."""
    _token_id.set(token_id)


def asking_token_id() -> str:
    """The id of the token that the present call came with, or nothing."""
    return _token_id.get()
