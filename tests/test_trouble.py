"""The trouble score: what it adds up, what it does not see, and what its record keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from understudy.domain.edit import Mark
from understudy.domain.errors import BadInput
from understudy.domain.measures import (
    MARKS,
    MEASURE_NAMES,
    MEASURES,
    FrameMeasures,
    Treated,
    load_measures,
    reason_label,
    save_measures,
)
from understudy.evaluate.over_time import between_turns, both_sides, deviation_from_median, jitter, runs_of
from understudy.evaluate.trouble import evidence_of, trouble_of, worry_ratio

BY_NAME = {measure.name: measure for measure in MEASURES}
WORRY = {m.name: m.worry for m in MEASURES if m.worry is not None}
NOTICE = {m.name: m.notice for m in MEASURES if m.notice is not None}
NAN = float("nan")


def calm(count: int) -> dict[str, np.ndarray]:
    """A take in which every measure is as good as can be."""
    return {measure.name: np.full(count, measure.good) for measure in MEASURES}


def replaced(count: int) -> np.ndarray:
    return np.full(count, Treated.REPLACED, np.int8)


def follows(count: int, *starts: int) -> np.ndarray:
    out = np.ones(count, bool)
    out[[0, *starts]] = False
    return out


def record(
    values: dict[str, np.ndarray],
    treated: np.ndarray | None = None,
    *,
    cuts: tuple[int, ...] = (),
    facts: dict[str, str] | None = None,
) -> FrameMeasures:
    count = len(values["seam"])
    states = replaced(count) if treated is None else treated
    trouble, reason = trouble_of(values, states)
    return FrameMeasures(
        frame=np.arange(1001, 1001 + count, dtype=np.int32), values=values, trouble=trouble, reason_N2=reason,
        treated=states, mark=np.zeros(count, np.int8), cuts=cuts,
        facts=facts or {},
    )  # fmt: skip


def test_a_perfect_take_has_no_trouble_and_no_reasons() -> None:
    measures = record(calm(12))
    assert measures.trouble.max() == 0
    assert all(measures.reasons(row) == () for row in range(12))


@pytest.mark.parametrize("name", [m.name for m in MEASURES if m.worry is not None and m.worse != "*"])
def test_a_value_at_its_worry_is_half_a_trouble(name: str) -> None:
    measure, values = BY_NAME[name], calm(1)
    sign = 1 if measure.worse == "+" else -1
    values[name] = np.array([measure.good + sign * WORRY[name]])
    measures = record(values)
    assert measures.trouble[0] == pytest.approx(0.5)
    assert measures.reasons(0) == (name,)


@pytest.mark.parametrize("name", [m.name for m in MEASURES if m.notice is not None and m.worse != "*"])
def test_a_frame_that_stands_out_by_its_notice_is_half_a_trouble(name: str) -> None:
    measure = BY_NAME[name]
    values = np.full(40, measure.good)
    values[7] += NOTICE[name] if measure.worse == "+" else -NOTICE[name]
    ratio = worry_ratio(measure, values)
    assert ratio[7] >= 1 - 1e-9
    assert np.delete(ratio, 7).max() == 0


def test_what_is_common_to_a_restless_shot_does_not_stand_out() -> None:
    restless = np.random.default_rng(5).normal(0.9, 0.25, 200).clip(0)
    values = calm(200) | {"chroma_flicker": restless}
    assert np.median(trouble_of(values, replaced(200))[0]) < 0.1
    values["chroma_flicker"] = restless.copy()
    values["chroma_flicker"][50] = 4.0
    assert trouble_of(values, replaced(200))[0].argmax() == 50


def test_a_ratio_is_as_bad_doubled_as_halved() -> None:
    ratio = worry_ratio(BY_NAME["sharpness"], np.array([0.5, 1.0, 2.0]))
    assert (
        ratio[1] == 0
        and ratio[0] == pytest.approx(ratio[2])
        and ratio[0] == pytest.approx(1 / WORRY["sharpness"])
    )


def test_machine_jitter_is_told_and_not_judged() -> None:
    values = calm(9) | {"machine_jitter": np.linspace(0, 90, 9)}
    assert trouble_of(values, replaced(9))[0].max() == 0


def test_few_values_make_no_shot_of_their_own() -> None:
    values = np.array([0.0, 0.0, 0.0, 2.9])
    assert worry_ratio(BY_NAME["seam"], values)[3] == pytest.approx(2.9 / WORRY["seam"])


def test_what_cannot_be_known_is_no_trouble() -> None:
    values = {name: np.full(6, NAN) for name in MEASURE_NAMES}
    trouble, reason = trouble_of(values, replaced(6))
    assert trouble.max() == 0 and (reason == -1).all()


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.sampled_from(sorted(BY_NAME)))
def test_trouble_stays_within_its_bounds_and_grows_with_each_measure(numbers: list[float], name: str) -> None:
    values = calm(len(numbers))
    values["seam"] = np.asarray(numbers)
    alone, _ = trouble_of(values, replaced(len(numbers)))
    more = values | {name: np.where(np.isfinite(values[name]), values[name], 0.0) * 1.0}
    joined, _ = trouble_of(more | {"warping_error": np.full(len(numbers), 1.8)}, replaced(len(numbers)))
    assert ((alone >= 0) & (joined <= 1) & (joined >= alone)).all()


@given(st.floats(0, 8), st.floats(0, 8))
def test_more_worry_is_never_less_evidence(one: float, other: float) -> None:
    low, high = evidence_of(np.array(sorted((one, other))))
    assert 0 <= low <= high


def test_troubles_join_as_if_independent() -> None:
    values = calm(1)
    values["seam"], values["luma_flicker"] = np.array([12.0]), np.array([4.0])
    assert trouble_of(values, replaced(1))[0][0] == pytest.approx(0.75)


def test_frames_that_were_not_replaced_have_a_fixed_score() -> None:
    states = np.array(
        [Treated.HELD, Treated.NO_FACE, Treated.MISSING, Treated.LOST, Treated.REPLACED], np.int8
    )
    values = calm(5) | {"seam": np.full(5, 80.0)}
    measures = record(values, states)
    assert [measures.reasons(row)[0] for row in range(5)] == [
        "plate held", "no face", "face missing", "face lost", "seam"
    ]  # fmt: skip
    assert measures.trouble[:2].max() == 0
    assert measures.trouble[2] > measures.trouble[3] >= 0.9
    assert set(measures.ranking()) == {2, 3, 4}


def test_the_worst_keep_apart_but_not_across_a_cut() -> None:
    values = calm(30)
    values["seam"][10:14] = (16.0, 20.0, 16.0, 15.0)
    values["seam"][25] = 12.0
    assert record(values).worst(3) == (1012, 1026, 1001)
    assert record(values, cuts=(1013,)).worst(3) == (1012, 1013, 1026)
    assert record(values).worst(3, apart=0) == (1012, 1011, 1013)


def test_a_change_points_at_the_frame_that_differs_from_both_neighbours() -> None:
    change = np.array([NAN, 0.0, 9.0, 9.0, 0.0, 0.0])  # frame 2 differs from 1 and 3
    np.testing.assert_allclose(both_sides(change, follows(6)), [NAN, 0.0, 9.0, 0.0, 0.0, 0.0])
    step = np.array([NAN, 0.0, 9.0, 0.0])
    np.testing.assert_allclose(both_sides(step, follows(4)), [NAN, 4.5, 4.5, 0.0])


def test_nothing_is_compared_across_a_cut() -> None:
    change = np.array([NAN, 1.0, NAN, 1.0])
    np.testing.assert_allclose(both_sides(change, follows(4, 2)), [NAN, 1.0, NAN, 1.0])
    assert runs_of(follows(6, 2, 3)) == [(0, 1), (2, 2), (3, 5)]
    colours = np.array([[0.0], [0.0], [0.0], [9.0], [9.0], [9.0]])
    assert np.abs(deviation_from_median(colours, follows(6, 3))).max() == 0
    assert np.isnan(deviation_from_median(colours, follows(6, 2, 4))).all()  # takes of two frames


def test_jitter_is_the_second_difference_in_pixels_of_a_face_of_256() -> None:
    points = np.zeros((7, 478, 3), np.float32)
    points[:, :, 0] = np.arange(7)[:, None] * 3.0  # a steady move is no jitter
    points[4, :, 1] += 2.0
    found = jitter(points, np.full(7, 128.0), follows(7))
    np.testing.assert_allclose(found, [NAN, 0, 0, 4, 8, 4, NAN], atol=1e-4)
    assert np.isnan(jitter(points, np.full(7, 128.0), follows(7, 4))[[3, 4]]).all()


def test_likeness_is_carried_between_turns_only() -> None:
    values = np.array([0.6, NAN, 0.1, NAN, 0.8, NAN, NAN])
    in_turn = np.array([True, False, False, False, True, False, False])
    measured = np.array([True, True, True, True, True, True, False])
    found = between_turns(values, in_turn, measured, follows(7, 6))
    np.testing.assert_allclose(found, [0.6, 0.65, 0.1, 0.75, 0.8, 0.8, NAN])


def test_the_record_comes_back_as_it_was(tmp_path: Path) -> None:
    values = calm(4)
    values["seam"][2], values["landmark_jitter"][0] = 9.0, NAN
    made = record(values, cuts=(1003,), facts={"title": "shot v001"})
    save_measures(made, tmp_path / "measures.safetensors")
    read = load_measures(tmp_path / "measures.safetensors")
    for name in MEASURE_NAMES:
        np.testing.assert_array_equal(read.values[name], made.values[name])
    for name in ("frame", "trouble", "reason_N2", "treated", "mark"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
    assert (read.cuts, read.facts) == ((1003,), {"title": "shot v001"})
    assert read.reasons(2) == ("seam",)
    assert reason_label("seam") == "seam shows" and reason_label("plate held") == "plate held"
    assert MARKS[0] is Mark.NONE


def test_a_file_that_holds_no_measures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"frame": np.zeros(3)}, path)
    with pytest.raises(BadInput, match="measure the take again"):
        load_measures(path)
    with pytest.raises(BadInput, match="measure the take again"):
        load_measures(tmp_path / "none.safetensors")
    with pytest.raises(BadInput, match="seam has shape"):
        FrameMeasures(
            frame=np.arange(3, dtype=np.int32), values={**calm(3), "seam": np.zeros(2)}, trouble=np.zeros(3),
            reason_N2=np.full((3, 2), -1, np.int8), treated=replaced(3), mark=np.zeros(3, np.int8),
        )  # fmt: skip
