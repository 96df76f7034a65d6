"""What a synthetic performer does, frame by frame: speech, blinks, glances and turns of the head.

Every curve is a function of kind, seed and time alone, so any frame can be made without the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["learn", "plate"]
Curve = npt.NDArray[np.float64]

YAW_LIMIT_DEG = 35.0
PITCH_LIMIT_DEG = 16.0
ROLL_LIMIT_DEG = 10.0
PLANNED_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Expression weights by unit name (0 to 1) and head angles in degrees, as `head.posed` takes them."""

    expression: Mapping[str, float]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float


# Mouth shapes of speech, as weights of the ARKit units; Left and Right are put on both alike.
VISEMES: Mapping[str, Mapping[str, float]] = {
    "rest": {},
    "a": {"jawOpen": 0.50, "mouthLowerDown": 0.20, "mouthUpperUp": 0.12},
    "e": {"jawOpen": 0.20, "mouthStretch": 0.40, "mouthSmile": 0.15, "mouthLowerDown": 0.25},
    "i": {"jawOpen": 0.10, "mouthStretch": 0.35, "mouthSmile": 0.30, "mouthUpperUp": 0.15},
    "o": {"jawOpen": 0.34, "mouthFunnel": 0.60, "mouthPucker": 0.25},
    "u": {"jawOpen": 0.12, "mouthFunnel": 0.25, "mouthPucker": 0.75},
    "m": {"mouthPress": 0.45, "mouthRollLower": 0.20, "mouthRollUpper": 0.15},
    "f": {"jawOpen": 0.06, "mouthRollLower": 0.45, "mouthUpperUp": 0.22},
    "s": {"jawOpen": 0.05, "mouthStretch": 0.25, "mouthLowerDown": 0.35, "mouthUpperUp": 0.2},
    "l": {"jawOpen": 0.22, "mouthLowerDown": 0.20, "mouthUpperUp": 0.10, "tongueOut": 0.10},
}
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "o")
_CONSONANTS = ("m", "f", "s", "l", "m", "s")

# Head angles (yaw, pitch, roll in degrees) and the seconds at which they are reached.
_WAYPOINTS: Mapping[Kind, tuple[tuple[float, float, float, float], ...]] = {
    "learn": (
        (0.0, 0, 0, 0), (0.7, 4, -3, 1), (1.7, 34, 2, -2), (2.5, 18, 11, -4), (3.2, -3, 13, 2),
        (4.1, -34, 3, 3), (4.8, -20, -9, 6), (5.5, 2, -12, 0), (6.3, 24, -8, -7), (7.0, 10, 2, -3),
        (7.6, -12, 5, 8), (8.4, -27, -2, 4), (9.2, 0, 0, 0),
    ),
    "plate": (
        (0.0, -8, 1, -1), (0.9, -3, -2, 1), (1.8, 22, -5, 3), (2.4, 26, 2, 2), (3.3, -4, 6, -2),
        (4.2, -28, 0, -4), (5.0, -14, -4, -1), (6.0, -8, 1, -1),
    ),
}  # fmt: skip

# Gestures beside speech: unit, start, length (seconds) and height.
_GESTURES: Mapping[Kind, tuple[tuple[str, float, float, float], ...]] = {
    "learn": (
        ("jawOpen", 2.55, 0.9, 0.95), ("mouthSmile", 0.5, 1.4, 0.75), ("browInnerUp", 1.5, 1.0, 0.9),
        ("browOuterUp", 1.5, 1.0, 0.7), ("browDown", 3.5, 1.2, 0.85), ("noseSneer", 3.7, 0.8, 0.5),
        ("mouthSmile", 5.3, 1.5, 0.9), ("cheekSquint", 5.4, 1.3, 0.6), ("eyeWide", 6.9, 0.6, 0.7),
        ("jawOpen", 6.9, 0.7, 0.75), ("mouthPucker", 4.75, 0.55, 0.85), ("mouthFrown", 7.55, 0.8, 0.6),
        ("cheekPuff", 0.05, 0.5, 0.45),
    ),
    "plate": (
        ("mouthSmile", 1.7, 1.2, 0.8), ("cheekSquint", 1.8, 1.0, 0.5), ("jawOpen", 3.05, 0.85, 0.9),
        ("browInnerUp", 0.8, 1.1, 0.7), ("browDown", 3.9, 0.9, 0.7), ("eyeWide", 3.1, 0.6, 0.5),
    ),
}  # fmt: skip
_SILENT: Mapping[Kind, tuple[tuple[float, float], ...]] = {
    "learn": ((0.0, 0.55), (2.5, 3.45), (6.85, 7.6)),
    "plate": ((0.0, 0.25), (3.0, 3.9)),
}
_PAIRED = (
    "mouthLowerDown", "mouthUpperUp", "mouthStretch", "mouthSmile", "mouthPress", "mouthFrown", "browDown",
    "browOuterUp", "noseSneer", "cheekSquint", "eyeWide", "mouthDimple", "eyeSquint",
)  # fmt: skip


def performance(kind: Kind, seed: int, index: int, rate: Fraction) -> Pose:
    """The pose at 0-based `index` of the learning or the plate performance, at `rate` frames a second."""
    second = float(index / rate)
    weights = dict(_spoken(kind, seed, second))
    for unit, start, length, height in _GESTURES[kind]:
        bump = height * _bump((second - start) / length)
        weights[unit] = max(weights.get(unit, 0.0), bump)
    weights["eyeBlink"] = _blink(kind, seed, second)
    weights.update(_gaze(kind, seed, second))
    yaw, pitch, roll = _turn(kind, seed, second)
    return _pose(weights, yaw, pitch, roll, lopsided=0.08 * float(np.sin(1.3 * second + seed)))


def random_pose(seed: int) -> Pose:
    """One pose drawn at random: any yaw, mouth shape, brow and gaze; for pictures to learn faces from."""
    rng = np.random.default_rng([77, seed])
    names = tuple(VISEMES)
    weights = dict(VISEMES[names[int(rng.integers(len(names)))]])
    for unit in (
        "mouthSmile",
        "browInnerUp",
        "browDown",
        "browOuterUp",
        "eyeWide",
        "mouthFrown",
        "cheekPuff",
    ):
        if rng.random() < 0.22:
            weights[unit] = float(rng.uniform(0.2, 0.9))
    if rng.random() < 0.15:
        weights["jawOpen"] = float(rng.uniform(0.5, 1.0))
    weights["eyeBlink"] = float(rng.choice([0.0, 0.0, 0.0, rng.uniform(0, 1)]))
    weights.update(_looks(float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.5, 0.5))))
    yaw, pitch, roll = rng.uniform(-1, 1, 3) * (YAW_LIMIT_DEG, PITCH_LIMIT_DEG, ROLL_LIMIT_DEG)
    return _pose(weights, float(yaw), float(pitch), float(roll), lopsided=float(rng.uniform(-0.2, 0.2)))


def speech_units(kind: Kind, seed: int) -> tuple[tuple[float, str], ...]:
    """The mouth shapes of the performance and the second at which each is reached; sound is made of them."""
    return _speech(kind, seed)


def _pose(weights: Mapping[str, float], yaw: float, pitch: float, roll: float, *, lopsided: float) -> Pose:
    expression: dict[str, float] = {}
    for unit, weight in weights.items():
        if unit in _PAIRED:
            expression[f"{unit}Left"] = weight * (1.0 + lopsided)
            expression[f"{unit}Right"] = weight * (1.0 - lopsided)
        elif unit == "eyeBlink":
            expression["eyeBlinkLeft"] = expression["eyeBlinkRight"] = weight
        else:
            expression[unit] = weight
    clean = {unit: float(np.clip(weight, 0.0, 1.0)) for unit, weight in expression.items() if weight > 1e-4}
    return Pose(
        expression=clean,
        yaw_deg=float(np.clip(yaw, -YAW_LIMIT_DEG, YAW_LIMIT_DEG)),
        pitch_deg=float(np.clip(pitch, -PITCH_LIMIT_DEG, PITCH_LIMIT_DEG)),
        roll_deg=float(np.clip(roll, -ROLL_LIMIT_DEG, ROLL_LIMIT_DEG)),
    )


@lru_cache(maxsize=16)
def _speech(kind: Kind, seed: int) -> tuple[tuple[float, str], ...]:
    """Syllables of consonant and vowel, 4 to 6 a second, with pauses between words."""
    rng = np.random.default_rng([seed, 1 if kind == "learn" else 2])
    keys: list[tuple[float, str]] = [(0.0, "rest")]
    second = 0.15
    while second < PLANNED_S:
        for _ in range(int(rng.integers(2, 5))):
            keys.append((second, str(rng.choice(_CONSONANTS))))
            second += float(rng.uniform(0.075, 0.11))
            keys.append((second, str(rng.choice(_VOWELS))))
            second += float(rng.uniform(0.10, 0.17))
        keys.append((second, "rest"))
        second += float(rng.uniform(0.08, 0.3))
    quiet = _SILENT[kind]
    return tuple((s, "rest" if any(a <= s <= b for a, b in quiet) else v) for s, v in keys)


def _spoken(kind: Kind, seed: int, second: float) -> dict[str, float]:
    keys = _speech(kind, seed)
    after = next((n for n, (s, _) in enumerate(keys) if s > second), len(keys) - 1)
    before = max(0, after - 1)
    (start, first), (end, then) = keys[before], keys[after]
    share = _ease((second - start) / max(end - start, 1e-6))
    units = set(VISEMES[first]) | set(VISEMES[then])
    return {
        u: VISEMES[first].get(u, 0.0) * (1 - share) + VISEMES[then].get(u, 0.0) * share for u in sorted(units)
    }


def _blink(kind: Kind, seed: int, second: float) -> float:
    value = 0.0
    for start in _blink_starts(kind, seed):
        value = max(value, _bump((second - start) / 0.26) ** 0.7)
    return value


@lru_cache(maxsize=16)
def _blink_starts(kind: Kind, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng([seed, 3 if kind == "learn" else 4])
    gaps = rng.uniform(1.1, 2.4, int(PLANNED_S))
    return tuple(float(s) for s in np.cumsum(gaps))


def _gaze(kind: Kind, seed: int, second: float) -> dict[str, float]:
    rng = np.random.default_rng([seed, 5 if kind == "learn" else 6])
    aims = rng.uniform(-1, 1, (int(PLANNED_S * 1.6) + 2, 2)) * (0.55, 0.3)
    step = min(int(second * 1.6), len(aims) - 2)
    share = _ease(np.clip((second * 1.6 - step) / 0.12, 0, 1))
    aside, up = aims[step] * (1 - share) + aims[step + 1] * share
    yaw, _, _ = _turn(kind, seed, second)
    return _looks(float(aside) - 0.55 * yaw / YAW_LIMIT_DEG, float(up))


def _looks(aside: float, up: float) -> dict[str, float]:
    """Gaze units for looking to the picture's right (aside > 0) and up, each -1 to 1."""
    right = max(aside, 0.0)
    left = max(-aside, 0.0)
    high, low = max(up, 0.0), max(-up, 0.0)
    return {
        "eyeLookOutLeft": right, "eyeLookInRight": right, "eyeLookInLeft": left, "eyeLookOutRight": left,
        "eyeLookUpLeft": high, "eyeLookUpRight": high, "eyeLookDownLeft": low, "eyeLookDownRight": low,
    }  # fmt: skip


def _turn(kind: Kind, seed: int, second: float) -> tuple[float, float, float]:
    points = np.asarray(_WAYPOINTS[kind], np.float64)
    side = -1.0 if seed % 2 else 1.0
    phase = 0.37 * seed
    wobble = np.asarray(
        [np.sin(5.1 * second + phase), np.sin(6.3 * second + 2 * phase), np.sin(4.3 * second)]
    )
    angles = [_through(points[:, 0], points[:, 1 + n], second % points[-1, 0]) for n in range(3)]
    yaw, pitch, roll = np.asarray(angles) * (side, 1.0, side) + wobble * (0.9, 0.8, 0.5)
    return float(yaw), float(pitch), float(roll)


def _through(times: Curve, values: Curve, second: float) -> float:
    """Smooth curve through the points: a cubic with flattened slopes, so that it never overshoots."""
    n = int(np.clip(np.searchsorted(times, second, side="right") - 1, 0, len(times) - 2))
    share = _ease((second - times[n]) / (times[n + 1] - times[n]))
    return float(values[n] * (1 - share) + values[n + 1] * share)


def _bump(share: float) -> float:
    """0 outside 0..1, and a soft hill with a flat top inside."""
    if not 0.0 < share < 1.0:
        return 0.0
    return float(_ease(min(1.0, 2.6 * min(share, 1.0 - share))))


def _ease(share: float) -> float:
    t = min(max(float(share), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
