"""The consent gate: a pure decision over records, asked before training, rendering and delivering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from understudy.domain.errors import (
    BadRecord,
    ConsentExpired,
    ConsentForeign,
    ConsentMissing,
    ConsentRefused,
    ConsentRevoked,
)
from understudy.domain.people import Basis, Consent, Need
from understudy.domain.plain import to_plain
from understudy.domain.summary import Decision
from understudy.trust.canonical import canonical, sha256_hex

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNED = frozenset({Basis.RELEASE, Basis.ESTATE})
_MOST_TELLING = (ConsentRevoked, ConsentExpired, ConsentForeign, ConsentMissing)


def decide(
    needs: Iterable[Need],
    consents: Iterable[Consent],
    *,
    production_id: str,
    footage: Mapping[str, frozenset[str]],
    today: date,
    names: Mapping[str, str] | None = None,
) -> Decision:
    """Allow the work, or say why not. Every need must be met by one valid consent.

    `footage` has the SHA-256 of every clip of a person that takes part, by person id; an evaluation licence
    holds for exactly the clips it lists. `names` only makes messages readable. A consent that asks for no
    mark is preferred; marked work may be written below the production's own folder only.
    Raises: ConsentMissing, ConsentExpired, ConsentRevoked, ConsentForeign.
    """
    known = sorted(consents, key=lambda consent: (consent.basis is Basis.EVALUATION, consent.id))
    used: list[Consent] = []
    for need in dict.fromkeys(needs):
        who = f"{(names or {}).get(need.person_id, 'person')} ({need.person_id})"
        refusals: list[ConsentRefused] = []
        for consent in (c for c in known if c.person_id == need.person_id):
            refusal = _refusal(consent, need, who, production_id, footage.get(need.person_id), today)
            if refusal is None:
                used.append(consent)
                break
            refusals.append(refusal)
        else:
            raise _best(refusals, need, who)
    return Decision(
        consent_ids=tuple(sorted({consent.id for consent in used})),
        marked=any(consent.basis is Basis.EVALUATION for consent in used),
    )


def _best(refusals: list[ConsentRefused], need: Need, who: str) -> ConsentRefused:
    for kind in _MOST_TELLING:
        for refusal in refusals:
            if type(refusal) is kind:
                return refusal
    return ConsentMissing(f"{who} has no consent for {need.use!s}; record one with `understudy consent add`")


def _refusal(
    consent: Consent, need: Need, who: str, production_id: str, clips: frozenset[str] | None, today: date
) -> ConsentRefused | None:
    if consent.production_id != production_id:
        return ConsentForeign(
            f"consent {consent.id} of {who} is for another production; {need.use!s} here needs a "
            "consent that names this production"
        )
    if need.use not in consent.uses:
        allowed = ", ".join(sorted(consent.uses))
        return ConsentForeign(
            f"consent {consent.id} of {who} allows {allowed}, not {need.use!s}; "
            "record a consent that allows it"
        )
    if consent.revoked_at:
        return ConsentRevoked(
            f"{who} withdrew consent {consent.id} at {consent.revoked_at}, so {need.use!s} is "
            "refused; it needs a new consent"
        )
    if today > consent.valid_to:
        return ConsentExpired(
            f"consent {consent.id} of {who} for {need.use!s} ended on {consent.valid_to}; "
            "record a renewed consent"
        )
    if today < consent.valid_from:
        return ConsentExpired(
            f"consent {consent.id} of {who} for {need.use!s} begins on {consent.valid_from}; "
            "wait until then, or record an earlier consent"
        )
    return _basis_refusal(consent, need, who, clips)


def _basis_refusal(
    consent: Consent, need: Need, who: str, clips: frozenset[str] | None
) -> ConsentRefused | None:
    if consent.basis in _SIGNED and not _SHA256.fullmatch(consent.document_sha256):
        return ConsentMissing(
            f"consent {consent.id} of {who} for {need.use!s} has no signed document; record it "
            "again with the SHA-256 of the paper"
        )
    if consent.basis is Basis.EVALUATION:
        covered = {sha256 for sha256, _ in consent.footage}
        if clips is None:
            return ConsentForeign(
                f"evaluation licence {consent.id} of {who} covers listed clips only, and the "
                f"{need.use!s} request does not say which clips show them; name the clips"
            )
        if strange := sorted(clips - covered):
            return ConsentForeign(
                f"evaluation licence {consent.id} of {who} does not cover the clip with SHA-256 "
                f"{strange[0]}, so {need.use!s} is refused; add that clip's licence or leave it out"
            )
    return None


def consent_sha256(consent: Consent) -> str:
    """The hash by which signed papers name a consent; a later revocation does not change it."""
    return sha256_hex(canonical(to_plain(replace(consent, revoked_at="", revoked_why=""))))


def validate(consent: Consent) -> None:
    """Refuse a record that could never allow anything, or contradicts itself. Raises: BadRecord."""
    problems = [
        (
            not (consent.id and consent.person_id and consent.production_id),
            "a consent needs an id, a person and a production",
        ),
        (not consent.uses, "a consent must allow at least one use"),
        (
            consent.valid_to < consent.valid_from,
            f"the term ends ({consent.valid_to}) before it begins ({consent.valid_from})",
        ),
        (
            consent.basis in _SIGNED and not consent.description.strip(),
            f"a consent with basis {consent.basis!s} must say in words what was agreed (description)",
        ),
        (
            bool(consent.document_sha256) and not _SHA256.fullmatch(consent.document_sha256),
            "document_sha256 must be 64 lower-case hexadecimal digits",
        ),
        (
            consent.basis in _SIGNED and not consent.document_sha256,
            f"a consent with basis {consent.basis!s} needs the SHA-256 of the signed document",
        ),
        (
            consent.basis is Basis.EVALUATION and not consent.footage,
            "an evaluation licence must list the clips it covers, with SHA-256 and source",
        ),
        (
            consent.basis is not Basis.EVALUATION and bool(consent.footage),
            "only an evaluation licence lists footage",
        ),
        (
            any(not _SHA256.fullmatch(sha256) or not source.strip() for sha256, source in consent.footage),
            "every clip of an evaluation licence needs its SHA-256 and the source it came from",
        ),
        (
            bool(consent.revoked_at) != bool(consent.revoked_why),
            "a revocation needs both its time and its reason",
        ),
    ]
    for wrong, message in problems:
        if wrong:
            raise BadRecord(message)
