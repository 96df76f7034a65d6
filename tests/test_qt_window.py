"""The Qt panel on a screen that nobody sees, where PySide is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.edit_hosts.contract import clip, timeline, track
from tests.edit_hosts.paper import Abilities, PaperHost
from tests.test_panel_errands import MEDIA, TAKE, SetDaemon

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
widgets: Any = pytest.importorskip("PySide6.QtWidgets")

from understudy_bridge.panel.daemon_calls import Daemon  # noqa: E402
from understudy_bridge.panel.qt_window import FOLLOW_EVERY, Window, show_window  # noqa: E402


@pytest.fixture
def window() -> Iterator[Window]:
    app = widgets.QApplication.instance() or widgets.QApplication([])
    host = PaperHost(Abilities())
    host.open(timeline(track(1, clip("A", MEDIA, 10, 20, 5))))
    made = Window(host, name="qt-test", daemon=SetDaemon())
    made.host = host  # type: ignore[attr-defined]
    made.show()
    yield made
    made.widget.close()
    app.processEvents()


def until(done: Any) -> None:
    from PySide6.QtCore import QElapsedTimer

    patience = QElapsedTimer()
    patience.start()
    while not done():
        assert patience.elapsed() < 20_000
        widgets.QApplication.instance().processEvents()


def pressed(window: Window, text: str) -> None:
    (button,) = [one for one in window.widget.findChildren(widgets.QPushButton) if one.text() == text]
    button.click()


def test_what_the_daemon_knows_is_shown_and_a_take_is_placed(window: Window) -> None:
    lines = window.widget.findChild(widgets.QListWidget)
    until(lambda: lines.count() == 1)
    assert lines.item(0).text() == "sh010: finished, v001 can be placed"
    names = [box.itemText(0) for box in window.widget.findChildren(widgets.QComboBox)]
    until(lambda: "usual" in [box.itemText(0) for box in window.widget.findChildren(widgets.QComboBox)])
    assert "v001" in names
    pressed(window, "Place")
    notes = window.widget.findChild(widgets.QPlainTextEdit)
    until(lambda: "above its shot" in notes.toPlainText())
    laid = window.host.timeline()["tracks"][1]["clips"]  # type: ignore[attr-defined]
    assert laid[0]["media"]["path"] == TAKE["path"]


def test_a_button_without_a_choice_says_so_and_closing_ends_the_timer(window: Window) -> None:
    until(lambda: window.errands.presets)
    pressed(window, "Send selected")
    notes = window.widget.findChild(widgets.QPlainTextEdit)
    assert "select" in notes.toPlainText()
    window.widget.close()
    assert not window._timer.isActive()


def test_what_the_daemon_did_not_know_yet_is_asked_again(window: Window) -> None:
    until(lambda: window.errands.presets)
    window.errands.presets = []  # as if the backend had been away when the panel was opened
    pressed(window, "Refresh")
    until(lambda: window.errands.presets)


def test_a_panel_that_is_opened_again_takes_the_old_ones_place(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Daemon, "found", SetDaemon)
    host = window.host  # type: ignore[attr-defined]
    first = show_window(host, name="qt-test", parent=window.widget)
    second = show_window(host, name="qt-test", parent=window.widget)
    assert second.widget.isVisible() and not first.widget.isVisible()
    assert not first._timer.isActive()
    second.close()
    second.close()
    assert not second.widget.isVisible()


def test_another_project_that_comes_to_the_front_is_followed(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: window.errands.sendings)
    about = window.host.about()  # type: ignore[attr-defined]
    monkeypatch.setattr(window.host, "about", lambda: {**about, "project": "x"})  # type: ignore[attr-defined]
    for _ in range(FOLLOW_EVERY):
        window._tick()
    until(lambda: any(one["project"] == "x" for one in window.errands.sendings.values()))
