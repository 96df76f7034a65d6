"""The access service: tokens are made, listed and revoked."""

from __future__ import annotations

import grpc

from understudy.rpc.access_backend import AccessBackend
from understudy.rpc.asked import said
from understudy.rpc.calls import caller_of
from understudy.v1 import access_pb2 as pb
from understudy.v1 import access_pb2_grpc as rpc
from understudy.wire.access import access_token_to_wire, caller_to_wire, new_token_to_wire, scope_from_wire

Context = grpc.ServicerContext


class AccessService(rpc.AccessServiceServicer):
    """The tokens of this server."""

    def __init__(self, access: AccessBackend) -> None:
        self._access = access

    def CreateToken(self, request: pb.CreateTokenRequest, context: Context) -> pb.CreateTokenResponse:
        made = self._access.create_token(request.name, scope_from_wire(request.scope), request.valid_s)
        return new_token_to_wire(made)

    def ListTokens(self, request: pb.ListTokensRequest, context: Context) -> pb.ListTokensResponse:
        return pb.ListTokensResponse(tokens=map(access_token_to_wire, self._access.tokens()))

    def RevokeToken(self, request: pb.RevokeTokenRequest, context: Context) -> pb.RevokeTokenResponse:
        token = self._access.revoke_token(said(request.token_id, "token"))
        return pb.RevokeTokenResponse(token=access_token_to_wire(token))

    def GetCaller(self, request: pb.GetCallerRequest, context: Context) -> pb.GetCallerResponse:
        return caller_to_wire(caller_of(context))
