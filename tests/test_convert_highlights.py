"""Scene-linear plates through conversion: nothing is clipped, nothing spreads, what is lost is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.drawn_takes import CONFIG, SWAPPER, run
from tests.lit_plates import SPECULAR, SPECULAR_POINT, WINDOW_LIGHT, lit_plate, seeing

from understudy.config import ConvertConfig, CurateConfig, TrainConfig
from understudy.domain.errors import BadCheckpoint, BadFaceset
from understudy.domain.face import ShotFaces, save_faces
from understudy.domain.files import sha256_of
from understudy.domain.frame import ColourTags
from understudy.domain.job import Event, EventKind
from understudy.domain.pictures import Encoding
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.media.composite import composite, linear_beauty
from understudy.media.layers import FaceLayers, layers_path, read_layers
from understudy.media.log_curve import log_encode
from understudy.media.pixels import half_bytes, pixel_values
from understudy.media.video import open_plate
from understudy.networks.card import card_from_text, read_card
from understudy.networks.checkpoint import list_checkpoints
from understudy.networks.faceset import LoadedFaceset
from understudy.pipeline_training import _encoding, _faceset_path
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import SeenFace, drawn_face
from understudy.stages.convert.desk import PreviewDesk
from understudy.stages.convert.face_place import DrawnFrame, Region, cut_crop, place_face, union_rect
from understudy.stages.convert.face_render import FrameLook, render_layers
from understudy.stages.convert.window import graded
from understudy.stages.curate import ShotSource, curate
from understudy.stages.train import train
from understudy.work import LearnShot, PreviewTask, TrainWork

Lit = tuple[Plate, ShotFaces]
SDR = ColourTags(primaries="bt709", transfer="bt709", matrix="bt709")
ALL_TEXTURE = replace(CONFIG, grain=1.0, sharpen=1.0, temporal=0.8, light_match=0.5, despill=0.5)


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Lit:
    return lit_plate(tmp_path_factory.mktemp("lit"), frames=3)


def bound(encoding: str) -> dict[int, Binding]:
    return {0: Binding(person_id="ben", swapper=seeing(SWAPPER, encoding), person_index=1)}


def pixels(picture: Any) -> npt.NDArray[np.float16]:
    rgb: npt.NDArray[np.float16] = picture.rgb_HW3
    return rgb


@pytest.mark.parametrize("config", [CONFIG, ALL_TEXTURE, replace(CONFIG, blend="alpha", erode_px=-20.0)])
@pytest.mark.parametrize("encoding", ["srgb", "acescct"])
def test_light_beyond_white_passes_through_the_soft_edge(
    lit: Lit, tmp_path: Path, config: ConvertConfig, encoding: str
) -> None:
    run(lit, tmp_path, bindings=bound(encoding), config=config)
    picture, layers = open_plate(lit[0]).frame(1002).picture, read_layers(layers_path(tmp_path, 1002))
    replaced = layers.replaced_HW4.astype(np.float64)
    assert np.isfinite(replaced).all() and replaced[..., 3].max() == 1
    before, after = pixels(picture), pixels(composite(picture, layers))
    rect, alpha = layers.rect, np.zeros(before.shape[:2])
    alpha[rect.y : rect.y1, rect.x : rect.x1] = replaced[..., 3]
    assert before[alpha == 0].tobytes() == after[alpha == 0].tobytes()
    edge = (alpha > 0.02) & (alpha < 0.4) & (before[..., 0] == WINDOW_LIGHT)
    assert edge.sum() > 5
    kept = (1 - alpha[edge]) * WINDOW_LIGHT
    assert (after[edge].astype(np.float64).min(axis=1) >= kept * 0.998).all()
    undefined = np.isnan(before).any(axis=2)
    assert np.isfinite(after[undefined & (alpha > 0)]).all()
    light = linear_beauty(picture, layers)
    assert np.array_equal(light.astype(np.float16), after, equal_nan=True)


def test_undefined_pixels_of_a_display_referred_float_plate_stay_alone(lit: Lit, tmp_path: Path) -> None:
    plate = replace(lit[0], colour=ColourTags(matrix="rgb", full_range=True, space="sRGB - Display"))
    run((plate, lit[1]), tmp_path, bindings=bound("srgb"), frames=(1002,))
    assert np.isfinite(read_layers(layers_path(tmp_path, 1002)).replaced_HW4.astype(np.float32)).all()


def test_strength_zero_gives_the_plates_bits(lit: Lit, tmp_path: Path) -> None:
    run(lit, tmp_path, bindings=bound("acescct"), config=replace(CONFIG, strength=0.0), frames=(1001,))
    picture = open_plate(lit[0]).frame(1001).picture
    layers = read_layers(layers_path(tmp_path, 1001))
    assert pixels(composite(picture, layers)).tobytes() == pixels(picture).tobytes()


def drawn_as_seen(plate: Plate, faces: ShotFaces, encoding: str, config: ConvertConfig) -> FaceLayers:
    """Layers as of a network that draws exactly what it sees."""
    solved = solve(faces, [], frames=plate.frames)
    picture = open_plate(plate).frame(1001).picture
    face = place_face(
        solved,
        int(np.flatnonzero(faces.frame == 1001)[0]),
        person_id="ben",
        crop_type="full",
        size_px=192,
        window=plate.window,
        config=config,
        encoding=encoding,  # type: ignore[arg-type]
    )
    assert face is not None
    rect = union_rect([face.seen, face.rect])
    region = Region(rect=rect, rgb_HW3=picture.region(rect))
    crop = cut_crop(face, region, plate.colour)
    drawn = drawn_face(SeenFace(face=face, crop_SS3=crop, open_SS=None), crop, None, plate)
    look = FrameLook(config=config, plan=solved.plan(1001), tags=plate.colour, layers={})
    frame = DrawnFrame(frame=1001, region=region, faces=(drawn,))
    return render_layers(frame, [graded(drawn, (drawn,), config)], look)


@pytest.mark.parametrize(("encoding", "survives"), [("acescct", True), ("srgb", False)])
@pytest.mark.parametrize("colour_match", ["none", "mean-covariance"])
def test_a_specular_on_skin_survives_in_a_log_encoding(
    tmp_path: Path, encoding: str, survives: bool, colour_match: str
) -> None:
    plate, faces = lit_plate(tmp_path, frames=1, face_height_px=80)
    config = replace(CONFIG, blend="alpha", colour_match=colour_match)  # type: ignore[arg-type]
    layers = drawn_as_seen(plate, faces, encoding, config)
    x, y = np.rint(faces.landmarks_NK3[0, SPECULAR_POINT, :2]).astype(int) - (layers.rect.x, layers.rect.y)
    spot = layers.replaced_HW4[y - 1 : y + 2, x - 1 : x + 2].astype(np.float64)
    assert spot[..., 3].min() == 1
    if survives:
        assert spot[..., :3] == pytest.approx(np.full((3, 3, 3), SPECULAR), rel=0.03)
    else:
        assert spot[..., :3].max() < 0.7 * SPECULAR  # no more than light matching gives back
    skin = layers.replaced_HW4[y + 9 : y + 13, x - 2 : x + 3].astype(np.float64)  # below the specular
    region = open_plate(plate).frame(1001).picture.region(layers.rect)
    assert skin[..., :3] == pytest.approx(region[y + 9 : y + 13, x - 2 : x + 3], rel=0.1)


def test_lost_highlights_are_told_once(lit: Lit, tmp_path: Path) -> None:
    said: dict[str, list[str]] = {}
    for encoding in ("srgb", "acescct"):
        events: list[Event] = []
        run(lit, tmp_path / encoding, bindings=bound(encoding), events=events)
        said[encoding] = [event.message for event in events if event.kind is EventKind.NOTE]
    assert [text for text in said["srgb"] if "highlights" in text and "ACEScg" in text] == said["srgb"]
    assert len(said["srgb"]) == 1 and said["acescct"] == []


def test_a_model_of_an_unknown_encoding_is_refused(lit: Lit, tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match="vlog"):
        run(lit, tmp_path, bindings=bound("vlog"))


def test_a_render_is_the_same_twice(lit: Lit, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(lit, tmp_path / name, bindings=bound("acescct"), config=ALL_TEXTURE, frames=(1002,))
    one, two = (layers_path(tmp_path / name, 1002).read_bytes() for name in ("one", "two"))
    assert one == two


def test_pixel_values_go_beyond_white(lit: Lit) -> None:
    plate = lit[0]
    picture = open_plate(plate).frame(1001).picture
    rect = plate.display_window
    for encoding in (Encoding.LINEAR, Encoding.CODE):
        values = pixel_values(picture, None, Layer.PLATE, rect, encoding)
        halfs = np.frombuffer(half_bytes(values), "<f2").reshape(values.shape)
        assert halfs.tobytes() == pixels(picture).tobytes() and np.nanmax(halfs[10:]) == WINDOW_LIGHT
    huge = np.array([1e6, -1e6], np.float32)
    assert np.frombuffer(half_bytes(huge), "<f2").tolist() == [np.inf, -np.inf]


def source_of(plate: Plate, faces: ShotFaces) -> ShotSource:
    return ShotSource(
        shot_sha256=plate.sha256,
        width=plate.width,
        height=plate.height,
        faces=faces,
        frames=open_plate(plate).frames,
        colour=plate.colour,
    )


def faceset_of(lit: Lit, person_id: str, encoding: str, size_px: int = 64) -> LoadedFaceset:
    return curate(
        [source_of(*lit)],
        person_id=person_id,
        crop_type="full",
        size_px=size_px,
        config=CurateConfig(min_crops=1, near_duplicate_px=0),
        emit=lambda _: None,
        stopping=lambda: False,
        encoding=encoding,  # type: ignore[arg-type]
    )


def test_a_faceset_has_the_light_of_its_plate(lit: Lit) -> None:
    log, screen = faceset_of(lit, "ana", "acescct"), faceset_of(lit, "ana", "srgb")
    assert (log.encoding, screen.encoding) == ("acescct", "srgb")
    window, skin = log.crops_NKK3[0, 60, -2], log.crops_NKK3[0, 30, 40]
    assert window == pytest.approx(np.rint(log_encode(np.full(3, WINDOW_LIGHT, np.float32)) * 255), abs=1)
    assert (screen.crops_NKK3[0, 60, -2] == 255).all() and skin.min() > 0 and skin.max() < 140


def test_a_training_keeps_to_one_encoding(lit: Lit, tmp_path: Path) -> None:
    settings = TrainConfig(
        family="quick", size_px=96, batch=1, iterations=2, device="cpu", threads=1, start_from="starter"
    )
    log = [replace(faceset_of(lit, name, "acescct", 96), sha256=name * 16) for name in ("anna", "bert")]
    train(log, settings, tmp_path / "log", emit=lambda _: None, stopping=lambda: False)
    card = read_card(list_checkpoints(tmp_path / "log")[-1])
    assert card.encoding == "acescct" and "in srgb" in card.ancestors[-1]
    assert (tmp_path / "log" / "preview.000002.jpg").exists()
    mixed = [log[0], replace(log[1], encoding="srgb")]
    with pytest.raises(BadFaceset, match="bert is in srgb, that of anna in acescct"):
        train(mixed, settings, tmp_path / "mixed", emit=lambda _: None, stopping=lambda: False)


def test_a_card_without_an_encoding_is_of_the_first_days() -> None:
    card = SWAPPER.card
    older = card.to_text().replace('"encoding": "srgb", ', "")
    assert older != card.to_text() and card_from_text(older, where=Path("x")) == card


def test_one_scene_referred_plate_decides_for_all(lit: Lit) -> None:
    linear = LearnShot(person_id="ana", plate=lit[0], faces="f", faces_sha256="f")
    video = replace(linear, person_id="ben", plate=replace(lit[0], colour=SDR))
    work = TrainWork(
        name="m",
        model_id="m",
        people=("ana", "ben"),
        shots=(linear, video),
        config=TrainConfig(),
        curate=CurateConfig(),
        facesets="facesets",
        folder="model",
    )
    assert _encoding(work) == "acescct"
    assert _encoding(replace(work, shots=(video,))) == "srgb"
    assert _encoding(replace(work, curate=CurateConfig(encoding="srgb"))) == "srgb"
    names = {_faceset_path(work, "ben", [video], encoding).name for encoding in ("srgb", "acescct")}  # type: ignore[arg-type]
    assert len(names) == 2
    asked = replace(work, curate=CurateConfig(encoding="srgb"))
    assert _faceset_path(asked, "ben", [video], "srgb") == _faceset_path(work, "ben", [video], "srgb")


@pytest.mark.parametrize("layer", [Layer.PLATE, Layer.CROP, Layer.OVERLAY])
def test_the_desk_shows_a_scene_linear_plate_as_a_screen_would(
    lit: Lit, tmp_path: Path, layer: Layer
) -> None:
    plate, faces = lit
    save_faces(faces, tmp_path / "faces.safetensors")
    task = PreviewTask(
        shot_id="s1",
        plate=plate,
        faces=str(tmp_path / "faces.safetensors"),
        faces_sha256=sha256_of(tmp_path / "faces.safetensors"),
        edits_after=0,
        edits=[],
        frame=1002,
        layer=layer,
        bindings=(),
        config=CONFIG,
        layers={},
        marked=False,
        max_width_px=0,
        tried={},
    )
    shown = PreviewDesk(threads=1).show(task)
    picture = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and 60 < np.median(picture) < 254 and picture.max() > 240
