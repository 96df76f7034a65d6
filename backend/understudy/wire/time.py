"""Frame ranges and exact rates."""

from __future__ import annotations

from fractions import Fraction

from understudy.domain.errors import BadRecord
from understudy.domain.time import FrameRange
from understudy.v1 import time_pb2 as pb


def frame_range_to_wire(frames: FrameRange) -> pb.FrameRange:
    return pb.FrameRange(first=frames.first, last=frames.last)


def frame_range_from_wire(message: pb.FrameRange) -> FrameRange:
    return FrameRange(message.first, message.last)


def rate_to_wire(rate: Fraction) -> pb.Rate:
    return pb.Rate(numerator=rate.numerator, denominator=rate.denominator)


def rate_from_wire(message: pb.Rate) -> Fraction:
    if message.denominator < 1:
        raise BadRecord(f"{message.numerator}/{message.denominator} is no rate; divide by 1 or more")
    return Fraction(message.numerator, message.denominator)
