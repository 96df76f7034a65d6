"""Which faces the grid shows and in which order, what a click selects, which edits a key makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.chromium import page_modules

COLUMNS = {
    "shot_ids": ["a", "b"],
    "revisions": [0, 0],
    "shots": [0, 0, 0, 0, 1, 1],
    "frames": [1001, 1002, 1003, 1007, 1001, 1002],
    "tracks": [0, 0, 0, 0, 0, 3],
    "choices": [1, 1, 6, 1, 2, 1],
    "yaw_deg": [5, -10, 0, 40, 3, 3],
    "sharpness": [1.0, 0.9, 0.1, 1.2, 1.1, 0.8],
    "lacking": "",
}
PLAIN = {"order": "frames", "descending": False, "grouped": "", "limits": []}


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as page:
        yield page


def shown(page: Any, **view: Any) -> list[int]:
    hidden = view.pop("hidden", [])
    found = page.evaluate(
        """async ([columns, view, hidden]) => {
            const { facesShown } = await import("/page/rooms/curation/faces.js");
            return facesShown(columns, { ...view, hidden: new Set(hidden) });
        }""",
        [COLUMNS, {**PLAIN, **view}, hidden],
    )
    return list(found)


def selected(page: Any, before: list[int], at: int, anchor: int, **keys: bool) -> list[int]:
    found = page.evaluate(
        """async ([before, at, anchor, keys]) => {
            const { selectionAfter } = await import("/page/rooms/curation/faces.js");
            return [...selectionAfter(new Set(before), [10, 11, 12, 13, 14], at, anchor, keys)];
        }""",
        [before, at, anchor, keys],
    )
    return sorted(found)


def test_faces_come_by_shot_and_frame(page: Any) -> None:
    assert shown(page) == [0, 1, 2, 3, 4, 5]


def test_a_column_sorts_both_ways_and_groups_stay_together(page: Any) -> None:
    assert shown(page, order="yaw_deg") == [1, 2, 4, 5, 0, 3]
    assert shown(page, order="yaw_deg", descending=True) == [3, 0, 4, 5, 2, 1]
    assert shown(page, order="sharpness", grouped="shot") == [2, 1, 0, 3, 5, 4]


def test_choices_and_poses_filter(page: Any) -> None:
    assert shown(page, hidden=[2, 6]) == [0, 1, 3, 5]
    assert shown(page, limits=[{"column": "yaw_deg", "least": 0, "most": 15}]) == [0, 2, 4, 5]


def test_selecting_as_in_file_managers(page: Any) -> None:
    assert selected(page, [10, 14], 2, 0) == [12]
    assert selected(page, [10], 3, 1, shift=True) == [11, 12, 13]
    assert selected(page, [10], 3, 2, shift=True, control=True) == [10, 12, 13]
    assert selected(page, [10, 12], 2, 0, control=True) == [10]
    assert selected(page, [10], 2, 0, control=True) == [10, 12]


def test_one_edit_for_each_shot_and_track(page: Any) -> None:
    edits = page.evaluate(
        """async ([columns]) => {
            const { curateEdits } = await import("/page/rooms/curation/faces.js");
            return curateEdits(columns, [3, 1, 0, 5, 4], false);
        }""",
        [COLUMNS],
    )
    assert edits == [
        {
            "shot": 0,
            "actions": [{"kind": "curate_faces", "track": 0, "frames": "1001-1002,1007", "keep": False}],
        },
        {
            "shot": 1,
            "actions": [
                {"kind": "curate_faces", "track": 3, "frames": "1002", "keep": False},
                {"kind": "curate_faces", "track": 0, "frames": "1001", "keep": False},
            ],
        },
    ]


def test_rows_of_faces_have_headings_where_groups_begin(page: Any) -> None:
    rows = page.evaluate(
        """async ([columns]) => {
            const { rowsOf } = await import("/page/rooms/curation/grid.js");
            return rowsOf(columns, [0, 1, 2, 3, 4, 5], { grouped: "shot" }, 3, 100);
        }""",
        [COLUMNS],
    )
    assert [(row["heading"], row["faces"]) for row in rows] == [
        ("shot 1: 4 faces", []),
        ("", [0, 1, 2]),
        ("", [3]),
        ("shot 2: 2 faces", []),
        ("", [4, 5]),
    ]
    assert [row["top"] for row in rows] == sorted(row["top"] for row in rows)


def test_the_donors_nearest_face_in_pose_and_expression(page: Any) -> None:
    flat = {"roll_deg": [0, 0, 0], "eyes_closed": [0, 0, 0], "smile": [0, 0, 0]}
    seen = {**flat, "frames": [1001], "yaw_deg": [20], "pitch_deg": [0], "mouth_open": [0.8]}
    donor = {
        **flat,
        "frames": [1, 2, 3],
        "yaw_deg": [20, 14, -20],
        "pitch_deg": [0, 0, 0],
        "mouth_open": [0.0, 0.8, 0.8],
    }
    nearest = page.evaluate(
        "async ([seen, donor]) => (await import('/page/tools/look/donor.js')).nearestFace(seen, 0, donor)",
        [seen, donor],
    )
    assert nearest == 1
