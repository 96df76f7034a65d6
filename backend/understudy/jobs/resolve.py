"""From what a client asked for to what a worker does: names become records, paths and checked settings.

Also says whose consent the work needs, and which clips of them take part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.config import (
    PRESETS,
    ConvertConfig,
    CurateConfig,
    DeliverConfig,
    ExtractConfig,
    TrainConfig,
    settings_from,
)
from understudy.domain.artefact import Model, Take
from understudy.domain.errors import (
    BadBundle,
    BadInput,
    BadSettings,
    Conflict,
    NotFound,
)
from understudy.domain.files import sha256_of
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExportSpec,
    ExtractSpec,
    ImportMatteSpec,
    IngestSpec,
    JobSpec,
    MatteNetSpec,
    MeasureSpec,
    ParseMatteSpec,
    PropagateSpec,
    TrainSpec,
)
from understudy.domain.people import Need, Use
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.jobs.bundle import InputFile, read_bundle
from understudy.jobs.resolve_mattes import file_on_server, resolve_matte
from understudy.jobs.resolve_outputs import resolve_export, resolve_measure
from understudy.jobs.resolved import (
    Footage,
    Resolved,
    chosen_frames,
    curated_shot,
    extracted,
    face_files,
    footage_of,
    footage_of_take,
    how_rendered,
    learn_shot,
    output_place,
    plate_files,
    training_shots,
)
from understudy.jobs.solved_shot import (
    performers_on,
    solve_shot,
    solved_inputs,
    solved_plate,
    uses_marked_layer,
)
from understudy.store.production import Production
from understudy.work import (
    Binding,
    ConvertWork,
    DeliverWork,
    EvaluateWork,
    ExtractWork,
    IngestWork,
    TrainWork,
)


def resolve(spec: JobSpec, job_id: str, production: Production) -> Resolved:
    """Raises: NotFound, BadSettings, BadInput and Conflict, in words that name what to mend."""
    match spec:
        case IngestSpec():
            return _ingest(spec, production)
        case ExtractSpec():
            return _extract(spec, job_id, production)
        case TrainSpec():
            return _train(spec, job_id, production)
        case ConvertSpec():
            return _convert(spec, job_id, production)
        case DeliverSpec():
            return _deliver(spec, job_id, production)
        case EvaluateSpec():
            return _evaluate(spec, job_id, production)
        case MeasureSpec():
            return resolve_measure(spec, job_id, production)
        case ExportSpec():
            return resolve_export(spec, job_id, production)
        case PropagateSpec() | MatteNetSpec() | ImportMatteSpec() | ParseMatteSpec():
            return resolve_matte(spec, job_id, production)


def _ingest(spec: IngestSpec, production: Production) -> Resolved:
    production.person(spec.person_id)
    if spec.role not in ("plate", "learn"):
        raise BadSettings(f"a shot's role is plate or learn, not {spec.role!r}")
    if not re.fullmatch(r"[^\W_][^/\\\x00-\x1f]*", spec.name):
        raise BadSettings(
            f"{spec.name!r} cannot be a shot's name; begin with a letter or digit, and use no slashes"
        )
    if any(shot.name == spec.name for shot in production.shots()):
        raise Conflict(f"there is a shot named {spec.name!r} already; choose another name")
    work = IngestWork(
        path=spec.path,
        first_frame=spec.first_frame,
        in_index=spec.in_index,
        out_index=spec.out_index,
        colour_space=spec.colour_space,
        pixel_aspect=spec.pixel_aspect,
        rate=spec.rate,
    )
    return Resolved(work=work, footage={})


def _extract(spec: ExtractSpec, job_id: str, production: Production) -> Resolved:
    shot = production.shot(spec.shot_id)
    landmarks = _landmarks_file(spec.landmarks)
    work = ExtractWork(
        shot_id=shot.id,
        person_id=shot.person_id,
        plate=shot.plate,
        config=settings_from(ExtractConfig, spec.settings, where="extract"),
        # A file of its own: the one in use stays as it is until the job is done, and if it never is.
        output=str(production.folder / "shots" / shot.id / f"faces.{job_id}.safetensors"),
        earlier=str(production.path(shot.faces)) if shot.faces else "",
        landmarks=landmarks.path if landmarks is not None else "",
        landmarks_sha256=landmarks.sha256 if landmarks is not None else "",
    )
    inputs = [*plate_files([shot.plate]), *([] if landmarks is None else [landmarks])]
    return Resolved(work=work, footage=footage_of([shot]), inputs=tuple(inputs))


def _landmarks_file(path: str) -> InputFile | None:
    """A landmarks file as an input; the job reads it. Raises: BadSettings, BadInput."""
    if not path:
        return None
    place = file_on_server(path, "landmarks file")
    if not place.is_file():
        raise BadInput(f"there is no landmarks file {path}; name one that the server can read")
    return InputFile(path=str(place), sha256=sha256_of(place))


def train_config(spec: TrainSpec) -> TrainConfig:
    """The preset's settings with the request's own on top. Raises: BadSettings."""
    if spec.preset not in PRESETS:
        raise BadSettings(f"unknown preset {spec.preset!r}; known: {', '.join(sorted(PRESETS))}")
    return settings_from(TrainConfig, {**PRESETS[spec.preset], **spec.settings}, where="train")


def _train(spec: TrainSpec, job_id: str, production: Production) -> Resolved:
    people = [production.person(person) for person in spec.people]
    if len({person.id for person in people}) < 2:
        raise BadSettings("a model needs at least two different people: the performer, then the donor")
    shots = [extracted(production.shot(shot_id)) for shot_id in spec.shot_ids]
    for person in people:
        if not any(shot.person_id == person.id for shot in shots):
            raise BadInput(f"no shot of {person.name} was given; add footage of every person to learn from")
    identities = tuple(person.id for person in people)
    learn = tuple(curated_shot(shot, production) for shot in shots if shot.person_id in identities)
    config, origin = _origin(train_config(spec), production)
    work = TrainWork(
        name=spec.name,
        model_id=job_id,
        people=identities,
        shots=learn,
        config=config,
        curate=settings_from(CurateConfig, spec.curate, where="curate"),
        facesets=str(production.folder / "facesets"),
        folder=str(production.folder / "models" / job_id),
    )
    needs = [Need(person_id=identity, use=Use.TRAIN) for identity in identities]
    inputs = [*plate_files(shot.plate for shot in shots), *face_files(learn)]
    if origin is not None:
        # What a model begins from is still in it: its people are asked as if they were drawn.
        needs += [
            Need(person_id=person, use=use) for person in origin.people for use in (Use.TRAIN, Use.LIKENESS)
        ]
        inputs += [InputFile(path=config.start_from, sha256=origin.sha256)]
        shots += training_shots(origin, origin.people, production)
    return Resolved(
        work=work,
        marked=origin is not None and _rests_on_evaluation(origin.job_id, production),
        needs=tuple(dict.fromkeys(needs)),
        footage=footage_of(shots),
        inputs=tuple(inputs),
    )


def _origin(config: TrainConfig, production: Production) -> tuple[TrainConfig, Model | None]:
    """Training begins from nothing, the starter, or a model of this production; never from a path."""
    if config.start_from in ("", "starter"):
        return config, None
    model = production.model(config.start_from)
    return replace(config, start_from=str(production.path(model.path))), model


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """Who is drawn on which track of a shot, by which checkpoint, and whose consent that needs."""

    model: Model
    checkpoint: InputFile
    bindings: tuple[Binding, ...]
    people: tuple[str, ...]
    needs: tuple[Need, ...]
    footage: Footage
    marked: bool


def resolve_drawing(spec: ConvertSpec, shot: Shot, solved: SolvedShot, production: Production) -> Drawing:
    """What a conversion and a preview have in common.

    Raises: NotFound, BadInput, BadSettings, ConsentForeign.
    """
    model = production.model(spec.model_id)
    checkpoint = InputFile(path=str(production.path(model.path)), sha256=model.sha256)
    bound = bindings_of(spec, shot, model, solved, production)
    performers = performers_on(solved, shot, production, tracks=tuple(bound))
    donors = tuple(dict.fromkeys(bound.values()))
    return Drawing(
        model=model,
        checkpoint=checkpoint,
        bindings=tuple(
            Binding(
                track=track, person_id=person, checkpoint=checkpoint.path, checkpoint_sha256=checkpoint.sha256
            )
            for track, person in bound.items()
        ),
        people=tuple(dict.fromkeys((*performers, *donors))),
        needs=(
            *(Need(person_id=person, use=Use.REPLACE) for person in performers),
            *(Need(person_id=person, use=Use.LIKENESS) for person in donors),
        ),
        footage=footage_of_take(shot, performers, model, donors, production),
        marked=_rests_on_evaluation(model.job_id, production) or uses_marked_layer(solved, production),
    )


def _convert(spec: ConvertSpec, job_id: str, production: Production) -> Resolved:
    shot = extracted(production.shot(spec.shot_id))
    solved = solve_shot(shot, production)
    drawing = resolve_drawing(spec, shot, solved, production)
    take = _take_of(spec, job_id, shot, drawing.model, drawing.people, production)
    plate = solved_plate(shot, production, solved=solved)
    work = ConvertWork(
        take_id=take.id,
        shot=plate,
        version=take.version,
        model_ids=(drawing.model.id,),
        people=take.people,
        bindings=drawing.bindings,
        frames=chosen_frames(spec.frames, shot.plate),
        config=settings_from(ConvertConfig, spec.settings, where="convert"),
        folder=str(production.path(take.path)),
    )
    return Resolved(
        work=work,
        marked=take.marked or drawing.marked,
        needs=drawing.needs,
        footage=drawing.footage,
        inputs=(*solved_inputs(plate), drawing.checkpoint),
    )


def _rests_on_evaluation(job_id: str, production: Production) -> bool:
    """Whether what a job made must be marked, as its grant says; without the grant it must."""
    try:
        return read_bundle(production.folder / "jobs" / job_id)[1].marked
    except BadBundle:
        return True


def _take_of(
    spec: ConvertSpec, job_id: str, shot: Shot, model: Model, people: tuple[str, ...], production: Production
) -> Take:
    """The take to render into: the one asked for, the job's own from an earlier attempt, or a new one."""
    for take in production.takes(shot.id):
        if take.id == (spec.take_id or job_id):
            if (take.model_ids, take.people) != ((model.id,), people):
                raise Conflict(f"take {take.label} is of another model or other people; begin a new take")
            return take
    if spec.take_id:
        raise NotFound(f"shot {shot.name} has no take {spec.take_id}")
    version = production.next_version(shot.id)
    return Take(
        id=job_id,
        shot_id=shot.id,
        version=version,
        model_ids=(model.id,),
        people=people,
        path=f"takes/{shot.id}/v{version:03}",
        frames=format_frames(chosen_frames(spec.frames, shot.plate)),
        job_id=job_id,
        marked=False,
    )


def bindings_of(
    spec: ConvertSpec, shot: Shot, model: Model, solved: SolvedShot, production: Production
) -> dict[int, str]:
    """Track -> who is drawn on it: as the request says, else as artists bound them, else the longest."""
    asked = spec.bindings or {str(track): person for track, person in solved.bindings.items()}
    if not asked:
        if not solved.faces.tracks:
            raise BadInput(f"shot {shot.name} has no face track to replace; look at its extraction")
        return {solved.faces.tracks[0]: next(person for person in model.people if person != shot.person_id)}
    bound = {}
    for track, name in asked.items():
        person = production.person(name)
        if person.id not in model.people:
            raise BadInput(f"model {model.name} cannot draw {person.name}; train a model with that person")
        if not (track.isascii() and track.isdigit() and len(track) <= 6):
            raise BadSettings(f"bindings go from a track number to a person; {track!r} is no track number")
        bound[int(track)] = person.id
    return bound


def _deliver(spec: DeliverSpec, job_id: str, production: Production) -> Resolved:
    take = production.take(spec.take_id)
    shot = production.shot(take.shot_id)
    rendered, donors = how_rendered(take, production)
    model = production.model(take.model_ids[0])
    training = training_shots(model, donors, production)
    donor = learn_shot(training[0], production) if training else None
    work = DeliverWork(
        take_id=take.id,
        title=f"{shot.name}_{take.label}",
        people=take.people,
        plate=shot.plate,
        take_folder=str(production.path(take.path)),
        frames=chosen_frames(spec.frames or take.frames, shot.plate),
        config=settings_from(DeliverConfig, spec.settings, where="deliver"),
        donor=donor,
        folder=str(delivery_folder(spec, production, shot, take, job_id)),
    )
    performers = [need.person_id for need in rendered if need.use is Use.REPLACE]
    inputs = [
        *plate_files([shot.plate, *([donor.plate] if donor else [])]),
        *face_files([donor] if donor else []),
    ]
    return Resolved(
        work=work,
        marked=take.marked,
        # What allowed the render must still hold when its pictures leave.
        needs=(*rendered, *(Need(person_id=person, use=Use.DELIVER) for person in take.people)),
        footage=footage_of_take(shot, performers, model, donors, production),
        inputs=tuple(inputs),
    )


def delivery_folder(spec: DeliverSpec, production: Production, shot: Shot, take: Take, job_id: str) -> Path:
    """A new folder for each delivery, so that none overwrites another's signed record.

    Below the one the client names, else below the production; marked work goes to the scratch folder.
    """
    place = output_place(spec.folder, "scratch" if take.marked else "deliveries", production)
    return place / f"{shot.name}_{take.label}_{job_id[-6:]}"


def _evaluate(spec: EvaluateSpec, job_id: str, production: Production) -> Resolved:
    take = production.take(spec.take_id)
    shot = extracted(production.shot(take.shot_id))
    rendered, donors = how_rendered(take, production)
    performers = [need.person_id for need in rendered if need.use is Use.REPLACE]
    model = production.model(take.model_ids[0])
    donor_shots = training_shots(model, donors, production)
    performer_shots = training_shots(model, performers, production) or [shot]
    if unknown := sorted(set(spec.truth) - {"replacement", "matte", "record"}):
        raise BadSettings(f"unknown truth {unknown[0]!r}; known: replacement, matte, record")
    truth = {key: str(value) for key, value in spec.truth.items()}
    place = production.folder / ("scratch" if take.marked else "evaluations")
    performer, donor = learn_shot(performer_shots[0], production), learn_shot(donor_shots[0], production)
    work = EvaluateWork(
        take_id=take.id,
        title=f"{shot.name}_{take.label}",
        plate=shot.plate,
        take_folder=str(production.path(take.path)),
        frames=chosen_frames(take.frames, shot.plate),
        performer=performer,
        donor=donor,
        true_replacement=truth.get("replacement", ""),
        true_matte=truth.get("matte", ""),
        truth=truth.get("record", ""),
        folder=str(place / f"{shot.name}_{take.label}_{job_id[-6:]}_evaluation"),
    )
    return Resolved(
        work=work,
        marked=take.marked,
        needs=rendered,
        footage=footage_of_take(shot, performers, model, donors, production),
        inputs=(*plate_files([shot.plate]), *face_files([performer, donor])),
    )
