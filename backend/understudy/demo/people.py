"""The cast: Rowan and Mira, who play the demonstration, and strangers to learn faces in general from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .head import Hair, Person, Skin

F64 = npt.NDArray[np.float64]

PERFORMER = Person(
    name="rowan",
    shape={
        "macrodetails/caucasian-male-young": 0.45,
        "macrodetails/caucasian-male-old": 0.55,
        "macrodetails/universal-male-young-averagemuscle-averageweight": 0.45,
        "macrodetails/universal-male-old-averagemuscle-averageweight": 0.55,
        "head/head-rectangular": 0.75,
        "head/head-fat-decr": 0.35,
        "chin/chin-width-incr": 0.6,
        "chin/chin-prominent-incr": 0.5,
        "chin/chin-height-incr": 0.3,
        "nose/nose-hump-incr": 0.55,
        "nose/nose-scale-vert-incr": 0.45,
        "nose/nose-scale-depth-incr": 0.4,
        "nose/nose-width1-incr": 0.3,
        "mouth/mouth-scale-horiz-incr": 0.35,
        "mouth/mouth-upperlip-volume-decr": 0.5,
        "mouth/mouth-lowerlip-volume-decr": 0.3,
        "cheek/l-cheek-volume-decr": 0.5,
        "cheek/r-cheek-volume-decr": 0.5,
        "eyes/l-eye-bag-incr": 0.5,
        "eyes/r-eye-bag-incr": 0.5,
        "eyebrows/eyebrows-trans-down": 0.5,
        "forehead/forehead-trans-backward": 0.3,
        "ears/l-ear-scale-incr": 0.3,
        "ears/r-ear-scale-incr": 0.3,
    },
    skin=Skin(
        colour=(0.56, 0.315, 0.225),
        lips=(0.42, 0.185, 0.15),
        redness=0.55,
        freckles=0.1,
        stubble=0.75,
        lines=0.7,
        seed=11,
    ),
    hair=Hair(
        colour=(0.105, 0.075, 0.052),
        brow_colour=(0.07, 0.045, 0.03),
        brow_weight=0.85,
        length_dm=0.32,
        seed=12,
    ),
    iris=(0.05, 0.075, 0.09),
    jersey=(0.035, 0.06, 0.10),
)

DONOR = Person(
    name="mira",
    shape={
        "macrodetails/african-female-young": 0.45,
        "macrodetails/asian-female-young": 0.55,
        "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
        "head/head-oval": 0.6,
        "head/head-scale-vert-decr": 0.2,
        "chin/chin-triangle": 0.5,
        "chin/chin-width-decr": 0.4,
        "nose/nose-scale-vert-decr": 0.35,
        "nose/nose-point-up": 0.4,
        "nose/nose-curve-concave": 0.4,
        "nose/nose-scale-horiz-incr": 0.25,
        "mouth/mouth-lowerlip-volume-incr": 0.5,
        "mouth/mouth-upperlip-volume-incr": 0.5,
        "mouth/mouth-cupidsbow-incr": 0.4,
        "cheek/l-cheek-bones-incr": 0.5,
        "cheek/r-cheek-bones-incr": 0.5,
        "cheek/l-cheek-volume-incr": 0.35,
        "cheek/r-cheek-volume-incr": 0.35,
        "eyes/l-eye-scale-incr": 0.4,
        "eyes/r-eye-scale-incr": 0.4,
        "eyes/l-eye-corner1-up": 0.4,
        "eyes/r-eye-corner1-up": 0.4,
        "eyebrows/eyebrows-angle-down": 0.35,
        "eyebrows/eyebrows-trans-up": 0.4,
    },
    skin=Skin(
        colour=(0.30, 0.145, 0.085),
        lips=(0.235, 0.085, 0.07),
        redness=0.25,
        freckles=0.7,
        stubble=0.0,
        lines=0.0,
        seed=21,
    ),
    hair=Hair(
        colour=(0.014, 0.009, 0.007),
        brow_colour=(0.030, 0.018, 0.012),
        brow_weight=0.45,
        length_dm=1.2,
        long=True,
        seed=22,
    ),
    iris=(0.045, 0.022, 0.010),
    jersey=(0.28, 0.075, 0.05),
)

# Shape targets that strangers draw from; a name ending in -incr or a pair (a, b) is one axis.
_AXES = (
    ("head/head-fat-decr", "head/head-fat-incr"),
    ("head/head-scale-horiz-decr", "head/head-scale-horiz-incr"),
    ("head/head-scale-vert-decr", "head/head-scale-vert-incr"),
    ("chin/chin-width-decr", "chin/chin-width-incr"),
    ("chin/chin-height-decr", "chin/chin-height-incr"),
    ("chin/chin-prominent-decr", "chin/chin-prominent-incr"),
    ("nose/nose-scale-vert-decr", "nose/nose-scale-vert-incr"),
    ("nose/nose-scale-horiz-decr", "nose/nose-scale-horiz-incr"),
    ("nose/nose-hump-decr", "nose/nose-hump-incr"),
    ("nose/nose-point-down", "nose/nose-point-up"),
    ("nose/nose-volume-decr", "nose/nose-volume-incr"),
    ("mouth/mouth-scale-horiz-decr", "mouth/mouth-scale-horiz-incr"),
    ("mouth/mouth-lowerlip-volume-decr", "mouth/mouth-lowerlip-volume-incr"),
    ("mouth/mouth-upperlip-volume-decr", "mouth/mouth-upperlip-volume-incr"),
    ("mouth/mouth-trans-down", "mouth/mouth-trans-up"),
    ("cheek/*-cheek-bones-decr", "cheek/*-cheek-bones-incr"),
    ("cheek/*-cheek-volume-decr", "cheek/*-cheek-volume-incr"),
    ("eyes/*-eye-scale-decr", "eyes/*-eye-scale-incr"),
    ("eyes/*-eye-corner1-down", "eyes/*-eye-corner1-up"),
    ("eyes/*-eye-trans-in", "eyes/*-eye-trans-out"),
    ("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up"),
    ("eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up"),
    ("forehead/forehead-scale-vert-decr", "forehead/forehead-scale-vert-incr"),
)
_HEAD_FORMS = ("oval", "round", "rectangular", "square", "triangular", "invertedtriangular", "diamond")
_SKIN_RAMP = np.asarray(
    [(0.62, 0.37, 0.28), (0.55, 0.30, 0.205), (0.42, 0.215, 0.13), (0.26, 0.12, 0.068), (0.10, 0.043, 0.025)]
)
_HAIR_RAMP = np.asarray(
    [
        (0.012, 0.009, 0.008),
        (0.05, 0.028, 0.016),
        (0.14, 0.075, 0.035),
        (0.35, 0.23, 0.12),
        (0.36, 0.34, 0.32),
    ]
)
_IRIS_RAMP = np.asarray(
    [(0.04, 0.02, 0.009), (0.085, 0.05, 0.02), (0.06, 0.075, 0.035), (0.055, 0.095, 0.13)]
)


def starter_cast(count: int = 10, *, seed: int = 2024) -> tuple[Person, ...]:
    """`count` strangers of different sex, age, skin and head shape; never Rowan or Mira."""
    return tuple(_stranger(number, seed) for number in range(count))


def _stranger(number: int, seed: int) -> Person:
    rng = np.random.default_rng([seed, number])
    male = number % 2 == 0
    age = float(rng.uniform(0.0, 1.0))
    darkness = ((number * 0.382) % 1.0) * (len(_SKIN_RAMP) - 1)
    skin = _along(_SKIN_RAMP, darkness)
    hair_colour = _along(_HAIR_RAMP, 4.0 if age > 0.8 else rng.uniform(0, max(0.3, 3 - darkness)))
    skin_seed, hair_seed = (int(n) for n in rng.integers(1, 10_000, 2))
    return Person(
        name=f"stranger{number:02d}",
        shape=_stranger_shape(rng, male, age, darkness),
        skin=Skin(
            colour=skin,
            lips=(skin[0] * 0.80, skin[1] * 0.50, skin[2] * 0.62),
            redness=float(rng.uniform(0.1, 0.6)),
            freckles=float(rng.uniform(0, 0.6) if rng.random() < 0.5 else 0.0),
            stubble=float(rng.uniform(0.2, 0.9)) if male else 0.0,
            lines=age,
            seed=skin_seed,
        ),
        hair=Hair(
            colour=hair_colour,
            brow_colour=_along(_HAIR_RAMP * 0.8, rng.uniform(0, 1.5)),
            brow_weight=float(rng.uniform(0.4, 0.95)),
            length_dm=float(rng.uniform(0.2, 0.5)),
            long=not male and bool(rng.random() < 0.7),
            seed=hair_seed,
        ),
        iris=_along(_IRIS_RAMP, rng.uniform(0, 0.8) if darkness > 1.5 else rng.uniform(0, 3)),
        jersey=_colour(rng.uniform(0.02, 0.35, 3)),
    )


def _stranger_shape(rng: np.random.Generator, male: bool, age: float, darkness: float) -> dict[str, float]:
    sex = "male" if male else "female"
    african = float(np.clip((darkness - 1.5) / 2, 0, 1))
    asian = (1 - african) * float(rng.choice([0.0, 0.2, 0.9]))
    origins = {"african": african, "asian": asian, "caucasian": 1 - african - asian}
    shape: dict[str, float] = {}
    for years, share in (("young", 1 - age), ("old", age)):
        for origin, part in origins.items():
            shape[f"macrodetails/{origin}-{sex}-{years}"] = share * part
        weight = str(rng.choice(["minweight", "averageweight", "averageweight", "maxweight"]))
        shape[f"macrodetails/universal-{sex}-{years}-averagemuscle-{weight}"] = share
    shape[f"head/head-{rng.choice(_HEAD_FORMS)}"] = float(rng.uniform(0.3, 0.9))
    for less, more in _AXES:
        amount = float(np.clip(rng.normal(0, 0.42), -0.9, 0.9))
        name = more if amount > 0 else less
        for side in ("l", "r") if "*" in name else ("",):
            shape[name.replace("*", side)] = abs(amount)
    return shape


def _along(ramp: F64, position: float) -> tuple[float, float, float]:
    low = int(np.clip(np.floor(position), 0, len(ramp) - 2))
    share = float(np.clip(position - low, 0, 1))
    return _colour(ramp[low] * (1 - share) + ramp[low + 1] * share)


def _colour(values: F64) -> tuple[float, float, float]:
    red, green, blue = (round(float(v), 5) for v in values)
    return red, green, blue
