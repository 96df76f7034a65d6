"""Deleting everything that shows one person."""

from __future__ import annotations

import json
import mmap
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from understudy.domain.artefact import Delivery, Faceset, MatteLayer, Model, Take
from understudy.domain.clock import utc_now
from understudy.domain.errors import BadRecord, Conflict
from understudy.domain.job import FINAL, Job, JobKind
from understudy.domain.people import Consent
from understudy.domain.shot import Shot
from understudy.domain.summary import PurgeReport
from understudy.media.sequence_files import clip_files, is_sequence_name
from understudy.store.clips import MEDIA_FOLDER
from understudy.store.production import ARTEFACT_FOLDERS, Production

_NAMING_KEYS = frozenset(
    {"person_id", "people", "shot_id", "shot_ids", "also", "model_id", "take_id", "bindings"}
)
_WHOLE_SEARCH_BYTES = 64 << 20  # larger files are searched at both ends, where headers and manifests are
_END_BYTES = 1 << 20
_Artefact = Shot | Faceset | Model | Take | MatteLayer | Delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class _Doomed:
    shots: list[Shot]
    facesets: list[Faceset]
    models: list[Model]
    takes: list[Take]
    layers: list[MatteLayer]
    deliveries: list[Delivery]
    jobs: list[Job]
    consents: list[Consent]

    @property
    def ids(self) -> frozenset[str]:
        """Ids of artefacts and jobs, by which their files are known."""
        groups = (
            self.shots, self.facesets, self.models, self.takes, self.layers, self.deliveries, self.jobs,
        )  # fmt: skip
        return frozenset(record.id for group in groups for record in group)


def purge_person(production: Production, person_id: str) -> PurgeReport:
    """Delete the person's shots with their edits, facesets, models, takes, matte layers, deliveries, jobs,
    previews, consents and name. Edits of other shots that bound the person or used such a layer stay, empty.

    What stays: the bare id with the time of the purge, so that old custody entries can be understood, and
    the custody log, which holds ids and hashes only. Files outside the production are named, not touched.
    An interrupted purge can be run again. Raises: NotFound; Conflict while a job of the person is under way.
    """
    with production.transaction() as connection:
        person = production.person(person_id)
        doomed = _find(production, person.id, person.name)
        if active := [job for job in doomed.jobs if job.state not in FINAL]:
            raise Conflict(
                f"{active[0].kind} job {active[0].id} still uses this person; cancel it, then purge again"
            )
        agreements = {consent.id: consent.document_sha256 for consent in doomed.consents}
        production.custody.append("purge.begun", person_id=person.id, consents=agreements)
        inside, outside = _files(production, doomed)
        inside |= _carriers(production, person.id, doomed.ids | {person.id})
        gone = tuple(sorted(path for path in inside if _delete(production.folder / path)))
        rows = _delete_rows(production, doomed)
        production.empty_edits(person_id=person.id, layer_ids=[layer.id for layer in doomed.layers])
        connection.execute(
            "UPDATE person SET name = NULL, purged_at = ? WHERE id = ?", (utc_now(), person.id)
        )
    for older in production.folder.glob("production.v*.db"):  # kept when the schema changed
        older.unlink()
    production.checkpoint()
    production.custody.append(
        "purge.done", person_id=person.id, paths=len(gone), rows=rows, outside=len(outside)
    )
    return PurgeReport(paths=gone, rows=rows, outside=tuple(sorted(outside)))


def _find(production: Production, person_id: str, name: str) -> _Doomed:
    shots = [shot for shot in production.shots() if shot.person_id == person_id]
    models = [model for model in production.models() if person_id in model.people]
    shot_ids, model_ids = {shot.id for shot in shots}, {model.id for model in models}
    takes = [
        take
        for take in production.takes()
        if person_id in take.people or take.shot_id in shot_ids or model_ids & set(take.model_ids)
    ]
    take_ids = {take.id for take in takes}
    deliveries = [d for d in production.deliveries() if person_id in d.people or d.take_id in take_ids]
    facesets = production.facesets(person_id)
    layers = [m for m in production.matte_layers() if person_id in m.people or m.shot_id in shot_ids]
    groups: tuple[Sequence[_Artefact], ...] = (shots, models, takes, layers, deliveries, facesets)
    ids = {person_id, *(record.id for group in groups for record in group)}
    names = {name, *(shot.name for shot in shots), *(model.name for model in models)}
    makers = {*(model.job_id for model in models), *(take.job_id for take in takes)}
    makers |= {delivery.job_id for delivery in deliveries} | {layer.job_id for layer in layers}
    jobs = [job for job in production.jobs() if job.id in makers or _concerns(job, ids, names)]
    return _Doomed(
        shots=shots,
        facesets=facesets,
        models=models,
        takes=takes,
        layers=layers,
        deliveries=deliveries,
        jobs=jobs,
        consents=production.consents(person_id),
    )


def _concerns(job: Job, ids: set[str], names: set[str]) -> bool:
    named = {key: value for key, value in job.spec.items() if key in _NAMING_KEYS}
    return not ids.isdisjoint(_texts([job.spec, job.result])) or not names.isdisjoint(_texts(named))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _files(production: Production, doomed: _Doomed) -> tuple[set[str], set[str]]:
    """Paths that the records name: (below the production and to be deleted, everything else)."""
    groups = (doomed.facesets, doomed.models, doomed.takes, doomed.layers, doomed.deliveries)
    named = [record.path for group in groups for record in group]
    named += [delivery.manifest for delivery in doomed.deliveries]
    named += [shot.faces for shot in doomed.shots] + [f"jobs/{job.id}" for job in doomed.jobs]
    named += [path for job in doomed.jobs for path in _outputs(production, job)]
    doomed_ids = {shot.id for shot in doomed.shots}
    kept_plates = {shot.plate.path for shot in production.shots() if shot.id not in doomed_ids}
    plates = {shot.plate.path for shot in doomed.shots} | set(_clips_sent(doomed.jobs))
    named += _moved_along(named, production)
    plates |= set(_moved_along(plates, production))
    kept_plates |= set(_moved_along(kept_plates, production))
    inside, outside = set[str](), plates & kept_plates
    for text in {*named, *_each_file(plates - outside, kept_plates, production)} - {""}:
        try:
            relative = production.relative(Path(text))
        except BadRecord:
            outside.add(text)
        else:
            top, _, rest = relative.partition("/")
            (inside if top in ARTEFACT_FOLDERS and rest else outside).add(relative)
    return inside, outside


def _moved_along(paths: Iterable[str], production: Production) -> Iterator[str]:
    """Where files lie that were below the production at another place: it was moved, or is a backup."""
    for path in [Path(text) for text in paths if not Path(text).is_relative_to(production.folder)]:
        for place, part in enumerate(path.parts[:-1]):
            here = production.folder.joinpath(*path.parts[place:])
            there = here.exists() or (is_sequence_name(here.name) and here.parent.is_dir())
            if part in ARTEFACT_FOLDERS and path.is_absolute() and there:
                yield str(here)


def _each_file(plates: set[str], kept_plates: set[str], production: Production) -> Iterator[str]:
    """Clips with the files of sequences below the production one by one, without those that a kept plate has:
    a sequence goes by many names."""
    folder = production.folder.resolve()

    def is_ours(text: str) -> bool:
        return is_sequence_name(text) and Path(text).resolve().is_relative_to(folder)

    kept = {file for path in filter(is_ours, kept_plates) for file in clip_files(path)}
    for text in plates:
        if is_ours(text):
            yield from (str(file) for file in clip_files(text) if file not in kept)
        else:
            yield text


def _clips_sent(jobs: Iterable[Job]) -> Iterator[str]:
    """Clips that jobs were to take in, also those that never became a shot."""
    return (str(job.spec["path"]) for job in jobs if job.kind is JobKind.INGEST)


def _outputs(production: Production, job: Job) -> list[str]:
    """Where a job wrote, by its bundle: also what a failed job left and nobody recorded."""
    bundle = production.folder / "jobs" / job.id / "bundle.json"
    if not bundle.is_file():
        return []
    try:
        work = dict(json.loads(bundle.read_bytes())["work"])
    except (ValueError, KeyError, TypeError):  # a damaged bundle never ran
        return []
    paths = [work[key] for key in ("folder", "output") if isinstance(work.get(key), str)]
    return [path for path in paths if (production.folder / path).exists()]


def _carriers(production: Production, person_id: str, ids: Iterable[str]) -> set[str]:
    """Files and folders of the production that carry one of the ids in their name, or the person's inside."""
    wanted, mark = frozenset(ids), person_id.encode()
    found: set[str] = set()
    pending = [production.folder / top for top in ARTEFACT_FOLDERS if (production.folder / top).is_dir()]
    while pending:
        for path in pending.pop().iterdir():
            if any(identifier in path.name for identifier in wanted):
                found.add(path.relative_to(production.folder).as_posix())
            elif path.is_dir() and not path.is_symlink():
                pending.append(path)
            elif path.is_file() and not path.is_symlink() and _holds(path, mark):
                found.add(path.relative_to(production.folder).as_posix())
    return found


def _holds(path: Path, mark: bytes) -> bool:
    try:
        file = path.open("rb")
    except FileNotFoundError:  # the temporary file of another job, renamed in the meantime
        return False
    with file:
        return _found_in(file, mark)


def _found_in(file: BinaryIO, mark: bytes) -> bool:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if size <= _WHOLE_SEARCH_BYTES:
            return content.find(mark) >= 0
        return content.find(mark, 0, _END_BYTES) >= 0 or content.find(mark, size - _END_BYTES) >= 0


def _delete(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return True
    if path.exists() or path.is_symlink():
        path.unlink()
        if path.parent.parent.name == MEDIA_FOLDER:  # every clip that was sent has a folder of its own
            with suppress(OSError):
                path.parent.rmdir()
        return True
    return False


def _delete_rows(production: Production, doomed: _Doomed) -> int:
    groups = (
        ("delivery", doomed.deliveries),
        ("take", doomed.takes),
        ("matte_layer", doomed.layers),
        ("model", doomed.models),
        ("faceset", doomed.facesets),
        ("job", doomed.jobs),
        ("shot", doomed.shots),
        ("consent", doomed.consents),
    )
    deleted = 0
    with production.transaction() as connection:
        for table, records in groups:
            for record in records:
                if table == "job":
                    deleted += production.last_sequence(record.id)
                if table == "shot":
                    deleted += production.edit_revision(record.id)
                deleted += connection.execute(f"DELETE FROM {table} WHERE id = ?", (record.id,)).rowcount
    return deleted
