"""A production whose shot is edited, and edits for it, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.drawn_tracks import drawn_faces
from tests.test_store import shot_of

from understudy.domain.artefact import MatteLayer
from understudy.domain.edit import Action, Mark, MarkFrames, Mode, MoveLandmarks, PaintStroke, PlaceCrop
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.people import Person
from understudy.domain.shot import Shot
from understudy.domain.time import FrameRange
from understudy.jobs.previewer import Previewer
from understudy.store.production import Production
from understudy.studio import Studio

FRAMES = FrameRange(1001, 1100)


@dataclass
class Show:
    """A production with an extracted shot, sh010, of one performer, and another one, sh020, not extracted."""

    folder: Path
    production: Production
    studio: Studio
    performer: Person
    shot: Shot

    def reopen(self) -> Show:
        self.production.close()
        return show_in(self.folder)

    def add(self, *actions: Action, author: str = "Ann", seen: int | None = None, shot: str = "sh010") -> int:
        known = self.studio.edits(shot).revision if seen is None else seen
        return self.studio.add_edits(
            shot, actions, author=author, seen_revision=known, request_id=new_id()
        ).revision

    def undo(self, author: str = "Ann") -> None:
        seen = self.studio.edits("sh010").revision
        self.studio.undo_edit("sh010", author=author, seen_revision=seen, request_id=new_id())


def show_in(folder: Path) -> Show:
    """Open a production as a backend does; its preview worker is never started."""
    production = Production.open(folder)
    studio = Studio(
        production,
        worker_command=lambda _: [],
        worker_environment={},
        previewer=Previewer(["true"], {}, log_file=folder.parent / "previews.txt"),
    )
    return Show(folder, production, studio, production.people()[0], production.shot("sh010"))


def new_film(folder: Path) -> Path:
    """Make the production of `Show` in `folder`."""
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        person = production.add_person("Rowan")
        production.add_shot(shot_of(person.id))
        production.add_shot(shot_of(person.id, "sh020", "shot-2"))
        target = folder / "shots" / "shot-1" / "faces.safetensors"
        save_faces(drawn_faces({0: FRAMES, 1: FrameRange(1001, 1040)}), target)
        production.set_shot_faces("shot-1", production.relative(target), sha256_of(target))
    return folder


@contextmanager
def copied_show(film: Path, folder: Path) -> Iterator[Show]:
    """A copy of a production in `folder`, open."""
    shutil.copytree(film, folder / "film")
    opened = show_in(folder / "film")
    try:
        yield opened
    finally:
        opened.production.close()


def mark(first: int, last: int | None = None, what: Mark = Mark.APPROVED, note: str = "") -> MarkFrames:
    """A mark on a frame or a range."""
    return MarkFrames(first=first, last=last or first, mark=what, note=note)


def crop(frame: int, track: int = 0) -> PlaceCrop:
    """A crop key."""
    return PlaceCrop(track=track, frame=frame, centre_x=200, centre_y=150, side_px=110, angle_deg=3)


def move(frame: int, track: int = 0) -> MoveLandmarks:
    """A key of two landmarks."""
    return MoveLandmarks(track=track, frame=frame, points=(13, 14), to=(300, 300, 300, 310))


def stroke(frame: int) -> PaintStroke:
    """A stroke that cuts out."""
    return PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=(10, 10, 20, 20), radius_px=5)


def layer_of(identifier: str, shot_id: str, *people: str) -> MatteLayer:
    """The record of a matte layer with the frames 1001-1010."""
    return MatteLayer(
        id=identifier,
        shot_id=shot_id,
        name="net",
        origin="matte_net",
        path=f"mattes/{identifier}",
        frames="1001-1010",
        people=people,
        job_id=f"job-{identifier}",
    )
