"""Certificates for a studio that tries TLS: an authority of its own, and its server's and clients' ones.

The authority's key stays in the folder, so that clients can be added; whoever has it can pass for the server.
A studio with an authority of its own uses that one's certificates instead.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from understudy.domain.errors import BadInput, BadRecord, Conflict, NotFound
from understudy.domain.files import write_bytes

AUTHORITY, SERVER = "ca", "server"
HERE = ("localhost", "127.0.0.1", "::1")
"""What every server's certificate names besides: the machine itself."""
LONGEST_DAYS = 825
"""What Apple's systems accept of a server's certificate; the authority lives ten times as long."""
_CLOCK_SKEW = timedelta(hours=1)


def make_certificates(
    folder: Path, hosts: Sequence[str], *, lifetime: timedelta, now: datetime | None = None
) -> list[Path]:
    """Make `ca`, `server` and `client` (.pem and .key, keys readable by their owner only) in a folder.

    `hosts` are the names and addresses that clients reach the server by.
    Raises: BadInput for a name that is none or too long a time, Conflict when there are such files already.
    """
    _check(hosts, lifetime)
    moment = now or datetime.now(UTC)
    taken = [path for name in (AUTHORITY, SERVER, "client") for path in _files(folder, name) if path.exists()]
    if taken:
        raise Conflict(f"there is a {taken[0]} already; choose another folder, or add a client to this one")
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Understudy authority of this studio")
    authority = (
        _begun(name, name, key.public_key(), key, moment, lifetime * 10)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = _write(folder, AUTHORITY, authority, key)
    subject = x509.SubjectAlternativeName([_place(host) for host in dict.fromkeys((*hosts, *HERE))])
    made += _issue(
        folder, SERVER, hosts[0], authority, key, moment, lifetime, ExtendedKeyUsageOID.SERVER_AUTH, subject
    )
    return made + add_client(folder, "client", lifetime=lifetime, now=moment)


def add_client(folder: Path, name: str, *, lifetime: timedelta, now: datetime | None = None) -> list[Path]:
    """Make another client's certificate and key, signed by the authority in the folder.

    Raises: BadInput, NotFound without an authority, BadRecord for a damaged one, Conflict for a taken name.
    """
    if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise BadInput(f"{name!r} cannot name a certificate's file; use letters, digits, - and _")
    _check((), lifetime)
    certificate_file, key_file = _files(folder, name)
    if certificate_file.exists() or key_file.exists():
        raise Conflict(f"there is a {certificate_file} already; choose another name")
    authority, key = _authority(folder)
    subject = x509.SubjectAlternativeName([x509.DNSName(name)])
    moment = now or datetime.now(UTC)
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    return _issue(folder, name, name, authority, key, moment, lifetime, purpose, subject)


def _issue(
    folder: Path,
    file: str,
    named: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    moment: datetime,
    lifetime: timedelta,
    purpose: x509.ObjectIdentifier,
    subject: x509.SubjectAlternativeName,
) -> list[Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun(_name(named), authority.subject, key.public_key(), authority_key, moment, lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(subject, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return _write(folder, file, certificate, key)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    moment: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _CLOCK_SKEW)
        .not_valid_after(moment + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(authority, critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _check(hosts: Sequence[str], lifetime: timedelta) -> None:
    if not timedelta(0) < lifetime <= timedelta(days=LONGEST_DAYS):
        raise BadInput(f"a certificate is good for up to {LONGEST_DAYS} days, not for {lifetime}")
    for host in hosts:
        _place(host)


def _place(host: str) -> x509.GeneralName:
    with suppress(ValueError):  # what is no address is a name
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    if not host or not host.isascii() or not host.replace("-", "").replace(".", "").isalnum():
        raise BadInput(f"{host!r} is no host; write a name such as gpu1.studio.lan, or an address")
    return x509.DNSName(host)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.pem", folder / f"{name}.key"


def _write(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> list[Path]:
    certificate_file, key_file = _files(folder, name)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_bytes(key_file, private, mode=0o600)
    write_bytes(certificate_file, certificate.public_bytes(Encoding.PEM))
    return [certificate_file, key_file]


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = _files(folder, AUTHORITY)
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except FileNotFoundError as cause:
        raise NotFound(
            f"{folder} has no authority ({cause.filename}); make one with `understudy certificates make`"
        ) from cause
    except (ValueError, TypeError) as cause:
        raise BadRecord(f"the authority in {folder} cannot be read ({cause}); make another one") from cause
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise BadRecord(f"{key_file} is not the key of {certificate_file}; restore both")
    return certificate, key
