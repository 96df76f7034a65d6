"""Plates that moved: which ones are away, where they are now, and the shots' records put right.

A file with the plate's hash is the plate. Any other that agrees in all that can be told is used only when
somebody says so, and only where nothing was rendered from the old one yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from understudy.domain.errors import BadSettings, Conflict, NotFound, Stopped, UnreadableMedia
from understudy.domain.files import atomic_write, sha256_of
from understudy.domain.job import FINAL
from understudy.domain.media import (
    Certainty,
    MediaState,
    MissingPlate,
    RelinkFind,
    RelinkReport,
    SearchStep,
)
from understudy.domain.path_map import PathMap
from understudy.domain.shot import Plate, Shot
from understudy.media.find_media import Found, Search, find_plate
from understudy.media.sequence_files import files_between, numbered, plate_bytes
from understudy.store.clips import MEDIA_FOLDER
from understudy.store.production import Production

Group = list[Shot]
"""Shots that use one plate's file."""


class Relinking:
    """Implements `rpc.media_backend.RelinkBackend` over one production. Used from many threads.

    `same_plate(shot)` raises UnreadableMedia when the file at a plate's place is another than was taken in.
    """

    def __init__(
        self, production: Production, *, same_plate: Callable[[Shot], None], path_map: PathMap
    ) -> None:
        self._production, self._same_plate, self._path_map = production, same_plate, path_map
        self._media = production.folder / MEDIA_FOLDER

    def missing(
        self, shot_ids: Sequence[str] = (), *, alive: Callable[[], bool] = lambda: True
    ) -> Iterator[int | MissingPlate]:
        """How many plates were looked at, and those that are away or changed. Raises: NotFound, Stopped."""
        for looked_at, group in enumerate(self._groups(shot_ids), start=1):
            if not alive():
                raise Stopped("the look at the plates was given up")
            if (lost := self._missing(group)) is not None:
                yield lost
            yield looked_at

    def relink(
        self,
        folders: Sequence[str],
        shot_ids: Sequence[str] = (),
        *,
        dry_run: bool = False,
        accept_unverified: bool = False,
        alive: Callable[[], bool] = lambda: True,
    ) -> Iterator[SearchStep | RelinkReport]:
        """Look for missing plates below folders and use what is found; how far it is, at last the report.

        Raises: NotFound, BadSettings for a folder that cannot be searched, Stopped.
        """
        places = [self._searchable(folder) for folder in folders] or [self._media]
        search, lost = Search(alive), list[Group]()
        finds: list[RelinkFind] = []
        for group in self._groups(shot_ids):
            search.check_alive()
            if self._missing(group) is not None:
                lost.append(group)
            yield SearchStep(looked_at=0, hashed_bytes=0)
        for _ in search.look(places if lost else [], beside=[self._production.folder]):
            yield SearchStep(looked_at=search.looked_at, hashed_bytes=search.hashed_bytes)
        for group in lost:
            for found in find_plate(search, group[0].plate):
                yield SearchStep(looked_at=search.looked_at, hashed_bytes=search.hashed_bytes)
                if found is not None:
                    finds.append(self._use(group, found, dry_run, accept_unverified))
        usable = sum(find.applied or (dry_run and find.certainty is Certainty.HASH) for find in finds)
        yield RelinkReport(
            finds=tuple(finds),
            missing=len(lost) - usable,
            looked_at=search.looked_at,
            hashed_bytes=search.hashed_bytes,
            complete=search.complete,
        )

    def _groups(self, shot_ids: Sequence[str]) -> list[Group]:
        chosen = {self._production.shot(shot_id).id for shot_id in shot_ids}
        groups: dict[tuple[str, str], Group] = {}
        for shot in self._production.shots():
            groups.setdefault((shot.plate.path, shot.plate.sha256), []).append(shot)
        return [group for group in groups.values() if not chosen or any(s.id in chosen for s in group)]

    def _searchable(self, folder: str) -> Path:
        path = Path(self._path_map.here(folder))
        if not path.is_absolute():
            raise BadSettings(f"the folder {folder!r} is not absolute; the server cannot know where it is")
        try:
            path = path.resolve()
            found = path.is_dir()
        except (OSError, ValueError, RuntimeError):  # a name that cannot be, a link to itself
            found = False
        if not found:
            raise NotFound(
                f"the server has no folder {folder[:300]!r}; check the path and that the disk is mounted"
            )
        if path.is_relative_to(self._production.folder) and not path.is_relative_to(self._media):
            raise BadSettings(f"{path} is the production's own; plates lie below {self._media} or elsewhere")
        return path

    def _missing(self, group: Group) -> MissingPlate | None:
        plate = group[0].plate
        if away := next(filter(None, (_away(shot.plate) for shot in group)), ""):
            return _told(group, MediaState.AWAY, away)
        try:
            if plate.file_bytes and (size := plate_bytes(plate)) != plate.file_bytes:
                return _told(group, MediaState.CHANGED, f"{size} bytes are there now")
            self._same_plate(group[0])
        except UnreadableMedia as changed:
            return _told(group, MediaState.CHANGED, str(changed))
        return None

    def _use(self, group: Group, found: Found, dry_run: bool, accept_unverified: bool) -> RelinkFind:
        why_not = "" if dry_run else self._reason_against(group, found, accept_unverified)
        applied = not dry_run and not why_not
        if applied:
            try:
                self._apply(group, found)
            except (Conflict, UnreadableMedia) as cause:
                applied, why_not = False, str(cause)
        return RelinkFind(
            shots=tuple(shot.name for shot in group),
            was=group[0].plate.path,
            path=found.path,
            certainty=found.certainty,
            differs=found.differs,
            applied=applied,
            why_not=why_not,
        )

    def _reason_against(self, group: Group, found: Found, accept_unverified: bool) -> str:
        """Why shots do not get a clip as their plate, empty when they may."""
        if found.certainty is Certainty.HASH:
            return ""
        if found.certainty is Certainty.OTHER or found.plate is None:
            return "it is another clip"
        if not accept_unverified:
            return "its bytes are not those that were taken in; say --accept-unverified to use it"
        for shot in group:
            if shot.plate.conformed:
                return f"{shot.name} was conformed to another rate; ingest it again"
            if self._production.takes(shot.id):
                return f"{shot.name} has takes of the clip that was taken in; ingest this one as its own"
            if any(shot.id in job.spec.values() for job in self._production.jobs() if job.state not in FINAL):
                return f"a job of {shot.name} is under way; wait for it, or cancel it"
        return ""

    def _apply(self, group: Group, found: Found) -> None:
        """Put the shots' records right in one transaction. Raises: Conflict, UnreadableMedia."""
        was = group[0].plate
        if found.certainty is Certainty.HASH and Path(was.path).is_relative_to(self._media):
            self._put_back(was, found.path)
            return
        with self._production.transaction():
            for shot in group:
                now = self._production.shot(shot.id)
                if now.plate != shot.plate:
                    raise Conflict(f"{shot.name} was changed meanwhile; search again")
                self._production.set_shot_plate(shot.id, _relinked(now.plate, found))
            self._production.custody.append(
                "media.relinked",
                shot_ids=[shot.id for shot in group],
                by=str(found.certainty),
                sha256=found.plate.sha256 if found.plate else was.sha256,
                was_sha256=was.sha256,
            )

    def _put_back(self, was: Plate, path: str) -> None:
        """What was sent to the production lies in its own media folder: its copy goes back to its place."""
        pairs = [(Path(path), Path(was.path))]
        if was.is_sequence:
            first = was.sequence_start or 0
            there = files_between(path, first, first + was.file_frames - 1)
            pairs = [(file, numbered(was.path, number)) for number, file in there.items()]
        for source, target in pairs:
            if target.is_file() and sha256_of(target) == sha256_of(source):
                continue
            with atomic_write(target) as temporary:
                shutil.copyfile(source, temporary)


def _relinked(plate: Plate, found: Found) -> Plate:
    """The plate at its new place; of a clip with other bytes, what those say of themselves."""
    there = found.plate
    if there is None:
        return replace(plate, path=found.path)
    space = plate.colour.space or there.colour.space
    return replace(
        there,
        first_index=plate.first_index,
        last_index=plate.last_index,
        first_frame=plate.first_frame,
        rate=plate.rate,
        pixel_aspect=plate.pixel_aspect,
        colour=replace(there.colour, space=space),
        file_bytes=plate_bytes(there),
    )


def _away(plate: Plate) -> str:
    """What is not there, in words; empty when the plate's file is, or all files that its shots use."""
    if not plate.is_sequence:
        return "" if os.path.isfile(plate.path) else "no file is there"
    start = plate.sequence_start or 0
    try:
        there = files_between(plate.path, start + plate.first_index, start + plate.last_index)
    except UnreadableMedia:
        return "its folder is away"
    lacking = plate.last_index - plate.first_index + 1 - len(there)
    return f"{lacking} of its files are not there" if lacking else ""


def _told(group: Group, state: MediaState, detail: str) -> MissingPlate:
    plate = group[0].plate
    return MissingPlate(
        shot_ids=tuple(shot.id for shot in group),
        shots=tuple(shot.name for shot in group),
        path=plate.path,
        state=state,
        sha256=plate.sha256,
        file_bytes=plate.file_bytes,
        frames=plate.file_frames,
        rate=str(plate.rate),
        start_timecode=plate.start_timecode or "",
        reel=plate.reel,
        detail=detail,
    )
