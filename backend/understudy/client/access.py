"""The verbs of the access service."""

from __future__ import annotations

from understudy.client.connection import Connection
from understudy.domain.access import AccessToken, Caller, NewToken, Scope
from understudy.v1 import access_pb2 as pb
from understudy.wire.access import (
    access_token_from_wire,
    caller_from_wire,
    new_token_from_wire,
    scope_to_wire,
)

_DEADLINE_S = 20.0


class AccessCalls:
    """The part of a client that deals with access tokens."""

    _connection: Connection

    def create_token(self, name: str, scope: Scope, valid_s: int) -> NewToken:
        """Make a token; its secret comes with this answer only. Raises: BadInput, Conflict, NotAllowed."""
        request = pb.CreateTokenRequest(name=name, scope=scope_to_wire(scope), valid_s=valid_s)
        return new_token_from_wire(
            self._connection.call(
                "AccessService/CreateToken", request, pb.CreateTokenResponse, deadline_s=_DEADLINE_S
            )
        )

    def tokens(self) -> list[AccessToken]:
        """All tokens, oldest first, the revoked and expired ones too. Raises: NotAllowed."""
        answer = self._connection.call(
            "AccessService/ListTokens",
            pb.ListTokensRequest(),
            pb.ListTokensResponse,
            deadline_s=_DEADLINE_S,
        )
        return [access_token_from_wire(token) for token in answer.tokens]

    def revoke_token(self, id_or_name: str) -> AccessToken:
        """End a token now; its streams end within seconds. Raises: NotFound, NotAllowed."""
        request = pb.RevokeTokenRequest(token_id=id_or_name)
        answer = self._connection.call(
            "AccessService/RevokeToken", request, pb.RevokeTokenResponse, deadline_s=_DEADLINE_S
        )
        return access_token_from_wire(answer.token)

    def caller(self) -> Caller:
        """Whom the server takes us for."""
        return caller_from_wire(
            self._connection.call(
                "AccessService/GetCaller",
                pb.GetCallerRequest(),
                pb.GetCallerResponse,
                deadline_s=_DEADLINE_S,
            )
        )
