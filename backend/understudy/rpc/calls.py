"""The calls under way: who makes them, how many, and the watch that ends those that may not go on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

from understudy.domain.access import Caller
from understudy.domain.errors import BadInput, NotAuthenticated, Stopped, TooManyCalls, UnderstudyError
from understudy.rpc.call_limits import CallLimits
from understudy.wire.limits import MAX_STREAM_BYTES, MAX_STREAM_MESSAGES


class Call:
    """One call under way. Its own thread moves it on; the watch looks at it from another."""

    def __init__(
        self,
        context: grpc.ServicerContext,
        *,
        caller: Caller | None,
        peer: str,
        lasts: bool,
        limits: CallLimits,
        clock: Callable[[], float],
    ) -> None:
        self.context, self.caller, self.peer, self.lasts = context, caller, peer, lasts
        self.ended: UnderstudyError | None = None
        self.ended_at_s = 0.0
        self._limits, self._clock = limits, clock
        self._messages = self._bytes = 0
        self._window_bytes, self._waited_s = 0, 0.0  # since enough had come the last time
        self._waiting_since_s: float | None = None
        self._answering_since_s: float | None = None

    def end(self, error: UnderstudyError) -> None:
        """Have the call end with this error, as soon as its thread sees it."""
        if self.ended is None:
            self.ended_at_s = self._clock()
            self.ended = error

    def messages(self, requests: Iterator[Any]) -> Iterator[Any]:
        """What the client sends, counted and timed. Raises: BadInput, TooManyCalls, or Stopped when cut."""
        while True:
            since_s = self._waiting_since_s = self._clock()
            try:
                message = next(requests, None)
            except grpc.RpcError as cut:
                raise self.ended or Stopped("the client went away in the middle of a call") from cut
            finally:
                self._waiting_since_s = None
                self._waited_s += self._clock() - since_s
            if message is None:
                return
            if self.ended is not None:
                raise self.ended
            self._count(message)
            yield message

    def answers(self, answers: Iterator[Any]) -> Iterator[Any]:
        """What the client gets, timed by how long it takes to accept each message."""
        for answer in answers:
            self._answering_since_s = self._clock()
            yield answer
            self._answering_since_s = None

    def _count(self, message: Message) -> None:
        size = message.ByteSize()
        self._messages += 1
        self._bytes += size
        self._window_bytes += size
        if self._messages > MAX_STREAM_MESSAGES or self._bytes > MAX_STREAM_BYTES:
            raise BadInput(f"one call brought {self._messages} messages with {self._bytes} bytes; send less")
        if late := self.too_slow():
            raise late
        if self._messages == 1 or self._window_bytes >= self._limits.least_bytes:
            self._window_bytes, self._waited_s = 0, 0.0

    def too_slow(self) -> UnderstudyError | None:
        """Why this call held the server's attention for too long, if it did."""
        now, limits = self._clock(), self._limits
        answering, waiting = self._answering_since_s, self._waiting_since_s
        if answering is not None and now - answering > limits.answer_s:
            return TooManyCalls(f"an answer was not taken within {limits.answer_s:g} s; ask again")
        waited_s = self._waited_s + (now - waiting if waiting is not None else 0.0)
        if self._messages == 0:
            if waited_s > limits.first_message_s:
                return TooManyCalls(
                    f"the call brought nothing within {limits.first_message_s:g} s; send it again"
                )
        elif waited_s > limits.window_s and self._window_bytes < limits.least_bytes:
            return TooManyCalls(
                f"less than {limits.least_bytes} bytes came within {limits.window_s:g} s; send it again"
            )
        return None


class CallContext:
    """gRPC's context of a call, for services: it is no longer active once the call is to end."""

    def __init__(self, context: grpc.ServicerContext, call: Call) -> None:
        self._context, self._call = context, call

    def is_active(self) -> bool:
        return self._call.ended is None and self._context.is_active()

    @property
    def caller(self) -> Caller | None:
        return self._call.caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def caller_of(context: Any) -> Caller:
    """Who made the call that a service answers. Raises: NotAuthenticated for one without a token."""
    caller: Caller | None = context.caller
    if caller is None:
        raise NotAuthenticated("this call came without an access token")
    return caller


class LiveCalls:
    """All calls under way, counted by peer and by token, and watched by a thread of its own."""

    def __init__(
        self,
        limits: CallLimits,
        *,
        check: Callable[[Caller], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`check` raises what is wrong with a caller's token by now."""
        self.limits, self._check, self._clock = limits, check, clock
        self._guard = threading.Lock()
        self._calls: set[Call] = set()
        self._of_peer: Counter[str] = Counter()
        self._of_token: Counter[str] = Counter()
        self._streams: Counter[str] = Counter()
        self._strangers: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._look, name="call-watch", daemon=True)

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        self._stopping.set()
        self._watch.join()

    @property
    def count(self) -> int:
        """How many calls are under way."""
        with self._guard:
            return len(self._calls)

    @contextmanager
    def under_way(
        self, context: grpc.ServicerContext, *, caller: Caller | None, peer: str, lasts: bool
    ) -> Iterator[Call]:
        """Count a call for as long as it runs. Raises: TooManyCalls."""
        call = Call(context, caller=caller, peer=peer, lasts=lasts, limits=self.limits, clock=self._clock)
        with self._guard:
            self._refuse_one_too_many(call)
            self._calls.add(call)
            self._add(call, 1)
        try:
            yield call
        finally:
            with self._guard:
                self._calls.discard(call)
                self._add(call, -1)

    def _refuse_one_too_many(self, call: Call) -> None:
        limits, token_id = self.limits, call.caller.token_id if call.caller else ""
        if call.caller is None:
            if (
                self._strangers[call.peer] >= limits.of_stranger
                or self._strangers.total() >= limits.of_strangers
            ):
                raise TooManyCalls("too many calls without a token at this moment; try again")
        elif token_id and self._of_peer[call.peer] >= limits.of_peer:
            raise TooManyCalls(f"{limits.of_peer} calls of this address are under way; wait for one to end")
        if token_id and self._of_token[token_id] >= limits.of_token:
            raise TooManyCalls(f"{limits.of_token} calls with this token are under way; wait for one to end")
        if token_id and call.lasts and self._streams[token_id] >= limits.streams_of_token:
            raise TooManyCalls(
                f"{limits.streams_of_token} streams with this token are open; close one, or use another token"
            )

    def _add(self, call: Call, one: int) -> None:
        if call.caller is None:
            counted = [(self._strangers, call.peer)]
        else:
            counted = [(self._of_peer, call.peer)]
            if token_id := call.caller.token_id:
                counted += [(self._of_token, token_id), *([(self._streams, token_id)] if call.lasts else [])]
        for counter, key in counted:
            counter[key] += one
            if counter[key] <= 0:
                del counter[key]

    def _look(self) -> None:
        while not self._stopping.wait(self.limits.look_s):
            self.look()

    def look(self) -> None:
        """End the calls whose token is no longer good, and those that hold the server up."""
        with self._guard:
            calls = list(self._calls)
        for call in calls:
            if call.ended is None:
                self._end_if_due(call)
            elif self._clock() - call.ended_at_s > self.limits.grace_s:
                call.context.cancel()

    def _end_if_due(self, call: Call) -> None:
        if call.caller is not None:
            try:
                self._check(call.caller)
            except NotAuthenticated as error:
                call.end(error)
                return
        if late := call.too_slow():
            call.end(late)
            call.context.cancel()  # its thread waits for the client, and would never see it
