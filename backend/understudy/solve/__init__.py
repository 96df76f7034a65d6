"""Base layer and edits put together: alignments, mattes and a state for every frame."""

from understudy.solve.check import check, check_each
from understudy.solve.solve import solve, solve_list, standing

__all__ = ["check", "check_each", "solve", "solve_list", "standing"]
