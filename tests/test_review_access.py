"""Who is let into the review room, and what its answers forbid a browser."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.fakes import FakeBackend
from tests.review_room import BRIDGE_TOKEN, KEY, WRITE, OneProduction, RunningRoom, running_room
from tests.serving import running

from understudy.domain.errors import BadSettings
from understudy_review.access import SAFETY_HEADERS, Access, own_path
from understudy_review.asked import MAX_JSON_BYTES
from understudy_review.serving import listen
from understudy_review.sessions import KEY_LIFE_S, SESSION_LIFE_S, Keys, Sessions

PEOPLE = f"/api/p/{KEY}/people"
LIVE = f"/api/p/{KEY}/live"


@pytest.fixture(scope="module")
def room() -> Iterator[RunningRoom]:
    access = Access(token=BRIDGE_TOKEN, author="Owner", host_names=["grade.studio.example"])
    with running(FakeBackend()) as backend, running_room(OneProduction(backend.address), access) as room:
        yield room


def test_a_stranger_sees_nothing(room: RunningRoom) -> None:
    with room.stranger() as stranger:
        for path in ("/", "/p/pilot", "/page/app.js", "/api/session", PEOPLE, LIVE, "/api/nonsense"):
            answer = stranger.get(path)
            assert answer.status_code == 401, path
            assert answer.json()["error"] == "NotAuthenticated"
        posted = stranger.post(PEOPLE, json={"name": "Eve"}, headers={"origin": room.base, **WRITE})
        assert posted.status_code == 401


def test_a_person_without_a_session_reads_what_to_do(room: RunningRoom) -> None:
    with room.stranger() as stranger:
        shown = stranger.get("/p/pilot", headers={"accept": "text/html", "sec-fetch-mode": "navigate"})
        assert (shown.status_code, shown.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert "understudy review" in shown.text and "http-equiv" not in shown.text
        # A browser leaves a strict cookie out when a link on another site was followed.
        from_chat = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"}
        assert 'http-equiv="refresh"' in stranger.get("/p/pilot", headers=from_chat).text


def test_a_link_lets_one_browser_in_once(room: RunningRoom) -> None:
    link = room.access.link("", author="Ada", to="/p/pilot/shot/a")
    with room.stranger() as first, room.stranger() as second:
        assert first.head(link).status_code == 200  # looking does not use it up
        entered = first.get(link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/p/pilot/shot/a")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
        assert "secure" not in cookie  # it would not come back over plain HTTP
        assert first.get("/api/session").json()["author"] == "Ada"

        late = second.get(link)
        assert (late.status_code, "set-cookie" in late.headers) == (403, False)
        assert second.get("/api/session").status_code == 401
        assert first.get(link).status_code == 303  # who is in already goes on


@pytest.mark.parametrize("link", ["/enter", "/enter?key=", "/enter?key=guess&next=/", "/enter?key=%ff"])
def test_a_guessed_key_opens_nothing(room: RunningRoom, link: str) -> None:
    with room.stranger() as stranger:
        assert stranger.get(link).status_code == 403


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "/a\r\nb: c",
        "x",
    ],
)
def test_a_link_leads_nowhere_else(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"


def test_own_paths_are_kept() -> None:
    assert own_path("/p/pilot/s/a010?frame=1004") == "/p/pilot/s/a010?frame=1004"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "localhost.", "[::2]", ""]
)
def test_foreign_host_names_are_refused(room: RunningRoom, host: str) -> None:
    with room.browser() as browser:
        answer = browser.get("/api/session", headers={"host": host})
        assert answer.status_code in (400, 421)
        if answer.status_code == 421:
            assert answer.json()["error"] == "WrongHost"
        entered = browser.get(room.access.link("", author="Eve"), headers={"host": host})
        assert "set-cookie" not in entered.headers


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8420", "[::1]:8420", "[::1]", "grade.studio.example"]
)
def test_our_own_names_are_taken(room: RunningRoom, host: str) -> None:
    with room.browser() as browser:
        assert browser.get("/api/session", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_writes_and_streams_from_other_pages_are_refused(room: RunningRoom, origin: str) -> None:
    with room.browser() as browser:
        for answer in (
            browser.post(PEOPLE, json={"name": "Eve"}, headers={"origin": origin}),
            browser.put("/api/session", json={"author": "Eve"}, headers={"origin": origin}),
            browser.get(LIVE, headers={"origin": origin}),
            browser.get("/api/session", headers={"origin": origin, "accept": "text/event-stream"}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (403, "WrongOrigin")
        assert all(person["name"] != "Eve" for person in browser.get(PEOPLE).json())


def test_a_write_says_where_it_comes_from(room: RunningRoom) -> None:
    with room.browser() as browser:
        del browser.headers["origin"]
        answer = browser.post(PEOPLE, json={"name": "Eve"})
        assert (answer.status_code, answer.json()["error"]) == (403, "WrongOrigin")


def test_a_write_needs_the_header_that_forms_cannot_send(room: RunningRoom) -> None:
    with room.browser() as browser:
        del browser.headers["x-understudy"]
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = browser.request(method, "/api/session", json={"author": "Eve"})
            assert (answer.status_code, answer.json()["error"]) == (403, "HeaderMissing"), method
        assert browser.get("/api/session").json()["author"] == "Ada"


def test_the_bridge_shows_a_bearer_token(room: RunningRoom) -> None:
    with room.stranger() as bridge:
        bearer = {"authorization": f"Bearer {BRIDGE_TOKEN}", **WRITE}
        assert bridge.get("/api/session", headers=bearer).json()["author"] == "Owner"
        assert bridge.post(PEOPLE, json={"name": "Bea"}, headers=bearer).status_code == 201
        for wrong in ("Bearer guess", "Bearer", f"Basic {BRIDGE_TOKEN}", f"Bearer {BRIDGE_TOKEN}x"):
            assert bridge.get("/api/session", headers={"authorization": wrong}).status_code == 401
        del bearer["x-understudy"]
        assert bridge.post(PEOPLE, json={"name": "Bob"}, headers=bearer).status_code == 403
        foreign = {"authorization": f"Bearer {BRIDGE_TOKEN}", "origin": "https://evil.example", **WRITE}
        assert bridge.post(PEOPLE, json={"name": "Bob"}, headers=foreign).status_code == 403


def test_no_token_means_no_bearer() -> None:
    assert not Access(token="", author="").is_token("")


def test_every_answer_carries_the_safety_headers(room: RunningRoom) -> None:
    with room.browser() as browser, room.stranger() as stranger:
        for answer in (
            browser.get("/"),
            browser.get("/page/index.html"),
            browser.get("/api/session"),
            browser.get("/api/nothing"),
            stranger.get("/"),
            stranger.get("/", headers={"host": "evil.example"}),
            stranger.get("/enter?key=no"),
        ):
            for name, value in SAFETY_HEADERS.items():
                assert answer.headers[name] == value, (answer.url, name)
            assert "server" not in answer.headers and "access-control-allow-origin" not in answer.headers
    policy = SAFETY_HEADERS["content-security-policy"]
    assert "unsafe" not in policy and "*" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path",
    ["/page/../access.py", "/page/%2e%2e/access.py", "/page/..%2faccess.py", "/page//etc/passwd", "/page/"],
)
def test_no_file_outside_the_page_is_served(room: RunningRoom, path: str) -> None:
    with room.browser() as browser:
        answer = browser.get(httpx.URL(room.base, raw_path=path.encode()))
        assert answer.status_code == 404
        assert "import" not in answer.text and "root:" not in answer.text


def test_the_page_is_asked_for_again_after_an_upgrade(room: RunningRoom) -> None:
    with room.browser() as browser:
        script = browser.get("/page/app.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cache-control"] == "no-cache"
        again = browser.get("/page/app.js", headers={"if-none-match": script.headers["etag"]})
        assert again.status_code == 304
        assert browser.get("/p/pilot/some/shot").text == browser.get("/").text
        assert browser.get("/").headers["cache-control"] == "no-store"


def test_bodies_are_bounded(room: RunningRoom) -> None:
    with room.browser() as browser:
        large = b'{"name": "' + b"x" * MAX_JSON_BYTES + b'"}'
        answer = browser.post(PEOPLE, content=large)
        assert (answer.status_code, answer.json()["error"]) == (413, "TooLarge")
        pieces = (large[at : at + 65536] for at in range(0, len(large), 65536))
        assert browser.post(PEOPLE, content=pieces).status_code == 413  # without a length


def test_an_invitation_lets_a_colleague_in(room: RunningRoom) -> None:
    with room.browser() as browser, room.stranger() as colleague:
        url = browser.post("/api/invite", json={"next": "/p/pilot"}).json()["url"]
        assert url.startswith(f"{room.base}/enter?key=")
        assert colleague.get(url).headers["location"] == "/p/pilot"
        assert colleague.get("/api/session").json()["author"] == ""
        own = {"origin": room.base, **WRITE}
        refused = colleague.post(f"/api/p/{KEY}/shots/a/undo", json={}, headers=own)
        assert refused.status_code == 400 and "who works here" in refused.json()["message"]
        assert colleague.put("/api/session", json={"author": " Grace "}, headers=own).status_code == 200
        assert colleague.get("/api/session").json()["author"] == "Grace"
        assert browser.get("/api/session").json()["author"] == "Ada"


@pytest.mark.parametrize("author", ["", "  ", "a\nb", 7, None, "x" * 201])
def test_an_author_is_a_name(room: RunningRoom, author: object) -> None:
    with room.browser() as browser:
        answer = browser.put("/api/session", json={"author": author})
        assert answer.status_code == 400 and "author" in answer.json()["message"]


def test_keys_grow_old() -> None:
    now = [0.0]
    keys = Keys(lambda: now[0])
    soon, late = keys.make("Ada"), keys.make("Bea")
    now[0] = KEY_LIFE_S - 1
    assert keys.use(soon) == "Ada"
    now[0] = KEY_LIFE_S + 1
    assert keys.use(late) is None


def test_sessions_outlive_the_gateway_and_grow_old(tmp_path: Path) -> None:
    now = [1000.0]
    file = tmp_path / "state" / "sessions.json"
    cookie = Sessions(file, lambda: now[0]).begin("Ada")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cookie not in file.read_text()

    again = Sessions(file, lambda: now[0])
    session = again.of_cookie(cookie)
    assert session is not None and session.author == "Ada"
    again.rename(session.id, "Grace")
    assert Sessions(file, lambda: now[0]).of_cookie(cookie).author == "Grace"  # type: ignore[union-attr]
    now[0] += SESSION_LIFE_S + 1
    assert again.of_cookie(cookie) is None and Sessions(file, lambda: now[0]).of_cookie(cookie) is None

    file.write_text("{ damaged")
    assert Sessions(file, time.time).of_cookie(cookie) is None


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "grade.studio.example:0"])
def test_the_network_is_served_with_tls_only(address: str) -> None:
    with pytest.raises(BadSettings, match="open to the network"):
        listen(address, tls=False)


@pytest.mark.parametrize(
    "address", ["8420", "127.0.0.1", ":1", "127.0.0.1:x", "127.0.0.1:²", "127.0.0.1:99999"]
)
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(BadSettings, match="not an address"):
        listen(address, tls=False)
