"""A synthetic person seen quickly: skin, eyes, teeth, hair and jersey on the rasteriser.

Tests need hundreds of frames in seconds; the demonstration's own movies are rendered with care elsewhere.
All light is added up in linear light; pictures come out display-encoded (BT.709).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from .head import HeadData, Person, posed, shaped
from .rasteriser import Camera, Hits, rasterise, triangles_of, vertex_normals
from .regions import beard, brow, face_matte, features, ramp, scalp, waves

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

PARTS = ("body", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "jersey")
ATLAS_PX = 1024
SUPERSAMPLING = 2  # `view` adds up blocks of two by two
_HAIR_VOLUME_DM = 0.09
_IRIS_DM = 0.066
_PUPIL_DM = 0.026


@dataclass(frozen=True, kw_only=True)
class Light:
    """Two distant lights and a sky. Directions point towards the light; colours are linear RGB."""

    key: tuple[float, float, float] = (0.45, 0.45, 0.80)
    key_colour: tuple[float, float, float] = (1.55, 1.50, 1.40)
    fill: tuple[float, float, float] = (-0.75, 0.10, 0.60)
    fill_colour: tuple[float, float, float] = (0.30, 0.34, 0.42)
    sky_colour: tuple[float, float, float] = (0.34, 0.35, 0.38)


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What of the head data is drawn: triangle tables of vertices and texture rows, and the part of each."""

    data: HeadData
    triangles_T3: I32
    uv_T3: I32
    part_T: I32

    @classmethod
    def of(cls, data: HeadData) -> Surface:
        """Gather the parts of a head that the quick renderer draws."""
        return cls(
            data=data,
            triangles_T3=np.concatenate([triangles_of(data.faces[part]) for part in PARTS]),
            uv_T3=np.concatenate([triangles_of(data.face_uv[part]) for part in PARTS]),
            part_T=np.concatenate(
                [np.full(2 * len(data.faces[part]), row, np.int32) for row, part in enumerate(PARTS)]
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """A person ready to be drawn: neutral vertices (V, 3), body colours over the texture square.

    body_AA3: linear albedo. occlusion_V: 0..1, how open each vertex is to the sky.
    """

    surface: Surface
    base_V3: F32
    body_AA3: F32
    occlusion_V: F32
    iris: tuple[float, float, float]
    jersey: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class View:
    """One drawn frame. rgb_HW3: display-encoded 0..1; matte_HW: the visible face that may be replaced, 0..1;
    head_HW: the whole figure's coverage; vertices_V3: the posed mesh, in decimetres."""

    rgb_HW3: F32
    matte_HW: F32
    head_HW: F32
    vertices_V3: F32


def sitter(surface: Surface, person: Person) -> Sitter:
    """Prepare a person; takes about half a second."""
    bare = shaped(surface.data, person)
    normals = vertex_normals(bare, surface.triangles_T3)
    rest = surface.data.vertices_V3
    grown = (
        scalp(rest)
        * (surface.data.part == "body")
        * (_HAIR_VOLUME_DM if person.hair.long else 0.6 * _HAIR_VOLUME_DM)
    )
    return Sitter(
        surface=surface,
        base_V3=np.asarray(bare + normals * grown[:, None], np.float32),
        body_AA3=_body_colours(surface, person),
        occlusion_V=_openness(surface, bare, normals),
        iris=person.iris,
        jersey=person.jersey,
    )


def replacement(performer: Sitter, donor: Sitter, *, grade: tuple[float, float, float]) -> Sitter:
    """The true replacement: the performer's head, hair and neck with the donor's face shape and features.

    The donor's face is fitted to the performer's by a similarity on the border where they join.
    grade: what the donor's skin is multiplied by to be the performer's.
    """
    surface = performer.surface
    rest = surface.data.vertices_V3
    body = surface.data.part == "body"
    share = np.where(body, features(rest), 1.0).astype(np.float32)
    share[surface.data.part == "jersey"] = 0
    border = body & (share > 0.01) & (share < 0.25)
    fitted = _fitted(donor.base_V3, performer.base_V3, border)
    base = performer.base_V3 + share[:, None] * (fitted - performer.base_V3)
    pixel, rest_N3 = _texels(surface)
    mask = np.zeros((ATLAS_PX * ATLAS_PX, 1), np.float32)
    mask[pixel, 0] = features(rest_N3)
    mask_AA1 = _filled(mask, pixel).reshape(ATLAS_PX, ATLAS_PX, 1)
    graded = donor.body_AA3 * np.asarray(grade, np.float32)
    return replace(
        performer,
        base_V3=np.asarray(base, np.float32),
        body_AA3=np.asarray(performer.body_AA3 + mask_AA1 * (graded - performer.body_AA3), np.float32),
        occlusion_V=np.asarray(performer.occlusion_V + share * (donor.occlusion_V - performer.occlusion_V)),
        iris=donor.iris,
    )


def view(
    who: Sitter,
    expression: Mapping[str, float],
    *,
    yaw_deg: float,
    pitch_deg: float,
    roll_deg: float,
    camera: Camera,
    light: Light,
    backdrop_HW3: F32,
) -> View:
    """Draw one frame, antialiased, before a backdrop (linear light)."""
    surface = who.surface
    vertices = posed(
        surface.data, who.base_V3, expression, yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg
    )
    fine = camera.enlarged(SUPERSAMPLING)
    xy, near = fine.project(vertices)
    hits = rasterise(xy, near, surface.triangles_T3, width_px=fine.width_px, height_px=fine.height_px)
    colour_N3, face_N = _shaded(who, vertices, hits, light)
    layers = np.zeros((fine.height_px * fine.width_px, 5), np.float32)
    layers[hits.pixel_N, :3] = colour_N3
    layers[hits.pixel_N, 3] = 1
    layers[hits.pixel_N, 4] = face_N
    square = layers.reshape(fine.height_px, fine.width_px, 5)
    small = square[0::2, 0::2] + square[1::2, 0::2] + square[0::2, 1::2] + square[1::2, 1::2]
    small *= np.float32(1 / SUPERSAMPLING**2)
    linear = small[:, :, :3] + (1 - small[:, :, 3:4]) * backdrop_HW3
    return View(
        rgb_HW3=encoded(linear), matte_HW=small[:, :, 4], head_HW=small[:, :, 3], vertices_V3=vertices
    )


def wall(camera: Camera, *, colour: tuple[float, float, float], seed: int) -> F32:
    """An out-of-focus plastered wall in linear light, (H, W, 3)."""
    rng = np.random.default_rng([seed, 9])
    height, width = camera.height_px, camera.width_px
    tone = np.zeros((height, width), np.float32)
    for size, strength in ((4, 0.25), (12, 0.12), (40, 0.05)):
        grid = rng.normal(0, strength, (size, size * 2)).astype(np.float32)
        tone += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    fall = np.linspace(1.15, 0.75, width, dtype=np.float32)[None, :]
    return np.asarray(
        np.exp(tone)[:, :, None] * fall[:, :, None] * np.asarray(colour, np.float32), np.float32
    )


def encoded(linear: F32) -> F32:
    """BT.709 camera encoding of linear light, clipped to 0..1."""
    light = np.clip(linear, 0, 1)
    return np.asarray(np.where(light < 0.018, 4.5 * light, 1.099 * np.power(light, 0.45) - 0.099), np.float32)


def _shaded(who: Sitter, vertices_V3: F32, hits: Hits, light: Light) -> tuple[F32, F32]:
    """Linear colour (N, 3) and face matte (N,) of the seen points."""
    surface = who.surface
    normals = vertex_normals(vertices_V3, surface.triangles_T3)
    of_vertex = np.concatenate([normals, surface.data.vertices_V3, who.occlusion_V[:, None]], axis=1)
    mixed = hits.mix(of_vertex, surface.triangles_T3)
    normal, rest, open_ = mixed[:, :3], mixed[:, 3:6], mixed[:, 6:]
    normal = normal / np.maximum(np.sqrt(np.square(normal) @ np.ones((3, 1), np.float32)), np.float32(1e-6))
    part = surface.part_T[hits.triangle_N]
    albedo, gloss = _albedo(who, hits, part, rest)
    received = np.asarray(light.sky_colour, np.float32) * (0.65 + 0.35 * normal[:, 1:2]) * open_
    colour = np.zeros_like(albedo)
    for direction, tint in ((light.key, light.key_colour), (light.fill, light.fill_colour)):
        towards = np.asarray(direction, np.float32) / np.float32(np.linalg.norm(direction))
        facing = (normal @ towards)[:, None]
        received = received + np.clip((facing + 0.15) / 1.15, 0, None) * (0.4 + 0.6 * open_) * np.asarray(
            tint, np.float32
        )
        half = towards + np.asarray([0, 0, 1], np.float32)
        shine = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 40
        colour += (gloss * shine * open_[:, 0])[:, None] * np.asarray(tint, np.float32)
    off_mouth = (rest - np.asarray((0.0, 6.65, 0.90), np.float32)) / np.asarray(
        (0.42, 0.34, 0.45), np.float32
    )
    inner_mouth = np.square(off_mouth) @ np.ones(3, np.float32) < 1
    skin = np.maximum(face_matte(rest), inner_mouth)
    face = np.where(part == 0, skin, (part < PARTS.index("jersey")).astype(np.float32))
    return np.asarray(colour + albedo * received, np.float32), np.asarray(face, np.float32)


def _albedo(who: Sitter, hits: Hits, part_N: I32, rest_N3: F32) -> tuple[F32, F32]:
    """Linear albedo (N, 3) and gloss (N,) of the seen points."""
    flat = {
        "upper_teeth": (0.50, 0.46, 0.38),
        "lower_teeth": (0.42, 0.38, 0.31),
        "tongue": (0.30, 0.09, 0.08),
    }
    albedo = np.zeros((len(part_N), 3), np.float32)
    gloss = np.full(len(part_N), 0.05, np.float32)
    uv = hits.mix(who.surface.data.uv, who.surface.uv_T3)
    column = np.clip((uv[:, 0] * ATLAS_PX).astype(np.int64), 0, ATLAS_PX - 1)
    line = np.clip(((1 - uv[:, 1]) * ATLAS_PX).astype(np.int64), 0, ATLAS_PX - 1)
    for row, name in enumerate(PARTS):
        here = part_N == row
        if name == "body":
            albedo[here] = who.body_AA3[line[here], column[here]]
        elif name.endswith("_eye"):
            albedo[here] = _eye_colours(who, name, rest_N3[here])
            gloss[here] = 0.6
        elif name == "jersey":
            knit = 1 + 0.15 * np.sin(70 * rest_N3[here, :1])
            albedo[here] = knit * np.asarray(who.jersey, np.float32)
            gloss[here] = 0
        else:
            depth = ramp(rest_N3[here, 2], 1.15, 1.5)[:, None]
            albedo[here] = np.asarray(flat[name], np.float32) * (0.15 + 0.85 * depth)
    return albedo, gloss


def _eye_colours(who: Sitter, name: str, rest_N3: F32) -> F32:
    data = who.surface.data
    ball = data.vertices_V3[np.unique(data.faces[name])]
    middle = (ball.min(axis=0) + ball.max(axis=0)) / 2
    away = np.hypot(rest_N3[:, 0] - middle[0], rest_N3[:, 1] - middle[1])
    iris = (ramp(away, _IRIS_DM + 0.006, _IRIS_DM - 0.006) * (rest_N3[:, 2] > middle[2]))[:, None]
    pupil = (ramp(away, _PUPIL_DM + 0.006, _PUPIL_DM - 0.006) * (rest_N3[:, 2] > middle[2]))[:, None]
    rim = ramp(away, _IRIS_DM * 0.7, _IRIS_DM)[:, None]
    white = np.asarray((0.62, 0.58, 0.55), np.float32)
    coloured = np.asarray(who.iris, np.float32) * (1.1 - 0.7 * rim)
    return np.asarray((white * (1 - iris) + coloured * iris) * (1 - 0.97 * pupil), np.float32)


def _texels(surface: Surface) -> tuple[npt.NDArray[np.int64], F32]:
    """Texture pixels that the body covers, and their place (N, 3) on the neutral base head."""
    body = surface.part_T == 0
    both_uv = np.concatenate([surface.uv_T3[body], surface.uv_T3[body][:, ::-1]])
    both = np.concatenate([surface.triangles_T3[body], surface.triangles_T3[body][:, ::-1]])
    xy = surface.data.uv * np.float32(ATLAS_PX)
    xy[:, 1] = ATLAS_PX - xy[:, 1]
    hits = rasterise(xy, np.zeros(len(xy), np.float32), both_uv, width_px=ATLAS_PX, height_px=ATLAS_PX)
    return hits.pixel_N, hits.mix(surface.data.vertices_V3, both)


def _filled(values_PC: F32, pixel_N: npt.NDArray[np.int64]) -> F32:
    """The texture with its gaps filled from their neighbours, so that seams do not show."""
    square = values_PC.reshape(ATLAS_PX, ATLAS_PX, -1)
    known = np.zeros((ATLAS_PX * ATLAS_PX, 1), np.float32)
    known[pixel_N] = 1
    weight = known.reshape(ATLAS_PX, ATLAS_PX)
    spread = cv2.blur(square, (7, 7)).reshape(ATLAS_PX, ATLAS_PX, -1)
    share = cv2.blur(weight, (7, 7))[:, :, None]
    return np.where(weight[:, :, None] > 0, square, spread / np.maximum(share, 1e-6)).astype(np.float32)


def _body_colours(surface: Surface, person: Person) -> F32:
    """Linear albedo of skin, lips, brows, stubble and hair over the texture square."""
    pixel, rest = _texels(surface)
    skin, hair = person.skin, person.hair
    colour = np.broadcast_to(np.asarray(skin.colour, np.float32), (len(rest), 3)).copy()
    colour *= (
        1
        + 0.05 * waves(rest, per_dm=3.0, seed=skin.seed)
        + 0.05 * waves(rest, per_dm=14.0, seed=skin.seed + 1)
    )[:, None]
    blush = ramp(np.linalg.norm((rest - (0, 6.95, 1.5)) * (0.9, 2.2, 1.0), axis=1), 0.9, 0.3) * skin.redness
    colour *= 1 + blush[:, None] * np.asarray((0.06, -0.16, -0.14), np.float32)
    freckle = ramp(waves(rest, per_dm=16.0, seed=skin.seed + 2), 1.4, 2.0) * skin.freckles
    colour *= 1 - freckle[:, None] * np.asarray((0.35, 0.5, 0.55), np.float32)
    lips = _mask(surface, "lips").reshape(-1)[pixel]
    colour += lips[:, None] * (np.asarray(skin.lips, np.float32) - colour)
    dark = np.asarray(hair.brow_colour, np.float32)
    speck = 0.6 + 0.4 * np.clip(waves(rest, per_dm=22.0, seed=skin.seed + 3), -1, 1)
    colour += (beard(rest) * (1 - lips) * skin.stubble * 0.55 * speck)[:, None] * (dark * 1.6 - colour)
    colour += (brow(rest) * min(1.0, hair.brow_weight + 0.1) * (0.75 + 0.25 * speck))[:, None] * (
        dark - colour
    )
    lids = _mask(surface, "eyelids").reshape(-1)[pixel]
    colour *= 1 - 0.45 * lids[:, None]
    colour *= 1 - 0.8 * _mask(surface, "inside-mouth").reshape(-1)[pixel][:, None]
    strands = np.sin(
        60 * np.arctan2(rest[:, 0], rest[:, 1] - 6.9) + 4 * waves(rest, per_dm=2.0, seed=hair.seed)
    )
    locks = np.asarray(hair.colour, np.float32) * (1 + 0.35 * strands[:, None])
    colour += scalp(rest)[:, None] * (locks - colour)
    atlas = np.zeros((ATLAS_PX * ATLAS_PX, 3), np.float32)
    atlas[pixel] = np.clip(colour, 0.002, 1)
    return _filled(atlas, pixel)


def _mask(surface: Surface, name: str) -> F32:
    """A region mask of the head data over the texture square, 0..1. Raises FileNotFoundError."""
    path = surface.data.root / f"mpfb2/textures/mpfb_{name}.jpg"
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FileNotFoundError(f"the head data has no region mask {path}")
    return np.asarray(
        cv2.resize(picture, (ATLAS_PX, ATLAS_PX), interpolation=cv2.INTER_AREA) / 255.0, np.float32
    )


def _openness(surface: Surface, points_V3: F32, normals_V3: F32) -> F32:
    """1 where the surface bulges, less in its folds: a cheap stand-in for the light that folds lose."""
    edges = np.concatenate([surface.triangles_T3[:, [0, 1]], surface.triangles_T3[:, [1, 2]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    count = np.maximum(np.bincount(edges[:, 0], minlength=len(points_V3)), 1)[:, None]
    depth = np.zeros(len(points_V3), np.float32)
    around = points_V3
    for _ in range(4):
        sums = [
            np.bincount(edges[:, 0], weights=around[edges[:, 1], k], minlength=len(around)) for k in range(3)
        ]
        around = np.asarray(np.stack(sums, axis=1) / count, np.float32)
    depth = ((around - points_V3) * normals_V3).sum(axis=1)
    return np.asarray(1 - 0.75 * ramp(depth, 0.0, 0.10), np.float32)


def _fitted(moving_V3: F32, still_V3: F32, rows_V: npt.NDArray[np.bool_]) -> F32:
    """`moving` under the similarity that best lays its chosen rows on `still`'s (Umeyama 1991)."""
    a, b = moving_V3[rows_V].astype(np.float64), still_V3[rows_V].astype(np.float64)
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    u, s, vt = np.linalg.svd((b - mean_b).T @ (a - mean_a))
    flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))])
    turn = u @ flip @ vt
    scale = (s * np.diag(flip)).sum() / ((a - mean_a) ** 2).sum()
    return np.asarray(scale * (moving_V3 - mean_a) @ turn.T + mean_b, np.float32)
