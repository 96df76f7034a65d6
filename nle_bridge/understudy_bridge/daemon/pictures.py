"""The small picture that an editor shows of a sending."""

from __future__ import annotations

from understudy.client import Client
from understudy.domain.errors import BadInput, FrameOutOfRange, NotFound
from understudy.domain.summary import Layer
from understudy.domain.time import parse_frames
from understudy_bridge.daemon.sending import Sending

MOST_WIDTH = 1920


def newest_picture(client: Client, sending: Sending, width: int) -> bytes:
    """A frame of the newest version as JPEG, the last that is finished or the middle one; else the plate's.

    Raises: NotFound, ConsentRefused, BadInput.
    """
    if not 16 <= width <= MOST_WIDTH:
        raise BadInput(f"width is a number of pixels from 16 to {MOST_WIDTH}")
    plate = client.shot(sending.shot_id).plate
    for version in reversed(sending.versions):
        try:
            frames = parse_frames(client.take(version.take_id).frames)
            at = len(frames) // 2 if version.state != "rendering" else sending.progress.done - 1
            if 0 <= at < len(frames):
                return client.frame_picture(
                    take_id=version.take_id, frame=frames[at], layer=Layer.REPLACED, max_width_px=width
                ).jpeg
        except (NotFound, FrameOutOfRange):
            continue  # not rendered yet, or rendered anew
    middle = (plate.frames.first + plate.frames.last) // 2
    return client.frame_picture(
        shot_id=sending.shot_id, frame=middle, layer=Layer.PLATE, max_width_px=width
    ).jpeg
