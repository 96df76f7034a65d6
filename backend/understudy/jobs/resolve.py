"""From what a client asked for to what a worker does: names become records, paths and checked settings.

Also says whose consent the work needs, and which clips of them take part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    BadInput,
    BadSettings,
    Conflict,
    ConsentForeign,
    FrameOutOfRange,
    NotFound,
)
from understudy.domain.face import load_faces
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
from understudy.jobs.bundle import InputFile
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
    """Work, the consent it needs, the clips that take part (SHA-256 by person), the files it reads."""

    work: Work
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
    work = TrainWork(
        name=spec.name,
        model_id=job_id,
        people=identities,
        shots=learn,
        config=train_config(spec),
        curate=settings_from(CurateConfig, spec.curate, where="curate"),
        facesets=str(production.folder / "facesets"),
        folder=str(production.folder / "models" / job_id),
    )
    needs = tuple(Need(person_id=identity, use=Use.TRAIN) for identity in identities)
    inputs = (*_plates(shot.plate for shot in shots), *_face_files(learn))
    return Resolved(work=work, needs=needs, footage=_footage(shots), inputs=inputs)


def _convert(spec: ConvertSpec, job_id: str, production: Production) -> Resolved:
    shot = _extracted(production.shot(spec.shot_id))
    model = production.model(spec.model_id)
    learn = _learn(shot, production)
    checkpoint = InputFile(path=str(production.folder / model.path), sha256=model.sha256)
    bindings = tuple(
        Binding(
            track=track, person_id=person, checkpoint=checkpoint.path, checkpoint_sha256=checkpoint.sha256
        )
        for track, person in _bindings(spec, shot, model, learn, production).items()
    )
    donors = tuple(dict.fromkeys(binding.person_id for binding in bindings))
    take = _take_of(spec, job_id, shot, model, (shot.person_id, *donors), production)
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
        folder=str(production.folder / take.path),
    )
    shots = [shot, *_training_shots(model, donors, production)]
    inputs = (*_plates([shot.plate]), *_face_files([learn]), checkpoint)
    return Resolved(work=work, needs=_needs(shot, donors), footage=_footage(shots), inputs=inputs)


def _take_of(
    spec: ConvertSpec, job_id: str, shot: Shot, model: Model, people: tuple[str, ...], production: Production
) -> Take:
    """The take to render into: the one asked for, the job's own from an earlier attempt, or a new one."""
    for take in production.takes(shot.id):
        if take.id == (spec.take_id or job_id):
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
    spec: ConvertSpec, shot: Shot, model: Model, learn: LearnShot, production: Production
) -> dict[int, str]:
    if not spec.bindings:
        tracks = load_faces(Path(learn.faces)).tracks
        if not tracks:
            raise BadInput(f"shot {shot.name} has no face track to replace; look at its extraction")
        return {tracks[0]: next(person for person in model.people if person != shot.person_id)}
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
    donors = take.people[1:]
    training = _training_shots(production.model(take.model_ids[0]), donors, production)
    folder = Path(spec.folder) if spec.folder else delivery_folder(production, shot, take, job_id)
    work = DeliverWork(
        take_id=take.id,
        title=f"{shot.name}_{take.label}",
        people=take.people,
        plate=shot.plate,
        take_folder=str(production.folder / take.path),
        frames=chosen_frames(spec.frames or take.frames, shot.plate),
        config=settings_from(DeliverConfig, spec.settings, where="deliver"),
        donor=_learn(training[0], production) if training else None,
        folder=str(folder),
    )
    needs = tuple(Need(person_id=person, use=Use.DELIVER) for person in take.people)
    return Resolved(work=work, needs=needs, footage=_footage([shot, *training]), inputs=_plates([shot.plate]))


def delivery_folder(production: Production, shot: Shot, take: Take, job_id: str) -> Path:
    """Where a delivery goes unless the client says otherwise; marked work stays in the scratch folder."""
    place = "scratch" if take.marked else "deliveries"
    return production.folder / place / f"{shot.name}_{take.label}_{job_id[-6:]}"


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
    donors = take.people[1:]
    model = production.model(take.model_ids[0])
    donor_shots = _training_shots(model, donors, production)
    performer_shots = _training_shots(model, (shot.person_id,), production) or [shot]
    if unknown := sorted(set(spec.truth) - {"replacement", "matte", "record"}):
        raise BadSettings(f"unknown truth {unknown[0]!r}; known: replacement, matte, record")
    truth = {key: str(value) for key, value in spec.truth.items()}
    work = EvaluateWork(
        take_id=take.id,
        title=f"{shot.name}_{take.label}",
        plate=shot.plate,
        take_folder=str(production.folder / take.path),
        frames=chosen_frames(take.frames, shot.plate),
        performer=_learn(performer_shots[0], production),
        donor=_learn(donor_shots[0], production),
        true_replacement=truth.get("replacement", ""),
        true_matte=truth.get("matte", ""),
        truth=truth.get("record", ""),
        folder=str(production.folder / "evaluations" / f"{shot.name}_{take.label}_{job_id[-6:]}"),
    )
    shots = [shot, *donor_shots, *performer_shots]
    return Resolved(
        work=work, needs=_needs(shot, donors), footage=_footage(shots), inputs=_plates([shot.plate])
    )


def chosen_frames(text: str, plate: Plate) -> tuple[int, ...]:
    """The frames of a range text, or the whole plate. Raises: FrameOutOfRange."""
    if not text:
        return tuple(plate.frames)
    frames = parse_frames(text)
    if outside := [frame for frame in frames if frame not in plate.frames]:
        raise FrameOutOfRange(f"frames {format_frames(outside)} are not in the plate; it has {plate.frames}")
    return frames


def _needs(shot: Shot, donors: Iterable[str]) -> tuple[Need, ...]:
    replaced = Need(person_id=shot.person_id, use=Use.REPLACE)
    return (replaced, *(Need(person_id=donor, use=Use.LIKENESS) for donor in donors))


def _extracted(shot: Shot) -> Shot:
    if not shot.faces:
        raise BadInput(f"shot {shot.name} has no faces yet; run `understudy extract {shot.name}` first")
    return shot


def _learn(shot: Shot, production: Production) -> LearnShot:
    return LearnShot(
        person_id=shot.person_id,
        plate=shot.plate,
        faces=str(production.folder / shot.faces),
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
