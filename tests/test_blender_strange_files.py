"""A project file with something strange where the adapter writes: it is passed over, in the real Blender."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.edit_hosts.blender_stage import VERSIONS, BlenderStage
from tests.edit_hosts.contract import at, two_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=VERSIONS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderStage]:
    made = BlenderStage(request.param, tmp_path_factory.mktemp("blender"))
    yield made
    made.close()


@pytest.fixture
def built(stage: BlenderStage) -> BlenderStage:
    stage.build(two_clips(stage))
    return stage


@pytest.mark.parametrize(
    "value",
    [
        "5",
        "'no JSON'",
        "'[1]'",
        "'{'",
        "'[' * 100000",
        "{'shot': {'deep': 1}}",
        "[1.5, 2.5]",
    ],
)
def test_what_a_strange_project_file_has_in_our_places_is_passed_over(
    built: BlenderStage, value: str
) -> None:
    before = built.host.timeline()
    for key in ("understudy_uid", "understudy_name", "understudy", "understudy_media"):
        if key != "understudy_uid" or not value.startswith("'"):
            built.run(f"strips['A'][{key!r}] = {value}")
    assert built.host.timeline() == before
    built.host.mark(at(built.host, 10)[1]["uid"], "ident")
    assert at(built.host, 10)[1]["uid"] == "ident"


def test_a_number_below_zero_in_a_project_file_does_not_shut_the_timeline(built: BlenderStage) -> None:
    path = at(built.host, 10)[1]["media"]["path"]
    said = json.dumps({"path": path, "start": -5, "drop_frame": 1})
    before = built.host.timeline()
    built.run(f"strips['A']['understudy_media'] = {said!r}")
    assert built.host.timeline() == before
