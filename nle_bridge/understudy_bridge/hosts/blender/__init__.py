# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's video editor. This folder is GPL-3.0-or-later; it speaks to the rest over HTTP only."""
