"""What is copied into editors: Python 3.9 as it is written, the standard library, relative imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import understudy_bridge
from understudy_bridge.installing.plan import FOLDER_TEXT

PACKAGE = Path(understudy_bridge.__file__).resolve().parent
HOSTS = sorted(path for path in (PACKAGE / "hosts").iterdir() if (path / "README.md").is_file())
FILES = sorted(
    path
    for folder in ("panel", "hosts")
    for path in (PACKAGE / folder).rglob("*.py")
    if "node_modules" not in path.parts
)
EDITORS_OWN = {
    *("bpy", "mathutils", "nuke", "nukescripts", "hiero", "DaVinciResolveScript", "fusionscript"),
    *("PySide2", "PySide6"),
}
STANDARD = sys.stdlib_module_names - {"tomllib"}
LATER_THAN_39 = {
    "contextlib": {"aclosing", "chdir"},
    "datetime": {"UTC"},
    "enum": {"StrEnum"},
    "hashlib": {"file_digest"},
    "itertools": {"batched", "pairwise"},
    "types": {"NoneType"},
    "typing": {
        *("Concatenate", "LiteralString", "Never", "NotRequired", "ParamSpec", "Required", "Self"),
        *("TypeAlias", "TypeGuard", "assert_never", "override"),
    },
}


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Level, module and name of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.level, node.module or "", alias.name


@pytest.mark.parametrize("path", FILES, ids=named)
def test_it_is_python_3_9(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
    later = [name for _, module, name in imports(tree) if name in LATER_THAN_39.get(module, set())]
    assert later == []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = {keyword.arg for keyword in call.keywords}
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        assert not (name == "dataclass" and given & {"slots", "kw_only"}), f"line {call.lineno}"
        assert not (name == "zip" and "strict" in given), f"line {call.lineno}"
    assert list(unions_that_run(tree)) == []
    delayed = any(module == "__future__" and name == "annotations" for _, module, name in imports(tree))
    unions = [one for part in annotations(tree) for one in ast.walk(part) if isinstance(one, ast.BinOp)]
    assert delayed or not unions, "from __future__ import annotations is missing"


def annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation is not None):
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield node.returns


def unions_that_run(tree: ast.Module) -> Iterator[int]:
    """Lines with `X | None` where Python 3.9 would compute it."""
    written = {id(part) for annotation in annotations(tree) for part in ast.walk(annotation)}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and id(node) not in written:
            sides = (node.left, node.right)
            if any(isinstance(side, ast.Constant) and side.value is None for side in sides):
                yield node.lineno
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in ("isinstance", "issubclass"):
            assert isinstance(node, ast.Call)
            if isinstance(node.args[1], ast.BinOp):
                yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=named)
def test_it_imports_the_standard_library_and_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(PACKAGE).parts
    home = parts[:2] if parts[0] == "hosts" and len(parts) > 2 else parts[:1]
    for level, module, name in imports(ast.parse(text)):
        if level == 0 and not module.startswith("understudy"):
            assert module.partition(".")[0] in STANDARD | EDITORS_OWN, f"{module} is not in an editor"
            continue
        package = parts[: len(parts) - level] if level else ()
        wanted = (*package, *(module.split(".") if module else (name,)))
        if level == 0:  # an entry finds its package by the path that the installer writes into it
            assert FOLDER_TEXT in text and wanted[0] == "understudy_bridge"
            wanted = wanted[1:]
        assert wanted[: len(home)] == home or wanted[0] == "panel", f"{'.'.join(wanted)} is another's"
        assert path.name != "packing.py"  # runs by itself, in a Python of ours


def test_there_are_such_files() -> None:
    assert {"panel/worker.py", "panel/daemon_calls.py", "hosts/blender/host.py"} <= {
        named(path) for path in FILES
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [("x: int | None = 3", 0), ("def f(a: int | None) -> str | None: ...", 0), ("X = int | None", 1),
     ("isinstance(3, int | str)", 1), ("y = 1 | 2", 0)],
)  # fmt: skip
def test_unions_that_run_are_found(text: str, found: int) -> None:
    assert len(list(unions_that_run(ast.parse(text)))) == found


@pytest.mark.parametrize("folder", HOSTS, ids=lambda path: path.name)
def test_a_readme_opens_with_what_was_tested_and_how(folder: Path) -> None:
    status = (folder / "README.md").read_text("utf-8").splitlines()[0]
    never_run = "Status: contract-tested, never run in the application"
    assert status.startswith("Status: tested live in") if folder.name == "blender" else status == never_run


def test_what_blender_loads_is_gpl_and_nothing_else_is() -> None:
    for path in FILES:
        in_blender = (PACKAGE / "hosts" / "blender") in path.parents
        marked = path.read_text("utf-8").startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
        assert marked == in_blender, path
