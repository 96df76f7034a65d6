"""`pip install` alone gives the working page: every file of it is in the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "review_ui" / "understudy_review"


def page_files() -> set[str]:
    files = (file for file in (PACKAGE / "page").rglob("*") if file.is_file())
    return {file.relative_to(PACKAGE).as_posix() for file in files if not file.name.startswith(".")}


def test_every_file_of_the_page_is_package_data() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["understudy_review"]
    packed = {file.relative_to(PACKAGE).as_posix() for text in patterns for file in PACKAGE.glob(text)}
    needed = {name for name in page_files() if not name.endswith(".d.ts")}  # types are for the editor alone
    assert needed - packed == set()
    assert "page/index.html" in packed


@pytest.mark.slow
def test_the_wheel_has_the_page(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "*.egg-info", "out")
    for name in ("backend", "nle_bridge", "review_ui"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    program = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True, timeout=300)
    (wheel,) = source.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    missing = {name for name in page_files() if f"understudy_review/{name}" not in packed}
    assert {name for name in missing if not name.endswith(".d.ts")} == set()
