"""The verbs on facesets, as a person or a script uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import running
from tests.test_cli_edits import House

from understudy.domain import errors
from understudy.domain.edit import CurateFaces


@pytest.fixture
def house() -> Iterator[House]:
    backend = FakeBackend()
    with running(backend) as server:
        yield House(backend, server.address)


def test_faces_counts_what_is_chosen_and_why_not(house: House) -> None:
    result = house.run("faces", "Anna", "--shot", fakes.SHOT.id)
    header, shot, total, lacking = result.output.splitlines()
    assert header.split("  ")[0] == "shot" and "kept out by an artist" in header and "blurred" in header
    assert shot.split() == [fakes.SHOT.name, "4", "1", "0", "1", "0", "1", "0", "1", "0"]
    assert total.split() == ["all", "8"] + ["1"] * 8
    assert lacking == "too few"
    with pytest.raises(errors.NotFound):
        house.run("faces", "Zoe")


@pytest.mark.parametrize("here", [True, False])
def test_faces_in_json_are_columns(house: House, here: bool) -> None:
    words = ("faces", "Anna", "--shot", fakes.SHOT.id, *(["--json"] if here else []))
    columns = json.loads(house.run(*words, as_json=not here).output)
    assert columns["choices"][:3] == ["chosen", "dropped", "filled"] and columns["frames"][1] == 1002
    assert len(columns["alike_order"]) == 8 and columns["lacking"] == "too few"


def test_curate_drops_and_keeps(house: House) -> None:
    house.run("curate", fakes.SHOT.id, "-F", "1002,1001", "--drop")
    house.run("curate", fakes.SHOT.id, "-F", "1002", "--track", 3, "--keep", "--author", "Bo")
    assert house.made() == [
        CurateFaces(track=0, frames="1001-1002", keep=False),
        CurateFaces(track=3, frames="1002", keep=True),
    ]
    assert "curate_faces" in (listed := house.run("edits", fakes.SHOT.id).output) and "1001-1002" in listed
    assert house.run("curate", fakes.SHOT.id, "-F", "1002").exit_code == 2


def test_coverage_is_a_map_and_words(house: House) -> None:
    lines = house.run("coverage", "Anna", "Mira").output.splitlines()
    assert lines[0].split("  ")[-2:] == ["-10..+0", "+0..+12"]
    assert lines[1].split()[-2:] == ["1/1", "2/2"] and lines[2].split()[-2:] == [".", "4/4"]
    assert lines[1].startswith("+5..-5") and lines[3] == "the donor never smiles"
    report = json.loads(house.run("coverage", "Anna", "Mira", as_json=True).output)
    assert report["donor"]["poses"] == [1, 2, 0, 4]
