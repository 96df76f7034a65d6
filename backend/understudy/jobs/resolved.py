"""What a request becomes, and the questions that resolving one asks of the production."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.domain.artefact import Model, Take
from understudy.domain.edit import CurateFaces
from understudy.domain.edit_stack import stack_of
from understudy.domain.errors import BadInput, BadSettings, ConsentForeign, FrameOutOfRange
from understudy.domain.face import load_faces
from understudy.domain.job_spec import TrainSpec, spec_from_table
from understudy.domain.people import Need, Use
from understudy.domain.shot import Plate, Shot
from understudy.domain.time import FrameRange, format_frames, parse_frames
from understudy.jobs.bundle import InputFile, plate_input, read_bundle
from understudy.jobs.solved_shot import solved_inputs
from understudy.solve import dropped_frames
from understudy.store.production import Production
from understudy.work import DeliverWork, ExportWork, LearnShot, SolvedPlate, Work

Footage = Mapping[str, frozenset[str]]
OUTPUTS = (("deliveries",), ("exports",), ("scratch",))
"""Where below the production a client may have files written."""


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


def chosen_frames(text: str, plate: Plate) -> tuple[int, ...]:
    """The frames of a range text, or the whole plate. Raises: FrameOutOfRange."""
    if not text:
        return tuple(plate.frames)
    frames = parse_frames(text)
    if outside := [frame for frame in frames if frame not in plate.frames]:
        raise FrameOutOfRange(f"frames {format_frames(outside)} are not in the plate; it has {plate.frames}")
    return frames


def extracted(shot: Shot) -> Shot:
    if not shot.faces:
        raise BadInput(f"shot {shot.name} has no faces yet; run `understudy extract {shot.name}` first")
    return shot


def learn_shot(shot: Shot, production: Production) -> LearnShot:
    return LearnShot(
        person_id=shot.person_id,
        plate=shot.plate,
        faces=str(production.path(shot.faces)),
        faces_sha256=shot.faces_sha256,
    )


def curated_shot(shot: Shot, production: Production) -> LearnShot:
    """A shot to train on, without the faces that artists keep out."""
    standing = stack_of(production.edits(shot.id)).done
    learnt = learn_shot(shot, production)
    if not any(isinstance(edit.action, CurateFaces) for edit in standing):
        return learnt
    faces = load_faces(Path(learnt.faces))
    return replace(learnt, dropped=dropped_frames(faces, standing, frames=shot.plate.frames))


def training_shots(model: Model, people: Iterable[str], production: Production) -> list[Shot]:
    """The shots some people of a model were learnt from."""
    spec = spec_from_table(production.job(model.job_id).kind, production.job(model.job_id).spec)
    assert isinstance(spec, TrainSpec)
    wanted = set(people)
    shots = [production.shot(shot_id) for shot_id in spec.shot_ids]
    return [shot for shot in shots if shot.person_id in wanted]


def footage_of(shots: Iterable[Shot]) -> Footage:
    clips: defaultdict[str, set[str]] = defaultdict(set)
    for shot in shots:
        clips[shot.person_id].add(shot.plate.sha256)
    return {person: frozenset(hashes) for person, hashes in clips.items()}


def plate_files(plates: Iterable[Plate]) -> tuple[InputFile, ...]:
    """Each clip once, however many shots are cut out of it."""
    inputs = dict[tuple[str, str], InputFile]()
    for item in map(plate_input, plates):
        before = inputs.setdefault((item.path, item.sha256), item)
        if before.used is not None and item.used is not None:
            used = FrameRange(min(before.used.first, item.used.first), max(before.used.last, item.used.last))
            inputs[item.path, item.sha256] = replace(before, used=used)
    return tuple(inputs.values())


def face_files(shots: Iterable[LearnShot]) -> tuple[InputFile, ...]:
    return tuple(InputFile(path=shot.faces, sha256=shot.faces_sha256) for shot in shots)


def how_rendered(take: Take, production: Production) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    """What a take's conversion asked of whom, and who is drawn in it."""
    needs = read_bundle(production.folder / "jobs" / take.job_id)[0].needs
    return needs, tuple(need.person_id for need in needs if need.use is Use.LIKENESS)


def footage_of_take(
    shot: Shot, performers: Iterable[str], model: Model, donors: Iterable[str], production: Production
) -> Footage:
    """The plate shows the performers; the donors are known from what the model learnt from."""
    clips = {person: frozenset({shot.plate.sha256}) for person in performers}
    learnt = footage_of(training_shots(model, donors, production))
    return {**clips, **{person: clips.get(person, frozenset()) | hashes for person, hashes in learnt.items()}}


def output_place(folder: str, otherwise: str, production: Production) -> Path:
    """Where files for others go: the folder that the client names, else one of the production's own.

    Raises: BadSettings for a folder that the server cannot know, or one with the production's own records.
    """
    place = Path(folder) if folder else production.folder / otherwise
    if not place.is_absolute():
        raise BadSettings(f"the folder {folder!r} is not absolute; the server cannot know where it is")
    place = place.resolve()
    inside = place.is_relative_to(production.folder)
    if inside and place.relative_to(production.folder).parts[:1] not in OUTPUTS:
        raise BadSettings(f"{place} is the production's own; write below its {otherwise} folder or elsewhere")
    return place


def check_destination(work: DeliverWork | ExportWork, *, marked: bool, production: Production) -> None:
    """Raises: ConsentForeign when evaluation footage would leave the scratch folder."""
    scratch = production.folder / "scratch"
    if marked and not Path(work.folder).resolve().is_relative_to(scratch.resolve()):
        raise ConsentForeign(
            f"this work rests on an evaluation licence: its files may go below {scratch} only, "
            f"not to {work.folder}"
        )


def on_shots(
    work: Work,
    plates: Sequence[SolvedPlate],
    *,
    footage: Footage | None = None,
    inputs: Sequence[InputFile] = (),
    marked: bool = False,
) -> Resolved:
    """Work that touches what is seen in some plates asks everybody seen there, or in `footage`."""
    seen = seen_in(plates) if footage is None else footage
    read = [*(file for plate in plates for file in solved_inputs(plate)), *inputs]
    return Resolved(
        work=work,
        marked=marked or any(plate.marked for plate in plates),
        needs=tuple(Need(person_id=person, use=Use.REPLACE) for person in seen),
        footage=seen,
        inputs=tuple(dict.fromkeys(read)),
    )


def seen_in(plates: Sequence[SolvedPlate], before: Footage | None = None) -> Footage:
    """Who is seen in which clips, those of `before` included."""
    clips = {person: set(hashes) for person, hashes in (before or {}).items()}
    for plate in plates:
        for person in plate.people:
            clips.setdefault(person, set()).add(plate.plate.sha256)
    return {person: frozenset(hashes) for person, hashes in clips.items()}
