"""Calls that the server refused, counted together for the custody log."""

from __future__ import annotations

from dataclasses import dataclass

OTHERS = "others"
"""The peer of refusals that were too many to tell apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusals:
    """How often one peer was refused for one reason, and when first and last (ISO 8601, UTC).

    `reason` is the name of the error; `method` the last one asked for; `token_id` that of a token that was
    right but did not suffice, else empty. What was presented as a token is never in here.
    """

    peer: str
    reason: str
    method: str
    token_id: str
    count: int
    first: str
    last: str

    def facts(self) -> dict[str, object]:
        """For a line of the custody log."""
        facts: dict[str, object] = {
            "peer": self.peer,
            "reason": self.reason,
            "method": self.method,
            "count": self.count,
            "first": self.first,
            "last": self.last,
        }
        return {**facts, "refused_id": self.token_id} if self.token_id else facts
