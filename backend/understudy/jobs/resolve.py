"""From what a client asked for to what a worker does: names become records, paths and checked settings.

Also says whose consent the work needs, and which clips of them take part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    ConsentForeign,
    FrameOutOfRange,
    NotFound,
)
from understudy.domain.face import ShotFaces, load_faces
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExtractSpec,
    IngestSpec,
    JobSpec,
    TrainSpec,
    spec_from_table,
)
from understudy.domain.people import Need, Use
from understudy.domain.shot import Plate, Shot
from understudy.domain.time import format_frames, parse_frames
from understudy.jobs.bundle import InputFile, read_bundle
from understudy.jobs.whose_face import performer_of
from understudy.store.production import Production
from understudy.work import (
    Binding,
    ConvertWork,
    DeliverWork,
    EvaluateWork,
    ExtractWork,
    IngestWork,
    LearnShot,
    TrainWork,
    Work,
)

Footage = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """Work, the consent it needs, the clips that take part (SHA-256 by person), the files it reads.

    `marked`: something it rests on carries the evaluation mark already, and a mark never comes off.
    """

    work: Work
    marked: bool = False
    needs: tuple[Need, ...] = ()
    footage: Footage
    inputs: tuple[InputFile, ...] = ()


def resolve(spec: JobSpec, job_id: str, production: Production) -> Resolved:
    """Raises: NotFound, BadSettings, BadInput and Conflict, in words that name what to mend."""
    match spec:
        case IngestSpec():
            return _ingest(spec, production)
        case ExtractSpec():
            return _extract(spec, production)
        case TrainSpec():
            return _train(spec, job_id, production)
        case ConvertSpec():
            return _convert(spec, job_id, production)
        case DeliverSpec():
            return _deliver(spec, job_id, production)
        case EvaluateSpec():
            return _evaluate(spec, job_id, production)


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
        path=spec.path, first_frame=spec.first_frame, in_index=spec.in_index, out_index=spec.out_index
    )
    return Resolved(work=work, footage={})


def _extract(spec: ExtractSpec, production: Production) -> Resolved:
    shot = production.shot(spec.shot_id)
    work = ExtractWork(
        shot_id=shot.id,
        person_id=shot.person_id,
        plate=shot.plate,
        config=settings_from(ExtractConfig, spec.settings, where="extract"),
        output=str(production.folder / "shots" / shot.id / "faces.safetensors"),
    )
    return Resolved(work=work, footage=_footage([shot]), inputs=_plates([shot.plate]))


def train_config(spec: TrainSpec) -> TrainConfig:
    """The preset's settings with the request's own on top. Raises: BadSettings."""
    if spec.preset not in PRESETS:
        raise BadSettings(f"unknown preset {spec.preset!r}; known: {', '.join(sorted(PRESETS))}")
    return settings_from(TrainConfig, {**PRESETS[spec.preset], **spec.settings}, where="train")


def _train(spec: TrainSpec, job_id: str, production: Production) -> Resolved:
    people = [production.person(person) for person in spec.people]
    if len({person.id for person in people}) < 2:
        raise BadSettings("a model needs at least two different people: the performer, then the donor")
    shots = [_extracted(production.shot(shot_id)) for shot_id in spec.shot_ids]
    for person in people:
        if not any(shot.person_id == person.id for shot in shots):
            raise BadInput(f"no shot of {person.name} was given; add footage of every person to learn from")
    identities = tuple(person.id for person in people)
    learn = tuple(_learn(shot, production) for shot in shots if shot.person_id in identities)
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
    inputs = [*_plates(shot.plate for shot in shots), *_face_files(learn)]
    if origin is not None:
        # What a model begins from is still in it: its people are asked as if they were drawn.
        needs += [
            Need(person_id=person, use=use) for person in origin.people for use in (Use.TRAIN, Use.LIKENESS)
        ]
        inputs += [InputFile(path=config.start_from, sha256=origin.sha256)]
        shots += _training_shots(origin, origin.people, production)
    return Resolved(
        work=work,
        marked=origin is not None and _rests_on_evaluation(origin.job_id, production),
        needs=tuple(dict.fromkeys(needs)),
        footage=_footage(shots),
        inputs=tuple(inputs),
    )


def _origin(config: TrainConfig, production: Production) -> tuple[TrainConfig, Model | None]:
    """Training begins from nothing, the starter, or a model of this production; never from a path."""
    if config.start_from in ("", "starter"):
        return config, None
    model = production.model(config.start_from)
    return replace(config, start_from=str(production.path(model.path))), model


def _convert(spec: ConvertSpec, job_id: str, production: Production) -> Resolved:
    shot = _extracted(production.shot(spec.shot_id))
    model = production.model(spec.model_id)
    learn = _learn(shot, production)
    faces = load_faces(Path(learn.faces))
    checkpoint = InputFile(path=str(production.path(model.path)), sha256=model.sha256)
    bound = _bindings(spec, shot, model, faces, production)
    bindings = tuple(
        Binding(
            track=track, person_id=person, checkpoint=checkpoint.path, checkpoint_sha256=checkpoint.sha256
        )
        for track, person in bound.items()
    )
    performers = dict.fromkeys(performer_of(track, faces, shot, production) for track in bound)
    donors = dict.fromkeys(bound.values())
    take = _take_of(spec, job_id, shot, model, tuple(dict.fromkeys((*performers, *donors))), production)
    work = ConvertWork(
        take_id=take.id,
        shot_id=shot.id,
        shot_name=shot.name,
        version=take.version,
        model_ids=(model.id,),
        people=take.people,
        plate=shot.plate,
        faces=learn.faces,
        faces_sha256=learn.faces_sha256,
        bindings=bindings,
        frames=chosen_frames(spec.frames, shot.plate),
        config=settings_from(ConvertConfig, spec.settings, where="convert"),
        folder=str(production.path(take.path)),
    )
    return Resolved(
        work=work,
        marked=take.marked or _rests_on_evaluation(model.job_id, production),
        needs=(
            *(Need(person_id=person, use=Use.REPLACE) for person in performers),
            *(Need(person_id=person, use=Use.LIKENESS) for person in donors),
        ),
        footage=_footage_of_take(shot, performers, model, donors, production),
        inputs=(*_plates([shot.plate]), *_face_files([learn]), checkpoint),
    )


def _footage_of_take(
    shot: Shot, performers: Iterable[str], model: Model, donors: Iterable[str], production: Production
) -> Footage:
    """The plate shows the performers; the donors are known from what the model learnt from."""
    clips = {person: frozenset({shot.plate.sha256}) for person in performers}
    learnt = _footage(_training_shots(model, donors, production))
    return {**clips, **{person: clips.get(person, frozenset()) | hashes for person, hashes in learnt.items()}}


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


def _bindings(
    spec: ConvertSpec, shot: Shot, model: Model, faces: ShotFaces, production: Production
) -> dict[int, str]:
    """Track -> the person to be drawn on it."""
    if not spec.bindings:
        if not faces.tracks:
            raise BadInput(f"shot {shot.name} has no face track to replace; look at its extraction")
        return {faces.tracks[0]: next(person for person in model.people if person != shot.person_id)}
    bound = {}
    for track, name in spec.bindings.items():
        person = production.person(name)
        if person.id not in model.people:
            raise BadInput(f"model {model.name} cannot draw {person.name}; train a model with that person")
        if not track.isdigit():
            raise BadSettings(f"bindings go from a track number to a person; {track!r} is no track number")
        bound[int(track)] = person.id
    return bound


def _deliver(spec: DeliverSpec, job_id: str, production: Production) -> Resolved:
    take = production.take(spec.take_id)
    shot = production.shot(take.shot_id)
    rendered, donors = _how_rendered(take, production)
    model = production.model(take.model_ids[0])
    training = _training_shots(model, donors, production)
    donor = _learn(training[0], production) if training else None
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
        *_plates([shot.plate, *([donor.plate] if donor else [])]),
        *_face_files([donor] if donor else []),
    ]
    return Resolved(
        work=work,
        marked=take.marked,
        # What allowed the render must still hold when its pictures leave.
        needs=(*rendered, *(Need(person_id=person, use=Use.DELIVER) for person in take.people)),
        footage=_footage_of_take(shot, performers, model, donors, production),
        inputs=tuple(inputs),
    )


def _how_rendered(take: Take, production: Production) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    """What a take's conversion asked of whom, and who is drawn in it."""
    needs = read_bundle(production.folder / "jobs" / take.job_id)[0].needs
    return needs, tuple(need.person_id for need in needs if need.use is Use.LIKENESS)


def delivery_folder(spec: DeliverSpec, production: Production, shot: Shot, take: Take, job_id: str) -> Path:
    """A new folder for each delivery, so that none overwrites another's signed record.

    Below the one the client names, else below the production; marked work goes to the scratch folder.
    """
    place = (
        Path(spec.folder) if spec.folder else production.folder / ("scratch" if take.marked else "deliveries")
    )
    if not place.is_absolute():
        raise BadSettings(
            f"the delivery folder {spec.folder!r} is not absolute; the server cannot know where it is"
        )
    place = place.resolve()
    inside = place.is_relative_to(production.folder)
    if inside and place.relative_to(production.folder).parts[:1] not in (("deliveries",), ("scratch",)):
        raise BadSettings(
            f"{place} is the production's own; deliver below its deliveries folder or elsewhere"
        )
    return place / f"{shot.name}_{take.label}_{job_id[-6:]}"


def check_destination(work: DeliverWork, *, marked: bool, production: Production) -> None:
    """Raises: ConsentForeign when evaluation footage would leave the scratch folder."""
    scratch = production.folder / "scratch"
    if marked and not Path(work.folder).resolve().is_relative_to(scratch.resolve()):
        raise ConsentForeign(
            f"this take rests on an evaluation licence: its files may go below {scratch} only, "
            f"not to {work.folder}"
        )


def _evaluate(spec: EvaluateSpec, job_id: str, production: Production) -> Resolved:
    take = production.take(spec.take_id)
    shot = _extracted(production.shot(take.shot_id))
    rendered, donors = _how_rendered(take, production)
    performers = [need.person_id for need in rendered if need.use is Use.REPLACE]
    model = production.model(take.model_ids[0])
    donor_shots = _training_shots(model, donors, production)
    performer_shots = _training_shots(model, performers, production) or [shot]
    if unknown := sorted(set(spec.truth) - {"replacement", "matte", "record"}):
        raise BadSettings(f"unknown truth {unknown[0]!r}; known: replacement, matte, record")
    truth = {key: str(value) for key, value in spec.truth.items()}
    place = production.folder / ("scratch" if take.marked else "evaluations")
    performer, donor = _learn(performer_shots[0], production), _learn(donor_shots[0], production)
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
        footage=_footage_of_take(shot, performers, model, donors, production),
        inputs=(*_plates([shot.plate]), *_face_files([performer, donor])),
    )


def chosen_frames(text: str, plate: Plate) -> tuple[int, ...]:
    """The frames of a range text, or the whole plate. Raises: FrameOutOfRange."""
    if not text:
        return tuple(plate.frames)
    frames = parse_frames(text)
    if outside := [frame for frame in frames if frame not in plate.frames]:
        raise FrameOutOfRange(f"frames {format_frames(outside)} are not in the plate; it has {plate.frames}")
    return frames


def _extracted(shot: Shot) -> Shot:
    if not shot.faces:
        raise BadInput(f"shot {shot.name} has no faces yet; run `understudy extract {shot.name}` first")
    return shot


def _learn(shot: Shot, production: Production) -> LearnShot:
    return LearnShot(
        person_id=shot.person_id,
        plate=shot.plate,
        faces=str(production.path(shot.faces)),
        faces_sha256=shot.faces_sha256,
    )


def _training_shots(model: Model, people: Iterable[str], production: Production) -> list[Shot]:
    """The shots some people of a model were learnt from."""
    spec = spec_from_table(production.job(model.job_id).kind, production.job(model.job_id).spec)
    assert isinstance(spec, TrainSpec)
    wanted = set(people)
    shots = [production.shot(shot_id) for shot_id in spec.shot_ids]
    return [shot for shot in shots if shot.person_id in wanted]


def _footage(shots: Iterable[Shot]) -> Footage:
    clips: defaultdict[str, set[str]] = defaultdict(set)
    for shot in shots:
        clips[shot.person_id].add(shot.plate.sha256)
    return {person: frozenset(hashes) for person, hashes in clips.items()}


def _plates(plates: Iterable[Plate]) -> tuple[InputFile, ...]:
    return tuple(dict.fromkeys(InputFile(path=plate.path, sha256=plate.sha256) for plate in plates))


def _face_files(shots: Iterable[LearnShot]) -> tuple[InputFile, ...]:
    return tuple(InputFile(path=shot.faces, sha256=shot.faces_sha256) for shot in shots)
