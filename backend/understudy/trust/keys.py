"""The production's Ed25519 key pair: it signs grants, the custody checkpoint and delivery manifests."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from understudy.domain.errors import BadRecord, NotFound
from understudy.domain.files import write_bytes

PRIVATE_NAME = "production.ed25519"
PUBLIC_NAME = "production.ed25519.pub"


def create_keys(folder: Path) -> None:
    """Make a key pair: the private half readable by its owner only, the public half by everybody."""
    key = Ed25519PrivateKey.generate()
    write_bytes(
        folder / PRIVATE_NAME,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        mode=0o600,
    )
    write_bytes(folder / PUBLIC_NAME, public_pem(key.public_key()))


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public key as it is handed to whoever checks."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_private_key(folder: Path) -> Ed25519PrivateKey:
    """The production's signing key. Raises: NotFound, BadRecord also when others may read the file."""
    path = folder / PRIVATE_NAME
    data = _read(path)
    if path.stat().st_mode & 0o077:
        raise BadRecord(f"{path.name} can be read by others; make it private again with `chmod 600 {path}`")
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as cause:
        raise BadRecord(
            f"{path.name} is not a private key; restore the production's keys from a backup"
        ) from cause
    if not isinstance(key, Ed25519PrivateKey):
        raise BadRecord(f"{path.name} is not an Ed25519 key; restore the production's keys from a backup")
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """A public key file, or the folder that holds one. Raises: NotFound, BadRecord."""
    path = path / PUBLIC_NAME if path.is_dir() else path
    return parse_public_key(_read(path), name=path.name)


def parse_public_key(pem: bytes, *, name: str = "the public key") -> Ed25519PublicKey:
    """Raises: BadRecord."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as cause:
        raise BadRecord(f"{name} is not a public key in PEM form") from cause
    if not isinstance(key, Ed25519PublicKey):
        raise BadRecord(f"{name} is not an Ed25519 public key")
    return key


def sign(key: Ed25519PrivateKey, data: bytes) -> str:
    """The signature over some bytes, in hex."""
    return key.sign(data).hex()


def is_signed(key: Ed25519PublicKey, signature_hex: str, data: bytes) -> bool:
    """Whether the signature is the key's over exactly these bytes."""
    try:
        key.verify(bytes.fromhex(signature_hex), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as cause:
        raise NotFound(f"there is no key file {path}; restore the production's keys from a backup") from cause
    except PermissionError as cause:
        raise BadRecord(f"{path} may not be read by this user; serve the production as its owner") from cause
