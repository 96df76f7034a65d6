"""Refused calls: how often a peer may try, and what the custody log is told of it."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
import urllib.parse
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from understudy.domain.clock import utc_now
from understudy.domain.errors import UnderstudyError
from understudy.domain.refusals import OTHERS, Refusals

log = logging.getLogger(__name__)

ATTEMPTS, ATTEMPTS_S = 20, 60.0
"""So many wrong tokens within that time, then the peer is turned away unheard until some are forgotten."""
MOST_PEERS = 4096
ENTRY_EVERY_S = 60.0
"""At most one custody entry in this time for one peer and reason,"""
ENTRIES_IN_ALL = 12
"""and at most so many for all of them together,"""
HOUR_S, ENTRIES_AN_HOUR = 3600.0, 120
"""or in an hour: an attack that lasts a year leaves half a gigabyte."""
MOST_WAITING = 256
_LOOK_S = 0.5

Key = tuple[str, str, str]


def peer_address(peer: str) -> str:
    """The address of gRPC's name for a peer, without its port; of IPv6 the network, since it is one house."""
    kind, _, rest = urllib.parse.unquote(peer).partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind or "unknown"
    host = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class Attempts:
    """Wrong tokens by peer, of the last minute. A right token is never turned away for them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._peers: OrderedDict[str, deque[float]] = OrderedDict()

    def one_more(self, peer: str) -> bool:
        """Count a wrong token; True when the peer had too many of them."""
        now = self._clock()
        with self._guard:
            times = self._peers.setdefault(peer, deque(maxlen=ATTEMPTS))
            self._peers.move_to_end(peer)
            while len(self._peers) > MOST_PEERS:
                self._peers.popitem(last=False)
            while times and now - times[0] > ATTEMPTS_S:
                times.popleft()
            if len(times) >= ATTEMPTS:
                return True
            times.append(now)
            return False


@dataclass(kw_only=True, slots=True)
class _Waiting:
    method: str
    count: int
    first: str
    last: str


class RefusalLog:
    """Counts refusals and has them written by a thread of its own, so that no flood can fill the log."""

    def __init__(
        self, write: Callable[[Refusals], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._guard = threading.Lock()
        self._waiting: dict[Key, _Waiting] = {}
        self._written: dict[Key, float] = {}
        self._of_last_hour: deque[float] = deque(maxlen=ENTRIES_AN_HOUR)
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._run, name="refusal-log", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def stop(self) -> None:
        """Write what is left."""
        self._stopping.set()
        self._writer.join()
        self.flush(all_of_it=True)

    def note(self, peer: str, reason: str, *, method: str, token_id: str = "") -> None:
        """Count one refusal."""
        key, now = (peer, reason, token_id), utc_now()
        with self._guard:
            if key not in self._waiting and len(self._waiting) >= MOST_WAITING:
                key = (OTHERS, reason, "")
            waiting = self._waiting.setdefault(key, _Waiting(method=method, count=0, first=now, last=now))
            waiting.method, waiting.last = method, now
            waiting.count += 1

    def flush(self, *, all_of_it: bool = False) -> None:
        """Write what is due."""
        for (peer, reason, token_id), waiting in self._due(all_of_it):
            refusals = Refusals(
                peer=peer,
                reason=reason,
                method=waiting.method,
                token_id=token_id,
                count=waiting.count,
                first=waiting.first,
                last=waiting.last,
            )
            try:
                self._write(refusals)
            except (UnderstudyError, OSError) as error:
                log.error("could not write to the custody log that %s: %s", refusals, error)

    def _due(self, all_of_it: bool) -> list[tuple[Key, _Waiting]]:
        now = self._clock()
        with self._guard:
            self._written = {key: at for key, at in self._written.items() if now - at < ENTRY_EVERY_S}
            while self._of_last_hour and now - self._of_last_hour[0] >= HOUR_S:
                self._of_last_hour.popleft()
            room = min(ENTRIES_IN_ALL - len(self._written), ENTRIES_AN_HOUR - len(self._of_last_hour))
            keys = [key for key in self._waiting if all_of_it or key not in self._written]
            keys = keys if all_of_it else keys[: max(0, room)]
            self._written |= dict.fromkeys(keys, now)
            self._of_last_hour.extend([now] * len(keys))
            return [(key, self._waiting.pop(key)) for key in keys]

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self.flush()
