"""Consent grants: the gate's yes for one bundle, signed, so that a farm node needs no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from understudy.domain.errors import BadRecord, GrantInvalid
from understudy.domain.people import Grant, Need
from understudy.domain.plain import from_plain, to_plain
from understudy.domain.summary import Decision
from understudy.trust.canonical import canonical
from understudy.trust.keys import is_signed, sign

CLOCK_SKEW = timedelta(hours=2)  # how far a farm node's clock may be behind, or be set back


def issue(
    key: Ed25519PrivateKey,
    *,
    job_id: str,
    production_id: str,
    bundle_sha256: str,
    decision: Decision,
    needs: Iterable[Need],
    valid_for: timedelta,
    now: datetime | None = None,
) -> Grant:
    """Sign what the gate decided for one bundle. `now` is the present moment unless given."""
    begin = now or datetime.now(UTC)
    grant = Grant(
        job_id=job_id,
        production_id=production_id,
        bundle_sha256=bundle_sha256,
        needs=tuple(sorted(set(needs), key=lambda need: (need.person_id, need.use))),
        consent_ids=decision.consent_ids,
        marked=decision.marked,
        issued_at=begin.isoformat(timespec="seconds"),
        expires_at=(begin + valid_for).isoformat(timespec="seconds"),
    )
    return replace(grant, signature=sign(key, _signed_part(grant)))


def check(
    grant: Grant,
    public_key: Ed25519PublicKey,
    *,
    bundle_sha256: str,
    needs: Iterable[Need],
    now: datetime,
) -> None:
    """Make sure that a grant is genuine, is for this bundle, covers its needs and is in time.

    Raises: GrantInvalid.
    """
    if not is_signed(public_key, grant.signature, _signed_part(grant)):
        raise GrantInvalid(
            f"the grant of job {grant.job_id} was altered, or signed by another production; "
            "start the job again from the server"
        )
    if grant.bundle_sha256 != bundle_sha256:
        raise GrantInvalid(
            f"the grant of job {grant.job_id} is for another bundle; use the bundle as the server wrote it"
        )
    if uncovered := sorted(set(needs) - set(grant.needs), key=lambda need: (need.person_id, need.use)):
        raise GrantInvalid(
            f"the grant of job {grant.job_id} does not cover {uncovered[0].use!s} of person "
            f"{uncovered[0].person_id}; start the job again from the server"
        )
    if not _moment(grant.issued_at) - CLOCK_SKEW <= now < _moment(grant.expires_at):
        raise GrantInvalid(
            f"the grant of job {grant.job_id} holds from {grant.issued_at} to {grant.expires_at}; "
            "retry the job from the server to get a fresh one, and check this machine's clock"
        )


def grant_to_plain(grant: Grant) -> dict[str, object]:
    """A grant as plain data for JSON."""
    return dict(to_plain(grant))


def grant_from_plain(data: object) -> Grant:
    """The inverse of `grant_to_plain`. Raises: GrantInvalid."""
    try:
        return from_plain(Grant, data)
    except BadRecord as cause:
        raise GrantInvalid("this is not a consent grant; start the job again from the server") from cause


def _signed_part(grant: Grant) -> bytes:
    return canonical(to_plain(replace(grant, signature="")))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise GrantInvalid(f"the grant holds a time that cannot be read: {text!r}") from cause
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
