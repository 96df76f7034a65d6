"""Putting the likeness into a shot: frames in, face layers out. The order of work is in `conversion`."""

from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import ConvertOutcome, convert
from understudy.stages.convert.fingerprint import ALGORITHM, frame_fingerprints

__all__ = ["ALGORITHM", "Binding", "ConvertOutcome", "convert", "frame_fingerprints"]
