"""The menu in Hiero and Nuke Studio, and its panel."""

from __future__ import annotations

import hiero.ui

from ...panel.host import HostRefused
from ...panel.qt_window import qt, show_window
from .host import HieroHost


def add_menu() -> None:
    """Called once, when the interface is up."""
    menu = hiero.ui.menuBar().addMenu("Understudy Timeline")
    menu.addAction("Panel").triggered.connect(lambda *_: show_panel())


def show_panel() -> None:
    """Open the panel anew."""
    parent = hiero.ui.mainWindow()
    try:
        show_window(HieroHost(), name="hiero", parent=parent)
    except HostRefused as refused:
        _, widgets = qt()
        widgets.QMessageBox.information(parent, "Understudy", str(refused))
