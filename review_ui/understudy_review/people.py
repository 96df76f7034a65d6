"""People and what they agreed to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.people import Consent, Need, Use
from understudy.domain.plain import from_plain
from understudy_review.asked import Asked
from understudy_review.room import answer, client_of

_FILLED_IN = {"id": "", "production_id": "", "description": ""}


def list_people(request: Request) -> Response:
    """-> [{id, name}]"""
    return answer(client_of(request).people())


def create_person(request: Request, asked: Asked) -> Response:
    """{name} -> {id, name}"""
    return answer(client_of(request).create_person(asked.text("name", most=200)), 201)


def list_consents(request: Request) -> Response:
    """?person= -> [consent]"""
    return answer(client_of(request).consents(Asked.of_query(request).text("person", "")))


def record_consent(request: Request, asked: Asked) -> Response:
    """A consent as plain data; id and production are filled in."""
    consent = from_plain(Consent, {**_FILLED_IN, **asked.everything()})
    return answer(client_of(request).record_consent(consent), 201)


def revoke_consent(request: Request, asked: Asked) -> Response:
    """{why} -> consent"""
    return answer(client_of(request).revoke_consent(request.path_params["id"], asked.text("why")))


def check_consents(request: Request, asked: Asked) -> Response:
    """{needs: [{person_id, use}]} -> decision"""
    needs = [Asked(need, typed=True) for need in asked.tables("needs")]
    decision = client_of(request).check_consent(
        [Need(person_id=need.text("person_id"), use=need.word("use", Use)) for need in needs]
    )
    return answer(decision)
