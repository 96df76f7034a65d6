"""Who may call what: the least scope of every method, and the door that all calls come through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from understudy.domain.access import Caller, Scope
from understudy.domain.errors import BadInput, NotAllowed, NotAuthenticated, TooManyCalls, UnderstudyError
from understudy.rpc.access_backend import AccessBackend
from understudy.rpc.calls import Call, CallContext, LiveCalls
from understudy.rpc.errors import abort_with
from understudy.rpc.refusals import Attempts, RefusalLog, peer_address
from understudy.trust.asking import asked_with

HEADER = "authorization"
SCHEME = "bearer "

OPEN_METHODS = frozenset({"/grpc.health.v1.Health/Check"})
"""A load balancer asks this; the answer says nothing about the production."""

_LEAST: dict[Scope, tuple[str, ...]] = {
    # What a render node must know of its jobs. It shows nobody's face and changes nothing.
    Scope.FARM: (
        "AccessService/GetCaller", "ProductionService/GetProduction",
        "JobService/GetJob", "JobService/ListJobs", "JobService/WatchJob", "JobService/ListEvents",
        "JobService/GetLog", "TakeService/ListTakes", "TakeService/GetTake", "TakeService/ListTakeFrames",
    ),
    Scope.ARTIST: (
        "PeopleService/CreatePerson", "PeopleService/ListPeople",
        "ConsentService/ListConsents", "ConsentService/CheckConsent",
        "ShotService/GetShot", "ShotService/ListShots", "ShotService/ListTracks", "ShotService/PutClip",
        "JobService/CreateJob", "JobService/CancelJob", "JobService/RetryJob", "JobService/ListSettings",
        "ModelService/ListModels", "ModelService/GetModel", "TakeService/ListDeliveries",
        "MatteService/ListMatteLayers", "MatteService/GetMeasures",
        "PreviewService/GetJobPreview", "PreviewService/GetFrame", "PreviewService/PreviewFrame",
        "PreviewService/GetPixels", "PreviewService/GetStrip", "PreviewService/GetSound",
        "EditService/AddEdits", "EditService/UndoEdit", "EditService/RedoEdit", "EditService/ListEdits",
        "EditService/WatchEdits", "EditService/GetSolved", "EditService/GetTimeline", "EditService/GetCurves",
        "FacesetService/ListFaces", "FacesetService/GetFacePictures", "FacesetService/GetCoverage",
        "CustodyService/ListEntries", "CustodyService/Verify",
        "MediaService/ListMissing", "MediaService/Relink", "MediaService/FindChunks",
        "MediaService/PutChunks", "MediaService/Assemble", "MediaService/GetManifest",
        "MediaService/GetChunks",
    ),
    # What decides about people, and about who may come in.
    Scope.ADMIN: (
        "PeopleService/PurgePerson", "ConsentService/RecordConsent", "ConsentService/RevokeConsent",
        "AccessService/CreateToken", "AccessService/ListTokens", "AccessService/RevokeToken",
    ),
}  # fmt: skip

SCOPES: dict[str, Scope] = {
    **{f"/understudy.v1.{name}": scope for scope, names in _LEAST.items() for name in names},
    # Any token will do to ask what there is.
    "/grpc.health.v1.Health/Watch": Scope.FARM,
    "/grpc.health.v1.Health/List": Scope.FARM,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Scope.FARM,
}
"""The least scope for each method. One that is missing here asks for ADMIN."""


class AccessInterceptor(grpc.ServerInterceptor):  # type: ignore[misc,unused-ignore]
    """The door: who calls, whether they may, and whether they have too much under way already.

    Every call is taken as a stream of messages, whatever it is for its service: on the wire all four kinds
    look alike, and a call of one message can be refused, counted and timed before that message has come.
    """

    def __init__(
        self, access: AccessBackend, *, calls: LiveCalls, attempts: Attempts, refusals: RefusalLog
    ) -> None:
        self._access, self._calls = access, calls
        self._attempts, self._refusals = attempts, refusals

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        if handler is None:
            return None  # no such method, for anybody
        token = bearer_token(handler_call_details.invocation_metadata)
        return grpc.stream_stream_rpc_method_handler(
            self._guarded(handler, handler_call_details.method, token),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _guarded(self, handler: Any, method: str, token: str) -> Callable[..., Iterator[Any]]:
        lasts = handler.request_streaming or handler.response_streaming

        def guarded(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
            peer, caller = peer_address(context.peer()), None
            try:
                caller = self._caller(token, method, peer)
                with self._calls.under_way(context, caller=caller, peer=peer, lasts=lasts) as call:
                    yield from _answered(handler, requests, context, call)
            except UnderstudyError as error:
                if isinstance(error, NotAuthenticated | NotAllowed | TooManyCalls):
                    self._refusals.note(
                        peer, type(error).__name__, method=method, token_id=self._right_id(token, caller)
                    )
                abort_with(context, error)

        return guarded

    def _caller(self, token: str, method: str, peer: str) -> Caller | None:
        """Who calls. Raises: NotAuthenticated, TokenExpired, TokenRevoked, NotAllowed, TooManyCalls."""
        if method in OPEN_METHODS:
            return None
        caller = self._access.caller(token) if token else None
        if caller is None:
            if self._attempts.one_more(peer):
                raise TooManyCalls("too many calls with a wrong access token came from here; wait a minute")
            raise NotAuthenticated(
                "the access token is missing or wrong; ask for one (`understudy token create`), or take the "
                "server's own in server.json of the production"
            )
        self._access.check(caller)
        needed = SCOPES.get(method, Scope.ADMIN)
        if not caller.scope.includes(needed):
            raise NotAllowed(
                f"this needs a token of scope {needed}; {caller.name!r} has scope {caller.scope}, "
                "ask who runs the server"
            )
        self._access.was_used(caller)
        asked_with(caller.token_id)
        return caller

    def _right_id(self, token: str, caller: Caller | None) -> str:
        """The id of a token that was right, though it did not suffice; a wrong one names nobody."""
        known = caller or (self._access.caller(token) if token else None)
        return known.token_id if known else ""


def _answered(
    handler: Any, requests: Iterator[Any], context: grpc.ServicerContext, call: Call
) -> Iterator[Any]:
    """What the service answers. Raises: why the call was ended, when it was."""
    messages, told = call.messages(requests), CallContext(context, call)
    try:
        asked: Any = messages if handler.request_streaming else next(messages, None)
        if asked is None:
            raise BadInput("the call ended before it said anything; send it again")
        if handler.response_streaming:
            behaviour = handler.stream_stream or handler.unary_stream
            yield from call.answers(behaviour(asked, told))
        else:
            behaviour = handler.stream_unary or handler.unary_unary
            yield from call.answers(iter([behaviour(asked, told)]))
    finally:
        if call.ended is not None and context.is_active():
            raise call.ended  # whatever the service made of it


def bearer_token(metadata: Any) -> str:
    """The token of a call's metadata, empty when there is none."""
    for key, value in metadata or ():
        if key == HEADER and isinstance(value, str) and value.lower().startswith(SCHEME):
            return value[len(SCHEME) :].strip()
    return ""
