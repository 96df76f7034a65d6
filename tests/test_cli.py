"""The command line as a person or a render farm uses it: exit codes, JSON, help, errors on one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.running_backend import RunningBackend

from understudy.cli import understudy_command
from understudy.cli.job_verbs import read_settings
from understudy.cli.progress import clock, openjd_line
from understudy.domain.errors import BadSettings
from understudy.domain.job import Event, EventKind
from understudy.store.production import Production


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
    return subprocess.run(
        [sys.executable, "-m", "understudy", *map(str, arguments)],
        env={**clean, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli") / "show"
    Production.create(folder, "Show")
    backend = RunningBackend.start(folder)
    yield folder
    backend.stop()


@pytest.mark.slow
def test_people_and_consent_by_hand(show: Path, tmp_path: Path) -> None:
    paper = tmp_path / "release.pdf"
    paper.write_bytes(b"signed")
    assert run("-p", show, "person", "add", "rowan").returncode == 0
    refused = run("-p", show, "consent", "check", "rowan", "--use", "train")
    assert refused.returncode == 3
    assert refused.stderr.startswith("understudy: ConsentMissing: rowan")
    assert len(refused.stderr.strip().splitlines()) == 1
    added = run(
        "-p", show, "--json", "consent", "add", "rowan", "--basis", "release", "--use", "train",
        "--description", "scene 12", "--document", paper,
    )  # fmt: skip
    consent = json.loads(added.stdout)
    assert consent["uses"] == ["train"] and len(consent["document_sha256"]) == 64
    assert run("-p", show, "consent", "check", "rowan", "--use", "train").returncode == 0
    for _ in range(2):  # doing it again does no harm
        assert run("-p", show, "consent", "revoke", consent["id"], "--why", "asked").returncode == 0
    assert run("-p", show, "consent", "check", "rowan", "--use", "train").returncode == 3
    assert "whole:" in run("-p", show, "custody", "verify").stdout
    assert "consent.revoked" in run("-p", show, "custody", "list").stdout


def test_errors_have_the_exit_codes_that_farms_expect(show: Path, tmp_path: Path) -> None:
    assert run("no-such-verb").returncode == 2
    assert run("person", "list").returncode == 2  # no production was named
    assert run("-p", tmp_path, "person", "list").returncode == 75  # no server there
    assert run("-p", show, "jobs", "show", "nothing").returncode == 3
    missing = run("-p", show, "--json", "ingest", tmp_path / "gone.mov", "--person", "nobody")
    assert missing.returncode == 3
    assert json.loads(missing.stdout.splitlines()[-1])["error"] == "NotFound"


def test_farm_tasks_end_with_the_code_of_their_error(show: Path, tmp_path: Path) -> None:
    empty = run("render", tmp_path, "-F", "1001", "--public-key", show / "keys")
    assert empty.returncode == 3
    assert "BadBundle" in empty.stderr
    assert run("render", tmp_path, "-F", "1001").returncode == 3  # whom to trust was not said


def test_a_second_server_is_refused_with_the_name_of_the_first(show: Path) -> None:
    second = run("serve", show)
    assert second.returncode == 3
    assert "ProductionInUse" in second.stderr and "is already open in process" in second.stderr


def test_an_unknown_recipe_key_is_named(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[production]\nfolder = 'x'\nflavour = 'new'\n")
    refused = run("run", recipe)
    assert refused.returncode == 2
    assert "production.flavour" in refused.stderr and not (tmp_path / "x").exists()


def test_client_verbs_start_without_torch() -> None:
    code = "import sys, understudy.cli; print([m for m in ('torch', 'cv2', 'av') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_settings_by_file_and_by_name(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("feather_px = 3.0\nmatte = 'hull'\n")
    table = read_settings(file, ("matte=learned", "strength=0.5", 'movies=["h264"]'))
    assert table == {"feather_px": 3.0, "matte": "learned", "strength": 0.5, "movies": ["h264"]}
    with pytest.raises(BadSettings, match="NAME=VALUE"):
        read_settings(None, ("strength",))


def test_progress_forms() -> None:
    event = Event(kind=EventKind.PROGRESS, done=42, total=100, rate=2.0, remaining_s=29.0, unit="frames")
    assert openjd_line(event) == "openjd_progress: 42.0"
    assert (clock(29), clock(3661)) == ("0:29", "1:01:01")


def _verbs(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _verbs(child, (*path, name))
    else:
        yield path, command


@pytest.mark.parametrize(
    "path, verb", [pytest.param(p, v, id=" ".join(p)) for p, v in _verbs(understudy_command)]
)
def test_every_verb_is_explained(path: tuple[str, ...], verb: click.Command) -> None:
    assert verb.help, path
    unexplained = [
        option.name for option in verb.params if isinstance(option, click.Option) and not option.help
    ]
    assert not unexplained
