"""From clips to a sealed delivery through a real server, on the tiny shot; then everything is killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.running_backend import RunningBackend, wait_until

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.edit import AddFace, Mode, MoveLandmarks, PaintStroke
from understudy.domain.errors import (
    BadInput,
    BadSettings,
    ConsentMissing,
    ConsentRevoked,
    FrameOutOfRange,
    NoFaceFound,
    NotAuthenticated,
    NotFound,
    UnreadableMedia,
)
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExtractSpec,
    IngestSpec,
    MeasureSpec,
    TrainSpec,
)
from understudy.domain.people import Person, Use
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.summary import Layer
from understudy.jobs.lease import worker_of
from understudy.media.probe import probe
from understudy.store.production import Production
from understudy.trust.credentials import verify_delivery
from understudy.trust.keys import load_public_key

QUICK = {"iterations": 12, "start_from": "", "preview_s": 1000.0, "batch": 8, "threads": 1}


@dataclass
class House:
    """A production with two people, their footage ingested and extracted, and a model of them."""

    backend: RunningBackend
    performer: Person
    donor: Person
    shots: dict[str, str]
    model: str
    tiny: TinyShot


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house") / "production"
    Production.create(folder, "End to end")
    backend = RunningBackend.start(folder)
    client = backend.client
    performer, donor = client.create_person("performer"), client.create_person("donor")
    made = House(backend, performer, donor, {}, "", tiny_shot)
    try:
        made.backend.agree(performer, Use.TRAIN, Use.REPLACE, Use.DELIVER)
        made.backend.agree(donor, Use.TRAIN, Use.LIKENESS, Use.DELIVER)
        for name, person, path, role in (
            ("performer learn", performer, tiny_shot.performer_learn, "learn"),
            ("donor learn", donor, tiny_shot.donor_learn, "learn"),
            ("plate", performer, tiny_shot.plate, "plate"),
        ):
            job = backend.do(IngestSpec(path=str(path), name=name, person_id=person.id, role=role))
            made.shots[name] = str(job.result["shot_id"])
            backend.do(ExtractSpec(shot_id=made.shots[name]))
        made.model = str(backend.do(train_spec(made)).result["model_id"])
        yield made
    finally:
        for job in made.backend.client.jobs([JobState.QUEUED, JobState.RUNNING]):
            made.backend.client.cancel_job(job.id)
        made.backend.stop()


def train_spec(house: House, **settings: object) -> TrainSpec:
    return TrainSpec(
        name="pair",
        people=(house.performer.id, house.donor.id),
        shot_ids=(house.shots["performer learn"], house.shots["donor learn"]),
        preset="quick",
        settings={**QUICK, **settings},
    )


def test_extraction_finds_one_track_in_every_frame(house: House) -> None:
    (track,) = house.backend.client.tracks(house.shots["plate"])
    assert track.faces == house.tiny.frames


def test_the_whole_road_ends_in_a_sealed_delivery(house: House, tmp_path: Path) -> None:
    backend = house.backend
    events: list[Event] = []
    taken = backend.do(
        ConvertSpec(shot_id=house.shots["plate"], model_id=house.model, frames="1003-1010"), events.append
    )
    take = str(taken.result["take_id"])
    progress = [event for event in events if event.kind is EventKind.PROGRESS]
    assert progress[-1].done == progress[-1].total == 8
    settings = {"movies": ["h264", "prores422hq"], "exr": True}
    made = backend.do(DeliverSpec(take_id=take, frames="1003-1010", folder=str(tmp_path), settings=settings))
    folder = Path(str(made.result["folder"]))
    assert folder.parent == tmp_path
    movies = sorted([*folder.glob("*.mp4"), *folder.glob("*.mov")])
    assert len(movies) == 2, made.result
    for movie in movies:
        plate = probe(movie)
        assert plate.file_frames == 8
        assert plate.audio is not None
        assert plate.start_timecode == "01:00:00:02"
    assert len(list(folder.rglob("*.exr"))) == 8
    verify_delivery(folder, load_public_key(backend.folder / "keys"))
    picture = backend.client.frame_picture(take_id=take, frame=1005, layer=Layer.REPLACED)
    assert picture.jpeg.startswith(b"\xff\xd8") and len(picture.version) == 16
    evaluated = backend.do(
        EvaluateSpec(
            take_id=take,
            truth={
                "replacement": str(house.tiny.true_replacement),
                "matte": str(house.tiny.matte),
                "record": str(house.tiny.true_truth),
            },
        )
    )
    assert (Path(str(evaluated.result["folder"])) / "evaluation.json").exists()
    with pytest.raises(NotFound, match="not measured"):
        backend.client.take_measures(take)
    measured = backend.do(MeasureSpec(take_id=take, worst=2))
    found = backend.client.take_measures(take, by_frame=True)
    assert [row.frame for row in found.frames] == list(range(1003, 1011))
    assert all(0 <= row.trouble <= 1 and "warping_error" in row.values for row in found.frames[1:])
    assert Path(found.contact_sheet).is_file() and found.folder == measured.result["folder"]
    worst = backend.client.take_measures(take, limit=1).frames
    assert worst[0].trouble == max(row.trouble for row in found.frames)
    with pytest.raises(FrameOutOfRange, match="not in take"):
        backend.do(MeasureSpec(take_id=take, frames="1001-1005"))
    assert backend.client.verify_custody().entries > 10


@pytest.mark.slow
def test_a_render_again_skips_what_is_valid(house: House) -> None:
    spec = ConvertSpec(shot_id=house.shots["plate"], model_id=house.model, frames="1001-1004")
    first = house.backend.do(spec)
    again = ConvertSpec(
        shot_id=spec.shot_id, model_id=spec.model_id, frames="1001-1006", take_id=str(first.result["take_id"])
    )
    second = house.backend.do(again)
    assert (second.result["kept"], second.result["written"]) == (4, 2)
    changed = house.backend.do(
        ConvertSpec(
            shot_id=spec.shot_id,
            model_id=spec.model_id,
            frames="1001-1004",
            take_id=str(first.result["take_id"]),
            settings={"feather_px": 3.0},
        )
    )
    assert (changed.result["kept"], changed.result["written"]) == (0, 4)


@pytest.mark.slow
def test_an_edit_is_seen_at_once_and_renders_only_what_it_touches(house: House) -> None:
    client, shot = house.backend.client, house.shots["plate"]
    settings: dict[str, object] = {"colour_window_frames": 2}
    spec = ConvertSpec(shot_id=shot, model_id=house.model, frames="1001-1012", settings=settings)
    take = str(house.backend.do(spec).result["take_id"])

    def look(layer: Layer, model: str = "") -> PreviewPicture:
        return client.preview_frame(
            PreviewRequest(session="ada", shot_id=shot, frame=1006, layer=layer, model_id=model)
        )

    before = {layer: look(layer, house.model) for layer in Layer}
    plate = client.shot(shot).plate
    hand = PaintStroke(
        frame=1006, mode=Mode.EXCLUDE, points=(plate.width / 2, plate.height / 2), radius_px=plate.height / 8
    )
    added = client.add_edits(shot, [hand], author="ada", seen_revision=0)
    for layer, changes in ((Layer.PLATE, False), (Layer.MATTE, True), (Layer.REPLACED, True)):
        seen = look(layer, house.model)
        assert seen.revision == added.revision
        assert (seen.jpeg != before[layer].jpeg) is changes, layer
    with pytest.raises(BadInput, match="model"):
        look(Layer.REPLACED)
    again = ConvertSpec(
        shot_id=shot, model_id=house.model, frames="1001-1012", take_id=take, settings=settings
    )
    assert house.backend.do(again).result["written"] == 5  # 1006 and the colour window around it
    client.undo_edit(shot, author="ada", seen_revision=added.revision)
    assert look(Layer.MATTE).jpeg == before[Layer.MATTE].jpeg
    assert house.backend.do(again).result["written"] == 5
    assert house.backend.do(again).result["written"] == 0


@pytest.mark.slow
def test_extracting_again_keeps_every_edit_and_tells_whose_face_has_gone(house: House) -> None:
    client, shot = house.backend.client, house.shots["donor learn"]
    keys = [
        MoveLandmarks(track=0, frame=1004, points=(4,), to=(40.0, 30.0)),
        AddFace(track=7, frame=1005, landmarks=tuple(float(v % 60) for v in range(956))),
        MoveLandmarks(track=7, frame=1005, points=(4,), to=(20.0, 20.0)),
    ]
    added = client.add_edits(shot, keys, author="ada", seen_revision=0)
    again = house.backend.do(ExtractSpec(shot_id=shot, settings={"detector_score": 0.6}))
    assert again.result["edits_without_face"] == []
    strict = house.backend.do(ExtractSpec(shot_id=shot, settings={"min_face_px": 2000}))
    (gone,) = strict.result["edits_without_face"]
    assert gone.startswith(f"{added.revision - 2}:"), "the key on the machine's own face"
    assert [entry.action for entry in client.edits(shot).entries] == keys
    house.backend.do(ExtractSpec(shot_id=shot))


def test_a_look_at_a_replaced_face_needs_consent(house: House) -> None:
    client = house.backend.client
    request = PreviewRequest(
        session="ben",
        shot_id=house.shots["plate"],
        frame=1004,
        layer=Layer.REPLACED,
        model_id=house.model,
    )
    client.preview_frame(request)
    standing = [c for c in client.consents(house.donor.id) if not c.revoked_at]
    for consent in standing:
        client.revoke_consent(consent.id, "changed her mind")
    try:
        with pytest.raises(ConsentRevoked):
            client.preview_frame(request)
        refused = [e for e in client.custody_entries(0, 1000) if e.event == "preview.refused"]
        assert refused and refused[-1].facts["reason"] == "ConsentRevoked"
    finally:
        house.backend.agree(house.donor, Use.TRAIN, Use.LIKENESS, Use.DELIVER)


def test_without_consent_nothing_is_trained(house: House) -> None:
    stranger = house.backend.client.create_person("stranger")
    path = str(house.tiny.donor_learn)
    shot = str(
        house.backend.do(IngestSpec(path=path, name="stranger", person_id=stranger.id, role="learn")).result[
            "shot_id"
        ]
    )
    house.backend.do(ExtractSpec(shot_id=shot))
    spec = TrainSpec(
        name="no",
        people=(house.performer.id, stranger.id),
        shot_ids=(house.shots["performer learn"], shot),
        preset="quick",
        settings=QUICK,
    )
    with pytest.raises(ConsentMissing, match="stranger"):
        house.backend.do(spec)
    consent = house.backend.agree(stranger, Use.TRAIN)
    house.backend.client.revoke_consent(consent.id, "changed their mind")
    with pytest.raises(ConsentRevoked):
        house.backend.do(spec)
    refusals = [
        entry for entry in house.backend.client.custody_entries(0, 1000) if entry.event.endswith("refused")
    ]
    assert [entry.facts["reason"] for entry in refusals][-2:] == ["ConsentMissing", "ConsentRevoked"]


@pytest.mark.slow
def test_revoking_a_consent_stops_the_training_that_rests_on_it(house: House) -> None:
    person = house.backend.client.create_person("leaver")
    consent = house.backend.agree(person, Use.TRAIN)
    ingested = house.backend.do(
        IngestSpec(path=str(house.tiny.donor_learn), name="leaver", person_id=person.id, role="learn")
    )
    shot = str(ingested.result["shot_id"])
    house.backend.do(ExtractSpec(shot_id=shot))
    job = house.backend.client.create_job(
        TrainSpec(
            name="leaver",
            people=(house.performer.id, person.id),
            shot_ids=(house.shots["performer learn"], shot),
            preset="quick",
            settings={**QUICK, "iterations": 100_000},
        ),
        new_id(),
    )
    wait_until(lambda: house.backend.client.job(job.id).state is JobState.RUNNING)
    house.backend.client.revoke_consent(consent.id, "left the show")
    wait_until(lambda: house.backend.client.job(job.id).state is JobState.CANCELLED)
    ended = [e.texts for e in house.backend.client.watch(job.id) if e.message == JobState.CANCELLED]
    assert ended, "the job tells that it was stopped"


def test_the_same_request_makes_one_job(house: House) -> None:
    request, spec = new_id(), ExtractSpec(shot_id=house.shots["plate"])
    first = house.backend.client.create_job(spec, request)
    assert house.backend.client.create_job(spec, request).id == first.id
    house.backend.client.wait(first.id)


@pytest.mark.slow
def test_bad_requests_are_named(house: House, tmp_path: Path) -> None:
    do, plate = house.backend.do, house.shots["plate"]
    with pytest.raises(BadSettings, match="fether_px"):
        do(ConvertSpec(shot_id=plate, model_id=house.model, settings={"fether_px": 3}))
    with pytest.raises(FrameOutOfRange, match="2000"):
        do(ConvertSpec(shot_id=plate, model_id=house.model, frames="2000"))
    with pytest.raises(BadSettings, match="name"):
        do(IngestSpec(path=str(house.tiny.plate), name="../keys/plate", person_id=house.performer.id))
    take = house.backend.client.takes(plate)[0].id
    with pytest.raises(BadSettings, match="production's own"):
        do(DeliverSpec(take_id=take, folder=str(house.backend.folder / "keys")))
    with pytest.raises(NotFound, match="elsewhere"):
        do(train_spec(house, start_from="/elsewhere/model.safetensors"))
    broken = tmp_path / "broken.mov"
    broken.write_bytes(house.tiny.plate.read_bytes()[:3000])
    with pytest.raises(UnreadableMedia, match=r"broken\.mov"):
        do(IngestSpec(path=str(broken), name="broken", person_id=house.performer.id))
    empty = do(
        IngestSpec(path=str(house.tiny.matte), name="no face", person_id=house.performer.id, role="learn")
    )
    with pytest.raises(BadInput, match="extract"):
        do(ConvertSpec(shot_id=str(empty.result["shot_id"]), model_id=house.model))
    do(ExtractSpec(shot_id=str(empty.result["shot_id"])))
    spec = TrainSpec(
        name="no face",
        people=(house.performer.id, house.donor.id),
        shot_ids=(str(empty.result["shot_id"]), house.shots["donor learn"]),
        preset="quick",
        settings=QUICK,
    )
    with pytest.raises(NoFaceFound):
        do(spec)


def test_a_wrong_token_is_refused(house: House) -> None:
    from understudy.client import Client

    address = json.loads((house.backend.folder / "server.json").read_text())["address"]
    with Client(address, "wrong") as client, pytest.raises(NotAuthenticated):
        client.get_production()


def _kill_worker(house: House, job_id: str) -> None:
    worker = worker_of(house.backend.folder / "jobs" / job_id)
    assert worker is not None
    os.kill(worker[0], signal.SIGKILL)


@pytest.mark.slow
def test_a_training_survives_the_death_of_worker_and_server(house: House) -> None:
    """The worker is killed after a checkpoint, then the server; at most one interval is repeated."""
    spec = train_spec(house, iterations=40, checkpoint_s=0.5)
    job = house.backend.client.create_job(spec, new_id())
    models = house.backend.folder / "models" / job.id
    wait_until(lambda: any(models.glob("checkpoint.*.safetensors")))
    _kill_worker(house, job.id)
    before = _iterations(house, job.id)
    wait_until(lambda: house.backend.client.job(job.id).attempt == 2)
    wait_until(lambda: _iterations(house, job.id)[len(before) :] != [])
    resumed_at = _iterations(house, job.id)[len(before)]
    assert resumed_at > 1, "training began from nothing"
    house.backend.kill()
    house.backend = RunningBackend.start(house.backend.folder)
    done = house.backend.client.wait(job.id)
    assert (done.attempt, done.result["iterations"]) == (2, 40)


def _iterations(house: House, job_id: str) -> list[int]:
    events = house.backend.folder / "jobs" / job_id / "events.jsonl"
    lines = [json.loads(line) for line in events.read_text().splitlines() if line.endswith("}")]
    return [line["done"] for line in lines if line["kind"] == "losses"]


@pytest.mark.slow
def test_a_conversion_survives_the_death_of_its_worker(house: House) -> None:
    """No finished frame changes, and none is missing in the end."""
    spec = ConvertSpec(shot_id=house.shots["plate"], model_id=house.model, settings={"batch": 1})
    job = house.backend.client.create_job(spec, new_id())

    def finished() -> dict[str, tuple[int, bytes]]:
        takes = [take for take in house.backend.client.takes(spec.shot_id) if take.job_id == job.id]
        folder = house.backend.folder / takes[0].path if takes else Path("nowhere")
        return {
            path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.glob("layers.*.exr")
        }

    wait_until(lambda: len(finished()) >= 3)
    _kill_worker(house, job.id)
    before = finished()
    done = house.backend.client.wait(job.id)
    after = finished()
    assert len(after) == house.tiny.frames
    assert {name: after[name] for name in before} == before
    assert done.state is JobState.DONE
