"""Looking at a production: pictures of plates and takes, pixel values, strips, sound, previews of jobs.

Takes and previews are shown only as long as nobody withdrew the consents they rest on and none has run out,
and pictures of a plate only as long as its file is the one that was taken in.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from understudy.domain.artefact import Take
from understudy.domain.errors import BadInput, ConsentExpired, ConsentRevoked, NotFound
from understudy.domain.frame import Rect
from understudy.domain.identifiers import made_at_ns
from understudy.domain.job import EventKind
from understudy.domain.latest import Latest
from understudy.domain.people import Grant
from understudy.domain.pictures import (
    MAX_PIXELS_SIDE_PX,
    MAX_SOUND_S,
    MAX_STRIP_FRAMES,
    STRIP_HEIGHTS_PX,
    Encoding,
    FramePicture,
    Pixels,
    Strip,
)
from understudy.domain.shot import Shot
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.jobs.bundle import GRANT_FILE, read_bundle
from understudy.media.frame_desk import FrameDesk, View
from understudy.media.layer_headers import Stamp, file_stamp
from understudy.media.look import marked_jpeg
from understudy.media.pixels import half_bytes, pixel_values
from understudy.media.plate_files import PlateFiles
from understudy.media.thumbnails import Thumbnails
from understudy.media.wav import wav_bytes
from understudy.store.production import Production

STRIPS_FOLDER = "cache/strips"
_GRANTS_KEPT = 64
_PREVIEW_NAME = re.compile(r"preview(\.\d+)?\.jpg")


class Pictures:
    """Implements `rpc.picture_backend.PictureBackend` over one production. Used from many threads."""

    def __init__(self, production: Production, *, job_folder: Callable[[str], Path]) -> None:
        self._production, self._job_folder = production, job_folder
        self.desk = FrameDesk()
        self._plate_files = PlateFiles(self.desk.forget)
        self._thumbnails = Thumbnails(self.desk)
        self._grants: Latest[tuple[str, Stamp | None], Grant] = Latest(_GRANTS_KEPT)

    def close_pictures(self) -> None:
        self.desk.close()

    def forget_pictures(self) -> None:
        """Keep nothing of what was looked at, and on disk nothing of shots that are gone."""
        self.desk.forget()
        self._thumbnails.forget(self._sweep_strips)

    def frame_picture(
        self, *, shot_id: str = "", take_id: str = "", frame: int, layer: Layer, max_width_px: int = 0
    ) -> FramePicture:
        """One picture of a shot or of a take. Raises: FrameOutOfRange, NotFound, BadInput, ConsentRefused."""
        shot, take = self._source(shot_id, take_id)
        return self.desk.picture(self._view(shot, take, layer, max_width_px), frame)

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
        """Values of some pixels, the rectangle cut to the picture.

        Raises: as `frame_picture`; BadInput for a rectangle that is too large or lies beside the picture.
        """
        if not (1 <= rect.width <= MAX_PIXELS_SIDE_PX and 1 <= rect.height <= MAX_PIXELS_SIDE_PX):
            raise BadInput(
                f"{rect.width}x{rect.height} pixels are asked for; ask for 1 to {MAX_PIXELS_SIDE_PX} each way"
            )
        shot, take = self._source(shot_id, take_id)
        cut = rect.intersect(shot.plate.display_window)
        if cut.empty:
            raise BadInput(
                f"{rect.width}x{rect.height} pixels at {rect.x}, {rect.y} lie beside the picture, "
                f"which is {shot.plate.width}x{shot.plate.height}"
            )
        view = self._view(shot, take, layer, 0)
        source = self.desk.source(view, frame)
        values = pixel_values(source.picture, source.layers, layer, cut, encoding, marked=view.marked)
        return Pixels(
            x=cut.x,
            y=cut.y,
            width=cut.width,
            height=cut.height,
            channels=values.shape[2],
            halfs=half_bytes(values),
            version=source.version,
            bit_depth=shot.plate.bit_depth,
        )

    def strip(
        self,
        *,
        shot_id: str = "",
        take_id: str = "",
        frames: Sequence[int],
        height_px: int,
        alive: Callable[[], bool] = lambda: True,
    ) -> Strip:
        """Small pictures side by side. Raises: as `frame_picture`; Stopped when `alive()` became false."""
        if not 1 <= len(frames) <= MAX_STRIP_FRAMES:
            raise BadInput(f"a strip has 1 to {MAX_STRIP_FRAMES} frames, not {len(frames)}")
        least, most = STRIP_HEIGHTS_PX
        if not least <= height_px <= most:
            raise BadInput(f"the pictures of a strip are {least} to {most} pixels high, not {height_px}")
        age = self._thumbnails.age  # before the shot is looked up: it may be purged from here on
        shot, take = self._source(shot_id, take_id)
        return self._thumbnails.strip(
            self._view(shot, take, Layer.REPLACED if take else Layer.PLATE, 0),
            frames,
            height_px,
            folder=self._production.folder / STRIPS_FOLDER / shot.id,
            alive=alive,
            age=age,
        )

    def sound(self, shot_id: str, frames: FrameRange) -> bytes:
        """The sound of some frames as a WAV file, empty when the plate has none.

        Raises: NotFound, FrameOutOfRange, UnreadableMedia; BadInput for too many frames.
        """
        shot, _ = self._source(shot_id, "")
        plate = shot.plate
        start_s = self.desk.plates.time_of(plate, frames.first)
        end_s = self.desk.plates.end_of(plate, frames.last)
        if end_s - start_s > MAX_SOUND_S:
            raise BadInput(f"the frames {frames} last longer than {MAX_SOUND_S} seconds; ask in parts")
        return wav_bytes(plate, start_s, end_s)

    def job_preview(self, job_id: str, sequence: int = 0) -> bytes:
        """A preview of a job, of the event with that number or the newest.

        Raises: NotFound, ConsentRevoked, ConsentExpired.
        """
        job = self._production.job(job_id)
        if sequence:
            told = self._production.events(job.id, sequence - 1, 1)
            event = told[0] if told and told[0].sequence == sequence else None
            if event is None or event.kind is not EventKind.PREVIEW:
                raise NotFound(f"event {sequence} of job {job.id} is no preview")
        else:
            event = self._production.last_event(job.id, EventKind.PREVIEW)
            if event is None:
                raise NotFound(f"job {job.id} has no preview yet")
        self._check_consents(job.id, f"what {job.kind} job {job.id} made")
        path = self._job_folder(job.id) / event.path
        if not _PREVIEW_NAME.fullmatch(
            path.name
        ):  # a worker may be another machine's: it names no other file
            raise NotFound(f"event {event.sequence} of job {job.id} names no preview")
        try:
            jpeg = path.read_bytes()
        except FileNotFoundError as cause:
            raise NotFound(
                f"the preview of iteration {event.done} of job {job.id} is not kept any more"
            ) from cause
        return marked_jpeg(jpeg) if self._grant_of(job.id).marked else jpeg

    def still_allowed(self, take: Take) -> None:
        """A look at a take needs the consents its render rested on. Not logged: it may be a frame a second.

        Raises: ConsentRevoked, ConsentExpired.
        """
        self._check_consents(take.job_id, f"take {take.label}")

    def same_plate(self, shot: Shot) -> None:
        """Raises: UnreadableMedia when the plate's file is another than was taken in."""
        self._plate_files.check(shot.plate, taken_in_ns=made_at_ns(shot.id))

    def _check_consents(self, job_id: str, what: str) -> None:
        today = datetime.now().astimezone().date()  # the terms on paper are local days
        for consent_id in self._grant_of(job_id).consent_ids:
            consent = self._production.consent(consent_id)
            if consent.revoked_at:
                raise ConsentRevoked(f"{what} rests on a consent that was withdrawn; it is not shown")
            if consent.valid_to < today:
                raise ConsentExpired(
                    f"{what} rests on a consent that ran out on {consent.valid_to}; it is not shown. "
                    "Record a new one and make it again"
                )

    def _grant_of(self, job_id: str) -> Grant:
        folder = self._job_folder(job_id)
        key = job_id, file_stamp(folder / GRANT_FILE)
        known = self._grants.get(key)
        return known if known is not None else self._grants.put(key, read_bundle(folder)[1])

    def _source(self, shot_id: str, take_id: str) -> tuple[Shot, Take | None]:
        """The shot, and the take that may be shown.

        Raises: NotFound, ConsentRevoked, ConsentExpired, UnreadableMedia.
        """
        take = self._production.take(take_id) if take_id else None
        if take is not None:
            self.still_allowed(take)
        shot = self._production.shot(take.shot_id if take is not None else shot_id)
        self.same_plate(shot)
        return shot, take

    def _view(self, shot: Shot, take: Take | None, layer: Layer, max_width_px: int) -> View:
        if take is None or layer is Layer.PLATE:
            return View(plate=shot.plate, layer=layer, max_width_px=max_width_px)
        return View(
            plate=shot.plate,
            take=self._production.path(take.path),
            layer=layer,
            max_width_px=max_width_px,
            marked=take.marked,
        )

    def _sweep_strips(self) -> None:
        kept = {shot.id for shot in self._production.shots()}
        folder = self._production.folder / STRIPS_FOLDER
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in kept:
                shutil.rmtree(path)
