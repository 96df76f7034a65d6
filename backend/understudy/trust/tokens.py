"""The access token of a server. Only its SHA-256 is kept where it is checked."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """A fresh token of 256 random bits, safe in a header and in a URL."""
    return secrets.token_urlsafe(32)


def token_sha256(token: str) -> str:
    """What may be stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(candidate: str, expected_sha256: str) -> bool:
    """Whether a presented token is the right one; takes the same time for every wrong one."""
    return hmac.compare_digest(token_sha256(candidate), expected_sha256)
