"""A person ready to be posed: refined meshes, how their surface looks, and their hair.

The same figure gives the renderer its vertices and the truth its surface points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import regions
from .hair import grow
from .head import HeadData, Person, posed, shaped
from .look import surface_look
from .performance import Pose
from .strands import Lashes, Rooted, brow_strands, lash_strands
from .subdivision import Level, linear, refined_corners, refinements, smooth

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

SKIN_LOWEST_DM = 5.0
JERSEY_OFFSET_DM = 0.07
SKIN_STEPS = 2


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A refined mesh: `levels` to refine with, `quads_F4` of the result, `corner_uv_F42`."""

    levels: tuple[Level, ...]
    quads_F4: I32
    corner_uv_F42: F32


@dataclass(frozen=True, kw_only=True)
class Eye:
    """An eyeball as a sphere: `centre_3` and `radius_dm`, and `turn_33` from straight ahead to its gaze."""

    centre_3: F32
    radius_dm: float
    turn_33: F32


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A figure in one pose: refined vertices by part, strands by kind, and the eyes by side."""

    vertices: Mapping[str, F32]
    strands: Mapping[str, F32]
    eyes: Mapping[str, Eye]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A person's meshes and strands; `look` holds values per refined skin vertex by name."""

    data: HeadData
    person: Person
    base_V3: F32
    rest_R3: F32
    surfaces: Mapping[str, Surface]
    look: Mapping[str, F32]
    hair_SP3: F32
    brows: Rooted
    lashes: Lashes


def figure(data: HeadData, person: Person, *, donor: Person | None = None) -> Figure:
    """Build a person; with `donor`, the person with the donor's face put on: the true replacement."""
    own_V3 = shaped(data, person)
    base_V3 = own_V3 if donor is None else replaced_shape(data, own_V3, shaped(data, donor))
    surfaces = _surfaces(data)
    skin = surfaces["skin"]
    rest_R3 = smooth(skin.levels, data.vertices_V3)
    neutral_R3 = smooth(skin.levels, base_V3)
    look = surface_look(rest_R3, person, donor=donor)
    look["matte"] = np.maximum(look["matte"], linear(skin.levels, _mouth(data)))
    brow_owner = person if donor is None else donor
    return Figure(
        data=data,
        person=person,
        base_V3=base_V3,
        rest_R3=rest_R3,
        surfaces=surfaces,
        look=look,
        hair_SP3=grow(skin.quads_F4, smooth(skin.levels, own_V3), look["scalp"][:, 0], person.hair),
        brows=brow_strands(
            skin.quads_F4,
            rest_R3,
            neutral_R3,
            regions.brow(rest_R3),
            weight=brow_owner.hair.brow_weight,
            seed=brow_owner.hair.seed,
        ),
        lashes=lash_strands(
            data.faces["lashes"],
            data.vertices_V3,
            data.vertices_V3[data.part == "body"],
            length=1.0 if brow_owner.hair.long else 0.7,
            seed=brow_owner.hair.seed,
        ),
    )


def replaced_shape(data: HeadData, own_V3: F32, donor_V3: F32) -> F32:
    """The head of one person with the face of another, joined where the feature mask fades out."""
    inner = np.isin(data.part, ("left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "lashes"))
    share = np.where(inner, 1.0, np.where(data.part == "body", regions.features(data.vertices_V3), 0.0))
    border = (share * (1 - share))[:, None]
    fitted = _similar(donor_V3, own_V3, border)
    return np.asarray(own_V3 + share[:, None] * (fitted - own_V3), np.float32)


def moment(figure: Figure, pose: Pose) -> Moment:
    """Everything of the figure that moves, in one pose."""
    data = figure.data
    angles = {"yaw_deg": pose.yaw_deg, "pitch_deg": pose.pitch_deg, "roll_deg": pose.roll_deg}
    vertices_V3 = posed(data, figure.base_V3, pose.expression, **angles)
    parts = {name: smooth(s.levels, vertices_V3) for name, s in figure.surfaces.items()}
    skin = figure.surfaces["skin"]
    eyes = {side: _eye(data, figure.base_V3, vertices_V3, f"{side}_eye") for side in ("left", "right")}
    return Moment(
        vertices=parts,
        strands={
            "hair": _hair_turned(figure, **angles),
            "brows": figure.brows.at(skin.quads_F4, parts["skin"]),
            "lashes": figure.lashes.at(vertices_V3),
        },
        eyes=eyes,
    )


def _mouth(data: HeadData) -> F32:
    """1 inside the mouth, (V, 1): it belongs to the face, however deep. It has a corner of the texture."""
    corners = data.uv[data.face_uv["body"]]
    inside = (corners[:, :, 0] > 0.72).all(axis=1) & (corners[:, :, 1] < 0.16).all(axis=1)
    mask = np.zeros((len(data.vertices_V3), 1), np.float32)
    mask[data.faces["body"][inside]] = 1.0
    return mask


def _surfaces(data: HeadData) -> dict[str, Surface]:
    body, rest = data.faces["body"], data.vertices_V3
    bare = rest[body][:, :, 1].max(axis=1) > SKIN_LOWEST_DM
    chosen = {
        "skin": (body[bare], data.face_uv["body"][bare], SKIN_STEPS),
        **{
            name: (data.faces[name], data.face_uv[name], 1)
            for name in ("upper_teeth", "lower_teeth", "tongue")
        },
    }
    surfaces = {}
    for name, (quads, uv_rows, steps) in chosen.items():
        levels = refinements(quads, len(rest), steps)
        corner_uv = refined_corners(data.uv[uv_rows], steps)
        surfaces[name] = Surface(levels=levels, quads_F4=levels[-1].fine_4F4, corner_uv_F42=corner_uv)
    return surfaces


def _hair_turned(figure: Figure, *, yaw_deg: float, pitch_deg: float, roll_deg: float) -> F32:
    """Hair points turned with the skull: they are posed like vertices that no expression moves."""
    points = figure.hair_SP3.reshape(-1, 3)
    with_joints = np.concatenate([figure.base_V3, points])
    turned = posed(figure.data, with_joints, {}, yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg)
    return turned[len(figure.base_V3) :].reshape(figure.hair_SP3.shape)


def _eye(data: HeadData, base_V3: F32, vertices_V3: F32, part: str) -> Eye:
    rows = data.part == part
    rest, now = base_V3[rows], vertices_V3[rows]
    centre = now.mean(axis=0)
    turn = _rotation(rest - rest.mean(axis=0), now - centre)
    radius = float(np.linalg.norm(rest - rest.mean(axis=0), axis=1).mean())
    return Eye(centre_3=centre, radius_dm=radius, turn_33=turn)


def _rotation(from_N3: F32, to_N3: F32) -> F32:
    u, _, vt = np.linalg.svd(to_N3.T @ from_N3)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return np.asarray(u @ flip @ vt, np.float32)


def _similar(from_N3: F32, to_N3: F32, weight_N1: npt.NDArray[np.floating]) -> F32:
    """`from_N3` moved, turned and scaled to lie on `to_N3` as the weights ask (Umeyama 1991)."""
    total = weight_N1.sum()
    from_centre = (from_N3 * weight_N1).sum(axis=0) / total
    to_centre = (to_N3 * weight_N1).sum(axis=0) / total
    a, b = from_N3 - from_centre, to_N3 - to_centre
    turn = _rotation(np.asarray(a * weight_N1, np.float32), np.asarray(b, np.float32))
    scale = ((a @ turn.T) * b * weight_N1).sum() / (a * a * weight_N1).sum()
    return np.asarray(scale * (a @ turn.T) + to_centre, np.float32)
