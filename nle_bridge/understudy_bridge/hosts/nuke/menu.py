"""The menu in Nuke, its panel, and the composite of a take's layers."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from typing import Any

import nuke

from ...panel.daemon_calls import Daemon
from ...panel.errands import Errands
from ...panel.host import HostRefused
from ...panel.qt_window import qt, show_window
from . import identity
from .exr_parts import BadLayers
from .host import NukeHost
from .layered import layers_beside, split
from .reads import path_of, span_of
from .script import Composite, composite_text


def add_menu() -> None:
    """Called once, when Nuke starts with its interface."""
    menu = nuke.menu("Nuke").addMenu("Understudy")
    menu.addCommand("Panel", show_panel)


def show_panel() -> None:
    """Open the panel anew."""
    try:
        _, widgets = qt()
        parent = widgets.QApplication.activeWindow()
        extra = [("Composite the selected take", composite_selected)]
        show_window(NukeHost(), name="nuke", parent=parent, extra=extra)
    except HostRefused as refused:
        nuke.message(str(refused))


def composite_selected(errands: Errands) -> None:
    """Wire the layers of the take whose Read is selected; the copying is done on the worker's thread."""
    reads = [node for node in nuke.selectedNodes("Read") if identity.kept(node).get("ours")]
    if len(reads) != 1:
        errands.note("select the Read of one take")
        return
    read = reads[0]
    path, _ = path_of(read)
    folder = layers_beside(path)
    if not folder:
        errands.note(f"no layered frames lie beside {path}; deliver the take with exr = true")
        return
    name = str(read.fullName())
    errands.of_daemon(
        "copying the layers", lambda daemon: _split(daemon, folder), lambda found: _wire(errands, name, found)
    )


def _split(daemon: Daemon, folder: str) -> Composite | str:
    try:
        return split(folder)
    except (BadLayers, OSError) as cause:
        return str(cause)


def _wire(errands: Errands, name: str, found: Composite | str) -> None:
    """Paste the composite below the plate that the take lies above."""
    read = nuke.toNode(name)
    if isinstance(found, str) or read is None:
        errands.note(found if isinstance(found, str) else f"{name} is gone; select the take again")
        return
    span = span_of(read)
    shift = span.first - (span.file_first - int(read["origfirst"].value())) - found.beauty.first
    try:
        paste(composite_text(replace(found, shift=shift)), _plate_of(read))
    except ValueError as cause:
        errands.note(str(cause))
        return
    errands.note(f"the layers of {found.title} are wired up")


def _plate_of(read: Any) -> Any:
    """The Read of the plate that a take was made of; None where it is gone."""
    wanted = identity.kept(read).get("ours", {}).get("clip")
    found = (node for node in nuke.allNodes("Read", nuke.root()) if identity.kept(node).get("uid") == wanted)
    return next(found, None) if wanted else None


def paste(text: str, below: Any) -> None:
    """Paste nodes below one node, or below none, in one entry of the undo list."""
    handle, path = tempfile.mkstemp(suffix=".nk")
    nuke.Undo.begin("Understudy: composite")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        for node in nuke.allNodes():
            node.setSelected(node is below or node == below)
        nuke.nodePaste(path.replace("\\", "/"))
    finally:
        nuke.Undo.end()
        os.unlink(path)
