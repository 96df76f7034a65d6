"""Fixtures that several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from understudy.model_files import ModelFiles

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    """The pinned model files; fetched on first use, kept in `.cache/models` or $UNDERSTUDY_MODELS."""
    return ModelFiles(Path(os.environ.get("UNDERSTUDY_MODELS", ROOT / ".cache" / "models")))
