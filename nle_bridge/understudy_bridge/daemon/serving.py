"""Running the daemon's door: a loopback socket, uvicorn, patience that ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from understudy.domain import listening
from understudy_bridge.daemon.gate import Gate

GRACE_S = 3
HEAD_S = 10.0
"""A connection that has not told its request by then is ended."""
CONNECTION_S = 150.0
"""No request takes longer, from connection to the answer's last byte."""
MOST_CONNECTIONS = 256
_MOST_HEAD_BYTES = 32 * 2**10


def listen(address: str) -> socket.socket:
    """A listening socket at `host:port` of this machine; port 0 takes a free one.

    Raises: BadSettings for no address, or one that other machines reach; Conflict when it is taken.
    """
    return listening.listen(
        address,
        example="127.0.0.1:0",
        open_to_others="other machines; the daemon listens on 127.0.0.1 only",
        taken="choose another with --address, or 127.0.0.1:0",
    )


def server_of(gate: Gate, *, started: Callable[[], None], ending: Callable[[], None]) -> uvicorn.Server:
    """A server whose `run(sockets=[...])` ends with SIGTERM or Ctrl-C.

    `started` is called when it answers; `ending` ends the calls that wait for news, before it waits for them.
    """
    config = uvicorn.Config(
        gate,
        http=_PatientProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
    )
    return _Server(config, started, ending)


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._started, self._ending = started, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._ending)
        await super().shutdown(sockets)


class _PatientProtocol(H11Protocol):
    """uvicorn waits for ever for a request that arrives a byte at a time; this one does not."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limits = [
            self.loop.call_later(HEAD_S, self._end_without_request),
            self.loop.call_later(CONNECTION_S, transport.abort),
        ]

    def connection_lost(self, exc: Exception | None) -> None:
        for limit in self._limits:
            limit.cancel()
        super().connection_lost(exc)

    def _end_without_request(self) -> None:
        if self.cycle is None:
            self.transport.abort()
