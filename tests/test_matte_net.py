"""The matte net on drawn shots: it learns, goes on exactly, proposes with doubt, and refuses by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.drawn_plates import draw_face, exact_faces, mesh_in_plate

from understudy.config import MatteNetConfig, TrainConfig
from understudy.domain.edit import Curve, Mode
from understudy.domain.errors import (
    BadCheckpoint,
    BadLabels,
    BadSettings,
    FrameOutOfRange,
    Stopped,
    TrainingDiverged,
    WrongModelFamily,
)
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.solved import FramePlan, MatteState, Shape, SolvedShot
from understudy.faces.align import face_square, transform_points
from understudy.matte.layer import LayerOutcome, layer_index, read_layer
from understudy.media.video import open_plate, probe
from understudy.networks import checkpoint
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import load
from understudy.networks.matte_net import make_matte_net
from understudy.networks.matte_net_augment import augmented, hidden_part, label_planes
from understudy.networks.matte_net_checkpoint import NET_NAME, TRAINING_NAME, read_matte_card, save_matte_net
from understudy.networks.matte_net_crops import (
    OFFSETS,
    FaceStack,
    face_stacks,
    inner_transform,
    place_in_plate,
    stored_px,
    stored_transform,
)
from understudy.networks.matte_net_labels import check_labels, make_label, solved_matte
from understudy.networks.matte_net_proposals import Proposal, doubt, looked_at, score_of, undecided
from understudy.networks.matte_net_trainer import MatteTrainer
from understudy.stages.matte_net import ALGORITHM, LabelledPlate, read_labels, train_matte_net

FRAMES = 16
WITHOUT_FACE = 1016
SIZE = Rect(0, 0, 160, 120)
LABELS = (1001, 1004, 1007, 1010, 1013)
CPU = torch.device("cpu")
GOLDEN = [1.428088, 1.438991, 1.390193, 1.352333, 1.340646]
CONFIG = MatteNetConfig(
    size_px=32, iterations=6, minutes=60.0, batch=2, learning_rate=1e-3, device="cpu", threads=1,
    checkpoint_s=1e6, preview_s=1e6,
)  # fmt: skip


def bar(frame: int) -> tuple[float, ...]:
    """Corners of what passes before the face."""
    x = 50.0 + 4 * (frame - 1001)
    return (x, 20.0, x + 14, 20.0, x + 14, 118.0, x, 118.0)


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> LabelledPlate:
    """A face behind a moving bar of nearly its colour, the bar keyed as a shape; the last frame is empty."""
    path = tmp_path_factory.mktemp("shot") / "bar.mov"
    rng = np.random.default_rng(3)
    rows, landmarks = [], []
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for frame in range(1001, 1001 + FRAMES):
            picture = np.full((SIZE.height, SIZE.width, 3), (80, 90, 110), np.uint8)
            if frame != WITHOUT_FACE:
                mesh = mesh_in_plate((80 + np.sin(frame), 62), 60)
                draw_face(picture, mesh, (205, 160, 135))
                landmarks.append(mesh)
                rows.append((frame, 0))
                x0, x1 = int(bar(frame)[0]), int(bar(frame)[2])
                picture[20:118, x0:x1] = (180, 130, 105)
            noisy = picture + rng.normal(0, 2, picture.shape)
            for packet in stream.encode(av.VideoFrame.from_ndarray(noisy.clip(0, 255).astype(np.uint8))):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    faces = exact_faces(rows, landmarks)
    solved = SolvedShot(
        faces=faces,
        square_N4=np.stack([face_square(points) for points in faces.landmarks_NK3]),
        state_N=np.zeros(len(faces), np.int8),
        plans={frame: with_cut(bar(frame)) for frame in LABELS},
    )
    return LabelledPlate(plate=probe(path), solved=solved, labels=LABELS)


def with_cut(points: tuple[float, ...]) -> FramePlan:
    shape = Shape(
        name="bar", mode=Mode.EXCLUDE, points=points, curve=Curve.POLYGON, feather_px=0.0, keyed=True
    )
    return FramePlan(shapes=(shape,), matte=MatteState.KEYED)


def planned(shot: LabelledPlate, plans: dict[int, FramePlan], labels: Sequence[int]) -> LabelledPlate:
    return replace(shot, solved=replace(shot.solved, plans=plans), labels=tuple(labels))


def run(
    shots: LabelledPlate | list[LabelledPlate],
    config: MatteNetConfig,
    folder: Path,
    *,
    frames: Sequence[int] = (1002, 1004, 1005),
    start_from: Path | None = None,
    stop_after: int = 10**9,
) -> tuple[LayerOutcome, list[Event]]:
    events: list[Event] = []
    asked = iter(range(10**9))
    outcome = train_matte_net(
        shots if isinstance(shots, list) else [shots],
        frames=frames, start_from=start_from, config=config, folder=folder, people=["rowan"],
        emit=events.append, stopping=lambda: next(asked) >= stop_after,
    )  # fmt: skip
    return outcome, events


@pytest.fixture(scope="module")
def trained(shot: LabelledPlate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a net that was trained for a moment."""
    folder = tmp_path_factory.mktemp("trained")
    run(shot, CONFIG, folder)
    return folder


def test_it_learns_what_passes_before_the_face(shot: LabelledPlate, tmp_path: Path) -> None:
    config = replace(CONFIG, size_px=64, iterations=110, batch=4, learning_rate=4e-3)
    frames = tuple(shot.plate.frames)
    outcome, events = run(shot, config, tmp_path, frames=frames)
    assert outcome.frames == frames and layer_index(tmp_path).people == ("rowan",)
    net, hull = [], []
    for frame in set(frames) - set(LABELS) - {WITHOUT_FACE, 1015}:
        truth = solved_truth(shot, frame)
        net.append(overlap(read_layer(tmp_path, frame, SIZE), truth))
        hull.append(overlap(solved_truth(planned(shot, {}, ()), frame, cut=False), truth))
    assert np.mean(net) > 0.85 > np.mean(hull)
    losses = [e.values["total"] for e in events if e.kind is EventKind.LOSSES and "total" in e.values]
    assert losses[-1] < 0.5 * losses[0]
    card = read_matte_card(tmp_path / NET_NAME)
    assert card.iterations == 110 and card.people == ("rowan",) and len(card.label_sha256) == 5
    assert card.validation["validation_labels"] == 1 and 0 < card.validation["validation_iou"] <= 1
    assert any("before it learnt them" in note for note in outcome.notes)
    assert [e.path for e in events if e.kind is EventKind.PREVIEW] == [str(tmp_path / "preview.000110.jpg")]
    assert not (tmp_path / TRAINING_NAME).exists()
    assert outcome.scores[1004] == 0 and all(0 < outcome.scores[frame] < 1 for frame in (1002, 1003, 1005))


def solved_truth(shot: LabelledPlate, frame: int, *, cut: bool = True) -> npt.NDArray[np.float32]:
    plans = {frame: with_cut(bar(frame))} if cut else {}
    return solved_matte(replace(shot.solved, plans=plans), frame, SIZE, {})


def overlap(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    return float(((one > 0.5) & (other > 0.5)).sum() / ((one > 0.5) | (other > 0.5)).sum())


def test_labelled_frames_keep_their_own_matte(shot: LabelledPlate, trained: Path) -> None:
    kept = read_layer(trained, 1004, SIZE)
    np.testing.assert_allclose(kept, solved_truth(shot, 1004), atol=1e-3)
    assert kept[62, int(bar(1004)[0]) + 7] == 0 and layer_index(trained).frames[1004].score == 0


def test_frames_without_a_face_are_empty_and_named(
    shot: LabelledPlate, trained: Path, tmp_path: Path
) -> None:
    outcome, _ = run(
        shot, replace(CONFIG, minutes=0.0), tmp_path, frames=(1015, 1016), start_from=trained / NET_NAME
    )
    assert read_layer(tmp_path, WITHOUT_FACE, SIZE).max() == 0 and outcome.scores[WITHOUT_FACE] == 0
    assert any("no face on frames 1016" in note for note in outcome.notes)


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    return load(path, "model/")


def test_six_steps_equal_three_and_three_more(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    reading = len(LABELS)
    with pytest.raises(Stopped, match="iteration 3"):
        run(shot, CONFIG, tmp_path, stop_after=reading + 3)
    assert read_matte_card(tmp_path / TRAINING_NAME).iterations == 3
    run(shot, CONFIG, tmp_path)
    one, other = weights_of(trained / NET_NAME), weights_of(tmp_path / NET_NAME)
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    assert read_layer(trained, 1002, SIZE).tobytes() == read_layer(tmp_path, 1002, SIZE).tobytes()


def test_a_damaged_training_state_begins_anew(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    (tmp_path / TRAINING_NAME).write_bytes(b"rubbish")
    _, events = run(shot, CONFIG, tmp_path)
    assert any("begins anew" in e.message for e in events if e.kind is EventKind.NOTE)
    one, other = weights_of(trained / NET_NAME), weights_of(tmp_path / NET_NAME)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_state_is_saved_every_so_often(shot: LabelledPlate, tmp_path: Path) -> None:
    ticks = iter(range(10**6))
    found = []

    def stopping() -> bool:
        found.append((tmp_path / TRAINING_NAME).exists())
        return False

    train_matte_net(
        [shot], frames=(1002,), start_from=None, config=replace(CONFIG, checkpoint_s=5.0, minutes=2.0),
        folder=tmp_path, people=[], emit=lambda _: None, stopping=stopping, clock=lambda: float(next(ticks)),
    )  # fmt: skip
    assert any(found) and not found[0]


def test_minutes_end_a_training(shot: LabelledPlate, tmp_path: Path) -> None:
    ticks = iter(range(10**6))
    config = replace(CONFIG, iterations=10**6, minutes=1.0)
    train_matte_net(
        [shot], frames=(1002,), start_from=None, config=config, folder=tmp_path, people=[],
        emit=lambda _: None, stopping=lambda: False, clock=lambda: float(next(ticks)),
    )  # fmt: skip
    card = read_matte_card(tmp_path / NET_NAME)
    assert 60 <= card.trained_s < 75 and 5 < card.iterations < 60


def test_a_broken_off_layer_goes_on_with_the_same_net(shot: LabelledPlate, tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="before frame"):
        run(shot, CONFIG, tmp_path, stop_after=len(LABELS) + CONFIG.iterations + 1)
    net, first = (tmp_path / NET_NAME).stat().st_mtime_ns, next(tmp_path.glob("matte.*.exr"))
    written = first.stat().st_mtime_ns
    outcome, _ = run(shot, CONFIG, tmp_path)
    assert (tmp_path / NET_NAME).stat().st_mtime_ns == net and first.stat().st_mtime_ns == written
    assert outcome.frames == (1002, 1004, 1005)


def test_other_labels_in_the_same_folder_make_another_net(shot: LabelledPlate, tmp_path: Path) -> None:
    run(shot, CONFIG, tmp_path)
    before = read_layer(tmp_path, 1002, SIZE)
    moved = planned(shot, {f: with_cut(tuple(v + 9 for v in bar(f))) for f in LABELS}, LABELS)
    run(moved, CONFIG, tmp_path)
    assert not np.array_equal(read_layer(tmp_path, 1002, SIZE), before)


def test_training_on_begins_from_the_weights(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    mended = {1002: with_cut(bar(1002)), 1004: with_cut(tuple(value + 1 for value in bar(1004)))}
    more = planned(shot, shot.solved.plans | mended, (*LABELS, 1002))
    config = replace(CONFIG, iterations=1, learning_rate=1e-9)
    outcome, events = run(more, config, tmp_path, start_from=trained / NET_NAME)
    old, new = weights_of(trained / NET_NAME), weights_of(tmp_path / NET_NAME)
    for name in old:
        torch.testing.assert_close(new[name], old[name], atol=1e-6, rtol=0)
    card = read_matte_card(tmp_path / NET_NAME)
    assert len(card.ancestors) == 1 and len(card.labels) == 6
    assert card.validation["validation_labels"] == 1  # 1004 was mended, but its picture is known
    assert any("held-out labels before the new labels" in e.message for e in events)
    assert outcome.scores[1002] == 0


def test_no_minutes_only_apply(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    nothing = replace(CONFIG, minutes=0.0)
    outcome, _ = run(planned(shot, {}, ()), nothing, tmp_path, start_from=trained / NET_NAME)
    assert outcome.frames == (1002, 1004, 1005)
    old, new = weights_of(trained / NET_NAME), weights_of(tmp_path / NET_NAME)
    assert all(torch.equal(old[name], new[name]) for name in old)
    assert read_layer(tmp_path, 1005, SIZE).tobytes() == read_layer(trained, 1005, SIZE).tobytes()
    with pytest.raises(BadSettings, match="start_from"):
        run(shot, nothing, tmp_path / "none")


def test_labels_of_several_shots_are_pooled(shot: LabelledPlate, tmp_path: Path) -> None:
    one, other = replace(shot, labels=LABELS[:2]), replace(shot, labels=LABELS[2:])
    outcome, _ = run([one, other], replace(CONFIG, iterations=1), tmp_path, frames=(1010,))
    assert len(read_matte_card(tmp_path / NET_NAME).label_sha256) == 5
    assert outcome.frames == (1010,) and outcome.scores[1010] > 0  # a label of the other shot only


def test_bad_labels_are_refused_by_name(shot: LabelledPlate, tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match=r"at least 2 .* frame 1004 is the only one"):
        run(planned(shot, shot.solved.plans, (1004,)), CONFIG, tmp_path)
    with pytest.raises(BadLabels, match="1016 show no face"):
        run(planned(shot, shot.solved.plans, (WITHOUT_FACE,)), CONFIG, tmp_path)
    everything = with_cut((0.0, 0.0, 160.0, 0.0, 160.0, 120.0, 0.0, 120.0))
    with pytest.raises(BadLabels, match="empty"):
        run(planned(shot, dict.fromkeys(LABELS, everything), LABELS), CONFIG, tmp_path)
    with pytest.raises(FrameOutOfRange, match="2000"):
        run(planned(shot, shot.solved.plans, (1004, 2000)), CONFIG, tmp_path)
    with pytest.raises(FrameOutOfRange, match="2000"):
        run(shot, replace(CONFIG, iterations=1), tmp_path, frames=(2000,))
    assert not list(tmp_path.glob("matte.*")) and not (tmp_path / "layer.json").exists()


def test_contradictory_labels_are_named(shot: LabelledPlate) -> None:
    labels, _ = read_labels([shot], CONFIG, stopping=lambda: False)
    assert check_labels(labels) == ()
    mended = labels[1].stack
    denied = make_label(replace(mended, frame=1099), np.zeros_like(labels[1].matte_KK), plate_sha256="p")
    with pytest.raises(BadLabels, match="frame 1004 and frame 1099"):
        check_labels([*labels, denied])
    with pytest.raises(BadLabels, match="frame 1099 of shot 2"):
        check_labels([*labels, replace(denied, shot=1)])


def test_few_labels_are_taken_with_a_warning(shot: LabelledPlate, tmp_path: Path) -> None:
    outcome, events = run(replace(shot, labels=LABELS[:3]), replace(CONFIG, iterations=1), tmp_path)
    assert any("3 labels are few" in note for note in outcome.notes)
    assert any("3 labels are few" in e.message for e in events if e.kind is EventKind.NOTE)
    assert read_matte_card(tmp_path / NET_NAME).validation == {}


def test_nets_from_outside_are_checked(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    whole = (trained / NET_NAME).read_bytes()
    bad = tmp_path / "bad.safetensors"
    for data in (whole[: len(whole) // 2], whole + b"x", b"", b"words" * 9):
        bad.write_bytes(data)
        with pytest.raises(BadCheckpoint):
            run(shot, CONFIG, tmp_path / "run", start_from=bad)
    with pytest.raises(BadCheckpoint, match="cannot read"):
        run(shot, CONFIG, tmp_path / "run", start_from=tmp_path / "nowhere.safetensors")
    swapper = RecipeCard(
        family="quick", size_px=64, crop_type="full", encoding="srgb", people=(), learn_mask=True,
        config=TrainConfig(family="quick"), iterations=1, trained_s=1, crops_per_s=1, faceset_sha256=(),
        algorithm=1, precision="float32",
    )  # fmt: skip
    checkpoint.save(bad, swapper, {"model/x": torch.zeros(1)})
    with pytest.raises(WrongModelFamily, match="swapper"):
        run(shot, CONFIG, tmp_path / "run", start_from=bad)
    with pytest.raises(WrongModelFamily, match=r"set matte_net\.size_px to 32"):
        run(shot, replace(CONFIG, size_px=64), tmp_path / "run", start_from=trained / NET_NAME)
    card, weights = read_matte_card(trained / NET_NAME), weights_of(trained / NET_NAME)
    for wrong, error in (
        ({**weights, "out.bias": torch.full((4,), float("nan"))}, BadCheckpoint),
        ({**weights, "out.bias": torch.zeros(5)}, WrongModelFamily),
        ({"out.bias": weights["out.bias"]}, WrongModelFamily),
    ):
        save_matte_net(bad, card, {f"model/{name}": tensor for name, tensor in wrong.items()})
        with pytest.raises(error):
            run(shot, CONFIG, tmp_path / "run", start_from=bad)


def test_undefined_losses_end_training(shot: LabelledPlate, trained: Path, tmp_path: Path) -> None:
    poisoned = tmp_path / "poisoned.safetensors"
    weights = {
        f"model/{name}": torch.full_like(t, 3e38) for name, t in weights_of(trained / NET_NAME).items()
    }
    save_matte_net(poisoned, read_matte_card(trained / NET_NAME), weights)
    with pytest.raises(TrainingDiverged):
        run(shot, CONFIG, tmp_path / "run", start_from=poisoned)
    assert not (tmp_path / "run" / NET_NAME).exists()


def test_neighbours_at_a_tracks_ends_are_the_frame_itself(shot: LabelledPlate) -> None:
    with open_plate(shot.plate) as reader:
        stacks = list(face_stacks(reader, shot.solved, (1001, 1002, 1015, 1016), size_px=32))
    assert [stack.frame for stack in stacks] == [1001, 1002, 1015]
    planes = [stack.planes_CKK.reshape(-1, 40, 40) for stack in stacks]
    first, second, last = (p[: 3 * len(OFFSETS)].reshape(len(OFFSETS), 3, 40, 40) for p in planes)
    assert np.array_equal(first[0], first[1]) and np.array_equal(last[2], last[1])
    assert np.array_equal(second[0], first[1]) and not np.array_equal(second[2], second[1])


def test_a_score_does_not_depend_on_which_frames_were_asked_for(
    shot: LabelledPlate, trained: Path, tmp_path: Path
) -> None:
    nothing = replace(CONFIG, minutes=0.0)
    start = trained / NET_NAME
    one, _ = run(shot, nothing, tmp_path / "one", frames=(1005,), start_from=start)
    many, _ = run(shot, nothing, tmp_path / "many", frames=range(1002, 1010), start_from=start)
    assert one.scores[1005] == many.scores[1005]


@settings(max_examples=20, deadline=None)
@given(x=st.floats(40, 120), y=st.floats(40, 80), side=st.floats(30, 90), angle=st.floats(-40, 40))
def test_a_matte_goes_into_the_crop_and_back(x: float, y: float, side: float, angle: float) -> None:
    size_px = 64
    matrix = stored_transform(np.array([x, y, side, angle]), size_px)
    yy, xx = np.mgrid[0:size_px, 0:size_px] + 0.5
    disc = np.clip(20 - np.hypot(xx - 32, yy - 32) + 0.5, 0, 1).astype(np.float32)
    placed = place_in_plate(disc, matrix, display_window=SIZE)
    assert placed is not None
    rect, matte_HW = placed
    rows, columns = np.mgrid[rect.y : rect.y1, rect.x : rect.x1] + 0.5
    inside = transform_points(inner_transform(matrix, size_px), np.stack([columns, rows], -1).reshape(-1, 2))
    distance = np.hypot(*(inside - 32).T).reshape(matte_HW.shape)
    assert matte_HW[distance < 17].min(initial=1) > 0.9 and matte_HW[distance > 23].max(initial=0) < 0.1


def test_only_the_labels_that_are_learnt_are_pasted(shot: LabelledPlate) -> None:
    labels, _ = read_labels([shot], CONFIG, stopping=lambda: False)
    marked = replace(labels[0].stack, planes_CKK=np.zeros_like(labels[0].stack.planes_CKK))
    black = make_label(marked, np.zeros_like(labels[0].matte_KK), plate_sha256="p")
    planes = label_planes([black, *labels[1:]], CPU)
    pool = torch.arange(1, 5)
    one = augmented(planes, pool, 16, size_px=32, generator=torch.Generator().manual_seed(2))
    assert one[0][:, :9].amax(dim=(1, 2, 3)).min() > -0.4  # nothing of the black one
    again = augmented(planes, pool, 16, size_px=32, generator=torch.Generator().manual_seed(2))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert one[1].min() >= 0 and one[1].max() <= 1 and one[0].abs().max() <= 0.5


def test_what_hides_the_face_is_found() -> None:
    hull, matte = np.zeros((2, 40, 40), np.uint8)
    hull[5:35, 5:35] = 255
    matte[5:35, 5:20] = 255
    hidden = hidden_part(hull, matte)
    assert hidden[20, 28] == 255 and hidden[20, 10] == 0 and hidden[2, 2] == 0


def test_doubt_grows_where_the_net_is_undecided() -> None:
    sure, soft = torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 20)
    sure[..., 5:15, 5:15] = 1
    soft[..., 5:15, 5:15] = 0.7
    assert undecided(sure).item() == pytest.approx(0) and 0.25 < undecided(soft).item() < 0.35
    stack = FaceStack(
        frame=1, track=0, planes_CKK=np.zeros((10, 40, 40), np.uint8), to_stored_23=np.eye(2, 3)
    )
    here, gone = (
        Proposal(stack=stack, matte_SS=matte[0, 0].numpy(), undecided=0.02) for matte in (sure, sure * 0)
    )
    assert doubt(here, here, here) == doubt(None, here, gone) == pytest.approx(0.02)
    assert doubt(gone, here, gone) > doubt(gone, here, here) > doubt(here, here, here)
    assert score_of(0) == 0 and score_of(0.1) == pytest.approx(0.5) and score_of(0.5) < 1


def test_several_looks_agree_on_where_things_are(shot: LabelledPlate) -> None:
    """With a net that answers the hull, the looks come back to where they were taken."""

    class Hull(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, -1:] * 40

    stack = next(iter(read_labels([shot], replace(CONFIG, size_px=64), stopping=lambda: False)[0])).stack
    planes = torch.from_numpy(stack.planes_CKK[None])
    seen = looked_at(Hull(), planes, size_px=64, precision=torch.float32)[0, 0].numpy()  # type: ignore[arg-type]
    margin = (stored_px(64) - 64) // 2
    hull = stack.planes_CKK[-1, margin:-margin, margin:-margin] > 127
    assert ((seen > 0.5) ^ hull).mean() < 0.005


def test_five_steps_give_the_golden_losses() -> None:
    """Whoever changes these raises `stages.matte_net.ALGORITHM`."""
    rng = np.random.default_rng(5)
    side = stored_px(32)
    yy, xx = np.mgrid[0:side, 0:side]
    labels = []
    for number in range(3):
        hull = (np.hypot(xx - 20, yy - 20) < 14) * 255
        matte = np.where(abs(xx - 12 - 6 * number) < 4, 0, hull).astype(np.uint8)
        planes = np.stack([(matte // 2 + 40 * (at % 3)).astype(np.uint8) for at in range(9)] + [hull])
        planes = (planes + rng.integers(0, 3, planes.shape)).clip(0, 255).astype(np.uint8)
        stack = FaceStack(frame=number, track=0, planes_CKK=planes, to_stored_23=np.eye(2, 3))
        labels.append(make_label(stack, matte, plate_sha256="p"))
    taught = label_planes(labels, CPU)
    trainer = MatteTrainer(make_matte_net(seed=1), taught, CONFIG, device=CPU, precision=torch.float32)
    totals = [float(trainer.step(1e-3, torch.arange(3))["total"]) for _ in range(5)]
    assert ALGORITHM == 1
    assert totals == pytest.approx(GOLDEN, rel=1e-3)


def test_equal_seeds_give_equal_nets() -> None:
    one, other = make_matte_net(seed=1).state_dict(), make_matte_net(seed=1).state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
