"""Shots with their plates, and the face tracks found in them."""

from __future__ import annotations

from understudy.domain.errors import BadRecord
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.shot import AudioInfo, Plate, Shot
from understudy.domain.summary import TrackSummary
from understudy.domain.time import FrameRange
from understudy.v1 import shots_pb2 as pb
from understudy.wire.time import frame_range_from_wire, frame_range_to_wire, rate_from_wire, rate_to_wire

_ROLES = {"plate": pb.ShotRole.SHOT_ROLE_PLATE, "learn": pb.ShotRole.SHOT_ROLE_LEARN}
_ROLE_NAMES: dict[int, str] = {number: name for name, number in _ROLES.items()}


def role_to_wire(role: str) -> pb.ShotRole:
    if role not in _ROLES:
        raise BadRecord(f"the role {role!r} does not exist; footage is for: {', '.join(_ROLES)}")
    return _ROLES[role]


def role_from_wire(number: int) -> str:
    if number not in _ROLE_NAMES:
        raise BadRecord(f"the shot's role is not said; footage is for: {', '.join(_ROLES)}")
    return _ROLE_NAMES[number]


def colour_tags_to_wire(tags: ColourTags) -> pb.ColourTags:
    return pb.ColourTags(
        primaries=tags.primaries,
        transfer=tags.transfer,
        matrix=tags.matrix,
        full_range=tags.full_range,
        space=tags.space,
    )


def colour_tags_from_wire(message: pb.ColourTags) -> ColourTags:
    return ColourTags(
        primaries=message.primaries,
        transfer=message.transfer,
        matrix=message.matrix,
        full_range=message.full_range,
        space=message.space,
    )


def audio_info_to_wire(audio: AudioInfo) -> pb.AudioInfo:
    return pb.AudioInfo(codec=audio.codec, sample_rate=audio.sample_rate, channels=audio.channels)


def audio_info_from_wire(message: pb.AudioInfo) -> AudioInfo:
    return AudioInfo(codec=message.codec, sample_rate=message.sample_rate, channels=message.channels)


def plate_to_wire(plate: Plate) -> pb.Plate:
    return pb.Plate(
        path=plate.path,
        sha256=plate.sha256,
        width=plate.width,
        height=plate.height,
        rate=rate_to_wire(plate.rate),
        file_frames=plate.file_frames,
        first_index=plate.first_index,
        last_index=plate.last_index,
        first_frame=plate.first_frame,
        codec=plate.codec,
        pixel_format=plate.pixel_format,
        bit_depth=plate.bit_depth,
        rotation_deg=plate.rotation_deg,
        pixel_aspect=rate_to_wire(plate.pixel_aspect),
        variable_rate=plate.variable_rate,
        colour=colour_tags_to_wire(plate.colour),
        start_timecode=plate.start_timecode,
        reel=plate.reel,
        audio=audio_info_to_wire(plate.audio) if plate.audio else None,
        sequence_start=plate.sequence_start,
        data_window=pixel_window_to_wire(plate.data_window) if plate.data_window else None,
        conformed=plate.conformed,
        file_bytes=plate.file_bytes,
    )


def plate_from_wire(message: pb.Plate) -> Plate:
    return Plate(
        path=message.path,
        sha256=message.sha256,
        width=message.width,
        height=message.height,
        rate=rate_from_wire(message.rate),
        file_frames=message.file_frames,
        first_index=message.first_index,
        last_index=message.last_index,
        first_frame=message.first_frame,
        codec=message.codec,
        pixel_format=message.pixel_format,
        bit_depth=message.bit_depth,
        rotation_deg=message.rotation_deg,
        pixel_aspect=rate_from_wire(message.pixel_aspect),
        variable_rate=message.variable_rate,
        colour=colour_tags_from_wire(message.colour),
        start_timecode=message.start_timecode if message.HasField("start_timecode") else None,
        reel=message.reel,
        audio=audio_info_from_wire(message.audio) if message.HasField("audio") else None,
        sequence_start=message.sequence_start if message.HasField("sequence_start") else None,
        data_window=pixel_window_from_wire(message.data_window) if message.HasField("data_window") else None,
        conformed=message.conformed,
        file_bytes=message.file_bytes,
    )


def pixel_window_to_wire(window: Rect) -> pb.PixelWindow:
    return pb.PixelWindow(x=window.x, y=window.y, width=window.width, height=window.height)


def pixel_window_from_wire(message: pb.PixelWindow) -> Rect:
    return Rect(message.x, message.y, message.width, message.height)


def shot_to_wire(shot: Shot) -> pb.Shot:
    return pb.Shot(
        id=shot.id,
        name=shot.name,
        person_id=shot.person_id,
        role=role_to_wire(shot.role),
        plate=plate_to_wire(shot.plate),
        faces=shot.faces,
        faces_sha256=shot.faces_sha256,
    )


def shot_from_wire(message: pb.Shot) -> Shot:
    return Shot(
        id=message.id,
        name=message.name,
        person_id=message.person_id,
        role=role_from_wire(message.role),
        plate=plate_from_wire(message.plate),
        faces=message.faces,
        faces_sha256=message.faces_sha256,
    )


def track_summary_to_wire(track: TrackSummary) -> pb.TrackSummary:
    return pb.TrackSummary(
        track=track.track,
        frames=frame_range_to_wire(FrameRange(track.first, track.last)),
        faces=track.faces,
        filled=track.filled,
        mean_presence=track.mean_presence,
    )


def track_summary_from_wire(message: pb.TrackSummary) -> TrackSummary:
    frames = frame_range_from_wire(message.frames)
    return TrackSummary(
        track=message.track,
        first=frames.first,
        last=frames.last,
        faces=message.faces,
        filled=message.filled,
        mean_presence=message.mean_presence,
    )
