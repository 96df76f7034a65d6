"""A shot's timeline. Its columns travel as they are; a note that many frames share is packed once."""

from __future__ import annotations

from understudy.domain.edit_views import Timeline
from understudy.domain.errors import BadRecord
from understudy.domain.solved import FrameMark, Orphan
from understudy.v1 import edits_pb2 as pb
from understudy.wire.named import fill_message, read_message
from understudy.wire.time import frame_range_from_wire, frame_range_to_wire

COLUMNS = ("faces", "face_states", "matte_states", "marks", "flags", "strengths")


def timeline_to_wire(timeline: Timeline) -> pb.GetTimelineResponse:
    answer = pb.GetTimelineResponse(
        revision=timeline.revision,
        frames=frame_range_to_wire(timeline.frames),
        **{name: getattr(timeline, name) for name in COLUMNS},
        cuts=timeline.cuts,
        bindings=timeline.bindings,
        orphans=[fill_message(pb.Orphan(), orphan) for orphan in timeline.orphans],
    )
    packed: dict[FrameMark, pb.FrameMark] = {}
    for frame, mark in timeline.notes.items():
        if mark not in packed:
            packed[mark] = fill_message(pb.FrameMark(), mark)
        answer.notes[frame].CopyFrom(packed[mark])
    return answer


def timeline_from_wire(message: pb.GetTimelineResponse) -> Timeline:
    """Raises: BadRecord for columns that are not one byte a frame."""
    frames = frame_range_from_wire(message.frames)
    columns = {name: getattr(message, name) for name in COLUMNS}
    if wrong := [name for name, column in columns.items() if len(column) != len(frames)]:
        raise BadRecord(f"{wrong[0]} of a timeline has not one byte for each of its {len(frames)} frames")
    return Timeline(
        revision=message.revision,
        frames=frames,
        **columns,
        cuts=tuple(message.cuts),
        notes={frame: read_message(FrameMark, mark) for frame, mark in sorted(message.notes.items())},
        bindings=dict(sorted(message.bindings.items())),
        orphans=tuple(read_message(Orphan, orphan) for orphan in message.orphans),
    )
