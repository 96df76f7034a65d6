"""What a test needs of the machine: missing, it is skipped and says so, or fails where CI must have it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str, needs: str) -> str:
    """The path of a program; `needs` is its UNDERSTUDY_NEEDS_... variable, without that beginning."""
    return shutil.which(name) or missing(f"{name} is not installed", needs)


def missing(why: str, needs: str) -> NoReturn:
    """Skip the test, or fail it where UNDERSTUDY_NEEDS_<needs> is 1."""
    if os.environ.get(f"UNDERSTUDY_NEEDS_{needs}") == "1":
        pytest.fail(why)
    pytest.skip(why)
