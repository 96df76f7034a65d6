"""What the picture service calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from understudy.domain.frame import Rect
from understudy.domain.pictures import Encoding, FramePicture, Pixels, Strip
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange


class PictureBackend(Protocol):
    """Looking at an open production. As for `Backend`: many threads, `UnderstudyError`s, ids or names.

    Where `shot_id` and `take_id` can be said, exactly one of them is. A shot has only its plate. A take is
    refused with ConsentRevoked or ConsentExpired when a consent that its render rested on is.
    """

    def frame_picture(
        self, *, shot_id: str = "", take_id: str = "", frame: int, layer: Layer, max_width_px: int = 0
    ) -> FramePicture:
        """One picture as JPEG, at most `max_width_px` wide (0: as it is).

        Raises: FrameOutOfRange, NotFound, BadInput, ConsentRefused.
        """

    def pixels(
        self,
        *,
        shot_id: str = "",
        take_id: str = "",
        frame: int,
        layer: Layer,
        rect: Rect,
        encoding: Encoding,
    ) -> Pixels:
        """Values of the plate, or of a take's replaced or matte layer; `rect` is cut to the picture.

        Raises: as `frame_picture`; BadInput when it is too large or lies beside the picture.
        """

    def strip(
        self,
        *,
        shot_id: str = "",
        take_id: str = "",
        frames: Sequence[int],
        height_px: int,
        alive: Callable[[], bool],
    ) -> Strip:
        """Small pictures side by side; a take's frame that is not rendered shows the plate.

        Raises: as `frame_picture`; Stopped soon after `alive()` became false.
        """

    def sound(self, shot_id: str, frames: FrameRange) -> bytes:
        """A WAV file as long as the frames, empty when there is no sound.

        Raises: NotFound, FrameOutOfRange, UnreadableMedia; BadInput for too many frames.
        """

    def job_preview(self, job_id: str, sequence: int = 0) -> bytes:
        """A preview of a job as JPEG: the newest, or that of one event. Raises: NotFound when it is gone."""

    def preview_frame(self, request: PreviewRequest) -> PreviewPicture:
        """One frame of a shot with all its standing edits, made now.

        Raises: Superseded when a newer request of the session came; FrameOutOfRange, NotFound, BadInput,
        BadMatte, BadSettings, ConsentRefused.
        """
