"""Requests for matte layers: what they mean for a shot as its artists left it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.config import MatteNetConfig, ParseMatteConfig, PropagateConfig, settings_from
from understudy.domain.edit import UseLayer
from understudy.domain.errors import (
    BadBundle,
    BadInput,
    BadLabels,
    BadMatte,
    BadRecord,
    BadSettings,
    NotFound,
)
from understudy.domain.files import sha256_of
from understudy.domain.job_spec import ImportMatteSpec, MatteNetSpec, ParseMatteSpec, PropagateSpec
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.jobs.bundle import InputFile, read_bundle
from understudy.jobs.resolved import Footage, Resolved, chosen_frames, extracted, on_shots, seen_in
from understudy.jobs.solved_shot import solve_shot, solved_plate
from understudy.store.production import Production
from understudy.work import (
    ImportMatteWork,
    LabelledShot,
    MatteNetWork,
    ParseMatteWork,
    PropagateWork,
)

NET_FILE = "net.safetensors"  # a matte net's weights, in the folder of its layer

SOURCES = ("cut", "keep", "matte")
OPERATORS = {"cut": "-", "keep": "+", "matte": "&"}
"""How a propagated layer joins the matte, by what was carried."""

MatteSpec = PropagateSpec | MatteNetSpec | ImportMatteSpec | ParseMatteSpec


def resolve_matte(spec: MatteSpec, job_id: str, production: Production) -> Resolved:
    """Raises: NotFound, BadSettings, BadEdit, BadMatte, BadLabels, FrameOutOfRange, BadInput."""
    shot = extracted(production.shot(spec.shot_id))
    _check_name(spec, shot)
    folder = str(production.folder / "mattes" / shot.id / job_id)
    match spec:
        case PropagateSpec():
            return _propagate(spec, shot, folder, production)
        case MatteNetSpec():
            return _matte_net(spec, shot, folder, production)
        case ImportMatteSpec():
            plate = solved_plate(shot, production)
            path = file_on_server(spec.path, "sequence")
            return on_shots(
                ImportMatteWork(
                    shot=plate, path=str(path), channel=spec.channel, invert=spec.invert, folder=folder
                ),
                [plate],
            )
        case ParseMatteSpec():
            return _parse_matte(spec, shot, folder, production)


def operator_of(spec: MatteSpec) -> str:
    """How the layer that comes out joins the shot's default matte."""
    match spec:
        case PropagateSpec():
            return OPERATORS[spec.source]
        case MatteNetSpec():
            return "&"
        case ImportMatteSpec() | ParseMatteSpec():
            return spec.operator


def _check_name(spec: MatteSpec, shot: Shot) -> None:
    """Refuse early what the edit that uses the layer would refuse. Raises: BadSettings, BadEdit."""
    if isinstance(spec, PropagateSpec) and spec.source not in SOURCES:
        raise BadSettings(f"propagation carries {', '.join(SOURCES)}, not {spec.source!r}")
    first = shot.plate.first_frame
    UseLayer(name=spec.name, layer_id="new", first=first, last=first, operator=operator_of(spec))


def _propagate(spec: PropagateSpec, shot: Shot, folder: str, production: Production) -> Resolved:
    config = settings_from(PropagateConfig, spec.settings, where="propagate")
    frames = chosen_frames(spec.frames, shot.plate)
    solved = solve_shot(shot, production)
    keys = chosen_frames(spec.keys, shot.plate) if spec.keys else keyed_frames(solved)
    if not keys:
        raise BadMatte(
            f"shot {shot.name} has no keyed frame to propagate from; paint or draw a shape on one first"
        )
    if bare := sorted(set(keys) - set(keyed_frames(solved))):
        raise BadMatte(
            f"nothing is painted or drawn on frames {format_frames(bare)} of shot {shot.name}; choose keyed "
            "frames to propagate from"
        )
    plate = solved_plate(shot, production, solved=solved)
    work = PropagateWork(
        shot=plate,
        keys=tuple(sorted(set(keys))),
        frames=frames,
        source=spec.source,
        config=config,
        folder=folder,
    )
    return on_shots(work, [plate])


def keyed_frames(solved: SolvedShot) -> tuple[int, ...]:
    """Frames whose matte an artist made."""
    return tuple(sorted(frame for frame, plan in solved.plans.items() if plan.keyed))


def _matte_net(spec: MatteNetSpec, shot: Shot, folder: str, production: Production) -> Resolved:
    config = settings_from(MatteNetConfig, spec.settings, where="matte_net")
    frames = chosen_frames(spec.frames, shot.plate)
    solved = solve_shot(shot, production)
    labels = chosen_frames(spec.labels, shot.plate) if spec.labels else keyed_frames(solved)
    labelled = [
        LabelledShot(shot=solved_plate(shot, production, solved=solved), labels=tuple(sorted(set(labels))))
    ]
    for other_id in dict.fromkeys(spec.also):
        other = extracted(production.shot(other_id))
        if other.id != shot.id:
            labelled.append(_labelled(other, production))
    net = _net_of(spec.start_from, production) if spec.start_from else None
    trains = config.minutes > 0 and config.iterations > 0
    if not trains and net is None:
        raise BadSettings("nothing is to be trained (matte_net.minutes is 0); say which net to apply")
    if trains and not any(entry.labels for entry in labelled):
        raise BadLabels(
            f"shot {shot.name} has no keyed frame to learn from; paint or draw shapes on a few frames first"
        )
    plates = [entry.shot for entry in labelled]
    seen = seen_in(plates, net.footage if net else {})
    work = MatteNetWork(
        shots=tuple(labelled),
        frames=frames,
        people=tuple(seen),
        start_from=net.path if net else "",
        config=config,
        folder=folder,
    )
    inputs = [InputFile(path=net.path, sha256=sha256_of(Path(net.path)))] if net else []
    return on_shots(work, plates, footage=seen, inputs=inputs, marked=net is not None and net.marked)


def _labelled(shot: Shot, production: Production) -> LabelledShot:
    solved = solve_shot(shot, production)
    labels = keyed_frames(solved)
    if not labels:
        raise BadLabels(
            f"shot {shot.name} has no keyed frame to learn from; leave it out or key a few frames"
        )
    return LabelledShot(shot=solved_plate(shot, production, solved=solved), labels=labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Net:
    """An earlier net: its weights, whom it has seen in which clips, and whether it carries the mark."""

    path: str
    footage: Footage
    marked: bool


def _net_of(layer_id: str, production: Production) -> _Net:
    """The net beside a layer; what it went on from is still in it. Raises: NotFound, BadMatte."""
    layer = production.matte_layer(layer_id)
    path = production.path(layer.path) / NET_FILE
    if not path.is_file():
        raise BadMatte(f"matte layer {layer.name!r} was made by {layer.origin} and has no net to go on from")
    plate = production.shot(layer.shot_id).plate
    footage: Footage = {person: frozenset({plate.sha256}) for person in layer.people}
    try:
        bundle, grant = read_bundle(production.folder / "jobs" / layer.job_id)
        work = bundle.resolved
    except (BadBundle, BadRecord):  # nobody can tell any more
        return _Net(path=str(path), footage=footage, marked=True)
    if not isinstance(work, MatteNetWork):
        return _Net(path=str(path), footage=footage, marked=grant.marked)
    try:
        before = _net_of(Path(work.start_from).parent.name, production) if work.start_from else None
    except (NotFound, BadMatte):
        return _Net(path=str(path), footage=footage, marked=True)
    seen = seen_in([entry.shot for entry in work.shots], before.footage if before else {})
    return _Net(path=str(path), footage=seen, marked=grant.marked or (before is not None and before.marked))


def _parse_matte(spec: ParseMatteSpec, shot: Shot, folder: str, production: Production) -> Resolved:
    config = settings_from(ParseMatteConfig, spec.settings, where="parse_matte")
    if not spec.classes or min(spec.classes) < 0:
        raise BadSettings("parse_matte.classes must name at least one class, counted from 0")
    path = file_on_server(spec.path, "ONNX file")
    if not path.is_file():
        raise BadInput(f"there is no file {path} on the server")
    sha256 = sha256_of(path)
    plate = solved_plate(shot, production)
    work = ParseMatteWork(
        shot=plate,
        path=str(path),
        path_sha256=sha256,
        classes=tuple(dict.fromkeys(spec.classes)),
        frames=chosen_frames(spec.frames, shot.plate),
        crop_type=config.crop_type,
        folder=folder,
    )
    return on_shots(work, [plate], inputs=(InputFile(path=str(path), sha256=sha256),))


def file_on_server(text: str, what: str) -> Path:
    """A file that a request names. Raises: BadSettings."""
    path = Path(text)
    if not text or not path.is_absolute():
        raise BadSettings(f"the {what} {text!r} is no absolute path; the server cannot know where it is")
    return path
