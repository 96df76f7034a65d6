"""Timelines through files and back: whatever a format can carry comes back exactly."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.bridge_timelines import RATES, fixed_timeline, timelines

from understudy.domain.time import Timecode
from understudy_bridge.core.rates import can_drop, timecode_text
from understudy_bridge.core.timeline import (
    Clip,
    Effect,
    Gap,
    Media,
    Nested,
    Retime,
    Sequence,
    Track,
    Transition,
    numbered,
    tidy,
)
from understudy_bridge.interchange import aaf
from understudy_bridge.interchange.edl import edl_of_text
from understudy_bridge.interchange.edl_write import edl_text
from understudy_bridge.interchange.fcp7_xml import fcp7_of_bytes, fcp7_text
from understudy_bridge.interchange.fcpxml import fcpxml_text, seconds_text
from understudy_bridge.interchange.formats import FORMATS, read_timeline, write_timeline
from understudy_bridge.interchange.otio_file import otio_of_text, otio_text
from understudy_bridge.interchange.safe_xml import Node, parse_xml, xml_text

FEW = settings(max_examples=40, deadline=None)


@FEW
@given(timelines(audio=True))
def test_otio_keeps_everything(sequence: Sequence) -> None:
    reading = otio_of_text(otio_text(sequence), "t.otio")
    assert reading.sequence == sequence
    assert not reading.notes


@FEW
@given(timelines(tracks=2))
def test_an_edl_keeps_each_video_track(sequence: Sequence) -> None:
    for track in sequence.video():
        notes: list[str] = []
        reading = edl_of_text(edl_text(sequence, track, notes), "t.edl")
        back = reading.sequence
        assert back.tracks == (replace(track, number=1),)
        assert (back.rate, back.drop_frame, back.start_frame) == (
            sequence.rate,
            sequence.drop_frame,
            sequence.start_frame,
        )
        assert not notes and not reading.notes


@FEW
@given(timelines(audio=True, plain_cuts=True))
def test_fcp7_xml_keeps_tracks_cuts_speeds_and_names(sequence: Sequence) -> None:
    notes: list[str] = []
    reading = fcp7_of_bytes(fcp7_text(sequence, notes).encode(), "t.xml")
    assert reading.sequence == sequence
    assert not notes and not reading.notes


@FEW
@given(timelines(plain_cuts=True))
def test_our_notes_survive_an_editor_that_writes_fcp7_xml_again(sequence: Sequence) -> None:
    again = rewritten(parse_xml(fcp7_text(sequence, []).encode(), "t.xml"))
    assert fcp7_of_bytes(xml_text(again).encode(), "t.xml").sequence == sequence


KEPT = frozenset(
    [
        "xmeml",
        "sequence",
        "name",
        "duration",
        "rate",
        "timebase",
        "ntsc",
        "timecode",
        "string",
        "frame",
        "displayformat",
        "reel",
        "media",
        "video",
        "audio",
        "track",
        "clipitem",
        "enabled",
        "locked",
        "start",
        "end",
        "in",
        "out",
        "file",
        "pathurl",
        "filter",
        "effect",
        "effectid",
        "effectcategory",
        "effecttype",
        "mediatype",
        "parameter",
        "parameterid",
        "value",
        "marker",
        "comment",
        "transitionitem",
        "alignment",
        "logginginfo",
        "lognote",
    ]
)


def rewritten(node: Node) -> Node:
    """What Premiere does: elements it does not know are dropped, ids are its own, ticks are added."""
    children = [rewritten(child) for child in node.children if child.tag in KEPT]
    attributes = {key: f"p-{value}" if key == "id" else value for key, value in node.attributes.items()}
    made = Node(tag=node.tag, text=node.text, attributes=attributes, children=children)
    if node.tag == "clipitem":
        made.add("masterclipid", "masterclip-1")
        made.add("pproTicksIn", "1234567")
        made.add("labels").add("label2", "Iris")
    return made


@pytest.mark.parametrize(("rate", "drop"), RATES)
@pytest.mark.parametrize("suffix", [".otio", ".edl", ".xml"])
def test_counts_are_exact_at_every_rate(tmp_path: Path, rate: Fraction, drop: bool, suffix: str) -> None:
    """A second over ten minutes, past an hour's worth of dropped labels."""
    media = Media(path="/a.mov", rate=rate, start=0, frames=10_000_000, drop_frame=drop)
    long = 600 * round(rate) + 1
    clips = tuple(
        Clip(
            uid=f"{at}",
            name=f"{at}",
            media=media,
            source_rate=rate,
            source_in=at,
            source_out=at + long,
            duration=long,
        )
        for at in (0, 3 * long)
    )
    track = Track(kind="video", number=1, items=(Gap(duration=1799), *clips))
    sequence = Sequence(name="t", rate=rate, drop_frame=drop, start_frame=long, tracks=(track,))
    write_timeline(sequence, tmp_path / f"t{suffix}")
    back = read_timeline(tmp_path / f"t{suffix}").sequence
    assert back.tracks == sequence.tracks
    assert (back.start_frame, back.rate, back.drop_frame) == (long, rate, drop)


def test_drop_frame_rates_are_those_of_the_standard() -> None:
    assert [rate for rate, _ in RATES if can_drop(rate)] == [Fraction(30000, 1001)] * 2 + [
        Fraction(60000, 1001)
    ]
    assert timecode_text(1800, Fraction(30000, 1001), True) == "00:01:00;02"
    assert timecode_text(3600, Fraction(60000, 1001), True) == "00:01:00;04"


def test_otio_keeps_what_it_has_no_record_for(tmp_path: Path) -> None:
    import opentimelineio as otio

    time, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    clip = otio.schema.Clip(
        name="a",
        source_range=span(time(10, 24), time(20, 24)),
        media_reference=otio.schema.ImageSequenceReference(
            "file:///show/", "a.", ".exr", 1001, 1, 24, 4, available_range=span(time(1001, 24), time(50, 24))
        ),
        effects=[otio.schema.Effect("blur", "Blur", {"radius": 3.5})],
        metadata={"resolve": {"deep": [1, {"x": time(3, 24)}]}},
    )
    clip.set_media_references(
        {**clip.media_references(), "proxy": otio.schema.ExternalReference("p.mov")}, "DEFAULT_MEDIA"
    )
    stack = otio.schema.Stack(name="inner", source_range=span(time(0, 24), time(12, 24)))
    stack.append(
        otio.schema.Track("n", [otio.schema.Clip("i", source_range=span(time(0, 24), time(30, 24)))])
    )
    timeline = otio.schema.Timeline("t", metadata={"other": {"a": 1}})
    timeline.tracks.append(otio.schema.Track("V1", [clip, stack]))
    first = otio_of_text(otio.core.serialize_json_to_string(timeline), "t.otio").sequence
    found = first.tracks[0].items
    assert isinstance(found[0], Clip) and isinstance(found[0].media, Media)
    assert found[0].media.path == "/show/a.####.exr" and found[0].media.start == 1001
    assert isinstance(found[1], Clip) and isinstance(found[1].media, Nested) and found[1].duration == 12
    again = otio.core.deserialize_json_from_string(otio_text(first))
    kept = again.tracks[0][0]
    assert kept.metadata["resolve"]["deep"][1]["x"] == time(3, 24)
    assert kept.effects[0].metadata["radius"] == 3.5
    assert set(kept.media_references()) == {"DEFAULT_MEDIA", "proxy"}
    assert kept.media_reference.is_equivalent_to(clip.media_reference)
    assert again.tracks[0][1].range_in_parent() == stack.range_in_parent()
    assert again.metadata["other"]["a"] == 1
    assert otio_of_text(otio_text(first), "t.otio").sequence == first


def test_speeds_that_change_are_told_and_kept_on_writing_again() -> None:
    effect = Node(tag="filter")
    inner = effect.add("effect")
    inner.add("name", "Time Remap")
    inner.add("effectid", "timeremap")
    for key, value in (("variablespeed", "1"), ("graphdict", "")):
        parameter = inner.add("parameter")
        parameter.add("parameterid", key)
        parameter.add("value", value)
    sequence = fixed_timeline()
    track = sequence.tracks[0]
    first = track.items[0]
    assert isinstance(first, Clip)
    bent = replace(
        first,
        retime=Retime(curve="a time remap whose speed changes"),
        effects=(Effect(format="fcp7", name="Time Remap", text=xml_text(effect)),),
    )
    bent_sequence = sequence.with_track(replace(track, items=(bent, *track.items[1:])))
    notes: list[str] = []
    back = fcp7_of_bytes(fcp7_text(bent_sequence, notes).encode(), "t.xml").sequence
    assert back.tracks[0].items[0] == bent
    edl: list[str] = []
    edl_text(bent_sequence, bent_sequence.tracks[0], edl)
    assert any("speed" in note for note in edl)


FOREIGN_EDL = """TITLE: SHOW_R1
FCM: DROP FRAME
001  A001C001 V     C        01:00:10:00 01:00:12:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: FIRST
* ASC_SOP: (1 1 1)(0 0 0)(1 1 1)
FCM: NON-DROP FRAME
002  A001C001 V     C        01:00:12:00 01:00:12:00 01:00:02:00 01:00:02:00
002  A002C003_220101_R1AB V     W001 030 02:00:00:00 02:00:04:00 01:00:02:00 01:00:06:00
M2   A002C003_220101_R1AB       -029.97                02:00:04:00
* FROM CLIP NAME: FIRST
* TO CLIP NAME: SECOND
* LOC: 01:00:03:00 GREEN   look here
003  BL       V     C        00:00:00:00 00:00:01:00 01:00:06:00 01:00:07:00
004  A003     V     C        03:00:00:00 03:00:00:01 01:00:07:00 01:00:08:00
M2   A003           000.0                03:00:00:00
005  A004     A     C        03:00:00:00 03:00:01:00 01:00:07:00 01:00:08:00
"""


def test_an_edl_of_another_program() -> None:
    """FCM changes in the middle, a wipe, backwards, a freeze, black, sound, foreign comments."""
    rate = Fraction(30000, 1001)
    reading = edl_of_text(FOREIGN_EDL, "r1.edl", rate=rate)
    sequence = reading.sequence
    assert sequence.drop_frame and sequence.start_frame == 107892
    first, wipe, second, black, frozen = sequence.tracks[0].items
    assert isinstance(first, Clip) and first.name == "FIRST" and first.duration == 60
    assert first.source_in == Timecode.parse("01:00:10;00", rate).count
    assert first.kept["edl"] == "* ASC_SOP: (1 1 1)(0 0 0)(1 1 1)"
    assert wipe == Transition(in_offset=0, out_offset=30, kind="wipe001")
    assert isinstance(second, Clip) and second.retime == Retime(speed=Fraction(-1))
    assert second.source_in == 2 * 108000 and isinstance(second.media, Media)
    assert second.media.reel == "A002C003_220101_R1AB"
    assert black == Gap(duration=30)
    assert isinstance(frozen, Clip) and frozen.retime is not None and frozen.retime.is_freeze
    assert sequence.markers[0].frame == 90 and sequence.markers[0].name == "look here"
    assert any("1 audio event" in note for note in reading.notes)


@pytest.mark.parametrize("drop", [False, True])
def test_opentimelineios_own_adapters_read_the_same_cuts(tmp_path: Path, drop: bool) -> None:
    """Where they are right: not the record start, M2 and drop-frame of EDLs."""
    pytest.importorskip("otio_fcp_adapter")
    import opentimelineio as otio

    rate = Fraction(30000, 1001) if drop else Fraction(24)
    sequence = fixed_timeline(rate, drop_frame=drop)
    write_timeline(sequence, tmp_path / "t.xml")
    timeline = otio.adapters.read_from_file(str(tmp_path / "t.xml"), adapter_name="fcp_xml")
    assert int(timeline.global_start_time.value) == sequence.start_frame
    assert [cuts(track) for track in timeline.tracks] == [ours(track) for track in sequence.tracks]
    if drop:
        return
    text = edl_text(sequence, sequence.tracks[1], [])
    read = otio.adapters.read_from_string(text, adapter_name="cmx_3600", rate=24)
    assert [(clip.name, int(clip.source_range.start_time.value)) for clip in read.find_clips()] == [
        (clip.name, clip.source_in) for _, clip in sequence.tracks[1].clips()
    ]


def cuts(track: object) -> list[tuple[str, int, int, int]]:
    return [
        (
            clip.name,
            int(clip.range_in_parent().start_time.value),
            int(clip.source_range.start_time.value),
            int(clip.source_range.duration.value),
        )
        for clip in track.find_clips()  # type: ignore[attr-defined]
    ]


def ours(track: Track) -> list[tuple[str, int, int, int]]:
    return [(clip.name, at, clip.source_in, clip.duration) for at, clip in track.clips()]


def test_an_aaf_carries_the_cuts_and_says_so(tmp_path: Path) -> None:
    if not aaf.available():
        pytest.skip("otio-aaf-adapter is not installed")
    sequence = fixed_timeline()
    written = write_timeline(sequence, tmp_path / "t.aaf")
    assert any("cuts only" in note for note in written.notes) and any(
        "became a cut" in note for note in written.notes
    )
    back = read_timeline(tmp_path / "t.aaf")
    assert back.notes[0] == aaf.CUTS_ONLY
    assert [ours(track) for track in back.sequence.video()] == [ours(track) for track in sequence.video()]
    assert back.sequence.rate == sequence.rate


@FEW
@given(timelines(tracks=2, names=False))
def test_fcpxml_lies_on_whole_frames_and_adds_up(sequence: Sequence) -> None:
    root = parse_xml(fcpxml_text(sequence, []).encode(), "t.fcpxml")
    node = root.find("library", "event", "project", "sequence")
    spine = node.find("spine") if node else None
    assert spine is not None
    at = Fraction(sequence.start_frame) / sequence.rate
    for child in spine.children:
        for key in ("offset", "start", "duration"):
            if key in child.attributes:
                assert (seconds(child.attributes[key]) * sequence.rate).denominator == 1
        if child.tag != "transition":
            assert seconds(child.attributes["offset"]) == at
            at += seconds(child.attributes["duration"])
    assert at == Fraction(sequence.start_frame + sequence.duration) / sequence.rate


def seconds(text: str) -> Fraction:
    match = re.fullmatch(r"(-?\d+)(?:/(\d+))?s", text)
    assert match is not None
    return Fraction(int(match[1]), int(match[2] or 1))


def test_times_of_fcpxml_are_exact_fractions() -> None:
    assert seconds_text(1, Fraction(24000, 1001)) == "1001/24000s"
    assert seconds_text(48, Fraction(24)) == "2s"


def test_each_format_says_what_it_leaves_out(tmp_path: Path) -> None:
    sequence = fixed_timeline()
    sequence = replace(
        sequence,
        tracks=numbered((*sequence.tracks, Track(kind="audio", number=1, items=sequence.tracks[1].items))),
    )
    notes = {suffix: write_timeline(sequence, tmp_path / f"t{suffix}").notes for suffix in FORMATS}
    assert notes[".otio"] == ()
    assert all(any("audio" in note for note in notes[suffix]) for suffix in (".edl", ".aaf", ".fcpxml"))
    assert any("colour" in note for note in notes[".xml"])
    assert {path.name for path in tmp_path.glob("*.edl")} == {"t.V1.edl", "t.V2.edl"}


def test_tidy_joins_gaps() -> None:
    assert tidy((Gap(duration=2), Gap(duration=0), Gap(duration=3))) == ()
