"""Putting the likeness into a shot: frames in, face layers out.

Every frame depends on its plate, its faces and matte, the model and the faces of the frames around it, and
on nothing else: frames rendered alone have the same bits as in the whole shot. Neighbours are therefore
drawn even when they are not written. Memory is bounded by the window and the batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.config import ConvertConfig
from understudy.domain.errors import (
    BadMatte,
    RenderError,
    Stopped,
    UnreadableMedia,
)
from understudy.domain.files import sweep_temporaries
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Emit, Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.matte.expression import sources_of
from understudy.matte.frame_matte import frame_matte, with_adjustments
from understudy.media.colour_space import is_scene_referred, named_space
from understudy.media.layers import layers_path, layers_valid, no_face_layers
from understudy.media.video import PlateFrame, open_plate
from understudy.media.warp import compose, translate, warp
from understudy.networks.inference import FaceDrawer
from understudy.stages.convert.binding import Binding, BoundFaces
from understudy.stages.convert.face_place import (
    DrawnFace,
    DrawnFrame,
    Float,
    PlacedFace,
    Region,
    cut_crop,
    measure_face,
    union_rect,
)
from understudy.stages.convert.face_render import FrameLook, render_layers
from understudy.stages.convert.layer_writer import LayerWriter
from understudy.stages.convert.neighbours import reach_of, with_neighbours
from understudy.stages.convert.window import FaceWindow


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertOutcome:
    """Frames written now, valid before, without a bound face, with the plate held, with a bridged face."""

    written: tuple[int, ...]
    kept: tuple[int, ...]
    without_face: tuple[int, ...]
    held: tuple[int, ...]
    bridged: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFace:
    """A placed face with its crop; `open_SS` is 0 where something is in front of it (None: nothing is)."""

    face: PlacedFace
    crop_SS3: Float
    open_SS: Float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _SeenFrame:
    frame: int
    region: Region | None  # only of frames that will be written
    faces: tuple[SeenFace, ...]


def convert(
    plate: Plate,
    solved: SolvedShot,
    bindings: Mapping[int, Binding],
    config: ConvertConfig,
    frames: tuple[int, ...],
    folder: Path,
    *,
    fingerprints: Mapping[int, str],
    layers: Mapping[str, Path],
    emit: Emit,
    stopping: Callable[[], bool],
    people: tuple[str, ...] = (),
) -> ConvertOutcome:
    """Write the layers of `frames` into `folder`; those that are there and valid are left as they are.

    `bindings` by track; `fingerprints` from `frame_fingerprints`; `layers` has the folder of every matte
    layer by its id; `people` are the ids of those seen in the plate, written into every file beside the
    bound ones.
    Raises: TrackNotFound, FrameOutOfRange, WrongModelFamily, BadSettings before anything is done;
    FramesFailed when some frames could not be made (all others are); Stopped; DiskFull, DeviceOutOfMemory.
    """
    wanted = tuple(sorted(set(frames)))
    for frame in wanted:
        plate.index_of(frame)
    config_at = _settings_by_frame(config, solved)
    bound = BoundFaces(plate, solved, bindings, config, config_at=config_at)
    sweep_temporaries(folder)
    missing = tuple(f for f in wanted if not layers_valid(layers_path(folder, f), fingerprints[f]))
    to_render = tuple(frame for frame in missing if frame in bound and not solved.plan(frame).hold)
    reach = partial(_reach_at, config_at)
    to_read = with_neighbours(to_render, bound.tracks(), solved.faces.cuts, reach)
    draw_threads, finish_threads = _share_threads(config.threads)
    drawers = _drawers(bindings, config, draw_threads, draw_mask=needs_mask(config, solved))
    window = FaceWindow(solved.faces.cuts, config_at, longest_reach=max(map(reach, to_render), default=0))
    writer = LayerWriter(
        folder,
        display_window=plate.display_window,
        fingerprints=fingerprints,
        people=tuple(sorted({*people, *(binding.person_id for binding in bindings.values())})),
        emit=emit,
        progress=Progress(emit, len(wanted), "frames", done=len(wanted) - len(missing)),
        threads=finish_threads,
    )

    def look_at(frame: int) -> FrameLook:
        return FrameLook(config=config_at(frame), plan=solved.plan(frame), tags=plate.colour, layers=layers)

    def finish_ready(*, at_end: bool = False) -> None:
        for frame, graded in window.ready(at_end=at_end):
            make = partial(render_layers, frame, graded, look_at(frame.frame))
            writer.submit(frame.frame, make)  # steadying, grading, matte, blend and writing, behind our back

    with writer:
        for frame in missing:
            if frame in bound.misplaced and not solved.plan(frame).hold:
                writer.fail(frame, bound.misplaced[frame])
            elif frame not in to_render:
                writer.submit(frame, partial(no_face_layers, frame))
        seen = _see(bound, to_read, frozenset(to_render), plate, look_at, failed=writer.fail)  # decodes ahead
        for batch in _batches(seen, config.batch):
            if stopping():
                writer.finish()
                raise Stopped(f"stopped by request; {len(writer.written)} frames were written and are whole")
            for drawn in _draw(batch, bindings, drawers, plate, failed=writer.fail):
                window.add(drawn)
            finish_ready()
        finish_ready(at_end=True)
        writer.finish()
    outcome = ConvertOutcome(
        written=tuple(sorted(writer.written)),
        kept=tuple(sorted(set(wanted) - set(missing))),
        without_face=tuple(frame for frame in wanted if frame not in bound),
        held=tuple(frame for frame in wanted if solved.plan(frame).hold),
        bridged=tuple(frame for frame in wanted if bound.bridged(frame)),
    )
    _note_bridged(outcome.bridged, emit)
    _note_lost_highlights(plate, bindings, emit)
    writer.raise_failures()
    return outcome


def _settings_by_frame(config: ConvertConfig, solved: SolvedShot) -> Callable[[int], ConvertConfig]:
    """The settings of each frame: the take's, with what artists set for its range. Raises: BadSettings."""
    adjusted = {
        frame: with_adjustments(config, plan) for frame, plan in solved.plans.items() if plan.settings
    }
    return lambda frame: adjusted.get(frame, config)


def _reach_at(config_at: Callable[[int], ConvertConfig], frame: int) -> int:
    return reach_of(config_at(frame))


def _share_threads(threads: int) -> tuple[int, int]:
    """CPU threads for drawing, and for finishing frames meanwhile: an even share keeps both from waiting."""
    total = threads or os.cpu_count() or 1
    return max(1, total // 2), max(1, total - total // 2)


def needs_mask(config: ConvertConfig, solved: SolvedShot) -> bool:
    """Whether any matte is made from the network's own mask."""
    expressions = {plan.expression for plan in solved.plans.values()}
    return config.matte != "hull" or any("learned" in sources_of(text) for text in expressions)


def _drawers(
    bindings: Mapping[int, Binding], config: ConvertConfig, threads: int, *, draw_mask: bool
) -> dict[int, FaceDrawer]:
    """One drawer per model, by track; a model that draws several people is prepared once."""
    by_model: dict[int, FaceDrawer] = {}
    for binding in bindings.values():
        people = [other.person_index for other in bindings.values() if other.swapper is binding.swapper]
        if id(binding.swapper) not in by_model:
            by_model[id(binding.swapper)] = FaceDrawer(
                binding.swapper, people, batch=config.batch, draw_mask=draw_mask, threads=threads
            )
    return {track: by_model[id(binding.swapper)] for track, binding in bindings.items()}


def _see(
    bound: BoundFaces,
    to_read: tuple[int, ...],
    to_render: frozenset[int],
    plate: Plate,
    look_at: Callable[[int], FrameLook],
    *,
    failed: Callable[[int, Exception], None],
) -> Iterator[_SeenFrame]:
    """Decoded frames with their crops, in order; one that cannot be read is reported and passed over."""
    if not to_read:
        return
    with open_plate(plate) as reader:
        at = 0
        while at < len(to_read):
            try:
                for decoded in reader.frames(to_read[at:]):
                    yield _look(decoded, bound.at(decoded.frame), look_at, keep=decoded.frame in to_render)
                    at += 1
            except (UnreadableMedia, BadMatte) as error:
                if to_read[at] in to_render:
                    failed(to_read[at], error)
                at += 1


def _look(
    decoded: PlateFrame,
    faces: tuple[PlacedFace, ...],
    look_at: Callable[[int], FrameLook],
    *,
    keep: bool,
) -> _SeenFrame:
    rects = [face.seen for face in faces] + ([face.rect for face in faces] if keep else [])
    rect = union_rect(rects)
    region = Region(rect=rect, rgb_HW3=decoded.picture.region(rect))
    look = look_at(decoded.frame)
    seen = tuple(
        SeenFace(face=face, crop_SS3=cut_crop(face, region, look.tags), open_SS=open_in_crop(face, look))
        for face in faces
    )
    return _SeenFrame(frame=decoded.frame, region=region if keep else None, faces=seen)


def open_in_crop(face: PlacedFace, look: FrameLook) -> Float | None:
    """Where nothing is in front of the face, in crop space, (S,S); None when nothing is anywhere."""
    plan = look.plan
    if not (plan.shapes or plan.strokes or plan.layers):
        return None
    matte = frame_matte(
        plan,
        [face.landmarks_K2],
        face.seen,
        frame=face.frame,
        layers=look.layers,
        config=look.config,
        learned_HW=np.ones(
            (face.seen.height, face.seen.width), np.float32
        ),  # says nothing of what is in front
        pixel_aspect=face.pixel_aspect,
    )
    to_crop = compose(face.matrix_23, translate(face.seen.x, face.seen.y))
    return warp(
        matte.open_HW, to_crop, (face.size_px, face.size_px), interpolation="area", border="replicate"
    )


def _batches(frames: Iterable[_SeenFrame], size: int) -> Iterator[list[_SeenFrame]]:
    iterator = iter(frames)
    while batch := list(islice(iterator, size)):
        yield batch


def _draw(
    batch: list[_SeenFrame],
    bindings: Mapping[int, Binding],
    drawers: Mapping[int, FaceDrawer],
    plate: Plate,
    *,
    failed: Callable[[int, Exception], None],
) -> Iterator[DrawnFrame]:
    """All faces of some frames in one batch per track, in the frames' order."""
    drawn: dict[int, list[DrawnFace]] = {seen.frame: [] for seen in batch}
    for track, binding in sorted(bindings.items()):
        found = [item for seen in batch for item in seen.faces if item.face.track == track]
        if not found:
            continue
        crops = np.stack([item.crop_SS3 for item in found])
        pictures, masks = drawers[track].draw(crops, binding.person_index)
        for i, item in enumerate(found):
            mask = None if masks is None else masks[i]
            drawn[item.face.frame].append(drawn_face(item, pictures[i], mask, plate))
    for seen in batch:
        if all(np.isfinite(item.raw_SS3).all() for item in drawn[seen.frame]):
            yield DrawnFrame(frame=seen.frame, region=seen.region, faces=tuple(drawn[seen.frame]))
        elif seen.region is not None:
            failed(
                seen.frame, RenderError("the model drew undefined numbers here; use an earlier checkpoint")
            )


def drawn_face(item: SeenFace, raw_SS3: Float, mask_SS: Float | None, plate: Plate) -> DrawnFace:
    """A face with what the network made of it, and the colours of both."""
    colours = measure_face(item.face, item.crop_SS3, raw_SS3, plate.colour, plate.window, item.open_SS)
    return DrawnFace(
        face=item.face, crop_SS3=item.crop_SS3, raw_SS3=raw_SS3, mask_SS=mask_SS, colours=colours
    )


def _note_bridged(bridged: tuple[int, ...], emit: Emit) -> None:
    if bridged:
        message = f"in {len(bridged)} frames the face was not found but bridged: {format_frames(bridged)}"
        emit(Event(kind=EventKind.NOTE, message=message, values={"bridged": float(len(bridged))}))


def _note_lost_highlights(plate: Plate, bindings: Mapping[int, Binding], emit: Emit) -> None:
    models = {binding.swapper.card.encoding for binding in bindings.values()}
    if "srgb" in models and is_scene_referred(plate.colour):
        message = (
            f"the plate is {named_space(plate.colour)}, the model learnt in sRGB: in the drawn face "
            "highlights above diffuse white are lost; train with curate.encoding acescct to keep them"
        )
        emit(Event(kind=EventKind.NOTE, message=message))
