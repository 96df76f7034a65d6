"""How a take stands with its shot: what is missing, what is current, what would be made again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from tests.matte_show import Show, open_show, shape, tools
from tests.serving import TOKEN, running

from understudy import pipeline
from understudy.client import Client
from understudy.config import TrainConfig
from understudy.domain import errors
from understudy.domain.artefact import Model, Take
from understudy.domain.edit import AdjustConvert, Mark, MarkFrames, Mode, PaintStroke, UseLayer
from understudy.domain.edit_stack import Step
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobState
from understudy.domain.job_spec import ConvertSpec, TrainSpec
from understudy.domain.people import Person, Use
from understudy.domain.summary import Layer
from understudy.domain.take_frames import TakeFrameState
from understudy.jobs.bundle import read_bundle
from understudy.media.frame_desk import version_of
from understudy.media.layers import layers_path, layers_settings
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import save
from understudy.networks.families import make_swapper

SETTINGS: dict[str, object] = {"device": "cpu", "threads": 1, "batch": 4, "colour_window_frames": 2}
MISSING, CURRENT, CHANGED = TakeFrameState.MISSING, TakeFrameState.CURRENT, TakeFrameState.CHANGED


@dataclass(frozen=True)
class Set:
    """A show with a model that was never trained, everybody's consent, and a client of its backend."""

    show: Show
    donor: Person
    client: Client

    def convert(self, take_id: str = "", frames: str = "", **settings: object) -> dict[str, int]:
        """Render as the supervisor and a worker do; counts of frames by what became of them."""
        show = self.show
        spec = ConvertSpec(
            shot_id="plate",
            model_id="swap",
            frames=frames,
            take_id=take_id,
            bindings={"0": "donor"},
            settings={**SETTINGS, **settings},
        )
        job = show.studio.create_job(spec, new_id())
        (show.production.folder / "jobs" / job.id).mkdir()
        show.studio._prepare(job)
        bundle, _ = read_bundle(show.production.folder / "jobs" / job.id)
        facts = pipeline.run(bundle.resolved, tools(show, stopping=lambda: False))
        for state in (JobState.RUNNING, JobState.DONE):
            show.production.move_job(job.id, state)
        counts: dict[str, int] = json.loads(facts["summary"])
        return counts

    @property
    def take(self) -> Take:
        return self.show.production.takes()[-1]

    def states(self) -> str:
        """A letter a frame: m missing, = current, x changed."""
        letters = {MISSING: "m", CURRENT: "=", CHANGED: "x"}
        return "".join(letters[state] for state in self.client.take_frames(self.take.id).states)


def add_model(show: Show, people: tuple[str, ...], *, seed: int) -> Model:
    """A model as it is before training, called swap."""
    identifier = new_id()
    target = show.production.folder / "models" / identifier / "checkpoint.safetensors"
    target.parent.mkdir()
    card = RecipeCard(
        family="quick", size_px=64, crop_type="full", encoding="srgb", people=people, learn_mask=True,
        config=TrainConfig(), iterations=0, trained_s=0, crops_per_s=0, faceset_sha256=(), algorithm=1,
        precision="float32",
    )  # fmt: skip
    net = make_swapper("quick", size_px=64, people=2, learn_mask=True, seed=seed)
    save(target, card, {f"model/{name}": tensor for name, tensor in net.state_dict().items()})
    trained = TrainSpec(name="swap", people=people, shot_ids=(show.shot.id,), settings={"seed": seed})
    job, _ = show.production.create_job(trained, new_id())
    show.production.move_job(job.id, JobState.CANCELLED)
    return show.production.add_model(
        Model(
            id=identifier,
            name="swap",
            family="quick",
            size_px=64,
            people=people,
            path=show.production.relative(target),
            sha256=sha256_of(target),
            iterations=0,
            job_id=job.id,
        )
    )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Set]:
    torch.set_num_threads(1)
    with open_show(tmp_path) as show:
        donor = show.production.add_person("donor")
        add_model(show, (show.shot.person_id, donor.id), seed=3)
        show.consent()
        show.consent(person_id=donor.id, uses=frozenset({Use.LIKENESS}))
        with running(show.studio) as server, Client(server.address, TOKEN) as client:
            yield Set(show, donor, client)


def stroke(frame: int) -> PaintStroke:
    return PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=(80.0, 60.0), radius_px=12)


def test_what_is_rendered_is_current_and_the_rest_missing(stage: Set) -> None:
    stage.convert(frames="1001-1006")
    found = stage.client.take_frames(stage.take.id)
    assert (found.first_frame, found.revision) == (1001, 0)
    assert stage.states() == "======mmmm"
    folder = stage.show.production.path(stage.take.path)
    written = [layers_settings(layers_path(folder, frame)) or "" for frame in range(1001, 1011)]
    marked = stage.take.marked
    versions = [version_of(text, marked=marked) if text else "" for text in written]
    assert list(found.versions) == versions and [bool(text) for text in versions] == [True] * 6 + [False] * 4
    picture = stage.client.frame_picture(take_id=stage.take.id, frame=1004, layer=Layer.REPLACED)
    assert picture.version == found.versions[3]


def test_changed_are_exactly_the_frames_that_converting_again_makes(stage: Set) -> None:
    stage.convert()
    assert stage.states() == "=" * 10
    layer = stage.show.layer((1009, 1010))
    stage.show.edit(
        stroke(1002),
        AdjustConvert(first=1004, last=1004, settings={"grain": 0.25}),
        UseLayer(name="hand", layer_id=layer.id, first=1010, last=1010, operator="-"),
        MarkFrames(first=1006, last=1006, mark=Mark.APPROVED),
    )
    states = stage.states()
    assert (states[1], states[3], states[9], states[5]) == ("x", "x", "x", "=")
    outcome = stage.convert(stage.take.id)
    assert (outcome["written"], outcome["kept"]) == (states.count("x"), states.count("="))
    assert stage.states() == "=" * 10 and len(stage.show.production.takes()) == 1


def test_what_is_undone_is_current_again(stage: Set) -> None:
    stage.convert()
    stage.show.edit(shape(1002), MarkFrames(first=1005, last=1005, mark=Mark.HOLD_PLATE))
    held = stage.states()
    assert "x" in held[:3] and held[4] == "x"
    for _ in range(2):
        steps: list[tuple[Step, None]] = [(Step.UNDO, None)]
        stage.show.production.append_edits(stage.show.shot.id, steps, author="ann", request_id=new_id())
    assert stage.states() == "=" * 10
    assert stage.client.take_frames(stage.take.id).revision == 4


def test_the_newest_job_says_how_the_take_is_meant(stage: Set) -> None:
    stage.convert(frames="1001-1003")
    stage.convert(stage.take.id, "1003-1005", grain=0.0)
    assert stage.states() == "xx===mmmmm"
    stage.convert(stage.take.id, "1001", grain=0.0)
    assert stage.states() == "=x===mmmmm"


def test_what_could_not_be_rendered_at_all_is_changed(stage: Set) -> None:
    stage.convert(frames="1001-1004")
    stage.show.edit(AdjustConvert(first=1002, last=1002, settings={"grain": 9.0}))
    assert stage.states() == "xxxxmmmmmm"
    assert all(stage.client.take_frames(stage.take.id).versions[:4])
    with pytest.raises(errors.BadSettings, match="grain"):
        stage.convert(stage.take.id)


def test_a_newer_model_of_the_same_name_changes_nothing(stage: Set) -> None:
    stage.convert()
    add_model(stage.show, (stage.show.shot.person_id, stage.donor.id), seed=4)
    assert stage.states() == "=" * 10


def test_a_file_that_is_damaged_or_replaced_is_seen(stage: Set) -> None:
    stage.convert()
    folder = stage.show.production.path(stage.take.path)
    before = stage.client.take_frames(stage.take.id)
    layers_path(folder, 1002).write_bytes(b"")
    layers_path(folder, 1004).write_bytes(b"no picture")
    layers_path(folder, 1006).unlink()
    layers_path(folder, 1009).replace(layers_path(folder, 1008))
    assert stage.states() == "=m=m=m=xm="
    after = stage.client.take_frames(stage.take.id)
    assert after.versions[7] == before.versions[8] != before.versions[7]


def test_nothing_is_told_of_a_take_that_may_not_be_seen(stage: Set) -> None:
    stage.convert(frames="1001-1002")
    consent = next(c for c in stage.client.consents() if c.person_id == stage.donor.id)
    stage.client.revoke_consent(consent.id, "changed her mind")
    with pytest.raises(errors.ConsentRevoked, match="withdrawn"):
        stage.client.take_frames(stage.take.id)


def test_what_is_gone_is_named(stage: Set) -> None:
    stage.convert(frames="1001-1002")
    take = stage.take
    with pytest.raises(errors.NotFound, match="nowhere"):
        stage.client.take_frames("nowhere")
    with pytest.raises(errors.BadInput, match="which take"):
        stage.client.take_frames("")
    stage.show.production.add_take(replace(take, model_ids=("gone",)))
    with pytest.raises(errors.NotFound, match="gone"):
        stage.client.take_frames(take.id)
    stage.client.purge_person("donor")
    with pytest.raises(errors.NotFound, match=take.id):
        stage.client.take_frames(take.id)


def test_the_server_needs_no_torch_to_tell() -> None:
    """It would keep some hundred megabytes for nothing: models run in workers."""
    program = "import sys, understudy.studio; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
