"""Blender materials of a synthetic performer; runs inside the Blender environment only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

MATTE_OUTPUT = "face"


class Nodes:
    """A material's node tree with short ways to add and join nodes."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.surface = self.add("ShaderNodeBsdfPrincipled")
        output = self.add("ShaderNodeOutputMaterial")
        self.join(self.surface.outputs[0], output.inputs["Surface"])

    def add(self, kind: str, **settings: Any) -> Any:
        """A node of `kind`; settings are node properties, or input values where an input has that name."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            if name in node.inputs:
                node.inputs[name].default_value = value
            else:
                setattr(node, name, value)
        return node

    def join(self, out: Any, into: Any) -> None:
        """Link an output socket to an input socket, or set the input where a plain value is given."""
        if isinstance(out, (int, float)):
            into.default_value = out
        elif isinstance(out, Sequence):
            into.default_value = (*out, 1.0)
        else:
            self.tree.links.new(out, into)

    def attribute(self, name: str, kind: str = "Fac") -> Any:
        """Output socket of a mesh attribute."""
        return self.add("ShaderNodeAttribute", attribute_name=name).outputs[kind]

    def math(self, operation: str, a: Any, b: Any = 0.0, c: Any = 0.0, *, clamp: bool = False) -> Any:
        """Output socket of a scalar operation."""
        node = self.add("ShaderNodeMath", operation=operation, use_clamp=clamp)
        for value, socket in zip((a, b, c), node.inputs, strict=True):
            self.join(value, socket)
        return node.outputs[0]

    def mix(self, share: Any, a: Any, b: Any, blend: str = "MIX") -> Any:
        """Output socket of a colour mix."""
        node = self.add("ShaderNodeMix", data_type="RGBA", blend_type=blend)
        self.join(share, node.inputs[0])
        self.join(a, node.inputs[6])
        self.join(b, node.inputs[7])
        return node.outputs[2]

    def noise(self, position: Any, scale: float, *, detail: float = 2.0) -> Any:
        """Output socket of a noise of about 0.5."""
        node = self.add("ShaderNodeTexNoise", Scale=scale, Detail=detail)
        self.join(position, node.inputs["Vector"])
        return node.outputs[0]

    def above(self, value: Any, low: float, high: float) -> Any:
        """Output socket: 0 below `low`, 1 above `high`."""
        node = self.add("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
        self.join(value, node.inputs[0])
        node.inputs[1].default_value, node.inputs[2].default_value = low, high
        return node.outputs[0]

    def bump(self, height: Any, strength: float, distance_dm: float, before: Any = None) -> Any:
        """Normal socket of a bump."""
        node = self.add("ShaderNodeBump", Strength=strength, Distance=distance_dm)
        self.join(height, node.inputs["Height"])
        if before is not None:
            self.join(before, node.inputs["Normal"])
        return node.outputs[0]

    def set(self, **values: Any) -> None:
        """Join sockets or plain values to inputs of the surface; underscores stand for spaces."""
        for name, value in values.items():
            self.join(value, self.surface.inputs[name.replace("_", " ")])

    def matte(self, value: Any) -> None:
        """Write `value` to the face matte output."""
        node = self.add("ShaderNodeOutputAOV", aov_name=MATTE_OUTPUT)
        self.join(value, node.inputs["Value"])


def skin(textures: Path, stubble_colour: Sequence[float], hair_colour: Sequence[float]) -> Any:
    """Skin coloured by the mesh attributes of look.py, with pores, freckles, stubble, lips and lines."""
    n = Nodes("skin")
    rest = n.attribute("rest", "Vector")
    lips, mouth = n.above(_mask(n, textures, "lips"), 0.15, 0.75), _mask(n, textures, "inside-mouth")
    colour = n.mix(lips, n.attribute("tint", "Color"), n.attribute("lip", "Color"))
    fine = n.noise(rest, 22.0, detail=4.0)
    colour = n.mix(
        0.5, colour, n.mix(n.above(fine, 0.3, 0.7), (0.84, 0.80, 0.78), (1.14, 1.15, 1.16)), "MULTIPLY"
    )
    dots = n.add("ShaderNodeTexVoronoi", Scale=11.0, Randomness=1.0)
    n.join(rest, dots.inputs["Vector"])
    patch = n.above(n.noise(rest, 4.0), 0.38, 0.6)
    dot = n.math("MULTIPLY", n.above(dots.outputs["Distance"], 0.26, 0.10), patch)
    dot = n.math("MULTIPLY", n.math("MULTIPLY", dot, n.attribute("freckles")), n.math("SUBTRACT", 1.0, lips))
    colour = n.mix(n.math("MULTIPLY", dot, 0.75), colour, (0.62, 0.46, 0.36), "MULTIPLY")
    bristle = n.above(n.noise(rest, 75.0, detail=1.0), 0.42, 0.62)
    shade = n.math("ADD", n.math("MULTIPLY", bristle, 0.55), 0.22)
    shade = n.math(
        "MULTIPLY", n.math("MULTIPLY", shade, n.attribute("stubble")), n.math("SUBTRACT", 1.0, lips)
    )
    colour = n.mix(shade, colour, stubble_colour)
    colour = n.mix(n.math("MULTIPLY", n.attribute("brow"), 0.45), colour, stubble_colour)
    colour = n.mix(n.math("MULTIPLY", n.attribute("scalp"), 0.88), colour, hair_colour)
    colour = n.mix(mouth, colour, (0.19, 0.035, 0.03))
    pores = n.noise(rest, 60.0, detail=3.0)
    normal = n.bump(pores, 0.35, 0.008)
    stretched = n.add("ShaderNodeVectorMath", operation="MULTIPLY")
    n.join(rest, stretched.inputs[0])
    stretched.inputs[1].default_value = (0.9, 6.5, 0.9)
    folds = n.math("MULTIPLY", n.noise(stretched.outputs[0], 2.2), n.attribute("lines"))
    normal = n.bump(folds, 0.5, 0.045, normal)
    gloss = n.math("ADD", 0.40, n.math("MULTIPLY", fine, 0.22))
    gloss = n.math("SUBTRACT", gloss, n.math("MULTIPLY", lips, 0.16))
    gloss = n.math("SUBTRACT", gloss, n.math("MULTIPLY", mouth, 0.25))
    wet = n.math("MULTIPLY", mouth, 0.3)
    n.set(Base_Color=colour, Roughness=gloss, Normal=normal, Coat_Weight=wet, IOR=1.4)
    n.set(Subsurface_Weight=0.22, Subsurface_Scale=0.11)
    n.surface.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.18)
    n.matte(n.attribute("matte"))
    return n.material


def eye(iris: Sequence[float]) -> Any:
    """Eyeball coloured by the angle from its axis: pupil, fibres of the iris, dark rim, veined white."""
    n = Nodes("eye")
    rest = n.attribute("rest", "Vector")
    split = n.add("ShaderNodeSeparateXYZ")
    n.join(rest, split.inputs[0])
    aside = n.math("POWER", split.outputs[0], 2.0)
    off = n.math("SQRT", n.math("ADD", aside, n.math("POWER", split.outputs[1], 2.0)))
    front = n.math("GREATER_THAN", split.outputs[2], 0.0)
    angle = n.math("ARCTAN2", split.outputs[1], split.outputs[0])
    polar = n.add("ShaderNodeCombineXYZ")
    n.join(n.math("MULTIPLY", n.math("SINE", angle), 4.0), polar.inputs[0])
    n.join(n.math("MULTIPLY", n.math("COSINE", angle), 4.0), polar.inputs[1])
    n.join(n.math("MULTIPLY", off, 2.0), polar.inputs[2])
    fibres = n.above(n.noise(polar.outputs[0], 3.0, detail=3.0), 0.3, 0.7)
    ring = n.mix(fibres, [0.55 * c for c in iris], [min(1.0, 1.6 * c) for c in iris])
    ring = n.mix(n.above(off, 0.22, 0.30), [min(1.0, 1.5 * c + 0.02) for c in iris], ring)
    ring = n.mix(n.above(off, 0.37, 0.44), ring, [0.18 * c for c in iris])
    inside = n.mix(n.above(off, 0.165, 0.19), (0.002, 0.002, 0.002), ring)
    veins = n.above(n.noise(rest, 3.5, detail=5.0), 0.45, 0.75)
    redness = n.math(
        "MULTIPLY", n.above(off, 0.45, 0.95), n.math("ADD", n.math("MULTIPLY", veins, 0.6), 0.25)
    )
    white = n.mix(redness, (0.62, 0.59, 0.56), (0.50, 0.24, 0.19))
    colour = n.mix(n.above(off, 0.425, 0.46), inside, white)
    colour = n.mix(front, white, colour)
    n.set(Base_Color=colour, Roughness=0.30, Coat_Weight=1.0, Coat_Roughness=0.03, Coat_IOR=1.38)
    n.surface.inputs["Subsurface Weight"].default_value = 0.0
    n.matte(1.0)
    return n.material


def plain(
    name: str, colour: Sequence[float], *, roughness: float = 0.5, coat: float = 0.0, matte: float = 0.0
) -> Any:
    """One colour with a little variation: teeth, tongue."""
    n = Nodes(name)
    position = n.add("ShaderNodeTexCoord").outputs["Object"]
    varied = n.mix(n.noise(position, 9.0), [0.8 * c for c in colour], [min(1.0, 1.15 * c) for c in colour])
    n.set(Base_Color=varied, Roughness=roughness, Coat_Weight=coat)
    n.matte(matte)
    return n.material


def strand(name: str, colour: Sequence[float], *, matte: float = 0.0) -> Any:
    """Hair: each strand a little lighter or darker, lighter at the tip."""
    n = Nodes(name)
    info = n.add("ShaderNodeHairInfo")
    light = n.mix(info.outputs["Random"], [0.55 * c for c in colour], [min(1.0, 1.7 * c) for c in colour])
    tip = n.mix(
        n.math("MULTIPLY", info.outputs["Intercept"], 0.5), light, [min(1.0, 2.2 * c) for c in colour]
    )
    n.set(Base_Color=tip, Roughness=0.52, Specular_IOR_Level=0.22)
    n.matte(matte)
    return n.material


def cloth(colour: Sequence[float]) -> Any:
    """A knitted jersey: fine ribs and a soft sheen."""
    n = Nodes("jersey")
    position = n.add("ShaderNodeTexCoord").outputs["Object"]
    ribs = n.add("ShaderNodeTexWave", Scale=4.6, Distortion=0.6, bands_direction="X")
    n.join(position, ribs.inputs["Vector"])
    weave = n.noise(position, 28.0, detail=2.0)
    height = n.math("ADD", n.math("MULTIPLY", ribs.outputs["Fac"], 0.6), weave)
    shade = n.mix(n.above(height, 0.2, 1.2), [0.6 * c for c in colour], [min(1.0, 1.25 * c) for c in colour])
    n.set(Base_Color=shade, Roughness=0.85, Sheen_Weight=0.3, Normal=n.bump(height, 0.7, 0.03))
    n.matte(0.0)
    return n.material


def wall(colour: Sequence[float], second: Sequence[float]) -> Any:
    """Plaster with stains and upright boards, so that an out-of-focus ground still has structure."""
    n = Nodes("wall")
    position = n.add("ShaderNodeTexCoord").outputs["Object"]
    bricks = n.add("ShaderNodeTexBrick", Scale=0.22)
    n.join(position, bricks.inputs["Vector"])
    bricks.inputs["Color1"].default_value = (*colour, 1.0)
    bricks.inputs["Color2"].default_value = (
        *[0.72 * a + 0.28 * b for a, b in zip(colour, second, strict=True)],
        1,
    )
    bricks.inputs["Mortar"].default_value = (*[0.55 * c for c in colour], 1.0)
    bricks.inputs["Mortar Size"].default_value = 0.03
    stain = n.above(n.noise(position, 0.35, detail=4.0), 0.4, 0.72)
    colour_out = n.mix(stain, bricks.outputs["Color"], second)
    n.set(Base_Color=colour_out, Roughness=0.8)
    n.matte(0.0)
    return n.material


def screen(picture: Path) -> Any:
    """Light of a rendered picture, pixel for pixel where the camera sees it."""
    n = Nodes("screen")
    image = bpy.data.images.load(str(picture))
    window = n.add("ShaderNodeTexCoord").outputs["Window"]
    texture = n.add("ShaderNodeTexImage", image=image)
    n.join(window, texture.inputs["Vector"])
    n.set(Base_Color=(0.0, 0.0, 0.0), Specular_IOR_Level=0.0, Emission_Color=texture.outputs["Color"])
    n.set(Emission_Strength=1.0)
    n.matte(0.0)
    return n.material


def _mask(n: Nodes, textures: Path, name: str) -> Any:
    image = bpy.data.images.load(str(textures / f"mpfb_{name}.jpg"), check_existing=True)
    image.colorspace_settings.name = "Non-Color"
    node = n.add("ShaderNodeTexImage", image=image)
    return node.outputs["Color"]
