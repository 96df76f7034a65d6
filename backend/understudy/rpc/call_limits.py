"""How much of the server one peer or one token may take at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CallLimits:
    """Each call holds a thread of the server, so shares of calls are shares of its threads."""

    of_peer: int
    """Calls of one address at a time, when one more comes with a given-out token."""
    of_token: int
    """Calls with one given-out token at a time. The server's own has no limit: it is its user's."""
    streams_of_token: int
    """Of these, calls that last: following, sending."""
    of_strangers: int
    """Calls without a token (health checks) at a time, from anywhere."""
    of_stranger: int
    """Calls without a token of one address at a time."""
    first_message_s: float = 10.0
    """How long the first message of a call may take."""
    window_s: float = 60.0
    """What is sent piece by piece must bring `least_bytes` within so much time of waiting for it."""
    least_bytes: int = 64 * 1024
    answer_s: float = 60.0
    """How long the receiver may take to accept one message."""
    grace_s: float = 3.0
    """What should end, and does not see it, is cut off after so long."""
    look_s: float = 0.5
    """How often this is looked at."""


def limits_of(max_workers: int) -> CallLimits:
    """The shares of a server with so many threads: nobody alone can take them all."""

    def share(numerator: int, denominator: int) -> int:
        return max(1, max_workers * numerator // denominator)

    return CallLimits(
        of_peer=share(7, 8),
        of_token=share(3, 4),
        streams_of_token=share(3, 8),
        of_strangers=share(1, 4),
        of_stranger=share(1, 8),
    )
