"""`understudy probe`: a clip examined without a server."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests.made_movies import Making, write_uneven
from tests.movie_kinds import Kind, write_kind

from understudy.cli import understudy_command
from understudy.cli.clip_page import clip_page
from understudy.domain.clip_report import ClipReport
from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.plain import from_plain
from understudy.media.examine import examine


def probe(*arguments: str | Path) -> Result:
    return CliRunner().invoke(understudy_command, ["probe", *map(str, arguments)])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    making = Making(
        numbers=[0, 1, 2, 2, *range(4, 24)],
        codec="prores_ks",
        pixel_format="yuv422p10le",
        options={"profile": "hq"},
        rate=Fraction(30000, 1001),
        stream_tags={"timecode": "10:00:59;28", "reel_name": "B002"},
        aspect=Fraction(2),
        sounds=(("pcm_s16le", "stereo", {"language": "eng", "title": "Boom"}), ("aac", "mono", {})),
        container_options={"movflags": "use_metadata_tags"},
        file_tags={"lens": "50 mm"},
    )
    return making.write(tmp_path_factory.mktemp("probe") / "wide.mov")


PAGE = """\
wide.mov

Picture    64 x 48, pixels 2 wide, shown as 128 x 48
           Apple ProRes (iCodec Pro), HQ; Y'CbCr 4:2:2, 10 bit, video range, progressive
Rate       29.97 (30000/1001) pictures a second
Length     24 pictures, 0.801 s; 0 to 23 for --in and --out
Timecode   10:00:59;28 to 10:01:00;23, drop-frame, reel B002
Colour     Gamma 2.4 Encoded Rec.709 (by its tags: primaries bt709, transfer bt709, matrix bt709)
Sound      1: pcm_s16le, 48 kHz, stereo, 16 bit, eng, "Boom"
           2: aac, 48 kHz, mono
File       mov, sha256 {hash}..., {rate:.3g} Mbit/s
It says    lens: 50 mm
           encoder: {encoder}

! duplicates (3): 1 picture repeats the one before. If they should not, ask for the clip again:
  motion will stutter there.
! pixel-aspect: Its pixels are 2 times as wide as high, as the file says. The pictures keep their
  pixels and are shown in shape; give --pixel-aspect if the file is wrong.
"""


def test_the_page_of_a_movie(clip: Path) -> None:
    report = examine(clip)
    wanted = PAGE.format(
        hash=sha256_of(clip)[:16], rate=report.bit_rate / 1e6, encoder=dict(report.facts)["encoder"]
    )
    assert "\n".join(clip_page(report, width=100)) + "\n" == wanted
    assert all(len(line) <= 60 for line in clip_page(report, width=60))


def test_json_is_the_whole_report(clip: Path) -> None:
    for told in (
        probe(clip, "--json"),
        CliRunner().invoke(understudy_command, ["--json", "probe", str(clip)]),
    ):
        assert told.exit_code == 0
        assert from_plain(ClipReport, json.loads(told.output)) == examine(clip)


def test_a_variable_rate_has_no_length_in_seconds(tmp_path: Path) -> None:
    told = probe(write_uneven(tmp_path / "phone.mov", [0, 40, 120, 160, 300, 310, 400]))
    assert told.exit_code == 0
    assert "variable, nominally" in told.output and "7 pictures; 0 to 6" in told.output
    assert "! variable-rate: Its pictures come unevenly, between 7.143 and 100 a second." in told.output


@pytest.mark.parametrize(
    ("turn", "size", "says"),
    [
        (90, "48 x 64", "a quarter to the left"),
        (180, "64 x 48", "upside down"),
        (270, "48 x 64", "to the right"),
    ],
)
def test_a_turned_clip_is_told(tmp_path: Path, turn: int, size: str, says: str) -> None:
    path = write_kind(Kind("mjpeg", 8, "420", "full", "25", turn), tmp_path)
    lines = list(clip_page(examine(path), width=100))
    assert lines[2].startswith(f"Picture    {size}, turned") and says in lines[2]


def test_a_sequence_is_told_too(tmp_path: Path) -> None:
    for number in (7, 8, 10):
        cv2.imwrite(str(tmp_path / f"plate.{number:04}.png"), np.full((8, 16, 3), 20 * number, np.uint8))
    for name in (tmp_path / "plate.####.png", tmp_path / "plate.0008.png"):
        told = probe(name)
        assert told.exit_code == 0
        assert "3 pictures" in told.output and "files 7 to 10, without 9" in told.output
        assert "! missing" in told.output


def test_what_cannot_be_read_is_refused(clip: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mov"
    shutil.copy(clip, cut)
    with cut.open("r+b") as file:
        file.truncate(2000)
    text = tmp_path / "text.mov"
    text.write_text("this is no movie " * 100)
    for path in (cut, text, tmp_path / "nothing.mov"):
        told = probe(path)
        assert isinstance(told.exception, UnreadableMedia) and told.exception.exit_code == 3
        assert path.name in str(told.exception)
