"""TLS and certificates of clients: a server as users run it, and what those are told who may not come in."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from tests import fakes
from tests.fakes import FakeBackend
from tests.running_backend import RunningBackend
from tests.serving import TOKEN, admission

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.access import Scope
from understudy.domain.people import Basis, Use
from understudy.domain.server_file import read_server_file
from understudy.rpc.server import RunningServer, serve
from understudy.store.production import Production
from understudy.trust.tls import add_client, make_certificates

DAY = timedelta(days=1)


@dataclass(frozen=True)
class House:
    """A production served with TLS to clients that show a certificate, and the papers of several clients."""

    backend: RunningBackend
    address: str
    papers: Path

    def pem(self, name: str) -> str:
        return (self.papers / name).read_text() if name else ""

    def client(self, token: str, *, ca: str = "ca.pem", shows: str = "client") -> Client:
        return Client(
            self.address,
            token,
            certificate=self.pem(ca),
            client_certificate=self.pem(f"{shows}.pem" if shows else ""),
            client_key=self.pem(f"{shows}.key" if shows else ""),
        )

    def understudy(self, *words: str, token: str = "") -> subprocess.CompletedProcess[str]:
        """The command line as a client elsewhere uses it."""
        line = ["--server", self.address, "--certificate", str(self.papers / "ca.pem")]
        line += ["--client-certificate", str(self.papers / "client.pem")]
        line += ["--client-key", str(self.papers / "client.key")]
        return run(*line, *words, token=token)


def run(*words: str, token: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("UNDERSTUDY_")}
    return subprocess.run(
        [sys.executable, "-m", "understudy", *words],
        env={**environment, "UNDERSTUDY_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("tls")
    papers, other = folder / "papers", folder / "papers" / "other"
    make_certificates(papers, ["gpu1.studio.lan"], lifetime=DAY)
    add_client(papers, "late", lifetime=DAY, now=datetime.now(UTC) - 2 * DAY)
    make_certificates(other, ["gpu1.studio.lan"], lifetime=DAY)
    Production.create(folder / "film", "The Film")
    port = free_port()
    backend = RunningBackend.start(
        folder / "film", "--address", f"0.0.0.0:{port}",
        "--tls-certificate", str(papers / "server.pem"), "--tls-key", str(papers / "server.key"),
        "--client-ca", str(papers / "ca.pem"),
    )  # fmt: skip
    yield House(backend, f"localhost:{port}", papers)
    backend.stop()


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


@pytest.mark.slow
def test_tokens_over_tls_from_making_to_revoking(house: House) -> None:
    admin = house.backend.client  # on this machine, by server.json
    location = read_server_file(house.backend.folder)
    assert location.address.startswith("127.0.0.1:") and not location.certificate
    made = run("-p", str(house.backend.folder), "--json", "token", "create", "--name", "Ana", "--days", "2")
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    secret, token_id = answer["secret"], answer["token"]["id"]
    assert answer["token"]["scope"] == "artist" and secret.startswith(f"ust_{token_id}_")
    with house.client(secret) as ana:
        person = ana.create_person("Rowan")
        assert ana.caller().name == "Ana"
        with pytest.raises(errors.NotAllowed, match="scope admin"):
            ana.purge_person(person.id)
    refused = house.understudy("token", "list", token=secret)
    assert refused.returncode == 3 and "NotAllowed" in refused.stderr
    with house.client(location.token) as remote_admin:  # the server's own token works from elsewhere too
        assert remote_admin.caller().scope is Scope.ADMIN
    consent = house.backend.agree(person, Use.TRAIN)
    assert consent.basis is Basis.SYNTHETIC
    listed = run("-p", str(house.backend.folder), "token", "list")
    assert "Ana" in listed.stdout and secret not in listed.stdout
    assert run("-p", str(house.backend.folder), "token", "revoke", "Ana").returncode == 0
    gone = house.understudy("shots", token=secret)
    assert gone.returncode == 3 and "TokenRevoked" in gone.stderr and "ask for a new one" in gone.stderr
    assert admin.verify_custody().entries == len(admin.custody_entries())
    assert_not_kept(house.backend.folder, secret, location.token)


def assert_not_kept(folder: Path, secret: str, own_token: str) -> None:
    """No file of the production has a token in it, nor a log; server.json has the server's own."""
    for path in [folder.parent / "serve.log", *folder.rglob("*")]:
        data = path.read_bytes() if path.is_file() else b""
        assert secret.encode() not in data, path
        assert own_token.encode() not in data or path.name == "server.json", path


@pytest.mark.parametrize(
    ("ca", "shows", "told"),
    [
        ("ca.pem", "", "wants a client certificate; give --client-certificate"),
        ("ca.pem", "other/client", "does not accept our client certificate"),
        ("ca.pem", "late", "does not accept our client certificate"),
        ("other/ca.pem", "client", "is not accepted: .*certificate"),
        ("", "", "speaks TLS; say with --certificate"),
    ],
    ids=["no certificate", "another authority's", "ended", "whom we do not trust", "a plain client"],
)
def test_who_may_not_come_in_is_told_why(house: House, ca: str, shows: str, told: str) -> None:
    own = read_server_file(house.backend.folder).token
    with house.client(own, ca=ca, shows=shows) as client:
        with pytest.raises(errors.NotAuthenticated, match=told):
            client.get_production()
        with pytest.raises(errors.NotAuthenticated, match=told):
            list(client.watch("any"))
    assert house.backend.client.get_production().name == "The Film"


# Within one process


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return tmp_path / "papers"


def served(papers: Path) -> RunningServer:
    pair = ((papers / "server.key").read_bytes(), (papers / "server.pem").read_bytes())
    credentials = grpc.ssl_server_credentials([pair])
    return serve(FakeBackend(), access=admission(), address="0.0.0.0:0", credentials=credentials)


@pytest.mark.parametrize(
    ("ended", "host", "told"),
    [
        (False, "localhost", ""),
        (True, "localhost", "certificate has expired"),
        (False, "127.0.0.2", "mismatch"),
    ],
    ids=["right", "ended", "another host"],
)
def test_the_certificate_of_a_server_must_hold(papers: Path, ended: bool, host: str, told: str) -> None:
    now = datetime.now(UTC) - (3 * DAY if ended else 0 * DAY)
    make_certificates(papers, ["gpu1.studio.lan"], lifetime=DAY, now=now)
    server = served(papers)
    address = f"{host}:{server.address.rpartition(':')[2]}"
    try:
        with Client(address, TOKEN, certificate=(papers / "ca.pem").read_text()) as client:
            if not told:
                assert client.shots() == [fakes.SHOT]
            else:
                with pytest.raises(errors.NotAuthenticated, match=told):
                    client.shots()
    finally:
        server.stop()


def test_a_server_without_tls_says_so(papers: Path) -> None:
    make_certificates(papers, ["gpu1.studio.lan"], lifetime=DAY)
    server = serve(FakeBackend(), access=admission())
    address = server.address.replace("127.0.0.1", "localhost")
    try:
        with (
            Client(address, TOKEN, certificate=(papers / "ca.pem").read_text()) as client,
            pytest.raises(errors.NotAuthenticated, match="speaks no TLS"),
        ):
            client.shots()
    finally:
        server.stop()


def test_certificates_that_are_made(papers: Path) -> None:
    made = make_certificates(papers, ["gpu1.studio.lan", "10.0.0.7"], lifetime=DAY)
    assert [path.name for path in made] == [
        f"{name}.{kind}" for name in ("ca", "server", "client") for kind in ("pem", "key")
    ]
    assert {path.stat().st_mode & 0o777 for path in made if path.suffix == ".key"} == {0o600}
    authority, server, client = (x509.load_pem_x509_certificate(path.read_bytes()) for path in made[::2])
    server.verify_directly_issued_by(authority)
    client.verify_directly_issued_by(authority)
    named = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["gpu1.studio.lan", "localhost"]
    assert [str(a) for a in named.get_values_for_type(x509.IPAddress)] == ["10.0.0.7", "127.0.0.1", "::1"]
    with pytest.raises(errors.Conflict, match=r"ca\.pem"):
        make_certificates(papers, ["gpu1"], lifetime=DAY)
    with pytest.raises(errors.Conflict, match=r"client\.pem"):
        add_client(papers, "client", lifetime=DAY)
    for wrong in ("../x", "", "a b"):
        with pytest.raises(errors.BadInput):
            add_client(papers, wrong, lifetime=DAY)
    with pytest.raises(errors.BadInput, match="no host"):
        make_certificates(papers / "new", ["two words"], lifetime=DAY)
    with pytest.raises(errors.BadInput, match="825 days"):
        make_certificates(papers / "new", ["gpu1"], lifetime=900 * DAY)
    (papers / "ca.key").write_text("nothing")
    with pytest.raises(errors.BadRecord):
        add_client(papers, "ben", lifetime=DAY)
    with pytest.raises(errors.NotFound, match="certificates make"):
        add_client(papers / "nowhere", "ben", lifetime=DAY)


def test_papers_that_do_not_belong_together(papers: Path) -> None:
    make_certificates(papers, ["gpu1"], lifetime=DAY)
    certificate = (papers / "ca.pem").read_text()
    with pytest.raises(errors.BadSettings, match="belong together"):
        Client("localhost:1", TOKEN, certificate=certificate, client_certificate=certificate)
    with pytest.raises(errors.BadSettings, match="is for TLS"):
        Client("localhost:1", TOKEN, client_certificate=certificate, client_key=certificate)


@pytest.mark.slow
def test_serving_with_papers_that_do_not_belong_together(papers: Path) -> None:
    make_certificates(papers, ["gpu1"], lifetime=DAY)
    Production.create(papers / "film", "The Film")
    line = ("serve", str(papers / "film"), "--address", "0.0.0.0:0")
    for words, told in (
        (("--tls-certificate", "a.pem"), "belong together"),
        (("--client-ca", "a.pem"), "needs --tls-certificate"),
        (
            ("--tls-certificate", str(papers / "server.pem"), "--tls-key", str(papers / "ca.key")),
            "belongs to",
        ),
    ):
        answer = run(*line, *words)
        assert answer.returncode == 2 and told in answer.stderr, answer.stderr
