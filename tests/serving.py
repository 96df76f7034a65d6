"""A real server on loopback for tests."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from understudy.rpc.backend import Backend
from understudy.rpc.server import RunningServer, serve

TOKEN = "correct-horse-battery-staple"


def token_check(token: str) -> bool:
    digests = [hashlib.sha256(text.encode()).digest() for text in (token, TOKEN)]
    return hmac.compare_digest(*digests)


@contextmanager
def running(backend: Backend, address: str = "127.0.0.1:0", max_workers: int = 8) -> Iterator[RunningServer]:
    server = serve(backend, token_check=token_check, address=address, max_workers=max_workers)
    try:
        yield server
    finally:
        server.stop()
