"""Every editor's side: installed, removed, run by itself, in the wheel, and Blender's by Blender."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.edit_hosts.blender_stage import VERSIONS, blender_words

import understudy_bridge
from understudy.cli import understudy_command
from understudy.domain.errors import BadInput, BadSettings, NotFound
from understudy_bridge.installing import plan as plan_module
from understudy_bridge.installing.blender import install_into, program
from understudy_bridge.installing.doing import install, remove_host
from understudy_bridge.installing.format import SYSTEMS, read_installation
from understudy_bridge.installing.places import Places
from understudy_bridge.installing.plan import host_names, plan_installation

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = Path(understudy_bridge.__file__).resolve().parent


def test_places_of_each_system(tmp_path: Path) -> None:
    windows = Places(
        system="windows",
        home=tmp_path,
        variables={"LOCALAPPDATA": str(tmp_path / "L"), "APPDATA": str(tmp_path / "R")},
    )
    assert windows.our_folder() == tmp_path / "L/understudy/editors"
    assert windows.paths_of("%APPDATA%\\Cutter\\x.py") == [tmp_path / "R/Cutter/x.py"]
    macos = Places(system="macos", home=tmp_path)
    assert macos.our_folder() == tmp_path / "Library/Application Support/understudy/editors"
    linux = Places(system="linux", home=tmp_path, variables={"XDG_DATA_HOME": str(tmp_path / "D")})
    assert linux.our_folder() == tmp_path / "D/understudy/editors"
    assert Places(system="linux", home=tmp_path).our_folder() == tmp_path / ".local/share/understudy/editors"
    assert linux.paths_of("~/x/*/y") == []
    assert linux.paths_of("${XDG_DATA_HOME}/a") == [tmp_path / "D/a"]
    with pytest.raises(BadSettings, match="whole path"):
        linux.paths_of("a/b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "`systems`"),
        ("[", "install.toml"),
        ('systems = ["linux"]', "`name`"),
        ('name = "x"\nsystems = ["beos"]', "`systems`"),
        ('name = "x"\nsystems = ["linux"]\ncolour = 1', "'colour'"),
        ('name = "x"\nsystems = ["linux"]\nentry = 3', "entry"),
        ('name = "x"\nsystems = ["linux"]\n[[entry]]\nlinux = "~/x"', "`file`"),
        ('name = "x"\nsystems = ["linux"]\n[[entry]]\nfile = "../x"', "own folder"),
        ('name = "x"\nsystems = ["linux"]\n[[entry]]\nfile = "/etc/x"', "own folder"),
        ('name = "x"\nsystems = ["linux"]\n[[entry]]\nfile = "x"\nblock = 1', "`block`"),
        ('name = "x"\nsystems = ["linux"]\n[[entry]]\nfile = "x"\nlinux = [3]', "`linux`"),
        ('name = "x"\nsystems = ["linux"]\npacking = "..\\\\x.py"', "own folder"),
    ],
)
def test_a_wrong_install_toml_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "install.toml").write_text(text)
    with pytest.raises(BadSettings, match=says):
        read_installation(tmp_path)
    with pytest.raises(BadSettings, match="cannot be read"):
        read_installation(tmp_path / "nowhere")


@pytest.mark.parametrize("host", host_names())
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_editor_can_be_installed_and_removed(tmp_path: Path, host: str, system: str) -> None:
    installation = read_installation(PACKAGE / "hosts" / host)
    home = tmp_path / "home"
    home.mkdir()
    variables = {
        name: str(home / name) for name in ("APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "PROGRAMDATA")
    }
    places = Places(system=system, home=home, variables=variables)
    if system not in installation.systems:
        with pytest.raises(BadSettings, match="runs on"):
            plan_installation(host, tmp_path / "ours", places)
        return
    plan = plan_installation(host, tmp_path / "ours", places)
    assert not any(
        part in (".git", "node_modules", "__pycache__") for path in plan.files for part in path.parts
    )
    for path, data in plan.files.items():
        inside = (tmp_path / "ours") in path.parents
        assert inside or home in path.parents
        assert inside or plan_module.FOLDER_TEXT.encode() not in data
        if path.suffix == ".py":
            compile(data, str(path), "exec", dont_inherit=True)
    for lines_of_ours in plan.blocks.values():
        compile(lines_of_ours, "block", "exec", dont_inherit=True)
    if system != installation.systems[0]:
        return
    outcome = install(plan)
    assert sorted(outcome.written) == sorted(str(path) for path in (*plan.files, *plan.blocks))
    remove_host(host, tmp_path / "ours")
    assert list(home.rglob("*")) == [] and not (tmp_path / "ours").exists()


def test_every_editor_has_its_files_in_the_package_data() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = settings["package-data"]["understudy_bridge"]
    shipped = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    for host in host_names():
        folder = PACKAGE / "hosts" / host
        leave_out = read_installation(folder).leave_out
        for path in plan_module._files_below(folder, leave_out):
            name = path.relative_to(PACKAGE).as_posix()
            assert path in shipped or path.suffix == ".py", f"{name} would be missing in the wheel"


def test_a_copy_of_the_panel_runs_by_itself(tmp_path: Path) -> None:
    """Beside an editor's scripts there is nothing else of ours to import."""
    places = Places(system="linux", home=tmp_path)
    install(plan_installation("resolve", tmp_path / "ours", places))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import understudy_bridge.panel.worker;"
        "import understudy_bridge; print(understudy_bridge.__file__)"
    )
    words = [sys.executable, "-I", "-S", "-c", program, str(tmp_path / "ours")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).parent == tmp_path / "ours" / "understudy_bridge"


def test_the_verb_tells_plans_installs_and_removes(tmp_path: Path) -> None:
    def run(*words: str) -> dict[str, list[str]]:
        environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": None}
        answer = CliRunner().invoke(
            understudy_command, ["--json", "bridge", "install", *words], env=environment
        )
        assert answer.exit_code == 0, answer.output
        told: dict[str, list[str]] = json.loads(answer.stdout)
        return told

    planned = run("resolve", "--dry-run")
    assert planned["dry_run"] and list(tmp_path.iterdir()) == []
    told = run("resolve")
    assert told["written"] == planned["written"] and told["says"]
    assert all(Path(path).is_relative_to(tmp_path) and Path(path).is_file() for path in told["written"])
    assert sorted(run("resolve", "--remove", "--dry-run")["removed"]) == sorted(told["written"])
    assert sorted(run("resolve", "--remove")["removed"]) == sorted(told["written"])
    text = CliRunner().invoke(
        understudy_command, ["bridge", "install", "resolve", "--to", str(tmp_path / "t"), "--dry-run"]
    )
    assert f"would be written: {tmp_path / 't' / 'understudy_bridge'}" in text.output
    wrong = CliRunner().invoke(understudy_command, ["bridge", "install", "resolve", "--blender", "x"])
    assert isinstance(wrong.exception, BadSettings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("echo Cutter 3", "did not install the add-on (Cutter 3)"),
        ("echo Blender 4.5.1; echo no such repository >&2; exit 3", "no such repository"),
    ],
)
def test_what_does_not_install_the_add_on_is_named(tmp_path: Path, text: str, says: str) -> None:
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\n{text}\n")
    other.chmod(0o755)
    with pytest.raises(BadInput) as refused:
        install_into(other, tmp_path / "x.zip")
    assert says in str(refused.value) and "from its preferences" in str(refused.value)
    with pytest.raises(NotFound, match="cannot be started"):
        install_into(tmp_path / "nowhere", tmp_path / "x.zip")


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_blender_installs_the_add_on(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = blender_words(version)
    for name in ("HOME", "BLENDER_USER_RESOURCES"):
        monkeypatch.setenv(name, str(tmp_path))
    plan = plan_installation("blender", tmp_path / "ours", Places(system="linux", home=tmp_path))
    (package,) = (Path(path) for path in install(plan).written)
    if version == "3.4":
        assert install_into(Path("blender"), package).startswith("3.4")
    else:  # the module bpy has no program: its Python runs the same text
        python = [word for word in words if word.endswith("/python")]
        done = subprocess.run(
            [*python, "-c", program(package)], capture_output=True, text=True, check=True, timeout=120
        )
        assert f"was installed into Blender {version}" in done.stdout
    assert list(tmp_path.rglob("understudy_sequencer/__init__.py"))
    assert list(tmp_path.rglob("userpref.blend"))


@pytest.mark.slow
def test_the_wheel_has_every_editors_side(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "out")
    for name in ("backend", "nle_bridge"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=ignored)
    (source / "review_ui/understudy_review/page").mkdir(parents=True)
    (source / "review_ui/understudy_review/__init__.py").touch()
    modules = source / "nle_bridge/understudy_bridge/hosts/resolve/node_modules/x"
    modules.mkdir(parents=True)
    for name in ("index.js", "package.json"):
        (modules / name).touch()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    program = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True, timeout=300)
    (wheel,) = source.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert not any("node_modules" in name for name in packed)
    for host in host_names():
        folder = PACKAGE / "hosts" / host
        for path in plan_module._files_below(folder, read_installation(folder).leave_out):
            assert f"understudy_bridge/{path.relative_to(PACKAGE).as_posix()}" in packed
        assert f"understudy_bridge/hosts/{host}/install.toml" in packed
    assert "understudy_bridge/panel/LICENSE" in packed
