"""Running the gateway: a socket, uvicorn, and an end that leaves no stream hanging."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from understudy.domain import listening
from understudy_review.access import Gate

_GRACE_S = 3


def listen(address: str, *, tls: bool) -> socket.socket:
    """A listening socket at `host:port`; port 0 takes a free one.

    Raises: BadSettings for no address, or one open to the network without TLS; Conflict when it is taken.
    """
    needs_tls = "the network; give --tls-certificate and --tls-key, or use 127.0.0.1"
    return listening.listen(
        address,
        example="127.0.0.1:8420",
        open_to_others="" if tls else needs_tls,
        taken="is a review room running already? Choose another with --address",
    )


def server_of(
    app: Gate, *, started: Callable[[], None], tls: tuple[Path, Path] | None = None
) -> uvicorn.Server:
    """A server whose `run(sockets=[...])` ends with SIGTERM or Ctrl-C. `tls`: certificate chain, key."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # addresses carry keys
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    return _Server(config, app, started)


class _Server(uvicorn.Server):
    """uvicorn waits for open answers when it ends; live streams must be told to end first."""

    def __init__(self, config: uvicorn.Config, app: Gate, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._gate, self._started = app, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._gate.close()
        await super().shutdown(sockets)
