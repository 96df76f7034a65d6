"""Listening sockets, as command lines name them: `host:port`, where port 0 takes a free one."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import ExitStack

from understudy.domain.errors import BadSettings, Conflict


def listen(address: str, *, example: str, open_to_others: str = "", taken: str) -> socket.socket:
    """A listening socket.

    `example` is an address as it may be written. `open_to_others` is said against one that other machines
    reach, "" allows it. `taken` is said besides where nothing can listen there.
    Raises: BadSettings for no address, or one that is open to others; Conflict when it is taken.
    """
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise BadSettings(f"{address!r} is not an address; write host:port, such as {example}")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
    except OSError as cause:
        if open_to_others:  # whoever that is, it is not this machine
            raise BadSettings(f"{address} is open to {open_to_others}") from cause
        raise Conflict(f"cannot listen on {address}: {cause.strerror}; {taken}") from cause
    family, kind, protocol, _, place = found
    if open_to_others and not ipaddress.ip_address(place[0]).is_loopback:
        raise BadSettings(f"{address} is open to {open_to_others}")
    try:
        with ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(256)
            stack.pop_all()
    except OSError as cause:
        raise Conflict(f"cannot listen on {address}: {cause.strerror}; {taken}") from cause
    return listening


def address_of(listening: socket.socket) -> tuple[str, int]:
    """Host as it is written in an address, and port."""
    host, port = listening.getsockname()[:2]
    return (f"[{host}]" if ":" in host else host), port
