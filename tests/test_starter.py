"""The starter's command on drawn heads: one decoder, small, labelled, and a start that training takes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.drawn_facesets import drawn_faceset

from understudy.config import PRESETS, TrainConfig, settings_from
from understudy.domain.errors import BadInput
from understudy.faces.align import MEAN_FACE, MEAN_FACE_POINTS
from understudy.networks import make_starter
from understudy.networks.card import read_card
from understudy.networks.checkpoint import load
from understudy.networks.start import begin, starter_path


def write_heads(root: Path, *, heads: int, pictures: int) -> None:
    """Drawn crops as pictures with landmarks beside them."""
    for head in range(heads):
        folder = root / f"head{head}"
        folder.mkdir(parents=True)
        for n, crop in enumerate(drawn_faceset("x", seed=head, size_px=96, count=pictures).crops_NKK3):
            cv2.imwrite(str(folder / f"{n:04d}.png"), crop)
            points = np.full((478, 2), 80.0, np.float32)
            points[MEAN_FACE_POINTS] = (MEAN_FACE - 0.5) * 80 + 80
            np.savez(folder / f"{n:04d}.npz", landmarks_K2=points)


def test_the_command_makes_a_labelled_starter_that_training_takes(tmp_path: Path) -> None:
    write_heads(tmp_path / "heads", heads=2, pictures=3)
    out = tmp_path / "starter_quick.safetensors"
    make_starter.main(
        ["--crops", str(tmp_path / "heads"), "--out", str(out), "--iterations", "2", "--threads", "1"]
    )
    card = read_card(out)
    assert card.people == ("starter",) and "synthetic heads only" in card.note and card.iterations == 2
    assert out.stat().st_size <= 8_000_000
    config = settings_from(TrainConfig, {**PRESETS["quick"], "start_from": str(out)}, where="test")
    model, ancestors = begin(config, ["anna", "bert"])
    assert ancestors == ("starter_quick.safetensors (2 iterations)",)
    weights = load(out, "model/")
    for index in (0, 1):
        mine = model.decoders[index].state_dict()["out.conv.weight"]
        assert torch.equal(mine, weights["decoders.0.out.conv.weight"].float())


def test_heads_without_truth_are_refused(tmp_path: Path) -> None:
    (tmp_path / "heads" / "empty").mkdir(parents=True)
    with pytest.raises(BadInput, match="holds no"):
        make_starter.main(["--crops", str(tmp_path / "heads"), "--out", str(tmp_path / "out.safetensors")])


def test_the_bundled_starter_is_what_the_preset_asks_for() -> None:
    path = starter_path("quick")
    card = read_card(path)
    preset = PRESETS["quick"]
    assert (card.family, card.size_px) == (preset["family"], preset["size_px"])
    assert card.people == ("starter",) and card.learn_mask and "synthetic" in card.note
    assert path.stat().st_size <= 8_000_000
