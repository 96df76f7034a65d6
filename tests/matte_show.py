"""A production with one drawn, extracted shot, for testing what is done to its mattes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from tests.drawn_plates import drawn_plate

from understudy import pipeline
from understudy.domain.artefact import MatteLayer
from understudy.domain.edit import Action, Curve, KeyShape, Mode
from understudy.domain.edit_stack import Step
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.frame import Rect
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import JobSpec
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.shot import Shot
from understudy.jobs.previewer import Previewer
from understudy.jobs.resolve import resolve
from understudy.matte.layer import finish_layer, write_layer_frame
from understudy.model_files import ModelFiles
from understudy.store.production import Production
from understudy.studio import Studio
from understudy.work import Work

FRAMES = 10
SQUARE = (60.0, 40.0, 100.0, 40.0, 100.0, 80.0, 60.0, 80.0)


@dataclass(frozen=True)
class Show:
    """A production with one extracted shot, nobody's consent yet."""

    production: Production
    studio: Studio
    shot: Shot
    folder: Path

    def edit(self, *actions: Action) -> None:
        steps = [(Step.DO, action) for action in actions]
        self.production.append_edits(self.shot.id, steps, author="ann", request_id=new_id())

    def consent(self, **changes: object) -> Consent:
        consent = Consent(
            id=new_id(),
            person_id=self.shot.person_id,
            production_id=self.production.production_id,
            basis=Basis.SYNTHETIC,
            uses=frozenset({Use.REPLACE}),
            valid_from=date(2020, 1, 1),
            valid_to=date(2090, 1, 1),
            description="A drawn performer.",
        )
        return self.studio.record_consent(replace(consent, **changes))  # type: ignore[arg-type]

    def work(self, spec: JobSpec) -> Work:
        return resolve(spec, "job-id", self.production).work

    def layer(self, frames: tuple[int, ...], name: str = "hand") -> MatteLayer:
        identifier = new_id()
        folder = self.production.folder / "mattes" / self.shot.id / identifier
        layer = MatteLayer(
            id=identifier,
            shot_id=self.shot.id,
            name=name,
            origin="propagate",
            path=self.production.relative(folder),
            frames=f"{frames[0]}-{frames[-1]}",
            people=(self.shot.person_id,),
            job_id=identifier,
        )
        write_layer(folder, frames)
        return self.production.add_matte_layer(layer)


def write_layer(folder: Path, frames: tuple[int, ...]) -> None:
    for frame in frames:
        write_layer_frame(
            folder,
            frame,
            np.ones((8, 8), np.float32),
            Rect(70, 50, 8, 8),
            outside=0.0,
            display_window=Rect(0, 0, 160, 120),
            people=("somebody",),
            score=(frame - 1000) / 100,
        )
    finish_layer(folder, frames, origin="propagate", people=("somebody",), notes=("stopped at 1008",))


@contextmanager
def open_show(tmp_path: Path) -> Iterator[Show]:
    """Open the production in a new folder; a drawn face moves over ten frames."""
    Production.create(tmp_path / "show", "Show")
    plate, faces = drawn_plate(tmp_path / "plate.mp4", frames=FRAMES)
    with Production.open(tmp_path / "show") as production:
        person = production.add_person("performer")
        identifier = new_id()
        target = production.folder / "shots" / identifier / "faces.safetensors"
        save_faces(faces, target)
        shot = Shot(id=identifier, name="plate", person_id=person.id, role="plate", plate=plate)
        production.add_shot(shot)
        production.set_shot_faces(shot.id, production.relative(target), sha256_of(target))
        previewer = Previewer(["true"], {}, log_file=tmp_path / "previews.txt")
        studio = Studio(production, worker_command=lambda _: [], worker_environment={}, previewer=previewer)
        yield Show(production, studio, production.shot(shot.id), tmp_path)


def shape(frame: int, *, mode: Mode = Mode.EXCLUDE) -> KeyShape:
    return KeyShape(shape="hand", frame=frame, mode=mode, points=SQUARE, curve=Curve.POLYGON)


def tools(show: Show, *, stopping: Callable[[], bool]) -> pipeline.Tools:
    models = ModelFiles(show.folder / "models", offline=True)
    return pipeline.Tools(emit=lambda event: None, stopping=stopping, model_files=models)
