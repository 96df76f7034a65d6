"""The daemon's door against whoever should not come in: tokens, hosts, web pages, bodies, bytes at random."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from tests.bridge_door import Answer, Door, open_bridge, open_door

from understudy.domain.errors import BadInput, BadSettings, Conflict
from understudy_bridge.daemon import serving
from understudy_bridge.daemon.answers import json_answer
from understudy_bridge.daemon.bodies import MOST_DEEP, MOST_WHOLE, read_body, table_of
from understudy_bridge.daemon.bridge import Bridge
from understudy_bridge.daemon.gate import FREE_TRIES, LONGEST_PAUSE_S, MOST_SLOWED, Gate
from understudy_bridge.daemon.serving import listen

HELLO = "/v1/hello"
CHECK = "/v1/check"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with open_bridge(tmp_path_factory.mktemp("state")) as door:
        yield door


def no_page_can_read(answer: Answer) -> bool:
    return not any(name.startswith("access-control") for name in answer.headers)


def test_the_right_token_from_this_machine_is_let_in(door: Door) -> None:
    port = door.address.rpartition(":")[2]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        answer = door.ask("GET", HELLO, host=host)
        assert answer.status == 200 and answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "Basic {token}", "{token}", "Bearer {token}x", "Bearer {half}"]
)
def test_another_token_is_not_let_in(door: Door, given: str) -> None:
    said = given.format(token=door.token, half=door.token[:-1])
    answer = door.ask("GET", HELLO, authorization=said)
    assert answer.status == 401 and answer.kind() == "NotAuthenticated" and no_page_can_read(answer)
    assert door.token not in answer.body.decode()


def test_two_tokens_are_not_let_in(door: Door) -> None:
    lines = f"GET {HELLO} HTTP/1.1\r\nHost: {door.address}\r\n"
    lines += f"Authorization: Bearer {door.token}\r\nAuthorization: Bearer x\r\n\r\n"
    assert door.raw(lines.encode(), end=False).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:{port}",
        "0.0.0.0:{port}",
        "x@127.0.0.1:{port}",
    ],
)
def test_another_host_is_turned_away_before_the_token(door: Door, host: str) -> None:
    port = door.address.rpartition(":")[2]
    answer = door.ask("GET", HELLO, host=host.format(port=port))
    assert answer.status == 403 and answer.kind() == "WrongHost"


def test_no_host_and_two_hosts_are_turned_away(door: Door) -> None:
    token = f"Authorization: Bearer {door.token}\r\n"
    assert door.raw(f"GET {HELLO} HTTP/1.0\r\n{token}\r\n".encode()).startswith(b"HTTP/1.1 403")
    twice = f"Host: {door.address}\r\nHost: {door.address}\r\n"
    assert door.raw(f"GET {HELLO} HTTP/1.1\r\n{twice}{token}\r\n".encode()).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1:{port}",
        "http://localhost",
        "chrome-extension://x",
        "x",
        "http://[",
    ],
)
def test_a_web_page_may_ask_nothing(door: Door, origin: str) -> None:
    said = origin.format(port=door.address.rpartition(":")[2])
    answer = door.ask("POST", CHECK, b"{}", origin=said)
    assert answer.status == 403 and answer.kind() == "WrongOrigin" and no_page_can_read(answer)


@pytest.mark.parametrize("origin", ["null", "file://", "file:///panel/index.html", "uxp://understudy"])
def test_an_editors_own_panel_may_ask(door: Door, origin: str) -> None:
    answer = door.ask("GET", HELLO, origin=origin)
    assert answer.status == 200 and no_page_can_read(answer)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
def test_no_other_method_is_answered(door: Door, method: str) -> None:
    answer = door.ask(method, HELLO, access_control_request_method="GET")
    assert answer.status == 405 and no_page_can_read(answer)
    assert door.ask("GET", CHECK).status == 405 and door.ask("POST", HELLO, b"{}").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/hello/",
        "//v1/hello",
        "/v1/../v1/hello",
        "/v1/sendings/..",
        "/v1/sendings/%2e%2e",
        "/v1/sendings/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/v1/sendings/..%5c..%5cx",
        "/v1/sendings/%00",
        "/v1/sendings/a%20b",
        "/v1/sendings/" + "a" * 101,
        "/bridge.json",
    ],
)
def test_there_is_nothing_elsewhere(door: Door, path: str) -> None:
    answer = door.ask("GET", path)
    assert answer.status == 404 and answer.kind() == "NotFound"


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=-1", "after=1e3", "after=" + "9" * 16, "wait=x", "wait=nan", "wait=-1", "wait=inf"],
)
def test_wrong_numbers_in_a_query_are_named(door: Door, query: str) -> None:
    answer = door.ask("GET", f"/v1/sendings?project=p&{query}")
    assert answer.status == 400 and answer.kind() == "BadInput"


def test_pictures_have_a_width_within_reason(door: Door) -> None:
    for width in ("0", "1921", "-5", "9" * 30):
        assert door.ask("GET", f"/v1/sendings/a/picture.jpg?width={width}").status == 400


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"],
)
def test_a_body_is_of_json_type(door: Door, kind: str) -> None:
    answer = door.ask("POST", CHECK, b"{}", content_type=kind)
    assert answer.status == 415 and answer.kind() == "NotJson"


def test_a_request_that_says_nothing_needs_no_body(door: Door) -> None:
    answer = door.ask("POST", "/v1/sendings/x/cancel", content_type="")
    assert answer.status == 404 and b"no sending" in answer.body


def test_a_huge_body_is_refused_before_it_is_sent(door: Door) -> None:
    answer = door.ask("POST", CHECK, None, content_length=str(16 * 2**20 + 1))
    assert answer.status == 413 and answer.kind() == "TooLarge"
    assert door.ask("POST", CHECK, None, content_length="9" * 40).status in (400, 413)


def test_a_body_that_does_not_say_its_length_is_bounded_too(door: Door) -> None:
    head = f"POST {CHECK} HTTP/1.1\r\nHost: {door.address}\r\nAuthorization: Bearer {door.token}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    said = b""
    with contextlib.suppress(ConnectionError):  # the daemon may hang up while we are sending
        said = door.raw(head.encode() + chunk * 17)
    assert not said or said.startswith(b"HTTP/1.1 413")
    assert door.ask("GET", HELLO).status == 200


NESTED = "[" * 100 + "]" * 100
BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"3",
    b"null",
    b"\xff\xfe{}",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": 1e999}',
    b'{"a": 9007199254740993}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": "\\ud800"}',
    b'{"\\udfff": 1}',
    f'{{"a": {NESTED}}}'.encode(),
    b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_body_that_is_no_good_json_is_refused(door: Door, body: bytes) -> None:
    answer = door.ask("POST", CHECK, body)
    assert answer.status == 400 and answer.kind() == "BadInput"


plain = st.none() | st.booleans() | st.integers(-MOST_WHOLE, MOST_WHOLE) | st.floats(-1e15, 1e15) | st.text()
tables = st.dictionaries(
    st.text(),
    st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
)


@settings(max_examples=15, deadline=None)
@given(tables)
def test_every_other_json_object_is_read_as_it_is(table: dict[str, Any]) -> None:
    assert table_of(json.dumps(table).encode()) == table


def test_depth_is_counted_exactly() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert table_of(nested(MOST_DEEP))
    with pytest.raises(BadInput, match="deeply"):
        table_of(nested(MOST_DEEP + 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from([b"", b"GET ", b"POST /v1/check HTTP/1.1\r\nHost: "]))
def test_bytes_at_random_do_no_harm(door: Door, junk: bytes, before: bytes) -> None:
    said = door.raw(before + junk + b"\r\n\r\n")
    assert said == b"" or said[:10] in (b"HTTP/1.1 4", b"HTTP/1.0 4")


def test_after_all_that_it_still_answers(door: Door) -> None:
    assert door.ask("GET", HELLO).status == 200


def test_a_request_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.05)
    with open_door(ok, tmp_path) as door:
        host, _, port = door.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(b"GET /v1/hello HTTP/1.1\r\nHost: ")
            said = b""
            with contextlib.suppress(ConnectionResetError):
                said = slow.recv(100)
            assert said == b""  # ended by the other side, without an answer


def test_an_end_in_the_middle_of_a_body_is_an_error() -> None:
    async def ends() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        yield {"type": "http.disconnect"}

    assert body_refused(ends()) == 400


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def never() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()

    assert body_refused(never(), within_s=0.01) == 408


def body_refused(messages: AsyncIterator[Message], within_s: float = 20.0) -> int:
    """The status that reading such a body ends with."""
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}

    async def read() -> None:
        await read_body(Request(scope, messages.__anext__), within_s=within_s)

    with pytest.raises(HTTPException) as refused:
        asyncio.run(read())
    return refused.value.status_code


async def ok(scope: Any, receive: Any, send: Any) -> None:
    await Response(b"{}")(scope, receive, send)


def test_wrong_tokens_wait_longer_and_longer_and_the_right_one_never() -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    gate = Gate(ok, token="right", port=1, pause=pause)
    for _ in range(FREE_TRIES + 12):
        assert status_at(gate, b"Bearer wrong") == 401
    assert waited[:FREE_TRIES] == [0.0] * FREE_TRIES
    assert waited == sorted(waited) and waited[-1] == LONGEST_PAUSE_S
    assert waited[FREE_TRIES] > 0
    assert status_at(gate, b"Bearer right") == 200 and len(waited) == FREE_TRIES + 12


def test_a_flood_of_wrong_tokens_is_not_kept_waiting() -> None:
    async def flood() -> tuple[list[int], int, list[int]]:
        let_go = asyncio.Event()

        async def pause(seconds: float) -> None:
            await let_go.wait()

        gate = Gate(ok, token="right", port=1, pause=pause)
        slowed = [asyncio.create_task(asked_at(gate, b"Bearer wrong")) for _ in range(MOST_SLOWED)]
        await asyncio.sleep(0)
        more = [await asked_at(gate, b"Bearer wrong") for _ in range(3)]
        right = await asked_at(gate, b"Bearer right")
        let_go.set()
        return more, right, await asyncio.gather(*slowed)

    more, right, slowed = asyncio.run(flood())
    assert more == [429] * 3 and right == 200 and slowed == [401] * MOST_SLOWED


def status_at(gate: Gate, authorization: bytes) -> int:
    return asyncio.run(asked_at(gate, authorization))


async def asked_at(gate: Gate, authorization: bytes) -> int:
    scope = {
        "type": "http",
        "method": "GET",
        "path": HELLO,
        "headers": [(b"host", b"127.0.0.1:1"), (b"authorization", authorization)],
    }
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    receive: Callable[[], Awaitable[Message]] = asyncio.Event().wait  # type: ignore[assignment]
    await gate(scope, receive, send)
    return int(said[0]["status"])


def test_a_websocket_is_closed() -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(Gate(ok, token="t", port=1)({"type": "websocket"}, asyncio.Event().wait, send))  # type: ignore[arg-type]
    assert said == [{"type": "websocket.close", "code": 1008}]


def test_a_fault_of_ours_tells_nothing_of_itself(
    door: Door, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(self: Bridge) -> Any:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(Bridge, "people", broken)
    with open_bridge(door.state / "other") as other:
        answer = other.ask("GET", "/v1/people")
    assert answer.status == 500 and answer.kind() == "InternalError" and b"42" not in answer.body
    assert "the secret is 42" in capfd.readouterr().err


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:80", "[::]:0", "8.8.8.8:1"])
def test_only_this_machine_is_listened_on(address: str) -> None:
    with pytest.raises(BadSettings, match="other machines"):
        listen(address)


@pytest.mark.parametrize(
    "address", ["", "8000", "127.0.0.1", ":80", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:²"]
)
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(BadSettings, match="host:port"):
        listen(address)


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1:0") as first, pytest.raises(Conflict, match="--address"):
        listen(f"127.0.0.1:{first.getsockname()[1]}")


def test_half_characters_of_a_path_can_be_told() -> None:
    assert json.loads(json_answer({"path": "/a\udcff"}).body) == {"path": "/a\udcff"}
