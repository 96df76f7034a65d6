"""The part of the table of contents that is about mattes: what each of these jobs does, stage by stage.

As in `pipeline.py`, every function takes its work and gives back plain facts, and stages are imported where
they are called.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from understudy.config import ConvertConfig
from understudy.domain.job import Event
from understudy.domain.solved import SolvedShot, load_solved
from understudy.domain.time import format_frames
from understudy.work import (
    ExportWork,
    ImportMatteWork,
    MatteNetWork,
    ParseMatteWork,
    PropagateWork,
    SolvedPlate,
)

if TYPE_CHECKING:
    from understudy.matte.layer import LayerOutcome

Facts = dict[str, str]
Emit = Callable[[Event], None]
Stopping = Callable[[], bool]


def run_propagate(work: PropagateWork, emit: Emit, stopping: Stopping) -> Facts:
    """Plate and solved shot -> a layer that carries the mattes of keyed frames to others."""
    from understudy.stages.propagate import propagate

    outcome = propagate(
        work.shot.plate,
        _solved(work.shot),
        keys=work.keys,
        frames=work.frames,
        source=work.source,
        layers=_layers(work.shot),
        config=work.config,
        folder=Path(work.folder),
        people=work.shot.people,
        emit=emit,
        stopping=stopping,
    )
    return _told(outcome)


def run_matte_net(work: MatteNetWork, emit: Emit, stopping: Stopping) -> Facts:
    """Plates, solved shots and labelled frames -> a net, and a layer with what it proposes."""
    from understudy.stages.matte_net import LabelledPlate, train_matte_net

    shots = [
        LabelledPlate(
            plate=entry.shot.plate,
            solved=_solved(entry.shot),
            labels=entry.labels,
            layers=_layers(entry.shot),
        )
        for entry in work.shots
    ]
    outcome = train_matte_net(
        shots,
        frames=work.frames,
        start_from=Path(work.start_from) if work.start_from else None,
        config=work.config,
        folder=Path(work.folder),
        people=work.people,
        emit=emit,
        stopping=stopping,
    )
    return _told(outcome)


def run_import_matte(work: ImportMatteWork, emit: Emit, stopping: Stopping) -> Facts:
    """A sequence of pictures -> a layer."""
    from understudy.stages.bring_matte import import_matte

    outcome = import_matte(
        work.shot.plate,
        path=work.path,
        channel=work.channel,
        invert=work.invert,
        folder=Path(work.folder),
        people=work.shot.people,
        emit=emit,
        stopping=stopping,
    )
    return _told(outcome)


def run_parse_matte(work: ParseMatteWork, emit: Emit, stopping: Stopping) -> Facts:
    """Plate, solved shot and an ONNX parser -> a layer."""
    from understudy.stages.bring_matte import parse_matte

    outcome = parse_matte(
        work.shot.plate,
        _solved(work.shot),
        onnx=Path(work.path),
        classes=work.classes,
        frames=work.frames,
        crop_type=work.crop_type,
        folder=Path(work.folder),
        people=work.shot.people,
        emit=emit,
        stopping=stopping,
    )
    return _told(outcome)


def run_export(work: ExportWork, emit: Emit, stopping: Stopping) -> Facts:
    """Solved shot -> mattes or alignments as files for other programs."""
    from understudy.stages.export import export_alignments, export_mattes

    folder = Path(work.folder)
    if work.what == "mattes":
        files = export_mattes(
            work.shot.plate,
            _solved(work.shot),
            work.frames,
            layers=_layers(work.shot),
            config=ConvertConfig(),
            format=cast(Literal["exr", "png"], work.format),
            folder=folder,
            title=work.shot.shot_name,
            people=work.shot.people,
            emit=emit,
            stopping=stopping,
        )
    else:
        files = export_alignments(
            _solved(work.shot),
            work.shot.plate,
            format=cast(Literal["json", "nk"], work.format),
            frames=work.frames,
            folder=folder,
            title=work.shot.shot_name,
            people=work.shot.people,
        )
    return {"files": json.dumps([path.relative_to(folder).as_posix() for path in files])}


def _solved(shot: SolvedPlate) -> SolvedShot:
    return load_solved(Path(shot.solved))


def _layers(shot: SolvedPlate) -> dict[str, Path]:
    return {layer_id: Path(folder) for layer_id, folder in shot.layers.items()}


def _told(outcome: LayerOutcome) -> Facts:
    return {"frames": format_frames(outcome.frames) if outcome.frames else ""}
