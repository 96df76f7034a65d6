"""Requests about mattes, exports and measures: what they mean for a shot as its artists left it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from understudy.config import MatteNetConfig, ParseMatteConfig, PropagateConfig, settings_from
from understudy.domain.artefact import Take
from understudy.domain.edit import UseLayer
from understudy.domain.errors import (
    BadBundle,
    BadInput,
    BadLabels,
    BadMatte,
    BadRecord,
    BadSettings,
    ConsentRefused,
    FrameOutOfRange,
)
from understudy.domain.files import sha256_of
from understudy.domain.job_spec import (
    ExportSpec,
    ImportMatteSpec,
    MatteNetSpec,
    MeasureSpec,
    ParseMatteSpec,
    PropagateSpec,
)
from understudy.domain.people import Need, Use
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames, parse_frames
from understudy.jobs.bundle import InputFile, read_bundle
from understudy.jobs.resolved import (
    Footage,
    Resolved,
    chosen_frames,
    extracted,
    face_files,
    footage_of_take,
    how_rendered,
    learn_shot,
    output_place,
    training_shots,
)
from understudy.jobs.solved_shot import solve_shot, solved_inputs, solved_plate
from understudy.store.production import Production
from understudy.trust.consent import decide
from understudy.work import (
    ConvertWork,
    ExportWork,
    ImportMatteWork,
    LabelledShot,
    MatteNetWork,
    MeasureWork,
    ParseMatteWork,
    PropagateWork,
    SolvedPlate,
    Work,
)

NET_FILE = "net.safetensors"  # a matte net's weights, in the folder of its layer

SOURCES = ("cut", "keep", "matte")
OPERATORS = {"cut": "-", "keep": "+", "matte": "&"}
"""How a propagated layer joins the matte, by what was carried."""

FORMATS = {"mattes": ("exr", "png"), "alignments": ("json", "nk")}

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
            path = _file_on_server(spec.path, "sequence")
            return _on_shots(
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
    drawn = [key for key in keys if spec.source == "matte" or _drawn(solved, key)]
    if bare := sorted(set(keys) - set(drawn)):
        raise BadMatte(
            f"nothing is painted or drawn on frames {format_frames(bare)} of shot {shot.name}; choose other "
            "keys, or propagate the whole matte"
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
    return _on_shots(work, [plate])


def keyed_frames(solved: SolvedShot) -> tuple[int, ...]:
    """Frames whose matte an artist made."""
    return tuple(sorted(frame for frame, plan in solved.plans.items() if plan.keyed))


def _drawn(solved: SolvedShot, frame: int) -> bool:
    plan = solved.plan(frame)
    return bool(plan.shapes or plan.strokes)


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
    net, net_people = _net_of(spec.start_from, production)
    trains = config.minutes > 0 and config.iterations > 0
    if not trains and not net:
        raise BadSettings("nothing is to be trained (matte_net.minutes is 0); say which net to apply")
    if trains and not any(entry.labels for entry in labelled):
        raise BadLabels(
            f"shot {shot.name} has no keyed frame to learn from; paint or draw shapes on a few frames first"
        )
    plates = [entry.shot for entry in labelled]
    work = MatteNetWork(
        shots=tuple(labelled),
        frames=frames,
        people=tuple(dict.fromkeys((*(who for plate in plates for who in plate.people), *net_people))),
        start_from=net,
        config=config,
        folder=folder,
    )
    resolved = _on_shots(work, plates, also=net_people)
    inputs = (*resolved.inputs, InputFile(path=net, sha256=sha256_of(Path(net)))) if net else resolved.inputs
    return Resolved(work=work, needs=resolved.needs, footage=resolved.footage, inputs=inputs)


def _labelled(shot: Shot, production: Production) -> LabelledShot:
    solved = solve_shot(shot, production)
    labels = keyed_frames(solved)
    if not labels:
        raise BadLabels(
            f"shot {shot.name} has no keyed frame to learn from; leave it out or key a few frames"
        )
    return LabelledShot(shot=solved_plate(shot, production, solved=solved), labels=labels)


def _net_of(layer_id: str, production: Production) -> tuple[str, tuple[str, ...]]:
    """The net beside a layer, and whom it has seen. Raises: NotFound, BadMatte."""
    if not layer_id:
        return "", ()
    layer = production.matte_layer(layer_id)
    net = production.path(layer.path) / NET_FILE
    if not net.is_file():
        raise BadMatte(f"matte layer {layer.name!r} was made by {layer.origin} and has no net to go on from")
    return str(net), layer.people


def _parse_matte(spec: ParseMatteSpec, shot: Shot, folder: str, production: Production) -> Resolved:
    config = settings_from(ParseMatteConfig, spec.settings, where="parse_matte")
    if not spec.classes or min(spec.classes) < 0:
        raise BadSettings("parse_matte.classes must name at least one class, counted from 0")
    path = _file_on_server(spec.path, "ONNX file")
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
    return _on_shots(work, [plate], inputs=(InputFile(path=str(path), sha256=sha256),))


def _file_on_server(text: str, what: str) -> Path:
    path = Path(text)
    if not text or not path.is_absolute():
        raise BadSettings(f"the {what} {text!r} is no absolute path; the server cannot know where it is")
    return path


def _on_shots(
    work: Work,
    plates: Sequence[SolvedPlate],
    *,
    also: Sequence[str] = (),
    inputs: Sequence[InputFile] = (),
) -> Resolved:
    """Work that touches what is seen in some plates asks everybody seen there, `also` included."""
    people = dict.fromkeys([*(person for plate in plates for person in plate.people), *also])
    read = [*(file for plate in plates for file in solved_inputs(plate)), *inputs]
    return Resolved(
        work=work,
        needs=tuple(Need(person_id=person, use=Use.REPLACE) for person in people),
        footage=_footage(plates, also),
        inputs=tuple(dict.fromkeys(read)),
    )


def _footage(plates: Sequence[SolvedPlate], also: Sequence[str] = ()) -> Footage:
    """Whoever a net remembers from elsewhere counts as seen in the first plate, where it will be used."""
    clips = {person: {plates[0].plate.sha256} for person in also}
    for plate in plates:
        for person in plate.people:
            clips.setdefault(person, set()).add(plate.plate.sha256)
    return {person: frozenset(hashes) for person, hashes in clips.items()}


def resolve_export(spec: ExportSpec, job_id: str, production: Production) -> Resolved:
    """Raises: NotFound, BadSettings, FrameOutOfRange, BadInput."""
    shot = extracted(production.shot(spec.shot_id))
    if spec.what not in FORMATS:
        raise BadSettings(f"{spec.what!r} cannot be exported; known: {', '.join(FORMATS)}")
    if spec.format not in FORMATS[spec.what]:
        raise BadSettings(
            f"{spec.what} are exported as {' or '.join(FORMATS[spec.what])}, not {spec.format!r}"
        )
    frames = chosen_frames(spec.frames, shot.plate)
    plate = solved_plate(shot, production)
    asked = _on_shots(
        ExportWork(shot=plate, what=spec.what, format=spec.format, frames=frames, folder=""), [plate]
    )
    otherwise = "scratch" if _will_be_marked(asked, production) else "exports"
    place = output_place(spec.folder, otherwise, production)
    work = ExportWork(
        shot=plate,
        what=spec.what,
        format=spec.format,
        frames=frames,
        folder=str(place / f"{shot.name}_{spec.what}_{job_id[-6:]}"),
    )
    return Resolved(work=work, needs=asked.needs, footage=asked.footage, inputs=asked.inputs)


def _will_be_marked(asked: Resolved, production: Production) -> bool:
    """Whether the gate will say so; a refusal is left to the gate itself, which logs it."""
    try:
        decision = decide(
            asked.needs,
            production.consents(),
            production_id=production.production_id,
            footage=asked.footage,
            today=datetime.now().astimezone().date(),
        )
    except ConsentRefused:
        return False
    return decision.marked


def resolve_measure(spec: MeasureSpec, job_id: str, production: Production) -> Resolved:
    """Raises: NotFound, BadSettings, FrameOutOfRange, BadInput."""
    take = production.take(spec.take_id)
    shot = extracted(production.shot(take.shot_id))
    frames = _frames_of_take(spec, take, shot)
    if not 0 <= spec.worst <= 100:
        raise BadSettings(f"the contact sheet shows 0..100 frames, not {spec.worst}")
    rendered, donors = how_rendered(take, production)
    performers = [need.person_id for need in rendered if need.use is Use.REPLACE]
    model = production.model(take.model_ids[0])
    donor_shots = training_shots(model, donors, production)
    machine = learn_shot(shot, production)
    performer = learn_shot((training_shots(model, performers, production) or [shot])[0], production)
    donor = learn_shot(donor_shots[0], production) if donor_shots else None
    solved = solve_shot(shot, production)
    plate = solved_plate(shot, production, solved=solved)
    place = production.folder / ("scratch" if take.marked else "evaluations")
    work = MeasureWork(
        take_id=take.id,
        title=f"{shot.name}_{take.label}",
        shot=plate,
        take_folder=str(production.path(take.path)),
        frames=frames,
        track=_track_of(take, solved, production),
        machine=machine,
        performer=performer,
        donor=donor,
        worst=spec.worst,
        folder=str(place / f"{shot.name}_{take.label}_{job_id[-6:]}_measures"),
    )
    return Resolved(
        work=work,
        marked=take.marked,
        needs=rendered,
        footage=footage_of_take(shot, performers, model, donors, production),
        inputs=tuple(
            dict.fromkeys(
                (*solved_inputs(plate), *face_files([machine, performer, *([donor] if donor else [])]))
            )
        ),
    )


def _frames_of_take(spec: MeasureSpec, take: Take, shot: Shot) -> tuple[int, ...]:
    frames = chosen_frames(spec.frames or take.frames, shot.plate)
    if outside := sorted(set(frames) - set(parse_frames(take.frames))):
        raise FrameOutOfRange(
            f"frames {format_frames(outside)} are not in take {take.label}; it has {take.frames}"
        )
    return frames


def _track_of(take: Take, solved: SolvedShot, production: Production) -> int:
    """The first track that the take replaces, as its bundle says; bundles of older versions do not."""
    try:
        work = read_bundle(production.folder / "jobs" / take.job_id)[0].resolved
    except (BadBundle, BadRecord):
        work = None
    if isinstance(work, ConvertWork) and work.bindings:
        return work.bindings[0].track
    if not solved.faces.tracks:
        raise BadInput("the shot has no face track; look at its extraction")
    return solved.faces.tracks[0]
