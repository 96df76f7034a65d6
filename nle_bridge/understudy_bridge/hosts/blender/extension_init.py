# SPDX-License-Identifier: GPL-3.0-or-later
"""Understudy in Blender's video editor. This file becomes the `__init__.py` of the add-on's zip."""

# Blender before 4.2 reads this from the text; later ones read blender_manifest.toml.
bl_info = {
    "name": "Understudy",
    "author": "The Understudy authors",
    "description": "Send shots to Understudy and lay finished takes above them",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "Video Sequencer > Sidebar > Understudy",
    "category": "Sequencer",
}


def register() -> None:
    from .hosts.blender.addon import register as register_all  # type: ignore[import-not-found]

    register_all()


def unregister() -> None:
    from .hosts.blender.addon import unregister as unregister_all

    unregister_all()
