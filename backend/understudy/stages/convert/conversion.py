"""Putting the likeness into a shot: frames in, face layers out.

Every frame depends on its plate, its faces, the model and the colours of the frames around it, and on
nothing else: frames rendered alone have the same bits as in the whole shot. The colours of neighbours are
therefore measured even when those frames are not written. Memory is bounded by the window and the batch.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.config import ConvertConfig
from understudy.domain.errors import (
    RenderError,
    Stopped,
    UnreadableMedia,
)
from understudy.domain.face import ShotFaces
from understudy.domain.files import sweep_temporaries
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Emit, Progress
from understudy.domain.shot import Plate
from understudy.domain.time import format_frames
from understudy.media.layers import layers_path, layers_valid, no_face_layers
from understudy.media.video import PlateFrame, open_plate
from understudy.networks.inference import FaceDrawer
from understudy.stages.convert.binding import Binding, BoundFaces
from understudy.stages.convert.colour_window import ColourWindow, with_neighbours
from understudy.stages.convert.face_render import (
    DrawnFace,
    DrawnFrame,
    Float,
    PlacedFace,
    Region,
    cut_crop,
    measure_face,
    render_layers,
    union_rect,
)
from understudy.stages.convert.layer_writer import LayerWriter

ALGORITHM = 2

_DOES_NOT_CHANGE_THE_RESULT = ("batch", "device", "threads")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertOutcome:
    """Frames written now, valid before, without a bound face, and those where a face was bridged."""

    written: tuple[int, ...]
    kept: tuple[int, ...]
    without_face: tuple[int, ...]
    bridged: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _SeenFrame:
    frame: int
    region: Region | None  # only of frames that will be written
    faces: tuple[tuple[PlacedFace, Float], ...]  # with the crop


def convert(
    plate: Plate,
    faces: ShotFaces,
    bindings: Mapping[int, Binding],
    config: ConvertConfig,
    frames: tuple[int, ...],
    folder: Path,
    *,
    settings_sha256: str,
    emit: Emit,
    stopping: Callable[[], bool],
    people: tuple[str, ...] = (),
) -> ConvertOutcome:
    """Write the layers of `frames` into `folder`; those that are there and valid are left as they are.

    `bindings` by track; `settings_sha256` from `settings_fingerprint`; `people` are the ids of those seen
    in the plate, written into every file beside the bound ones.
    Raises: TrackNotFound, FrameOutOfRange, WrongModelFamily, BadSettings before anything is done;
    FramesFailed when some frames could not be made (all others are); Stopped; DiskFull, DeviceOutOfMemory.
    """
    wanted = tuple(sorted(set(frames)))
    for frame in wanted:
        plate.index_of(frame)
    bound = BoundFaces(plate, faces, bindings, config)
    sweep_temporaries(folder)
    missing = tuple(f for f in wanted if not layers_valid(layers_path(folder, f), settings_sha256))
    to_render = tuple(frame for frame in missing if frame in bound)
    window_frames = 0 if config.colour_match == "none" else config.colour_window_frames
    to_read = with_neighbours(to_render, bound.tracks(), faces.cuts, window_frames)
    draw_threads, finish_threads = _share_threads(config.threads)
    drawers = _drawers(bindings, config, draw_threads)
    window = ColourWindow(faces.cuts, window_frames, config.colour_match)
    writer = LayerWriter(
        folder,
        display_window=plate.display_window,
        settings_sha256=settings_sha256,
        people=tuple(sorted({*people, *(binding.person_id for binding in bindings.values())})),
        emit=emit,
        progress=Progress(emit, len(wanted), "frames", done=len(wanted) - len(missing)),
        threads=finish_threads,
    )

    def finish_ready(*, at_end: bool = False) -> None:
        for frame, graded in window.ready(at_end=at_end):
            make = partial(render_layers, frame, graded, config=config, tags=plate.colour)
            writer.submit(frame.frame, make)  # colour match, matte, blend and writing, behind our back

    with writer:
        for frame in missing:
            if frame in bound.misplaced:
                writer.fail(frame, bound.misplaced[frame])
            elif frame not in bound:
                writer.submit(frame, partial(no_face_layers, frame))
        seen = _see(plate, bound, to_read, frozenset(to_render), failed=writer.fail)  # decodes ahead
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
        bridged=tuple(frame for frame in wanted if bound.bridged(frame)),
    )
    _note_bridged(outcome.bridged, emit)
    writer.raise_failures()
    return outcome


def settings_fingerprint(
    plate: Plate, faces_sha256: str, bound: Mapping[int, tuple[str, str]], config: ConvertConfig
) -> str:
    """A hash of all that decides what a take looks like; `bound`: track -> (person id, checkpoint SHA-256).

    Where the file lies does not count, nor do batch, device and threads.
    """
    settings = {
        name: value for name, value in asdict(config).items() if name not in _DOES_NOT_CHANGE_THE_RESULT
    }
    facts = {
        "algorithm": ALGORITHM,
        "plate": [
            plate.sha256,
            plate.first_index,
            plate.first_frame,
            plate.rotation_deg,
            asdict(plate.colour),
        ],
        "faces": faces_sha256,
        "bindings": [[track, *bound[track]] for track in sorted(bound)],
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _share_threads(threads: int) -> tuple[int, int]:
    """CPU threads for drawing, and for finishing frames meanwhile: an even share keeps both from waiting."""
    total = threads or os.cpu_count() or 1
    return max(1, total // 2), max(1, total - total // 2)


def _drawers(bindings: Mapping[int, Binding], config: ConvertConfig, threads: int) -> dict[int, FaceDrawer]:
    """One drawer per model, by track; a model that draws several people is prepared once."""
    by_model: dict[int, FaceDrawer] = {}
    for binding in bindings.values():
        people = [other.person_index for other in bindings.values() if other.swapper is binding.swapper]
        if id(binding.swapper) not in by_model:
            by_model[id(binding.swapper)] = FaceDrawer(
                binding.swapper, people, batch=config.batch, draw_mask=config.matte != "hull", threads=threads
            )
    return {track: by_model[id(binding.swapper)] for track, binding in bindings.items()}


def _see(
    plate: Plate,
    bound: BoundFaces,
    to_read: tuple[int, ...],
    to_render: frozenset[int],
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
                    at += 1
                    yield _look(decoded, bound.at(decoded.frame), keep_pixels=decoded.frame in to_render)
            except UnreadableMedia as error:
                if to_read[at] in to_render:
                    failed(to_read[at], error)
                at += 1


def _look(decoded: PlateFrame, faces: tuple[PlacedFace, ...], *, keep_pixels: bool) -> _SeenFrame:
    rects = [face.seen for face in faces] + ([face.rect for face in faces] if keep_pixels else [])
    rect = union_rect(rects)
    region = Region(rect=rect, rgb_HW3=decoded.picture.region(rect))
    crops = tuple((face, cut_crop(face, region)) for face in faces)
    return _SeenFrame(frame=decoded.frame, region=region if keep_pixels else None, faces=crops)


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
        found = [(face, crop) for seen in batch for face, crop in seen.faces if face.track == track]
        if not found:
            continue
        pictures, masks = drawers[track].draw(np.stack([crop for _, crop in found]), binding.person_index)
        for i, (face, crop) in enumerate(found):
            colours = measure_face(face, crop, pictures[i], plate.colour, plate.display_window)
            mask = None if masks is None else masks[i]
            drawn[face.frame].append(DrawnFace(face=face, raw_SS3=pictures[i], mask_SS=mask, colours=colours))
    for seen in batch:
        if all(np.isfinite(item.raw_SS3).all() for item in drawn[seen.frame]):
            yield DrawnFrame(frame=seen.frame, region=seen.region, faces=tuple(drawn[seen.frame]))
        elif seen.region is not None:
            failed(
                seen.frame, RenderError("the model drew undefined numbers here; use an earlier checkpoint")
            )


def _note_bridged(bridged: tuple[int, ...], emit: Emit) -> None:
    if bridged:
        message = f"in {len(bridged)} frames the face was not found but bridged: {format_frames(bridged)}"
        emit(Event(kind=EventKind.NOTE, message=message, values={"bridged": float(len(bridged))}))
