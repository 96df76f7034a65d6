from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.clip_name import name_of_clip
from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.shot import Plate
from understudy.media.sequence_files import (
    clip_files,
    clip_sha256,
    file_of,
    files_of,
    find_sequence,
    is_sequence_name,
    names_between,
    numbered,
    plate_sha256,
    sequence_sha256,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (998, 999, 1001, 10000):
        (tmp_path / f"plate_v03.{number:04}.exr").write_text(str(number))
    for hidden in (".plate_v03.1000.exr", ".plate_v03.1002.x.part.exr", "plate_v03.1002.exr.tmp"):
        (tmp_path / hidden).touch()
    return tmp_path


NAMES = ("####", "#", "%04d", "%d", "@@@@", "$F4", "$F", "0998", "1001", "10000", "<UDIM>")


@pytest.mark.parametrize("token", NAMES)
def test_one_sequence_by_all_its_names(folder: Path, token: str) -> None:
    found = find_sequence(str(folder / f"plate_v03.{token}.exr"))
    assert list(found.files) == [998, 999, 1001, 10000] and found.wanted == ()
    assert found.pattern == str(folder / "plate_v03.####.exr")
    assert found.files[998] == folder / "plate_v03.0998.exr"
    assert (found.first, found.last, len(found.missing)) == (998, 10000, 9003 - 4)
    assert find_sequence(str(folder)).pattern == found.pattern


def test_a_name_with_a_range_says_what_is_wanted(folder: Path) -> None:
    found = find_sequence(str(folder / "plate_v03.998-1003#.exr"))
    assert found.wanted == tuple(range(998, 1004))
    with pytest.raises(UnreadableMedia, match="below zero"):
        find_sequence(str(folder / "plate_v03.-5-3#.exr"))


def test_names_without_a_sequence_are_refused_with_the_reason(folder: Path) -> None:
    (folder / "still.exr").touch()
    for name, reason in (
        ("other.####.exr", "no pictures are found"),
        ("plate_v03.1002.exr", "does not exist"),
        ("still.exr", "no frame number"),
        ("away/plate.####.exr", "cannot be read"),
    ):
        with pytest.raises(UnreadableMedia, match=reason):
            find_sequence(str(folder / name))


def test_a_folder_must_hold_exactly_one(folder: Path) -> None:
    assert is_sequence_name(str(folder)) and not is_sequence_name(str(folder / "a.mov"))
    (folder / "other.1001.dpx").touch()
    with pytest.raises(
        UnreadableMedia, match=r"2 sequences of pictures \(other\.#\.dpx, plate_v03\.#\.exr\)"
    ):
        find_sequence(str(folder))


def test_negative_numbers_and_mixed_paddings_are_refused(folder: Path) -> None:
    (folder / "plate_v03.01001.exr").touch()
    with pytest.raises(UnreadableMedia, match=r"different ways.*plate_v03.01001.exr"):
        find_sequence(str(folder / "plate_v03.#.exr"))
    assert list(find_sequence(str(folder / "plate_v03.%05d.exr")).files) == [1001, 10000]
    assert list(find_sequence(str(folder / "plate_v03.01001.exr")).files) == [1001, 10000]
    (folder / "plate_v03.01001.exr").unlink()
    (folder / "plate_v03.-001.exr").touch()
    for name in ("plate_v03.####.exr", "plate_v03.1001.exr", "plate_v03.-001.exr", ""):
        with pytest.raises(UnreadableMedia, match="negative number"):
            find_sequence(str(folder / name))


def test_a_dash_before_the_number_is_no_sign(tmp_path: Path) -> None:
    for number in (7, 8, 12):
        (tmp_path / f"take2-{number}.png").touch()
    found = find_sequence(str(tmp_path / "take2-8.png"))
    assert list(found.files) == [7, 8, 12] and found.pattern == str(tmp_path / "take2-#.png")


def test_numbers_far_apart_are_no_sequence(tmp_path: Path) -> None:
    for number in ("0001", "999999999"):
        (tmp_path / f"plate.{number}.exr").touch()
    with pytest.raises(UnreadableMedia, match="too far apart"):
        find_sequence(str(tmp_path))
    (tmp_path / "plate.99999999999999999999.exr").touch()
    with pytest.raises(UnreadableMedia, match="more than 9 digits"):
        find_sequence(str(tmp_path))


@given(
    number=st.integers(0, 10**8), digits=st.integers(1, 8), base=st.sampled_from(["plate.", "a#b_", "v03_"])
)
def test_a_pattern_and_a_number_name_one_file(number: int, digits: int, base: str) -> None:
    made = numbered(f"/show/#1/{base}{'#' * digits}.exr", number)
    assert made == Path(f"/show/#1/{base}{number:0{digits}}.exr")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/show/plate_v03.####.exr", "plate_v03"),
        ("/show/plate.1001-1010#.exr", "plate"),
        ("/show/take2-%04d.png", "take2"),
        ("/show/plate.1001.exr", "plate"),
        ("/show/1001.dpx", "1001"),
        ("/show/A001.2026.mov", "A001.2026"),
    ],
)
def test_a_shot_is_named_after_the_clip_without_its_numbers(path: str, name: str) -> None:
    assert name_of_clip(Path(path)) == name


def plate_on(folder: Path, **kind: object) -> Plate:
    plate = Plate(
        path=str(folder / "plate_v03.####.exr"), sha256="", width=1, height=1, rate=Fraction(24),
        file_frames=4, first_index=0, last_index=1, first_frame=998, sequence_start=998,
    )  # fmt: skip
    return replace(plate, **kind)  # type: ignore[arg-type]


def test_a_plate_knows_its_files_and_their_hash(folder: Path) -> None:
    plate = plate_on(folder)
    assert file_of(plate, 3) == folder / "plate_v03.1001.exr"
    assert list(files_of(plate)) == [998, 999, 1001]
    hashes = {number: sha256_of(path) for number, path in files_of(plate).items()}
    lines = "".join(f"{number} {digest}\n" for number, digest in hashes.items())
    assert plate_sha256(plate) == hashlib.sha256(lines.encode()).hexdigest()
    whole = sequence_sha256(find_sequence(str(folder)))
    assert whole == clip_sha256(folder) == clip_sha256(folder / "plate_v03.%04d.exr") != plate_sha256(plate)
    (folder / "plate_v03.0999.exr").write_text("another")
    assert clip_sha256(folder) != whole


def test_the_files_of_a_clip_by_any_name(folder: Path) -> None:
    assert clip_files("/show/a.mov") == (Path("/show/a.mov"),)
    assert len(clip_files(folder / "plate_v03.$F4.exr")) == 4
    assert clip_files(folder / "nothing.####.exr") == ()
    with pytest.raises(UnreadableMedia, match=r"gone\.mov cannot be read"):
        clip_sha256(folder / "gone.mov")


def test_names_are_told_without_looking_for_the_files() -> None:
    assert names_between("/shots/a#b.###.exr", 998, 1001) == [
        "a#b.998.exr", "a#b.999.exr", "a#b.1000.exr", "a#b.1001.exr"
    ]  # fmt: skip
    assert numbered("/shots/#1/plate.####.dpx", 7) == Path("/shots/#1/plate.0007.dpx")
