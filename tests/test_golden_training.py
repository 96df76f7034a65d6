"""Ten training steps of each family give the losses they always gave; see tests/golden/README.md."""

from __future__ import annotations

import json

import pytest
from tests.golden.make import golden_path, ten_losses

from understudy.networks.families import Family

RELATIVE = 1e-3


@pytest.mark.parametrize("family", [pytest.param("original", marks=pytest.mark.slow), "quick"])
def test_ten_steps_give_the_golden_losses(family: Family) -> None:
    wanted = json.loads(golden_path(family).read_text())
    assert ten_losses(family) == pytest.approx(wanted, rel=RELATIVE)
