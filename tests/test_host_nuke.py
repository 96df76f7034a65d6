"""Nuke's adapter over the fake: what only Nuke does; the rest is in test_edit_hosts.py."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.edit_hosts import contract, fake_nuke, nuke_stage
from tests.edit_hosts.contract import clip, lay, take, timeline, track, uid_at
from tests.edit_hosts.nuke_stage import NukeStage

from understudy.domain.time import Timecode
from understudy_bridge.core.rates import rate_of_float
from understudy_bridge.daemon.snapshot import sequence_of
from understudy_bridge.panel.host import HostRefused, Table
from understudy_bridge.panel.rates import exact_rate, frame_of_timecode


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[NukeStage]:
    made = nuke_stage.stage(tmp_path)
    made.build(contract.two_clips(made))
    yield made
    made.close()


def reads() -> list[Any]:
    return sorted(fake_nuke.allNodes("Read"), key=lambda node: str(node.name()))


def told(stage: NukeStage, record_in: int) -> Table:
    return contract.at(stage.host, record_in)[1]


def problem(stage: NukeStage, record_in: int) -> str:
    (found,) = told(stage, record_in)["problems"]
    assert found["refuses"] is True
    return str(found["message"])


@pytest.mark.parametrize("mode", ["start at", "offset", "expression"])
def test_every_way_to_place_a_read_is_told_alike(stage: NukeStage, mode: str) -> None:
    node = reads()[0]
    first, shown = node.firstFrame(), node["first"].value()
    node["frame_mode"].setValue(mode)
    text = {"start at": str(first), "offset": str(shown - first), "expression": f" frame+ {shown - first}"}[
        mode
    ]
    node["frame"].setValue(text)
    found = told(stage, 10)
    assert (found["duration"], contract.index_of(found), found["problems"]) == (20, 12, [])


@pytest.mark.parametrize("said", ["inf", "nan", "1e999", "1.5"])
@pytest.mark.parametrize("mode", ["start at", "offset"])
def test_a_read_that_begins_nowhere_is_refused(stage: NukeStage, mode: str, said: str) -> None:
    node = reads()[0]
    node["frame_mode"].setValue(mode)
    node["frame"].setValue(said)
    (found,) = [
        one for lane in stage.host.timeline()["tracks"] for one in lane["clips"] if one["name"] == node.name()
    ]
    assert found["problems"][0]["refuses"] and said in found["problems"][0]["message"]


def test_what_nuke_throws_is_told_and_the_read_is_gone(
    stage: NukeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throws(node: Any, name: str) -> None:
        raise ValueError("no such name")

    number, made, before = contract.free_track(stage.host), take(stage, 10, 20), stage.host.timeline()
    monkeypatch.setattr(fake_nuke.Node, "setName", throws)
    with pytest.raises(HostRefused, match="no such name"):
        lay(stage, number, made)
    assert stage.host.timeline() == before


def test_a_read_whose_frames_an_expression_bends_is_refused(stage: NukeStage) -> None:
    node = reads()[0]
    node["frame_mode"].setValue("expression")
    node["frame"].setValue("frame*2")
    found = [one for _, one in contract.clips_of(stage.host.timeline()) if one["problems"]]
    assert [one["curve"] for one in found] == ["its frames follow the expression 'frame*2'"]
    assert found[0]["problems"][0]["refuses"]


def test_where_nuke_and_the_knobs_disagree_nothing_is_sent(stage: NukeStage) -> None:
    fake_nuke.script.misplaces = 2
    assert "its knobs say 10 to 29" in problem(stage, 10)


@pytest.mark.parametrize(
    ("said", "path", "against"),
    [
        ("plates/a.%04d.exr", "/job/plates/a.####.exr", ""),
        ("C:\\job\\a.%06d.exr", "C:/job/a.######.exr", ""),
        ("/job/a.%d.exr", "/job/a.#.exr", ""),
        ("$JOB/a.exr", "", "expression"),
        ("/job/%V/a.exr", "", "views"),
        ("", "", "names no file"),
    ],
)
def test_paths_are_whole_and_never_run(stage: NukeStage, said: str, path: str, against: str) -> None:
    fake_nuke.root()["project_directory"].setValue("/job/")
    node = reads()[0]
    ends = {key: node[key].value() for key in ("first", "last")}
    node["file"].setValue(said)
    for key, value in ends.items():
        node[key].setValue(value)
    if against:
        assert told(stage, 10)["media"] is None and against in problem(stage, 10)
    else:
        assert told(stage, 10)["media"]["path"] == path


def test_an_expression_in_a_path_is_not_evaluated(stage: NukeStage) -> None:
    node = reads()[0]
    node["file"]._value = "/job/[exec rm -rf]/a.exr"
    assert "expression" in problem(stage, 10)
    fake_nuke.root()["project_directory"]._value = "[python nuke.scriptName()]"
    node["file"]._value = "a.exr"
    assert "relative" in problem(stage, 10)


def test_a_script_read_as_a_plate_is_refused(stage: NukeStage) -> None:
    reads()[0]["file"]._value = "/job/comp.nk"
    assert "render that" in problem(stage, 10)


def test_the_proxy_is_not_the_plate(stage: NukeStage) -> None:
    before = told(stage, 10)["media"]["path"]
    reads()[0]["proxy"].setValue("/job/proxy.mov")
    assert told(stage, 10)["media"]["path"] == before


def test_reads_before_the_scripts_first_frame_begin_the_timeline(stage: NukeStage) -> None:
    fake_nuke.root()["first_frame"].setValue(25)
    found = stage.host.timeline()
    assert found["start_frame"] == 10
    assert [one["record_in"] for _, one in contract.clips_of(found)] == [0, 30]
    stage.host.seek(5)
    assert fake_nuke.frame() == 15


def test_a_take_leaves_the_script_and_the_selection_alone(stage: NukeStage) -> None:
    root = {key: fake_nuke.root()[key].value() for key in ("first_frame", "last_frame")}
    reads()[0].selected_ = True
    number = contract.free_track(stage.host)
    lay(stage, number, take(stage, 10, 20))
    assert {key: fake_nuke.root()[key].value() for key in root} == root
    assert [node.isSelected() for node in reads()].count(True) == 1
    (made,) = [node for node in reads() if node["file"].value().endswith("take_v001.%04d.exr")]
    assert (made["first"].value(), made["last"].value()) == (993 + 8, 993 + 27), "the files' own numbers"
    assert (made["origfirst"].value(), made["origlast"].value()) == (993, 993 + 59)
    assert fake_nuke.script.undo_names[-1] == "Understudy: lay" and fake_nuke.script.undo_depth == 0


def test_a_read_that_lies_elsewhere_is_taken_away_again(stage: NukeStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    before = len(reads())
    fake_nuke.script.misplaces = 1
    with pytest.raises(HostRefused) as caught:
        lay(stage, number, made)
    assert caught.value.kind == "Misplaced" and len(reads()) == before
    assert fake_nuke.script.undo_depth == 0
    fake_nuke.script.misplaces = 0
    lay(stage, number, made)
    was = stage.host.timeline()
    fake_nuke.script.misplaces = 1
    step = {"do": "swap", "track": number, "uid": "take-uid", "was": made}
    with pytest.raises(HostRefused):
        stage.host.carry_out({**step, "clip": take(stage, 10, 20, 3, version=2)})
    fake_nuke.script.misplaces = 0
    assert stage.host.timeline() == was


def test_what_hangs_below_and_what_was_set_come_back_with_an_undo(stage: NukeStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    lay(stage, number, made)
    (node,) = [one for one in reads() if "take" in one["file"].value()]
    merge = fake_nuke.nodes.Merge2()
    merge.setInput(1, node)
    node["label"].setValue("graded")
    node["colorspace"].setValue("ACES - ACEScg\tACES/ACEScg")
    node.addKnob(fake_nuke.String_Knob("studio", value="theirs"))
    undo = stage.host.carry_out({"do": "lift", "track": number, "uid": "take-uid", "clip": made})
    assert merge.input(1) is None
    stage.host.carry_out(undo)
    (back,) = [one for one in reads() if "take" in one["file"].value()]
    assert merge.input(1) is back
    assert (back["label"].value(), back["studio"].value()) == ("graded", "theirs")
    assert "take-uid" in [one["uid"] for _, one in contract.clips_of(stage.host.timeline())]
    fresh = take(stage, 10, 20, 3, version=2)
    stage.host.carry_out({"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": made})
    assert merge.input(1) is back and back["label"].value() == "graded"


def test_a_copy_lies_on_a_track_of_its_own_where_frames_meet(stage: NukeStage) -> None:
    contract.free_track(stage.host)
    stage.host.mark(uid_at(stage, 10), "ident")
    fake_nuke.pasted(stage._node("ident"))
    found = stage.host.timeline()
    sequence_of(found)
    assert [one["uid"] for _, one in contract.clips_of(found)].count("ident") == 2
    with pytest.raises(HostRefused, match="copies"):
        stage.host.mark("ident", "other")


def test_layers_of_a_composite_are_no_clips(stage: NukeStage) -> None:
    from understudy_bridge.hosts.nuke import identity

    identity.keep(reads()[0], {"part": "beauty"})
    assert len(contract.clips_of(stage.host.timeline())) == 1


def test_spoilt_knobs_are_read_as_none(stage: NukeStage) -> None:
    from understudy_bridge.hosts.nuke import identity

    node = reads()[0]
    identity.keep(node, {"uid": "ident"})
    for text in ("", "no base64", base64.b64encode(b"[1]").decode(), base64.b64encode(b"\xff").decode()):
        node["understudy"].setValue(text)
        assert identity.kept(node) == {}
    node["understudy"].setValue(base64.b64encode(b'{"ours": 3, "track": [], "uid": 4}').decode())
    sequence_of(stage.host.timeline())


def test_to_look_at_a_script_does_not_change_it(stage: NukeStage) -> None:
    fake_nuke.script.modified = False
    stage.host.about()
    stage.host.timeline()
    stage.host.selected()
    assert not fake_nuke.modified()


@pytest.mark.parametrize("frames", [59, 61])
def test_frames_that_are_not_the_takes_are_refused(stage: NukeStage, tmp_path: Path, frames: int) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    if frames == 59:
        (tmp_path / "take_v001.0993.exr").unlink()
    else:
        (tmp_path / "take_v001.0992.exr").write_bytes(b"")
    contract.refused(stage, {"do": "lay", "track": number, "clip": made}, "MediaMissing")


def test_a_path_that_nuke_would_run_is_refused(stage: NukeStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    made["media"]["path"] = "/job/[exit]/take.mov"
    contract.refused(stage, {"do": "lay", "track": number, "clip": made}, "Unsupported")


def test_takes_get_the_colour_space_that_the_script_knows(stage: NukeStage) -> None:
    number = contract.free_track(stage.host)
    for record_in, space, set_to in ((10, "ACES - ACEScg", "ACES - ACEScg"), (40, "unheard of", "default")):
        made = take(stage, record_in, 10)
        made["media"] = {**made["media"], "colour_space": space}
        lay(stage, number, {**made, "uid": f"take {record_in}"})
        assert stage._node(f"take {record_in}")["colorspace"].value() == set_to


def test_the_daemon_reads_every_timeline_of_the_fake(stage: NukeStage) -> None:
    for rate in ("24000/1001", "25", "30000/1001", "60000/1001"):
        media = contract.plate(stage, f"plate {rate.replace('/', '-')}", rate, None)
        stage.build(timeline(track(1, clip("A", media, 3, 4, 1)), rate=rate, start_frame=1001))
        sequence = sequence_of(stage.host.timeline())
        assert str(sequence.rate) == rate and sequence.start_frame == 1001


@pytest.mark.parametrize(
    "value", [23.976, 23.98, 23.976023976, 24, 25, 29.97, 30, 47.952, 59.94, 119.88, 12.5]
)
def test_rates_are_what_the_bridges_core_makes_of_them(value: float) -> None:
    assert exact_rate(value) == rate_of_float(value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e9])
def test_what_is_no_rate_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no frame rate"):
        exact_rate(value)


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "60000/1001"])
@pytest.mark.parametrize("drop", [False, True])
def test_timecode_names_the_frame_that_it_is_written_for(rate: str, drop: bool) -> None:
    exact = Fraction(rate)
    drops = drop and exact.denominator == 1001 and round(exact) % 30 == 0
    for frame in (0, 1, 1799, 1800, 17981, 17982, 86399, 107892, 500_000):
        text = str(Timecode(frame, exact, drops))
        assert frame_of_timecode(text, exact) == (frame, drops)
    assert frame_of_timecode("01:00:61:00", exact) is None
    assert frame_of_timecode("soon", exact) is None
