"""One frame, now: what an artist sees while editing, made by the same steps as the finished frame.

It keeps warm what the next look needs: decoded frames, the shot's faces and edits, the models, and the faces
drawn before. Colours and pictures are steadied by those neighbours that were looked at before, not by all of
them, so a preview can differ a little from the rendered frame.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import SOURCES
from understudy.domain.edit_stack import EditEntry, Stack, entry_from_table, stack_of
from understudy.domain.errors import BadInput, DeviceOutOfMemory
from understudy.domain.face import ShotFaces, load_faces
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.latest import Latest
from understudy.domain.shot import Plate
from understudy.domain.solved import FramePlan, SolvedShot
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.faces.align import crop_of_square, square_transform
from understudy.matte.drawing import plan_reach
from understudy.matte.expression import parse
from understudy.matte.frame_matte import frame_matte, with_adjustments
from understudy.matte.hull import MESH_POINTS
from understudy.media.colour import from_linear, to_linear
from understudy.media.composite import marked_sheet
from understudy.media.layers import FaceLayers
from understudy.media.look import jpeg_of, tinted
from understudy.media.network_colour import shown_raw
from understudy.media.picture import Picture
from understudy.media.preview_colour import needs_preview, preview_rgb8
from understudy.media.pyramid import over
from understudy.media.warm_plates import WarmPlates
from understudy.media.warp import compose, corners_of, translate, warp
from understudy.networks.checkpoint import LoadedSwapper, load_swapper
from understudy.networks.device import pick_device
from understudy.networks.inference import FaceDrawer
from understudy.solve import solve
from understudy.stages.convert.binding import Binding, BoundFaces
from understudy.stages.convert.conversion import SeenFace, drawn_face, needs_mask, open_in_crop
from understudy.stages.convert.face_place import DrawnFace, DrawnFrame, Region, cut_crop, union_rect
from understudy.stages.convert.face_render import FrameLook, render_layers
from understudy.stages.convert.window import graded
from understudy.work import PreviewTask

_PLATES_OPEN, _DECODED_BYTES = 3, 64 << 20
_FRAMES_KEPT = 24
_SHOTS_KEPT = 4
_MODELS_KEPT = 2
_FACES_KEPT = 96
_CROP_PX = 256
_GROWN_SHARE = 0.1  # of the face's side: as far as a matte is ever grown
_WITHOUT_NETWORK = frozenset({Layer.PLATE, Layer.CROP, Layer.MATTE, Layer.OVERLAY})

Picture8 = npt.NDArray[np.uint8]


@dataclass(slots=True)
class _KnownShot:
    """A shot's faces and its edits as far as they were sent."""

    faces: ShotFaces
    entries: list[EditEntry]
    stack: Stack


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """A decoded frame, and as it is shown in 8 bit."""

    picture: Picture
    rgb8_HW3: Picture8


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The JPEG of one look, and the revision of the edits it shows."""

    jpeg: bytes
    revision: int


class PreviewDesk:
    """Makes one picture at a time; not for several threads. `threads` CPU threads draw."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._shots: Latest[Hashable, _KnownShot] = Latest(_SHOTS_KEPT)
        self._plates = WarmPlates(most_decoders=_PLATES_OPEN, most_bytes=_DECODED_BYTES)
        self._frames: Latest[Hashable, _Frame] = Latest(_FRAMES_KEPT)
        self._models: Latest[Hashable, tuple[LoadedSwapper, FaceDrawer]] = Latest(_MODELS_KEPT)
        self._drawn: Latest[Hashable, DrawnFace] = Latest(_FACES_KEPT)

    def show(self, task: PreviewTask) -> Shown:
        """The look that was asked for.

        Raises: FrameOutOfRange, BadInput, BadMatte, UnreadableMedia; EditsMissing.
        """
        known = self._shot(task)
        standing = known.stack.done
        solved = solve(
            known.faces,
            standing,
            frames=task.plate.frames,
            only=FrameRange(task.frame, task.frame),
            pixel_aspect=float(task.plate.pixel_aspect),
        )
        revision = known.entries[-1].revision if known.entries else 0
        picture8 = self._look(task, solved, known.faces.tracks[:1], self._frame(task.plate, task.frame))
        return Shown(jpeg=jpeg_of(picture8, task.max_width_px), revision=revision)

    def _shot(self, task: PreviewTask) -> _KnownShot:
        name = (task.shot_id, task.faces_sha256)
        known = self._shots.get(name)
        if known is None:
            if task.edits_after:
                raise EditsMissing("the preview worker has not seen this shot's earlier edits")
            faces = load_faces(Path(task.faces))
            known = self._shots.put(name, _KnownShot(faces, [], stack_of(())))
        seen = known.entries[-1].revision if known.entries else 0
        if seen < task.edits_after:
            raise EditsMissing("the preview worker has not seen this shot's earlier edits")
        fresh = [entry for table in task.edits if (entry := entry_from_table(table)).revision > seen]
        if fresh:
            known.entries += fresh
            known.stack = stack_of(known.entries)
        return known

    def _frame(self, plate: Plate, frame: int) -> _Frame:
        name = (plate.path, plate.sha256, plate.index_of(frame))
        found = self._frames.get(name)
        if found is None:
            picture = self._plates.picture(plate, frame)
            found = self._frames.put(name, _Frame(picture=picture, rgb8_HW3=picture.rgb8()))
        return found

    def _look(
        self, task: PreviewTask, solved: SolvedShot, longest: tuple[int, ...], picture: _Frame
    ) -> Picture8:
        if task.layer is Layer.PLATE:
            return picture.rgb8_HW3
        if task.layer in _WITHOUT_NETWORK:
            return self._without_network(task, solved, longest, picture)
        if not task.bindings:
            raise BadInput(f"the layer {task.layer} needs a model; name one")
        return self._replaced(task, solved, picture)

    def _without_network(
        self, task: PreviewTask, solved: SolvedShot, longest: tuple[int, ...], picture: _Frame
    ) -> Picture8:
        rows = _looked_at(task, solved, longest)
        if task.layer is Layer.CROP:
            return _crop_of(task, solved, rows, picture.picture)
        plan, window = solved.plan(task.frame), task.plate.display_window
        rect = _matte_rect(solved, rows, plan, window)
        shown = np.zeros_like(picture.rgb8_HW3) if task.layer is Layer.MATTE else picture.rgb8_HW3.copy()
        if rect.empty:
            return shown
        matte = frame_matte(
            plan,
            [solved.faces.landmarks_NK3[row, :, :2] for row in rows],
            rect,
            frame=task.frame,
            layers={name: Path(folder) for name, folder in task.layers.items()},
            config=replace(with_adjustments(task.config, plan, task.tried), matte="hull"),
            learned_HW=np.ones((rect.height, rect.width), np.float32),
            pixel_aspect=solved.pixel_aspect,
        ).matte_HW
        part = np.s_[rect.y : rect.y1, rect.x : rect.x1]
        if task.layer is Layer.MATTE:
            shown[part] = np.rint(matte * 255).astype(np.uint8)[..., None]
        else:
            shown[part] = tinted(shown[part], matte)
        return shown

    def _replaced(self, task: PreviewTask, solved: SolvedShot, picture: _Frame) -> Picture8:
        frame, plan = task.frame, solved.plan(task.frame)
        look = FrameLook(
            config=with_adjustments(task.config, plan, task.tried),
            plan=plan,
            tags=task.plate.colour,
            layers={name: Path(folder) for name, folder in task.layers.items()},
        )
        drawn = self._drawn_faces(task, solved, picture.picture, look)
        if task.layer is Layer.RAW:
            if not drawn:
                raise BadInput(f"frame {frame} has no bound face to draw")
            shown = shown_raw(drawn[0].raw_SS3, drawn[0].face.encoding)
            return marked_sheet(shown) if task.marked else shown
        shown = picture.rgb8_HW3.copy()
        if drawn and not plan.hold:
            rect = union_rect([item.face.rect for item in drawn])
            region = Region(rect=rect, rgb_HW3=picture.picture.region(rect))
            faces = [graded(item, self._neighbours(item), look.config) for item in drawn]
            layers = render_layers(DrawnFrame(frame=frame, region=region, faces=tuple(drawn)), faces, look)
            _lay_over(shown, region, layers, look.tags)
        return marked_sheet(shown) if task.marked else shown

    def _drawn_faces(
        self, task: PreviewTask, solved: SolvedShot, picture: Picture, look: FrameLook
    ) -> list[DrawnFace]:
        here = {int(track) for track in solved.faces.track[solved.faces.frame == task.frame]}
        chosen = {binding.track: binding for binding in task.bindings if binding.track in here}
        models = {
            track: self._model(binding.checkpoint, binding.checkpoint_sha256)
            for track, binding in chosen.items()
        }
        bound = BoundFaces(
            task.plate,
            solved,
            {
                track: Binding(
                    person_id=binding.person_id,
                    swapper=models[track][0],
                    person_index=models[track][0].card.people.index(binding.person_id),
                )
                for track, binding in chosen.items()
            },
            task.config,
            config_at=lambda _: look.config,
        )
        if task.frame in bound.misplaced:
            raise bound.misplaced[task.frame]
        with_mask, drawn = needs_mask(task.config, solved), []
        for face in bound.at(task.frame) if task.frame in bound else ():
            binding = chosen[face.track]
            swapper, drawer = models[face.track]
            region = Region(rect=face.seen, rgb_HW3=picture.region(face.seen))
            seen = SeenFace(
                face=face, crop_SS3=cut_crop(face, region, look.tags), open_SS=open_in_crop(face, look)
            )
            raws, masks = drawer.draw(seen.crop_SS3[None], swapper.card.people.index(binding.person_id))
            mask = masks[0] if masks is not None and with_mask else None
            made = drawn_face(seen, raws[0], mask, task.plate)
            take = bisect_right(sorted(solved.faces.cuts), task.frame)
            name = (
                task.shot_id,  # other shots may show the same clip under the same frame numbers
                task.faces_sha256,
                binding.checkpoint_sha256,
                binding.person_id,
                face.track,
                take,
                task.frame,
            )
            drawn.append(self._drawn.put(name, made))
        return drawn

    def _neighbours(self, item: DrawnFace) -> tuple[DrawnFace, ...]:
        """The faces of the same track, take and model that were drawn before, in order of their frames."""
        own = next(name for name, made in self._drawn.items() if made is item)
        assert isinstance(own, tuple)
        run = {
            name[-1]: made
            for name, made in self._drawn.items()
            if isinstance(name, tuple) and name[:-1] == own[:-1]
        }
        return tuple(run[frame] for frame in sorted(run))

    def _model(self, checkpoint: str, sha256: str) -> tuple[LoadedSwapper, FaceDrawer]:
        """A model on the first device that has room for it beside a training; the CPU always has."""
        found = self._models.get(sha256)
        if found is None:
            try:
                found = self._loaded(checkpoint, "auto")
            except DeviceOutOfMemory:
                found = self._loaded(checkpoint, "cpu")
            self._models.put(sha256, found)
        return found

    def _loaded(self, checkpoint: str, device: str) -> tuple[LoadedSwapper, FaceDrawer]:
        swapper = load_swapper(Path(checkpoint), pick_device(device), threads=self._threads)  # type: ignore[arg-type]
        people = range(len(swapper.card.people))
        return swapper, FaceDrawer(
            swapper, people, batch=1, draw_mask=swapper.card.learn_mask, threads=self._threads
        )


class EditsMissing(BadInput):
    """A look was asked for without all edits of its shot; send the whole list."""


def _looked_at(task: PreviewTask, solved: SolvedShot, longest: tuple[int, ...]) -> list[int]:
    """The faces that the matte is for: of the bound tracks, else of the shot's longest, else the first here.

    `longest` is the track that the machine followed longest: of the solved ones only this frame is known.
    """
    rows = [
        int(row) for row in np.flatnonzero(solved.faces.frame == task.frame) if solved.faces.track[row] >= 0
    ]
    tracks = {binding.track for binding in task.bindings} or set(solved.bindings) or set(longest)
    shown = [row for row in rows if int(solved.faces.track[row]) in tracks] or rows[:1]
    if not np.isfinite(solved.faces.landmarks_NK3[shown, :, :2]).all():
        raise BadInput(f"frame {task.frame}: a face has undefined landmarks; move them or remove the face")
    return shown


def _matte_rect(solved: SolvedShot, rows: list[int], plan: FramePlan, window: Rect) -> Rect:
    """Where the matte can be other than 0: around the faces and what was kept; anywhere if joined."""
    steps = parse(plan.expression)
    if any(step.operator == "+" and step.source not in SOURCES - {"cut"} for step in steps):
        return window
    everywhere_in_crop = any(step.source == "learned" for step in steps)
    rects = [_face_rect(solved, row, whole_crop=everywhere_in_crop) for row in rows]
    kept = plan_reach(plan)
    rects += [kept] if kept is not None else []
    return union_rect(rects).intersect(window) if rects else Rect(0, 0, 0, 0)


def _face_rect(solved: SolvedShot, row: int, *, whole_crop: bool) -> Rect:
    if whole_crop:
        to_crop = _to_crop(solved, row)
        return corners_of(to_crop, _CROP_PX)
    points = solved.faces.landmarks_NK3[row, :MESH_POINTS, :2]
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    grown_px = int(_GROWN_SHARE * solved.square_N4[row, 2] / min(1.0, solved.pixel_aspect)) + 2
    x, y = floor(x0), floor(y0)
    return Rect(x, y, int(x1 - x) + 1, int(y1 - y) + 1).expand(grown_px)


def _to_crop(solved: SolvedShot, row: int) -> npt.NDArray[np.float64]:
    """Plate to crop, as the desk shows crops."""
    to_unit = square_transform(solved.square_N4[row], pixel_aspect=solved.pixel_aspect)
    return crop_of_square(to_unit, "full", _CROP_PX)


def _lay_over(shown_HW3: Picture8, region: Region, layers: FaceLayers, tags: ColourTags) -> None:
    """A layer over the 8-bit plate, in linear light, in place; overscan is not shown."""
    height, width = shown_HW3.shape[:2]
    rect = region.rect.intersect(Rect(0, 0, width, height))
    if rect.empty:
        return
    x, y = rect.x - layers.rect.x, rect.y - layers.rect.y
    replaced = layers.replaced_HW4[y : y + rect.height, x : x + rect.width].astype(np.float32)
    plate = to_linear(region.part(rect), tags)
    finished = from_linear(over(replaced[..., :3], replaced[..., 3], plate), tags)
    part = shown_HW3[rect.y : rect.y1, rect.x : rect.x1]
    covered = replaced[..., 3] > 0
    part[covered] = preview_rgb8(finished, tags)[covered]


def _crop_of(task: PreviewTask, solved: SolvedShot, rows: list[int], picture: Picture) -> Picture8:
    if not rows:
        raise BadInput(f"frame {task.frame} has no face to crop; add one, or go to another frame")
    matrix_23 = _to_crop(solved, rows[0])
    seen = corners_of(matrix_23, _CROP_PX).expand(8).intersect(task.plate.window)
    if seen.empty:
        raise BadInput(f"the face of frame {task.frame} lies outside the picture; move its crop")
    to_crop = compose(matrix_23, translate(seen.x, seen.y))
    if needs_preview(picture.colour):
        shown = preview_rgb8(picture.region(seen), picture.colour)
        return warp(shown, to_crop, (_CROP_PX, _CROP_PX), border="replicate")
    crop = warp(picture.region(seen), to_crop, (_CROP_PX, _CROP_PX), border="replicate")
    return np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
