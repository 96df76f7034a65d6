"""As an artist would: find the worst frame, mend it, smooth, compare, render, and find it all again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.replaced_shots import PLATE
from tests.room_in_browser import (
    OpenRoom,
    Sheet,
    on_screen,
    open_room,
    opened,
    saved,
    seen,
    wait_for,
    watched,
)

from understudy.domain.edit import (
    Action,
    Mark,
    MarkFrames,
    Mode,
    MoveLandmarks,
    PaintStroke,
    SmoothAlignments,
    UseLayer,
)
from understudy.domain.edit_stack import Step
from understudy.domain.take_frames import TakeFrameState
from understudy.domain.time import FrameRange, parse_frames

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 384, 216
MOUTH_CORNER = 61
JOB_S = 120


@pytest.fixture
def room(tmp_path: Path, replaced_show: Path) -> Iterator[OpenRoom]:
    shutil.copytree(replaced_show, tmp_path / "show")
    with open_room(tmp_path / "show", tmp_path) as room:
        yield room


def test_a_take_is_mended(room: OpenRoom, tmp_path: Path) -> None:
    with room.tab(f"/p/show/shots/{PLATE}/1001/look") as page, watched(page, tmp_path):
        opened(page, 1001, "look")
        frame = go_to_the_worst(page, room)
        paint_a_matte(page, room, frame)
        propagate(page, room, frame)
        drag_a_landmark(page, room, frame)
        smooth(page, room)
        compare(page)
        flag_and_approve(page, room, frame)
        render(page, room)
        standing = room.done(PLATE)
        page.reload()
        opened(page, frame, "convert")
        found_again(page, room, frame)
        assert room.done(PLATE) == standing
        assert {entry.author for entry in room.client.edits(PLATE).entries} == {"Ada"}


def take(room: OpenRoom) -> str:
    return room.client.takes(PLATE)[-1].id


def at_frame(page: Any) -> str:
    """What the timeline tells whoever cannot see it."""
    return str(page.get_by_role("slider", name="Timeline", exact=True).get_attribute("aria-valuetext"))


def kinds(room: OpenRoom) -> list[type[Action]]:
    return [type(action) for action in room.done(PLATE)]


def last(room: OpenRoom) -> Action:
    return room.done(PLATE)[-1]


def go_to_the_worst(page: Any, room: OpenRoom) -> int:
    (worst,) = room.client.take_measures(take(room), limit=1).frames
    page.get_by_role("button", name=re.compile("^Trouble")).click()
    worries = page.get_by_role("region", name="Trouble")
    least = max(0.05, int(worst.trouble * 100) / 100)  # what is nearly as bad may stay
    worries.get_by_role("slider", name="Trouble from").fill(str(least))
    assert str(worst.frame) in worries.get_by_role("listitem").first.inner_text()
    page.get_by_role("button", name=re.compile("^Trouble")).click()
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("Home")
    for _ in range(24):
        if f"frame {worst.frame}," in at_frame(page):
            break
        before = at_frame(page)
        page.keyboard.press("n")
        wait_for(page, partial(moved_on, page, before), why="N goes on")
    on_screen(page, worst.frame)
    assert f"trouble {worst.trouble:.2f}" in at_frame(page)
    assert f"/{worst.frame}/look" in wait_for_address(page, worst.frame)
    return worst.frame


def moved_on(page: Any, before: str) -> bool:
    return at_frame(page) != before


def wait_for_address(page: Any, frame: int) -> str:
    page.wait_for_url(re.compile(f"/{frame}/"))
    return str(page.url)


def paint_a_matte(page: Any, room: OpenRoom, frame: int) -> None:
    page.get_by_role("tab", name="Mattes").click()
    page.get_by_text("preview: the matte of this frame with your strokes").wait_for()
    x, y, side, _ = room.client.solved(PLATE, FrameRange(frame, frame)).square_N4[0].tolist()
    sheet = Sheet(page, WIDTH, HEIGHT)
    before = seen(page, ".stage")
    sheet.stroke((x - 0.2 * side, y + 0.2 * side), (x + 0.2 * side, y + 0.25 * side))
    saved(page)
    stroke = last(room)
    assert isinstance(stroke, PaintStroke) and stroke.frame == frame and stroke.mode is Mode.EXCLUDE
    assert stroke.points[0] == pytest.approx(x - 0.2 * side, abs=1)
    assert stroke.points[1] == pytest.approx(y + 0.2 * side, abs=1)
    wait_for(page, lambda: "keyed matte" in at_frame(page), why="the timeline's mark")
    assert seen(page, ".stage") != before

    page.keyboard.press("Control+z")
    saved(page)
    assert room.done(PLATE) == ()
    wait_for(page, lambda: "keyed matte" not in at_frame(page), why="the mark goes with the stroke")
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert room.done(PLATE) == (stroke,)
    steps = [entry.step for entry in room.client.edits(PLATE).entries]
    assert steps == [Step.DO, Step.UNDO, Step.REDO]
    wait_for(page, lambda: "keyed matte" in at_frame(page), why="the mark is back")


def propagate(page: Any, room: OpenRoom, frame: int) -> None:
    page.keyboard.press("t")
    page.get_by_text(re.compile("Made frames")).wait_for(timeout=JOB_S * 1000)
    (layer,) = room.client.shot_mattes(PLATE).layers
    made = set(parse_frames(layer.layer.frames))
    assert made & {frame - 1, frame + 1} and layer.used == layer.layer.frames
    assert kinds(room)[1:] and set(kinds(room)[1:]) == {UseLayer}
    neighbour = min(made - {frame}, key=lambda one: abs(one - frame))
    page.keyboard.press("ArrowRight" if neighbour > frame else "ArrowLeft")
    wait_for(page, lambda: "propagated matte" in at_frame(page), why="the carried matte on the timeline")
    page.keyboard.press("ArrowLeft" if neighbour > frame else "ArrowRight")
    on_screen(page, frame)


def drag_a_landmark(page: Any, room: OpenRoom, frame: int) -> None:
    page.get_by_role("tab", name="Alignment").click()
    crop = f'.crop-view canvas[aria-label="What it sees, frame {frame}"]'
    settled(page, crop)
    before = seen(page, crop)
    solved = room.client.solved(PLATE, FrameRange(frame, frame))
    x, y = solved.landmarks_NK2[0, MOUTH_CORNER].tolist()
    Sheet(page, WIDTH, HEIGHT).stroke((x, y), (x - 4, y + 2), (x - 12, y + 5))
    saved(page)
    moved = last(room)
    assert isinstance(moved, MoveLandmarks) and moved.frame == frame and len(moved.points) >= 1
    settled(page, crop)
    assert seen(page, crop) != before
    after = room.client.solved(PLATE, FrameRange(frame, frame)).landmarks_NK2[0, list(moved.points)]
    assert abs(after - solved.landmarks_NK2[0, list(moved.points)]).max() > 8
    assert "alignment keyed" in at_frame(page)


def settled(page: Any, crop: str) -> None:
    """The crop is the server's own picture: nothing is under way, nothing stands in for it."""
    page.locator(crop).wait_for()
    caption = page.locator(".crop-view").first.locator("figcaption")
    wait_for(page, lambda: caption.inner_text().strip() == "What it sees", why="the crop's picture")
    page.wait_for_timeout(200)
    wait_for(page, lambda: caption.inner_text().strip() == "What it sees", why="the crop's picture")


def smooth(page: Any, room: OpenRoom) -> None:
    page.get_by_role("tab", name="Curves").click()
    page.get_by_role("region", name="Smoothing").get_by_role("button", name="Usual").click()
    wait_for(page, lambda: isinstance(last(room), SmoothAlignments), why="the smoothing")
    saved(page)
    position = page.get_by_role("slider", name="Position", exact=True)
    assert position.input_value() == "0.7"
    page.locator(".smoothing").get_by_text(re.compile(r"\d → \d")).first.wait_for()


def compare(page: Any) -> None:
    page.get_by_role("tab", name="Look").click()
    page.locator(".stage").hover()
    before = seen(page, ".stage")
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("w")
    picker = page.get_by_label("Comparison")
    assert picker.input_value() == "wipe"
    wait_for(page, lambda: seen(page, ".stage") != before, why="the wipe")
    page.get_by_role("slider", name="Angle", exact=True).fill("45")
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("w")
    assert picker.input_value() != "wipe"


def flag_and_approve(page: Any, room: OpenRoom, frame: int) -> None:
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Note").fill("The mouth swims; mended, look again")
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    saved(page)
    expected = MarkFrames(
        first=frame, last=frame, mark=Mark.FLAGGED, note="The mouth swims; mended, look again"
    )
    assert last(room) == expected
    wait_for(page, lambda: "flagged by Ada: The mouth swims" in at_frame(page), why="the note is told")

    page.keyboard.press("Home")
    on_screen(page, 1001)
    page.keyboard.press("Enter")
    saved(page)
    assert last(room) == MarkFrames(first=1001, last=1001, mark=Mark.APPROVED)
    page.keyboard.press("Control+g")
    page.get_by_role("dialog").get_by_role("textbox").fill(str(frame))
    page.get_by_role("dialog").get_by_role("button", name="Go").click()
    on_screen(page, frame)


def render(page: Any, room: OpenRoom) -> None:
    states = room.client.take_frames(take(room)).states
    changed = states.count(TakeFrameState.CHANGED)
    assert changed == len(states)  # it was smoothed
    page.get_by_role("tab", name="Convert").click()
    page.get_by_role("button", name=f"Render the {changed} changed frames").click()
    words = page.get_by_text(re.compile(f"v001: {len(states)} of {len(states)} frames are as they should be"))
    words.wait_for(timeout=JOB_S * 1000)
    assert set(room.client.take_frames(take(room)).states) == {TakeFrameState.CURRENT}
    assert len(room.client.takes(PLATE)) == 1


def found_again(page: Any, room: OpenRoom, frame: int) -> None:
    saved(page)
    wait_for(page, lambda: "flagged by Ada" in at_frame(page), why="everything is told again")
    told = at_frame(page)
    for words in (
        f"frame {frame},",
        "alignment keyed",
        "keyed matte",
        "as in v001",
        "The mouth swims",
    ):
        assert words in told, (words, told)
    page.get_by_role("group", name="The take").get_by_text("v001 is up to date").wait_for()
    page.get_by_role("button", name="Notes 1").wait_for()
    assert page.get_by_role("slider", name="Timeline", exact=True).get_attribute("aria-valuenow") == str(
        frame
    )
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("ArrowLeft" if frame > 1001 else "ArrowRight")
    wait_for(page, lambda: "propagated matte" in at_frame(page), why="the carried matte")
    page.keyboard.press("Home")
    wait_for(page, lambda: "approved" in at_frame(page), why="the approval")
    page.get_by_role("tab", name="Curves").click()
    assert page.get_by_role("slider", name="Position", exact=True).input_value() == "0.7"
