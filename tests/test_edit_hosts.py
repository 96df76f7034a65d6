"""One contract over every adapter. A new editor is one line in HOSTS and a stage beside the others."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.edit_hosts.contract", "tests.edit_hosts.placing_contract")

from tests.edit_hosts.blender_stage import VERSIONS  # noqa: E402
from tests.edit_hosts.contract import EditHostContract, Stage  # noqa: E402
from tests.edit_hosts.placing_contract import PlacingContract  # noqa: E402

# Each a module with a function (folder) -> Stage. Editors that take seconds to start are marked slow.
HOSTS = (
    pytest.param("tests.edit_hosts.paper_stage:stage", id="paper"),
    pytest.param("tests.edit_hosts.paper_stage:channels", id="paper-channels"),
    pytest.param("tests.edit_hosts.resolve_stage:stage", id="resolve-21"),
    pytest.param("tests.edit_hosts.resolve_stage:older", id="resolve-18"),
    pytest.param("tests.edit_hosts.premiere_stage:stage", id="premiere"),
    pytest.param("tests.edit_hosts.after_effects_stage:stage", id="after-effects"),
    pytest.param("tests.edit_hosts.nuke_stage:stage", id="nuke"),
    pytest.param("tests.edit_hosts.hiero_stage:stage", id="hiero"),
    pytest.param("tests.edit_hosts.blender_stage:newest", id="blender-5.0", marks=pytest.mark.slow),
    pytest.param("tests.edit_hosts.blender_stage:debian", id="blender-3.4", marks=pytest.mark.slow),
    *(
        pytest.param("tests.edit_hosts.blender_stage:long_term", id="blender-4.5", marks=pytest.mark.slow)
        for version in VERSIONS
        if version == "4.5"
    ),
)


@pytest.fixture(scope="module", params=HOSTS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    module, _, name = request.param.partition(":")
    made: Stage = getattr(importlib.import_module(module), name)(tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


class TestEditHosts(EditHostContract):
    """The contract, over every editor."""


class TestPlacing(PlacingContract):
    """The contract with the rules, over every editor."""
