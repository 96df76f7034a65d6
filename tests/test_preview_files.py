"""The previews of a training: each its own file, at most so many, evenly spread, none of lost iterations."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from understudy.networks.preview_files import forget_later, preview_path, previews, thin_out


def show(folder: Path, iteration: int, most: int) -> None:
    preview_path(folder, iteration).write_bytes(str(iteration).encode())
    thin_out(folder, most=most)


@pytest.mark.parametrize("count", [3, 12, 13, 40, 200])
def test_a_long_training_stays_told_evenly(tmp_path: Path, count: int) -> None:
    for iteration in range(1, count + 1):
        show(tmp_path, 10 * iteration, 12)
    kept = list(previews(tmp_path))
    assert len(kept) == min(count, 12)
    assert (kept[0], kept[-1]) == (10, 10 * count)
    gaps = [after - before for before, after in itertools.pairwise(kept)]
    assert max(gaps[:-1]) <= 4 * min(gaps[:-1])
    assert all(path.read_bytes() == str(number).encode() for number, path in previews(tmp_path).items())


def test_previews_of_lost_iterations_go(tmp_path: Path) -> None:
    for iteration in (5, 900_000, 1_200_000):
        show(tmp_path, iteration, 240)
    (tmp_path / "preview.jpg").write_bytes(b"of an older version")
    forget_later(tmp_path, 900_000)
    assert list(previews(tmp_path)) == [5, 900_000]
    assert (tmp_path / "preview.jpg").exists()
