"""What of Blender's own editing the adapter tells, keeps and refuses; in the real Blender."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.edit_hosts.blender_stage import VERSIONS, BlenderStage
from tests.edit_hosts.coded_movies import HEIGHT_PX, WIDTH_PX, coded_movie
from tests.edit_hosts.contract import at, clip, clips_of, lay, look, refused, take, timeline, track, two_clips

from understudy_bridge.panel.host import HostRefused, Table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=VERSIONS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderStage]:
    made = BlenderStage(request.param, tmp_path_factory.mktemp("blender"))
    yield made
    made.close()


@pytest.fixture
def built(stage: BlenderStage) -> BlenderStage:
    """A at frames 10-29 and B at 40-55 on channel 1."""
    stage.build(two_clips(stage))
    return stage


def problems_at(stage: BlenderStage, record_in: int) -> list[tuple[str, bool]]:
    return [(one["kind"], one["refuses"]) for one in at(stage.host, record_in)[1]["problems"]]


NEW_EFFECT = """
def effect(type, channel, start, one, other=None):
    five = bpy.app.version >= (5, 0)
    names = ("input1", "input2") if bpy.app.version >= (4, 5) else ("seq1", "seq2")
    inputs = {name: strip for name, strip in zip(names, (one, other)) if strip is not None}
    length = {"length": 10} if five else {"frame_end": start + 10}
    return strips.new_effect(name=type, type=type, channel=channel, frame_start=start, **length, **inputs)
"""


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("strips['A'].strobe = 3", "strobe"),
        ("strips['A'].use_reverse_frames = True", "reversed"),
        ("strips['A'].blend_type = 'MULTIPLY'", "blended"),
        ("strips['A'].blend_alpha = 0.5", "blended"),
        ("strips['A'].transform.keyframe_insert('offset_x', frame=3)", "animated"),
        ("strips['A'].keyframe_insert('blend_alpha', frame=3)", "animated"),
        ("strips['A'].driver_add('color_saturation')", "animated"),
        (NEW_EFFECT + "effect('GAUSSIAN_BLUR', 3, 10, strips['A'])", "effect_input"),
    ],
)
def test_what_a_take_would_not_follow_is_refused(built: BlenderStage, source: str, kind: str) -> None:
    assert problems_at(built, 40) == []
    built.run(source)
    assert (kind, True) in problems_of(built, "A")
    assert problems_at(built, 40) == []


def problems_of(stage: BlenderStage, name: str) -> list[tuple[str, bool]]:
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["name"] == name]
    return [(one["kind"], one["refuses"]) for one in found["problems"]]


def test_a_cross_stands_against_both_its_shots(built: BlenderStage) -> None:
    built.run(NEW_EFFECT + "effect('CROSS', 4, 30, strips['A'], strips['B'])")
    assert problems_of(built, "A") == problems_of(built, "B") == [("effect_input", True)]


def test_a_grade_is_told_as_not_on_the_take(built: BlenderStage) -> None:
    built.run("strips['A'].modifiers.new(name='g', type='BRIGHT_CONTRAST')")
    assert problems_at(built, 10) == [("graded", False)]


def test_a_speed_is_told(stage: BlenderStage, built: BlenderStage) -> None:
    if not stage.run("answer = hasattr(strips['A'], 'speed_factor')"):
        pytest.skip("retiming keys, which crash Blender when a script adds them")
    stage.run("strips['A'].speed_factor = 2")
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["name"] == "A"]
    assert found["speed"] == "2"
    assert ("retimed", True) in problems_of(stage, "A")


def test_a_sound_takes_its_channel_and_shows_nothing(stage: BlenderStage, built: BlenderStage) -> None:
    stage.run(
        "import os, tempfile, wave\n"
        "path = os.path.join(tempfile.mkdtemp(), 'tone.wav')\n"
        "with wave.open(path, 'wb') as made:\n"
        "    made.setparams((1, 2, 48000, 0, 'NONE', ''))\n"
        "    made.writeframes(bytes(2 * 48000))\n"
        "strips.new_sound('tone', path, 2, 10)"
    )
    number, found = at_name(stage, "tone")
    assert (number, found["media"], found["enabled"]) == (2, None, False)
    refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 15, 5)}, "Occupied")
    stage.run("strips['tone'].select = True; strips['A'].select = True; strips['B'].select = False")
    assert stage.host.selected() == [at_name(stage, "A")[1]["uid"]]


def at_name(stage: BlenderStage, name: str) -> tuple[int, Table]:
    (found,) = [pair for pair in clips_of(stage.host.timeline()) if pair[1]["name"] == name]
    return found


def test_what_is_hidden_is_told_so(built: BlenderStage) -> None:
    built.run("strips['A'].mute = True; bpy.context.scene.sequence_editor.channels[2].mute = True")
    told = built.host.timeline()
    assert not at(built.host, 10)[1]["enabled"]
    assert [one["enabled"] for one in told["tracks"]] == [True, False]


def test_strips_within_a_meta_are_reached_when_it_is_open(built: BlenderStage) -> None:
    built.run(
        "meta = strips.new_meta('scene 4', 3, 10)\n"
        "strips['A'].move_to_meta(meta)\n"
    )  # fmt: skip
    number, found = at_name(built, "scene 4")
    assert (number, found["nested"], found["media"]) == (3, True, None)
    built.run(
        "bpy.context.scene.sequence_editor.display_stack(strips['scene 4'])" if is_new(built) else OPEN_OLD
    )
    told = built.host.timeline()
    assert told["name"].endswith("/scene 4")
    assert [one["name"] for _, one in clips_of(told)] == ["A"]
    built.host.mark(at_name(built, "A")[1]["uid"], "inside")
    lay(built, 2, take(built, 10, 20))
    assert [(number, one["uid"]) for number, one in clips_of(built.host.timeline())] == [
        (1, "inside"),
        (2, "take-uid"),
    ]


def is_new(stage: BlenderStage) -> bool:
    return bool(stage.run("answer = hasattr(bpy.context.scene.sequence_editor, 'display_stack')"))


OPEN_OLD = """
window = bpy.context.window_manager.windows[0]
area = window.screen.areas[0]
area.type = "SEQUENCE_EDITOR"
area.spaces[0].view_type = "SEQUENCER"
for strip in strips:
    strip.select = strip.name == "scene 4"
bpy.context.scene.sequence_editor.active_strip = strips["scene 4"]
with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
    bpy.ops.sequencer.meta_toggle()
"""


def test_one_half_of_a_split_shot_stays_the_shot(built: BlenderStage) -> None:
    built.host.mark(at_name(built, "A")[1]["uid"], "ident")
    built.run("strips['A'].split(frame=18, split_method='SOFT')")
    told = clips_of(built.host.timeline())
    assert look(built.host.timeline())[:2] == [
        (10, 8, 12, told[0][1]["media"]["path"]),
        (18, 12, 20, told[0][1]["media"]["path"]),
    ]
    assert [one["uid"] == "ident" for _, one in told] == [True, False, False]
    built.host.mark(told[1][1]["uid"], "right half")
    assert [one["uid"] for _, one in clips_of(built.host.timeline())][:2] == ["ident", "right half"]


FRAMING = """
strip = strips["A"]
strip.transform.scale_x, strip.transform.scale_y, strip.transform.rotation = 1.5, 0.75, 0.25
strip.transform.offset_x, strip.transform.offset_y = 3, -2
strip.crop.min_x, strip.crop.max_y = 8, 4
strip.use_flip_x = True
strip.colorspace_settings.name = "Non-Color"
"""
TOLD_FRAMING = """
strip = next(one for one in strips if one.get("understudy_uid") == "take-uid")
turn, cut = strip.transform, strip.crop
answer = [turn.scale_x, turn.scale_y, turn.rotation, turn.offset_x, turn.offset_y, cut.min_x, cut.max_y,
          strip.use_flip_x, strip.colorspace_settings.name, strip.select]
"""


def test_a_take_falls_on_the_pixels_of_its_shot(built: BlenderStage) -> None:
    built.host.mark(at_name(built, "A")[1]["uid"], "ident-ä")
    built.run(FRAMING)
    lay(built, 2, take(built, 10, 20))
    assert built.run(TOLD_FRAMING) == [1.5, 0.75, 0.25, 3, -2, 8, 4, True, "Non-Color", False]


DRESSED = """
strip = next(one for one in strips if one.get("understudy_uid") == "take-uid")
strip.transform.offset_x, strip.color_multiply, strip.blend_alpha = 7, 1.25, 0.5
grade = strip.modifiers.new(name="grade", type="COLOR_BALANCE")
grade.color_balance.gain = (1.5, 1, 0.5)
bend = strip.modifiers.new(name="bend", type="CURVES")
bend.curve_mapping.curves[3].points.new(0.25, 0.75)
bend.mute = True
"""
TOLD_DRESS = """
strip = next(one for one in strips if one.get("understudy_uid") == "take-uid")
grade, bend = strip.modifiers
answer = [strip.transform.offset_x, strip.color_multiply, strip.blend_alpha, list(grade.color_balance.gain),
          bend.mute, [list(point.location) for point in bend.curve_mapping.curves[3].points], strip.channel]
"""


def test_a_swap_keeps_the_grade_and_a_lifted_take_gets_it_back(built: BlenderStage) -> None:
    was = take(built, 10, 20)
    lay(built, 2, was)
    built.run(DRESSED)
    dress, before = built.run(TOLD_DRESS), built.host.timeline()
    fresh = take(built, 10, 20, 3, version=2)
    undo = built.host.carry_out({"do": "swap", "track": 2, "uid": "take-uid", "clip": fresh, "was": was})
    assert built.run(TOLD_DRESS) == dress
    built.host.carry_out(undo)
    assert built.run(TOLD_DRESS) == dress and built.host.timeline() == before
    _, found = at_name(built, was["name"])
    undo = built.host.carry_out({"do": "lift", "track": 2, "uid": "take-uid", "clip": found})
    assert len(clips_of(built.host.timeline())) == 2
    built.host.carry_out(undo)
    assert built.run(TOLD_DRESS) == dress and built.host.timeline() == before


def test_a_take_that_an_effect_shows_is_not_lifted(built: BlenderStage) -> None:
    made = take(built, 10, 20)
    lay(built, 2, made)
    built.run(NEW_EFFECT + "effect('GAUSSIAN_BLUR', 3, 10, strips['take_v001_60_24.mov'])")
    refused(built, {"do": "lift", "track": 2, "uid": "take-uid", "clip": made}, "Unsupported")


def test_a_locked_strip_stays_as_it_is(built: BlenderStage) -> None:
    made = take(built, 10, 20)
    lay(built, 2, made)
    built.run("strips['take_v001_60_24.mov'].lock = True")
    refused(built, {"do": "lift", "track": 2, "uid": "take-uid", "clip": made}, "Locked")
    step = {"do": "swap", "track": 2, "uid": "take-uid", "clip": take(built, 10, 20, 3, 2), "was": made}
    refused(built, step, "Locked")


def test_a_take_without_the_frames_is_refused(built: BlenderStage) -> None:
    refused(built, {"do": "lay", "track": 2, "clip": take(built, 60, 20, 45)}, "TakeTooShort")
    refused(built, {"do": "lay", "track": 2, "clip": take(built, 60, 20, -1)}, "TakeTooShort")
    made = take(built, 60, 20)
    lay(built, 2, made)
    step = {"do": "swap", "track": 2, "uid": "take-uid", "clip": take(built, 60, 20, 45, 2), "was": made}
    refused(built, step, "TakeTooShort")


def test_a_longer_version_does_not_push_its_neighbours(built: BlenderStage) -> None:
    """Blender moves a strip that grows over another; a swap must not."""
    was = take(built, 10, 20, 20)
    lay(built, 2, {**take(built, 5, 5), "uid": "before"})
    lay(built, 2, was)
    lay(built, 2, {**take(built, 30, 5), "uid": "behind"})
    before = [one for one in look(built.host.timeline()) if one[0] != 10]
    longer = built.media("take_long", 200, "24", 1001)
    fresh = clip("take-uid", longer, 10, 20, 3, name="v2", ours=was["ours"])
    built.host.carry_out({"do": "swap", "track": 2, "uid": "take-uid", "clip": fresh, "was": was})
    after = look(built.host.timeline())
    assert [one for one in after if one[0] != 10] == before
    assert (10, 20, 3, longer["path"]) in after


def test_a_file_that_is_no_movie_is_refused(built: BlenderStage, tmp_path: Path) -> None:
    (tmp_path / "take.mov").write_bytes(b"no movie at all")
    made = take(built, 10, 20)
    text = {**made, "media": {**made["media"], "path": str(tmp_path / "take.mov")}}
    refused(built, {"do": "lay", "track": 2, "clip": text}, "MediaMissing")


def test_a_scene_without_strips_is_refused(built: BlenderStage) -> None:
    built.run("bpy.context.scene.sequence_editor_clear()")
    with pytest.raises(HostRefused) as caught:
        built.host.timeline()
    assert caught.value.kind == "NotOnTimeline"


def test_neither_selection_nor_frame_change(built: BlenderStage) -> None:
    told = (
        "scene = bpy.context.scene\n"
        "answer = [scene.frame_current, [one.name for one in strips if one.select], "
        "getattr(scene.sequence_editor.active_strip, 'name', None)]"
    )
    built.run(
        "bpy.context.scene.frame_current = 17; bpy.context.scene.sequence_editor.active_strip = strips['B']"
    )
    built.run("strips['B'].select = True")
    before = built.run(told)
    made = take(built, 10, 20)
    lay(built, 2, made)
    built.host.timeline()
    built.host.carry_out(
        {"do": "swap", "track": 2, "uid": "take-uid", "clip": take(built, 10, 20, 3, 2), "was": made}
    )
    assert built.run(told) == before


def test_frames_are_blenders_own(stage: BlenderStage) -> None:
    media = stage.media("plate", 60, "24000/1001", None)
    stage.build(timeline(track(1, clip("A", media, 100, 20, 5)), rate="24000/1001"))
    told = stage.host.timeline()
    assert told["start_frame"] == 0 and told["rate"] == "24000/1001"
    stage.run("strips['A'].frame_start -= 200")
    told = stage.host.timeline()
    assert (told["start_frame"], clips_of(told)[0][1]["record_in"]) == (0, 0), "none is negative"
    made = take(stage, 3, 10)
    lay(stage, 2, made)
    assert stage.run("answer = strips['take_v001_60_24000-1001.mov'].frame_final_start") == -97


def test_paths_may_be_made_relative(built: BlenderStage) -> None:
    lay(built, 2, take(built, 10, 20))
    built.save_and_reload()
    before = built.host.timeline()
    built.run("bpy.ops.file.make_paths_relative()")
    assert built.run("answer = strips['A'].filepath").startswith("//")
    assert built.host.timeline() == before


def test_a_strip_that_holds_its_first_picture_is_told_as_beyond_its_media(built: BlenderStage) -> None:
    built.run("strips['A'].frame_offset_start = -3")
    _, found = at_name(built, "A")
    assert (found["source_in"], found["duration"]) == (-3, 35)


@pytest.mark.parametrize("scale", [2, 1.5])
def test_a_take_of_another_size_falls_on_the_same_pixels(
    built: BlenderStage, tmp_path: Path, scale: float
) -> None:
    """The shot stands small in a corner, cropped; its take has more pixels and the same picture."""
    built.host.mark(at_name(built, "A")[1]["uid"], "ident-ä")
    built.run(
        "strips['A'].transform.scale_x = strips['A'].transform.scale_y = 0.5\n"
        "strips['A'].transform.offset_x, strips['A'].transform.offset_y = 16, -9\n"
        "strips['A'].crop.min_x = 16"
    )
    alone = picture_at(built, tmp_path, 10)
    wide, high = round(WIDTH_PX * scale), round(HEIGHT_PX * scale)
    number = built.number(at_name(built, "A")[1]["media"])
    large = coded_movie(tmp_path / "large.mov", number, 40, Fraction(24), size_px=(wide, high))
    media = {"path": str(large), "name": "large", "rate": "24", "start": 0, "frames": 40}
    made = {**take(built, 10, 20), "media": media, "source_in": 12}
    lay(built, 2, made)
    both = picture_at(built, tmp_path, 10)
    assert (alone > 60).any() and np.abs(both - alone).mean() < 2
    built.run("strips['A'].mute = True")
    assert np.abs(picture_at(built, tmp_path, 10) - alone).mean() < 6, "the take covers what the shot did"


def picture_at(stage: BlenderStage, folder: Path, frame: int) -> np.ndarray:
    stage.host.call("render", str(folder), frame, frame)
    read = cv2.imread(str(folder / f"{frame:04d}.png"))
    assert read is not None
    return read.astype(np.float32)
