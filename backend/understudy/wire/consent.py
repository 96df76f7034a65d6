"""Consents, the gate's questions and its answer."""

from __future__ import annotations

from datetime import date

from understudy.domain.errors import BadRecord
from understudy.domain.people import Basis, Consent, Need, Use
from understudy.domain.summary import Decision
from understudy.v1 import consent_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire


def use_to_wire(use: Use) -> pb.Use:
    return enum_to_wire(use, pb.Use, prefix="USE")  # type: ignore[no-any-return]


def use_from_wire(number: int) -> Use:
    return enum_from_wire(number, pb.Use, Use, prefix="USE")


def basis_to_wire(basis: Basis) -> pb.Basis:
    return enum_to_wire(basis, pb.Basis, prefix="BASIS")  # type: ignore[no-any-return]


def basis_from_wire(number: int) -> Basis:
    return enum_from_wire(number, pb.Basis, Basis, prefix="BASIS")


def consent_to_wire(consent: Consent) -> pb.Consent:
    return pb.Consent(
        id=consent.id,
        person_id=consent.person_id,
        production_id=consent.production_id,
        basis=basis_to_wire(consent.basis),
        uses=sorted(use_to_wire(use) for use in consent.uses),
        valid_from=consent.valid_from.isoformat(),
        valid_to=consent.valid_to.isoformat(),
        description=consent.description,
        document_sha256=consent.document_sha256,
        reference=consent.reference,
        footage=[pb.LicensedClip(sha256=sha256, source=source) for sha256, source in consent.footage],
        revoked_at=consent.revoked_at,
        revoked_why=consent.revoked_why,
    )


def consent_from_wire(message: pb.Consent) -> Consent:
    return Consent(
        id=message.id,
        person_id=message.person_id,
        production_id=message.production_id,
        basis=basis_from_wire(message.basis),
        uses=frozenset(use_from_wire(use) for use in message.uses),
        valid_from=_day(message.valid_from, "valid_from"),
        valid_to=_day(message.valid_to, "valid_to"),
        description=message.description,
        document_sha256=message.document_sha256,
        reference=message.reference,
        footage=tuple((clip.sha256, clip.source) for clip in message.footage),
        revoked_at=message.revoked_at,
        revoked_why=message.revoked_why,
    )


def need_to_wire(need: Need) -> pb.Need:
    return pb.Need(person_id=need.person_id, use=use_to_wire(need.use))


def need_from_wire(message: pb.Need) -> Need:
    return Need(person_id=message.person_id, use=use_from_wire(message.use))


def decision_to_wire(decision: Decision) -> pb.ConsentDecision:
    return pb.ConsentDecision(consent_ids=decision.consent_ids, marked=decision.marked)


def decision_from_wire(message: pb.ConsentDecision) -> Decision:
    return Decision(consent_ids=tuple(message.consent_ids), marked=message.marked)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise BadRecord(f"the consent's {name} is {text!r}; write the day as YYYY-MM-DD") from cause
