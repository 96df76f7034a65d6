"""The matte expression is read strictly from left to right, and its two planes keep their own edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.errors import BadMatte
from understudy.domain.solved import DEFAULT_EXPRESSION
from understudy.matte.combine import combine
from understudy.matte.expression import parse, sources_of

NAMES = st.sampled_from(["face", "hull", "learned", "keep", "cut", "net", "hand_2", "A"])


@given(
    st.lists(st.tuples(st.sampled_from("+-&"), NAMES), min_size=1, max_size=8),
    st.sampled_from(["", " ", "  "]),
)
def test_what_is_written_is_read_back_in_order(steps: list[tuple[str, str]], blank: str) -> None:
    steps = [("+", steps[0][1]), *steps[1:]]
    text = blank.join(f"{blank}{operator}{blank}{name}" for operator, name in steps).lstrip("+ ")
    assert [tuple(step) for step in parse(text)] == steps
    assert sources_of(text) == tuple(dict.fromkeys(name for _, name in steps))


def test_the_default_expression_is_one() -> None:
    assert [tuple(step) for step in parse(DEFAULT_EXPRESSION)] == [("+", "face"), ("+", "keep"), ("-", "cut")]


@pytest.mark.parametrize(
    ("text", "position", "needed"),
    [
        ("", 1, "a source"),
        ("   ", 4, "a source"),
        ("face +", 7, "a source"),
        ("+ face", 1, "a source"),
        ("face - 3hands", 8, "a source"),
        ("face * cut", 6, "an operator"),
        ("face keep", 6, "an operator"),
        ("face - (cut)", 8, "a source"),
        ("face -- cut", 7, "a source"),
        ("f" * 41, 41, "an operator"),
    ],
)
def test_a_wrong_expression_says_where_and_what_may_stand_there(
    text: str, position: int, needed: str
) -> None:
    with pytest.raises(BadMatte, match=rf"position {position}, where it needs {needed}") as caught:
        parse(text)
    allowed = "learned" if needed == "a source" else "intersect"
    assert allowed in str(caught.value)


def plane(*values: float) -> npt.NDArray[np.float32]:
    return np.array([values], np.float32)


def test_what_is_in_front_leaves_the_outline_alone() -> None:
    combined = combine("face - hand", {"face": plane(0, 0.5, 1, 1), "hand": plane(0, 0, 0.25, 1)})
    assert np.array_equal(combined.outline_HW, plane(0, 0.5, 1, 1))
    assert np.array_equal(combined.open_HW, plane(1, 1, 0.75, 0))
    assert np.array_equal(combined.matte_HW, plane(0, 0.5, 0.75, 0))


@pytest.mark.parametrize(
    ("expression", "outline", "opened"),
    [
        ("hull & learned", (0.25, 0.5), (1, 1)),
        ("hull - learned", (0.5, 0.5), (1, 1)),
        ("hull & net", (0.5, 0.5), (0.75, 0)),
        ("hull - net", (0.5, 0.5), (0.25, 1)),
        ("hull - net + keep", (0.5, 1), (0.25, 1)),
        ("hull + keep - net", (0.5, 1), (0.25, 1)),
        ("hull & net + keep", (0.5, 1), (0.75, 1)),
        ("net", (0.75, 0), (1, 1)),
        ("net & net", (0.75, 0), (0.75, 0)),
        ("cut - keep", (0, 0), (1, 1)),
    ],
)
def test_each_source_works_on_its_plane(
    expression: str, outline: tuple[float, ...], opened: tuple[float, ...]
) -> None:
    sources = {
        "hull": plane(0.5, 0.5),
        "learned": plane(0.25, 0.5),
        "net": plane(0.75, 0),
        "keep": plane(0, 1),
        "cut": plane(0, 0.5),
    }
    combined = combine(expression, sources)
    assert np.array_equal(combined.outline_HW, plane(*outline))
    assert np.array_equal(combined.open_HW, plane(*opened))


def test_the_sources_are_not_changed() -> None:
    face, cut = plane(0.5, 1), plane(1, 0)
    combined = combine("face - cut", {"face": face, "cut": cut})
    combined.outline_HW[:] = 7
    combine("face", {"face": face}).outline_HW[:] = 7
    assert np.array_equal(face, plane(0.5, 1)) and np.array_equal(cut, plane(1, 0))


def test_a_missing_source_is_named_with_what_there_is() -> None:
    with pytest.raises(BadMatte, match=r"needs 'net', which is not there; this frame has: cut, face"):
        combine("face & net", {"face": plane(1), "cut": plane(0)})


def test_planes_of_different_sizes_are_refused() -> None:
    with pytest.raises(BadMatte, match="face 2x1, net 3x1"):
        combine("face & net", {"face": plane(1, 1), "net": plane(0, 0, 0)})


def test_a_plane_that_is_used_as_it_is_stays_apart_from_its_source() -> None:
    net, keep = plane(0.25, 1), plane(1, 0)
    combined = combine("face & net + keep", {"face": plane(1, 1), "net": net, "keep": keep})
    assert np.array_equal(combined.open_HW, plane(1, 1)) and np.array_equal(net, plane(0.25, 1))
