"""Training end to end on drawn faces: it learns, resumes exactly, stops, diverges and starts by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.drawn_facesets import drawn_faceset

from understudy.config import TrainConfig
from understudy.domain.errors import (
    BadCheckpoint,
    BadFaceset,
    DeviceOutOfMemory,
    ModelFileMissing,
    Stopped,
    TrainingDiverged,
    WrongModelFamily,
)
from understudy.domain.job import Event, EventKind
from understudy.networks import checkpoint
from understudy.networks.card import read_card
from understudy.networks.checkpoint import list_checkpoints, load, load_swapper
from understudy.networks.device import named_out_of_memory
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.families import make_swapper
from understudy.stages.train import train

CPU = torch.device("cpu")
CONFIG = TrainConfig(
    family="quick", size_px=64, batch=2, iterations=6, learning_rate=1e-3, device="cpu", threads=1,
    preview_s=1e6, checkpoint_s=1e6,
)  # fmt: skip
Facesets = list[LoadedFaceset]


@pytest.fixture(scope="module")
def pair() -> list[LoadedFaceset]:
    return [drawn_faceset("anna", seed=1), drawn_faceset("bert", seed=2)]


def run(
    facesets: Facesets, config: TrainConfig, folder: Path, *, stop_after: int = 10**9
) -> tuple[Path, list[Event]]:
    events: list[Event] = []
    asked = iter(range(10**9))
    path = train(facesets, config, folder, emit=events.append, stopping=lambda: next(asked) >= stop_after)
    return path, events


def run_by_ticks(facesets: Facesets, config: TrainConfig, folder: Path) -> Path:
    """Train with a clock that moves a second whenever it is read."""
    ticks = iter(range(10**6))
    clock = lambda: float(next(ticks))  # noqa: E731
    return train(facesets, config, folder, emit=lambda _: None, stopping=lambda: False, clock=clock)


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    return load(path, "model/") | load(path, "optim/") | load(path, "rng/")


def test_six_steps_equal_three_and_three_more(pair: Facesets, tmp_path: Path) -> None:
    whole, _ = run(pair, CONFIG, tmp_path / "whole")
    with pytest.raises(Stopped):
        run(pair, CONFIG, tmp_path / "parts", stop_after=3)
    assert read_card(list_checkpoints(tmp_path / "parts")[-1]).iterations == 3
    parts, events = run(pair, CONFIG, tmp_path / "parts")
    assert [e.done for e in events if e.kind is EventKind.LOSSES][-1] == 6
    one, other = weights_of(whole), weights_of(parts)
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_it_learns_the_faces(pair: Facesets, tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=40, batch=4)
    path, events = run(pair, config, tmp_path)
    losses = [e.values["total"] for e in events if e.kind is EventKind.LOSSES]
    assert losses[-1] < 0.6 * losses[0]
    loaded = load_swapper(path, CPU)
    assert loaded.card.people == ("anna", "bert") and loaded.card.iterations == 40
    assert loaded.card.losses["total"] > 0 and loaded.card.faceset_sha256 == tuple(f.sha256 for f in pair)
    preview = tmp_path / "preview.000040.jpg"
    assert [e.path for e in events if e.kind is EventKind.PREVIEW][-1] == str(preview) and preview.exists()
    report = (tmp_path / "training_report.html").read_text()
    assert "<polyline" in report and "data:image/jpeg;base64," in report and "anna, bert" in report
    rates = [e for e in events if e.kind is EventKind.PROGRESS]
    assert rates[-1].done == 40 * 8 and rates[-1].rate > 0 and rates[-1].unit == "crops"


def test_a_finished_training_is_left_alone(pair: Facesets, tmp_path: Path) -> None:
    path, _ = run(pair, CONFIG, tmp_path)
    written = path.stat().st_mtime_ns
    again, _ = run(pair, CONFIG, tmp_path)
    assert again == path and path.stat().st_mtime_ns == written


def test_stopping_saves_first(pair: Facesets, tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="iteration 2"):
        run(pair, CONFIG, tmp_path, stop_after=2)
    assert read_card(list_checkpoints(tmp_path)[-1]).iterations == 2


def test_minutes_count_over_sittings(pair: Facesets, tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=10**6, minutes=1.0, checkpoint_s=20.0)
    first = read_card(run_by_ticks(pair, config, tmp_path))
    assert 50 < first.trained_s < 80
    longer = read_card(run_by_ticks(pair, replace(config, minutes=1.5), tmp_path))
    assert 80 < longer.trained_s < 110 and first.iterations < longer.iterations < 2 * first.iterations


def test_only_recent_checkpoints_and_the_best_are_kept(pair: Facesets, tmp_path: Path) -> None:
    run_by_ticks(pair, replace(CONFIG, iterations=8, checkpoint_s=1.0), tmp_path)
    kept = [path.name for path in list_checkpoints(tmp_path)]
    assert kept == ["checkpoint.00000007.safetensors", "checkpoint.00000008.safetensors"]
    assert read_card(tmp_path / checkpoint.BEST_NAME).iterations <= 8


def test_a_damaged_checkpoint_gives_way_to_the_one_before(pair: Facesets, tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=4, checkpoint_s=1.0)
    last = run_by_ticks(pair, config, tmp_path)
    last.write_bytes(last.read_bytes()[:-1000])
    again, events = run(pair, config, tmp_path)
    assert any(e.kind is EventKind.NOTE and "00000004" in e.message for e in events)
    assert read_card(again).iterations == 4


def test_undefined_losses_end_training_and_keep_the_last_good_state(pair: Facesets, tmp_path: Path) -> None:
    good, _ = run(pair, CONFIG, tmp_path / "good")
    model = make_swapper("quick", size_px=64, people=2, learn_mask=True, seed=1)
    for parameter in model.parameters():  # finite weights whose products are not
        torch.nn.init.constant_(parameter, 3e38)
    poisoned = tmp_path / "poisoned.safetensors"
    checkpoint.save(poisoned, read_card(good), {f"model/{k}": v for k, v in model.state_dict().items()})
    with pytest.raises(TrainingDiverged, match="no checkpoint had been written"):
        run(pair, replace(CONFIG, start_from=str(poisoned)), tmp_path / "bad")
    assert list_checkpoints(tmp_path / "bad") == []


def test_starting_from_another_pair_copies_decoders(pair: Facesets, tmp_path: Path) -> None:
    base, _ = run(pair, CONFIG, tmp_path / "base")
    config = replace(CONFIG, start_from=str(base), iterations=1, learning_rate=1e-9)
    path, _ = run([pair[1], drawn_faceset("carl", seed=3)], config, tmp_path / "next")
    old, new = load(base, "model/"), load(path, "model/")
    for name in (name for name in old if name.startswith("decoders.1.")):
        torch.testing.assert_close(new[name.replace("decoders.1.", "decoders.0.")], old[name])
        torch.testing.assert_close(new[name], old[name])
    assert read_card(path).ancestors == (f"{base.name} (6 iterations)",)


def test_three_people_share_one_encoder(pair: Facesets, tmp_path: Path) -> None:
    path, events = run([*pair, drawn_faceset("carl", seed=3)], replace(CONFIG, iterations=2), tmp_path)
    assert len(load_swapper(path, CPU).model.decoders) == 3
    assert "total_2" in next(e for e in events if e.kind is EventKind.LOSSES).values


def test_named_refusals(pair: Facesets, tmp_path: Path) -> None:
    with pytest.raises(ModelFileMissing, match="nowhere"):
        run(pair, replace(CONFIG, start_from=str(tmp_path / "nowhere.safetensors")), tmp_path / "a")
    with pytest.raises(BadFaceset, match="full"):
        run(pair, replace(CONFIG, crop_type="head"), tmp_path / "b")
    with pytest.raises(BadFaceset, match="twice"):
        run([pair[0], pair[0]], CONFIG, tmp_path / "c")
    with pytest.raises(BadFaceset, match="at least one"):
        run([], CONFIG, tmp_path / "d")
    path, _ = run(pair, CONFIG, tmp_path / "e")
    with pytest.raises(WrongModelFamily, match="other people"):
        run([pair[1], pair[0]], CONFIG, tmp_path / "e")
    with pytest.raises(WrongModelFamily, match="settings ask"):
        run(pair, replace(CONFIG, weight_mask=0.0, start_from=str(path)), tmp_path / "f")
    with pytest.raises(DeviceOutOfMemory, match="batch"):
        run(pair, replace(CONFIG, batch=1 << 40), tmp_path / "g")


def test_checkpoints_from_outside_are_checked(pair: Facesets, tmp_path: Path) -> None:
    path, _ = run(pair, CONFIG, tmp_path / "run")
    whole = path.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "longer": whole + b"x", "empty": b"", "text": b"words" * 9}
    for name, data in damaged.items():
        bad = tmp_path / f"{name}.safetensors"
        bad.write_bytes(data)
        with pytest.raises(BadCheckpoint):
            load_swapper(bad, CPU)
    card = read_card(path)
    weights = load(path, "model/")
    first = next(iter(weights))
    for wrong, error in (
        ({**weights, first: torch.full_like(weights[first], float("nan"))}, BadCheckpoint),
        ({**weights, first: weights[first][:1]}, WrongModelFamily),
        ({name: weights[name] for name in list(weights)[1:]}, WrongModelFamily),
    ):
        bad = tmp_path / "bad.safetensors"
        checkpoint.save(bad, card, {f"model/{name}": tensor for name, tensor in wrong.items()})
        with pytest.raises(error):
            load_swapper(bad, CPU)


def test_the_card_is_read_back_whole(pair: Facesets, tmp_path: Path) -> None:
    path, _ = run(pair, CONFIG, tmp_path)
    card = read_card(path)
    assert card.config == CONFIG and card.crop_type == "full"
    assert card.encoding == "srgb" and card.algorithm == 1
    assert path.stat().st_mode & 0o777 == 0o644


def test_other_runtime_errors_are_not_taken_for_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shape"), named_out_of_memory("a test"):
        raise RuntimeError("shape mismatch")
