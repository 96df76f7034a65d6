"""Putting the likeness into a shot: frames in, face layers out. The order of work is in `conversion`."""

from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import ALGORITHM, ConvertOutcome, convert, settings_fingerprint

__all__ = ["ALGORITHM", "Binding", "ConvertOutcome", "convert", "settings_fingerprint"]
