"""A few keyed frames of a shot teach a small net its mattes; it proposes the rest, and says what to doubt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from understudy.config import MatteNetConfig
from understudy.domain.errors import BadCheckpoint, BadLabels, BadSettings, Stopped, WrongModelFamily
from understudy.domain.files import sha256_of, sweep_temporaries
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind, JobKind
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.matte.layer import (
    INDEX_NAME,
    LayerOutcome,
    finish_layer,
    frame_done,
    trimmed,
    write_layer_frame,
)
from understudy.media.video import open_plate
from understudy.networks.device import named_out_of_memory, pick_device, pick_precision, set_threads
from understudy.networks.matte_net import make_matte_net
from understudy.networks.matte_net_checkpoint import (
    NET_NAME,
    MatteNetCard,
    check_fits,
    load_weights,
    read_matte_card,
    save_matte_net,
)
from understudy.networks.matte_net_crops import (
    face_stacks,
    place_in_plate,
)
from understudy.networks.matte_net_labels import Label, check_labels, labels_of, solved_matte
from understudy.networks.matte_net_proposals import Proposal, doubt, propose, score_of
from understudy.networks.matte_net_training import Start, train_net

ALGORITHM = 1

Float = npt.NDArray[np.float32]
Emit = Callable[[Event], None]
Stopping = Callable[[], bool]

_NOTHING = 1 / 256  # a sigmoid never quite says no


@dataclass(frozen=True, kw_only=True)
class LabelledPlate:
    """A shot and those of its frames whose solved matte is the truth; `layers` are folders by layer id."""

    plate: Plate
    solved: SolvedShot
    labels: tuple[int, ...]
    layers: dict[str, Path] = field(default_factory=dict)


def train_matte_net(
    shots: Sequence[LabelledPlate],
    *,
    frames: Sequence[int],
    start_from: Path | None,
    config: MatteNetConfig,
    folder: Path,
    people: Sequence[str],
    emit: Emit,
    stopping: Stopping,
    clock: Callable[[], float] = time.monotonic,
) -> LayerOutcome:
    """Learn the mattes of all labelled frames and propose those of `frames` of the first shot, as a layer.

    The folder gets `net.safetensors`, previews and the layer. A broken-off run goes on where it was.
    With `start_from`, an earlier net's file, its weights are trained on; with no minutes it is only applied.
    Labelled frames keep their own matte. A score of 0.5 says that a tenth of the face is in doubt.
    Raises: BadLabels, BadCheckpoint, WrongModelFamily, BadMatte, FrameOutOfRange, UnreadableMedia,
    TrainingDiverged, DeviceOutOfMemory, DiskFull, Stopped.
    """
    for frame in frames:  # before minutes of training
        shots[0].plate.index_of(frame)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_temporaries(folder)
    set_threads(config.threads)
    start = _start(start_from, config)
    with named_out_of_memory(f"a matte net of {config.size_px} px with batches of {config.batch}"):
        if config.minutes == 0 or config.iterations == 0:
            if start is None:
                raise BadSettings("nothing is to be trained; name a net to apply (start_from)")
            notes = _apply_as_it_is(start, config, folder)
        else:
            notes = _trained(shots, start, config, folder, people, emit=emit, stopping=stopping, clock=clock)
        return _applied(
            shots[0], sorted(set(frames)), config, folder, people, notes, emit=emit, stopping=stopping
        )


def _start(path: Path | None, config: MatteNetConfig) -> Start | None:
    """Raises: BadCheckpoint, WrongModelFamily."""
    if path is None:
        return None
    card = read_matte_card(path)
    check_fits(card, config, where=path)
    return Start(path=path, sha256=sha256_of(path), card=card)


def _apply_as_it_is(start: Start, config: MatteNetConfig, folder: Path) -> list[str]:
    """The net as this layer's own, so that it can be gone on from."""
    net = make_matte_net(seed=config.seed)
    load_weights(net, start.path)
    if not _has_net(folder, start.card):
        _clear(folder)
        tensors = {f"model/{name}": tensor for name, tensor in net.state_dict().items()}
        save_matte_net(folder / NET_NAME, start.card, tensors)
    return []


def _trained(
    shots: Sequence[LabelledPlate],
    start: Start | None,
    config: MatteNetConfig,
    folder: Path,
    people: Sequence[str],
    *,
    emit: Emit,
    stopping: Stopping,
    clock: Callable[[], float],
) -> list[str]:
    """Train, unless the folder has this very net; notes for the artist."""
    labels, notes = read_labels(shots, config, stopping=stopping)
    notes += check_labels(labels)
    for note in notes:
        emit(Event(kind=EventKind.NOTE, message=note))
    card = MatteNetCard(
        people=tuple(people),
        labels=tuple(
            dict.fromkeys([*(start.card.labels if start else ()), *(label.source for label in labels)])
        ),
        label_sha256=tuple(label.sha256 for label in labels),
        config=config,
        algorithm=ALGORITHM,
        ancestors=(*start.card.ancestors, start.sha256) if start else (),
    )
    if not _has_net(folder, card):
        _clear(folder)
        train_net(
            labels, start=start, config=config, card=card, folder=folder,
            emit=emit, stopping=stopping, clock=clock,
        )  # fmt: skip
    if checked := read_matte_card(folder / NET_NAME).validation:
        count, found = round(checked["validation_labels"]), checked["validation_iou"]
        notes.append(f"IoU on {count} labels before it learnt them: {found:.3f}")
    return notes


def _has_net(folder: Path, card: MatteNetCard) -> bool:
    """Whether an earlier run left the very net that is wanted."""
    path = folder / NET_NAME
    if not path.exists():
        return False
    try:
        found = read_matte_card(path)
    except (BadCheckpoint, WrongModelFamily):
        return False
    same = ("people", "label_sha256", "config", "algorithm", "ancestors")
    return all(getattr(found, name) == getattr(card, name) for name in same)


def _clear(folder: Path) -> None:
    """Frames of another net must not pass for this one's."""
    for path in (folder / INDEX_NAME, folder / NET_NAME, *folder.glob("matte.*.exr")):
        path.unlink(missing_ok=True)


def read_labels(
    shots: Sequence[LabelledPlate], config: MatteNetConfig, *, stopping: Stopping
) -> tuple[list[Label], list[str]]:
    """The labels of all shots, and notes on frames that give none. Raises: BadLabels, FrameOutOfRange."""
    labels: list[Label] = []
    notes: list[str] = []
    for number, shot in enumerate(shots):
        for frame in shot.labels:
            shot.plate.index_of(frame)
        with open_plate(shot.plate) as reader:
            stacks = face_stacks(reader, shot.solved, shot.labels, size_px=config.size_px)
            for label in labels_of(
                stacks, shot.solved, shot.layers, plate_sha256=shot.plate.sha256, shot=number
            ):
                if stopping():
                    raise Stopped("the matte net was stopped while reading its labels")
                labels.append(label)
        seen = {label.stack.frame for label in labels if label.shot == number}
        if without := sorted(set(shot.labels) - seen):
            of_shot = f" of shot {number + 1}" if number else ""
            notes.append(f"labelled frames {format_frames(without)}{of_shot} show no face and teach nothing")
    if not labels and notes:
        raise BadLabels(f"{'; '.join(notes)}; label frames in which the replaced face was found")
    return labels, notes


def _applied(
    shot: LabelledPlate,
    frames: Sequence[int],
    config: MatteNetConfig,
    folder: Path,
    people: Sequence[str],
    notes: Sequence[str],
    *,
    emit: Emit,
    stopping: Stopping,
) -> LayerOutcome:
    """Write the layer: labels as they are, proposals elsewhere, nothing where there is no face."""
    left = [frame for frame in frames if not frame_done(folder, frame)]
    progress = Progress(emit, len(frames), "frames", done=len(frames) - len(left))
    with_face = _frames_with_face(shot.solved)
    for frame, whole_HW, score in _mattes(shot, left, with_face, config, folder):
        if stopping():
            raise Stopped(f"the matte net was stopped before frame {frame}; it can go on")
        matte_HW, rect, outside = trimmed(whole_HW, outside=0.0)
        write_layer_frame(
            folder, frame, matte_HW, rect,
            outside=outside, display_window=shot.plate.display_window, people=people, score=score,
        )  # fmt: skip
        progress.step()
    said = list(notes)
    if without := sorted(set(frames) - with_face):
        said.append(f"no face on frames {format_frames(without)}; the layer is empty there")
    return finish_layer(folder, frames, origin=JobKind.MATTE_NET, people=people, notes=said)


def _frames_with_face(solved: SolvedShot) -> set[int]:
    faces = solved.faces
    return set(faces.frame[np.isin(faces.track, solved.replaced_tracks)].tolist())


def _mattes(
    shot: LabelledPlate, frames: Sequence[int], with_face: set[int], config: MatteNetConfig, folder: Path
) -> Iterator[tuple[int, Float, float]]:
    """Frame, matte of the whole picture and score: labels first, then what is empty, then proposals."""
    window = shot.plate.display_window
    for frame in (frame for frame in frames if frame in shot.labels):
        yield frame, solved_matte(shot.solved, frame, window, shot.layers), 0.0
    unlabelled = [frame for frame in frames if frame not in shot.labels]
    for frame in (frame for frame in unlabelled if frame not in with_face):
        yield frame, np.zeros((window.height, window.width), np.float32), 0.0
    wanted = [frame for frame in unlabelled if frame in with_face]
    for frame, faces, score in _proposed(shot, wanted, config, folder):
        yield frame, _in_plate(faces, window), score


def _proposed(
    shot: LabelledPlate, frames: Sequence[int], config: MatteNetConfig, folder: Path
) -> Iterator[tuple[int, list[Proposal], float]]:
    """Frame by frame the faces' proposals and how much the worst of them is doubted.

    A face is doubted where the net is undecided, and where its matte jumps. The frames beside the
    wanted ones are looked at too: a score then does not depend on which frames were asked for.
    """
    device = pick_device(config.device)
    net = make_matte_net(seed=config.seed).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    load_weights(net, folder / NET_NAME)
    wanted = set(frames)
    around = {frame + step for frame in wanted for step in (-1, 0, 1)}
    with open_plate(shot.plate) as reader:
        stacks = face_stacks(reader, shot.solved, around, size_px=config.size_px)
        precision = pick_precision(config.precision, device)
        proposals = propose(net, stacks, size_px=config.size_px, device=device, precision=precision)
        for before, here, after in _neighbours(proposals):
            frame = next(iter(here.values())).stack.frame
            if frame in wanted:
                shares = [doubt(before.get(t), face, after.get(t)) for t, face in here.items()]
                yield frame, list(here.values()), score_of(max(shares))


Faces = dict[int, Proposal]


def _neighbours(proposals: Iterable[Proposal]) -> Iterator[tuple[Faces, Faces, Faces]]:
    """The faces of every frame by track, between those of the frame before and of the one after it."""
    before: Faces = {}
    here: Faces = {}
    at = None
    grouped = ((frame, {p.stack.track: p for p in group}) for frame, group in groupby(proposals, _frame_of))
    for frame, faces in grouped:
        if here and at is not None:
            adjoining = frame == at + 1
            yield before, here, faces if adjoining else {}
            before = here if adjoining else {}
        at, here = frame, faces
    if here:
        yield before, here, {}


def _frame_of(proposal: Proposal) -> int:
    return proposal.stack.frame


def _in_plate(faces: Sequence[Proposal], window: Rect) -> Float:
    """The union of some faces' mattes, (H,W)."""
    canvas = np.zeros((window.height, window.width), np.float32)
    for face in faces:
        placed = place_in_plate(face.matte_SS, face.stack.to_stored_23, display_window=window)
        if placed is None:
            continue
        rect, matte_HW = placed
        part = canvas[rect.y : rect.y1, rect.x : rect.x1]
        np.maximum(part, matte_HW, out=part)
    canvas[canvas < _NOTHING] = 0.0
    canvas[canvas > 1 - _NOTHING] = 1.0
    return canvas
