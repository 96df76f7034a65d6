"""`understudy landmarks`: what is asked for, and the whole way out of a production and into it again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests import fakes
from tests.fakes import FakeBackend
from tests.replaced_shots import PLATE
from tests.running_backend import RunningBackend
from tests.serving import TOKEN, running

from understudy.cli import understudy_command
from understudy.domain.face import load_faces
from understudy.store.production import Production

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


def test_an_import_names_the_file_as_the_server_finds_it(backend: FakeBackend, tmp_path: Path) -> None:
    answer = call("landmarks", "import", SHOT, str(tmp_path / "a.json"), "--set", "threads=1", "--detach")
    assert answer.exit_code == 0, answer.output
    (job,) = backend.jobs()
    assert job.kind.value == "extract" and job.spec["landmarks"] == str(tmp_path / "a.json")
    assert (job.spec["shot_id"], job.spec["settings"]) == (fakes.SHOT.id, {"threads": 1})


def test_an_export_never_writes_over_a_file(backend: FakeBackend, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("mine")
    answer = call("landmarks", "export", SHOT, str(tmp_path / "a.json"))
    assert answer.exit_code != 0 and "is there already" in str(answer.exception)
    assert not backend.jobs() and (tmp_path / "a.json").read_text() == "mine"


def shot_faces(folder: Path) -> tuple[Path, np.ndarray]:
    with Production.open(folder) as production:
        shot = next(shot for shot in production.shots() if shot.name == PLATE)
        path = production.path(shot.faces)
    return path, load_faces(path).landmarks_NK3


@pytest.mark.slow
def test_landmarks_go_out_and_come_back(replaced_show: Path, tmp_path: Path) -> None:
    folder = tmp_path / "show"
    shutil.copytree(replaced_show, folder)
    before, landmarks = shot_faces(folder)
    backend = RunningBackend.start(folder)
    try:

        def verb(*arguments: str) -> Result:
            return call("-p", str(folder), "--json", "landmarks", *arguments)

        told = verb("export", PLATE, str(tmp_path / "out.json"))
        assert told.exit_code == 0, told.output
        record = json.loads((tmp_path / "out.json").read_text())
        assert (record["schema"], record["plate"]["pixel_aspect"]) == (1, "1")
        assert record["faces"][0]["frame"] == 1001 and len(record["faces"][0]["landmarks"]) == 478
        assert [path.name for path in tmp_path.glob("*.json")] == ["out.json"]
        assert not list(tmp_path.glob(f"{PLATE}_*"))
        told = verb("import", PLATE, str(tmp_path / "out.json"))
        assert told.exit_code == 0, told.output
        record["faces"][2]["landmarks"][7][0] = None
        (tmp_path / "bad.json").write_text(json.dumps(record))
        refused = verb("import", PLATE, str(tmp_path / "bad.json"))
        assert refused.exit_code != 0
        assert "face 2 (frame 1003): landmarks" in str(refused.exception)
        missing = verb("import", PLATE, str(tmp_path / "none.json"))
        assert "there is no landmarks file" in str(missing.exception)
    finally:
        backend.stop()
    after, again = shot_faces(folder)
    assert after != before and again.shape == landmarks.shape
    np.testing.assert_allclose(again, landmarks, atol=1e-3)
