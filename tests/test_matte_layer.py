"""Matte layers keep every value and say in words what is missing or damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from understudy.domain.errors import BadMatte
from understudy.domain.files import sha256_of
from understudy.domain.frame import Rect
from understudy.matte.layer import (
    INDEX_NAME,
    finish_layer,
    frame_done,
    frame_score,
    layer_index,
    layer_path,
    read_layer,
    trimmed,
    write_layer_frame,
)

WINDOW = Rect(0, 0, 64, 48)
RECT = Rect(10, 8, 20, 16)
MATTE = np.random.default_rng(1).integers(0, 257, (16, 20)).astype(np.float32) / np.float32(
    256
)  # exact as halves


def write(folder: Path, frame: int = 1001, *, outside: float = 0.0, score: float = 0.25) -> None:
    write_layer_frame(
        folder, frame, MATTE, RECT, outside=outside, display_window=WINDOW, people=("p1", "p2"), score=score
    )


@pytest.mark.parametrize("outside", [0.0, 1.0])
@pytest.mark.parametrize(
    "rect", [RECT, WINDOW, Rect(0, 0, 15, 12), Rect(-5, -5, 90, 70), Rect(40, 30, 9, 9), Rect(12, 9, 3, 2)]
)
def test_any_part_of_the_plate_comes_back(tmp_path: Path, rect: Rect, outside: float) -> None:
    write(tmp_path, outside=outside)
    whole = np.full((200, 200), outside, np.float32)
    whole[58:74, 60:80] = MATTE
    wanted = whole[50 + rect.y : 50 + rect.y1, 50 + rect.x : 50 + rect.x1]
    read = read_layer(tmp_path, 1001, rect)
    assert read.dtype == np.float32 and np.array_equal(read, wanted)


def test_the_file_is_an_ordinary_exr_that_names_the_people(tmp_path: Path) -> None:
    write(tmp_path)
    with OpenEXR.File(str(layer_path(tmp_path, 1001))) as file:
        header = file.header()
        assert header["understudyPeople"] == "p1 p2"
        assert tuple(header["displayWindow"][1]) == (63, 47) and tuple(header["dataWindow"][0]) == (10, 8)
        assert list(file.channels()) == ["A"] and file.channels()["A"].pixels.dtype == np.float16


def test_the_index_is_written_last_and_holds_hashes_scores_and_notes(tmp_path: Path) -> None:
    write(tmp_path, 1001, score=0.25)
    write(tmp_path, 1002, score=0.75)
    with pytest.raises(BadMatte, match="no finished matte layer"):
        layer_index(tmp_path)
    outcome = finish_layer(
        tmp_path, [1002, 1001], origin="propagate", people=("p1",), name="net", notes=("n",)
    )
    assert (outcome.frames, outcome.scores, outcome.notes) == ((1001, 1002), {1001: 0.25, 1002: 0.75}, ("n",))
    index = layer_index(tmp_path)
    assert (index.origin, index.name, index.people) == ("propagate", "net", ("p1",))
    assert index.frames[1002].sha256 == sha256_of(layer_path(tmp_path, 1002))
    assert index.frames[1002].score == 0.75


def test_an_unfinished_layer_cannot_be_finished(tmp_path: Path) -> None:
    write(tmp_path, 1001)
    with pytest.raises(BadMatte, match=r"lacks frames 1002-1003"):
        finish_layer(tmp_path, [1001, 1002, 1003], origin="propagate", people=())
    assert not (tmp_path / INDEX_NAME).exists()


def test_a_missing_frame_and_a_damaged_one_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(BadMatte, match="has no frame 1002"):
        read_layer(tmp_path, 1002, RECT)
    path = layer_path(tmp_path, 1001)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadMatte, match="damaged"):
        read_layer(tmp_path, 1001, RECT)
    assert not frame_done(tmp_path, 1001)


def test_only_whole_frames_of_a_layer_count_as_done(tmp_path: Path) -> None:
    assert not frame_done(tmp_path, 1001)
    write(tmp_path, score=0.5)
    assert frame_done(tmp_path, 1001) and frame_score(tmp_path, 1001) == 0.5
    layer_path(tmp_path, 1002).write_text("not a picture")
    assert not frame_done(tmp_path, 1002)
    layer_path(tmp_path, 1003).touch()
    assert not frame_done(tmp_path, 1003)


def test_a_matte_that_does_not_fill_its_rect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMatte, match="20x16"):
        write_layer_frame(tmp_path, 1001, MATTE, WINDOW, outside=0, display_window=WINDOW, people=())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("background", [0.0, 1.0])
def test_a_whole_frame_is_trimmed_to_what_is_worth_keeping(background: float) -> None:
    whole = np.full((48, 64), background, np.float32)
    whole[8:24, 10:30] = 0.5
    part, rect, outside = trimmed(whole)
    assert (rect, outside) == (RECT, background) and (part == 0.5).all()
    part, rect, outside = trimmed(np.full((48, 64), background, np.float32))
    assert (part.shape, outside) == ((1, 1), background)
