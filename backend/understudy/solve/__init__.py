"""Base layer and edits put together: alignments, mattes and a state for every frame."""

from understudy.solve.check import check, check_each
from understudy.solve.learning import Learning, dropped_frames, learning
from understudy.solve.solve import solve, solve_list, standing

__all__ = [
    "Learning", "check", "check_each", "dropped_frames", "learning", "solve", "solve_list", "standing",
]  # fmt: skip
