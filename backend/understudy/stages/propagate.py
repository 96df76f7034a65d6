"""Propagate: the mattes of keyed frames carried to the frames around them, as a matte layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import ConvertConfig, PropagateConfig
from understudy.domain.errors import BadMatte, BadSettings, Stopped
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind, JobKind
from understudy.domain.progress import Emit, Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.matte.drawing import keep_and_cut
from understudy.matte.frame_matte import frame_matte, with_adjustments
from understudy.matte.layer import LayerOutcome, finish_layer, trimmed, write_layer_frame
from understudy.matte.propagate import Carried, KeyPlanes, blended, carry, resized
from understudy.matte.work_region import WorkRegion, face_region, fixed_region
from understudy.media.video import PlateReader, open_plate

ALGORITHM = 1

Float = npt.NDArray[np.float32]
Stopping = Callable[[], bool]

SOURCES = ("cut", "keep", "matte")
_CHUNK_FRAMES = 24  # decoded at once when going backwards: about one group of pictures
_EMPTY_PX = 8.0  # a key with less matte than this has nothing to carry


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Frames without a key between two barriers, and the keys that reach them from either side."""

    frames: tuple[int, ...]
    earlier: int | None
    later: int | None


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every step of one run needs."""

    plate: Plate
    solved: SolvedShot
    source: str
    layers: Mapping[str, Path]
    config: PropagateConfig
    reader: PlateReader
    stopping: Stopping


def propagate(
    plate: Plate,
    solved: SolvedShot,
    *,
    keys: Sequence[int],
    frames: Sequence[int],
    source: str,
    layers: Mapping[str, Path],
    config: PropagateConfig,
    folder: Path,
    people: Sequence[str],
    emit: Emit,
    stopping: Stopping,
) -> LayerOutcome:
    """Carry `source` ("cut", "keep" or the whole "matte") from keyed frames to others: a layer in `folder`.

    keys: keyed frames to start from, all of them if empty. frames: which to make, all that can be reached if
    empty; keyed frames themselves are left as drawn. Each key is carried either way until the next keyed
    frame, a cut or `config.max_frames`; between two keys both are blended. A direction ends where its drift
    passes `config.drift_limit`: a note says where. layers: folders by layer id.
    Raises: BadSettings for another source; FrameOutOfRange; BadMatte for keys that are not keyed or draw
    nothing, or when there is no frame to carry them to; Stopped (what was written is whole and stays).
    """
    spans = plan_spans(plate, solved, keys=keys, frames=frames, source=source, config=config)
    total = sum(len(span.frames) for span in spans)
    progress = Progress(emit, total, "frames")
    notes: list[str] = []
    written: list[int] = []
    threads = cv2.getNumThreads()
    if config.threads:
        cv2.setNumThreads(config.threads)
    try:
        with open_plate(plate) as reader:
            job = _Job(
                plate=plate, solved=solved, source=source, layers=layers, config=config, reader=reader,
                stopping=stopping,
            )  # fmt: skip
            empty: set[int] = set()
            for span in spans:
                for made, region in _span_mattes(job, span, empty, lambda note: _tell(note, notes, emit)):
                    part, rect, outside = _stored(made.matte_HW, region, made.frame)
                    write_layer_frame(
                        folder, made.frame, part, rect,
                        outside=outside, display_window=plate.display_window, people=people, score=made.drift,
                    )  # fmt: skip
                    written.append(made.frame)
                    progress.step(values={"drift": made.drift})
    finally:
        cv2.setNumThreads(threads)
    _refuse_all_empty(spans, empty, source)
    if not written:
        raise BadMatte(
            "nothing could be carried, not even one frame: "
            + ("; ".join(notes) or "the keys have no frames between them")
            + "; key nearer frames, or raise propagate.drift_limit and look at the result"
        )
    return finish_layer(folder, written, origin=JobKind.PROPAGATE, people=people, notes=notes)


def plan_spans(
    plate: Plate,
    solved: SolvedShot,
    *,
    keys: Sequence[int],
    frames: Sequence[int],
    source: str,
    config: PropagateConfig,
) -> list[Span]:
    """What is to be made from which keys. Raises: BadSettings, FrameOutOfRange, BadMatte."""
    if source not in SOURCES:
        raise BadSettings(f"propagation carries {', '.join(SOURCES)}, not {source!r}")
    for frame in (*keys, *frames):
        plate.index_of(frame)
    keyed = sorted(frame for frame, plan in solved.plans.items() if plan.keyed and frame in plate.frames)
    told = f"keyed frames are {format_frames(keyed)}" if keyed else "no frame of the shot is keyed"
    if bare := sorted(set(keys) - set(keyed)):
        raise BadMatte(f"frames {format_frames(bare)} are not keyed ({told}); paint or draw a shape on them")
    starts = sorted(set(keys)) or keyed
    if not starts:
        raise BadMatte("no frame of the shot is keyed; paint or draw a shape on one to propagate from it")
    barriers = set(keyed) | {cut - 0.5 for cut in solved.faces.cuts}
    wanted = set(frames) or set(plate.frames)
    spans = list(_spans(plate, starts, barriers, wanted, config.max_frames))
    if not spans:
        raise BadMatte(
            f"there is no frame to carry {format_frames(starts)} to: every one asked for is keyed, beyond "
            f"another key or cut, or more than {config.max_frames} frames away"
        )
    return spans


def _spans(
    plate: Plate, starts: Sequence[int], barriers: set[float], wanted: set[int], reach: int
) -> Iterator[Span]:
    """The gaps between barriers that a key reaches and where something is wanted."""
    marks = sorted({plate.frames.first - 0.5, plate.frames.last + 0.5} | barriers)
    for low, high in pairwise(marks):
        gap = range(int(np.floor(low)) + 1, int(np.ceil(high)))
        earlier = int(low) if low in starts else None
        later = int(high) if high in starts else None
        reached = tuple(
            frame
            for frame in gap
            if (earlier is not None and frame - earlier <= reach)
            or (later is not None and later - frame <= reach)
        )
        if wanted.intersection(reached):
            yield Span(
                frames=tuple(frame for frame in reached if frame in wanted), earlier=earlier, later=later
            )


def _span_mattes(
    job: _Job, span: Span, empty: set[int], tell: Callable[[str], None]
) -> Iterator[tuple[Carried, WorkRegion]]:
    """The mattes of one span, from whichever keys reach them and are still to be trusted there."""
    ends = tuple(key for key in (span.earlier, span.later) if key is not None)
    first, last = min(*span.frames, *ends), max(*span.frames, *ends)
    region = _region(job, range(first, last + 1), ends)
    wanted = set(span.frames)
    forward: Iterator[Carried] = iter(())
    if span.earlier is not None:
        until = min(max(wanted), span.earlier + job.config.max_frames)
        forward = _one_way(job, region, span.earlier, range(span.earlier + 1, until + 1), empty, tell)
    if span.later is None:
        yield from ((made, region) for made in forward if made.frame in wanted)
        return
    until = max(min(wanted), span.later - job.config.max_frames)
    backward = _one_way(job, region, span.later, range(span.later - 1, until - 1, -1), empty, tell)
    if span.earlier is None:
        yield from ((made, region) for made in backward if made.frame in wanted)
        return
    ahead = {made.frame: made for made in forward if made.frame in wanted}
    behind = {made.frame: made for made in backward if made.frame in wanted}
    for frame in sorted(ahead.keys() | behind.keys()):
        share = (frame - span.earlier) / (span.later - span.earlier)
        if frame in ahead and frame in behind:
            yield blended(ahead[frame], behind[frame], share), region
        else:
            yield ahead.get(frame) or behind[frame], region


def _one_way(
    job: _Job,
    region: WorkRegion,
    key: int,
    frames: range,
    empty: set[int],
    tell: Callable[[str], None],
) -> Iterator[Carried]:
    """A key's matte on frame after frame, until it drifts."""
    planes = _key_planes(job, region, key)
    if float(planes.matte_HW.sum()) < _EMPTY_PX:
        empty.add(key)
        tell(f"key {key} draws no {job.source} near a face; nothing was carried from it")
        return
    key_picture = region.look(job.reader.frame(key).picture, key)
    for made in carry(key_picture, planes, _pictures(job, region, frames)):
        if made.drift > job.config.drift_limit:
            tell(
                f"stopped at frame {made.frame}, coming from key {key}: drift {made.drift:.2f} is over "
                f"{job.config.drift_limit:g}; key a frame near it and propagate again"
            )
            return
        yield made


def _pictures(job: _Job, region: WorkRegion, frames: range) -> Iterator[tuple[int, Float]]:
    """Working pictures in the order asked for. Backwards, some are decoded forwards and turned round."""
    chunk = len(frames) if frames.step > 0 else _CHUNK_FRAMES
    for start in range(0, len(frames), max(1, chunk)):
        some = frames[start : start + chunk]
        looks = (
            (shown.frame, region.look(shown.picture, shown.frame))
            for shown in job.reader.frames(sorted(some))
        )
        for frame, look in looks if frames.step > 0 else reversed(list(looks)):
            if job.stopping():
                raise Stopped(f"the propagation was stopped before frame {frame}; what is written is whole")
            yield frame, look


def _region(job: _Job, frames: range, keys: Sequence[int]) -> WorkRegion:
    window = job.plate.window
    region = face_region(job.solved, frames, window, margin=job.config.margin)
    if region is not None:
        return region
    bounds = [trimmed(_plate_plane(job, key, window).matte_HW, outside=0.0)[1] for key in keys]
    x, y = min(box.x for box in bounds), min(box.y for box in bounds)
    union = Rect(x, y, max(box.x1 for box in bounds) - x, max(box.y1 for box in bounds) - y)
    drawn = Rect(union.x + window.x, union.y + window.y, union.width, union.height)
    return fixed_region(frames, drawn, window, margin=job.config.margin)


def _key_planes(job: _Job, region: WorkRegion, key: int) -> KeyPlanes:
    planes = _plate_plane(job, key, region.rects[key])
    size = region.size_wh
    front = None if planes.front_HW is None else resized(planes.front_HW, *size)
    return KeyPlanes(layer_HW=resized(planes.layer_HW, *size), front_HW=front)


def _plate_plane(job: _Job, key: int, rect: Rect) -> KeyPlanes:
    """What the key has of the source inside a plate rect."""
    plan = job.solved.plan(key)
    if job.source != "matte":
        keep, cut = keep_and_cut(plan, rect)
        return KeyPlanes(layer_HW=keep if job.source == "keep" else cut)
    faces = job.solved.faces
    tracks = job.solved.replaced_tracks
    landmarks = [
        points for points in faces.landmarks_NK3[(faces.frame == key) & np.isin(faces.track, tracks)]
    ]
    config = with_adjustments(ConvertConfig(), plan)
    aspect = job.solved.pixel_aspect
    combined = frame_matte(
        plan, landmarks, rect, frame=key, layers=job.layers, config=config, pixel_aspect=aspect
    )
    front = np.asarray(1 - combined.open_HW, np.float32)
    return KeyPlanes(layer_HW=combined.outline_HW, front_HW=front if front.max() > 0 else None)


def _stored(matte_HW: Float, region: WorkRegion, frame: int) -> tuple[Float, Rect, float]:
    """The part of a plate matte that a layer keeps."""
    whole, inside = region.to_plate(matte_HW, frame)
    part, box, outside = trimmed(whole, outside=0.0)
    return part, Rect(inside.x + box.x, inside.y + box.y, box.width, box.height), outside


def _tell(note: str, notes: list[str], emit: Emit) -> None:
    notes.append(note)
    emit(Event(kind=EventKind.NOTE, message=note))


def _refuse_all_empty(spans: Sequence[Span], empty: set[int], source: str) -> None:
    used = {key for span in spans for key in (span.earlier, span.later) if key is not None}
    if used <= empty:
        raise BadMatte(
            f"no key draws a {source} near a face (frames {format_frames(sorted(used))}); draw it, or carry "
            "something else"
        )
