"""What the access service and the door call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from understudy.domain.access import AccessToken, Caller, NewToken, Scope
from understudy.domain.refusals import Refusals


class AccessBackend(Protocol):
    """The tokens of one server. Called from many threads at once."""

    def caller(self, token: str) -> Caller | None:
        """Whom a token belongs to, ended or not; None for an unknown or wrong one. Takes constant time."""

    def check(self, caller: Caller) -> None:
        """Whether the caller's token is good at this moment. Raises: TokenRevoked, TokenExpired."""

    def was_used(self, caller: Caller) -> None:
        """Remember that the caller came in."""

    def record_refusals(self, refusals: Refusals) -> None:
        """Write down whom the server refused, and how often."""

    def create_token(self, name: str, scope: Scope, valid_s: int) -> NewToken:
        """Raises: BadInput; Conflict while another token of that name is good."""

    def tokens(self) -> Sequence[AccessToken]:
        """All tokens, oldest first, the ended ones too."""

    def revoke_token(self, id_or_name: str) -> AccessToken:
        """End a token now; an ended one stays as it is. Raises: NotFound."""
