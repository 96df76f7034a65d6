"""The alignment and convert tools of the page, against what the backend makes of the same edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from tests.chromium import page_modules
from tests.solved_faces import done, faces_of, layout

from understudy.domain.edit import (
    Action,
    AddFace,
    BindTrack,
    Keyed,
    KeyStrength,
    MergeTracks,
    MoveLandmarks,
    PlaceCrop,
    RemoveKeys,
    RemoveStrength,
    SplitTrack,
    action_from_table,
    action_to_table,
)
from understudy.domain.landmark_groups import LANDMARK_GROUPS
from understudy.domain.time import FrameRange
from understudy.faces.align import (
    MEAN_FACE,
    MEAN_FACE_POINTS,
    crop_of_square,
    face_square,
    square_transform,
    squeezed,
)
from understudy.solve.solve import replay, solve

FRAMES = FrameRange(1001, 1040)
NUMBERS = range(1001, 1041)
SQUARE = [311.25, 178.5, 149.0, 7.5]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as page:
        yield page


def called(page: Any, module: str, name: str, *arguments: Any) -> Any:
    """What a function of a module of the page gives for plain arguments."""
    return page.evaluate(
        """async ([module, name, given]) => {
            const made = (await import(`/page/tools/${module}.js`))[name](...given);
            return ArrayBuffer.isView(made) ? [...made] : made instanceof Map ? [...made] : made;
        }""",
        [module, name, list(arguments)],
    )


def test_the_parts_of_a_face_are_those_of_the_service(page: Any) -> None:
    told = page.evaluate(
        """async () => {
            const tables = await import("/page/tools/alignment/contours.js");
            const { GROUPS, CONTOURS: lines, GHOST_POINTS: ghost, DRAWN: drawn } = tables;
            const parts = Object.entries(GROUPS).map(([name, { points }]) => [name, points]);
            return { groups: Object.fromEntries(parts), lines, ghost, drawn };
        }"""
    )
    assert {name: sorted(points) for name, points in told["groups"].items()} == {
        name: sorted(points) for name, points in LANDMARK_GROUPS.items() if name != "all"
    }
    for line in told["lines"]:
        assert set(line["points"]) <= set(LANDMARK_GROUPS[line["group"]])
    assert len(set(told["drawn"])) == len(told["drawn"]) and set(told["drawn"]) <= set(range(478))
    assert len(told["ghost"]) <= 64  # the service tells the paths of so many at once


def test_the_mean_face_is_fitted_as_the_service_fits_it(page: Any) -> None:
    table = page.evaluate("async () => (await import('/page/tools/alignment/mean_face.js')).MEAN_FACE")
    assert [row[0] for row in table] == MEAN_FACE_POINTS.tolist()
    assert np.allclose([row[1:] for row in table], MEAN_FACE)
    turn = np.array([[0.9, 0.3], [-0.3, 0.9]])
    points = layout()[:, :2] @ turn + (200, 90) + np.random.default_rng(3).normal(0, 2, (478, 2))
    fitted = called(page, "alignment/mean_face", "fittedSquare", points.ravel().tolist())
    assert fitted == pytest.approx(face_square(points).tolist(), abs=1e-6)


def test_the_crop_beside_the_picture_is_the_crop_of_the_service(page: Any) -> None:
    a, b, c, d, e, f = called(page, "alignment/geometry", "cropMatrix", SQUARE, 256)
    assert np.allclose(
        [[a, c, e], [b, d, f]], crop_of_square(square_transform(np.array(SQUARE)), "full", 256)
    )


def test_in_a_squeezed_plate_the_crop_lies_where_the_service_cuts_it(page: Any) -> None:
    matrix, corner, back, rect = page.evaluate(
        """async ([[x, y, side, degrees], wide]) => {
            const { cropToUnit, pixelAspect } = await import("/page/viewer/crop.js");
            const { Placement } = await import("/page/viewer/placement.js");
            const { rectAround } = await import("/page/viewer/float_face.js");
            const plate = { width: 500, height: 400, pixel_aspect: wide };
            const square = { x, y, side: side * (2 * 0.211 + Math.SQRT1_2), degrees };
            const place = new Placement(plate.width, plate.height, pixelAspect(plate));
            place.resize(900, 800);
            place.groundIsCrop(square);
            place.fit();
            const { a, b, c, d, e, f } = cropToUnit(square, pixelAspect(plate));
            const corner = place.toPlate(50, 0);
            const back = place.toView(corner.x, corner.y);
            return [[a, b, c, d, e, f], corner, back, rectAround(square, plate, 2)];
        }""",
        [SQUARE, "2"],
    )
    a, b, c, d, e, f = matrix
    expected = crop_of_square(square_transform(np.array(SQUARE), pixel_aspect=2.0), "full", 1)
    assert np.allclose([[a, c, e], [b, d, f]], expected)
    assert np.allclose(expected @ [corner["x"], corner["y"], 1], 0, atol=1e-6)  # 800 px high: 50 px beside it
    assert (back["x"], back["y"]) == pytest.approx((50, 0))
    assert rect["x"] < SQUARE[0] / 2 < rect["x"] + rect["width"] and rect["width"] < rect["height"] * 0.6


def test_the_desk_has_its_faces_unsqueezed_and_its_keys_in_the_plate(page: Any) -> None:
    wide = layout()[:, :2] + (120, 60)
    narrow = squeezed(wide.astype(np.float64), 2.0)
    face = {
        "track": 0, "frame": 1001, "state": 0, "presence": 1, "filled": False,
        "square": face_square(wide).tolist(), "landmarks": narrow.ravel().tolist(),
    }  # fmt: skip
    turned, key = page.evaluate(
        """async (face) => {
            const { AlignmentDesk } = await import("/page/tools/alignment/desk.js");
            const shot = new EventTarget();
            const solved = { revision: 0, faces: [face] };
            Object.assign(shot, {
                plate: { width: 500, height: 400, pixel_aspect: "2/1" }, frame: 1001, track: 0, revision: 0,
                stack: { done: [] }, solved: async () => solved, solvedNow: () => solved,
                edit: async () => ({ revision: 1 }),
            });
            const desk = new AlignmentDesk(shot);
            desk.ghosts = false;
            await new Promise((done) => desk.addEventListener("change", done, { once: true }));
            desk.grip = "face";
            desk.begin(false, [...Array(478).keys()]);
            desk.update({ degrees: 20 });
            const turned = desk.face;
            const key = desk.landmarkKey(turned, [33]);
            desk.close();
            return [{ square: turned.square, landmarks: [...turned.landmarks] }, key];
        }""",
        face,
    )
    moved = np.array(turned["landmarks"]).reshape(-1, 2)
    assert turned["square"] == pytest.approx(face_square(moved).tolist(), abs=1e-3)
    assert turned["square"][2:] == pytest.approx([face["square"][2], face["square"][3] + 20], abs=1e-3)
    assert key["to"] == pytest.approx(squeezed(moved[33], 2.0).tolist(), abs=1e-3)


def test_neighbours_follow_the_less_the_farther_they_are(page: Any) -> None:
    points = [value for x in range(0, 100, 5) for value in (x, 0.0)]
    weights = np.array(called(page, "alignment/geometry", "softWeights", points, [4], 30))
    away = np.abs(np.arange(20) * 5 - 20)
    assert weights[4] == 1
    assert (weights[away >= 30] == 0).all()
    assert (np.diff(weights[4:]) <= 0).all() and (np.diff(weights[:5]) >= 0).all()
    assert weights[7] == pytest.approx(0.5)  # half way it follows half
    alone = called(page, "alignment/geometry", "softWeights", points, [4, 9], 0)
    assert np.flatnonzero(alone).tolist() == [4, 9]


def test_a_square_and_its_landmarks_turn_and_grow_alike(page: Any) -> None:
    points = layout()[:, :2] + (120, 60)
    square = face_square(points).tolist()
    change = {"dx": 4, "dy": -7, "scale": 1.2, "degrees": 11, "centre": {"x": 150, "y": 140}}
    moved = called(page, "alignment/geometry", "changedPoints", points.ravel().tolist(), [1] * 478, change)
    expected = called(page, "alignment/geometry", "changedSquare", square, change)
    assert face_square(np.array(moved).reshape(-1, 2)).tolist() == pytest.approx(expected, abs=1e-3)


def landmark_key(track: int, frame: int, *points: int) -> MoveLandmarks:
    return MoveLandmarks(track=track, frame=frame, points=points, to=(100.0, 80.0) * len(points))


def crop_key(track: int, frame: int) -> PlaceCrop:
    return PlaceCrop(track=track, frame=frame, centre_x=200, centre_y=150, side_px=140, angle_deg=0)


@pytest.mark.parametrize(
    "actions",
    [
        (landmark_key(0, 1005, 1, 2), landmark_key(0, 1005, 2, 3), crop_key(0, 1020), crop_key(1, 1005)),
        (
            landmark_key(0, 1005, 1),
            crop_key(0, 1005),
            RemoveKeys(track=0, first=1001, last=1010, what=Keyed.CROP),
        ),
        (landmark_key(0, 1005, 1), crop_key(0, 1008), RemoveKeys(track=0, first=1006, last=1040)),
        (landmark_key(0, 1005, 1), landmark_key(0, 1030, 4), SplitTrack(track=0, frame=1020, new_track=5)),
        (
            landmark_key(0, 1030, 1),
            landmark_key(1, 1030, 7, 8),
            crop_key(1, 1012),
            MergeTracks(track=0, other=1),
        ),
    ],
)  # fmt: skip
def test_keys_are_where_the_service_has_them(page: Any, actions: Sequence[Action]) -> None:
    state = replay(faces_of({0: NUMBERS, 1: NUMBERS}), done(*actions), frames=FRAMES)
    assert not state.orphans
    told = page.evaluate(
        """async ([actions]) => {
            const { keysOf } = await import("/page/tools/alignment/track_edits.js");
            const plain = ([frame, { landmarks, crop }]) =>
                ({ frame, landmarks: [...landmarks].sort((a, b) => a - b), crop });
            const of = (track) => [...keysOf(actions, track)].map(plain);
            return Object.fromEntries([0, 1, 5].map((track) => [track, of(track)]));
        }""",
        [[action_to_table(action) for action in actions]],
    )
    for track in (0, 1, 5):
        landmarks = {at[1]: key for at, key in state.keys.landmarks.items() if at[0] == track}
        crops = {at[1] for at in state.keys.crops if at[0] == track}
        assert told[str(track)] == [
            {
                "frame": frame,
                "landmarks": np.flatnonzero(landmarks[frame].set_K).tolist() if frame in landmarks else [],
                "crop": frame in crops,
            }
            for frame in sorted({*landmarks, *crops})
        ]


@pytest.mark.parametrize("late", [1001, 1020])
def test_swapped_tracks_have_changed_places_from_the_frame_on(page: Any, late: int) -> None:
    faces = faces_of({0: NUMBERS, 1: range(late, 1041)})
    tables = called(
        page,
        "alignment/track_edits",
        "swapFrom",
        {"track": 1, "first": late},
        {"track": 0, "first": 1001},
        1020,
        {"0": "ada", "1": "ben"},
        [0, 1],
    )
    binds = BindTrack(track=0, person_id="ada"), BindTrack(track=1, person_id="ben")
    actions = [*binds, *map(action_from_table, tables)]
    before = solve(faces, done(*binds), frames=FRAMES)
    after = solve(faces, done(*actions), frames=FRAMES)
    assert not after.orphans and len(after.faces) == len(faces)
    for frame, height in ((1010, 0), (1030, 300)):
        # the second track lies 300 px below the first
        rows = after.faces.frame == frame
        upper = np.argmin(after.faces.landmarks_NK3[rows, 4, 1])
        person = after.bindings[int(after.faces.track[rows][upper])]
        assert person == ("ada" if height == 0 else "ben")
    assert set(before.bindings.values()) == set(after.bindings.values())


def test_tracks_that_begin_where_they_should_be_swapped_are_left_alone(page: Any) -> None:
    ends = {"track": 0, "first": 1020}, {"track": 1, "first": 1020}
    assert called(page, "alignment/track_edits", "swapFrom", *ends, 1020, {}, [0, 1]) == []


def test_an_added_face_is_a_key(page: Any) -> None:
    drawn = AddFace(track=3, frame=1007, landmarks=tuple(layout()[:, :2].ravel().tolist()))
    [[frame, key]] = called(page, "alignment/track_edits", "keysOf", [action_to_table(drawn)], 3)
    assert frame == 1007 and key["drawn"]


def test_a_face_added_as_a_new_track_lies_beside_the_one_it_is_copied_from(page: Any) -> None:
    """Drawn right over it, the service would take it for that face."""
    faces = faces_of({0: NUMBERS})
    points = faces.landmarks_NK3[faces.frame == 1010][0, :, :2]
    copied = {"landmarks": points.ravel().tolist(), "square": face_square(points).tolist()}
    landmarks = called(page, "alignment/tracks", "besides", copied, 1920)
    added = AddFace(track=1, frame=1010, landmarks=tuple(landmarks))
    assert set(solve(faces, done(added), frames=FRAMES).faces.tracks) == {0, 1}
    over = AddFace(track=1, frame=1010, landmarks=tuple(copied["landmarks"]))
    assert set(solve(faces, done(over), frames=FRAMES).faces.tracks) == {0}


def test_strength_keys_stand_until_they_are_removed(page: Any) -> None:
    actions = (
        KeyStrength(frame=1030, value=0.5),
        KeyStrength(frame=1001, value=0),
        KeyStrength(frame=1030, value=0.75),
        KeyStrength(frame=1010, value=1),
        RemoveStrength(first=1005, last=1012),
    )
    keys = called(page, "convert/strength", "strengthKeys", [action_to_table(action) for action in actions])
    assert [(frame, key["value"]) for frame, key in keys] == [(1001, 0), (1030, 0.75)]
    plans = solve(faces_of({0: NUMBERS}), done(*actions), frames=FRAMES).plans
    assert {frame: plans[frame].strength for frame, _ in keys} == {frame: key["value"] for frame, key in keys}


def test_a_setting_says_where_its_value_comes_from(page: Any) -> None:
    setting = {"name": "grain", "default_json": "1.0"}
    entry = {
        "author": "Ada",
        "action": {"kind": "adjust_convert", "first": 1001, "last": 1010, "settings": {"grain": 0.5}},
    }
    of: dict[str, Any] = {
        "tried": {},
        "base": {},
        "plan": {},
        "entries": [entry],
        "frame": 1004,
        "take": "v002",
    }
    layers: list[tuple[str, float, dict[str, object]]] = [("default", 1.0, {})]
    layers += [("take", 0.9, {"base": {"grain": 0.9}}), ("range", 0.5, {"plan": {"grain": 0.5}})]
    layers += [("trying", 0.2, {"tried": {"grain": 0.2}})]
    for origin, value, more in layers:
        of |= more
        told = called(page, "convert/trial", "told", setting, of)
        assert (told["from"], told["value"]) == (origin, value)
        if origin == "range":
            assert told["said"] == "set for 1001–1010 by Ada"  # noqa: RUF001


def test_open_frames_are_approved_in_runs(page: Any) -> None:
    marks = [0, 0, 1, 0, 2, 2, 0]
    runs = called(page, "convert/approve", "runsOf", {"marks": marks, "first": 1001, "last": 1007}, [0])
    assert runs == [
        {"first": 1001, "last": 1002},
        {"first": 1004, "last": 1004},
        {"first": 1007, "last": 1007},
    ]


def test_an_older_preview_never_takes_the_place_of_a_newer_one(page: Any) -> None:
    """The first answer is slow, the second quick: only the second one arrives."""
    told = page.evaluate(
        """async () => {
            const { PictureStore } = await import("/page/core/pictures.js");
            const picture = async (side) => {
                const canvas = new OffscreenCanvas(side, side);
                canvas.getContext("2d").fillRect(0, 0, side, side);
                return canvas.convertToBlob();
            };
            const [older, newer] = [await picture(2), await picture(3)];
            let asked = 0;
            window.fetch = (url, { signal }) => new Promise((done, failed) => {
                const slow = asked++ === 0;
                signal.addEventListener("abort", () => failed(signal.reason));
                setTimeout(() => done(new Response(slow ? older : newer)), slow ? 300 : 20);
            });
            const plate = { sha256: "" }, range = { first: 1, last: 9 };
            const store = new PictureStore({ place: "/shot", model: { id: "m" }, plate, range });
            const source = (grain) => ({ kind: "preview", layer: "replaced", tried: { grain } });
            const asking = [1, 0].map((grain) => store.picture(source(grain), 5));
            const answers = await Promise.allSettled(asking);
            await new Promise((later) => setTimeout(later, 400));
            const width = (grain) => store.now(source(grain), 5)?.width ?? null;
            return { states: answers.map(({ status }) => status), widths: [width(1), width(0)] };
        }"""
    )
    assert told == {"states": ["rejected", "fulfilled"], "widths": [None, 3]}
