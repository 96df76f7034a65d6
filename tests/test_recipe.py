"""Recipes: what they may say, and how they say what is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from understudy.domain.errors import BadInput, BadSettings
from understudy.domain.people import Basis, Use
from understudy.recipe import Recipe, parse_recipe, read_recipe

SHOT = "[[shot]]\npath = 'clip.mov'\nperformer = 'mira'\ndonor = 'rowan'"
GOOD = """
[production]
folder = "show"
[people.rowan]
consent = { basis = "synthetic", uses = ["train", "replace", "deliver"], description = "made up" }
clips = [{ path = "clip.mov", in = 3, out = 9 }]
[people.mira]
consent = { basis = "synthetic", uses = ["train", "likeness", "deliver"], description = "made up" }
clips = [{ path = "clip.mov" }]
[shot]
path = "clip.mov"
performer = "rowan"
donor = "mira"
[train]
preset = "quick"
minutes = 4
[deliver]
to = "out"
movies = ["prores4444"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "clip.mov").touch()
    return tmp_path


def parse(text: str, home: Path) -> Recipe:
    return parse_recipe(tomllib.loads(text), home)


def test_a_good_recipe(home: Path) -> None:
    recipe = parse(GOOD, home)
    assert recipe.folder == home / "show"
    assert recipe.party("rowan").clips[0].in_index == 3
    assert recipe.party("mira").consent.basis is Basis.SYNTHETIC
    assert Use.LIKENESS in recipe.party("mira").consent.uses
    assert (recipe.preset, recipe.train) == ("quick", {"minutes": 4})
    assert recipe.deliver_to == str(home / "out")
    (shot,) = recipe.shots
    assert (shot.name, shot.donor, shot.truth) == ("clip", "mira", None)


@pytest.mark.parametrize(
    "old, new, error, says",
    [
        ("minutes = 4", "minuets = 4", BadSettings, "train.minuets"),
        ('preset = "quick"', 'preset = "slow"', BadSettings, "slow"),
        ('donor = "mira"', 'donor = "mona"', BadSettings, "mona"),
        ('path = "clip.mov"\nperformer', 'path = "gone.mov"\nperformer', BadInput, "gone.mov"),
        ('basis = "synthetic"', 'basis = "sure"', BadSettings, "sure"),
        ('uses = ["train", "replace", "deliver"]', 'uses = ["steal"]', BadSettings, "steal"),
        ('"prores4444"', '"prores9"', BadSettings, "prores9"),
        ("in = 3", 'in = "3"', BadSettings, "clips.in"),
        ("[shot]", "[shoot]\nx = 1\n[shot]", BadSettings, "shoot"),
        ("[shot]", f"{SHOT}\n{SHOT}\n[other]", BadSettings, "unknown recipe key other"),
        ("[shot]", f"{SHOT}\n[[shot]]", BadSettings, "one name"),
        ("minutes = 4", "minutes = -4", BadSettings, "minutes"),
    ],
)
def test_a_bad_recipe_says_what_is_wrong(
    home: Path, old: str, new: str, error: type[Exception], says: str
) -> None:
    assert old in GOOD
    with pytest.raises(error, match=says):
        parse(GOOD.replace(old, new), home)


def test_a_person_without_consent_is_refused(home: Path) -> None:
    table = tomllib.loads(GOOD)
    del table["people"]["mira"]["consent"]
    with pytest.raises(BadSettings, match=r"people\.mira has no consent"):
        parse_recipe(table, home)


def test_the_demo_recipe_is_good() -> None:
    demo = Path(__file__).resolve().parent.parent / "demo" / "recipe.toml"
    assert read_recipe(demo).preset == "quick"
