"""Takes, how they stand with their shots' frames, and deliveries."""

from __future__ import annotations

from understudy.domain.artefact import Delivery, Take
from understudy.domain.take_frames import TakeFrames, TakeFrameState
from understudy.v1 import takes_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire

_STATE = "TAKE_FRAME_STATE"


def take_to_wire(take: Take) -> pb.Take:
    return pb.Take(
        id=take.id,
        shot_id=take.shot_id,
        version=take.version,
        model_ids=take.model_ids,
        people=take.people,
        path=take.path,
        frames=take.frames,
        job_id=take.job_id,
        marked=take.marked,
    )


def take_from_wire(message: pb.Take) -> Take:
    return Take(
        id=message.id,
        shot_id=message.shot_id,
        version=message.version,
        model_ids=tuple(message.model_ids),
        people=tuple(message.people),
        path=message.path,
        frames=message.frames,
        job_id=message.job_id,
        marked=message.marked,
    )


def delivery_to_wire(delivery: Delivery) -> pb.Delivery:
    return pb.Delivery(
        id=delivery.id,
        take_id=delivery.take_id,
        path=delivery.path,
        manifest=delivery.manifest,
        people=delivery.people,
        job_id=delivery.job_id,
    )


def delivery_from_wire(message: pb.Delivery) -> Delivery:
    return Delivery(
        id=message.id,
        take_id=message.take_id,
        path=message.path,
        manifest=message.manifest,
        people=tuple(message.people),
        job_id=message.job_id,
    )


def take_frames_to_wire(frames: TakeFrames) -> pb.ListTakeFramesResponse:
    numbers = {state: enum_to_wire(state, pb.TakeFrameState, prefix=_STATE) for state in TakeFrameState}
    return pb.ListTakeFramesResponse(
        first_frame=frames.first_frame,
        states=[numbers[state] for state in frames.states],
        versions=frames.versions,
        revision=frames.revision,
    )


def take_frames_from_wire(message: pb.ListTakeFramesResponse) -> TakeFrames:
    known = {
        number: enum_from_wire(number, pb.TakeFrameState, TakeFrameState, prefix=_STATE)
        for number in set(message.states)
    }
    return TakeFrames(
        first_frame=message.first_frame,
        states=tuple(known[number] for number in message.states),
        versions=tuple(message.versions),
        revision=message.revision,
    )
