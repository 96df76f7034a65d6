"""One shot as it lies on an editor's timeline, exactly, and what stands against sending it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from understudy_bridge.core.errors import ShotRefused
from understudy_bridge.core.rates import timecode_text
from understudy_bridge.core.timeline import Problem as Problem
from understudy_bridge.core.timeline import Retime


@dataclass(frozen=True, kw_only=True, slots=True)
class ShotRef:
    """A clip that somebody wants to send. Ends are exclusive; `for_people` tells them inclusive.

    Source frames are numbered at `media_rate` as the medium's timecode counts, record frames at `rate` as the
    sequence's does. `available` is what the medium has, first frame and end, None where nobody knows.
    `transition_head` and `transition_tail` are the frames of the cut that a transition covers at either end.
    `told` is what the editor itself says against the clip.
    """

    host: str
    project: str
    sequence: str
    clip_uid: str
    name: str
    media: str
    reel: str
    rate: Fraction
    media_rate: Fraction
    drop_frame: bool
    media_drop_frame: bool = False
    source_in: int
    source_out: int
    record_in: int
    record_out: int
    track: int
    track_name: str
    handle_head: int
    handle_tail: int
    available: tuple[int, int] | None = None
    timecode_known: bool = True
    colour_space: str = ""
    retime: Retime | None = None
    enabled: bool = True
    nested: bool = False
    transition_head: int = 0
    transition_tail: int = 0
    told: tuple[Problem, ...] = ()

    @property
    def duration(self) -> int:
        return self.record_out - self.record_in

    def for_people(self) -> dict[str, Any]:
        """The shot as people read it: last frames included, timecode beside frame numbers."""
        return {
            "name": self.name,
            "track": f"V{self.track}" + (f" ({self.track_name})" if self.track_name else ""),
            "media": self.media,
            "frames": self.duration,
            "record": _range(self.record_in, self.record_out, self.rate, self.drop_frame),
            "source": _range(self.source_in, self.source_out, self.media_rate, self.media_drop_frame),
            "retime": str(self.retime) if self.retime else "",
        }


def _range(first: int, end: int, rate: Fraction, drop_frame: bool) -> dict[str, Any]:
    last = max(first, end - 1)
    return {
        "first": first,
        "last": last,
        "timecode_first": timecode_text(first, rate, drop_frame),
        "timecode_last": timecode_text(last, rate, drop_frame),
    }


def problems(ref: ShotRef, *, is_online: Callable[[str], bool] | None = None) -> tuple[Problem, ...]:
    """Everything that stands against sending a shot, refusals first.

    `is_online` says whether a medium is there; without it nobody looks.
    """
    found = [*ref.told, *_of_kind(ref), *_of_time(ref), *_of_cut(ref), *_of_media(ref, is_online)]
    return tuple(sorted(found, key=lambda problem: not problem.refuses))


def check(ref: ShotRef, *, is_online: Callable[[str], bool] | None = None) -> tuple[Problem, ...]:
    """The warnings about a shot that can be sent. Raises: ShotRefused."""
    found = problems(ref, is_online=is_online)
    if refusals := [problem.message for problem in found if problem.refuses]:
        raise ShotRefused(f"{ref.name}: {'; '.join(refusals)}")
    return found


def _refusal(kind: str, message: str) -> Problem:
    return Problem(kind=kind, refuses=True, message=message)


def _warning(kind: str, message: str) -> Problem:
    return Problem(kind=kind, refuses=False, message=message)


def _of_kind(ref: ShotRef) -> list[Problem]:
    found = []
    if ref.nested:
        found.append(_refusal("nested", "it is a nested timeline; open that and send the clip inside it"))
    elif not ref.media:
        found.append(
            _refusal("no_media", "it has no media file; send a clip that was shot, not one made here")
        )
    if not ref.enabled:
        found.append(
            _warning("disabled", "the clip is switched off; the take will lie above it all the same")
        )
    if ref.duration <= 0:
        found.append(_refusal("empty", "it shows no frame; make the clip at least one frame long"))
    return found


def _of_time(ref: ShotRef) -> list[Problem]:
    found = []
    if ref.rate != ref.media_rate:
        found.append(
            _refusal(
                "mixed_rates",
                f"its media runs at {ref.media_rate} and the sequence at {ref.rate}; conform the media to "
                "the sequence's rate, or cut it in a sequence of its own rate",
            )
        )
    if ref.retime is None or (ref.retime.speed == 1 and not ref.retime.curve):
        return found
    if ref.retime.curve:
        message = (
            f"its speed is not constant ({ref.retime.curve}); render the retime to a new clip and send that"
        )
        found.append(_refusal("retimed", message))
    elif ref.retime.is_freeze:
        found.append(_refusal("freeze", "it is a freeze frame; export the frame as a clip and send that"))
    else:
        message = f"it plays at {ref.retime}; the take is made of its source frames and gets the same speed"
        found.append(_warning("retimed", message))
    return found


def _of_cut(ref: ShotRef) -> list[Problem]:
    if not ref.transition_head and not ref.transition_tail:
        return []
    ends = [
        f"{frames} frames of its {end}"
        for frames, end in ((ref.transition_head, "head"), (ref.transition_tail, "tail"))
        if frames
    ]
    return [
        _refusal(
            "transition",
            f"a transition covers {' and '.join(ends)}, which a take on the track above would hide; take the "
            "transition away, place the take, and put the transition on the take",
        )
    ]


def _of_media(ref: ShotRef, is_online: Callable[[str], bool] | None) -> list[Problem]:
    found = []
    if ref.media and not ref.nested and is_online is not None and not is_online(ref.media):
        found.append(_refusal("offline", f"{ref.media} is not there; relink it, or map its path"))
    if not ref.timecode_known:
        found.append(
            _warning("no_timecode", "the timecode of its media is not told here; source frames count from 0")
        )
    if ref.available is None:
        return found
    first, end = ref.available
    if ref.source_in < first or ref.source_out > end:
        message = (
            f"it shows source frames {ref.source_in}-{ref.source_out - 1}, the media has {first}-{end - 1}"
        )
        return [*found, _refusal("beyond_media", f"{message}; trim the clip to its media")]
    head, tail = min(ref.handle_head, ref.source_in - first), min(ref.handle_tail, end - ref.source_out)
    if head < ref.handle_head or tail < ref.handle_tail:
        wanted = f"{ref.handle_head}+{ref.handle_tail}"
        found.append(
            _warning("short_handles", f"the media has handles of {head}+{tail} frames only, not {wanted}")
        )
    return found
