"""The gate of the review room with a real browser: what our page can do, and what no other can."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.chromium import browser
from tests.fakes import FakeBackend
from tests.review_room import KEY, OneProduction, RunningRoom, running_room
from tests.serving import running

ASK = """async ([method, path, body]) => {
  const headers = { "X-Understudy": "1", "Content-Type": "application/json" };
  const answer = await fetch(path, method === "GET" ? {} : { method, headers, body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}"""

UPLOAD = """(size) => new Promise((done) => {
  const request = new XMLHttpRequest();
  request.open("POST", "/api/p/pilot/clips?name=a.mov&size=" + size);
  request.setRequestHeader("X-Understudy", "1");
  request.onloadend = () => done(request.status);
  request.send(new File([new Uint8Array(size)], "a.mov"));
})"""

LISTEN = """() => new Promise((done) => {
  const source = new EventSource("/api/p/pilot/live");
  source.addEventListener("backend", (event) => { source.close(); done(event.data); });
  source.onerror = () => done("error");
})"""

FORGE = """async (base) => {
  const tried = [];
  for (const [mode, headers] of [["no-cors", {}], ["cors", { "X-Understudy": "1" }], ["cors", {}]]) {
    const url = base + "/api/p/pilot/people";
    const body = JSON.stringify({ name: "Eve" });
    await fetch(url, { method: "POST", mode, headers, body, credentials: "include" })
      .then((answer) => tried.push(answer.status), () => tried.push("blocked"));
  }
  return tried;
}"""


class _Elsewhere(BaseHTTPRequestHandler):
    """Another site, with a link into the room."""

    link = ""

    def do_GET(self) -> None:
        body = f'<!doctype html><title>chat</title><a href="{self.link}">frame 1004</a>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running_browser:
        yield running_browser


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def room(backend: FakeBackend) -> Iterator[RunningRoom]:
    with running(backend) as server, running_room(OneProduction(server.address)) as room:
        yield room


@pytest.fixture
def page(chromium: Any, room: RunningRoom) -> Iterator[Any]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(room.access.link(room.base, author="Ada"))
    yield page
    context.close()


@pytest.fixture
def elsewhere(room: RunningRoom) -> Iterator[str]:
    """Another site; `localhost` is one to a browser that knows the room as 127.0.0.1."""
    handler = type("Handler", (_Elsewhere,), {"link": f"{room.base}/p/{KEY}"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_our_page_reads_writes_uploads_and_listens(page: Any, backend: FakeBackend) -> None:
    assert page.evaluate(ASK, ["GET", "/api/session", None])[1]["author"] == "Ada"
    assert page.evaluate(ASK, ["PUT", "/api/session", {"author": "Grace"}]) == [200, {"author": "Grace"}]
    status, person = page.evaluate(ASK, ["POST", f"/api/p/{KEY}/people", {"name": "Vera"}])
    assert (status, person["name"]) == (201, "Vera")
    assert page.evaluate(UPLOAD, 3_000_000) == 201 and len(backend.clips["a.mov"]) == 3_000_000
    assert page.evaluate(UPLOAD, 0) == 201
    assert page.evaluate(LISTEN) == '{"up":true}'


def test_the_page_breaks_none_of_its_own_rules(chromium: Any, room: RunningRoom) -> None:
    context = chromium.new_context()
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(room.access.link(room.base, author="Ada", to="/"))
    page.wait_for_function("document.querySelector('#app').children.length > 0")
    page.wait_for_load_state("networkidle")
    assert [text for text in told if "Content Security Policy" in text or "MIME" in text] == []
    cookie = context.cookies()[0]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert page.evaluate("document.cookie") == ""
    blocked = page.evaluate("fetch('http://localhost:1/').then(() => 'sent', (error) => error.message)")
    assert blocked == "Failed to fetch" and any("Content Security Policy" in text for text in told)
    context.close()


def test_a_link_on_another_site_leads_in(page: Any, elsewhere: str) -> None:
    page.goto(elsewhere)
    page.click("a")
    page.wait_for_selector("#app")
    assert page.url.endswith(f"/p/{KEY}")
    assert page.evaluate(ASK, ["GET", "/api/session", None])[0] == 200


def test_another_site_changes_nothing(
    page: Any, elsewhere: str, room: RunningRoom, backend: FakeBackend
) -> None:
    page.goto(elsewhere)
    assert 201 not in page.evaluate(FORGE, room.base) and backend.people() == []
    framed = f"""new Promise((done) => {{
      const frame = document.createElement("iframe");
      frame.src = "{room.base}/";
      frame.onload = () => done(frame.contentDocument === null);
      document.body.append(frame);
    }})"""
    assert page.evaluate(framed)  # an error page of the browser, not ours


def test_a_browser_that_was_not_let_in(chromium: Any, room: RunningRoom) -> None:
    context = chromium.new_context()
    page = context.new_page()
    assert page.goto(f"{room.base}/p/{KEY}").status == 401
    assert "understudy review" in page.inner_text("main")
    context.close()
