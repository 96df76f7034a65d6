"""The verbs for mattes and measures: what they ask the backend for, and how they answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.cli import understudy_command
from understudy.domain.errors import BadSettings

SHOT = fakes.SHOT.name


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBackend]:
    made = FakeBackend()
    with running(made) as server:
        monkeypatch.setenv("UNDERSTUDY_SERVER", server.address)
        monkeypatch.setenv("UNDERSTUDY_TOKEN", TOKEN)
        monkeypatch.delenv("UNDERSTUDY_PRODUCTION", raising=False)
        yield made


def call(*arguments: str) -> Result:
    return CliRunner().invoke(understudy_command, arguments)


def asked(backend: FakeBackend, *arguments: str) -> dict[str, object]:
    """The job that a verb asks for; its id is the answer."""
    answer = call(*arguments, "--detach", "--request-id", "again")
    assert answer.exit_code == 0, answer.output
    again = call(*arguments, "--detach", "--request-id", "again")
    assert again.output == answer.output
    (job,) = backend.jobs()
    assert answer.output.strip() == job.id
    return {"kind": job.kind.value, **job.spec}


def test_propagate(backend: FakeBackend) -> None:
    job = asked(
        backend, "propagate", SHOT, "--keys", "1010", "-F", "1001-1020", "--source", "keep", "--name", "hand",
        "--author", "ann", "--no-apply", "--set", "drift_limit=0.2",
    )  # fmt: skip
    assert job == {
        "kind": "propagate",
        "shot_id": fakes.SHOT.id,
        "keys": "1010",
        "frames": "1001-1020",
        "source": "keep",
        "name": "hand",
        "author": "ann",
        "apply": False,
        "settings": {"drift_limit": 0.2},
    }


def test_matte_net(backend: FakeBackend) -> None:
    job = asked(
        backend,
        "matte-net",
        SHOT,
        "--labels",
        "1010,1020",
        "--also",
        SHOT,
        "--from",
        "hand",
        "--minutes",
        "4",
    )
    assert (job["labels"], job["also"], job["settings"]) == ("1010,1020", [fakes.SHOT.id], {"minutes": 4})
    assert job["start_from"] == fakes.LAYER.id, "a layer may be named"
    assert (job["name"], job["apply"]) == ("net", True)
    assert job["author"], "an edit is signed with the user's name"


def test_mattes_from_elsewhere(backend: FakeBackend) -> None:
    job = asked(
        backend, "import-matte", SHOT, "hand.####.exr", "--channel", "A", "--invert", "--operator", "-"
    )
    assert job["path"] == str(Path.cwd() / "hand.####.exr")
    assert (job["channel"], job["invert"], job["operator"]) == ("A", True, "-")


def test_a_parser(backend: FakeBackend) -> None:
    job = asked(backend, "parse-matte", SHOT, "/nets/face.onnx", "--classes", "1,2")
    assert (job["path"], job["classes"]) == ("/nets/face.onnx", [1, 2])
    wrong = call("parse-matte", SHOT, "/nets/face.onnx", "--classes", "skin")
    assert isinstance(wrong.exception, BadSettings)


@pytest.mark.parametrize(("what", "form"), [("mattes", "exr"), ("alignments", "json")])
def test_export(backend: FakeBackend, what: str, form: str) -> None:
    job = asked(backend, "export", SHOT, what, "--to", "comp")
    assert (job["format"], job["folder"]) == (form, str(Path("comp").resolve()))


def test_measure(backend: FakeBackend) -> None:
    job = asked(backend, "measure", fakes.TAKE.id, "--worst", "5")
    assert (job["take_id"], job["worst"]) == (fakes.TAKE.id, 5)
    assert call("measure", fakes.TAKE.id, "--worst", "500").exit_code == 2


def test_the_worst_frames_are_a_table(backend: FakeBackend) -> None:
    answer = call("worst", fakes.TAKE.id, "-n", "2", "-F", "1001-1084").output.splitlines()
    assert answer[1].split()[:2] == ["1084", "0.46"]
    assert "seam shows" in answer[1] and "seam 1.08e+03" in answer[1]
    assert answer[-1] == "contact sheet: 1001-1084"
    record = json.loads(call("--json", "worst", fakes.TAKE.id, "-n", "2").output)
    assert [row["frame"] for row in record["frames"]] == [1084, 1083]


def test_the_layers_of_a_shot_are_a_table(backend: FakeBackend) -> None:
    keyed, _, row = call("mattes", SHOT).output.splitlines()
    assert keyed == "keyed frames: 1020"
    assert row.split() == ["hand", "propagate", "1010-1030", "1010-1030", "1030", "(0.40)", fakes.LAYER.id]
    assert json.loads(call("--json", "mattes", SHOT).output)["keyed"] == "1020"
