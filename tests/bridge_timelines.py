"""Random timelines for the tests of the bridge, and one that is the same every time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from understudy_bridge.core.timeline import (
    Clip,
    Gap,
    Item,
    Marker,
    Media,
    Retime,
    Sequence,
    Track,
    TrackKind,
    Transition,
    numbered,
    tidy,
)

RATES = (
    (Fraction(24000, 1001), False),
    (Fraction(24), False),
    (Fraction(25), False),
    (Fraction(30000, 1001), True),
    (Fraction(30000, 1001), False),
    (Fraction(30), False),
    (Fraction(50), False),
    (Fraction(60000, 1001), True),
)
SPEEDS = (
    None,
    None,
    None,
    Fraction(2),
    Fraction(1, 2),
    Fraction(-1),
    Fraction(3, 7),
    Fraction(-5, 4),
    Fraction(0),
)
NAMES = st.text("abcXYZ019 _-.äß漢&<>\"'", min_size=1, max_size=12).map(str.strip).filter(bool)


def made_clip(uid: str, media: Media, source_in: int, duration: int, speed: Fraction | None) -> Clip:
    """A clip whose source range follows from its speed."""
    frames = duration if speed is None else max(1, round(abs(speed) * duration))
    return Clip(
        uid=uid,
        name=f"clip {uid}",
        media=media,
        source_rate=media.rate,
        source_in=source_in,
        source_out=source_in + frames,
        duration=duration,
        retime=None if speed is None else Retime(speed=speed),
    )


@st.composite
def timelines(
    draw: st.DrawFn, *, tracks: int = 3, audio: bool = False, plain_cuts: bool = False, names: bool = True
) -> Sequence:
    """A timeline of clips, gaps, retimes and transitions that fit; `plain_cuts`: start, middle or end."""
    rate, drop = draw(st.sampled_from(RATES))
    hour = 3600 * round(rate) if not drop else 107892 * (round(rate) // 30)
    count = draw(st.integers(1, tracks))
    kinds: list[TrackKind] = ["video" for _ in range(count)]
    if audio and draw(st.booleans()):
        kinds.append("audio")
    made = [
        _track(draw, f"{number}", kind, rate, drop, hour, plain_cuts, names)
        for number, kind in enumerate(kinds)
    ]
    return Sequence(
        name=draw(NAMES) if names else "cut",
        rate=rate,
        drop_frame=drop,
        start_frame=draw(st.sampled_from((0, hour, hour + 17))),
        tracks=numbered(tuple(made)),
    )


def _track(
    draw: st.DrawFn,
    prefix: str,
    kind: TrackKind,
    rate: Fraction,
    drop: bool,
    hour: int,
    plain_cuts: bool,
    names: bool,
) -> Track:
    items: list[Item] = []
    for number in range(draw(st.integers(1, 5))):
        if draw(st.integers(0, 3)) == 0:
            items.append(Gap(duration=draw(st.integers(20, 60))))
            continue
        media = Media(
            path=draw(
                st.sampled_from(("/show/a b/A001.mov", "P:/show/ä%41.mxf", "//filer/x/C#.exr", "media/r.mov"))
            ),
            name=draw(st.sampled_from(("", "A001_C002"))),
            rate=rate,
            start=hour,
            frames=5000,
            drop_frame=drop and draw(st.booleans()),
            reel=draw(st.sampled_from(("", "A001", "A001C002_230101_R1ZZ"))),
            colour_space=draw(st.sampled_from(("", "ACEScg"))),
        )
        speed = draw(st.sampled_from(SPEEDS)) if kind == "video" else None
        clip = made_clip(
            f"{prefix}.{number}",
            media,
            hour + 500 + draw(st.integers(0, 999)),
            draw(st.integers(20, 90)),
            speed,
        )
        items.append(replace(clip, name=draw(NAMES)) if names else clip)
    track = Track(
        kind=kind, number=1, name=f"{kind} {prefix}", items=_faded(draw, tidy(tuple(items)), plain_cuts)
    )
    return track


def _faded(draw: st.DrawFn, items: tuple[Item, ...], plain_cuts: bool) -> tuple[Item, ...]:
    """Some cuts with a transition over them; a clip has room for one at either end."""
    made: list[Item] = []
    for before, item in zip((None, *items), items, strict=False):
        if (
            before is not None
            and not (isinstance(before, Gap) and isinstance(item, Gap))
            and draw(st.booleans())
        ):
            length = draw(st.integers(1, 10))
            cuts = (0, length // 2, length) if plain_cuts else tuple(range(length + 1))
            lead = draw(st.sampled_from(cuts))
            made.append(
                Transition(
                    in_offset=lead,
                    out_offset=length - lead,
                    kind=draw(st.sampled_from(("dissolve", "wipe001"))),
                )
            )
        made.append(item)
    return tuple(made)


def fixed_timeline(rate: Fraction = Fraction(24000, 1001), *, drop_frame: bool = False) -> Sequence:
    """Three clips with a dissolve on V1, one on V2, markers."""
    hour = 3600 * round(rate) if not drop_frame else 107892 * (round(rate) // 30)
    media = Media(
        path="/show/A001.mov", rate=rate, start=hour, frames=1000, drop_frame=drop_frame, reel="A001"
    )
    a, b, c = (made_clip(uid, media, hour + at, 48, None) for uid, at in (("a", 24), ("b", 200), ("c", 400)))
    b = replace(b, name="SH020", markers=(Marker(frame=hour + 210, name="understudy SH020"),))
    lower = Track(
        kind="video",
        number=1,
        name="V1",
        items=(replace(a, name="SH010"), Transition(in_offset=6, out_offset=6), b, replace(c, name="SH030")),
    )
    title = made_clip("t", replace(media, path="/show/title.mov", reel=""), hour, 20, None)
    upper = Track(kind="video", number=2, name="V2", items=(Gap(duration=120), title))
    return Sequence(
        name="reel 1",
        rate=rate,
        drop_frame=drop_frame,
        start_frame=hour,
        tracks=(lower, upper),
        markers=(Marker(frame=10, name="Understudy: SH010", colour="GREEN"),),
    )
