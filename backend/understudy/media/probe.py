"""Everything there is to know about a movie file before a shot is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
from av.video.stream import VideoStream

from understudy.domain.errors import BadSettings, UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.frame import ColourTags
from understudy.domain.shot import AudioInfo, Plate
from understudy.domain.time import Timecode
from understudy.media.video_frame import colour_tags_of

_STANDARD_RATES = tuple(
    Fraction(*pair)
    for pair in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1),
                 (60000, 1001), (60, 1), (100, 1), (120000, 1001), (120, 1))
)  # fmt: skip
_SNAP = 2e-4  # a stated rate this close (relative) to a standard one is tried as that one


@dataclass(slots=True)
class _Survey:
    """What decoding a whole file shows."""

    times: list[int | None]
    width: int = 0
    height: int = 0
    rotation_deg: int = 0
    pixel_format: str = ""
    bit_depth: int = 8
    colour: ColourTags = ColourTags()
    discarded: int = 0


def probe(path: Path) -> Plate:
    """Describe a movie file; every picture is decoded once, so the count and the health of it are facts.

    Raises: UnreadableMedia when the file is missing, holds no pictures, is damaged or ends too early.
    """
    if not path.is_file():
        raise UnreadableMedia(f"{path} does not exist; check the path and that the disk is mounted")
    try:
        with av.open(str(path)) as container:
            stream = first_video(container, path)
            survey = _survey(container, stream, path)
            return _plate(path, container, stream, survey)
    except av.FFmpegError as cause:
        raise UnreadableMedia(f"{path} cannot be read as a movie: {cause.strerror or cause}") from cause


def first_video(container: av.container.InputContainer, path: Path) -> VideoStream:
    """The first stream of moving pictures. Raises: UnreadableMedia."""
    if not container.streams.video:
        raise UnreadableMedia(f"{path} has no picture stream; give a movie file")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _survey(container: av.container.InputContainer, stream: VideoStream, path: Path) -> _Survey:
    survey = _Survey(times=[])
    for packet in container.demux(stream):
        survey.discarded += packet.is_discard
        if packet.is_corrupt:
            raise UnreadableMedia(
                f"{path} is damaged or cut off near picture {len(survey.times)}; copy it again"
            )
        try:
            for frame in packet.decode():
                _note(survey, frame)
        except av.FFmpegError as cause:
            raise UnreadableMedia(
                f"{path} is damaged at picture {len(survey.times)} ({cause.strerror}); copy it again"
            ) from cause
    if not survey.times:
        raise UnreadableMedia(f"{path} holds no picture that can be decoded")
    expected = max(stream.frames - survey.discarded, _frames_by_duration_tag(stream))
    if len(survey.times) < expected:
        raise UnreadableMedia(
            f"{path} has {len(survey.times)} of its {expected} pictures: the file is cut off; copy it again"
        )
    return survey


def _note(survey: _Survey, frame: av.VideoFrame) -> None:
    if not survey.times:
        survey.width, survey.height = frame.width, frame.height
        survey.rotation_deg = round(frame.rotation / 90) * 90 % 360
        survey.pixel_format = frame.format.name
        survey.bit_depth = max(component.bits for component in frame.format.components)
        survey.colour = colour_tags_of(frame)
    survey.times.append(frame.pts)


def _frames_by_duration_tag(stream: VideoStream) -> int:
    """Matroska states no count but may carry each stream's duration; two frames of slack for rounding."""
    text = _tag(stream.metadata, "DURATION")
    rate = stream.guessed_rate
    try:
        hours, minutes, seconds = (text or "").split(":")
        duration_s = Fraction(hours) * 3600 + Fraction(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return 0
    return int(duration_s * Fraction(rate)) - 2 if rate else 0


def _plate(path: Path, container: av.container.InputContainer, stream: VideoStream, survey: _Survey) -> Plate:
    rate, variable = rate_of(survey.times, Fraction(stream.time_base or 1), _stated_rates(stream))
    upright = survey.rotation_deg % 180 == 0
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    width, height = (survey.width, survey.height) if upright else (survey.height, survey.width)
    timecode, reel = _timecode_and_reel(container, stream, rate)
    count = len(survey.times)
    return Plate(
        path=str(path),
        sha256=sha256_of(path),
        width=width,
        height=height,
        rate=rate,
        file_frames=count,
        first_index=0,
        last_index=count - 1,
        codec=stream.codec_context.name,
        pixel_format=survey.pixel_format,
        bit_depth=survey.bit_depth,
        rotation_deg=survey.rotation_deg,
        pixel_aspect=aspect if upright else 1 / aspect,
        variable_rate=variable,
        colour=survey.colour,
        start_timecode=timecode,
        reel=reel,
        audio=_audio(container),
    )


def _stated_rates(stream: VideoStream) -> list[Fraction]:
    stated = [Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate, stream.base_rate) if rate]
    near = [standard for rate in stated for standard in _STANDARD_RATES if abs(rate / standard - 1) < _SNAP]
    return [*near, *stated]


def rate_of(
    times: list[int | None], time_base: Fraction, stated: Iterable[Fraction]
) -> tuple[Fraction, bool]:
    """The exact rate that the timestamps follow, and whether they follow none (a variable rate).

    A rate fits when every picture is within one tick of where it says; of those stated the first that
    fits is taken, else the first stated one is the nominal rate of a variable plate.
    """
    candidates = [rate for rate in stated if rate > 0]
    known = [(index, time) for index, time in enumerate(times) if time is not None]
    if len(known) < 2:
        return (candidates[0] if candidates else Fraction(24)), False
    (first_index, first_time), (last_index, last_time) = known[0], known[-1]
    if last_time > first_time:
        candidates.append(Fraction(last_index - first_index, last_time - first_time) / time_base)
    for rate in candidates:
        tick = 1 / (rate * time_base)  # ticks per picture
        if all(abs(time - first_time - (index - first_index) * tick) <= 1 for index, time in known):
            return rate, False
    return candidates[0], True


def _timecode_and_reel(
    container: av.container.InputContainer, stream: VideoStream, rate: Fraction
) -> tuple[str | None, str]:
    tables = [stream.metadata, *(data.metadata for data in container.streams.data), container.metadata]
    timecode = next((text for table in tables if (text := _tag(table, "timecode"))), None)
    reel = next(
        (text for table in tables for key in ("reel_name", "reel", "tape") if (text := _tag(table, key))), ""
    )
    if timecode is not None:
        try:
            timecode = str(Timecode.parse(timecode, rate))
        except BadSettings:
            timecode = None  # a label that cannot exist at this rate is worse than none
    return timecode, reel


def _tag(table: Mapping[str, str], key: str) -> str | None:
    return next((value for name, value in table.items() if name.lower() == key.lower() and value), None)


def _audio(container: av.container.InputContainer) -> AudioInfo | None:
    if not container.streams.audio:
        return None
    context = container.streams.audio[0].codec_context
    return AudioInfo(codec=context.name, sample_rate=context.sample_rate, channels=context.channels)
