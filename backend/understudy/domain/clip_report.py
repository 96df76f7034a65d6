"""Everything there is to know about a clip before a shot is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from understudy.domain.shot import Plate


class Concern(StrEnum):
    """What a supervisor would want to be told."""

    VARIABLE_RATE = "variable-rate"
    NO_RATE = "no-rate"
    NO_TIMECODE = "no-timecode"
    BAD_TIMECODE = "bad-timecode"
    TIMECODE_RATE = "timecode-rate"
    INTERLACED = "interlaced"
    DUPLICATES = "duplicates"
    CLIPPED = "clipped"
    RANGE = "range"
    UNTAGGED_COLOUR = "untagged-colour"
    MIXED = "mixed"
    MISSING = "missing"
    EDIT_LIST = "edit-list"
    PIXEL_ASPECT = "pixel-aspect"
    OVERSCAN = "overscan"
    ALPHA = "alpha"
    OTHER_PICTURES = "other-pictures"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipWarning:
    """One concern, in a sentence, with the frames that it is about ("1003-1005, 1010") where it has any."""

    concern: Concern
    says: str
    frames: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioTrack:
    """One audio stream. `layout` as FFmpeg names it ("stereo", "5.1"); `language` as the file says."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    bits: int
    language: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipReport:
    """What examining a clip found. `plate` spans the whole clip.

    container: FFmpeg's name of the wrapper, or the sequence's file format. colour_space: OpenColorIO's name.
    colour_space_from says how it is known: "file", "tags" or "guess". missing, other_size: numbers of a
    sequence's files, zero-based indices of a movie's pictures. drop_frame: whether the source timecode drops
    numbers. duplicates: zero-based indices of pictures equal to the one before. clipped: share of sampled
    pixels at the code values' end, 0..1. facts: what else the file says of itself (camera, lens,
    chromaticities, software), as text.
    """

    plate: Plate
    container: str
    colour_space: str
    colour_space_from: str
    compression: str = ""
    bit_rate: int = 0
    field_order: str = "progressive"
    drop_frame: bool = False
    channels: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    audio: tuple[AudioTrack, ...] = ()
    edit_list: bool = False
    missing: tuple[int, ...] = ()
    other_size: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()
    clipped: float = 0.0
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[ClipWarning, ...] = ()
