"""Whether a timeline is what it should be after steps: everything that differs, in plain sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from understudy_bridge.core.media_paths import same_file
from understudy_bridge.core.rates import timecode_text
from understudy_bridge.core.shots import is_take
from understudy_bridge.core.timeline import Clip, Media, Nested, Sequence, Track, Transition

_Lying = tuple[Track, int, Clip]


def faults(
    expected: Sequence, found: Sequence, *, marked: Collection[str] = (), spare_tracks: bool = False
) -> tuple[str, ...]:
    """What differs. Names do not count, nor uids but those of `marked` clips; what a take is does.

    `spare_tracks`: empty tracks on top come and go by themselves, as fixed channels do.
    """
    told = [*_of_sequence(expected, found)]
    wanted, there = _tracks(expected, spare_tracks), _tracks(found, spare_tracks)
    if len(wanted) != len(there):
        told.append(f"there are {len(there)} video tracks and not {len(wanted)}")
    missing: list[_Lying] = []
    extra: list[_Lying] = []
    for number in range(max(len(wanted), len(there))):
        want = wanted[number] if number < len(wanted) else Track(kind="video", number=number + 1)
        have = there[number] if number < len(there) else Track(kind="video", number=number + 1)
        if number < min(len(wanted), len(there)):
            told += _of_track(want, have)
        told += _of_clips(want, have, missing, extra, expected, marked)
    told += _elsewhere(missing, extra, expected)
    return tuple(told)


def _tracks(sequence: Sequence, spare: bool) -> list[Track]:
    tracks = list(sequence.video())
    while spare and tracks and not tracks[-1].items:
        tracks.pop()
    return tracks


def _of_sequence(expected: Sequence, found: Sequence) -> Iterator[str]:
    if (found.rate, found.drop_frame) != (expected.rate, expected.drop_frame):
        yield f"the sequence runs at {found.rate} and not at {expected.rate}"
    if found.start_frame != expected.start_frame:
        yield f"the sequence begins at frame {found.start_frame} and not at {expected.start_frame}"
    if _notes(found) != _notes(expected):
        yield "the sequence's markers are others"


def _notes(one: Sequence | Clip) -> list[tuple[int, str, str]]:
    return sorted((marker.frame, marker.name, marker.comment) for marker in one.markers)


def _of_track(want: Track, have: Track) -> Iterator[str]:
    if want.enabled != have.enabled:
        yield f"{want.label} is switched {'on' if have.enabled else 'off'} now"
    if want.locked != have.locked:
        yield f"{want.label} is {'locked' if have.locked else 'unlocked'} now"
    if _fades(want) != _fades(have):
        yield f"the transitions on {want.label} are others"


def _fades(track: Track) -> list[tuple[int, int, int]]:
    return [
        (at + item.in_offset, item.in_offset, item.out_offset)
        for at, item in track.placed()
        if isinstance(item, Transition)
    ]


def _of_clips(
    want: Track,
    have: Track,
    missing: list[_Lying],
    extra: list[_Lying],
    sequence: Sequence,
    marked: Collection[str],
) -> Iterator[str]:
    """What differs in the clips that begin where they should; the others are put into two lists."""
    there = dict(have.clips())
    for at, clip in want.clips():
        other = there.pop(at, None)
        if other is None:
            missing.append((want, at, clip))
            continue
        for fault in _of_clip(clip, other, marked):
            yield f"{clip.name!r} on {want.label} at {_frame(sequence, at)}: {fault}"
    extra += [(have, at, clip) for at, clip in there.items()]


def _of_clip(want: Clip, have: Clip, marked: Collection[str]) -> Iterator[str]:
    if have.duration != want.duration:
        yield f"it is {have.duration} frames long and not {want.duration}"
    yield from _of_media(want, have)
    if have.file_in != want.file_in and type(want.media) is type(have.media):
        yield f"it begins with frame {have.file_in} of its file and not with {want.file_in}"
    if have.source_rate != want.source_rate:
        yield f"its media is taken at {have.source_rate} and not at {want.source_rate}"
    if (have.speed, _curve(have)) != (want.speed, _curve(want)):
        yield f"it plays at {have.retime or '100 %'} and not at {want.retime or '100 %'}"
    if have.enabled != want.enabled:
        yield f"it is switched {'on' if have.enabled else 'off'}"
    if have.ours != want.ours:
        yield f"it is {_identity(have)} and not {_identity(want)}"
    elif want.uid in marked and not is_take(want) and have.uid != want.uid:
        yield "it has lost its identity, or got another clip's"
    if not is_take(want) and _notes(have) != _notes(want):
        yield "its markers are others"
    known = {problem.message for problem in want.problems}
    yield from (one.message for one in have.problems if one.refuses and one.message not in known)


def _of_media(want: Clip, have: Clip) -> Iterator[str]:
    if not _same_media(want, have):
        yield f"it shows {_media(have)} and not {_media(want)}"


def _same_media(want: Clip, have: Clip) -> bool:
    if isinstance(want.media, Media) and isinstance(have.media, Media):
        return same_file(want.media.path, have.media.path)
    return type(want.media) is type(have.media)


def _media(clip: Clip) -> str:
    if isinstance(clip.media, Nested):
        return "a nested timeline"
    return clip.media.path if clip.media else "no file"


def _curve(clip: Clip) -> str:
    return clip.retime.curve if clip.retime else ""


def _identity(clip: Clip) -> str:
    if not is_take(clip):
        return "no take"
    return f"v{clip.ours['version']:03d} of shot {clip.ours['shot']}"


def _elsewhere(missing: list[_Lying], extra: list[_Lying], sequence: Sequence) -> Iterator[str]:
    """Clips that are gone, are new, or lie somewhere else."""
    for track, at, clip in missing:
        where = f"{track.label} at {_frame(sequence, at)}"
        moved = next((one for one in extra if one[2].ours == clip.ours and _same_media(clip, one[2])), None)
        if moved is None:
            yield f"{clip.name!r} is not there; it should lie on {where}"
            continue
        extra.remove(moved)
        yield f"{clip.name!r} lies on {moved[0].label} at {_frame(sequence, moved[1])} and not on {where}"
    for track, at, clip in extra:
        yield f"{clip.name!r} lies on {track.label} at {_frame(sequence, at)}, where nothing should be"


def _frame(sequence: Sequence, at: int) -> str:
    frame = sequence.start_frame + at
    return f"frame {frame} ({timecode_text(frame, sequence.rate, sequence.drop_frame)})"
