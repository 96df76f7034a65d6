from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest
from tests.sequence_samples import AP0, AP1, noise, timecode, write_exr, write_plain, write_sequence

from understudy.domain.clip_report import ClipReport, Concern
from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.frame import Rect
from understudy.domain.plain import from_plain, to_plain
from understudy.media.examine import examine
from understudy.media.sequence_colour import _GAMUTS, StatedColour, colour_of
from understudy.media.sequence_files import sha256_of_hashes
from understudy.media.sequence_report import sequence_report
from understudy.stages.ingest import ingest

NTSC_FILM, NTSC = Fraction(24000, 1001), Fraction(30000, 1001)


def warned(report: ClipReport) -> dict[Concern, str]:
    return {warning.concern: warning.frames for warning in report.warnings}


def film(folder: Path, numbers: range, **changes: Callable[[int], Any]) -> str:
    """A half-float sequence with everything a film plate says of itself; `changes` by name, for a number."""
    for number in numbers:
        said: dict[str, Any] = {
            "framesPerSecond": NTSC_FILM,
            "timeCode": timecode(1, 0, 0, number - 1001),
            "reelName": "A007C012",
            "chromaticities": AP1,
            "cameraMake": "ARRI",
            "lens": "Cooke 40 mm",
            "software": "a scanner",
        }
        said |= {name: change(number) for name, change in changes.items()}
        pixels = said.pop("pixels", noise("half", seed=number))
        write_exr(folder / f"plate.{number}.exr", pixels, **said)
    return str(folder / "plate.####.exr")


def test_a_film_plate_tells_everything_and_nothing_is_warned_of(tmp_path: Path) -> None:
    report = examine(film(tmp_path, range(1001, 1007)))
    plate = report.plate
    assert (plate.path, plate.sequence_start, plate.file_frames) == (
        str(tmp_path / "plate.####.exr"),
        1001,
        6,
    )
    assert (plate.width, plate.height, plate.data_window, plate.pixel_aspect) == (96, 64, None, 1)
    assert (plate.codec, plate.pixel_format, plate.bit_depth) == ("openexr", "half", 16)
    assert (plate.rate, plate.start_timecode, plate.reel) == (NTSC_FILM, "01:00:00:00", "A007C012")
    assert plate.colour.space == report.colour_space == "ACEScg" and report.colour_space_from == "tags"
    assert plate.colour.matrix == "rgb" and plate.colour.full_range
    assert report.compression == "zip" and report.channels == ("B", "G", "R") and report.warnings == ()
    facts = dict(report.facts)
    assert (facts["cameraMake"], facts["lens"], facts["software"]) == ("ARRI", "Cooke 40 mm", "a scanner")
    hashes = {number: sha256_of(tmp_path / f"plate.{number}.exr") for number in range(1001, 1007)}
    assert plate.sha256 == sha256_of_hashes(hashes)
    assert from_plain(ClipReport, to_plain(report)) == report


def test_gaps_and_other_sizes_are_reported_by_number_and_refused_where_they_are_used(tmp_path: Path) -> None:
    other = noise("half", 48, 32)
    name = film(tmp_path, range(1001, 1011), pixels=lambda n: other if n == 1008 else noise("half", seed=n))
    for gone in (1004, 1005):
        (tmp_path / f"plate.{gone}.exr").unlink()
    report = examine(name)
    assert (report.missing, report.other_size) == ((1004, 1005), (1008,))
    assert (report.plate.width, report.plate.file_frames) == (96, 10)
    assert warned(report) == {Concern.MISSING: "1004-1005", Concern.MIXED: "1008"}
    with pytest.raises(UnreadableMedia, match="lacks 1004-1005"):
        ingest(name)
    with pytest.raises(UnreadableMedia, match="changes its size at 1008"):
        ingest(name, in_index=5)
    plate = ingest(name, in_index=5, out_index=6)
    assert (plate.first_frame, plate.first_index, plate.last_index) == (1006, 5, 6)
    assert str(plate.timecode_of(1006)) == "01:00:00:05"


def test_a_range_in_the_name_is_the_clip(tmp_path: Path) -> None:
    film(tmp_path, range(1001, 1009))
    report = examine(str(tmp_path / "plate.1003-1010#.exr"))
    assert (report.plate.sequence_start, report.plate.file_frames) == (1003, 8)
    assert report.missing == (1009, 1010) and report.plate.start_timecode == "01:00:00:02"
    with pytest.raises(UnreadableMedia, match="sequence has 1001 to 1008"):
        examine(str(tmp_path / "plate.2000-2010#.exr"))


def test_a_timecode_that_jumps_is_told_by_number(tmp_path: Path) -> None:
    def jumping(number: int) -> object:
        return timecode(1, 0, 0, number - 1001 + (7 if number == 1003 else 0))

    report = examine(film(tmp_path, range(1001, 1006), timeCode=jumping))
    assert warned(report) == {Concern.BAD_TIMECODE: "1003"} and report.plate.start_timecode == "01:00:00:00"


def test_drop_frame_timecode_counts_on_over_the_minute(tmp_path: Path) -> None:
    def dropping(number: int) -> object:
        past = number - 1003
        return (
            timecode(0, 1, 0, past + 2, drop=True) if past >= 0 else timecode(0, 0, 59, 30 + past, drop=True)
        )

    report = examine(film(tmp_path, range(1001, 1006), timeCode=dropping, framesPerSecond=lambda _: NTSC))
    assert report.plate.start_timecode == "00:00:59;28" and report.drop_frame and report.warnings == ()
    bad = examine(
        film(tmp_path, range(1001, 1006), timeCode=dropping, framesPerSecond=lambda _: Fraction(24))
    )
    assert bad.plate.start_timecode is None and warned(bad) == {Concern.BAD_TIMECODE: "1001"}


def test_what_is_not_said_is_guessed_and_said_to_be(tmp_path: Path) -> None:
    for number in range(1, 4):
        write_exr(tmp_path / f"plate.{number}.exr", noise("half", seed=number))
    report = examine(tmp_path)
    assert (report.plate.rate, report.plate.start_timecode) == (Fraction(24), None)
    assert (report.colour_space, report.colour_space_from) == ("Linear Rec.709 (sRGB)", "guess")
    assert set(warned(report)) == {Concern.NO_RATE, Concern.NO_TIMECODE, Concern.UNTAGGED_COLOUR}
    plate = ingest(tmp_path, colour_space="ARRI LogC4", rate=Fraction(25), pixel_aspect=Fraction(2))
    assert (plate.colour.space, plate.rate, plate.pixel_aspect, plate.first_frame) == ("ARRI LogC4", 25, 2, 1)


def test_a_rate_that_is_not_said_is_the_one_the_timecode_counts_by(tmp_path: Path) -> None:
    for number in range(1, 5):
        second, frame = divmod(22 + number, 25)
        write_exr(
            tmp_path / f"plate.{number}.exr", noise("half", seed=number), chromaticities=AP0,
            timeCode=timecode(3, 0, second, frame),
        )  # fmt: skip
    report = examine(tmp_path)
    assert (report.plate.rate, report.plate.start_timecode) == (25, "03:00:00:23")
    assert list(warned(report)) == [Concern.NO_RATE] and "timecodes count" in report.warnings[0].says


def test_overscan_aspect_alpha_repeats_and_changes_are_told(tmp_path: Path) -> None:
    said = {"framesPerSecond": Fraction(24), "chromaticities": AP0, "pixelAspectRatio": 2.0}
    display = Rect(0, 0, 96, 64)
    windows = [Rect(-8, -4, 96, 64), Rect(-8, -4, 96, 64), Rect(4, 6, 96, 64)]
    for place, window in enumerate(windows):
        said["timeCode"] = timecode(2, 0, 0, place)
        pixels = noise("half", channels=4, seed=place // 2)
        write_exr(tmp_path / f"plate.{place + 1:04}.exr", pixels, data=window, display=display, **said)
    write_exr(
        tmp_path / "plate.0004.exr",
        noise("float"),
        display=display,
        **said | {"timeCode": timecode(2, 0, 0, 3)},
    )
    report = examine(tmp_path)
    plate = report.plate
    assert plate.data_window == Rect(-8, -4, 108, 74) and plate.pixel_aspect == 2
    assert report.duplicates == (1,) and report.colour_space == "ACES2065-1"
    assert warned(report) == {
        Concern.DUPLICATES: "2", Concern.PIXEL_ASPECT: "", Concern.OVERSCAN: "", Concern.ALPHA: "",
        Concern.MIXED: "4",
    }  # fmt: skip


def test_clipped_pictures_are_told(tmp_path: Path) -> None:
    for number in (1, 2):
        pixels = noise("uint16", seed=number)
        pixels[:20] = 65535
        write_plain(tmp_path / f"plate.{number}.tif", pixels, "uint16")
    report = examine(tmp_path)
    assert 0.1 < report.clipped < 0.4 and Concern.CLIPPED in warned(report)


def dpx(folder: Path, transfer: str, **said: object) -> ClipReport:
    folder.mkdir(exist_ok=True)
    for number in (1, 2, 3):
        clock = (0x01020300 + number, 0)
        path = folder / f"scan.{number:07}.dpx"
        spec = {"dpx__Transfer": transfer, "dpx__FrameRate": 23.976, "dpx__InputDevice": "REEL7", **said}
        pixels = noise("uint10", seed=number)
        made = oiio.ImageSpec(96, 64, 3, "uint16")
        made.attribute("oiio:BitsPerSample", 10)
        made.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), clock)
        for name, value in spec.items():
            made.attribute(name.replace("__", ":"), value)
        file = oiio.ImageOutput.create(str(path))
        assert file.open(str(path), made) and file.write_image(pixels)
        file.close()
    return sequence_report(str(folder))


@pytest.mark.parametrize(
    ("transfer", "space", "name", "how"),
    [
        ("ITU-R 709-4", "", "Gamma 2.4 Encoded Rec.709", "tags"),
        ("SMPTE 274M", "", "Gamma 2.4 Encoded Rec.709", "tags"),
        ("Printing density", "ADX10", "ADX10", "guess"),
        ("Logarithmic", "ADX10", "ADX10", "guess"),
        ("Undefined", "", "Gamma 2.4 Encoded Rec.709", "guess"),
        ("Linear", "", "Gamma 2.4 Encoded Rec.709", "guess"),
    ],
)
def test_dpx_files_are_believed_about_video_and_doubted_about_film(
    tmp_path: Path, transfer: str, space: str, name: str, how: str
) -> None:
    report = dpx(tmp_path, transfer)
    assert (report.plate.colour.space, report.colour_space, report.colour_space_from) == (space, name, how)
    assert (Concern.UNTAGGED_COLOUR in warned(report)) == (how == "guess")


def test_a_scan_says_its_rate_timecode_and_reel(tmp_path: Path) -> None:
    plate = dpx(tmp_path, "ITU-R 709-4", PixelAspectRatio=2.0).plate
    assert (plate.rate, plate.start_timecode, plate.reel) == (NTSC_FILM, "01:02:03:01", "REEL7")
    assert (plate.codec, plate.pixel_format, plate.bit_depth) == ("dpx", "uint10", 10)
    assert plate.pixel_aspect == 2 and plate.path == str(tmp_path / "scan.#######.dpx")


@pytest.mark.parametrize(
    ("suffix", "kind", "codec"),
    [
        (".png", "uint8", "png"),
        (".png", "uint16", "png"),
        (".tif", "uint16", "tiff"),
        (".tif", "uint8", "tiff"),
    ],
)
def test_whole_numbers_without_tags_are_taken_for_srgb(
    tmp_path: Path, suffix: str, kind: str, codec: str
) -> None:
    report = examine(write_sequence(tmp_path, kind, suffix, range(7, 10)))
    assert (report.plate.codec, report.plate.pixel_format) == (codec, kind)
    assert report.plate.colour.transfer == "iec61966-2-1" and report.plate.colour.space == ""
    assert report.colour_space == "sRGB Encoded Rec.709 (sRGB)"


def test_a_png_that_says_what_it_is_is_believed(tmp_path: Path) -> None:
    for number in (1, 2):
        write_plain(tmp_path / f"a.{number}.png", noise("uint8", seed=number), "uint8")
    report = examine(tmp_path)
    assert report.colour_space_from == "tags" and Concern.UNTAGGED_COLOUR not in warned(report)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for name in (b"sRGB", b"gAMA", b"cHRM"):
            block = data.index(name) - 4
            data = data[:block] + data[block + 12 + int.from_bytes(data[block : block + 4], "big") :]
        path.write_bytes(data)
    report = examine(tmp_path)
    assert report.colour_space_from == "guess" and Concern.UNTAGGED_COLOUR in warned(report)


@pytest.mark.parametrize(("space", "chromaticities"), _GAMUTS)
def test_every_known_gamut_is_a_space_of_the_configuration(
    space: str, chromaticities: tuple[float, ...]
) -> None:
    from understudy.media.ocio import encoding_of

    rounded = tuple(round(value, 3) for value in chromaticities)
    found = colour_of(StatedColour(chromaticities=rounded, linear=True))
    assert (found.tags.space, found.known_from) == (space, "tags") and encoding_of(space) == "scene-linear"


def test_an_interop_identifier_goes_before_chromaticities() -> None:
    for said, space in (
        ("lin_ap0_scene", "ACES2065-1"),
        ("ARRI LogC4", "ARRI LogC4"),
        ("acescct", "ACEScct"),
    ):
        found = colour_of(StatedColour(space=said, chromaticities=AP1, linear=True))
        assert (found.tags.space, found.known_from) == (space, "tags")
    for said in ("unheard_of", "data"):
        found = colour_of(StatedColour(space=said, chromaticities=AP1, linear=True))
        assert found.tags.space == "ACEScg"
    odd = colour_of(StatedColour(chromaticities=(0.5, 0.3) * 4, linear=True))
    assert odd.known_from == "guess" and "chromaticities" in odd.doubt
    srgb = colour_of(StatedColour(space="srgb_rec709_scene"))
    assert (srgb.tags.space, srgb.tags.transfer, srgb.known_from) == ("", "iec61966-2-1", "tags")
    named = colour_of(StatedColour(space="unheard_of"))
    assert named.known_from == "guess" and "unheard_of" in named.doubt


def test_other_views_and_layers_are_told_and_left_alone(tmp_path: Path) -> None:
    pixels = np.full((8, 16, 3), 0.5, np.float16)
    parts = [OpenEXR.Part({"name": name}, {"RGB": pixels}, name) for name in ("right", "left")]
    OpenEXR.File(parts).write(str(tmp_path / "stereo.1001.exr"))
    report = examine(tmp_path / "stereo.1001.exr")
    told = [warning.says for warning in report.warnings if warning.concern is Concern.OTHER_PICTURES]
    assert len(told) == 1 and "right" in told[0] and "left" not in told[0].split("Faces")[0]


@pytest.mark.parametrize("what", ["CMYK", "pages"])
def test_pictures_for_print_and_of_several_pages_are_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "scan.1001.tif"
    spec = oiio.ImageSpec(8, 8, 4 if what == "CMYK" else 3, "uint8")
    if what == "CMYK":
        spec.attribute("tiff:ColorSpace", "CMYK")
    out = oiio.ImageOutput.create(str(path))
    if what == "pages":
        assert out.open(str(path), (spec, spec))
        out.write_image(np.zeros((8, 8, 3), np.uint8))
        assert out.open(str(path), spec, "AppendSubimage")
    else:
        assert out.open(str(path), spec)
    out.write_image(np.zeros((8, 8, spec.nchannels), np.uint8))
    out.close()
    with pytest.raises(UnreadableMedia, match="print" if what == "CMYK" else "pages"):
        examine(path)
