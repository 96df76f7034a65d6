"""Fixtures that several tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.replaced_shots import make_replaced_show

from understudy.demo.tiny_shot import ALGORITHM, TinyShot, make_tiny_shot
from understudy.model_files import ModelFiles

if TYPE_CHECKING:
    from tests.edit_show import Show

# The same examples every time: a run that fails for others can be repeated. Look for new ones with
# HYPOTHESIS_PROFILE=fresh. A busy machine fails no test: nothing here is about the clock.
_ON_BUSY_MACHINES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _ON_BUSY_MACHINES, derandomize=True)
settings.register_profile("fresh", _ON_BUSY_MACHINES)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# Whichever module of tests imports these first.
pytest.register_assert_rewrite("tests.edit_hosts.contract", "tests.edit_hosts.placing_contract")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    """The pinned model files; fetched on first use, kept in `.cache/models` or $UNDERSTUDY_MODELS."""
    return ModelFiles(Path(os.environ.get("UNDERSTUDY_MODELS", ROOT / ".cache" / "models")))


@pytest.fixture(scope="session")
def tiny_shot(model_files: ModelFiles) -> TinyShot:
    """24 frames each of performer, donor, plate and true replacement; kept in `.cache/tiny_shot`."""
    folder = ROOT / ".cache" / "tiny_shot" / str(ALGORITHM)
    return make_tiny_shot(folder, head_data=model_files.path("head_data"))


@pytest.fixture(scope="session")
def replaced_show(tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot) -> Path:
    """A production at rest: the tiny shot replaced and measured. Tests work on copies of it."""
    return make_replaced_show(tmp_path_factory.mktemp("replaced") / "show", tiny_shot)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production's folder whose shot can be edited; nobody opens it, `show` opens copies."""
    from tests.edit_show import new_film

    return new_film(tmp_path_factory.mktemp("film") / "film")


@pytest.fixture
def show(film: Path, tmp_path: Path) -> Iterator[Show]:
    """A production of the test's own with a shot to edit."""
    from tests.edit_show import copied_show

    with copied_show(film, tmp_path) as opened:
        yield opened
