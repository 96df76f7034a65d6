"""The productions of a machine, and `understudy review` as a person runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.media_samples import write_numbered_movie
from tests.review_tabs import open_tab
from tests.running_backend import ROOT, wait_until

from understudy.domain.errors import BadRecord, Conflict, NotFound, ServerUnreachable
from understudy.domain.files import sha256_of
from understudy.domain.known_production import ProductionState, slug
from understudy.domain.listening import address_of
from understudy.domain.server_file import ServerLocation, read_server_file, write_server_file
from understudy.house import LocalHouse
from understudy.store.production import Production
from understudy_review.serving import listen

SETUP = {"UNDERSTUDY_OFFLINE": "1", "UNDERSTUDY_CACHE": str(ROOT / ".cache"), "OMP_NUM_THREADS": "1"}


def house(tmp_path: Path, *named: Path, only_named: bool = False) -> LocalHouse:
    return LocalHouse(
        home=tmp_path / "home",
        named=named,
        only_named=only_named,
        state_folder=tmp_path / "state",
        environment={**os.environ, **SETUP},
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Der Fall Götz", "der-fall-gotz"), ("  A/B: 2 ", "a-b-2"), ("夜", "production"), ("../x", "x")],
)
def test_names_in_addresses(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_production_is_made_below_home(tmp_path: Path) -> None:
    local = house(tmp_path)
    assert local.productions() == [] and local.can_create
    assert local.create("Pilot") == "pilot"
    assert local.create("Pilot") == "pilot-2"
    assert local.create("../../outside") == "outside"
    assert sorted(folder.name for folder in (tmp_path / "home").iterdir()) == ["outside", "pilot", "pilot-2"]
    names = {known.key: (known.name, known.state) for known in local.productions()}
    assert names["pilot"] == ("Pilot", ProductionState.CLOSED)
    assert [known.key for known in house(tmp_path).productions()] == ["outside", "pilot-2", "pilot"]
    with pytest.raises(BadRecord):
        local.create(" ")


def test_keys_stay_with_their_folders(tmp_path: Path) -> None:
    elsewhere, home = tmp_path / "elsewhere" / "show", tmp_path / "home" / "show"
    Production.create(elsewhere, "Show")
    assert house(tmp_path, elsewhere).keys_of_named() == ["show"]
    Production.create(home, "Show")
    keys = {known.folder: known.key for known in house(tmp_path).productions()}
    assert keys == {str(elsewhere): "show", str(home): "show-2"}
    (elsewhere / "production.db").unlink()  # it was deleted; its key is not given to another
    assert [known.key for known in house(tmp_path).productions()] == ["show-2"]
    with pytest.raises(NotFound, match="show"):
        house(tmp_path).client("show")
    with pytest.raises(NotFound, match="not a production"):
        house(tmp_path, tmp_path / "nothing").keys_of_named()


def test_one_production_alone(tmp_path: Path) -> None:
    house(tmp_path).create("Other")
    Production.create(tmp_path / "one", "One")
    alone = house(tmp_path, tmp_path / "one", only_named=True)
    assert [known.key for known in alone.productions()] == ["one"] and not alone.can_create
    with pytest.raises(Conflict):
        alone.create("Two")
    with pytest.raises(NotFound):
        alone.client("other")


def test_states_of_servers_that_are_gone(tmp_path: Path) -> None:
    local = house(tmp_path)
    folder = tmp_path / "home" / local.create("Pilot")
    with pytest.raises(ServerUnreachable):
        local.client("pilot")
    write_server_file(folder, ServerLocation(address="127.0.0.1:1", token="t", pid=2**22 + 1))
    assert local.productions()[0].state is ProductionState.CLOSED  # its process has ended
    write_server_file(folder, ServerLocation(address="127.0.0.1:1", token="t", pid=os.getpid()))
    assert local.productions()[0].state is ProductionState.UNREACHABLE


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    local = house(tmp_path)
    folder = tmp_path / "home" / local.create("Pilot")
    (folder / "production.db").write_bytes(b"no database")
    with pytest.raises(ServerUnreachable, match=r"did not start: .*\w"):
        local.open("pilot")
    assert local.running() == {}


def test_a_damaged_list_of_productions_is_begun_anew(tmp_path: Path) -> None:
    house(tmp_path).create("Pilot")
    (tmp_path / "state" / "productions.json").write_text("[{]")
    assert [known.key for known in house(tmp_path).productions()] == ["pilot"]


def test_a_folder_that_went_away_under_its_server_hides_no_other(tmp_path: Path) -> None:
    rooms = house(tmp_path)
    rooms.create("Pilot")
    rooms.create("Other")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as server:
        rooms.started["pilot"] = server
        shutil.rmtree(tmp_path / "home" / "pilot")
        try:
            assert [known.key for known in rooms.productions()] == ["other"]
            assert list(rooms.running().values()) == [server.pid]
        finally:
            server.kill()


@contextmanager
def review(tmp_path: Path, *words: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`understudy review` in a process of its own, and the link that it prints."""
    environment = {**os.environ, **SETUP, "UNDERSTUDY_STATE": str(tmp_path / "state"), **variables}
    command = [sys.executable, "-m", "understudy", "--json", "review", "--no-browser", *words]
    with (tmp_path / "review.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        told = process.stdout.readline()
        assert told, (tmp_path / "review.log").read_text()
        yield process, json.loads(told)["link"]
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@contextmanager
def browser_of(link: str) -> Iterator[httpx.Client]:
    place = urlsplit(link)
    base = f"{place.scheme}://{place.netloc}"
    with httpx.Client(base_url=base, headers={"origin": base, "x-understudy": "1"}, timeout=120) as browser:
        assert browser.get(link).status_code == 303
        yield browser


def stop_server(folder: Path) -> None:
    pid = read_server_file(folder).pid
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not (folder / "server.json").exists(), seconds=30)


def test_from_nothing_to_an_open_production(tmp_path: Path) -> None:
    """Make a production in the page, open it, lose its server, open it again; leave, and come back."""
    folder = tmp_path / "home" / "pilot"
    words = ("--home", str(tmp_path / "home"), "--name", "Ada")
    with ExitStack() as stack:
        stack.callback(lambda: (folder / "server.json").exists() and stop_server(folder))
        process, link = stack.enter_context(review(tmp_path, *words, "--address", "127.0.0.1:0"))
        browser = stack.enter_context(browser_of(link))
        assert browser.get("/api/productions").json() == []
        assert browser.get("/api/session").json()["can_create"] is True
        assert browser.post("/api/productions", json={"name": "Pilot"}).json() == {"key": "pilot"}
        assert browser.get("/api/productions").json()[0]["state"] == "closed"
        assert browser.get("/api/p/pilot").status_code == 503

        assert browser.post("/api/productions/pilot/open").json()["name"] == "Pilot"
        assert browser.get("/api/productions").json()[0]["state"] == "open"
        assert browser.post("/api/p/pilot/people", json={"name": "Vera"}).status_code == 201
        pid = read_server_file(folder).pid
        assert browser.post("/api/productions/pilot/open").status_code == 200
        assert read_server_file(folder).pid == pid  # it was open already

        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: browser.get("/api/productions").json()[0]["state"] == "closed", seconds=20)
        assert browser.get("/api/p/pilot/people").status_code == 503
        assert browser.post("/api/productions/pilot/open").status_code == 200
        assert [person["name"] for person in browser.get("/api/p/pilot/people").json()] == ["Vera"]

        process.terminate()
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)
        assert "goes on" in (tmp_path / "review.log").read_text()
        os.kill(read_server_file(folder).pid, 0)  # and so it does


@pytest.mark.slow
def test_a_clip_from_the_browser_becomes_a_shot(tmp_path: Path) -> None:
    """Everything real: the clip is sent, its job is heard of, its frames are looked at."""
    clip = tmp_path / "a010.mkv"
    write_numbered_movie(clip, count=12)
    folder = tmp_path / "home" / "pilot"
    house(tmp_path).create("Pilot")
    with ExitStack() as stack:
        stack.callback(lambda: (folder / "server.json").exists() and stop_server(folder))
        words = ("--home", str(tmp_path / "home"), "--address", "127.0.0.1:0")
        _, link = stack.enter_context(review(tmp_path, *words))
        browser = stack.enter_context(browser_of(link))
        assert browser.post("/api/productions/pilot/open").status_code == 200
        tab = stack.enter_context(open_tab(browser, "/api/p/pilot/live"))
        person = browser.post("/api/p/pilot/people", json={"name": "Vera"}).json()
        size = clip.stat().st_size
        stored = browser.post(f"/api/p/pilot/clips?name=a010.mkv&size={size}", content=clip.read_bytes())
        assert stored.json()["sha256"] == sha256_of(clip)
        spec = {"path": stored.json()["path"], "name": "A010", "person_id": person["id"]}
        job = {"kind": "ingest", "spec": spec, "request_id": "first"}
        assert browser.post("/api/p/pilot/jobs", json=job).status_code == 201
        wait_until(lambda: tab.states()[-1:] in (["done"], ["failed"]), seconds=60)
        assert tab.states()[-1] == "done", tab.of("job")[-1]
        (shot,) = browser.get("/api/p/pilot/shots").json()
        assert shot["plate"]["last_index"] == 11

        version = shot["plate"]["sha256"][:16]
        picture = browser.get(f"/api/p/pilot/pictures/plate/{shot['id']}/{version}/1005.jpg")
        assert picture.status_code == 200 and "immutable" in picture.headers["cache-control"]
        strip = browser.get(f"/api/p/pilot/strips/plate/{shot['id']}/{version}.jpg?frames=1001,1012&h=16")
        assert strip.status_code == 200 and strip.content[:2] == b"\xff\xd8"
        silent = browser.get(f"/api/p/pilot/shots/{shot['id']}/sound.wav?first=1001&last=1012")
        assert silent.status_code == 204
        assert browser.get(f"/api/p/pilot/jobs/{tab.of('job')[0]['job']['id']}/log").status_code == 200


@pytest.mark.slow
def test_one_running_server_by_its_folder(tmp_path: Path) -> None:
    """Two names for the same: the room on one production, opened at once; the bridge lets itself in."""
    folder = tmp_path / "one"
    Production.create(folder, "One")
    with ExitStack() as stack:
        stack.callback(lambda: (folder / "server.json").exists() and stop_server(folder))
        words = (str(folder), "--home", str(tmp_path / "home"), "--address", "127.0.0.1:0")
        _, link = stack.enter_context(review(tmp_path, *words, UNDERSTUDY_REVIEW_TOKEN="from-outside"))
        assert link.endswith("next=/p/one")
        base = link.partition("/enter")[0]
        bearer = {"authorization": "Bearer from-outside"}
        wait_until(lambda: httpx.get(f"{base}/api/p/one", headers=bearer).status_code == 200, seconds=60)

        # A room elsewhere, told where the server is.
        at = read_server_file(folder)
        remote = {"UNDERSTUDY_SERVER": at.address, "UNDERSTUDY_TOKEN": at.token}
        _, link = stack.enter_context(review(tmp_path, "--address", "127.0.0.1:0", **remote))
        browser = stack.enter_context(browser_of(link))
        (known,) = browser.get("/api/productions").json()
        assert (known["key"], known["name"], known["state"]) == ("one", "One", "open")
        assert browser.get("/api/session").json()["can_create"] is False
        assert browser.post("/api/productions", json={"name": "Two"}).status_code == 409
        assert browser.get("/api/p/two").status_code == 404
        kept = tmp_path / "state" / "review.token"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        own = {"authorization": f"Bearer {kept.read_text()}"}
        assert httpx.get(f"{link.partition('/enter')[0]}/api/session", headers=own).status_code == 200

        stop_server(folder)
        assert browser.get("/api/productions").json()[0]["state"] == "unreachable"


def test_a_session_outlives_a_gateway_that_is_killed(tmp_path: Path) -> None:
    free = listen("127.0.0.1:0", tls=False)
    port = address_of(free)[1]
    free.close()
    words = ("--home", str(tmp_path / "home"), "--name", "Ada", "--address", f"127.0.0.1:{port}")
    with ExitStack() as stack:
        process, link = stack.enter_context(review(tmp_path, *words))
        browser = stack.enter_context(browser_of(link))
        process.kill()
        process.wait()
        stack.enter_context(review(tmp_path, *words))
        assert browser.get("/api/session").json()["author"] == "Ada"


def test_the_room_over_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    words = ("--address", "127.0.0.1:0", "--tls-certificate", str(certificate), "--tls-key", str(key))
    trusted = ssl.create_default_context(cafile=str(certificate))
    with review(tmp_path, *words, "--home", str(tmp_path / "home")) as (_, link):
        assert link.startswith("https://127.0.0.1:")
        with httpx.Client(base_url=link.partition("/enter")[0], verify=trusted, timeout=30) as browser:
            assert "secure" in browser.get(link).headers["set-cookie"].lower()
            own = {"origin": str(browser.base_url), "x-understudy": "1"}
            assert browser.put("/api/session", json={"author": "Ada"}, headers=own).status_code == 200
            plain = {**own, "origin": str(browser.base_url).replace("https", "http")}
            assert browser.put("/api/session", json={"author": "Eve"}, headers=plain).status_code == 403


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "review room test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return paths


def test_two_rooms_of_one_user_forget_nothing_of_each_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Production.create(tmp_path / name / "show", name)
    first, second = house(tmp_path, tmp_path / "a" / "show"), house(tmp_path, tmp_path / "b" / "show")
    assert first.keys_of_named() == ["show"]
    second.create("Other")
    folders = {known.folder for known in house(tmp_path).productions()}
    assert str(tmp_path / "a" / "show") in folders


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--address", "0.0.0.0:0"], "open to the network"),
        (["--address", "here"], "not an address"),
        (["--tls-certificate", __file__], "belong together"),
        (["/nowhere"], "not a production"),
    ],
)
def test_what_cannot_be_started_says_why(tmp_path: Path, words: list[str], told: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "understudy", "review", "--no-browser", "--home", str(tmp_path), *words],
        env={**os.environ, **SETUP, "UNDERSTUDY_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode in (2, 3) and told in run.stderr


def test_a_taken_port_is_said_so(tmp_path: Path) -> None:
    taken = listen("127.0.0.1:0", tls=False)
    try:
        with pytest.raises(Conflict, match="--address"):
            listen(f"127.0.0.1:{address_of(taken)[1]}", tls=False)
    finally:
        taken.close()
