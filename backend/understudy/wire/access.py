"""Access tokens and callers."""

from __future__ import annotations

from understudy.domain.access import AccessToken, Caller, NewToken, Scope
from understudy.v1 import access_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire


def scope_to_wire(scope: Scope) -> pb.Scope:
    number: pb.Scope = enum_to_wire(scope, pb.Scope, prefix="SCOPE")
    return number


def scope_from_wire(number: pb.Scope) -> Scope:
    return enum_from_wire(number, pb.Scope, Scope, prefix="SCOPE")


def access_token_to_wire(token: AccessToken) -> pb.AccessToken:
    return pb.AccessToken(
        id=token.id,
        name=token.name,
        scope=scope_to_wire(token.scope),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
    )


def access_token_from_wire(message: pb.AccessToken) -> AccessToken:
    return AccessToken(
        id=message.id,
        name=message.name,
        scope=scope_from_wire(message.scope),
        created_at=message.created_at,
        expires_at=message.expires_at,
        revoked_at=message.revoked_at,
        last_used_at=message.last_used_at,
    )


def new_token_to_wire(new: NewToken) -> pb.CreateTokenResponse:
    return pb.CreateTokenResponse(token=access_token_to_wire(new.token), secret=new.secret)


def new_token_from_wire(message: pb.CreateTokenResponse) -> NewToken:
    return NewToken(token=access_token_from_wire(message.token), secret=message.secret)


def caller_to_wire(caller: Caller) -> pb.GetCallerResponse:
    return pb.GetCallerResponse(token_id=caller.token_id, name=caller.name, scope=scope_to_wire(caller.scope))


def caller_from_wire(message: pb.GetCallerResponse) -> Caller:
    return Caller(token_id=message.token_id, name=message.name, scope=scope_from_wire(message.scope))
