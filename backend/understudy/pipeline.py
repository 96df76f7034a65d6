"""The table of contents: what each kind of job does, stage by stage. Only this file knows the order, and
for training and mattes `pipeline_training.py` and `pipeline_mattes.py`.

Every function takes its work, resolved and checked, and gives back plain facts for the server. Stages
are imported where they are called: an ingest needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from understudy.config import ExtractConfig
from understudy.domain.errors import BadInput
from understudy.domain.face import ShotFaces, load_faces, save_faces
from understudy.domain.files import sweep_tree
from understudy.domain.job import Event, EventKind
from understudy.domain.plain import to_json
from understudy.domain.shot import Plate
from understudy.domain.solved import load_solved
from understudy.domain.time import format_frames
from understudy.pipeline_mattes import (
    run_export,
    run_import_matte,
    run_matte_net,
    run_parse_matte,
    run_propagate,
)
from understudy.pipeline_training import run_train
from understudy.work import (
    ConvertWork,
    DeliverWork,
    EvaluateWork,
    ExportWork,
    ExtractWork,
    ImportMatteWork,
    IngestWork,
    LearnShot,
    MatteNetWork,
    MeasureWork,
    ParseMatteWork,
    PropagateWork,
    TrainWork,
    Work,
)

if TYPE_CHECKING:
    from understudy.model_files import ModelFiles

Facts = dict[str, str]

_DONOR_PICTURES = 6  # as many as a contact sheet has rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What a job is given besides its work. `marked`: every picture must carry the evaluation mark."""

    emit: Callable[[Event], None]
    stopping: Callable[[], bool]
    model_files: ModelFiles
    marked: bool = False


def run(work: Work, tools: Tools) -> Facts:
    """Do one job's work. Raises: the errors of its stages; Stopped when asked to stop."""
    match work:
        case IngestWork():
            return run_ingest(work, tools.emit)
        case ExtractWork():
            return run_extract(work, tools)
        case TrainWork():
            return run_train(work, tools.emit, tools.stopping)
        case ConvertWork():
            return run_convert(work, tools)
        case DeliverWork():
            return run_deliver(work, tools)
        case EvaluateWork():
            return run_evaluate(work, tools)
        case MeasureWork():
            return run_measure(work, tools)
        case PropagateWork():
            return run_propagate(work, tools.emit, tools.stopping)
        case MatteNetWork():
            return run_matte_net(work, tools.emit, tools.stopping)
        case ImportMatteWork():
            return run_import_matte(work, tools.emit, tools.stopping)
        case ParseMatteWork():
            return run_parse_matte(work, tools.emit, tools.stopping)
        case ExportWork():
            return run_export(work, tools.emit, tools.stopping)


def run_ingest(work: IngestWork, emit: Callable[[Event], None]) -> Facts:
    """Clip -> plate."""
    from understudy.stages.ingest import ingest

    plate = ingest(
        work.path,
        in_index=work.in_index,
        out_index=work.out_index,
        first_frame=work.first_frame,
        colour_space=work.colour_space,
        pixel_aspect=work.pixel_aspect,
        rate=work.rate,
        emit=emit,
    )
    return {"plate": to_json(plate)}


def run_extract(work: ExtractWork, tools: Tools) -> Facts:
    """Plate -> faces, joined to tracks."""
    from understudy.faces.renumber import with_numbers_of

    faces = _given_faces(work, tools) if work.landmarks else _found_faces(work, tools)
    earlier = _extracted_before(Path(work.earlier))
    if earlier is not None and not work.landmarks:  # a landmarks file has numbers of its own
        faces = with_numbers_of(faces, earlier)
    if earlier is not None and work.landmarks:
        _tell_of_lost_faces(faces, earlier, tools.emit)
    save_faces(faces, Path(work.output), header={"person_id": work.person_id, "shot_id": work.shot_id})
    return {"summary": json.dumps(_face_summary(faces, work.plate))}


def _found_faces(work: ExtractWork, tools: Tools) -> ShotFaces:
    from understudy.faces.face_models import FaceModels
    from understudy.media.video import open_plate
    from understudy.stages.extract import extract

    models = FaceModels.load(
        tools.model_files,
        device=work.config.device,
        threads=work.config.threads,
        engine=work.config.engine,
    )
    with open_plate(work.plate) as reader:
        return extract(
            reader.frames(work.plate.frames),
            models,
            work.config,
            frame_range=work.plate.frames,
            emit=tools.emit,
            stopping=tools.stopping,
            pixel_aspect=float(work.plate.pixel_aspect),
        )


def _given_faces(work: ExtractWork, tools: Tools) -> ShotFaces:
    """Faces of a landmarks file."""
    from understudy.faces.face_models import FaceModels
    from understudy.faces.landmark_file import read_landmarks
    from understudy.media.video import open_plate
    from understudy.stages.given_faces import frames_to_read, given_faces

    given = read_landmarks(Path(work.landmarks), work.plate)
    models = FaceModels.load(tools.model_files, device=work.config.device, threads=work.config.threads)
    with open_plate(work.plate) as reader:
        return given_faces(
            reader.frames(frames_to_read(given, list(work.plate.frames))),
            given,
            models,
            min_presence=work.config.min_presence,
            cut_threshold=work.config.cut_threshold,
            emit=tools.emit,
            stopping=tools.stopping,
            pixel_aspect=float(work.plate.pixel_aspect),
        )


def _tell_of_lost_faces(faces: ShotFaces, earlier: ShotFaces, emit: Callable[[Event], None]) -> None:
    lost = sorted({int(frame) for frame in earlier.frame} - {int(frame) for frame in faces.frame})
    if lost:
        says = (
            f"the landmarks file has no faces on {len(lost)} frames that had some ({format_frames(lost)}); "
            "extract the shot again for the machine's, or import a file of the whole shot"
        )
        emit(Event(kind=EventKind.NOTE, message=says))


def _extracted_before(earlier: Path) -> ShotFaces | None:
    """What an earlier extraction found; edits name its tracks."""
    if not earlier.is_file():
        return None
    try:
        return load_faces(earlier)
    except BadInput:  # of an older version, or damaged: nobody could edit it
        return None


def _face_summary(faces: ShotFaces, plate: Plate) -> dict[str, object]:
    tracked = faces.select(faces.track >= 0)
    return {
        "frames": len(plate.frames),
        "frames_with_face": len(set(tracked.frame.tolist())),
        "tracks": len(faces.tracks),
        "set_aside": int((faces.track < 0).sum()),
        "cuts": list(faces.cuts),
    }


def run_convert(work: ConvertWork, tools: Tools) -> Facts:
    """Plate, solved faces and mattes, checkpoints -> a layered face patch per frame."""
    from understudy.networks.checkpoint import load_swapper
    from understudy.networks.device import pick_device
    from understudy.stages.convert.binding import Binding
    from understudy.stages.convert.conversion import convert
    from understudy.stages.convert.fingerprint import frame_fingerprints

    device = pick_device(work.config.device)
    paths = dict.fromkeys(binding.checkpoint for binding in work.bindings)
    swappers = {path: load_swapper(Path(path), device, threads=work.config.threads) for path in paths}
    bindings = {
        binding.track: Binding(
            person_id=binding.person_id,
            swapper=swappers[binding.checkpoint],
            person_index=swappers[binding.checkpoint].card.people.index(binding.person_id),
        )
        for binding in work.bindings
    }
    solved = load_solved(Path(work.shot.solved))
    layers = {layer: Path(folder) for layer, folder in work.shot.layers.items()}
    bound = {binding.track: (binding.person_id, binding.checkpoint_sha256) for binding in work.bindings}
    outcome = convert(
        work.shot.plate,
        solved,
        bindings,
        work.config,
        work.frames,
        Path(work.folder),
        fingerprints=frame_fingerprints(work.shot.plate, solved, bound, work.config, work.frames, layers),
        layers=layers,
        emit=tools.emit,
        stopping=tools.stopping,
        people=work.people,
    )
    counts = {name: len(frames) for name, frames in asdict(outcome).items()}
    return {"summary": json.dumps(counts)}


def run_deliver(work: DeliverWork, tools: Tools) -> Facts:
    """Plate and take -> movies, frames, a contact sheet. The server seals them afterwards."""
    from understudy.stages.deliver import deliver

    folder, notes = Path(work.folder), list[str]()

    def emit(event: Event) -> None:
        if event.kind is EventKind.NOTE:
            notes.append(event.message)
        tools.emit(event)

    sweep_tree(folder, older_than_s=0)  # it is this job's own: what is unfinished there, nobody finishes
    paths = deliver(
        work.plate,
        Path(work.take_folder),
        work.frames,
        work.config,
        folder,
        title=work.title,
        marked=tools.marked,
        people=work.people,
        emit=emit,
        stopping=tools.stopping,
        donor_pictures=_donor_pictures(work.donor) if work.donor and work.config.contact_sheet else (),
    )
    files = [path.relative_to(folder).as_posix() for path in paths]
    return {"files": json.dumps(files), "notes": json.dumps(notes)}


def _donor_pictures(shot: LearnShot) -> list[npt.NDArray[np.uint8]]:
    """A few heads of the donor, evenly spread over footage of theirs, (256,256,3) each."""
    from understudy.faces.align import crop_transform
    from understudy.media.video import open_plate
    from understudy.media.warp import warp

    faces = _faces_of(shot)
    rows = np.linspace(0, len(faces) - 1, min(len(faces), _DONOR_PICTURES)).round().astype(int)
    frames = [int(faces.frame[row]) for row in rows]
    pictures = open_plate(shot.plate).frames(frames)
    aspect = float(shot.plate.pixel_aspect)
    return [
        warp(
            picture.picture.rgb8(),
            crop_transform(faces.landmarks_NK3[row], "head", 256, pixel_aspect=aspect),
            (256, 256),
        )
        for row, picture in zip(rows, pictures, strict=True)
    ]


def run_evaluate(work: EvaluateWork, tools: Tools) -> Facts:
    """Plate and take, and the truth if there is any -> figures, a table and a picture."""
    from understudy.evaluate.take import TruthPaths, evaluate_take
    from understudy.faces.face_models import FaceModels

    figures = evaluate_take(
        work.plate,
        Path(work.take_folder),
        work.frames,
        truth=TruthPaths(
            replacement=_path(work.true_replacement), matte=_path(work.true_matte), record=_path(work.truth)
        ),
        performer=_faces_of(work.performer),
        donor=_faces_of(work.donor),
        models=FaceModels.load(tools.model_files),
        title=work.title,
        out_folder=Path(work.folder),
        emit=tools.emit,
        stopping=tools.stopping,
        marked=tools.marked,
    )
    return {"summary": json.dumps(figures)}


def run_measure(work: MeasureWork, tools: Tools) -> Facts:
    """Plate, solved shot and take -> measures of every frame, and a sheet of the worst."""
    from understudy.faces.face_models import FaceModels
    from understudy.stages.measure import MEASURES_FILE, measure

    folder = Path(work.folder)
    figures = measure(
        work.shot.plate,
        load_solved(Path(work.shot.solved)),
        Path(work.take_folder),
        work.frames,
        track=work.track,
        machine=load_faces(Path(work.machine.faces)),
        performer=_faces_of(work.performer),
        donor=_faces_of(work.donor) if work.donor else None,
        models=FaceModels.load(tools.model_files),
        title=work.title,
        folder=folder,
        worst=work.worst,
        marked=tools.marked,
        emit=tools.emit,
        stopping=tools.stopping,
    )
    files = {"measures": str(folder / MEASURES_FILE), "contact_sheet": str(folder / "worst.png")}
    return {"summary": json.dumps({**figures, **files})}


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _faces_of(shot: LearnShot) -> ShotFaces:
    from understudy.faces.person import faces_of_one_person

    found = [load_faces(Path(shot.faces))]
    return faces_of_one_person(found, same_person_cosine=ExtractConfig().same_person_cosine)[0]
