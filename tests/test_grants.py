"""Consent grants: one for each bundle, genuine, sufficient and in time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.errors import GrantInvalid
from understudy.domain.people import Grant, Need, Use
from understudy.domain.summary import Decision
from understudy.trust.grants import check, grant_from_plain, grant_to_plain, issue

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
BUNDLE = "b" * 64
NEEDS = (Need(person_id="bob", use=Use.LIKENESS), Need(person_id="ann", use=Use.REPLACE))
GRANT = issue(
    KEY,
    job_id="j1",
    production_id="film",
    bundle_sha256=BUNDLE,
    decision=Decision(consent_ids=("c1", "c2"), marked=True),
    needs=NEEDS,
    valid_for=timedelta(hours=24),
    now=NOW,
)


def test_a_grant_survives_json_and_checks() -> None:
    again = grant_from_plain(json.loads(json.dumps(grant_to_plain(GRANT))))
    assert again == GRANT and again.marked and again.consent_ids == ("c1", "c2")
    check(again, KEY.public_key(), bundle_sha256=BUNDLE, needs=NEEDS, now=NOW + timedelta(hours=1))
    check(again, KEY.public_key(), bundle_sha256=BUNDLE, needs=NEEDS[:1], now=NOW)


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(days=9), -timedelta(hours=3)])
def test_out_of_time(late: timedelta) -> None:
    with pytest.raises(GrantInvalid, match="clock"):
        check(GRANT, KEY.public_key(), bundle_sha256=BUNDLE, needs=NEEDS, now=NOW + late)


def test_another_bundle_more_needs_or_another_signer() -> None:
    with pytest.raises(GrantInvalid, match="another bundle"):
        check(GRANT, KEY.public_key(), bundle_sha256="c" * 64, needs=NEEDS, now=NOW)
    more = (*NEEDS, Need(person_id="bob", use=Use.DELIVER))
    with pytest.raises(GrantInvalid, match="deliver of person bob"):
        check(GRANT, KEY.public_key(), bundle_sha256=BUNDLE, needs=more, now=NOW)
    stranger = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(GrantInvalid, match="signed by another production"):
        check(GRANT, stranger, bundle_sha256=BUNDLE, needs=NEEDS, now=NOW)


changes = st.sampled_from(
    [
        {"job_id": "j2"},
        {"production_id": "other"},
        {"bundle_sha256": "c" * 64},
        {"needs": (*NEEDS, Need(person_id="eve", use=Use.TRAIN))},
        {"needs": NEEDS[:1]},
        {"consent_ids": ("c1",)},
        {"marked": False},
        {"issued_at": "2020-01-01T00:00:00+00:00"},
        {"expires_at": "2099-01-01T00:00:00+00:00"},
        {"signature": ""},
        {"signature": "zz"},
        {"signature": "0" * 128},
    ]
)


@given(change=changes)
def test_any_changed_field_is_found(change: dict[str, Any]) -> None:
    altered: Grant = replace(GRANT, **change)
    with pytest.raises(GrantInvalid, match="altered"):
        check(altered, KEY.public_key(), bundle_sha256=BUNDLE, needs=NEEDS, now=NOW)


@pytest.mark.parametrize("data", [None, [], {}, {"job_id": "j1"}, {**grant_to_plain(GRANT), "extra": 1}])
def test_what_is_no_grant(data: object) -> None:
    with pytest.raises(GrantInvalid, match="not a consent grant"):
        grant_from_plain(data)
