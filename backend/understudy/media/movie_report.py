"""Examining a movie: one decoding pass, and what the file says of itself."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import av.container
from av.video.stream import VideoStream

from understudy.domain.clip_report import AudioTrack, ClipReport
from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.shot import AudioInfo, Plate
from understudy.media.colour_space import named_space
from understudy.media.movie_boxes import movie_tracks
from understudy.media.movie_facts import facts_of
from understudy.media.movie_file import first_video, open_movie
from understudy.media.movie_survey import Survey, survey
from understudy.media.movie_timecode import SourceTime, source_time
from understudy.media.movie_warnings import (
    changes_what_is_shown,
    colour_warnings,
    pace_warnings,
    structure_warnings,
)
from understudy.media.picture_rate import likely_rates, rate_of
from understudy.media.sound_tracks import playable, sound_tracks

_FIELD_ORDERS = {2: "top field first", 3: "bottom field first", 4: "top field first", 5: "bottom field first"}


def movie_report(path: Path) -> ClipReport:
    """Describe a movie; every picture is decoded once, so the count and the health of it are facts.

    Raises: UnreadableMedia when the file is missing, holds no pictures, is damaged or ends too early.
    """
    if not path.is_file():
        raise UnreadableMedia(f"{path} does not exist; check the path and that the disk is mounted")
    try:
        with open_movie(path) as container:
            stream = first_video(container, path)
            return _report(path, container, stream, survey(container, stream, path))
    except av.FFmpegError as cause:
        raise UnreadableMedia(f"{path} cannot be read as a movie: {cause.strerror or cause}") from cause


def _report(
    path: Path, container: av.container.InputContainer, stream: VideoStream, found: Survey
) -> ClipReport:
    tracks = movie_tracks(path) if "mov" in container.format.name.split(",") else ()
    tick_s = Fraction(stream.time_base or 1)
    stated = likely_rates((stream.guessed_rate, stream.average_rate, stream.base_rate))
    rate, variable = rate_of(found.times, tick_s, stated)
    time = source_time(container, stream, rate, tracks, found.gop_label)
    audio = sound_tracks(container)
    plate = replace(_plate(path, stream, found, rate, time, audio), variable_rate=variable)
    space = named_space(plate.colour)
    warnings = [
        *pace_warnings(plate, found, tick_s),
        *time.warnings,
        *structure_warnings(plate, found, tracks),
        *colour_warnings(plate, found, space),
    ]
    tagged = "unknown" not in (plate.colour.primaries, plate.colour.transfer)
    return ClipReport(
        plate=plate,
        container=container.format.name,
        colour_space=space,
        colour_space_from="tags" if tagged else "guess",
        compression=_compression(stream),
        bit_rate=container.bit_rate or 0,
        field_order=_field_order(stream, found),
        drop_frame=time.timecode is not None and time.timecode.drop_frame,
        channels=found.channels,
        audio=audio,
        edit_list=changes_what_is_shown(found, tracks),
        other_size=tuple(found.other_size),
        duplicates=tuple(found.duplicates),
        clipped=found.levels.clipped,
        facts=facts_of(container, stream, found.side_facts),
        warnings=tuple(warnings),
    )


def _plate(
    path: Path,
    stream: VideoStream,
    found: Survey,
    rate: Fraction,
    time: SourceTime,
    audio: tuple[AudioTrack, ...],
) -> Plate:
    upright = found.rotation_deg % 180 == 0
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    width, height = (found.width, found.height) if upright else (found.height, found.width)
    return Plate(
        path=str(path.absolute()),
        sha256=sha256_of(path),
        width=width,
        height=height,
        rate=rate,
        file_frames=len(found.times),
        first_index=0,
        last_index=len(found.times) - 1,
        codec=stream.codec_context.name,
        pixel_format=found.pixel_format,
        bit_depth=found.bit_depth,
        rotation_deg=found.rotation_deg,
        pixel_aspect=aspect if upright else 1 / aspect,
        colour=found.colour,
        start_timecode=None if time.timecode is None else str(time.timecode),
        reel=time.reel,
        audio=_first_sound(audio),
    )


def _first_sound(audio: tuple[AudioTrack, ...]) -> AudioInfo | None:
    first = next(iter(playable(audio)), None)
    if first is None:
        return None
    return AudioInfo(codec=first.codec, sample_rate=first.sample_rate, channels=first.channels)


def _compression(stream: VideoStream) -> str:
    name, profile = stream.codec_context.codec.long_name, stream.codec_context.profile
    return f"{name}, {profile}" if profile and profile.lower() != "unknown" else name


def _field_order(stream: VideoStream, found: Survey) -> str:
    if not found.interlaced:
        return "progressive"
    if found.interlaced < len(found.times):
        return "mixed"
    return _FIELD_ORDERS.get(stream.codec_context.field_order, "interlaced")
