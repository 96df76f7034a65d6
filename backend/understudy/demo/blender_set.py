"""Camera, light, wall and the passing hand; runs inside the Blender environment only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from . import blender_materials as materials
from .hand import hand_mesh, hand_vertices
from .jobs import Camera, Light, Setup

SENSOR_MM = 36.0
WALL_Z_DM = -10.0
GROUND_SAMPLES = 48


class BlenderSet:
    """The standing objects of a scene, and the ways a frame may change them."""

    def __init__(self, setup: Setup, wall: Any, key: Any, fill: Any, rim: Any) -> None:
        self.wall = wall
        self.setup, self.key, self.fill, self.rim = setup, key, fill, rim
        self.passing: Any = None

    @contextmanager
    def empty(self) -> Iterator[None]:
        """Within this, a render gives the whole picture of the wall alone, clean."""
        scene = bpy.context.scene
        samples, scene.cycles.samples = scene.cycles.samples, GROUND_SAMPLES
        self.light(None)
        self.wall.hide_render = False
        scene.render.film_transparent = scene.render.use_border = False
        yield
        scene.render.film_transparent = scene.render.use_border = True
        scene.cycles.samples = samples

    def back(self, ground: Path) -> None:
        """Put the picture of the empty set behind the person: seen by the camera, giving no light."""
        self.wall.data.materials[0] = materials.screen(ground)
        self.wall.hide_render = False
        self.wall.visible_diffuse = self.wall.visible_glossy = self.wall.visible_shadow = False
        bpy.context.scene.render.film_transparent = False

    def light(self, light: Light | None) -> None:
        """Light the frame: its own light, or that of the set."""
        chosen = light or self.setup.light
        self.key.location = chosen.key_from_dm
        _aim(self.key)
        self.key.data.size = chosen.key_size_dm
        self.key.data.color = chosen.key_colour
        self.key.data.energy = chosen.key_strength
        x, y, z = chosen.key_from_dm
        self.fill.location = (-x, y - 2.0, z + 2.0)
        _aim(self.fill)
        self.fill.data.color = chosen.fill_colour
        self.fill.data.energy = chosen.fill_strength
        self.rim.location = (-0.8 * x, y + 2.0, -6.0)
        _aim(self.rim)
        self.rim.data.color = chosen.fill_colour
        self.rim.data.energy = 0.5 * chosen.key_strength

    def hand(self, place: tuple[float, float, float, float] | None, head_data: Path) -> None:
        """Put the hand at x, y, z (dm) turned by the fourth number (degrees), or take it away."""
        if place is None:
            if self.passing is not None:
                self.passing.hide_render = True
            return
        if self.passing is None:
            self.passing = _hand_object(head_data)
        self.passing.hide_render = False
        vertices = hand_vertices(head_data, place)
        self.passing.data.vertices.foreach_set("co", np.ascontiguousarray(vertices.reshape(-1)))
        self.passing.data.update()


def build_set(camera: Camera, setup: Setup, *, samples: int) -> BlenderSet:
    """An empty scene with render settings, camera, wall and three lights."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    _render_settings(scene, camera, samples)
    _camera(scene, camera)
    wall = _wall(scene, setup)
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (*setup.light.fill_colour, 1.0)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.10
    scene.world = world
    lights = [_area(scene, name, size) for name, size in (("key", 6.0), ("fill", 12.0), ("rim", 4.0))]
    lights[1].visible_glossy = False
    return BlenderSet(setup, wall, *lights)


def _render_settings(scene: Any, camera: Camera, samples: int) -> None:
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.denoising_prefilter = "FAST"
    cycles.denoising_quality = "FAST"
    cycles.max_bounces = 3
    cycles.diffuse_bounces, cycles.glossy_bounces = 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces = 0, 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.seed = 0
    scene.cycles_curves.shape = "RIBBONS"
    scene.cycles_curves.subdivisions = 2
    scene.render.use_persistent_data = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = 2
    scene.render.resolution_x, scene.render.resolution_y = camera.width_px, camera.height_px
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = scene.render.use_border = True
    scene.render.border_min_x, scene.render.border_max_x = camera.border[:2]
    scene.render.border_min_y, scene.render.border_max_y = camera.border[2:]
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.image_settings.color_depth = "16"
    scene.render.image_settings.exr_codec = "ZIP"
    matte = scene.view_layers[0].aovs.add()
    matte.name, matte.type = materials.MATTE_OUTPUT, "VALUE"


def _camera(scene: Any, camera: Camera) -> None:
    lens = bpy.data.cameras.new("camera")
    away = camera.eye_dm[2] - camera.focus_z_dm
    lens.sensor_width = SENSOR_MM
    lens.lens = SENSOR_MM * away / camera.width_dm
    lens.dof.use_dof = True
    lens.dof.focus_distance = away
    # Blender takes the lens in millimetres of a scene in metres; this scene is in decimetres.
    lens.dof.aperture_fstop = camera.f_stop / 10.0
    thing = bpy.data.objects.new("camera", lens)
    thing.location = camera.eye_dm
    scene.collection.objects.link(thing)
    scene.camera = thing


def _wall(scene: Any, setup: Setup) -> Any:
    mesh = bpy.data.meshes.new("wall")
    corners = [(-30, -20, 0), (30, -20, 0), (30, 30, 0), (-30, 30, 0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    mesh.materials.append(materials.wall(setup.wall, setup.wall_second))
    thing = bpy.data.objects.new("wall", mesh)
    thing.location = (0.0, 0.0, WALL_Z_DM)
    thing.hide_render = True
    scene.collection.objects.link(thing)
    return thing


def _area(scene: Any, name: str, size_dm: float) -> Any:
    data = bpy.data.lights.new(name, "AREA")
    data.size = size_dm
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    return thing


def _aim(thing: Any) -> None:
    away = Vector((0.0, 7.0, 0.8)) - thing.location
    thing.rotation_euler = away.to_track_quat("-Z", "Y").to_euler()


def _hand_object(head_data: Path) -> Any:
    mesh = bpy.data.meshes.new("hand")
    vertices, quads = hand_mesh(head_data)
    mesh.from_pydata(vertices.tolist(), [], quads.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(quads), np.bool_))
    look = materials.plain("hand", (0.47, 0.26, 0.185), roughness=0.5)
    look.node_tree.nodes["Principled BSDF"].inputs["Subsurface Weight"].default_value = 0.2
    look.node_tree.nodes["Principled BSDF"].inputs["Subsurface Scale"].default_value = 0.1
    mesh.materials.append(look)
    thing = bpy.data.objects.new("hand", mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing
