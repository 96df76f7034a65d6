"""Is a production whole? Every record held against its files, its hashes, and what the custody log says."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from understudy.domain.artefact import Take
from understudy.domain.clock import utc_now
from understudy.domain.errors import UnderstudyError
from understudy.domain.files import TEMPORARY_PREFIX, sha256_of
from understudy.domain.job import JobState
from understudy.domain.shot import Shot
from understudy.domain.summary import CustodyEntry
from understudy.domain.time import format_frames, parse_frames
from understudy.matte.layer import layer_index, layer_path
from understudy.media.layers import layers_path, layers_settings, read_layers
from understudy.media.plate_files import plate_sha256
from understudy.store.production import ARTEFACT_FOLDERS, KEYS_FOLDER, Production
from understudy.store.schema import SCHEMA_VERSION
from understudy.store.snapshot import snapshot
from understudy.trust.credentials import verify_delivery

_BY_ID = {"takes": "take", "mattes": "matte layer", "jobs": "job"}  # folders whose entries are named by id


class Gravity(StrEnum):
    """How bad a finding is."""

    BROKEN = "broken"  # something is lost or was altered
    AWAY = "away"  # something outside the production cannot be reached now
    NOTE = "note"  # harmless, but somebody may want to know


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, what, and what to do."""

    gravity: Gravity
    where: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What inspecting a production found. `looked_at` counts what was held against its record."""

    production_id: str
    name: str
    at: str
    schema_version: int
    custody_entries: int
    looked_at: int
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> bool:
        return any(finding.gravity is Gravity.BROKEN for finding in self.findings)


def inspect_production(folder: Path, *, plates: bool = False, thoroughly: bool = False) -> Inspection:
    """Check a production as it is now; nothing on disk changes and a server may go on meanwhile.

    `plates` hashes every plate's file too; `thoroughly` decodes every frame of every take instead of
    reading its header. Raises: NotFound, BadRecord when the database or the keys cannot be read at all.
    """
    production, version = snapshot(folder)
    inspector = _Inspector(production, plates=plates, thoroughly=thoroughly)
    try:
        inspector.look_at_everything(version)
        return Inspection(
            production_id=production.production_id,
            name=production.name,
            at=utc_now(),
            schema_version=version,
            custody_entries=len(inspector.custody),
            looked_at=inspector.looked_at,
            findings=tuple(inspector.findings),
        )
    finally:
        production.close()


class _Inspector:
    def __init__(self, production: Production, *, plates: bool, thoroughly: bool) -> None:
        self._production, self._plates, self._thoroughly = production, plates, thoroughly
        self.findings: list[Finding] = []
        self.custody: list[CustodyEntry] = []
        self.looked_at = 0

    def look_at_everything(self, version: int) -> None:
        if version < SCHEMA_VERSION:
            self._note(
                "production.db", f"has schema {version}; the next server brings it to {SCHEMA_VERSION}"
            )
        for part in (
            self._database, self._keys, self._custody, self._consents, self._purged, self._tokens,
            self._shots, self._weights, self._takes, self._layers, self._deliveries, self._strays,
        ):  # fmt: skip
            part()

    def _broken(self, where: str, says: str) -> None:
        self.findings.append(Finding(gravity=Gravity.BROKEN, where=where, says=says))

    def _note(self, where: str, says: str) -> None:
        self.findings.append(Finding(gravity=Gravity.NOTE, where=where, says=says))

    def _holds(self, where: str, check: Callable[[], object]) -> bool:
        """Whether a check passes; what it raises is a finding."""
        self.looked_at += 1
        try:
            check()
        except (UnderstudyError, OSError) as error:
            self._broken(where, str(error))
            return False
        return True

    def _database(self) -> None:
        for says in self._production.faults():
            self._broken("production.db", f"{says}; restore it from a backup")

    def _keys(self) -> None:
        for path in sorted((self._production.folder / KEYS_FOLDER).glob("*.pem")):
            if stat.S_IMODE(path.stat().st_mode) & 0o077 and b"PRIVATE" in path.read_bytes():
                self._note(f"{KEYS_FOLDER}/{path.name}", "others may read this private key; `chmod 600` it")

    def _custody(self) -> None:
        def read() -> None:
            while found := self._production.custody.entries(after=len(self.custody), limit=10_000):
                self.custody.extend(found)

        self._holds(self._production.custody.path.name, read)

    def _consents(self) -> None:
        """Every consent as the custody log saw it recorded: a database can be edited, the log cannot."""
        recorded = {e.facts.get("consent_id"): e.facts for e in self.custody if e.event == "consent.recorded"}
        revoked = {e.facts.get("consent_id") for e in self.custody if e.event == "consent.revoked"}
        for consent in self._production.consents():
            self.looked_at += 1
            said = recorded.get(consent.id)
            now = {
                "person_id": consent.person_id,
                "basis": consent.basis,
                "uses": sorted(consent.uses),
                "valid_to": consent.valid_to.isoformat(),
            }
            where = f"consent {consent.id}"
            if said is None:
                self._broken(where, "the custody log never saw it recorded; record the agreement again")
            elif changed := sorted(key for key, value in now.items() if said.get(key) != value):
                self._broken(where, f"{', '.join(changed)} changed since it was recorded; record it again")
            elif (consent.id in revoked) != bool(consent.revoked_at):
                self._broken(where, "the custody log and the database differ on whether it was withdrawn")

    def _purged(self) -> None:
        """A database that was set back knows people again who asked to be forgotten."""
        purged = {entry.facts.get("person_id") for entry in self.custody if entry.event == "purge.done"}
        for person in self._production.people():
            self.looked_at += 1
            if person.id in purged:
                self._broken(f"person {person.id}", "was purged, and is here again; purge this person again")

    def _tokens(self) -> None:
        """As consents: what a token may do, and until when, stands in the log too."""
        made = {e.facts.get("created_id"): e.facts for e in self.custody if e.event == "token.created"}
        revoked = {e.facts.get("revoked_id") for e in self.custody if e.event == "token.revoked"}
        for token, _ in self._production.tokens():
            self.looked_at += 1
            said = made.get(token.id, {})
            if (said.get("scope"), said.get("expires_at")) != (str(token.scope), token.expires_at):
                self._broken(f"token {token.id}", "the custody log never saw it made like this; revoke it")
            elif token.id in revoked and not token.revoked_at:
                self._broken(f"token {token.id}", "was revoked, and is good again; revoke it again")

    def _shots(self) -> None:
        for shot in self._production.shots():
            if shot.faces:
                where = f"faces of shot {shot.name}"
                self._holds(where, partial(self._same, shot.faces, shot.faces_sha256, "extract it"))
            self._plate(shot)

    def _plate(self, shot: Shot) -> None:
        self.looked_at += 1
        where = f"plate of shot {shot.name}"
        try:
            found = plate_sha256(shot.plate) if self._plates else None
        except (UnderstudyError, OSError) as error:
            self.findings.append(Finding(gravity=Gravity.AWAY, where=where, says=str(error)))
            return
        if found is not None and found != shot.plate.sha256:
            self._broken(
                where, f"{shot.plate.path} is not the file any more that was taken in; put that one back"
            )

    def _weights(self) -> None:
        for model in self._production.models():
            check = partial(self._same, model.path, model.sha256, "train it")
            self._holds(f"model {model.name}", check)
        for faceset in self._production.facesets():
            check = partial(self._same, faceset.path, faceset.sha256, "curate it")
            self._holds(f"faceset {faceset.id}", check)

    def _same(self, relative: str, sha256: str, remedy: str) -> None:
        path = self._production.path(relative)
        if not path.is_file():
            raise FileNotFoundError(f"{relative} is gone; restore it from a backup, or {remedy} again")
        if sha256_of(path) != sha256:
            raise OSError(f"{relative} was altered; restore it from a backup, or {remedy} again")

    def _takes(self) -> None:
        shots = {shot.id: shot.name for shot in self._production.shots()}
        done = {job.id for job in self._production.jobs({JobState.DONE})}
        for take in self._production.takes():
            bad = [frame for frame in parse_frames(take.frames) if not self._frame_holds(take, frame)]
            if not bad:
                continue
            where = f"take {take.label} of shot {shots.get(take.shot_id, take.shot_id)} ({take.path})"
            if take.job_id in done:
                self._broken(where, f"frames {format_frames(bad)} are missing or damaged; convert them again")
            else:
                self._note(where, f"frames {format_frames(bad)} were never rendered; convert them into it")

    def _frame_holds(self, take: Take, frame: int) -> bool:
        self.looked_at += 1
        path = layers_path(self._production.path(take.path), frame)
        if layers_settings(path) is None:
            return False
        if self._thoroughly:
            try:
                read_layers(path)
            except UnderstudyError:
                return False
        return True

    def _layers(self) -> None:
        for layer in self._production.matte_layers():
            self._holds(f"matte layer {layer.name}", partial(_check_layer, self._production.path(layer.path)))

    def _deliveries(self) -> None:
        for delivery in self._production.deliveries():
            folder = Path(delivery.path)
            folder = folder if folder.is_absolute() else self._production.path(delivery.path)
            if not folder.is_dir():
                self.findings.append(
                    Finding(
                        gravity=Gravity.AWAY,
                        where=f"delivery {folder.name}",
                        says=f"{folder} is not there; it may have been moved or handed over",
                    )
                )
                continue
            self._holds(
                f"delivery {folder.name}", partial(verify_delivery, folder, self._production.public_key)
            )

    def _strays(self) -> None:
        known = {take.id for take in self._production.takes()}
        known |= {layer.id for layer in self._production.matte_layers()}
        known |= {job.id for job in self._production.jobs()}
        for part, noun in _BY_ID.items():
            strays = [
                path.name for path in _entries(self._production.folder / part) if path.name not in known
            ]
            if strays:
                self._note(part, f"{len(strays)} folders belong to no {noun}, such as {strays[0]}")
        unfinished = [
            path
            for part in ARTEFACT_FOLDERS
            for path in (self._production.folder / part).rglob(f"{TEMPORARY_PREFIX}*.part*")
        ]
        if unfinished:
            self._note(
                "unfinished files",
                f"{len(unfinished)} were begun, such as {unfinished[0].name}; jobs sweep them",
            )


def _check_layer(folder: Path) -> None:
    bad = [
        frame
        for frame, known in layer_index(folder).frames.items()
        if not _is(layer_path(folder, frame), known.sha256)
    ]
    if bad:
        raise OSError(f"frames {format_frames(bad)} are missing or altered; make the layer again")


def _entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if not path.name.startswith(TEMPORARY_PREFIX))


def _is(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
