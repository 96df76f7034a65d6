"""Running the gateway: a socket, uvicorn, and an end that leaves no stream hanging."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import uvicorn

from understudy.domain.errors import BadSettings, Conflict
from understudy_review.access import Gate

_GRACE_S = 3


def listen(address: str, *, tls: bool) -> socket.socket:
    """A listening socket at `host:port`; port 0 takes a free one.

    Raises: BadSettings for no address, or one open to the network without TLS; Conflict when it is taken.
    """
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise BadSettings(f"{address!r} is not an address; write host:port, such as 127.0.0.1:8420")
    if not tls and not _is_this_machine(host):
        raise BadSettings(
            f"{address} is open to the network; give --tls-certificate and --tls-key, or use 127.0.0.1"
        )
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(256)
            stack.pop_all()
    except OSError as cause:
        raise Conflict(
            f"cannot listen on {address}: {cause.strerror}; is a review room running already? "
            "Choose another with --address"
        ) from cause
    return listening


def address_of(listening: socket.socket) -> tuple[str, int]:
    """Host as it is written in an address, and port."""
    host, port = listening.getsockname()[:2]
    return (f"[{host}]" if ":" in host else host), port


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


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
