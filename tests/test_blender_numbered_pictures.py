"""Takes and shots that are numbered pictures, in the real Blender."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from tests.edit_hosts.blender_stage import VERSIONS, BlenderStage
from tests.edit_hosts.coded_movies import coded_picture, read_movie
from tests.edit_hosts.contract import clip, clips_of, lay, refused, take, two_clips

from understudy_bridge.panel.host import Table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=VERSIONS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderStage]:
    made = BlenderStage(request.param, tmp_path_factory.mktemp("blender"))
    yield made
    made.close()


@pytest.fixture
def built(stage: BlenderStage) -> BlenderStage:
    stage.build(two_clips(stage))
    return stage


def told_take(stage: BlenderStage) -> Table:
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
    return found


def pictures(folder: Path, first: int, count: int) -> Table:
    folder.mkdir()
    for number in range(first, first + count):
        write_png(folder / f"pl_v001.{number}.png", coded_picture(9, number - first))
    path = str(folder / "pl_v001.####.png")
    return {"path": path, "name": "pl_v001.####.png", "rate": "24", "start": first, "frames": count}


def write_png(path: Path, rgb_HW3: Any) -> None:
    assert cv2.imwrite(str(path), rgb_HW3[..., ::-1])


def test_numbered_pictures_have_the_numbers_of_their_files(built: BlenderStage, tmp_path: Path) -> None:
    media = pictures(tmp_path / "pl", 1001, 30)
    made = clip("take-uid", media, 10, 12, 9, ours={"shot": "s", "version": 1})
    undo = lay(built, 2, made)
    found = told_take(built)
    assert (found["source_in"], found["duration"], found["record_in"]) == (1010, 12, 10)
    assert {key: found["media"][key] for key in media} == media
    built.run("del strips['take-uid']['understudy_media']")
    assert told_take(built)["source_in"] == 1010, "also when it is no take of ours"
    built.host.carry_out(undo)
    gone = {**made, "media": {**media, "frames": 31}}
    refused(built, {"do": "lay", "track": 2, "clip": gone}, "MediaMissing")


@pytest.mark.parametrize(("frames", "index"), [(40, 14), (20, 5), (30, 9)])
def test_numbered_pictures_are_swapped_in_place(
    built: BlenderStage, tmp_path: Path, frames: int, index: int
) -> None:
    first = clip("take-uid", pictures(tmp_path / "v1", 1001, 30), 10, 12, 9, ours={"shot": "s", "version": 1})
    lay(built, 2, first)
    lay(built, 2, {**take(built, 22, 5), "uid": "behind"})
    built.run("strips['take-uid'].color_multiply = 0.75")
    before = built.host.timeline()
    media = pictures(tmp_path / "v2", 1001, frames)
    second = clip("take-uid", media, 10, 12, index, ours={"shot": "s", "version": 2})
    undo = built.host.carry_out({"do": "swap", "track": 2, "uid": "take-uid", "clip": second, "was": first})
    found = told_take(built)
    assert (found["source_in"], found["duration"], found["record_in"]) == (1001 + index, 12, 10)
    assert {key: found["media"][key] for key in media} == media
    assert built.run("answer = strips['take-uid'].color_multiply") == 0.75
    built.host.call("render", str(tmp_path), 10, 21)
    seen = [read_movie(tmp_path / f"{frame:04d}.png")[0] for frame in (10, 21)]
    assert seen == [(9, index), (9, index + 11)]
    missing = {**second, "media": {**media, "frames": frames + 1}}
    refused(
        built, {"do": "swap", "track": 2, "uid": "take-uid", "clip": missing, "was": second}, "MediaMissing"
    )
    movie = take(built, 10, 12, version=3)
    refused(built, {"do": "swap", "track": 2, "uid": "take-uid", "clip": movie, "was": second}, "Unsupported")
    built.host.carry_out(undo)
    assert built.host.timeline() == before
