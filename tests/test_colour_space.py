"""Names of colour spaces, the studio's configuration, and linear light of named spaces."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from understudy.domain.errors import BadSettings
from understudy.domain.frame import ColourTags
from understudy.media import ocio as configuration
from understudy.media import preview_colour
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import is_scene_referred, linear_space_of, named_space
from understudy.media.display import bgr8
from understudy.media.log_curve import GREATEST_LIGHT, log_decode, log_encode
from understudy.media.network_colour import NetworkColour
from understudy.media.ocio import colour_config, config_id, convert_space
from understudy.media.picture import YuvPicture
from understudy.media.preview_colour import preview_rgb8, screen_codes

SMALL = """ocio_profile_version: 2
roles: {scene_linear: house}
file_rules: [!<Rule> {name: Default, colorspace: house}]
displays: {}
active_displays: []
active_views: []
colorspaces:
  - !<ColorSpace> {name: house, encoding: scene-linear}
  - !<ColorSpace>
    name: film
    encoding: log
    to_scene_reference: !<LogTransform> {base: 2, direction: inverse}
"""


def forget_configuration() -> None:
    """What a fresh process would not know yet."""
    for known in (
        configuration.colour_config,
        configuration.config_id,
        configuration.scene_linear_name,
        configuration.encoding_of,
        configuration.matrix_33,
        configuration._processor,
        preview_colour._curve,
    ):
        known.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A studio's own small configuration, named by `OCIO`."""
    path = tmp_path / "config.ocio"
    path.write_text(SMALL)
    monkeypatch.setenv("OCIO", str(path))
    forget_configuration()
    yield path
    forget_configuration()


@pytest.mark.parametrize(
    ("primaries", "transfer", "space", "linear"),
    [
        ("bt709", "bt709", "Gamma 2.4 Encoded Rec.709", "Linear Rec.709 (sRGB)"),
        ("unknown", "unknown", "Gamma 2.4 Encoded Rec.709", "Linear Rec.709 (sRGB)"),
        ("bt709", "iec61966-2-1", "sRGB Encoded Rec.709 (sRGB)", "Linear Rec.709 (sRGB)"),
        ("smpte432", "iec61966-2-1", "sRGB Encoded P3-D65", "Linear P3-D65"),
        ("bt2020", "smpte2084", "Rec.2100-PQ - Display", "Linear Rec.2020"),
        ("unknown", "smpte2084", "Rec.2100-PQ - Display", "Linear Rec.2020"),
        ("bt2020", "arib-std-b67", "Rec.2100-HLG - Display", "Linear Rec.2020"),
        ("smpte432", "smpte2084", "ST2084-P3-D65 - Display", "Linear P3-D65"),
        ("bt709", "gamma22", "Gamma 2.2 Encoded Rec.709", "Linear Rec.709 (sRGB)"),
        ("bt709", "linear", "Linear Rec.709 (sRGB)", "Linear Rec.709 (sRGB)"),
        ("bt2020", "linear", "Linear Rec.2020", "Linear Rec.2020"),
    ],
)
def test_a_movies_tags_have_a_name(primaries: str, transfer: str, space: str, linear: str) -> None:
    tags = ColourTags(primaries=primaries, transfer=transfer)
    assert (named_space(tags), linear_space_of(tags)) == (space, linear)
    assert colour_config().getColorSpace(space) is not None
    assert is_scene_referred(tags) == (transfer == "linear")


def test_a_name_that_no_configuration_has_is_still_honest() -> None:
    assert named_space(ColourTags(primaries="bt2020", transfer="bt709")) == "Gamma 2.4 Encoded Rec.2020"


def test_named_spaces_are_what_the_configuration_says() -> None:
    for name, linear, referred in (
        ("ACEScg", "ACEScg", True),
        ("ARRI LogC4", "ACEScg", True),
        ("Linear Rec.2020", "Linear Rec.2020", True),
        ("sRGB - Display", "ACEScg", False),
    ):
        tags = ColourTags(space=name)
        assert (named_space(tags), linear_space_of(tags), is_scene_referred(tags)) == (name, linear, referred)
    with pytest.raises(BadSettings, match="Kodachrome"):
        to_linear(np.zeros((2, 2, 3), np.float32), ColourTags(space="Kodachrome"))


@given(arrays.arrays(np.float32, (3, 4, 3), elements=st.floats(width=32)))
def test_scene_linear_values_keep_every_bit(values: np.ndarray) -> None:
    tags = ColourTags(space="ACEScg")
    for made in (to_linear(values, tags), from_linear(values, tags)):
        assert made.tobytes() == values.tobytes() and made is not values


@pytest.mark.parametrize("space", ["ARRI LogC4", "S-Log3 S-Gamut3.Cine", "ACEScct", "Apple Log", "ADX10"])
def test_log_codes_come_back_from_linear_light(space: str) -> None:
    ramp = np.linspace(0.1, 0.75, 1024, dtype=np.float32)
    codes = np.stack([ramp, ramp[::-1] * 0.3 + 0.25, ramp * 0.9], axis=1)[None]
    tags = ColourTags(space=space)
    before = codes.copy()
    back = from_linear(to_linear(codes, tags), tags)
    assert np.abs(back - codes).max() < 0.5 / 4095 and np.array_equal(codes, before)


def test_a_studios_configuration_is_used(studio: Path) -> None:
    codes = np.array([[[0.0, 1.0, 3.0]]], np.float32)
    film = ColourTags(space="film")
    assert linear_space_of(film) == "house" and is_scene_referred(film)
    assert to_linear(codes, film) == pytest.approx(np.exp2(codes))
    with pytest.raises(BadSettings, match=r"there is no colour space 'Linear Rec\.709 \(sRGB\)'"):
        NetworkColour(tags=film, encoding="srgb").seen(codes)
    with pytest.raises(BadSettings, match="ACEScg"):
        NetworkColour(tags=film, encoding="acescct").linear(codes)
    ours = config_id()
    studio.write_text(SMALL.replace("base: 2", "base: 10"))
    forget_configuration()
    assert config_id() != ours


def test_a_configuration_is_known_by_what_its_files_hold(studio: Path, tmp_path: Path) -> None:
    """Overwritten in its place a table is another; copied elsewhere it is the same."""
    tables = tmp_path / "tables"
    tables.mkdir()
    named = SMALL.replace(
        "!<LogTransform> {base: 2, direction: inverse}", "!<FileTransform> {src: film.spi1d}"
    )
    studio.write_text(named.replace("roles:", "search_path: tables\nroles:"))
    text = "Version 1\nFrom 0.0 1.0\nLength 2\nComponents 1\n{\n0.0\n1.0\n}\n"
    ids = []
    for white in ("1.0\n}", "2.0\n}", "1.0\n}"):
        with (tables / "film.spi1d").open("w") as file:
            file.write(text.replace("1.0\n}", white))
        forget_configuration()
        ids.append(config_id())
    assert ids[0] == ids[2] != ids[1]
    shutil.copytree(tables, tmp_path / "copy")
    shutil.rmtree(tables)
    (tmp_path / "copy").rename(tables)
    forget_configuration()
    assert config_id() == ids[0]
    (tables / "film.spi1d").unlink()
    forget_configuration()
    with pytest.raises(BadSettings, match="missing"):
        config_id()


def test_a_configuration_that_is_none_is_named(tmp_path: Path, studio: Path) -> None:
    studio.write_text("not a configuration")
    with pytest.raises(BadSettings, match="check OCIO"):
        to_linear(np.zeros((1, 1, 3), np.float32), ColourTags(space="film"))


def test_our_log_curve_is_the_configurations() -> None:
    light = np.concatenate([np.linspace(-0.006, 0.02, 500), np.exp2(np.linspace(-6, 7.7, 500))])
    light = light.astype(np.float32)
    greys = np.repeat(light[:, None], 3, axis=1)
    assert log_encode(greys) == pytest.approx(convert_space(greys, "ACEScg", "ACEScct"), abs=2e-6)
    assert log_encode(np.array([0.18, 1.0, GREATEST_LIGHT], np.float32)) == pytest.approx(
        [0.41358843, 0.5547945, 1.0], abs=1e-6
    )


@given(arrays.arrays(np.float32, (20,), elements=st.floats(-0.00689697265625, 222, width=32)))
def test_the_log_curve_rises_and_comes_back(light: np.ndarray) -> None:
    light = np.sort(light)
    codes = log_encode(light)
    assert (np.diff(codes) >= 0).all()
    assert np.allclose(log_decode(codes), light, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("space", ["Linear Rec.709 (sRGB)", "ACEScg"])
def test_a_preview_is_monotone_and_holds_highlights(kind: type[np.floating], space: str) -> None:
    light = np.sort(np.concatenate([[0, 0.18, 1, 16, 60000, np.inf], np.exp2(np.linspace(-12, 14, 300))]))
    shown = preview_rgb8(np.repeat(light[None, :, None], 3, axis=2).astype(kind), ColourTags(space=space))
    assert shown.shape == (1, len(light), 3) and shown.dtype == np.uint8
    grey = shown[0, :, 1].astype(int)
    assert (np.diff(grey) >= 0).all() and (np.ptp(shown.astype(int), axis=2) <= 1).all()
    at = {value: int(grey[np.searchsorted(light, value)]) for value in (0.0, 0.18, 1.0, 16.0)}
    assert at[0.0] == 0 and at[0.18] == 118 and 200 < at[1.0] < at[16.0] <= 255
    worst = np.array([[[np.nan, -np.inf, -3.0]]], kind)
    assert preview_rgb8(worst, ColourTags(space="Linear Rec.709 (sRGB)")).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize("space", ["ARRI LogC4", "S-Log3 S-Gamut3.Cine", "ADX10"])
def test_a_log_plate_looks_like_its_light(space: str) -> None:
    random = np.random.default_rng(1)
    light = (random.uniform(0.02, 0.9, (40, 50, 1)) * random.uniform(0.6, 1, (40, 50, 3))).astype(np.float32)
    tags = ColourTags(space=space)
    codes = from_linear(light, tags)
    wanted = preview_rgb8(light, ColourTags(space="ACEScg")).astype(int)
    words = np.rint(np.clip(codes, 0, 1) * 65535).astype(np.uint16)
    for given_codes in (codes, words):
        assert np.abs(preview_rgb8(given_codes, tags).astype(int) - wanted).max() <= 2
    assert np.abs(screen_codes(codes, tags) * 255 - wanted).max() <= 2.01


def test_a_log_movie_is_looked_at_as_on_a_screen() -> None:
    grey = float(from_linear(np.full((1, 1, 3), 0.18, np.float32), ColourTags(space="ARRI LogC4"))[0, 0, 0])
    code = round(64 + grey * 876)  # 10 bits, video range
    neutral = np.full((4, 4), 512, np.uint16)
    tags = ColourTags(matrix="bt709", space="ARRI LogC4")
    picture = YuvPicture(
        y_HW=np.full((8, 8), code, np.uint16), u_hw=neutral, v_hw=neutral, bit_depth=10, colour=tags
    )
    assert np.abs(picture.rgb8().astype(int) - 118).max() <= 4  # it was made small to 8 bits of log first
    assert np.array_equal(bgr8(picture), picture.rgb8()[..., ::-1])
    assert bgr8(picture, (4, 4)).shape == (4, 4, 3)


def test_display_codes_are_only_rounded() -> None:
    codes = np.array([[[-0.1, 0.5, 1.2]]], np.float32)
    tags = ColourTags(transfer="bt709")
    assert preview_rgb8(codes, tags).tolist() == [[[0, 128, 255]]]
    assert screen_codes(codes, tags) is codes
    eight = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(preview_rgb8(eight, tags), eight)
