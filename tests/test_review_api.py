"""What the page asks of the gateway, over a real gRPC backend that lives in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from tests.fake_facesets import FakeFacesets
from tests.fake_pictures import JPEG
from tests.fakes import PLATE, SHOT, TAKE, FakeBackend
from tests.review_room import KEY, OneProduction, RunningRoom, running_room
from tests.serving import running

from understudy.domain import errors
from understudy.domain.face import LANDMARKS
from understudy.domain.identifiers import new_id
from understudy_review.errors import status_of

P = f"/api/p/{KEY}"
S = f"{P}/shots/{SHOT.id}"
VERSION = PLATE.sha256[:16]
FOR_EVER = "private, max-age=31536000, immutable"


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def room(backend: FakeBackend) -> Iterator[RunningRoom]:
    with running(backend) as server, running_room(OneProduction(server.address)) as room:
        yield room


@pytest.fixture
def page(room: RunningRoom) -> Iterator[httpx.Client]:
    with room.browser() as browser:
        yield browser


def got(page: httpx.Client, path: str, status: int = 200) -> Any:
    answer = page.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def sent(page: httpx.Client, path: str, body: object = None, status: int = 200) -> Any:
    answer = page.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def mark(frame: int) -> dict[str, object]:
    return {"kind": "mark_frames", "first": frame, "last": frame, "mark": "approved"}


# Productions and people


def test_session_and_production(page: httpx.Client) -> None:
    assert got(page, "/api/session") == {"author": "Ada", "version": "0.1.0", "can_create": False}
    assert got(page, "/api/productions")[0] == {
        "key": KEY, "name": "Pilot", "folder": "/p", "state": "open",
    }  # fmt: skip
    assert got(page, P)["name"] == "Pilot"
    assert sent(page, f"/api/productions/{KEY}/open")["id"] == "prod"
    assert got(page, "/api/p/other", 404)["error"] == "NotFound"


def test_people_and_consent(page: httpx.Client) -> None:
    person = sent(page, f"{P}/people", {"name": "Vera"}, 201)
    assert got(page, f"{P}/people") == [person]
    assert sent(page, f"{P}/people", {"name": "Vera"}, 409)["error"] == "Conflict"
    consent = {
        "person_id": person["id"], "basis": "synthetic", "uses": ["train", "replace"],
        "valid_from": "2026-01-01", "valid_to": "2027-01-01",
    }  # fmt: skip
    kept = sent(page, f"{P}/consents", consent, 201)
    assert kept["id"] and kept["production_id"] == "prod" and kept["uses"] == ["replace", "train"]
    assert got(page, f"{P}/consents?person={person['id']}") == [kept]
    assert got(page, f"{P}/consents?person=nobody") == []
    needs = [{"person_id": person["id"], "use": "train"}]
    assert sent(page, f"{P}/consents/check", {"needs": needs})["consent_ids"] == [kept["id"]]
    refused = sent(page, f"{P}/consents/check", {"needs": [{**needs[0], "use": "deliver"}]}, 403)
    assert refused["error"] == "ConsentMissing"
    revoked = sent(page, f"{P}/consents/{kept['id']}/revoke", {"why": "asked for it"})
    assert revoked["revoked_why"] == "asked for it"
    assert sent(page, f"{P}/consents", {**consent, "basis": "hearsay"}, 400)["error"] == "BadRecord"
    assert sent(page, f"{P}/consents", {**consent, "extra": 1}, 400)["error"] == "BadRecord"


# Shots


def test_shots(page: httpx.Client) -> None:
    (shot,) = got(page, f"{P}/shots")
    assert shot["name"] == SHOT.name and shot["plate"]["rate"] == "24000/1001" and shot["tracks"] == []
    about = got(page, f"{P}/shots/{SHOT.name}")
    assert about["shot"]["id"] == SHOT.id and about["takes"][0]["id"] == TAKE.id
    assert got(page, f"{P}/shots/none", 404)["error"] == "NotFound"


def test_a_clip_is_streamed_in(page: httpx.Client, backend: FakeBackend) -> None:
    clip = np.random.default_rng(1).bytes(3_000_001)
    path = f"{P}/clips?name=a%20b.mov&size={len(clip)}"
    stored = page.post(path, content=clip)
    assert stored.status_code == 201, stored.text
    assert stored.json() == {"path": "/media/a b.mov", "sha256": hashlib.sha256(clip).hexdigest()}
    assert backend.clips["a b.mov"] == clip
    pieces = (clip[at : at + 100_000] for at in range(0, len(clip), 100_000))
    assert page.post(path.replace("a%20b", "c"), content=pieces).status_code == 201
    assert backend.clips["c.mov"] == clip


def test_clips_that_are_not_what_was_said(page: httpx.Client, backend: FakeBackend) -> None:
    wrong = page.post(f"{P}/clips?name=a.mov&size=10", content=b"12345")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "BadInput")
    short = page.post(f"{P}/clips?name=a.mov&size=10", content=iter([b"12345"]))
    assert (short.status_code, short.json()["error"]) == (400, "BadInput")
    assert backend.clips == {}
    assert "name" in page.post(f"{P}/clips?size=10", content=b"").json()["message"]


def test_a_clip_that_stops_coming_is_given_up(
    room: RunningRoom, page: httpx.Client, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy_review.shots._PATIENCE_S", 0.3)
    told = page.build_request("POST", f"{P}/clips?name=a.mov&size=10", content=b"0123456789")
    with socket.create_connection((told.url.host, told.url.port or 0), timeout=10) as line:
        cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        lines = [f"POST {told.url.raw_path.decode()} HTTP/1.1", f"Cookie: {cookies}"]
        lines += [f"{name}: {value}" for name, value in told.headers.items() if name != "cookie"]
        line.sendall("\r\n".join([*lines, "", "12345"]).encode())
        answer = line.recv(65536).decode()
    assert " 503 " in answer.splitlines()[0] and backend.clips == {}


# Edits


def test_edits_undo_and_redo(page: httpx.Client) -> None:
    request = {"actions": [mark(1001), mark(1002)], "seen_revision": 0, "request_id": new_id()}
    added = sent(page, f"{S}/edits", request)
    assert added["revision"] == 2 and [entry["revision"] for entry in added["entries"]] == [1, 2]
    assert added["entries"][0]["author"] == "Ada"
    assert added["entries"][0]["action"] == {**mark(1001), "note": ""}
    assert sent(page, f"{S}/edits", request) == added  # sent twice, done once
    step = {"seen_revision": 2, "request_id": new_id()}
    assert sent(page, f"{S}/undo", step)["entry"]["step"] == "undo"
    known = got(page, f"{S}/edits?after=1")
    assert [entry["revision"] for entry in known["entries"]] == [2, 3]
    assert (known["revision"], known["standing"]) == (3, [1])
    step = {"seen_revision": 3, "request_id": new_id()}
    assert sent(page, f"{S}/redo", step)["entry"]["revision"] == 4
    nothing = sent(page, f"{S}/redo", {"seen_revision": 4, "request_id": new_id()}, 409)
    assert nothing["error"] == "NothingToUndo"


def test_two_people_never_overwrite_each_other(room: RunningRoom, page: httpx.Client) -> None:
    sent(page, f"{S}/edits", {"actions": [mark(1001)], "seen_revision": 0, "request_id": new_id()})
    with room.browser("Grace") as other:
        unseen = {"actions": [mark(1001)], "seen_revision": 0, "request_id": new_id()}
        refused = sent(other, f"{S}/edits", unseen, 409)
        assert refused["error"] == "EditConflict" and "Ada" in refused["message"]


@pytest.mark.parametrize(
    "request_part",
    [
        {"actions": [{"kind": "nonsense"}]},
        {"actions": [{**mark(1001), "first": "soon"}]},
        {"actions": []},
        {"actions": {}},
        {"actions": ["mark"]},
        {"actions": [mark(1001)] * 501},
        {"seen_revision": "0"},
        {"seen_revision": -1},
        {"seen_revision": 1.5},
        {"seen_revision": True},
        {"request_id": 7},
        {"request_id": None},
    ],
)
def test_edits_that_make_no_sense(page: httpx.Client, request_part: dict[str, object]) -> None:
    request = {"actions": [mark(1001)], "seen_revision": 0, "request_id": new_id(), **request_part}
    refused = sent(page, f"{S}/edits", request, 400)
    if "actions" not in request_part:
        assert refused["error"] == "BadInput" and next(iter(request_part)) in refused["message"]


def test_solved_frames(page: httpx.Client) -> None:
    solved = got(page, f"{S}/solved?first=1001&last=1003&landmarks=1&plans=1")
    assert solved["frames"] == {"first": 1001, "last": 1003}
    face = solved["faces"][1]
    assert (face["frame"], face["track"], face["state"], face["presence"]) == (1002, 0, 2, 0.75)
    assert face["square"] == [1002.5, 1003.5, 1102.25, 999.0] and face["filled"] is True
    assert len(face["landmarks"]) == 2 * LANDMARKS and face["landmarks"][:3] == [1, 2, 3]
    assert solved["plans"]["1001"]["strength"] == 0.5 and solved["plans"]["1001"]["hold"] is True
    assert solved["bindings"] == {"0": "p2"} and solved["orphans"] == []
    whole = got(page, f"{S}/solved")
    assert len(whole["faces"]) == len(PLATE.frames) and "landmarks" not in whole["faces"][0]
    assert got(page, f"{S}/solved?first=1&last=2", 400)["error"] == "FrameOutOfRange"
    assert "last" in got(page, f"{S}/solved?first=1001", 400)["message"]
    assert got(page, f"{S}/solved?first=1003&last=1001", 400)["error"] == "BadSettings"


def test_curves_have_no_nan(page: httpx.Client) -> None:
    curves = got(page, f"{S}/curves?track=0&landmarks=1,4&first=1001&last=1004")
    assert curves["points"] == [1, 4] and curves["frame"] == [1001, 1002, 1003, 1004]
    assert curves["raw"][0] == [[None, None], [None, None]]
    assert curves["raw"][1][0] == [3.5, 4.5] and curves["solved"][1][0] == [3, 4]
    assert curves["raw_square"][0][2] == curves["square"][0][2] + 1
    assert "landmarks" in got(page, f"{S}/curves?track=0&landmarks=1,x", 400)["message"]
    assert "track" in got(page, f"{S}/curves?landmarks=1", 400)["message"]


def test_timeline(page: httpx.Client) -> None:
    timeline = got(page, f"{S}/timeline")
    count = len(PLATE.frames)
    assert timeline["frames"] == {"first": PLATE.frames.first, "last": PLATE.frames.last}
    for name in ("faces", "face_states", "matte_states", "marks", "flags", "strengths"):
        assert len(base64.b64decode(timeline[name])) == count, name
    assert {"revision", "cuts", "notes", "bindings", "orphans"} < set(timeline)


def test_mattes(page: httpx.Client) -> None:
    mattes = got(page, f"{S}/mattes")
    assert mattes["keyed"] == "1020" and mattes["layers"][0]["worst"] == [{"frame": 1030, "score": 0.4}]


def test_the_frame_in_hand(page: httpx.Client, room: RunningRoom) -> None:
    request = {
        "session": "viewer", "frame": 1004, "layer": "overlay", "model_id": "m", "bindings": {"0": "p2"},
        "settings": {"sharpen": 0.5}, "max_width_px": 640,
    }  # fmt: skip
    answer = page.post(f"{S}/preview", json=request)
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["x-revision"] == "3"
    assert answer.headers["x-seconds"] == "0.2500" and answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(JPEG) and b"'sharpen': 0.5" in answer.content
    with room.browser() as other:
        theirs = other.post(f"{S}/preview", json=request).content
    assert theirs != answer.content  # another session, so the two do not push each other out
    assert "layer" in sent(page, f"{S}/preview", {**request, "layer": "ghost"}, 400)["message"]


# Jobs


def create(page: httpx.Client, kind: str, spec: object, status: int = 201) -> Any:
    return sent(page, f"{P}/jobs", {"kind": kind, "spec": spec, "request_id": new_id()}, status)


INGEST = {"path": "/plates/a.mov", "name": "A010", "person_id": "p1"}


def test_jobs(page: httpx.Client, backend: FakeBackend) -> None:
    request = {"kind": "ingest", "spec": INGEST, "request_id": new_id()}
    job = sent(page, f"{P}/jobs", request, 201)
    assert (job["kind"], job["state"], job["spec"]["role"]) == ("ingest", "queued", "plate")
    assert sent(page, f"{P}/jobs", request, 201)["id"] == job["id"]
    assert [one["id"] for one in got(page, f"{P}/jobs?states=running,queued")] == [job["id"]]
    assert got(page, f"{P}/jobs?states=done") == []
    assert sent(page, f"{P}/jobs/{job['id']}/cancel")["state"] == "cancelled"
    assert got(page, f"{P}/jobs/{job['id']}")["state"] == "cancelled"
    assert sent(page, f"{P}/jobs/{job['id']}/retry")["state"] == "queued"
    assert sent(page, f"{P}/jobs/{job['id']}/retry", None, 409)["error"] == "JobStateConflict"

    told = got(page, f"{P}/jobs/{job['id']}/events?after=1&kinds=state")
    assert [(event["sequence"], event["message"]) for event in told] == [(2, "queued")]
    assert got(page, f"{P}/jobs/{job['id']}/log", 404)["error"] == "NotFound"
    backend.logs[job["id"]] = b"first\nsecond\n"
    assert got(page, f"{P}/jobs/{job['id']}/log?offset=-7") == {
        "text": "second\n", "offset": 6, "next_offset": 13,
    }  # fmt: skip
    newest = page.get(f"{P}/jobs/{job['id']}/preview.jpg")
    assert newest.content == JPEG and newest.headers["cache-control"] == "no-store"
    earlier = page.get(f"{P}/jobs/{job['id']}/preview.jpg?sequence=5")
    assert earlier.content == JPEG + b"5" and earlier.headers["cache-control"] == "no-store"


def test_mattes_are_propagated_in_the_name_of_who_asks(page: httpx.Client) -> None:
    for kind in ("propagate", "matte_net"):
        job = create(page, kind, {"shot_id": SHOT.id, "author": "Somebody"})
        assert job["spec"]["author"] == "Ada"


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("ingest", {}),
        ("ingest", {**INGEST, "colour": "red"}),
        ("ingest", {**INGEST, "in_index": "3"}),
        ("ingest", {**INGEST, "first_frame": True}),
        ("ingest", {**INGEST, "name": None}),
        ("train", {"name": "a", "people": "p1,p2", "shot_ids": []}),
        ("train", {"name": "a", "people": ["p1", 2], "shot_ids": []}),
        ("train", {"name": "a", "people": [], "shot_ids": [], "settings": []}),
        ("convert", {"shot_id": "a", "model_id": "m", "bindings": {"0": 1}}),
        ("ingest", []),
        ("magic", {}),
    ],
)
def test_jobs_that_make_no_sense(page: httpx.Client, kind: str, spec: object) -> None:
    assert create(page, kind, spec, 400)["error"] in ("BadInput", "BadSettings")
    assert got(page, f"{P}/jobs") == []


def test_settings(page: httpx.Client) -> None:
    told = got(page, f"{P}/settings/convert")
    names = {setting["name"]: setting for setting in told["settings"]}
    assert names["sharpen"]["adjustable"] is True
    assert all(json.loads(setting["default_json"]) is not ... for setting in told["settings"])
    assert got(page, f"{P}/settings/train?preset=quick")["presets"]
    assert got(page, f"{P}/settings/nonsense", 400)["error"] in ("BadSettings", "BadInput")


# Takes


def test_models_takes_and_deliveries(page: httpx.Client) -> None:
    assert got(page, f"{P}/models")[0]["name"] == "swap"
    assert got(page, f"{P}/takes?shot={SHOT.id}")[0]["id"] == TAKE.id
    assert got(page, f"{P}/takes?shot=other") == []
    assert got(page, f"{P}/deliveries")[0]["take_id"] == TAKE.id
    frames = got(page, f"{P}/takes/{TAKE.id}/frames")
    assert frames["states"] == ["current", "changed", "missing"] and frames["versions"][2] == ""
    assert frames["first_frame"] == 1001 and frames["revision"] == 3
    measures = got(page, f"{P}/takes/{TAKE.id}/measures?by_frame=1&limit=2")
    assert [row["frame"] for row in measures["frames"]] == [1001, 1002]
    assert got(page, f"{P}/takes/{TAKE.id}/measures?limit=1")["frames"][0]["frame"] == PLATE.frames.last
    entries = got(page, f"{P}/custody?after=3&limit=2")
    assert [entry["sequence"] for entry in entries] == [4, 5]


# Pictures


def test_pictures_with_a_version_stay(page: httpx.Client) -> None:
    plate = f"{P}/pictures/plate/{SHOT.id}"
    kept = page.get(f"{plate}/{VERSION}/1004.jpg?w=480")
    assert kept.content == JPEG + b" plate 1004 480" and kept.headers["x-version"] == VERSION
    assert kept.headers["cache-control"] == FOR_EVER and kept.headers["content-type"] == "image/jpeg"
    old = page.get(f"{plate}/0123456789abcdef/1004.jpg")
    assert (old.status_code, old.json()["error"], old.json()["version"]) == (409, "VersionChanged", VERSION)
    assert old.headers["cache-control"] == "no-store" and old.headers["x-version"] == VERSION
    now = page.get(f"{plate}/now/1004.jpg")
    assert now.headers["cache-control"] == "no-store" and now.headers["x-version"] == VERSION
    take = page.get(f"{P}/pictures/take/{TAKE.id}/replaced/{VERSION}/1004.jpg")
    assert take.content == JPEG + b" replaced 1004 0" and take.headers["cache-control"] == "private, no-cache"
    same = page.get(take.url, headers={"if-none-match": take.headers["etag"]})
    assert same.status_code == 304 and not same.content
    assert page.get(take.url, headers={"if-none-match": '"other"'}).content == take.content
    assert page.head(f"{plate}/{VERSION}/1004.jpg").headers["x-version"] == VERSION
    for path, status in (
        (f"{plate}/{VERSION}/1.jpg", 400),
        (f"{plate}/{VERSION}/-1.jpg", 400),
        (f"{plate}/{VERSION}/{'9' * 5000}.jpg", 400),
        (f"{plate}/{VERSION}/1004.jpg?w=wide", 400),
        (f"{P}/pictures/plate/none/{VERSION}/1004.jpg", 404),
        (f"{P}/pictures/take/{TAKE.id}/ghost/{VERSION}/1004.jpg", 400),
    ):
        refused = page.get(path)
        assert refused.status_code == status and refused.headers["cache-control"] == "no-store", path


def test_strips(page: httpx.Client) -> None:
    strip = page.get(f"{P}/strips/plate/{SHOT.id}/{VERSION}.jpg?frames=1001,1037&h=64")
    assert strip.content == JPEG + b"(1001, 1037)" and strip.headers["x-width-px"] == "128"
    assert strip.headers["cache-control"] == FOR_EVER
    assert page.get(f"{P}/strips/plate/{SHOT.id}/old.jpg?frames=1001").status_code == 409
    take = page.get(f"{P}/strips/take/{TAKE.id}/r7.jpg?frames=1001&h=32")
    assert take.headers["x-width-px"] == "64" and take.headers["cache-control"] == "no-store"
    for query in ("", "frames=", "frames=a", "frames=1001&h=4", "frames=" + ",".join(["1001"] * 65)):
        assert page.get(f"{P}/strips/take/{TAKE.id}/r7.jpg?{query}").status_code == 400, query


def test_pixels(page: httpx.Client) -> None:
    request = {
        "shot_id": SHOT.id, "frame": 1004, "layer": "plate", "x": 1900, "y": 1, "width": 64, "height": 2,
        "encoding": "linear",
    }  # fmt: skip
    answer = page.post(f"{P}/pixels", json=request)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-rect"] == "1900,1,20,2,3" and answer.headers["x-bit-depth"] == "8"
    values = np.frombuffer(answer.content, "<f2").reshape(2, 20, 3)
    assert (values[0] == 1).all() and (values[1] == 2).all()
    for wrong in ({"width": 0}, {"width": 1025}, {"take_id": "t"}, {"shot_id": None}, {"encoding": "log"}):
        assert sent(page, f"{P}/pixels", {**request, **wrong}, 400)["error"] == "BadInput"


def test_sound(page: httpx.Client, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = page.get(f"{S}/sound.wav?first=1001&last=1024")
    assert sound.content == b"RIFF 1001-1024" and sound.headers["content-type"] == "audio/wav"
    monkeypatch.setattr(backend, "sound", lambda shot_id, frames: b"")
    assert page.get(f"{S}/sound.wav?first=1001&last=1024").status_code == 204
    assert page.get(f"{S}/sound.wav?first=1001").status_code == 400


# Faces


def test_faces(page: httpx.Client, backend: FakeBackend) -> None:
    whole: FakeFacesets = backend.facesets
    faces = got(page, f"{P}/people/Anna/faces?shots=x,y")
    assert faces["shot_ids"] == ["x", "y"] and faces["choices"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert faces["lacking"] == "too few" and len(faces["yaw_deg"]) == len(faces["frames"]) == 8
    names = [{"shot_id": "x", "frame": 1001, "track": 0}]
    pictures = page.post(f"{P}/faces/pictures", json={"faces": names, "size_px": 64})
    assert pictures.headers["x-columns"] == "3" and pictures.headers["content-type"] == "image/jpeg"
    assert whole.asked is not None and whole.asked[1] == 64 and whole.asked[0][0].frame == 1001
    assert sent(page, f"{P}/faces/pictures", {"faces": names, "size_px": 8}, 400)["error"] == "BadInput"
    assert sent(page, f"{P}/faces/pictures", {"faces": [{"shot_id": "x"}]}, 400)["error"] == "BadInput"
    report = got(page, f"{P}/coverage?performer=Anna&donor=Bea")
    assert {"yaw_edges_deg", "pitch_edges_deg", "performer", "donor", "lacking"} == set(report)
    assert isinstance(report["performer"]["poses"], list)
    assert "donor" in got(page, f"{P}/coverage?performer=Anna", 400)["message"]


# Errors


def test_what_is_not_there_is_said_in_json(page: httpx.Client) -> None:
    for path in ("/api", "/api/", "/api/nothing", f"{P}/nothing", f"{P}/shots/", "/nothing", "/api/session/"):
        assert got(page, path, 404)["error"] == "NotFound", path
    typed = page.get("/nothing", headers={"accept": "text/html"})
    assert (typed.status_code, typed.headers["content-type"][:9]) == (404, "text/html")
    assert sent(page, "/api/session", {}, 405)["error"] == "MethodNotAllowed"
    assert page.delete(S).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1]",
        b"\xff",
        b'{"name": NaN}',
        b"[" * 100_000,
        b'"text"',
        rb'{"name": "\ud800"}',
        b'{"name": "\xed\xa0\x80"}',
    ],
)
def test_bodies_that_are_no_json_object(page: httpx.Client, body: bytes) -> None:
    answer = page.post(f"{P}/people", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "BadInput")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadEdit, 400),
        (errors.BadSettings, 400),
        (errors.FrameOutOfRange, 400),
        (errors.ConsentRevoked, 403),
        (errors.NotFound, 404),
        (errors.Superseded, 409),
        (errors.ProductionInUse, 409),
        (errors.CustodyBroken, 500),
        (errors.UnderstudyError, 500),
    ],
)
def test_errors_keep_their_names(
    page: httpx.Client, backend: FakeBackend, error: type[errors.UnderstudyError], status: int
) -> None:
    backend.failure = error("this is why")
    assert got(page, f"{P}/shots", status) == {"error": error.__name__, "message": "this is why"}


def test_passing_troubles_are_503_and_a_refused_gateway_502() -> None:
    assert status_of(errors.DiskFull("why")) == status_of(errors.Stopped("why")) == 503
    assert status_of(errors.NotAuthenticated("why")) == 502


def test_a_fault_of_the_backend_is_no_page_full_of_traces(page: httpx.Client, backend: FakeBackend) -> None:
    backend.failure = RuntimeError("secret detail")
    answer = got(page, f"{P}/shots", 500)
    assert answer["error"] == "UnderstudyError" and "secret" not in answer["message"]
