"""A film plate on its way: from files to a take, and everybody who must notice when a file changes."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.drawn_takes import ONE_TRACK, run
from tests.running_backend import RunningBackend
from tests.sequence_samples import timecode, write_exr, write_sequence

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import BadBundle, MediaAway, UnreadableMedia
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobKind
from understudy.domain.job_spec import ExtractSpec, IngestSpec
from understudy.domain.shot import Plate, Shot
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.faces.face_models import FaceModels
from understudy.jobs import bundle as bundles
from understudy.jobs.bundle import Bundle, check_inputs, plate_input
from understudy.jobs.resolved import plate_files
from understudy.media.colour import to_linear
from understudy.media.composite import composite
from understudy.media.frame_desk import FrameDesk, View
from understudy.media.layers import layers_path, read_layers
from understudy.media.plate_files import PlateFiles
from understudy.media.rgb_picture import RgbPicture
from understudy.media.thumbnails import Thumbnails
from understudy.media.video import open_plate
from understudy.media.wav import wav_bytes
from understudy.model_files import ModelFiles
from understudy.stages.extract import extract
from understudy.stages.ingest import ingest
from understudy.store.production import Production
from understudy.store.purge import _each_file, purge_person

FRAMES = 8
ACES_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)


@pytest.fixture(scope="module")
def film_plate(tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot) -> str:
    """The tiny shot's plate as scene-linear halfs, with highlights that no movie holds."""
    folder = tmp_path_factory.mktemp("film")
    source = ingest(tiny_shot.plate, out_index=FRAMES - 1)
    for item in open_plate(source).frames(source.frames):
        light = to_linear(item.picture.region(source.display_window), item.picture.colour)
        light[:6, :6] = 16.0
        write_exr(
            folder / f"film.{item.frame}.exr", light.astype(np.float16), chromaticities=ACES_709,
            framesPerSecond=Fraction(24), timeCode=timecode(1, 0, 0, item.frame - 1001),
        )  # fmt: skip
    return str(folder / "film.%04d.exr")


def test_a_film_plate_goes_from_files_to_a_take(
    film_plate: str, tiny_shot: TinyShot, model_files: ModelFiles, tmp_path: Path
) -> None:
    plate, movie = ingest(film_plate), ingest(tiny_shot.plate, out_index=FRAMES - 1)
    assert plate.colour.space == "Linear Rec.709 (sRGB)" and plate.frames == movie.frames
    models = FaceModels.load(model_files, threads=1)
    faces, same = (
        extract(
            open_plate(clip).frames(clip.frames), models, ExtractConfig(batch=4), frame_range=clip.frames,
            emit=lambda event: None, stopping=lambda: False,
        )
        for clip in (plate, movie)
    )  # fmt: skip
    assert faces.tracks == same.tracks == (0,)
    apart = np.linalg.norm(faces.landmarks_NK3[..., :2] - same.landmarks_NK3[..., :2], axis=-1)
    assert np.median(apart) < 1.0
    outcome = run((plate, faces), tmp_path, bindings=ONE_TRACK)
    assert outcome.written == tuple(plate.frames) and not outcome.without_face
    for item in open_plate(plate).frames((1001, 1008)):
        layers, before = read_layers(layers_path(tmp_path, item.frame)), item.picture
        after = composite(before, layers)
        assert isinstance(before, RgbPicture) and isinstance(after, RgbPicture)
        outside = np.ones(before.rgb_HW3.shape[:2], bool)
        rect = layers.rect
        outside[rect.y : rect.y1, rect.x : rect.x1] = False
        one, other = (picture.rgb_HW3.view(np.uint16) for picture in (before, after))
        assert np.array_equal(one[outside], other[outside]) and not np.array_equal(one, other)
        assert (after.rgb_HW3[:6, :6] == 16).all()


def test_looks_strips_and_silence_of_a_sequence(film_plate: str, tmp_path: Path) -> None:
    plate = ingest(film_plate)
    desk = FrameDesk()
    try:
        view = View(plate=plate, max_width_px=192)
        assert desk.picture(view, 1003).jpeg[:2] == b"\xff\xd8"
        strip = Thumbnails(desk).strip(view, (1001, 1005, 1008), 32, folder=tmp_path)
        assert strip.width_px == round(32 * plate.width / plate.height)
        start_s, end_s = desk.plates.time_of(plate, 1001), desk.plates.end_of(plate, 1008)
        assert (start_s, end_s) == (0, Fraction(FRAMES, 24)) and wav_bytes(plate, start_s, end_s) == b""
    finally:
        desk.close()


def small_plate(folder: Path, numbers: range = range(1001, 1009)) -> Plate:
    return ingest(write_sequence(folder, "uint8", ".png", numbers))


def bundle_of(*plates: Plate) -> Bundle:
    return Bundle(
        job_id="j", kind=JobKind.EXTRACT, production_id="p", needs=(), inputs=plate_files(plates), work={}
    )


def test_a_worker_notices_each_file_that_is_gone_or_changed(tmp_path: Path) -> None:
    plate = small_plate(tmp_path)
    bundle = bundle_of(plate)
    check_inputs(bundle)
    kept = (tmp_path / "plate.1004.png").read_bytes()
    (tmp_path / "plate.1004.png").write_bytes((tmp_path / "plate.1005.png").read_bytes())
    with pytest.raises(BadBundle, match="has changed"):
        check_inputs(bundle)
    (tmp_path / "plate.1004.png").unlink()
    with pytest.raises(BadBundle, match="lacks 1004"):
        check_inputs(bundle)
    (tmp_path / "plate.1004.png").write_bytes(kept)
    check_inputs(bundle)
    tmp_path.rename(tmp_path.with_name("away"))
    with pytest.raises(MediaAway, match=r"plate\.####\.png is gone"):
        check_inputs(bundle)
    tmp_path.with_name("away").rename(tmp_path)


def test_a_farms_task_believes_large_files_but_not_missing_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = replace(small_plate(tmp_path), first_index=2, last_index=5)
    bundle = bundle_of(plate)
    monkeypatch.setattr(bundles, "_HASHED_ALWAYS_BYTES", 1000)
    (tmp_path / "plate.1003.png").write_bytes(b"another")
    check_inputs(bundle, thoroughly=False)
    (tmp_path / "plate.1008.png").unlink()  # nobody uses it
    check_inputs(bundle, thoroughly=False)
    (tmp_path / "plate.1006.png").unlink()
    with pytest.raises(BadBundle, match="lacks 1006"):
        check_inputs(bundle, thoroughly=False)


def test_two_shots_of_one_sequence_are_one_input(tmp_path: Path) -> None:
    plate = small_plate(tmp_path)
    first, second = replace(plate, last_index=2), replace(plate, first_index=5)
    (item,) = plate_files((first, second))
    assert item.files == FrameRange(1001, 1008) == item.used
    assert plate_input(second).used == FrameRange(1006, 1008)
    movie = replace(plate, path="/show/a.mov", sequence_start=None)
    assert plate_input(movie).files is None


def test_pictures_are_shown_only_of_the_files_that_were_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, told = small_plate(tmp_path), list[bool]()
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    files = PlateFiles(lambda: told.append(True))
    taken_in = time.time_ns()
    files.check(plate, taken_in_ns=taken_in)
    kept = tmp_path / "plate.1004.png"
    before = kept.read_bytes()
    kept.write_bytes(before[:-1] + b"?")
    os.utime(kept, ns=(taken_in + 10**9, taken_in + 10**9))
    now[0] += 5
    for _ in range(2):
        with pytest.raises(UnreadableMedia, match="not the file any more"):
            files.check(plate, taken_in_ns=taken_in)
    kept.write_bytes(before)
    now[0] += 5
    files.check(plate, taken_in_ns=taken_in)
    assert len(told) == 2
    tmp_path.rename(tmp_path.with_name("moved"))
    now[0] += 5
    files.check(plate, taken_in_ns=taken_in)  # whoever reads it says that it is away


def test_a_purge_deletes_a_sequence_of_the_person_and_none_that_others_use(tmp_path: Path) -> None:
    folder = tmp_path / "show"
    Production.create(folder, "Show")
    with Production.open(folder) as production:
        people = [production.add_person(name) for name in ("ana", "ben")]
        plates = [small_plate(production.folder / "media" / clip) for clip in ("mine", "shared")]
        for name, person, plate in (("a", 0, 0), ("b", 0, 1), ("c", 1, 1)):
            shot = Shot(
                id=new_id(), name=name, person_id=people[person].id, role="plate", plate=plates[plate]
            )
            production.add_shot(shot)
        one_file = str(folder / "media" / "shared" / "plate.1001.png")  # another name of what ben's shot uses
        assert not list(_each_file({one_file}, {plates[1].path}, production))
        report = purge_person(production, people[0].id)
        assert not (folder / "media" / "mine").exists()
        assert len(list((folder / "media" / "shared").iterdir())) == 8
        assert sum(path.endswith(".png") for path in report.paths) == 8


@pytest.mark.slow
def test_a_server_takes_in_a_sequence_shows_it_and_notices_a_changed_file(
    film_plate: str, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    shutil.copytree(Path(film_plate).parent, copies)
    folder = tmp_path / "show"
    Production.create(folder, "Show")
    backend = RunningBackend.start(folder)
    try:
        client = backend.client
        person = client.create_person("performer")
        spec = IngestSpec(path=str(copies / "film.1003.exr"), name="film", person_id=person.id)
        shot = str(backend.do(spec).result["shot_id"])
        plate = client.shot("film").plate
        assert plate.path == str(copies / "film.####.exr") and plate.sequence_start == 1001
        backend.do(ExtractSpec(shot_id=shot))
        assert [track.faces for track in client.tracks(shot)] == [FRAMES]
        assert client.frame_picture(shot_id=shot, frame=1004, layer=Layer.PLATE).jpeg[:2] == b"\xff\xd8"
        (copies / "film.1005.exr").write_bytes((copies / "film.1006.exr").read_bytes())
        with pytest.raises(BadBundle, match="has changed"):
            backend.do(ExtractSpec(shot_id=shot))
        with pytest.raises(UnreadableMedia, match="not the file any more"):
            client.frame_picture(shot_id=shot, frame=1005, layer=Layer.PLATE)
    finally:
        backend.stop()
