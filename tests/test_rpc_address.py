"""Where a server listens, how it is found, and who can listen in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, admission, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.server_file import (
    ServerLocation,
    read_server_file,
    remove_server_file,
    write_server_file,
)
from understudy.rpc.server import is_local, serve


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:0", True),
        ("localhost:50051", True),
        ("[::1]:50051", True),
        ("unix:/run/understudy.sock", True),
        ("0.0.0.0:50051", False),
        ("[::]:50051", False),
        ("renderbox:50051", False),
    ],
)
def test_only_local_addresses_go_without_tls(address: str, local: bool) -> None:
    assert is_local(address) is local
    if not local:
        with pytest.raises(errors.BadSettings, match="TLS"):
            serve(FakeBackend(), access=admission(), address=address)


def test_a_taken_port_is_named() -> None:
    with running(FakeBackend()) as first, pytest.raises(errors.Conflict, match=first.address):
        serve(FakeBackend(), access=admission(), address=first.address)


def test_tls_opens_the_server_to_the_network(tmp_path: Path) -> None:
    key, certificate = self_signed("localhost")
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    server = serve(FakeBackend(), access=admission(), address="0.0.0.0:0", credentials=credentials)
    port = int(server.address.rpartition(":")[2])
    try:
        location = ServerLocation(
            address=f"localhost:{port}", token=TOKEN, pid=1, certificate=certificate.decode()
        )
        write_server_file(tmp_path, location)
        with Client.of_production(tmp_path) as client:
            assert client.shots() == [fakes.SHOT]
        with (
            Client(location.address, TOKEN) as plain,
            pytest.raises(errors.NotAuthenticated, match="speaks TLS"),
        ):
            plain.shots()
        with Client(server.local_address, TOKEN) as here:
            assert here.shots() == [fakes.SHOT]
    finally:
        server.stop()


def self_signed(host: str) -> tuple[bytes, bytes]:
    """A private key and its own certificate for `host`, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def test_nobody_there_is_named() -> None:
    with (
        Client("127.0.0.1:1", TOKEN) as client,
        pytest.raises(errors.ServerUnreachable, match=r"127\.0\.0\.1:1"),
    ):
        client.shots()


def test_the_server_file_is_private_and_leaves_with_its_server(tmp_path: Path) -> None:
    location = ServerLocation(address="127.0.0.1:5", token=TOKEN, pid=77)
    write_server_file(tmp_path, location)
    path = tmp_path / "server.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_server_file(tmp_path) == location
    assert TOKEN not in repr(location)
    remove_server_file(tmp_path, pid=78)
    assert path.exists()
    remove_server_file(tmp_path, pid=77)
    assert not path.exists()
    with pytest.raises(errors.ServerUnreachable, match="understudy serve"):
        Client.of_production(tmp_path)
    path.write_text("{}")
    with pytest.raises(errors.ServerUnreachable, match="start the server again"):
        read_server_file(tmp_path)
