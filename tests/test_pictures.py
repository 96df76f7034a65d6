"""Looking at a production through its server: versions, pixel values, consent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.looked_at import FACE, House, image, looked_at, values
from tests.media_samples import sample_layers, write_movie_with_sound
from tests.rendered_takes import add_take

from understudy.domain import errors
from understudy.domain.frame import Rect
from understudy.domain.pictures import Encoding
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.media.colour import to_linear
from understudy.media.composite import composite, linear_beauty, make_mark
from understudy.media.layers import layers_path, read_layers


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with looked_at(tmp_path) as house:
        yield house


# Versions


def test_a_version_stands_for_its_picture(house: House) -> None:
    client, take = house.client, house.take
    plate = client.frame_picture(shot_id="plate", frame=1003, layer=Layer.PLATE)
    assert plate.version == house.plate.sha256[:16]
    assert client.frame_picture(take_id=take.id, frame=1003, layer=Layer.PLATE) == plate
    first = client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED)
    assert first.version == ("1003" * 16)[:16]
    assert client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED) == first
    house.render(1003, "f" * 64, light=0.1)
    again = client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED)
    assert again.version == "f" * 16 and again.jpeg != first.jpeg
    others = client.frame_picture(take_id=take.id, frame=1004, layer=Layer.REPLACED)
    assert others.version == ("1004" * 16)[:16]
    small = client.frame_picture(take_id=take.id, frame=1003, layer=Layer.MATTE, max_width_px=80)
    assert small.version == again.version and image(small.jpeg).shape == (60, 80, 3)
    with pytest.raises(errors.NotFound, match="1009"):
        client.frame_picture(take_id=take.id, frame=1009, layer=Layer.REPLACED)


def test_a_mark_makes_another_version(house: House) -> None:
    take = add_take(house.show.production, house.show.shot, house.show.consent().id, marked=True)
    house.render(1003, "1003" * 16, take=take)
    marked = house.client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED)
    plain = house.client.frame_picture(
        take_id=house.show.production.takes()[0].id, frame=1003, layer=Layer.REPLACED
    )
    assert marked.version != plain.version
    strip = make_mark(house.plate.width, house.plate.height).rect
    assert image(marked.jpeg)[strip.y + 2 :].mean() < 0.9 * image(plain.jpeg)[strip.y + 2 :].mean()


@pytest.mark.parametrize("way", ["written over", "moved there"])
def test_another_file_is_not_shown_in_the_place_of_the_plate(house: House, tmp_path: Path, way: str) -> None:
    path, rect = Path(house.clip.plate.path), Rect(0, 0, 9, 9)
    older = write_movie_with_sound(tmp_path / "older.mov", 44)
    os.utime(older, (1e9, 1e9))
    mine, first = path.read_bytes(), house.client.frame_picture(shot_id="clip", frame=1003, layer=Layer.PLATE)
    if way == "written over":
        path.write_bytes(older.read_bytes())
    else:
        older.rename(path)
    looks: list[Callable[[], object]] = [
        lambda: house.client.frame_picture(shot_id="clip", frame=1003, layer=Layer.PLATE),
        lambda: house.client.frame_picture(shot_id="clip", frame=1009, layer=Layer.PLATE),
        lambda: house.client.strip(shot_id="clip", frames=[1003], height_px=32),
        lambda: house.client.sound("clip", FrameRange(1003, 1004)),
        lambda: house.client.pixels(
            shot_id="clip", frame=1003, layer=Layer.PLATE, rect=rect, encoding=Encoding.CODE
        ),
    ]
    for look in looks:
        with pytest.raises(errors.UnreadableMedia, match="not the file any more"):
            look()
    path.write_bytes(mine)
    assert house.client.frame_picture(shot_id="clip", frame=1003, layer=Layer.PLATE) == first


@pytest.mark.parametrize("end", ["withdrawn", "run out"])
def test_a_take_without_consent_is_not_shown_in_any_way(house: House, end: str) -> None:
    consent = house.show.consent(valid_to=date.today() - timedelta(days=end == "run out"))
    take = add_take(house.show.production, house.show.shot, consent.id)
    house.render(1003, "a" * 64, take=take)
    client = house.client
    refused: type[errors.ConsentRefused] = errors.ConsentExpired
    if end == "withdrawn":
        client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED)
        house.show.studio.revoke_consent(consent.id, "changed my mind")
        refused = errors.ConsentRevoked
    with pytest.raises(refused, match=take.label):
        client.frame_picture(take_id=take.id, frame=1003, layer=Layer.REPLACED)
    with pytest.raises(refused):
        client.strip(take_id=take.id, frames=[1003], height_px=32)
    with pytest.raises(refused):
        client.pixels(
            take_id=take.id, frame=1003, layer=Layer.MATTE, rect=Rect(0, 0, 9, 9), encoding=Encoding.CODE
        )
    client.frame_picture(shot_id="plate", frame=1003, layer=Layer.PLATE)


# Pixel values


def test_pixels_of_the_plate_are_those_of_the_pipeline(house: House) -> None:
    for rect in (Rect(31, 17, 40, 23), Rect(0, 0, 160, 120), Rect(159, 119, 1, 1)):
        found = house.client.pixels(
            shot_id="plate", frame=1004, layer=Layer.PLATE, rect=rect, encoding=Encoding.CODE
        )
        wanted = house.picture(1004).region(rect)
        assert np.array_equal(values(found), wanted.astype(np.float16).astype(np.float32))
        assert (found.x, found.y, found.width, found.height) == (rect.x, rect.y, rect.width, rect.height)
        assert (found.channels, found.bit_depth, found.version) == (3, 8, house.plate.sha256[:16])
        linear = house.client.pixels(
            shot_id="plate", frame=1004, layer=Layer.PLATE, rect=rect, encoding=Encoding.LINEAR
        )
        wanted_linear = to_linear(wanted, house.plate.colour).astype(np.float16)
        assert np.array_equal(values(linear), wanted_linear.astype(np.float32))


def test_replaced_pixels_keep_highlights_and_the_rest_of_the_plate(house: House) -> None:
    house.render(1004, "b" * 64, light=3.0)
    picture, layers = (
        house.picture(1004),
        read_layers(layers_path(house.show.production.path(house.take.path), 1004)),
    )
    rect = Rect(30, 20, 50, 40)
    part = np.s_[rect.y : rect.y1, rect.x : rect.x1]
    asked = dict(take_id=house.take.id, frame=1004, layer=Layer.REPLACED, rect=rect)
    linear = values(house.client.pixels(**asked, encoding=Encoding.LINEAR))  # type: ignore[arg-type]
    np.testing.assert_allclose(linear, linear_beauty(picture, layers)[part], rtol=2e-3)
    assert linear.max() > 2
    code = values(house.client.pixels(**asked, encoding=Encoding.CODE))  # type: ignore[arg-type]
    beside = np.ones(code.shape[:2], bool)
    beside[FACE.y - rect.y + 2 :, FACE.x - rect.x + 2 :] = False
    assert np.array_equal(code[beside], picture.region(rect).astype(np.float16).astype(np.float32)[beside])
    assert code.max() > 1
    house.render(1004, "c" * 64)
    darker = house.client.pixels(**asked, encoding=Encoding.CODE)  # type: ignore[arg-type]
    whole = composite(picture, sample_layers(1004, FACE, grey=0.5, alpha=0.75)).region(rect)
    assert (
        darker.version == "c" * 16 and np.abs(values(darker) - whole).max() < 0.03
    )  # chroma is halved there
    matte = house.client.pixels(**{**asked, "layer": Layer.MATTE}, encoding=Encoding.LINEAR)  # type: ignore[arg-type]
    assert matte.channels == 1
    assert np.array_equal(np.unique(values(matte)), [0, 0.75]) and values(matte)[-1, -1, 0] == 0.75


def test_marked_pixels_carry_the_mark(house: House) -> None:
    take = add_take(house.show.production, house.show.shot, house.show.consent().id, marked=True)
    house.render(1003, "1003" * 16, take=take)
    mark = make_mark(house.plate.width, house.plate.height)
    rect = Rect(20, 90, 100, 30)
    plain = house.picture(1003).region(mark.rect)[..., :]
    for encoding in Encoding:
        found = values(
            house.client.pixels(
                take_id=take.id, frame=1003, layer=Layer.REPLACED, rect=rect, encoding=encoding
            )
        )
        wanted = mark.over(plain)[:, 20:120]
        if encoding is Encoding.LINEAR:
            wanted = to_linear(wanted, house.plate.colour)
        np.testing.assert_allclose(found[mark.rect.y - rect.y :], wanted, atol=2e-3)


@pytest.mark.parametrize(
    ("rect", "says"),
    [
        (Rect(0, 0, 0, 5), "0x5"),
        (Rect(0, 0, 5, 1025), "5x1025"),
        (Rect(160, 0, 5, 5), "beside"),
        (Rect(-9, -9, 9, 9), "beside"),
    ],
)
def test_rectangles_that_are_refused(house: House, rect: Rect, says: str) -> None:
    with pytest.raises(errors.BadInput, match=says):
        house.show.studio.pixels(
            shot_id="plate", frame=1001, layer=Layer.PLATE, rect=rect, encoding=Encoding.CODE
        )


def test_pixels_are_cut_to_the_picture_and_frames_checked(house: House) -> None:
    client = house.client
    found = client.pixels(
        shot_id="plate",
        frame=1001,
        layer=Layer.PLATE,
        rect=Rect(-4, 100, 1000, 900),
        encoding=Encoding.CODE,
    )
    assert (found.x, found.y, found.width, found.height) == (0, 100, 160, 20)
    assert len(found.halfs) == 160 * 20 * 3 * 2
    for wrong, error in ((replace_frame(999), errors.FrameOutOfRange), (replace_layer(), errors.BadInput)):
        with pytest.raises(error):
            client.pixels(shot_id="plate", rect=Rect(0, 0, 4, 4), encoding=Encoding.CODE, **wrong)  # type: ignore[arg-type]


def replace_frame(frame: int) -> dict[str, object]:
    return {"frame": frame, "layer": Layer.PLATE}


def replace_layer() -> dict[str, object]:
    return {"frame": 1001, "layer": Layer.REPLACED}
