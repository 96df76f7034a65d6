"""Delivery: from a take's layers to the files that leave the house, in one pass over the frames."""

from understudy.stages.deliver.delivery import deliver
from understudy.stages.deliver.task import ALGORITHM

__all__ = ["ALGORITHM", "deliver"]
