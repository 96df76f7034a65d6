"""A panel for editors that bring Qt (PySide6, or PySide2 before): a window drawn from `Errands`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from .daemon_calls import Daemon
from .errands import Errands, delivered_versions, line_of
from .host import EditHost, HostRefused
from .worker import Worker

EVERY_MS = 150
FOLLOW_EVERY = 20  # ticks: another project may have come to the front

Extra = tuple[str, Callable[[Errands], None]]
"""A button of one editor's own: its text, what it does."""


def qt() -> tuple[Any, Any]:
    """QtCore and QtWidgets of the editor's Qt. Raises: HostRefused."""
    for package in ("PySide6", "PySide2"):
        try:
            return importlib.import_module(f"{package}.QtCore"), importlib.import_module(
                f"{package}.QtWidgets"
            )
        except ImportError:
            continue
    raise HostRefused("Unsupported", "this editor's Python has no PySide; the panel needs it")


class Window:
    """The panel. Nothing in it waits for the daemon: a timer hands over what the worker's threads brought."""

    def __init__(
        self,
        host: EditHost,
        *,
        name: str,
        parent: Any = None,
        extra: Sequence[Extra] = (),
        daemon: Daemon | None = None,
    ) -> None:
        core, widgets = qt()
        self._widgets = widgets
        self.errands = Errands(host, Worker(daemon or Daemon.found(), name=name), self._draw)
        self._shown_ids: list[str] = []
        self._build(parent, extra)
        self._timer = core.QTimer(self.widget)
        self._ticks, self._ended = 0, False
        self._timer.timeout.connect(self._tick)
        self._timer.start(EVERY_MS)
        self.errands.open()

    def _build(self, parent: Any, extra: Sequence[Extra]) -> None:
        widgets = self._widgets
        self.widget = widgets.QDialog(parent)
        self.widget.setWindowTitle("Understudy")
        self.widget.setModal(False)
        column = widgets.QVBoxLayout(self.widget)
        self._connection = widgets.QLabel("", self.widget)
        self._connection.setWordWrap(True)
        self._presets = widgets.QComboBox(self.widget)
        self._list = widgets.QListWidget(self.widget)
        self._list.currentRowChanged.connect(lambda _: self._draw_versions())
        self._versions = widgets.QComboBox(self.widget)
        self._notes = widgets.QPlainTextEdit(self.widget)
        self._notes.setReadOnly(True)
        first = [("Send selected", self._send), ("Refresh", self.errands.open)]
        column.addWidget(self._connection)
        column.addWidget(self._presets)
        column.addLayout(self._row(first))
        column.addWidget(self._list)
        column.addWidget(self._versions)
        column.addLayout(self._row([("Place", self._place), ("Remove", self._remove), ("Room", self._room)]))
        column.addLayout(self._row([("Retry", self._retry), ("Cancel", self._cancel)]))
        if extra:
            column.addLayout(self._row([(text, self._own(act)) for text, act in extra]))
        column.addWidget(self._notes)
        self.widget.finished.connect(lambda _: self.close())

    def _row(self, buttons: Sequence[tuple[str, Callable[[], None]]]) -> Any:
        row = self._widgets.QHBoxLayout()
        for text, act in buttons:
            button = self._widgets.QPushButton(text, self.widget)
            button.clicked.connect(_without_argument(act))
            row.addWidget(button)
        return row

    def _own(self, act: Callable[[Errands], None]) -> Callable[[], None]:
        return lambda: act(self.errands)

    def show(self) -> None:
        self.widget.show()
        self.widget.raise_()

    def close(self) -> None:
        """Take the window away and end the threads; what was sent goes on without the panel."""
        if self._ended:  # hiding it says so again
            return
        self._ended = True
        self._timer.stop()
        self.errands.close()
        self.widget.hide()  # else a panel that does nothing would stay beside the next one
        self.widget.deleteLater()

    def _tick(self) -> None:
        if self._ticks % FOLLOW_EVERY == 0:
            self.errands.follow()
        self._ticks += 1
        self.errands.drain()

    def _draw(self) -> None:
        errands = self.errands
        self._connection.setText(errands.connection + (f" ({errands.busy} ...)" if errands.busy else ""))
        self._draw_presets()
        told = errands.newest_first()
        ids = [one["id"] for one in told]
        lines = [line_of(one) for one in told]
        if ids != self._shown_ids:
            chosen = self._chosen()
            self._list.clear()
            self._list.addItems(lines)
            self._shown_ids = ids
            self._list.setCurrentRow(ids.index(chosen) if chosen in ids else 0)
        for row, line in enumerate(lines):
            self._list.item(row).setText(line)
        self._draw_versions()
        text = "\n".join(errands.notes)
        if self._notes.toPlainText() != text:
            self._notes.setPlainText(text)

    def _draw_presets(self) -> None:
        names = [str(one["name"]) for one in self.errands.presets]
        if [self._presets.itemText(row) for row in range(self._presets.count())] != names:
            self._presets.clear()
            self._presets.addItems(names)

    def _draw_versions(self) -> None:
        told = self.errands.sendings.get(self._chosen() or "", {})
        names = [f"v{version:03d}" for version in delivered_versions(told)]
        if [self._versions.itemText(row) for row in range(self._versions.count())] != names:
            self._versions.clear()
            self._versions.addItems(names)

    def _chosen(self) -> str | None:
        row = self._list.currentRow()
        return self._shown_ids[row] if 0 <= row < len(self._shown_ids) else None

    def _with_chosen(self, act: Callable[[str], None]) -> None:
        chosen = self._chosen()
        if chosen is None:
            self.errands.note("choose a sending in the list first")
        else:
            act(chosen)

    def _send(self) -> None:
        self.errands.send(str(self._presets.currentText()))

    def _place(self) -> None:
        said = str(self._versions.currentText())
        self._with_chosen(lambda one: self.errands.place(one, int(said[1:]) if said else None))

    def _remove(self) -> None:
        self._with_chosen(self.errands.remove)

    def _retry(self) -> None:
        self._with_chosen(self.errands.retry)

    def _cancel(self) -> None:
        self._with_chosen(self.errands.cancel)

    def _room(self) -> None:
        self._with_chosen(self.errands.open_room)


_open: dict[str, Window] = {}


def show_window(host: EditHost, *, name: str, parent: Any, extra: Sequence[Extra] = ()) -> Window:
    """An editor's panel, opened anew: the one that was open goes. Raises: HostRefused."""
    if name in _open:
        _open.pop(name).close()
    window = _open[name] = Window(host, name=name, parent=parent, extra=extra)
    window.show()
    return window


def _without_argument(act: Callable[[], None]) -> Callable[[Any], None]:
    """Buttons say whether they are pressed in; nobody here wants to know."""

    def pressed(_: Any = None) -> None:
        act()

    return pressed
