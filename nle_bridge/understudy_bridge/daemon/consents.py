"""What people agreed to, told early. Whether a job may run is decided by the backend, at each job anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from understudy.client import Client
from understudy.domain.errors import ConsentForeign, ConsentRefused
from understudy.domain.people import Basis, Consent, Need, Person, Use
from understudy_bridge.core.shot_ref import Problem

SOON = timedelta(days=30)

ConsentState = Literal["agreed", "ends_soon", "missing", "expired", "revoked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """How things stand with one person. `uses` hold today, `ends` is the last day on which all of them do."""

    name: str
    state: ConsentState
    uses: tuple[str, ...] = ()
    ends: date | None = None
    message: str = ""

    def table(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "uses": list(self.uses),
            "ends": self.ends.isoformat() if self.ends else None,
            "message": self.message,
        }


def agreed(person: Person, consents: Iterable[Consent], *, production_id: str, today: date) -> Agreed:
    """What a person's consents for a production allow today."""
    own = [one for one in consents if (one.person_id, one.production_id) == (person.id, production_id)]
    standing = [one for one in own if not one.revoked_at]
    valid = [one for one in standing if one.valid_from <= today <= one.valid_to]
    if valid:
        return _standing(person, valid, today)
    if future := [one for one in standing if one.valid_from > today]:
        begins = min(one.valid_from for one in future)
        message = f"the consent of {person.name} begins on {begins}; wait until then"
        return Agreed(name=person.name, state="missing", message=message)
    if standing:
        ended = max(one.valid_to for one in standing)
        message = f"the consent of {person.name} ended on {ended}; record a renewed one"
        return Agreed(name=person.name, state="expired", ends=ended, message=message)
    if own:
        message = f"{person.name} withdrew the consent; it needs a new one"
        return Agreed(name=person.name, state="revoked", message=message)
    message = f"{person.name} has no consent for this production; record one with `understudy consent add`"
    return Agreed(name=person.name, state="missing", message=message)


def _standing(person: Person, valid: Sequence[Consent], today: date) -> Agreed:
    last = {
        use: max(one.valid_to for one in valid if use in one.uses)
        for use in sorted({use for one in valid for use in one.uses})
    }
    ends = min(last.values())
    soon = ends - today <= SOON
    return Agreed(
        name=person.name,
        state="ends_soon" if soon else "agreed",
        uses=tuple(str(use) for use in last),
        ends=ends,
        message=f"the consent of {person.name} ends on {ends}; renew it in time" if soon else "",
    )


def needs_of(performer: str, donor: str) -> tuple[Need, ...]:
    """What a conversion and its delivery ask of whom."""
    return (
        Need(person_id=performer, use=Use.REPLACE),
        Need(person_id=donor, use=Use.LIKENESS),
        Need(person_id=performer, use=Use.DELIVER),
        Need(person_id=donor, use=Use.DELIVER),
    )


def consent_problem(client: Client, performer: str, donor: str) -> Problem | None:
    """What the backend's gate would say today, None when it allows the work.

    Of a licence for listed clips the clip decides, which the backend may not know yet: then it only warns.
    """
    try:
        client.check_consent(needs_of(performer, donor))
    except ConsentForeign as refusal:
        licensed = any(
            one.basis is Basis.EVALUATION and not one.revoked_at
            for person in (performer, donor)
            for one in client.consents(person)
        )
        return Problem(kind="no_consent", refuses=not licensed, message=str(refusal))
    except ConsentRefused as refusal:
        return Problem(kind="no_consent", refuses=True, message=str(refusal))
    return None
