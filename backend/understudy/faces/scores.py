"""What expression scores say in plain words. Indices are those of `EXPRESSION_NAMES`."""

from __future__ import annotations

import numpy as np

from understudy.faces.roi import Float

EYE_BLINK = (9, 10)  # eyeBlinkLeft, eyeBlinkRight
JAW_OPEN = 25  # jawOpen
MOUTH_SMILE = (44, 45)  # mouthSmileLeft, mouthSmileRight


def mouth_open(expression_NE: Float) -> Float:
    """How far the mouth is open, (N,) 0..1."""
    return _shares(expression_NE[:, JAW_OPEN])


def eyes_closed(expression_NE: Float) -> Float:
    """How far both eyes are closed, (N,) 0..1."""
    return _shares(expression_NE[:, EYE_BLINK].mean(axis=1))


def smile(expression_NE: Float) -> Float:
    """How broad the smile is, (N,) 0..1."""
    return _shares(expression_NE[:, MOUTH_SMILE].mean(axis=1))


def _shares(scores_N: Float) -> Float:
    return np.clip(np.nan_to_num(scores_N), 0, 1).astype(np.float32)
