"""Requests for what is looked at or used elsewhere: exported mattes and alignments, measures of takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from understudy.domain.artefact import Take
from understudy.domain.errors import (
    BadBundle,
    BadInput,
    BadRecord,
    BadSettings,
    ConsentRefused,
    FrameOutOfRange,
)
from understudy.domain.job_spec import ExportSpec, MeasureSpec
from understudy.domain.people import Use
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames, parse_frames
from understudy.jobs.bundle import read_bundle
from understudy.jobs.resolved import (
    Resolved,
    chosen_frames,
    extracted,
    face_files,
    footage_of_take,
    how_rendered,
    learn_shot,
    on_shots,
    output_place,
    training_shots,
)
from understudy.jobs.solved_shot import solve_shot, solved_inputs, solved_plate
from understudy.store.production import Production
from understudy.trust.consent import decide
from understudy.work import ConvertWork, ExportWork, MeasureWork

FORMATS = {"mattes": ("exr", "png"), "alignments": ("json", "nk")}


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
    asked = on_shots(
        ExportWork(shot=plate, what=spec.what, format=spec.format, frames=frames, folder=""), [plate]
    )
    otherwise = "scratch" if asked.marked or _will_be_marked(asked, production) else "exports"
    place = output_place(spec.folder, otherwise, production)
    work = ExportWork(
        shot=plate,
        what=spec.what,
        format=spec.format,
        frames=frames,
        folder=str(place / f"{shot.name}_{spec.what}_{job_id[-6:]}"),
    )
    return replace(asked, work=work)


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
