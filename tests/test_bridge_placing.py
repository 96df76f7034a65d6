"""Takes above their shots: on the exact frames, over nobody, known by what they carry and not by name."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.bridge_timelines import fixed_timeline, timelines

from understudy_bridge.core.errors import ClipChanged, NotOnTimeline, Occupied, ShotRefused, TakeTooShort
from understudy_bridge.core.placing import ResultMedia, place, placed_where, remove, swap_version
from understudy_bridge.core.push import Take, push_takes
from understudy_bridge.core.shot_ref import ShotRef, check, problems
from understudy_bridge.core.shots import Wanted, marked_shots, shot_of, shots_of_track
from understudy_bridge.core.timeline import (
    OURS,
    Clip,
    Effect,
    Gap,
    Item,
    Marker,
    Media,
    Nested,
    Retime,
    Sequence,
    Track,
    Transition,
    check_transitions,
)
from understudy_bridge.interchange.edl import edl_of_text
from understudy_bridge.interchange.edl_write import edl_text
from understudy_bridge.interchange.fcp7_xml import fcp7_of_bytes, fcp7_text
from understudy_bridge.interchange.otio_file import otio_of_text, otio_text

MANY = settings(max_examples=80, deadline=None)
WANTED = Wanted(handle_head=8, handle_tail=8)


def shot(sequence: Sequence, uid: str) -> ShotRef:
    found = shot_of(sequence, uid, WANTED)
    assert found is not None
    return found


def result_of(ref: ShotRef, *, head: int = 8, tail: int = 8, start: int = 0, version: int = 1) -> ResultMedia:
    return ResultMedia(
        path=f"/takes/{ref.name}_v{version:03d}.mov",
        name=f"{ref.name}_v{version:03d}",
        rate=ref.rate,
        start=start,
        frames=head + (ref.source_out - ref.source_in) + tail,
        plate_first=ref.source_in - head,
        shot_id=f"shot {ref.clip_uid}",
    )


def pictures(track: Track) -> dict[int, tuple[str, Fraction]]:
    """What each record frame of a track shows: medium and source frame."""
    shown = {}
    for at, clip in track.clips():
        path = clip.media.path if isinstance(clip.media, Media) else clip.name
        backwards = clip.speed < 0
        for number in range(clip.duration):
            moved = abs(clip.speed) * number
            frame = (clip.source_out - 1 - moved) if backwards else clip.source_in + moved
            shown[at + number] = (path, Fraction(frame))
    return shown


@MANY
@given(timelines(), st.data())
def test_a_take_lies_on_the_frames_of_its_shot_and_nowhere_else(
    sequence: Sequence, data: st.DataObject
) -> None:
    clips = [(track, at, clip) for track in sequence.video() for at, clip in track.clips()]
    assume(clips)
    below, at, clip = data.draw(st.sampled_from(clips))
    assume(clip.retime is None or not clip.retime.is_freeze)
    ref = shot(sequence, clip.uid)
    head, tail = data.draw(st.integers(0, 24)), data.draw(st.integers(0, 24))
    result = result_of(ref, head=head, tail=tail, start=data.draw(st.sampled_from((0, 1001, 86400))))
    placed, change = place(sequence, ref, result, 1)

    (take,) = placed_where(placed, result.shot_id)
    assert (take.record_in, take.record_out) == (ref.record_in, ref.record_out)
    assert (change.record_in, change.record_out, change.track) == (ref.record_in, ref.record_out, take.track)
    assert take.track == below.number + 1
    above = placed.video()[below.number]
    shown = {frame: what for frame, what in pictures(above).items() if what[0] == result.path}
    plate = {frame: what for frame, what in pictures(below).items() if at <= frame < at + clip.duration}
    offset = result.start - result.plate_first
    assert shown == {frame: (result.path, source + offset) for frame, (_, source) in plate.items()}
    assert all(result.start <= source < result.start + result.frames for _, source in shown.values())
    # Everybody else is where they were, though perhaps a track higher.
    others = [pictures(track) for track in placed.video()]
    others[below.number] = {frame: what for frame, what in others[below.number].items() if frame not in shown}
    before = [pictures(track) for track in sequence.video()]
    if change.made_track:
        assert not others.pop(below.number)
    assert others == before
    for track in placed.tracks:
        check_transitions(track)
    assert [track.number for track in placed.video()] == list(range(1, len(placed.video()) + 1))

    gone, _ = remove(placed, result.shot_id)
    assert [pictures(track) for track in gone.video()] == before
    assert len(gone.tracks) == len(sequence.tracks)


@MANY
@given(timelines(tracks=2), st.data())
def test_many_takes_at_once_and_their_next_versions(sequence: Sequence, data: st.DataObject) -> None:
    refs = [ref for track in sequence.video() for ref in shots_of_track(sequence, track.number, WANTED)]
    refs = [ref for ref in refs if ref.retime is None or not ref.retime.is_freeze]
    assume(refs)
    takes = [Take(shot=ref, result=result_of(ref), version=1) for ref in refs]
    first, changes = push_takes(sequence, takes)
    assert len(changes.added) == len(refs) and not changes.conflicts
    after = [
        Take(shot=ref, result=result_of(ref, head=3, tail=2, start=1001, version=2), version=2)
        for ref in refs
    ]
    second, swapped = push_takes(first, after)
    assert len(swapped.replaced) == len(refs) and not swapped.added and not swapped.conflicts
    lies = {take.shot: (take.record_in, take.record_out) for take in placed_where(second)}
    assert lies == {f"shot {ref.clip_uid}": (ref.record_in, ref.record_out) for ref in refs}
    for old, new in zip(placed_where(first), placed_where(second), strict=True):
        plate_old = old.source_in + int(old.metadata["plate_first"])
        plate_new = new.source_in - 1001 + int(new.metadata["plate_first"])
        assert (plate_old, old.track, new.version) == (plate_new, new.track, 2)


@pytest.mark.parametrize("suffix", ["otio", "edl", "xml"])
def test_who_a_take_is_comes_back_through_each_format(suffix: str) -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "c")
    placed, _ = place(sequence, ref, result_of(ref), 1)
    (take,) = placed_where(placed)
    if suffix == "otio":
        back = otio_of_text(otio_text(placed), "t").sequence
    elif suffix == "xml":
        back = fcp7_of_bytes(fcp7_text(placed, []).encode(), "t").sequence
    else:
        back = edl_of_text(edl_text(placed, placed.video()[1], []), "t").sequence
        take = replace(take, track=1)
    assert placed_where(back, "shot c") == (take,)


def test_a_take_goes_below_a_title_and_hides_nothing() -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "c")  # frames 96-143; the title lies over 120-139 on V2
    placed, change = place(sequence, ref, result_of(ref), 1)
    assert change.made_track and change.track == 2
    assert [track.name for track in placed.video()] == ["V1", "Understudy", "V2"]
    with pytest.raises(Occupied, match=r"clip t.*120 to 139"):
        place(sequence, ref, result_of(ref), 1, track=2)
    with pytest.raises(Occupied, match="not above"):
        place(sequence, ref, result_of(ref), 1, track=1)
    with pytest.raises(Occupied, match="no video track 7"):
        place(sequence, ref, result_of(ref), 1, track=7)


def test_a_take_never_becomes_part_of_somebody_elses_fade() -> None:
    sequence = fixed_timeline()
    _, upper = sequence.tracks
    title = upper.items[1]
    faded = replace(upper, items=(Gap(duration=120), Transition(in_offset=0, out_offset=5), title))
    ref = shot(sequence, "b")  # ends at 96
    placed, change = place(sequence.with_track(faded), replace(ref), result_of(ref), 1)
    assert change.track == 2 and not change.made_track
    touching = replace(upper, items=(Gap(duration=96), Transition(in_offset=0, out_offset=5), title))
    placed, change = place(sequence.with_track(touching), ref, result_of(ref), 1)
    assert change.made_track
    assert placed.video()[2].items == touching.items


def test_moved_trimmed_and_lost_shots() -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "c")
    lower = sequence.tracks[0]
    clip = lower.items[-1]
    assert isinstance(clip, Clip)

    def with_last(*items: Item) -> Sequence:
        return sequence.with_track(replace(lower, items=(*lower.items[:-1], *items)))

    moved, change = place(with_last(Gap(duration=100), clip), ref, result_of(ref), 1)
    (take,) = placed_where(moved)
    assert take.record_in == ref.record_in + 100 and "moved" in change.notes[0]
    _, change = place(with_last(clip.trimmed(-8, -8)), ref, result_of(ref), 1)
    assert change.record_out - change.record_in == 64 and any("trimmed" in note for note in change.notes)
    with pytest.raises(TakeTooShort, match="1 frames at its head"):
        place(with_last(clip.trimmed(-9, 0)), ref, result_of(ref), 1)
    with pytest.raises(NotOnTimeline):
        place(with_last(), ref, result_of(ref), 1)
    renamed = replace(clip, uid="other")
    found, _ = place(with_last(renamed), ref, result_of(ref), 1)
    assert placed_where(found)[0].record_in == ref.record_in
    with pytest.raises(NotOnTimeline, match="copies"):
        place(with_last(renamed, replace(clip, uid="another")), ref, result_of(ref), 1)
    assert isinstance(clip.media, Media)
    with pytest.raises(ClipChanged, match="shows /other"):
        place(with_last(replace(clip, media=replace(clip.media, path="/other.mov"))), ref, result_of(ref), 1)
    with pytest.raises(ClipChanged, match="speed"):
        place(with_last(replace(clip, retime=Retime(speed=Fraction(2)))), ref, result_of(ref), 1)
    with pytest.raises(ShotRefused, match="one rate"):
        place(sequence, ref, replace(result_of(ref), rate=Fraction(25)), 1)


def test_the_next_version_keeps_what_the_artist_did_to_the_take() -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "a")
    placed, _ = place(sequence, ref, result_of(ref), 1)
    track = placed.video()[1]
    take = next(clip for _, clip in track.clips() if "shot" in clip.ours)
    grade = Effect(format="otio", name="grade", text="{}")
    trimmed = replace(take.trimmed(5, 7), effects=(grade,), name="my name", markers=(Marker(frame=20),))
    items = (Gap(duration=5), trimmed, Gap(duration=7), *track.items[1:])
    second, (change,) = swap_version(
        placed.with_track(replace(track, items=items)),
        result_of(ref, head=2, tail=2, start=1001, version=2),
        2,
    )
    (now,) = placed_where(second)
    assert (now.record_in, now.record_out) == (ref.record_in + 5, ref.record_out - 7)
    assert now.source_in == 1001 + 2 + 5  # the same plate frame as before
    assert change.before == 1 and now.version == 2 and now.metadata["clip"] == "a"
    found = second.find(now.uid)
    assert found is not None
    clip = found[2]
    assert clip.effects == (grade,) and clip.name == "my name"
    assert clip.markers[0].frame == 20 + 1001 - 6
    with pytest.raises(TakeTooShort):
        swap_version(placed, replace(result_of(ref, version=2), frames=10), 2)
    with pytest.raises(NotOnTimeline):
        swap_version(sequence, result_of(ref), 2)


def test_a_conflict_leaves_the_others_placed() -> None:
    sequence = fixed_timeline()
    refs = [shot(sequence, uid) for uid in ("a", "c")]
    short = replace(result_of(refs[0]), frames=5)
    placed, changes = push_takes(
        sequence,
        [
            Take(shot=refs[0], result=short, version=1),
            Take(shot=refs[1], result=result_of(refs[1]), version=1),
        ],
    )
    assert [take.shot for take in placed_where(placed)] == ["shot c"]
    assert changes.conflicts[0].error == "TakeTooShort" and len(changes.added) == 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {"version": "x"},
        {"version": None},
        {"version": -1},
        {"version": 1e300},
        {"shot": []},
        {"plate_first": "z"},
    ],
)
def test_a_clip_with_spoilt_notes_of_ours_is_any_clip(spoilt: dict[str, object]) -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "a")
    placed, change = place(sequence, ref, result_of(ref), 1)
    lane = placed.video()[change.track - 1]
    items = tuple(
        replace(item, metadata={OURS: {**item.ours, **spoilt}})
        if isinstance(item, Clip) and item.ours
        else item
        for item in lane.items
    )
    hostile = placed.with_track(replace(lane, items=items))
    again = replace(result_of(ref, version=2), shot_id=str(change.shot))
    told = push_takes(hostile, [Take(shot=ref, result=again, version=2)])[1]
    assert (len(told.added), told.replaced, told.conflicts) == (1, (), ())
    assert told.added[0].made_track  # never over it


def test_shots_under_markers_with_their_names() -> None:
    sequence = fixed_timeline()
    found = marked_shots(sequence, "understudy", WANTED)
    assert [(ref.name, ref.clip_uid) for ref in found] == [("SH010", "a"), ("SH020", "b")]
    told = found[0].for_people()
    assert (
        told["record"]["timecode_first"] == "01:00:00:00" and told["record"]["timecode_last"] == "01:00:01:23"
    )
    assert told["record"]["last"] == found[0].record_out - 1
    assert not marked_shots(sequence, "under", WANTED)


def kinds(ref: ShotRef, *, online: bool = True) -> dict[str, bool]:
    return {problem.kind: problem.refuses for problem in problems(ref, is_online=lambda path: online)}


def test_what_stands_against_a_shot() -> None:
    sequence = fixed_timeline()
    ref = shot(sequence, "c")
    assert kinds(ref) == {}
    assert kinds(shot(sequence, "b")) == {"transition": True}
    assert kinds(ref, online=False) == {"offline": True}
    assert kinds(replace(ref, media_rate=Fraction(25))) == {"mixed_rates": True}
    assert kinds(replace(ref, retime=Retime(speed=Fraction(2)))) == {"retimed": False}
    assert kinds(replace(ref, retime=Retime(speed=Fraction(0)))) == {"freeze": True}
    assert kinds(replace(ref, retime=Retime(curve="a ramp"))) == {"retimed": True}
    assert kinds(replace(ref, available=(ref.source_in - 3, ref.source_out + 20))) == {"short_handles": False}
    assert kinds(replace(ref, available=(ref.source_in + 1, ref.source_out))) == {"beyond_media": True}
    assert kinds(replace(ref, timecode_known=False)) == {"no_timecode": False}
    assert kinds(replace(ref, enabled=False)) == {"disabled": False}
    assert kinds(replace(ref, media="")) == {"no_media": True}
    last = sequence.tracks[0].items[-1]
    assert isinstance(last, Clip)
    inner = replace(last, media=Nested(sequence=sequence), uid="n")
    nested = sequence.with_track(replace(sequence.tracks[0], items=(inner,)))
    assert kinds(shot(nested, "n")) == {"nested": True}
    with pytest.raises(ShotRefused, match="transition"):
        check(shot(sequence, "b"))
    assert check(ref) == ()
