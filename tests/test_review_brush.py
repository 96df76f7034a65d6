"""The matte tool of the page: what the brush shows is what the backend draws, and shapes follow its rules."""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from math import cos, pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.chromium import page_modules
from tests.solved_faces import done, faces_of

from understudy.domain.edit import Action, Curve, Mode, action_from_table
from understudy.domain.edit_points import first_crossing
from understudy.domain.errors import BadMatte
from understudy.domain.frame import Rect
from understudy.domain.plain import to_plain
from understudy.domain.solved import Shape, Stroke
from understudy.domain.time import FrameRange
from understudy.matte.drawing import _draw_stroke, outline_of
from understudy.matte.expression import parse
from understudy.matte.polygon import polygon_coverage
from understudy.solve.check import check_each
from understudy.solve.solve import solve

WIDTH, HEIGHT = 203, 131  # no multiple of a tile
EMPTY = np.zeros((HEIGHT, WIDTH), np.uint8)
FRAMES = FrameRange(1001, 1020)
FACES = faces_of({0: range(1001, 1021)})

Bytes = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as page:
        yield page


def run(page: Any, module: str, body: str, given: Any = None) -> Any:
    """What `body` returns, a function of the module's names `m` and of `given`."""
    return page.evaluate(
        f"""async ([given]) => {{
            const m = await import("/page/{module}.js");
            {body}
        }}""",
        [given],
    )


def a_mask(page: Any, body: str, base: Bytes, given: dict[str, Any]) -> Bytes:
    """The mask `base` after `body` has drawn into it."""
    made = run(
        page,
        "tools/matte/brush",
        f"""const data = Uint8Array.from(atob(given.base), (letter) => letter.charCodeAt(0));
            const mask = {{ width: {WIDTH}, height: {HEIGHT}, data }};
            {body}
            return btoa(data.reduce((text, value) => text + String.fromCharCode(value), ""));""",
        given | {"base": b64encode(base.tobytes()).decode()},
    )
    return np.frombuffer(b64decode(made), np.uint8).reshape(HEIGHT, WIDTH)


def noise(seed: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH), np.uint8)


def drawn(points: Sequence[float], radius_px: float, softness: float) -> npt.NDArray[np.float32]:
    stroke = Stroke(mode=Mode.INCLUDE, points=tuple(points), radius_px=radius_px, softness=softness)
    return _draw_stroke(stroke, Rect(0, 0, WIDTH, HEIGHT))


STROKES = [
    ([60.0, 40.0], 17.0, 0.5),
    ([60.25, 40.75, 60.25, 40.75], 9.0, 1.0),
    ([20.0, 20.0, 150.0, 95.0, 40.0, 110.0, 190.0, 15.0], 14.0, 0.35),
    ([-12.0, 60.0, 90.5, -8.0, 215.0, 140.0], 30.0, 0.8),
    ([101.0, 5.0, 101.0, 125.0, 30.0, 66.0, 170.0, 66.0], 11.5, 0.0),
    ([33.3, 44.4, 99.9, 101.1], 0.4, 0.5),
]


@pytest.mark.parametrize(("points", "radius", "softness"), STROKES)
@pytest.mark.parametrize("exclude", [False, True])
def test_the_brush_draws_what_the_backend_draws(
    page: Any, points: list[float], radius: float, softness: float, exclude: bool
) -> None:
    base = noise(1)
    given = {"points": points, "brush": [radius, softness, exclude]}
    shown = a_mask(page, "m.drawStroke(mask, given.points, m.brushOf(...given.brush));", base, given)
    stroke = 255 * drawn(points, radius, softness)
    wanted = np.minimum(base, 255 - stroke) if exclude else np.maximum(base, stroke)
    assert np.abs(shown - wanted).max() <= 1


def test_pieces_of_a_stroke_are_the_stroke(page: Any) -> None:
    points = STROKES[2][0]
    given = {"points": points}
    whole = a_mask(page, "m.drawStroke(mask, given.points, m.brushOf(14, 0.35, false));", EMPTY, given)
    backwards = a_mask(
        page,
        """for (let at = given.points.length - 4; at >= 0; at -= 2) {
               m.drawSegment(mask, given.points.slice(at, at + 4), m.brushOf(14, 0.35, false));
           }""",
        EMPTY,
        given,
    )
    assert np.array_equal(whole, backwards)


def test_a_stroke_that_was_thinned_looks_as_it_was_painted(page: Any) -> None:
    t = np.linspace(0, 2 * pi, 900)
    line = np.stack([100 + 70 * np.sin(t), 65 + 40 * np.sin(2 * t)], 1).ravel().tolist()
    body = "m.drawStroke(mask, given.points, m.brushOf(16, 0.75, false));"
    shown = a_mask(page, body, EMPTY, {"points": line})
    sent = run(page, "tools/matte/brush", "return m.thinned(given);", line)
    assert 20 < len(sent) / 2 < 200
    assert sent[:2] == pytest.approx(line[:2], abs=0.01) and sent[-2:] == pytest.approx(line[-2:], abs=0.01)
    assert np.abs(shown - 255 * drawn(sent, 16, 0.75)).max() <= 255 * 1.5 * (0.25 + 0.02 * 12) / 12


def test_a_stroke_has_no_more_points_than_are_sent(page: Any) -> None:
    chance = random.Random(3)
    wild = [chance.uniform(0, 900) for _ in range(20_000)]
    count = run(page, "tools/matte/brush", "return m.thinned(given).length / 2;", wild)
    assert 2 <= count <= 4000


def test_undo_gives_every_bit_back(page: Any) -> None:
    base = noise(2)
    given = {"strokes": [list(stroke) for stroke in STROKES]}
    back = a_mask(
        page,
        """const taken = [];
           for (const [points, radius, softness] of given.strokes) {
               const tiles = new m.Tiles();
               const brush = m.brushOf(radius, softness, points.length % 4 === 0);
               for (let at = 0; at + 3 < points.length; at += 2) {
                   const piece = points.slice(at, at + 4);
                   tiles.keep(mask, m.reachOf(mask, piece, brush));
                   m.drawSegment(mask, piece, brush);
               }
               taken.push(tiles);
           }
           while (taken.length) taken.pop().restore(mask);""",
        base,
        given,
    )
    assert np.array_equal(back, base)


def polygons() -> list[list[float]]:
    chance = random.Random(5)
    corners = [chance.randint(3, 9) for _ in range(150)]
    return [[chance.uniform(0, 100) for _ in range(2 * count)] for count in corners]


def test_crossings_are_those_that_the_service_refuses(page: Any) -> None:
    found = run(
        page, "tools/matte/outline", "return given.map((points) => m.firstCrossing(points));", polygons()
    )
    wanted = [first_crossing(tuple(points)) for points in polygons()]
    assert [None if pair is None else tuple(pair) for pair in found] == wanted
    assert 20 < sum(pair is None for pair in wanted) < 130


@pytest.mark.parametrize("curve", list(Curve))
def test_outlines_are_the_backends(page: Any, curve: Curve) -> None:
    points = [10.0, 12.0, 150.5, 20.0, 180.0, 110.0, 90.0, 60.0, 15.0, 118.25]
    shape = Shape(name="a", mode=Mode.INCLUDE, points=tuple(points), curve=curve, feather_px=0, keyed=True)
    made = run(page, "tools/matte/outline", "return m.outlineOf(...given);", [points, curve.value])
    assert np.array(made).reshape(-1, 2) == pytest.approx(outline_of(shape), abs=1e-9)


def covered(outline: Sequence[float]) -> npt.NDArray[np.float32]:
    return polygon_coverage(np.array(outline, np.float64).reshape(-1, 2), Rect(0, 0, WIDTH, HEIGHT))


def traced(page: Any, mask: npt.NDArray[np.floating]) -> list[list[float]]:
    body = f"""const data = Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0));
               return m.tracedShapes({{ width: {WIDTH}, height: {HEIGHT}, data }});"""
    text = b64encode(np.rint(255 * mask).astype(np.uint8).tobytes()).decode()
    shapes: list[list[float]] = run(page, "tools/matte/contour", body, text)
    return shapes


def test_a_traced_matte_is_the_matte(page: Any) -> None:
    angles = [k * pi / 90 for k in range(180)]
    ragged = [(1 + 0.06 * sin(7 * a)) for a in angles]
    egg = [
        v for a, r in zip(angles, ragged, strict=True) for v in (90 + 60 * r * cos(a), 66 + 52 * r * sin(a))
    ]
    [outline] = traced(page, covered(egg))
    assert 3 <= len(outline) / 2 <= 60
    assert first_crossing(tuple(outline)) is None
    wanted, made = covered(egg) > 0.5, covered(outline) > 0.5
    assert (wanted & made).sum() / (wanted | made).sum() > 0.98


def test_parts_at_the_border_and_diagonal_neighbours_are_traced(page: Any) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:20, :30] = mask[40:60, 40:60] = mask[60:80, 60:90] = 1
    areas = sorted(float((covered(outline) > 0.5).sum()) for outline in traced(page, mask))
    assert sum(areas) == pytest.approx(mask.sum(), rel=0.02)
    assert len(areas) in (2, 3)


def test_expressions_are_read_as_the_backend_reads_them(page: Any) -> None:
    texts = ["face + keep - cut", " hull&net_2 -hand ", "keep-cut"]
    texts += ["face +", "", "face keep", "face + 7", "face ? keep"]
    layers = ["net_2", "hand"]
    made = run(
        page,
        "tools/matte/expression",
        "return given[0].map((text) => m.parsed(text, given[1]));",
        [texts, layers],
    )
    for text, read in zip(texts, made, strict=True):
        try:
            steps = [[step.operator, step.source] for step in parse(text)]
        except BadMatte:
            assert read["problem"]
        else:
            assert not read["problem"]
            assert [[step["operator"], step["source"]] for step in read["steps"]] == steps
    unknown = run(page, "tools/matte/expression", "return m.parsed('face - nobody', []).problem;")
    assert "nobody" in unknown


def shape_on(actions: Sequence[Action], frame: int) -> Shape:
    return next(iter(solve(FACES, done(*actions), frames=FRAMES).plan(frame).shapes))


def key(frame: int, points: Sequence[float]) -> dict[str, Any]:
    return {
        "kind": "key_shape", "shape": "hand", "frame": frame, "mode": "exclude", "points": list(points),
        "curve": "spline", "feather_px": 3.0, "interpolation": "linear", "follow": "plate", "track": 0,
    }  # fmt: skip


SQUARE = [10.0, 10.0, 60.0, 10.0, 60.0, 60.0, 10.0, 60.0]
MOVED = [v + 20 for v in SQUARE]


def taken(page: Any, body: str, frame: int) -> list[Action]:
    """Edits that the page makes on `frame` of a shape with keys on 1004 and 1012; the backend takes them."""
    keys = [key(1004, SQUARE), key(1012, MOVED)]
    before = [action_from_table(table) for table in keys]
    seen = shape_on(before, frame)
    shape = {
        "name": "hand", "mode": "exclude", "points": list(seen.points), "curve": "spline",
        "feather_px": seen.feather_px, "keyed": seen.keyed,
    }  # fmt: skip
    setting = "const keys = m.shapeKeys(given.keys).get('hand'); const { shape, frame } = given;"
    given = {"keys": keys, "shape": shape, "frame": frame}
    tables = run(page, "tools/matte/shape_keys", setting + body, given)
    after = [action_from_table(json.loads(json.dumps(table))) for table in tables]
    assert len(list(check_each(after, FACES, done(*before), frames=FRAMES))) == len(after)
    return [*before, *after]


@pytest.mark.parametrize("frame", [1002, 1004, 1008, 1015])
def test_a_new_point_is_in_every_key(page: Any, frame: int) -> None:
    actions = taken(page, "return m.restructured(shape, frame, keys, m.pointAdded(1, 0.5));", frame)
    for number in (1001, 1004, 1007, 1012, 1018):
        assert len(shape_on(actions, number).points) == 10
    assert shape_on(actions, frame).keyed


def test_points_go_from_every_key(page: Any) -> None:
    actions = taken(page, "return m.restructured(shape, frame, keys, m.pointsRemoved(new Set([2])));", 1012)
    assert [len(shape_on(actions, number).points) for number in (1001, 1008, 1020)] == [6, 6, 6]


def test_keys_are_counted_as_the_backend_counts_them(page: Any) -> None:
    tables = [
        key(1004, SQUARE),
        key(1012, MOVED),
        {"kind": "remove_shape", "shape": "hand", "first": 1010, "last": 1020},
        key(1015, MOVED),
        {"kind": "clear_matte", "first": 1001, "last": 1004},
        key(1007, SQUARE),
    ]
    found = run(page, "tools/matte/shape_keys", "return [...m.shapeKeys(given).get('hand').keys()];", tables)
    plans = solve(FACES, done(*map(action_from_table, tables)), frames=FRAMES).plans
    keyed = [frame for frame, plan in sorted(plans.items()) if any(shape.keyed for shape in plan.shapes)]
    assert sorted(found) == keyed == [1007, 1015]


def test_what_is_drawn_again_elsewhere_is_the_same(page: Any) -> None:
    stroke = {
        "kind": "paint_stroke",
        "frame": 1006,
        "mode": "include",
        "points": [5.0, 6.0, 40.0, 50.0],
        "radius_px": 8.0,
        "softness": 0.25,
    }
    tables = [key(1004, SQUARE), key(1012, MOVED), stroke]
    actions = [action_from_table(table) for table in tables]
    plan = solve(FACES, done(*actions), frames=FRAMES).plan(1006)
    body = "return m.drawnAgain(given.plan, 1010, m.shapeKeys(given.keys));"
    again = run(page, "tools/matte/shape_keys", body, {"keys": tables[:2], "plan": to_plain(plan)})
    after = solve(FACES, done(*actions, *map(action_from_table, again)), frames=FRAMES).plan(1010)
    assert after.strokes == plan.strokes
    assert after.shapes[0].keyed
    assert after.shapes[0].points == pytest.approx(plan.shapes[0].points, abs=0.01)


def entry(revision: int, at: str, step: str = "do") -> dict[str, Any]:
    action = key(1004, SQUARE) if step == "do" else None
    return {"revision": revision, "author": "Ada", "at": at, "step": step, "action": action}


def test_one_key_undoes_what_one_gesture_made(page: Any) -> None:
    three = [entry(1, "10:00"), entry(2, "10:01"), entry(3, "10:01")]
    undone = [*three, entry(4, "10:02", "undo"), entry(5, "10:02", "undo")]
    letter = {"id": "l", "kind": "edits", "actions": [{}, {}, {}, {}]}
    back = {"id": "u", "kind": "undo", "actions": []}
    cases = [
        ([], [], "undo", 1),
        (three, [], "undo", 2),
        (undone, [], "undo", 1),
        (undone, [], "redo", 2),
        (three, [letter], "undo", 4),
        (three, [letter, *[back] * 4], "undo", 2),
        (three, [letter, *[back] * 4], "redo", 4),
    ]
    body = "return given.map((one) => m.gestureSize(...one));"
    sizes = run(page, "core/undo_stack", body, [list(case[:3]) for case in cases])
    assert sizes == [size for *_, size in cases]
