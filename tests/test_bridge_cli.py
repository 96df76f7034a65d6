"""`understudy bridge pull` and `push`: from a timeline file to shots, from takes to a new timeline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bridge_timelines import fixed_timeline

from understudy.cli import understudy_command
from understudy.domain.errors import BadSettings, UnderstudyError
from understudy_bridge.core.placing import placed_where
from understudy_bridge.interchange.formats import read_timeline, write_timeline


def run(*words: object) -> Result:
    return CliRunner().invoke(understudy_command, ["bridge", *map(str, words)], catch_exceptions=True)


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "A001.mov").write_bytes(b"")
    write_timeline(fixed_timeline(), tmp_path / "cut.otio")
    return tmp_path / "cut.otio"


def pulled(timeline: Path, *words: object) -> list[dict[str, Any]]:
    mapped = f"/show={timeline.parent / 'show'}"
    answer = run("pull", timeline, "--json", "--path-map", mapped, *words)
    assert answer.exit_code == 0, answer.output
    shots: list[dict[str, Any]] = json.loads(answer.stdout)["shots"]
    return shots


def test_pull_lists_the_shots_and_what_stands_against_them(timeline: Path) -> None:
    found = pulled(timeline, "--marker", "understudy")
    assert [one["shot"]["name"] for one in found] == ["SH010", "SH020"]
    assert found[0]["for_people"]["record"]["timecode_last"] == "01:00:01:23"
    assert found[0]["shot"]["rate"] == "24000/1001"
    assert [problem["kind"] for problem in found[0]["problems"]] == ["transition"]
    assert len(pulled(timeline, "--track", 1)) == 3
    told = run("pull", timeline, "--track", 1)
    assert "3 shots" in told.output and "is not there" in told.output


def test_push_writes_the_takes_above_and_says_what_changed(timeline: Path, tmp_path: Path) -> None:
    last = pulled(timeline, "--track", 1)[2]["shot"]
    takes = tmp_path / "takes.json"
    take = {"shot": last, "media": "/takes/SH030_v001.mov", "version": 1, "frames": 64}
    takes.write_text(json.dumps([take, {**take, "shot": "a", "frames": 10}]))
    out = tmp_path / "out.otio"
    answer = run("push", timeline, takes, "--to", out, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert [change["shot"] for change in told["added"]] == ["c"]
    assert [conflict["error"] for conflict in told["conflicts"]] == ["TakeTooShort"]
    (placed,) = placed_where(read_timeline(out).sequence)
    assert (placed.record_in, placed.record_out) == (last["record_in"], last["record_out"])
    assert (placed.source_in, placed.source_out) == (8, 56)

    takes.write_text(json.dumps([{**take, "media": "/takes/SH030_v002.mov", "version": 2}]))
    later = tmp_path / "later.otio"
    answer = run("push", out, takes, "--to", later)
    assert (
        answer.exit_code == 0
        and "replaced: SH030_v002 on V2" in answer.output
        and "(was v001)" in answer.output
    )
    (placed,) = placed_where(read_timeline(later).sequence)
    assert placed.media == "/takes/SH030_v002.mov" and placed.version == 2


@pytest.mark.parametrize(
    ("takes", "says"),
    [
        ("{}", "no list"),
        ("[", "no list"),
        ("[3]", "no table"),
        ('[{"shot": "z", "media": "m", "version": 1, "frames": 1}]', "neither a shot nor the uid"),
        ('[{"shot": "a", "media": "m", "version": 0, "frames": 1}]', "`version`"),
        ('[{"shot": "a", "media": "m", "version": 1, "frames": 1, "x": 1}]', "unknown key 'x'"),
        ('[{"shot": {}, "media": "m", "version": 1, "frames": 1}]', "ShotRef"),
    ],
)
def test_a_wrong_list_of_takes_writes_nothing(timeline: Path, tmp_path: Path, takes: str, says: str) -> None:
    (tmp_path / "takes.json").write_text(takes)
    answer = run("push", timeline, tmp_path / "takes.json", "--to", tmp_path / "out.otio")
    assert isinstance(answer.exception, UnderstudyError) and says in str(answer.exception)
    assert not (tmp_path / "out.otio").exists()


def test_the_timeline_itself_is_never_written_over(timeline: Path, tmp_path: Path) -> None:
    before = timeline.read_bytes()
    (tmp_path / "takes.json").write_text('[{"shot": "a", "media": "m.mov", "version": 1, "frames": 90}]')
    (tmp_path / "link.otio").symlink_to(timeline)
    for target in (timeline, tmp_path / "link.otio", tmp_path / "show" / ".." / "cut.otio"):
        answer = run("push", timeline, tmp_path / "takes.json", "--to", target)
        assert isinstance(answer.exception, BadSettings) and "--to" in str(answer.exception)
    assert timeline.read_bytes() == before and (tmp_path / "link.otio").is_symlink()


def test_the_bridge_loads_neither_torch_nor_grpc() -> None:
    code = (
        "import sys, understudy_bridge.interchange.formats, understudy_bridge.core.push;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'grpc', 'av', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_timeline_files_need_opentimelineio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["understudy.cli.bridge"], "find_spec", lambda name: None)
    told = run("pull", tmp_path / "cut.otio").exception
    assert isinstance(told, BadSettings) and "OpenTimelineIO" in str(told)
    assert run("install", "blender", "--to", tmp_path, "--dry-run").exit_code == 0
