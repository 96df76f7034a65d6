"""The consent gate: what it lets through, and what it says when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.errors import (
    BadRecord,
    ConsentExpired,
    ConsentForeign,
    ConsentMissing,
    ConsentRefused,
    ConsentRevoked,
)
from understudy.domain.people import Basis, Consent, Need, Use
from understudy.domain.summary import Decision
from understudy.trust.consent import decide, validate

TODAY = date(2026, 6, 15)
CLIP, OTHER_CLIP = "1" * 64, "2" * 64
RELEASE = Consent(
    id="c1",
    person_id="ann",
    production_id="film",
    basis=Basis.RELEASE,
    uses=frozenset({Use.TRAIN, Use.REPLACE}),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    description="ageing down in episode 3",
    document_sha256="a" * 64,
)
LICENCE = replace(
    RELEASE,
    id="c2",
    basis=Basis.EVALUATION,
    document_sha256="",
    footage=((CLIP, "https://example.org/clip"),),
)
TRAIN = Need(person_id="ann", use=Use.TRAIN)


def ask(
    *consents: Consent,
    needs: tuple[Need, ...] = (TRAIN,),
    production_id: str = "film",
    footage: dict[str, frozenset[str]] | None = None,
    today: date = TODAY,
    names: dict[str, str] | None = None,
) -> Decision:
    return decide(
        needs, consents, production_id=production_id, footage=footage or {}, today=today, names=names
    )


def test_a_valid_release_allows_what_it_says() -> None:
    assert ask(RELEASE) == Decision(consent_ids=("c1",), marked=False)
    both = (TRAIN, Need(person_id="bob", use=Use.LIKENESS))
    bobs = replace(RELEASE, id="c0", person_id="bob", uses=frozenset({Use.LIKENESS}), basis=Basis.ESTATE)
    assert ask(RELEASE, bobs, needs=both).consent_ids == ("c0", "c1")
    assert ask(needs=()) == Decision(consent_ids=(), marked=False)


@pytest.mark.parametrize(
    ("consents", "error", "says"),
    [
        ((), ConsentMissing, "no consent for train; record one"),
        ((replace(RELEASE, person_id="bob"),), ConsentMissing, "no consent for train"),
        ((replace(RELEASE, uses=frozenset({Use.DELIVER})),), ConsentForeign, "allows deliver, not train"),
        ((replace(RELEASE, production_id="other"),), ConsentForeign, "another production"),
        ((replace(RELEASE, valid_to=date(2026, 6, 14)),), ConsentExpired, "ended on 2026-06-14"),
        ((replace(RELEASE, valid_from=date(2026, 6, 16)),), ConsentExpired, "begins on 2026-06-16"),
        ((replace(RELEASE, revoked_at="2026-05-01", revoked_why="x"),), ConsentRevoked, "withdrew"),
        ((replace(RELEASE, document_sha256=""),), ConsentMissing, "no signed document"),
        ((replace(RELEASE, basis=Basis.ESTATE, document_sha256="?"),), ConsentMissing, "no signed document"),
    ],
)
def test_refusals_name_the_person_the_use_and_the_way_out(
    consents: tuple[Consent, ...], error: type[ConsentRefused], says: str
) -> None:
    with pytest.raises(error, match=says) as refusal:
        ask(*consents, names={"ann": "Ann"})
    assert type(refusal.value) is error
    assert "Ann (ann)" in str(refusal.value) and "train" in str(refusal.value)


def test_the_term_includes_its_first_and_last_day() -> None:
    for day in (RELEASE.valid_from, RELEASE.valid_to):
        assert ask(RELEASE, today=day).consent_ids == ("c1",)
    for day in (RELEASE.valid_from - timedelta(1), RELEASE.valid_to + timedelta(1)):
        with pytest.raises(ConsentExpired):
            ask(RELEASE, today=day)


def test_one_consent_must_cover_each_need_but_not_all_needs() -> None:
    needs = (TRAIN, Need(person_id="ann", use=Use.DELIVER))
    with pytest.raises(ConsentForeign, match="deliver"):
        ask(RELEASE, needs=needs)
    also = replace(RELEASE, id="c9", uses=frozenset({Use.DELIVER}))
    assert ask(RELEASE, also, needs=needs).consent_ids == ("c1", "c9")


def test_a_synthetic_performer_needs_no_paper() -> None:
    synthetic = replace(RELEASE, basis=Basis.SYNTHETIC, document_sha256="", description="")
    validate(synthetic)
    assert ask(synthetic) == Decision(consent_ids=("c1",), marked=False)


def test_an_evaluation_licence_marks_and_holds_for_its_clips_only() -> None:
    validate(LICENCE)
    assert ask(LICENCE, footage={"ann": frozenset({CLIP})}) == Decision(consent_ids=("c2",), marked=True)
    with pytest.raises(ConsentForeign, match=OTHER_CLIP):
        ask(LICENCE, footage={"ann": frozenset({CLIP, OTHER_CLIP})})
    with pytest.raises(ConsentForeign, match="does not say which clips"):
        ask(LICENCE, footage={"bob": frozenset({CLIP})})


def test_a_release_is_preferred_to_a_licence() -> None:
    for order in ((RELEASE, LICENCE), (LICENCE, RELEASE)):
        assert ask(*order, footage={"ann": frozenset({CLIP})}) == Decision(consent_ids=("c1",), marked=False)
    later = replace(RELEASE, valid_from=date(2026, 7, 1))
    assert ask(later, LICENCE, footage={"ann": frozenset({CLIP})}).marked


def test_the_most_telling_refusal_is_raised() -> None:
    foreign = replace(RELEASE, id="f", production_id="other")
    expired = replace(RELEASE, id="e", valid_to=date(2026, 2, 1))
    revoked = replace(RELEASE, id="r", revoked_at="2026-05-01", revoked_why="x")
    for consents, error in (
        ((foreign, expired, revoked), ConsentRevoked),
        ((foreign, expired), ConsentExpired),
        ((replace(RELEASE, id="m", document_sha256=""), foreign), ConsentForeign),
    ):
        for order in (consents, consents[::-1]):
            with pytest.raises(error) as refusal:
                ask(*order)
            assert type(refusal.value) is error
    elsewhere = replace(revoked, production_id="other")  # withdrawn, but never for this production
    with pytest.raises(ConsentForeign):
        ask(elsewhere)


spoilers = st.sampled_from(
    [
        {"production_id": "other"},
        {"uses": frozenset({Use.DELIVER})},
        {"revoked_at": "2026-05-01", "revoked_why": "x"},
        {"valid_to": date(2026, 3, 1)},
        {"valid_from": date(2026, 9, 1)},
        {"document_sha256": ""},
        {"person_id": "bob"},
    ]
)


@given(bad=st.lists(spoilers, max_size=6), position=st.integers(0, 6), with_good=st.booleans())
def test_any_valid_consent_suffices_and_nothing_else_does(
    bad: list[dict[str, Any]], position: int, with_good: bool
) -> None:
    consents = [replace(RELEASE, id=f"b{i}", **change) for i, change in enumerate(bad)]
    if not with_good:
        with pytest.raises(ConsentRefused):
            ask(*consents)
        return
    consents.insert(position, RELEASE)
    assert ask(*consents) == Decision(consent_ids=("c1",), marked=False)


@pytest.mark.parametrize(
    ("consent", "says"),
    [
        (replace(RELEASE, uses=frozenset()), "at least one use"),
        (replace(RELEASE, valid_to=date(2025, 1, 1)), "before it begins"),
        (replace(RELEASE, person_id=""), "needs an id, a person"),
        (replace(RELEASE, document_sha256=""), "needs the SHA-256"),
        (replace(RELEASE, basis=Basis.ESTATE, document_sha256=""), "needs the SHA-256"),
        (replace(RELEASE, document_sha256="A" * 64), "lower-case"),
        (replace(RELEASE, description=" "), "what was agreed"),
        (replace(LICENCE, footage=()), "list the clips"),
        (replace(LICENCE, footage=(("short", "somewhere"),)), "SHA-256 and the source"),
        (replace(LICENCE, footage=((CLIP, ""),)), "SHA-256 and the source"),
        (replace(RELEASE, footage=LICENCE.footage), "only an evaluation licence"),
        (replace(RELEASE, revoked_at="2026-01-01"), "time and its reason"),
    ],
)
def test_records_that_contradict_themselves(consent: Consent, says: str) -> None:
    with pytest.raises(BadRecord, match=says):
        validate(consent)
