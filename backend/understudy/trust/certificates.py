"""The production's certificates for content credentials: a P-256 root, an intermediate, and a signing leaf.

The root's private key is never written down: it signs one intermediate and is forgotten. A studio that has a
certificate from a recognised authority puts its chain and key in place of ours under the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
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

from understudy.domain.errors import BadRecord
from understudy.domain.files import write_bytes

ROOT_NAME = "credentials-root.pem"
CHAIN_NAME = "credentials-chain.pem"
LEAF_KEY_NAME = "credentials-leaf.key"
INTERMEDIATE_KEY_NAME = "credentials-intermediate.key"

# Without a time stamp a signature can be checked only while its leaf is valid, so leaves live long.
CA_DAYS, LEAF_DAYS = 20 * 365, 10 * 365
_RENEW_BEFORE = timedelta(days=5 * 365)


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningCertificate:
    """What signs content credentials, in PEM: leaf and intermediate, the leaf's key, the root."""

    chain_pem: bytes
    key_pem: bytes
    root_pem: bytes


def signing_certificate(folder: Path, *, now: datetime | None = None) -> SigningCertificate:
    """The production's certificate, made at the first call and renewed from the intermediate when it ages.

    Raises: BadRecord when the files contradict each other.
    """
    moment = now or datetime.now(UTC)
    if not (folder / LEAF_KEY_NAME).exists():
        _create(folder, moment)
    leaf, intermediate = _load_chain(folder)
    if leaf.not_valid_after_utc - moment < _RENEW_BEFORE and (folder / INTERMEDIATE_KEY_NAME).exists():
        _issue_leaf(folder, intermediate, _load_key(folder / INTERMEDIATE_KEY_NAME), moment)
        leaf, _ = _load_chain(folder)
    if leaf.not_valid_after_utc <= moment:
        raise BadRecord(
            f"the signing certificate ended on {leaf.not_valid_after_utc:%Y-%m-%d}; put a valid one in"
        )
    if _load_key(folder / LEAF_KEY_NAME).public_key() != leaf.public_key():
        raise BadRecord(f"{LEAF_KEY_NAME} is not the key of the certificate in {CHAIN_NAME}; restore both")
    return SigningCertificate(
        chain_pem=(folder / CHAIN_NAME).read_bytes(),
        key_pem=(folder / LEAF_KEY_NAME).read_bytes(),
        root_pem=(folder / ROOT_NAME).read_bytes(),
    )


def _create(folder: Path, now: datetime) -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate(
        "Root", root_key.public_key(), now=now, issuer=None, issuer_key=root_key, path_length=1
    )
    intermediate = _certificate(
        "Intermediate", key.public_key(), now=now, issuer=root.subject, issuer_key=root_key, path_length=0
    )
    write_bytes(folder / ROOT_NAME, root.public_bytes(Encoding.PEM))
    write_bytes(folder / INTERMEDIATE_KEY_NAME, _key_pem(key), mode=0o600)
    _issue_leaf(folder, intermediate, key, now)


def _issue_leaf(
    folder: Path, intermediate: x509.Certificate, intermediate_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate(
        "Signer",
        key.public_key(),
        now=now,
        issuer=intermediate.subject,
        issuer_key=intermediate_key,
        path_length=None,
        ends_by=intermediate.not_valid_after_utc,
    )
    chain = leaf.public_bytes(Encoding.PEM) + intermediate.public_bytes(Encoding.PEM)
    write_bytes(folder / CHAIN_NAME, chain)
    write_bytes(folder / LEAF_KEY_NAME, _key_pem(key), mode=0o600)


def _certificate(
    role: str,
    public_key: ec.EllipticCurvePublicKey,
    *,
    now: datetime,
    issuer: x509.Name | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    path_length: int | None,
    ends_by: datetime | None = None,
) -> x509.Certificate:
    """One certificate; without a path length it is a leaf that may sign documents."""
    authority = path_length is not None
    end = now + timedelta(days=CA_DAYS if authority else LEAF_DAYS)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(role))
        .issuer_name(issuer or _name(role))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(min(end, ends_by or end))
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(_usage(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if not authority:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])  # the purpose C2PA expects
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(authority: bool) -> x509.KeyUsage:
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


def _name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Understudy production"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Understudy {role}"),
        ]
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as cause:
        raise BadRecord(f"{path.name} cannot be read ({cause}); restore the keys from a backup") from cause
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadRecord(f"{path.name} is not a P-256 key; content credentials are signed with ES256")
    return key


def _load_chain(folder: Path) -> tuple[x509.Certificate, x509.Certificate]:
    try:
        leaf, intermediate = x509.load_pem_x509_certificates((folder / CHAIN_NAME).read_bytes())[:2]
    except (OSError, ValueError) as cause:
        raise BadRecord(
            f"{CHAIN_NAME} does not hold a leaf and its issuer ({cause}); restore the keys"
        ) from cause
    return leaf, intermediate
