"""Access tokens. Only the SHA-256 of a token is kept where it is checked.

A token is 256 random bits, so nobody finds one by trying, however fast the hash is: a slow hash (scrypt,
Argon2) would guard passwords that people choose, and here only let every stranger keep the server busy.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

PREFIX = "ust"
"""Begins every token that is kept in a production, so that scanners for secrets can know one."""

LEAST_CHARACTERS = 24
"""Of a server's own token that somebody chose; what `new_token` makes is longer."""

_ID_BYTES = 8
NOBODYS_SHA256 = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
"""What a token with an unknown id is compared with, so that it takes as long as one with a known id."""


def new_token() -> str:
    """A fresh token of 256 random bits, safe in a header and in a URL."""
    return secrets.token_urlsafe(32)


def new_named_token() -> tuple[str, str]:
    """The public id of a fresh token, and the token: `ust_ID_SECRET`."""
    token_id = secrets.token_hex(_ID_BYTES)
    return token_id, f"{PREFIX}_{token_id}_{new_token()}"


def id_of(token: str) -> str:
    """The public part of a token, by which it is looked up; empty when it has none."""
    prefix, _, rest = token.partition("_")
    token_id, separator, _ = rest.partition("_")
    return token_id if prefix == PREFIX and separator else ""


def token_sha256(token: str) -> str:
    """What may be stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def is_token(candidate: str, expected_sha256: str) -> bool:
    """Whether a presented token is the right one; takes the same time for every wrong one."""
    return hmac.compare_digest(token_sha256(candidate), expected_sha256)
