"""The Resolve adapter's calls against the published types of its scripting objects."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from understudy_bridge.hosts import resolve

FOLDER = Path(resolve.__file__).parent


def test_every_call_to_resolve_is_a_published_one() -> None:
    """But `GetSelectedClips` of a timeline, newer than the stubs, which the adapter looks for first."""
    stubs = Path(subprocess.__file__).parent  # the standard library, where there are no stubs
    for folder in map(Path, sys.path):
        if (folder / "fusionscript-stubs").is_dir():
            stubs = folder / "fusionscript-stubs"
    published = {
        node.name
        for node in ast.walk(ast.parse((stubs / "fusionscript.pyi").read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    adapter = ["host", "laying", "media", "notes", "program", "reading", "speeds", "takes", "tracks"]
    called = {
        node.attr
        for name in adapter
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text()))
        if isinstance(node, ast.Attribute) and node.attr[0].isupper()
    }
    assert called <= published
    assert len(called) > 40


@pytest.mark.slow
def test_types_of_the_program_are_checked(tmp_path: Path) -> None:
    """The adapter passes, and a call that does not exist would not."""
    assert _mypy(FOLDER) == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from fusionscript import Timeline, TimelineItem\n"
        "def wrong(timeline: Timeline, item: TimelineItem) -> None:\n"
        "    timeline.GetItems()\n"
        "    item.SetClipEnabled()\n"
    )
    assert len(_mypy(wrong)) == 2


def _mypy(path: Path) -> list[str]:
    words = [
        sys.executable,
        "-m",
        "mypy",
        "--no-error-summary",
        "--cache-dir",
        str(path.parent / "cache"),
        str(path),
    ]
    if path == FOLDER:
        words[5] = ".mypy_cache"
    root = FOLDER.parents[3]
    return subprocess.run(words, cwd=root, capture_output=True, text=True, check=False).stdout.splitlines()
