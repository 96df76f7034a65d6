"""The clip that shows a take: the same plate frames, at the same speed, as the shot below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from understudy.domain.identifiers import new_id
from understudy_bridge.core.errors import ClipChanged, ShotRefused, TakeTooShort
from understudy_bridge.core.media_paths import same_file
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.timeline import OURS, Clip, Media, Nested


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultMedia:
    """A finished take. Its first frame has the number `start` and was made from the plate's source frame
    `plate_first`; `frames` counts handles too.
    """

    path: str
    name: str
    rate: Fraction
    start: int = 0
    frames: int
    plate_first: int
    shot_id: str
    take_id: str = ""
    drop_frame: bool = False
    colour_space: str = ""
    reel: str = ""

    def media(self) -> Media:
        return Media(
            path=self.path,
            name=self.name,
            rate=self.rate,
            start=self.start,
            frames=self.frames,
            drop_frame=self.drop_frame,
            colour_space=self.colour_space,
            reel=self.reel,
        )


def refuse_what_cannot_lie_above(
    rate: Fraction, clip: Clip, ref: ShotRef, result: ResultMedia, *, retimes: bool
) -> None:
    """`rate` is the sequence's. Raises: ClipChanged, ShotRefused."""
    media = clip.media
    if isinstance(media, Nested) or media is None:
        raise ClipChanged(f"{ref.name} is no clip of {ref.media} any more; send it again")
    if not same_file(media.path, ref.media):
        raise ClipChanged(f"{ref.name} shows {media.path} now, not {ref.media}; send it again")
    if result.rate != rate or clip.source_rate != rate:
        raise ShotRefused(
            f"{ref.name}: the take runs at {result.rate}, its clip at {clip.source_rate} and the sequence at "
            f"{rate}; conform them to one rate"
        )
    if clip.retime != ref.retime:
        raise ClipChanged(f"{ref.name} plays at another speed than when it was sent; send it again")
    if clip.retime is not None and (clip.retime.curve or clip.retime.is_freeze):
        raise ShotRefused(f"{ref.name}: a take cannot follow its retime ({clip.retime}); render that first")
    if clip.speed != 1 and not retimes:
        raise ShotRefused(
            f"{ref.name} plays at {clip.retime}, and here no take can be laid at another speed; render the "
            "retime first and send the new clip"
        )


def take_above(clip: Clip, ref: ShotRef, result: ResultMedia, version: int) -> Clip:
    """The clip that shows the take: the same plate frames at the same speed as the shot below it.

    Raises: TakeTooShort.
    """
    offset = result.start - result.plate_first
    source_in, source_out = clip.source_in + offset, clip.source_out + offset
    first, end = clip.shown
    _covers(result, first + offset, end + offset, ref.name)
    ours = {
        "shot": result.shot_id,
        "version": version,
        "take": result.take_id,
        "plate_first": result.plate_first,
        "clip": ref.clip_uid,
    }
    return Clip(
        uid=new_id(),
        name=result.name,
        media=result.media(),
        source_rate=result.rate,
        source_in=source_in,
        source_out=source_out,
        duration=clip.duration,
        retime=clip.retime,
        metadata={OURS: ours},
    )


def _covers(result: ResultMedia, source_in: int, source_out: int, name: str) -> None:
    before, after = result.start - source_in, source_out - (result.start + result.frames)
    if before > 0 or after > 0:
        missing = " and ".join(
            f"{count} frames at its {end}" for count, end in ((before, "head"), (after, "tail")) if count > 0
        )
        raise TakeTooShort(
            f"{name}: the take lacks {missing}, the cut was opened beyond its handles; send the shot again"
        )


def swapped(clip: Clip, result: ResultMedia, version: int) -> Clip:
    """The clip with another version in it: same place, trim, name and effects.

    Raises: ClipChanged, TakeTooShort.
    """
    media = clip.media if isinstance(clip.media, Media) else None
    if media is None or result.rate != clip.source_rate:
        raise ClipChanged(
            f"{clip.name} is no take that {result.name} could stand for; remove it and place anew"
        )
    first = int(clip.ours.get("plate_first", result.plate_first))
    offset = (result.start - result.plate_first) - ((media.start or 0) - first)
    source_in, source_out = clip.source_in + offset, clip.source_out + offset
    first_shown, end_shown = clip.shown
    _covers(result, first_shown + offset, end_shown + offset, result.name)
    ours = {**clip.ours, "version": version, "take": result.take_id, "plate_first": result.plate_first}
    return replace(
        clip,
        name=result.name if clip.name == media.name else clip.name,
        media=result.media(),
        source_in=source_in,
        source_out=source_out,
        markers=tuple(replace(marker, frame=marker.frame + offset) for marker in clip.markers),
        metadata={**clip.metadata, OURS: ours},
        kept={},
    )
