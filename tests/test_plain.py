"""Records survive the way to JSON and back, and nothing unknown gets in."""

from datetime import date
from fractions import Fraction

import pytest

from understudy.domain.errors import BadRecord
from understudy.domain.job import Event, EventKind, Job, JobKind, JobState
from understudy.domain.people import Basis, Consent, Grant, Need, Use
from understudy.domain.plain import from_json, to_json
from understudy.domain.shot import AudioInfo, Plate, Shot

PLATE = Plate(
    path="a.mov",
    sha256="b",
    width=4,
    height=2,
    rate=Fraction(24000, 1001),
    file_frames=3,
    first_index=0,
    last_index=2,
    audio=AudioInfo(codec="aac", sample_rate=48000, channels=2),
)
CONSENT = Consent(
    id="1",
    person_id="2",
    production_id="3",
    basis=Basis.RELEASE,
    uses=frozenset({Use.TRAIN, Use.DELIVER}),
    valid_from=date(2026, 1, 1),
    valid_to=date(2027, 1, 1),
    description="x",
    footage=(("a", "b"),),
)
RECORDS = [
    PLATE,
    Shot(id="1", name="sh010", person_id="p", role="plate", plate=PLATE),
    CONSENT,
    Grant(
        job_id="1",
        production_id="2",
        bundle_sha256="3",
        needs=(Need(person_id="4", use=Use.REPLACE),),
        consent_ids=("5",),
        marked=True,
        issued_at="6",
        expires_at="7",
    ),
    Event(kind=EventKind.LOSSES, values={"l1": 0.5}),
    Job(
        id="1",
        kind=JobKind.TRAIN,
        state=JobState.DONE,
        request_id="r",
        spec={"shots": [1, 2]},
        created_at="x",
    ),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_round_trip(record: object) -> None:
    assert from_json(type(record), to_json(record)) == record


def test_equal_records_give_equal_text() -> None:
    again = from_json(Consent, to_json(CONSENT))
    assert to_json(again) == to_json(CONSENT)


@pytest.mark.parametrize("text", ["{", "[]", '{"path": "a"}', '{"kind": "progress", "unheard": 1}'])
def test_bad_records_are_named(text: str) -> None:
    with pytest.raises(BadRecord, match=r"Plate|Event"):
        from_json(Event if "kind" in text else Plate, text)


def test_what_is_wrong_with_a_record_is_said_and_where() -> None:
    wrong = to_json(PLATE).replace('"width":4', '"width":"wide"')
    assert wrong != to_json(PLATE)
    with pytest.raises(BadRecord, match="expected int at width"):
        from_json(Plate, wrong)
