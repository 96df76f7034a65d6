"""The part of the table of contents that is about training: from footage to facesets to a model.

As in `pipeline.py`, every function takes its work and gives back plain facts, and stages are imported where
they are called.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.config import ExtractConfig
from understudy.domain.face import load_faces
from understudy.domain.job import Event
from understudy.domain.plain import to_plain
from understudy.domain.time import parse_frames
from understudy.work import LearnShot, TrainWork

if TYPE_CHECKING:
    from understudy.media.network_colour import NetworkEncoding
    from understudy.networks.faceset import LoadedFaceset
    from understudy.stages.curate import ShotSource

Facts = dict[str, str]
Emit = Callable[[Event], None]
Stopping = Callable[[], bool]


def run_train(work: TrainWork, emit: Emit, stopping: Stopping) -> Facts:
    """Plates and faces -> a faceset per person -> a checkpoint."""
    from understudy.networks.card import read_card
    from understudy.stages.train import REPORT_NAME, train

    facesets, files = [], []
    encoding = _encoding(work)
    for person in work.people:
        shots = [shot for shot in work.shots if shot.person_id == person]
        path = _faceset_path(work, person, shots, encoding)
        faceset, sha256 = _faceset(work, person, shots, path, encoding, emit, stopping)
        facesets.append(replace(faceset, sha256=sha256))
        files.append({"person_id": person, "path": str(path), "sha256": sha256, "crops": len(faceset)})
    folder = Path(work.folder)
    checkpoint = train(facesets, work.config, folder, emit=emit, stopping=stopping)
    return {
        "checkpoint": str(checkpoint),
        "iterations": str(read_card(checkpoint).iterations),
        "report": str(folder / REPORT_NAME),
        "facesets": json.dumps(files),
    }


def _encoding(work: TrainWork) -> NetworkEncoding:
    """What the model sees: one encoding for all its people, or it could not tell light from likeness."""
    from understudy.media.network_colour import encoding_for

    if work.curate.encoding != "auto":
        return work.curate.encoding
    return encoding_for(shot.plate.colour for shot in work.shots)


def _faceset_path(
    work: TrainWork, person: str, shots: Sequence[LearnShot], encoding: NetworkEncoding = "srgb"
) -> Path:
    """A faceset's name says everything it was made from, so an equal one is found and not made again."""
    from understudy.stages.curate import ALGORITHM

    settings = {name: value for name, value in asdict(work.curate).items() if name != "encoding"}
    made_from: list[object] = [ALGORITHM, work.config.crop_type, work.config.size_px, settings]
    made_from += [(shot.plate.sha256, shot.faces_sha256, str(shot.plate.frames)) for shot in shots]
    if any(shot.dropped for shot in shots):  # nothing dropped has the name it always had
        made_from.append([to_plain(shot.dropped) for shot in shots])
    if (colours := _colour_facts(shots, encoding)) is not None:
        made_from.append(colours)
    if any(shot.plate.pixel_aspect != 1 for shot in shots):
        made_from.append([str(shot.plate.pixel_aspect) for shot in shots])
    digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    return Path(work.facesets) / person / f"{digest[:24]}.safetensors"


def _colour_facts(shots: Sequence[LearnShot], encoding: NetworkEncoding) -> list[object] | None:
    """What decides the colours of a faceset; nothing where those are the plates' own codes."""
    from understudy.media.colour_space import is_scene_referred
    from understudy.media.ocio import config_id

    tags = [shot.plate.colour for shot in shots]
    if encoding == "srgb" and not any(map(is_scene_referred, tags)):
        return None
    return [encoding, config_id(), [asdict(one) for one in tags]]


def _faceset(
    work: TrainWork,
    person: str,
    shots: Sequence[LearnShot],
    path: Path,
    encoding: NetworkEncoding,
    emit: Emit,
    stopping: Stopping,
) -> tuple[LoadedFaceset, str]:
    from understudy.domain.files import sha256_of
    from understudy.networks.faceset import load_faceset, save_faceset
    from understudy.stages.curate import curate

    if path.exists():
        return load_faceset(path), sha256_of(path)
    faceset = curate(
        _sources(shots),
        person_id=person,
        crop_type=work.config.crop_type,
        size_px=work.config.size_px,
        config=work.curate,
        emit=emit,
        stopping=stopping,
        encoding=encoding,
    )
    return faceset, save_faceset(faceset, path)


def _sources(shots: Sequence[LearnShot]) -> list[ShotSource]:
    """The shots of one person as curation wants them: that person's faces, and a way to the pictures."""
    from understudy.faces.person import faces_of_one_person
    from understudy.media.video import open_plate
    from understudy.stages.curate import ShotSource

    found = [load_faces(Path(shot.faces)) for shot in shots]
    theirs = faces_of_one_person(found, same_person_cosine=ExtractConfig().same_person_cosine)
    return [
        ShotSource(
            shot_sha256=shot.plate.sha256,
            width=shot.plate.width,
            height=shot.plate.height,
            faces=faces,
            frames=open_plate(shot.plate).frames,
            dropped=frozenset(
                (track, frame) for track, frames in shot.dropped.items() for frame in parse_frames(frames)
            ),
            pixel_aspect=float(shot.plate.pixel_aspect),
            window=shot.plate.data_window,
            colour=shot.plate.colour,
        )
        for shot, faces in zip(shots, theirs, strict=True)
    ]
