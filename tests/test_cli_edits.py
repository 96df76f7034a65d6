"""The verbs that edit a shot, as a person or a script uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.app import read_environment
from understudy.cli import understudy_command
from understudy.cli.edit_verbs import moved, runs_of
from understudy.cli.session import Session
from understudy.domain import errors
from understudy.domain.edit import (
    Action,
    BindTrack,
    Interpolation,
    KeyStrength,
    Mark,
    MarkFrames,
    MoveLandmarks,
    PlaceCrop,
    SmoothAlignments,
    action_to_table,
)
from understudy.domain.landmark_groups import LANDMARK_GROUPS
from understudy.domain.solved import Orphan

SHOT = fakes.SHOT.id


class House:
    """A backend in memory and a command line that talks to it."""

    def __init__(self, backend: FakeBackend, address: str) -> None:
        self.backend = backend
        self._variables = {"UNDERSTUDY_SERVER": address, "UNDERSTUDY_TOKEN": TOKEN, "HOME": "/nowhere"}

    def run(self, *words: object, as_json: bool = False, text: str = "") -> Result:
        context = Session(environment=read_environment(self._variables), production=None, as_json=as_json)
        verb = understudy_command.commands[str(words[0])]
        result = CliRunner().invoke(
            verb, [str(word) for word in words[1:]], obj=context, input=text, catch_exceptions=True
        )
        if isinstance(result.exception, errors.UnderstudyError):
            raise result.exception
        return result

    def made(self) -> list[Any]:
        return [entry.action for entry in self.backend.edits(SHOT).entries]


@pytest.fixture
def house() -> Iterator[House]:
    backend = FakeBackend()
    with running(backend) as server:
        yield House(backend, server.address)


def test_every_comfortable_verb_makes_its_edit(house: House) -> None:
    assert (
        house.run("mark", "A010", "-F", "1001-1003,1010", "--flagged", "teeth", "--author", "Ann").exit_code
        == 0
    )
    assert house.run("mark", SHOT, "-F", "1005", "--hold").exit_code == 0
    assert house.run("bind", SHOT, 0, "Mira").exit_code == 0
    assert house.run("bind", SHOT, 0).exit_code == 0
    assert house.run("smooth", SHOT, "--position", 0.9).exit_code == 0
    assert house.run("smooth", SHOT, "--mouth", 0).exit_code == 0
    assert house.run("strength", SHOT, 1010, 0.25, "--interpolation", "hermite").exit_code == 0
    assert house.made() == [
        MarkFrames(first=1001, last=1003, mark=Mark.FLAGGED, note="teeth"),
        MarkFrames(first=1010, last=1010, mark=Mark.FLAGGED, note="teeth"),
        MarkFrames(first=1005, last=1005, mark=Mark.HOLD_PLATE),
        BindTrack(track=0, person_id="Mira"),
        BindTrack(track=0, person_id=""),
        SmoothAlignments(position=0.9),
        SmoothAlignments(position=0.9, mouth=0),
        KeyStrength(frame=1010, value=0.25, interpolation=Interpolation.HERMITE),
    ]
    entries = house.backend.edits(SHOT).entries
    assert entries[0].author == entries[1].author == "Ann" and entries[2].author != ""


def test_nudge_and_crop_go_on_from_what_is_solved(house: House) -> None:
    words = ("--track", 0, "--frame", 1010, "--by", "-3,2.5")
    assert house.run("nudge", SHOT, *words, "--group", "mouth", "--rotate", 90, "--scale", 2).exit_code == 0
    assert house.run("crop", SHOT, *words, "--scale", 0.5, "--rotate", 10, "--reach", 0).exit_code == 0
    key, placed = house.made()
    assert isinstance(key, MoveLandmarks) and key.points == LANDMARK_GROUPS["mouth"]
    solved = house.backend.solved(SHOT, None, landmarks=True, plans=False)
    row = solved.row(0, 1010)
    assert row is not None
    was, now = solved.landmarks_NK2[0, list(key.points)], np.reshape(key.to, (-1, 2))
    np.testing.assert_allclose(now.mean(0) - was.mean(0), (-3, 2.5), atol=1e-3)
    np.testing.assert_allclose(
        np.linalg.norm(now[0] - now[1]), 2 * np.linalg.norm(was[0] - was[1]), rtol=1e-5
    )
    x, y, side, angle = solved.square_N4[row]
    assert isinstance(placed, PlaceCrop) and placed.reach_frames == 0
    got = (placed.centre_x, placed.centre_y, placed.side_px, placed.angle_deg)
    np.testing.assert_allclose(got, (x - 3, y + 2.5, side / 2, angle + 10))
    with pytest.raises(errors.BadEdit, match="track 5 has no face on frame 1010; tracks with one there: 0"):
        house.run("crop", SHOT, "--track", 5, "--frame", 1010)
    with pytest.raises(errors.FrameOutOfRange):
        house.run("crop", SHOT, "--track", 0, "--frame", 1)


def test_a_turn_is_clockwise_in_the_picture() -> None:
    points = np.array([[0.0, 0.0], [2.0, 0.0]])
    np.testing.assert_allclose(moved(points, by=(5, 7), scale=1, rotate_deg=90), [[6, 6], [6, 8]])
    np.testing.assert_allclose(moved(points, by=(0, 0), scale=3, rotate_deg=0), [[-2, 0], [4, 0]])


def test_runs() -> None:
    assert list(runs_of((1, 2, 3, 7, 9, 10))) == [(1, 3), (7, 7), (9, 10)]
    assert list(runs_of((4,))) == [(4, 4)]


def test_listing_undoing_and_json(house: House) -> None:
    house.run("mark", SHOT, "-F", "1001-1002", "--approved", "--author", "Ann")
    house.run("strength", SHOT, 1001, 1, "--author", "Bo")
    undone = house.run("undo", SHOT, "--author", "Ann").output
    assert "revision 3: undo" in undone and "taken back: revision 2 of Bo: key_strength" in undone
    lines = house.run("edits", SHOT).output.splitlines()
    assert lines[0].split() == ["revision", "author", "at", "what", "frames", "stands"]
    assert "mark_frames" in lines[1] and "frames 1001-1002" in lines[1] and lines[1].endswith("yes")
    assert "key_strength" in lines[2] and lines[2].endswith("undone") and "undo" in lines[3]
    told = json.loads(house.run("edits", SHOT, as_json=True).output)
    assert [entry["standing"] for entry in told] == [True, False, False]
    assert told[0]["action"] == action_to_table(MarkFrames(first=1001, last=1002, mark=Mark.APPROVED))
    assert [entry["lost"] for entry in told] == ["", "", ""]
    assert json.loads(house.run("edits", SHOT, "--after", 2, as_json=True).output)[0]["step"] == "undo"
    assert json.loads(house.run("redo", SHOT, as_json=True).output)[0]["revision"] == 4
    with pytest.raises(errors.EditConflict):
        house.run("undo", SHOT, "--author", "Ann", "--seen", 1)


def test_an_edit_whose_face_has_gone_says_so(house: House) -> None:
    house.run("strength", SHOT, 1001, 1)
    house.run("strength", SHOT, 1002, 1)
    inner, gone = house.backend.solved, Orphan(revision=1, reason="there is no face")
    house.backend.solved = lambda *a, **k: replace(inner(*a, **k), orphans=(gone,))  # type: ignore[method-assign]
    lines = house.run("edits", SHOT).output.splitlines()
    assert lines[1].endswith("without effect: there is no face") and lines[2].endswith("yes")
    assert json.loads(house.run("edits", SHOT, as_json=True).output)[0]["lost"] == "there is no face"


def test_edits_of_a_file(house: House, tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    actions: list[Action] = [
        MarkFrames(first=1001, last=1001, mark=Mark.APPROVED),
        KeyStrength(frame=1004, value=1),
    ]
    file.write_text(json.dumps([action_to_table(action) for action in actions]))
    assert house.run("edit", SHOT, "--file", file).exit_code == 0
    assert house.run("edit", SHOT, "--file", "-", text=file.read_text()).exit_code == 0
    assert house.made() == actions * 2
    with pytest.raises(errors.EditConflict, match="marks on frame 1001"):
        house.run("edit", SHOT, "--file", file, "--author", "somebody else", "--seen", 2)
    for text, says in (
        ("nonsense", "not JSON"),
        ('{"kind": "mark_frames"}', "list of edits"),
        ('[{"kind": "paint_it_black"}]', "paint_it_black"),
        ('[{"kind": "key_strength", "frame": 1001, "value": 2}]', "0..1"),
        ('[{"kind": "mark_frames", "first": 1001}]', "MarkFrames"),
    ):
        file.write_text(text)
        with pytest.raises(errors.BadInput, match=says):
            house.run("edit", SHOT, "--file", file)
    with pytest.raises(errors.BadEdit, match="cannot read"):
        house.run("edit", SHOT, "--file", tmp_path / "none.json")
    assert len(house.made()) == 4


@pytest.mark.parametrize(
    "words",
    [
        ("mark", SHOT, "-F", "1001"),
        ("mark", SHOT, "-F", "1001", "--approved", "--hold"),
        ("nudge", SHOT, "--track", 0, "--frame", 1001, "--group", "ears"),
        ("crop", SHOT, "--track", 0, "--frame", 1001, "--by", "3"),
        ("undo", SHOT, "--seen", -1),
    ],
)
def test_wrong_usage(house: House, words: tuple[object, ...]) -> None:
    assert house.run(*words).exit_code == click.UsageError.exit_code
    assert house.made() == []


def test_groups_are_parts_of_the_mesh() -> None:
    groups = {name: set(points) for name, points in LANDMARK_GROUPS.items()}
    assert all(len(points) == len(groups[name]) for name, points in LANDMARK_GROUPS.items())
    assert all(points <= groups["all"] for points in groups.values()) and len(groups["all"]) == 478
    assert not groups["left_eye"] & groups["right_eye"] and len(groups["mouth"]) == 80
    assert (
        {13, 14, 61, 291} <= groups["mouth"] and {468} <= groups["right_eye"] and {473} <= groups["left_eye"]
    )
