"""The timeline and the curves of the page, told by the page's own modules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.chromium import page_modules

from understudy.domain.face import LANDMARKS
from understudy.domain.measures import MEASURES

FIRST, LAST = 1001, 1100
SHOT = """
    const range = { first: %d, last: %d };
    const count = range.last - range.first + 1;
    const none = () => new Uint8Array(count);
    const shot = Object.assign(new EventTarget(), {
      range, frame: 1010, inOut: { ...range }, take: { version: 3 }, measures: new Map(), states: none(),
      plate: { rate: "24/1", start_timecode: "01:00:00:00", first_index: 0, first_frame: range.first },
      timeline: { faces: none().fill(1), faceStates: none(), matteStates: none(), marks: none(),
        flags: none(), strengths: none().fill(255), cuts: [], notes: {} },
      takeState(frame) { return this.states[frame - range.first]; },
    });
""" % (FIRST, LAST)  # noqa: UP031 (braces are JavaScript's)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as page:
        yield page


def run(page: Any, body: str, given: Any = None) -> Any:
    """What some JavaScript gives; `at` imports a module of the page, `shot` has 100 frames."""
    return page.evaluate(
        f"async (given) => {{ const at = (name) => import(`/page/${{name}}.js`); {SHOT} {body} }}", given
    )


def test_every_measure_of_the_service_has_its_words(page: Any) -> None:
    told = run(page, "return (await at('timeline/measure_words')).MEASURES;")
    assert {row["name"]: row["reason"] for row in told} == {one.name: one.label for one in MEASURES}
    assert {row["name"]: row["good"] for row in told} == {one.name: one.good for one in MEASURES}


def test_one_changed_frame_in_ten_thousand_is_seen(page: Any) -> None:
    seen = run(
        page,
        """
        const { columns, TAKE_RANK } = await at('timeline/lanes');
        const { Span } = await at('timeline/span');
        const many = { first: 1, last: 10000 };
        const big = { range: many, takeState: (frame) => frame === 6789 ? 3 : 2, timeline: {} };
        for (const name of ['faces', 'faceStates', 'matteStates', 'marks', 'flags', 'strengths']) {
          big.timeline[name] = new Uint8Array(10000);
        }
        Object.assign(big.timeline, { notes: {}, cuts: [] });
        const span = new Span(many);
        const trouble = new Float32Array(10000).fill(0.1);
        trouble[41] = 0.9;
        const all = columns(big, span, trouble, new Uint8Array(10000).fill(1), 500);
        return { changed: [...all.take].flatMap((rank, x) => rank === TAKE_RANK.changed ? [x] : []),
          worst: all.trouble.indexOf(Math.max(...all.trouble)), cached: all.cached.every(Boolean) };
        """,
    )
    assert seen == {"changed": [6788 * 500 // 10000], "worst": 41 * 500 // 10000, "cached": True}


def test_where_frames_are_wider_than_columns_each_has_its_own(page: Any) -> None:
    take = run(
        page,
        """
        const { columns, runs } = await at('timeline/lanes');
        const { Span } = await at('timeline/span');
        const span = new Span(range);
        span.width = 100;
        span.show(1011, 10);
        shot.states.fill(2);
        shot.states[1013 - 1001] = 3;
        return runs(columns(shot, span, new Float32Array(count), none(), 100).take);
        """,
    )
    assert take == [[0, 20, 1], [20, 30, 3], [30, 100, 1]]


def test_zooming_keeps_the_frame_under_the_pointer(page: Any) -> None:
    there = run(
        page,
        """
        const { Span } = await at('timeline/span');
        const span = new Span(range);
        span.width = 1000;
        const before = span.toFrame(420);
        for (let times = 0; times < 5; times++) span.zoom(1.5, 420);
        const after = span.toFrame(420);
        for (let times = 0; times < 9; times++) span.zoom(1 / 1.5, 420);
        return { before, after, first: span.first, count: span.count, zoomed: span.zoomed };
        """,
    )
    assert there["before"] == there["after"] == 1043
    assert (there["first"], there["count"], there["zoomed"]) == (FIRST, 100, False)


def test_trouble_leaves_near_neighbours_out_but_not_across_a_cut(page: Any) -> None:
    spots = run(
        page,
        """
        const { Trouble } = await at('timeline/trouble');
        localStorage.clear();
        const found = { 1010: 0.9, 1012: 0.8, 1016: 0.7, 1050: 0.6, 1053: 0.95, 1090: 0.3 };
        for (const [number, trouble] of Object.entries(found)) {
          const frame = Number(number);
          shot.measures.set(frame, { frame, trouble, reasons: [], values: {} });
        }
        shot.timeline.cuts = [1052];
        const trouble = new Trouble(shot);
        const frames = trouble.spots.map((spot) => spot.frame);
        shot.timeline.marks[1016 - 1001] = 1;
        const next = [trouble.next(1, 1010)?.frame, trouble.next(-1, 1050)?.frame, trouble.next(1, 1053)];
        trouble.setThreshold(0.2);
        const lower = trouble.spots.map((spot) => spot.frame);
        localStorage.clear();
        return { frames, next, lower };
        """,
    )
    assert spots["frames"] == [1010, 1016, 1050, 1053]
    assert spots["next"] == [1050, 1010, None]
    assert spots["lower"] == [1010, 1016, 1050, 1053, 1090]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1042", 1042),
        (" 1100 ", 1100),
        ("+12", 1022),
        ("-3", 1007),
        ("01:00:01:12", 1037),
        ("999", None),
        ("-20", None),
        ("02:00:00:00", None),
        ("1042.5", None),
        ("", None),
        ("frame", None),
    ],
)
def test_frames_are_understood_as_people_say_them(page: Any, said: str, meant: int | None) -> None:
    assert run(page, "return (await at('timeline/dialogs')).frameMeant(shot, given);", said) == meant


def test_a_frame_is_told_in_words(page: Any) -> None:
    words = run(
        page,
        """
        const { frameWords } = await at('timeline/words');
        const place = 1042 - 1001;
        shot.timeline.matteStates[place] = 3;
        shot.timeline.marks[place] = 2;
        shot.timeline.notes[1042] = { mark: 'flagged', note: 'look at the ear', author: 'Ann' };
        shot.states[place] = 3;
        const reasons = ['landmark_jitter', 'seam'];
        shot.measures.set(1042, { frame: 1042, trouble: 0.87, reasons, values: {} });
        return frameWords(shot, 1042);
        """,
    )
    assert words == (
        "frame 1042, 01:00:01:17, keyed matte, changed since v003, trouble 0.87: landmarks jump, seam shows, "
        "flagged by Ann: look at the ear"
    )


def test_filters_and_places_in_the_strip(page: Any) -> None:
    told = run(
        page,
        """
        const { framesOfFilter, placeOf } = await at('timeline/filters');
        shot.timeline.faces[4] = 0;
        shot.timeline.faces[9] = 2;
        shot.timeline.flags[20] = 1;
        shot.timeline.marks.fill(1, 0, 95);
        const trouble = { values: new Float32Array(count), threshold: 0.5 };
        trouble.values[30] = 0.6;
        const of = (name, step = 1) => framesOfFilter(shot, trouble, name, step);
        const places = [1001, 1003, 1019, 5000].map((frame) => placeOf([1002, 1010, 1020], frame));
        return { faceless: of('faceless'), crowded: of('crowded'), keyed: of('keyed'), open: of('open'),
          trouble: of('trouble'), tenth: of('all', 10), places };
        """,
    )
    assert (told["faceless"], told["crowded"], told["keyed"], told["trouble"]) == (
        [1005],
        [1010],
        [1021],
        [1031],
    )
    assert told["open"] == list(range(1096, 1101))
    assert told["tenth"] == list(range(1001, 1101, 10))
    assert told["places"] == [0, 0, 1, 2]


def test_tremble_is_the_rms_of_second_differences_within_takes(page: Any) -> None:
    values = np.random.default_rng(5).normal(0, 2, 60)
    known = [*values.tolist()[:20], None, *values.tolist()[21:]]
    cut = 40
    second = [
        known[at - 1] - 2 * known[at] + known[at + 1]
        for at in range(1, 59)
        if None not in known[at - 1 : at + 2] and cut not in (at, at + 1)
    ]
    told = run(page, "return (await at('tools/curves/series')).jitter(given, new Set([40]));", known)
    assert told == pytest.approx(math.sqrt(np.mean(np.square(second))))
    assert run(page, "return (await at('tools/curves/series')).jitter([1, null, 2]);") is None


def test_thinned_curves_keep_every_peak(page: Any) -> None:
    values = np.sin(np.arange(5000) / 40)
    values[[17, 2500, 4999]] = 9, -7, 5
    gap: list[float | None] = values.tolist()
    gap[1000:1400] = [None] * 400
    x, column = run(
        page,
        "return (await at('tools/curves/series')).thinned(given.map((_, place) => place), [given], 300);",
        gap,
    )
    drawn = [value for value in column if value is not None]
    assert len(x) == len(column) <= 2 * 300 + 2
    assert x == sorted(x)
    assert {9, -7, 5} <= set(drawn)
    assert None in column


def test_within_the_head_a_face_that_only_moves_stands_still(page: Any) -> None:
    angle = np.linspace(0, 50, 30)
    side = np.linspace(200, 260, 30)
    centre = np.stack([np.linspace(100, 400, 30), np.linspace(50, 90, 30)], axis=1)
    turn = np.radians(angle)
    offset = np.stack(
        [np.cos(turn) * 0.2 + np.sin(turn) * 0.1, np.sin(turn) * 0.2 - np.cos(turn) * 0.1], axis=1
    )
    point = centre + side[:, None] * offset
    square = [centre[:, 0].tolist(), centre[:, 1].tolist(), side.tolist(), angle.tolist()]
    xs, ys = run(
        page,
        "return (await at('tools/curves/track_curves')).withinHead(given.point, given.square, 200);",
        {"point": point.T.tolist(), "square": square},
    )
    np.testing.assert_allclose(xs, 40, atol=1e-9)
    np.testing.assert_allclose(ys, -20, atol=1e-9)


def test_landmarks_that_stand_for_parts_are_there(page: Any) -> None:
    told = run(
        page,
        """
        const { FACE_PARTS, REGION_POINTS } = await at('tools/curves/face_parts');
        const parts = FACE_PARTS.map(({ points }) => points.map(([point]) => point));
        return { parts, regions: Object.values(REGION_POINTS) };
        """,
    )
    points = [point for part in (*told["parts"], *told["regions"]) for point in part]
    assert set(points) <= set(range(LANDMARKS))
    assert all(len(set(part)) == len(part) == 4 for part in told["parts"])
