"""How skin looks, as values per refined vertex: colour, lips, freckles, stubble, lines and hair shadow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import regions
from .head import Person

F32 = npt.NDArray[np.float32]


def surface_look(rest_R3: F32, person: Person, *, donor: Person | None = None) -> dict[str, F32]:
    """Named values (R, C) over the skin; with `donor`, its features inside the face, graded to the person.

    tint: linear RGB. lip: linear RGB of lips. freckles, stubble, lines, scalp, matte: (R, 1) 0..1.
    """
    own = _own_look(rest_R3, person)
    if donor is None:
        return own
    theirs = _own_look(rest_R3, donor)
    gain = np.asarray(person.skin.colour) / np.asarray(donor.skin.colour)
    theirs["tint"] = (theirs["tint"] * gain).astype(np.float32)
    theirs["lip"] = (theirs["lip"] * gain).astype(np.float32)
    share = regions.features(rest_R3)[:, None]
    mixed = {name: (own[name] + share * (theirs[name] - own[name])).astype(np.float32) for name in own}
    mixed["scalp"] = own["scalp"]
    return mixed


def _own_look(rest_R3: F32, person: Person) -> dict[str, F32]:
    skin = person.skin
    colour = np.asarray(skin.colour, np.float32)
    red = skin.redness * (
        0.7 * regions.spot(rest_R3, (0.0, 6.97, 1.62), 0.30)
        + 0.6 * regions.spot(rest_R3, (0.42, 6.93, 1.30), 0.42)
        + 0.5 * regions.ear(rest_R3)
        + 0.25 * regions.spot(rest_R3, (0.0, 6.25, 1.4), 0.35)
    )
    dark = (
        0.22 * regions.spot(rest_R3, (0.26, 7.16, 1.38), 0.22) * (0.5 + skin.lines)
        + 0.18 * regions.spot(rest_R3, (0.31, 7.38, 1.40), 0.24)
        + 0.10 * regions.spot(rest_R3, (0.0, 6.86, 1.55), 0.14)
    )
    mottle = regions.waves(rest_R3, per_dm=1.2, seed=skin.seed) * 0.045
    mottle = mottle + regions.waves(rest_R3, per_dm=4.5, seed=skin.seed + 1) * 0.03
    warm = regions.waves(rest_R3, per_dm=0.9, seed=skin.seed + 2) * 0.035
    tint = colour * (1.0 + mottle[:, None] + warm[:, None] * np.asarray([1.0, -0.3, -0.8], np.float32))
    tint *= 1.0 - dark[:, None] * np.asarray([0.8, 1.0, 0.9], np.float32)
    tint *= 1.0 + red[:, None] * np.asarray([0.10, -0.34, -0.30], np.float32)
    single = {
        "freckles": skin.freckles * np.clip(regions.face_matte(rest_R3) * _freckle_zone(rest_R3), 0, 1),
        "stubble": skin.stubble * regions.beard(rest_R3),
        "lines": skin.lines * regions.face_matte(rest_R3),
        "scalp": _scalp(rest_R3, tied_back=person.hair.long),
        "brow": person.hair.brow_weight * regions.brow(rest_R3),
        "matte": regions.face_matte(rest_R3),
    }
    look = {name: np.asarray(values, np.float32)[:, None] for name, values in single.items()}
    look["tint"] = np.clip(tint, 0.005, 0.95).astype(np.float32)
    look["lip"] = np.tile(np.asarray(skin.lips, np.float32), (len(rest_R3), 1))
    return look


def _scalp(rest_R3: F32, *, tied_back: bool) -> F32:
    """Where hair grows; tied back, the sideburns are bare."""
    if not tied_back:
        return regions.scalp(rest_R3)
    low_and_front = regions.ramp(rest_R3[:, 1], 7.66, 7.46) * regions.ramp(rest_R3[:, 2], 0.15, 0.4)
    return np.asarray(regions.scalp(rest_R3) * (1 - low_and_front), np.float32)


def _freckle_zone(rest_R3: F32) -> F32:
    nose_and_cheeks = regions.spot(rest_R3, (0.33, 7.0, 1.4), 0.6)
    return np.asarray(np.clip(0.25 + nose_and_cheeks, 0, 1), np.float32)
