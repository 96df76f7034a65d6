"""Render synthetic performers with Blender's Cycles; runs inside the Blender environment only.

`python -m understudy.demo.blender_scene JOB.json`, with `backend` on the path of a Python that has `bpy`.
The job names the head data, the set-up, the people and a list of frames; each frame becomes an OpenEXR file
with linear light and the visible face matte. Frames that are there already are left alone.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from . import blender_materials as materials
from .blender_set import build_set
from .figure import Eye, Figure, figure, moment
from .head import HeadData
from .jobs import FrameJob, RenderJob, load_job
from .sweater import Sweater, knit

F32 = npt.NDArray[np.float32]

EYE_RINGS = 28
EYE_SECTORS = 40
CORNEA_COSINE = 0.885
CORNEA_BULGE = 0.10


def render(job: RenderJob) -> None:
    """Render every frame of the job that is not there yet."""
    waiting = [f for f in job.frames if not f.picture.is_file()]
    if not waiting:
        return
    data = HeadData.load(job.head_data)
    stage = build_set(job.camera, job.setup, samples=job.samples)
    if job.ground is not None:
        if not job.ground.is_file():
            with stage.empty():
                _render_to(job.ground)
        stage.back(job.ground)
    actor = Actor(data, figure(data, job.person, donor=job.donor), job)
    started = time.monotonic()
    for number, frame in enumerate(waiting, start=1):
        actor.pose(frame)
        stage.light(frame.light)
        stage.hand(frame.hand, data.root)
        _render_to(frame.picture)
        pace = (time.monotonic() - started) / number
        print(f"{frame.picture.name}: {number}/{len(waiting)}, {pace:.2f} s a frame", flush=True)


class Actor:
    """The Blender objects of one figure, and how a pose moves them."""

    def __init__(self, data: HeadData, person: Figure, job: RenderJob) -> None:
        self.figure = person
        self.sweater: Sweater = knit(data)
        self.objects: dict[str, Any] = {}
        self.used: dict[str, npt.NDArray[np.integer]] = {}
        owner = job.donor or job.person
        hair, brow = job.person.hair, owner.hair
        textures = data.root / "mpfb2" / "textures"
        looks = {
            "skin": materials.skin(textures, brow.brow_colour, [0.55 * c for c in hair.colour]),
            "upper_teeth": materials.plain("teeth", (0.60, 0.55, 0.44), roughness=0.25, coat=0.6, matte=1.0),
            "tongue": materials.plain("tongue", (0.36, 0.085, 0.075), roughness=0.35, coat=0.5, matte=1.0),
        }
        looks["lower_teeth"] = looks["upper_teeth"]
        for name, surface in person.surfaces.items():
            self._mesh(name, surface.quads_F4, looks[name], surface.corner_uv_F42)
        self._attributes("skin", {**person.look, "rest": person.rest_R3})
        cloth = materials.cloth(job.person.jersey)
        for name, quads in self.sweater.quads.items():
            self._mesh(name, quads, cloth)
        iris = materials.eye(owner.iris)
        directions, quads = _eyeball()
        for side in ("left", "right"):
            self._mesh(f"{side}_eye", quads, iris)
            self._attributes(f"{side}_eye", {"rest": directions})
        self.directions = directions
        self._strands("hair", materials.strand("hair", hair.colour), radius_dm=0.0075)
        self._strands("brows", materials.strand("brows", brow.brow_colour, matte=1.0), radius_dm=0.0044)
        self._strands("lashes", materials.strand("lashes", (0.012, 0.01, 0.009), matte=1.0), radius_dm=0.0042)

    def pose(self, frame: FrameJob) -> None:
        """Move every object to the pose of the frame."""
        now = moment(self.figure, frame.pose)
        for name, vertices in now.vertices.items():
            self._move(name, vertices)
        for name, vertices in self.sweater.at(self.figure, frame.pose).items():
            self._move(name, vertices)
        for side, eye in now.eyes.items():
            self._move(f"{side}_eye", eyeball_vertices(eye, self.directions))
        for name, points in now.strands.items():
            self._flow(name, points)

    def _mesh(
        self, name: str, quads_F4: npt.NDArray[np.int32], material: Any, corner_uv: F32 | None = None
    ) -> None:
        used, corners = np.unique(quads_F4, return_inverse=True)
        mesh = bpy.data.meshes.new(name)
        mesh.vertices.add(len(used))
        mesh.loops.add(quads_F4.size)
        mesh.polygons.add(len(quads_F4))
        mesh.loops.foreach_set("vertex_index", corners.reshape(-1).astype(np.int32))
        mesh.polygons.foreach_set("loop_start", np.arange(0, quads_F4.size, 4, dtype=np.int32))
        mesh.polygons.foreach_set("use_smooth", np.ones(len(quads_F4), np.bool_))
        if corner_uv is not None:
            layer = mesh.uv_layers.new(name="UVMap")
            layer.uv.foreach_set("vector", np.ascontiguousarray(corner_uv.reshape(-1), np.float32))
        mesh.update(calc_edges=True)
        mesh.materials.append(material)
        thing = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(thing)
        self.objects[name], self.used[name] = thing, used

    def _attributes(self, name: str, values: dict[str, F32]) -> None:
        mesh, used = self.objects[name].data, self.used[name]
        for key, table in values.items():
            width = table.shape[1]
            kind = "FLOAT" if width == 1 else "FLOAT_VECTOR"
            attribute = mesh.attributes.new(key, kind, "POINT")
            flat = np.ascontiguousarray(table[used].reshape(-1), np.float32)
            attribute.data.foreach_set("value" if width == 1 else "vector", flat)

    def _move(self, name: str, vertices_V3: F32) -> None:
        mesh = self.objects[name].data
        flat = np.ascontiguousarray(vertices_V3[self.used[name]].reshape(-1), np.float32)
        mesh.vertices.foreach_set("co", flat)
        mesh.update()

    def _strands(self, name: str, material: Any, *, radius_dm: float) -> None:
        start = {"hair": self.figure.hair_SP3, "brows": self.figure.brows.local_SP3}.get(name)
        count, points = start.shape[:2] if start is not None else self.figure.lashes.columns_SPN.shape[::2]
        curves = bpy.data.hair_curves.new(name)
        curves.add_curves([int(points)] * int(count))
        taper = np.interp(np.linspace(0, 1, points), (0, 0.4, 1), (1.0, 0.9, 0.2)) * radius_dm
        radius = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
        radius.data.foreach_set("value", np.tile(taper, count).astype(np.float32))
        curves.materials.append(material)
        thing = bpy.data.objects.new(name, curves)
        bpy.context.scene.collection.objects.link(thing)
        self.objects[name] = thing

    def _flow(self, name: str, points_SP3: F32) -> None:
        curves = self.objects[name].data
        flat = np.ascontiguousarray(points_SP3.reshape(-1), np.float32)
        curves.attributes["position"].data.foreach_set("vector", flat)
        curves.update_tag()


def eyeball_vertices(eye: Eye, directions_N3: F32) -> F32:
    """Vertices of the eyeball, its cornea raised over the iris and turned to the gaze."""
    raised = np.clip((directions_N3[:, 2] - CORNEA_COSINE) / (1 - CORNEA_COSINE), 0, 1) ** 0.8
    local = directions_N3 * (eye.radius_dm * (1 + CORNEA_BULGE * raised))[:, None]
    return np.asarray(local @ eye.turn_33.T + eye.centre_3, np.float32)


def _eyeball() -> tuple[F32, npt.NDArray[np.int32]]:
    """Directions and quads of a sphere whose rings are close together round the pupil."""
    polar = math.pi * np.linspace(0.004, 0.996, EYE_RINGS) ** 1.5
    around = np.linspace(0, 2 * math.pi, EYE_SECTORS, endpoint=False)
    p, a = np.meshgrid(polar, around, indexing="ij")
    directions = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=2).reshape(-1, 3)
    ring, sector = np.meshgrid(np.arange(EYE_RINGS - 1), np.arange(EYE_SECTORS), indexing="ij")
    after = (sector + 1) % EYE_SECTORS
    quads = np.stack(
        [
            ring * EYE_SECTORS + sector,
            (ring + 1) * EYE_SECTORS + sector,
            (ring + 1) * EYE_SECTORS + after,
            ring * EYE_SECTORS + after,
        ],
        axis=2,
    )
    return directions.astype(np.float32), quads.reshape(-1, 4).astype(np.int32)


def _render_to(picture: Path) -> None:
    picture.parent.mkdir(parents=True, exist_ok=True)
    hidden = picture.with_name(f".{picture.name}")
    bpy.context.scene.render.filepath = str(hidden)
    bpy.ops.render.render(write_still=True)
    os.replace(hidden, picture)


if __name__ == "__main__":
    render(load_job(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
