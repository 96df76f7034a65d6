"""Each kind of work on mattes, from its request to what it leaves behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.matte_show import Show, open_show, shape, tools
from tests.tiny_onnx import write_colour_parser

from understudy import pipeline
from understudy.domain.edit import UseLayer
from understudy.domain.frame import Rect
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import ExportSpec, JobSpec, MatteNetSpec, ParseMatteSpec, PropagateSpec
from understudy.jobs.intake import Result, take_in
from understudy.jobs.resolve import resolve
from understudy.jobs.solved_shot import solve_shot
from understudy.matte.layer import layer_index, read_layer
from understudy.work import Work


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    with open_show(tmp_path) as opened:
        opened.consent()
        opened.edit(shape(1003), shape(1008))
        yield opened


def carry_out(show: Show, spec: JobSpec) -> tuple[Work, Result]:
    """What a server and its worker do, in one process."""
    job = show.studio.create_job(spec, new_id())
    work = resolve(spec, job.id, show.production).work
    told = pipeline.run(work, tools(show, stopping=lambda: False))
    return work, take_in(job, work, told, show.production)


def uses(show: Show) -> list[UseLayer]:
    actions = (entry.action for entry in show.production.edits(show.shot.id))
    return [action for action in actions if isinstance(action, UseLayer)]


def test_propagation_makes_a_layer_that_is_cut_out(show: Show) -> None:
    work, result = carry_out(
        show, PropagateSpec(shot_id="plate", keys="1003", frames="1002-1005", name="hand")
    )
    folder = Path(work.folder)  # type: ignore[union-attr]
    assert set(layer_index(folder).frames) >= {1002, 1004}
    assert read_layer(folder, 1004, Rect(75, 55, 4, 4)).mean() > 0.9, "the hand did not come along"
    assert {use.operator for use in uses(show)} == {"-"}
    assert result["applied"] is True


def test_a_net_learns_the_keys_and_proposes_the_rest(show: Show) -> None:
    settings = {"iterations": 2, "size_px": 64, "batch": 2, "threads": 1, "device": "cpu"}
    work, result = carry_out(show, MatteNetSpec(shot_id="plate", settings=settings, frames="1002-1006"))
    folder = Path(work.folder)  # type: ignore[union-attr]
    assert (folder / "net.safetensors").is_file()
    assert result["frames"] == "1002-1006"
    assert uses(show)[-1] == UseLayer(
        name="net", layer_id=str(result["layer_id"]), first=1002, last=1006, operator="&"
    )
    solved = solve_shot(show.shot, show.production)
    drawn = {frame: bool(solved.plan(frame).shapes) for frame in range(1001, 1009)}
    assert drawn == {frame: frame in (1001, 1003, 1007, 1008) for frame in drawn}, (
        "keys stay, between them the net"
    )
    again = MatteNetSpec(
        shot_id="plate",
        start_from=str(result["layer_id"]),
        settings={**settings, "minutes": 0},
        frames="1007",
        name="other",
    )
    assert carry_out(show, again)[1]["frames"] == "1007"


def test_a_parser_makes_a_layer(show: Show) -> None:
    network = show.folder / "parser.onnx"
    write_colour_parser(network, [[1, 0, 0], [0, 1, 0]], [0, 0])
    spec = ParseMatteSpec(
        shot_id="plate", path=str(network), classes=(1,), frames="1001-1002", name="skin", operator="+"
    )
    _, result = carry_out(show, spec)
    assert result["frames"] == "1001-1002"
    assert [use.operator for use in uses(show)] == ["+"]


@pytest.mark.parametrize(
    ("what", "form", "count"),
    [("mattes", "exr", 3), ("mattes", "png", 3), ("alignments", "json", 1), ("alignments", "nk", 2)],
)
def test_exports_are_written_where_the_result_says(show: Show, what: str, form: str, count: int) -> None:
    _, result = carry_out(show, ExportSpec(shot_id="plate", what=what, format=form, frames="1003-1005"))
    files = sorted(path.name for path in Path(str(result["folder"])).iterdir())
    assert files == sorted(result["files"])  # type: ignore[call-overload]
    assert len(files) == count and all(name.endswith(f".{form}") for name in files)


def test_what_a_job_leaves_is_plain_data(show: Show) -> None:
    _, result = carry_out(show, PropagateSpec(shot_id="plate", keys="1003", frames="1002-1004"))
    assert json.loads(json.dumps(result)) == result
    assert np.isfinite([entry["score"] for entry in result["worst"]]).all()  # type: ignore[attr-defined]
