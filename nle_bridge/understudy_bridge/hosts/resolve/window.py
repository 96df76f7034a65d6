"""The panel's window, of the widgets that Resolve has for scripts (UIManager; Studio only since 19.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .desk import Desk
from .rows import row_of

TIMER_MS = 200
PROJECT_EVERY = 10  # ticks
WINDOW = "Understudy"
ID_COLUMN = 3
_BUTTONS = (
    ("SendSelected", "Send selected"),
    ("SendMarked", "Send marked"),
    ("Place", "Place newest"),
    ("Remove", "Remove"),
    ("Show", "Go to shot"),
    ("Room", "Review room"),
    ("Cancel", "Cancel"),
    ("Retry", "Retry"),
)


class Window:
    """The widgets by name, and what the desk has put into them."""

    def __init__(self, ui: Any, dispatcher: Any, desk: Desk, is_there: Callable[[], bool]) -> None:
        self._desk, self._dispatcher, self._is_there = desk, dispatcher, is_there
        self._ids: list[str] = []
        self._shown_presets: list[str] = []
        self._ticks = 0
        self._window = dispatcher.AddWindow(
            {"ID": WINDOW, "WindowTitle": "Understudy", "Geometry": [120, 120, 620, 460]}, [_layout(ui)]
        )
        self._widgets = self._window.GetItems()
        self._widgets["Shots"].SetHeaderLabels(["Shot", "State", "Take", ""])
        self._widgets["Shots"].ColumnWidth[ID_COLUMN] = 0
        self._timer = ui.Timer({"ID": "Tick", "Interval": TIMER_MS})
        self._connect()

    def run(self) -> None:
        """Until the window is closed or Resolve is gone."""
        self._desk.open()
        self._timer.Start()
        self._window.Show()
        self._dispatcher.RunLoop()
        self._timer.Stop()
        self._window.Hide()

    def tick(self, event: Any = None) -> None:
        if self._ticks % PROJECT_EVERY == 0:
            if not self._is_there():
                self._dispatcher.ExitLoop()
                return
            self._desk.follow()
        self._ticks += 1
        self._desk.drain()
        if self._desk.changed:
            self._desk.changed = False
            self._fill()

    def _connect(self) -> None:
        on = self._window.On
        on[WINDOW].Close = lambda event: self._dispatcher.ExitLoop()
        on["SendSelected"].Clicked = lambda event: self._with_preset(self._desk.send)
        on["SendMarked"].Clicked = lambda event: self._with_preset(self._desk.send_marked)
        for name, act in (
            ("Place", self._desk.place),
            ("Remove", self._desk.remove),
            ("Show", self._desk.show_shot),
            ("Room", self._desk.open_room),
            ("Cancel", self._desk.cancel),
            ("Retry", self._desk.retry),
        ):
            on[name].Clicked = self._of_chosen(act)
        self._dispatcher.On.Timeout = self.tick  # timers are the dispatcher's, not the window's

    def _with_preset(self, act: Callable[[str], None]) -> None:
        preset = str(self._widgets["Preset"].CurrentText or "")
        if preset:
            act(preset)
        else:
            self._desk.note("no preset is ready; see `understudy bridge status`")
        self.tick()

    def _of_chosen(self, act: Callable[[str], None]) -> Callable[[Any], None]:
        def clicked(event: Any) -> None:
            row = self._widgets["Shots"].CurrentItem()
            sending_id = str(row.Text[ID_COLUMN]) if row else ""
            if sending_id in self._desk.sendings:
                act(sending_id)
            else:
                self._desk.note("choose a shot in the list first")
            self.tick()

        return clicked

    def _fill(self) -> None:
        widgets, desk = self._widgets, self._desk
        widgets["Connection"].Text = desk.connection + (f" ({desk.busy})" if desk.busy else "")
        names = [str(preset["name"]) for preset in desk.presets if preset.get("ready")]
        if names != self._shown_presets:
            self._shown_presets = names
            widgets["Preset"].Clear()
            widgets["Preset"].AddItems(names)
        widgets["Log"].PlainText = "\n".join(desk.notes)
        self._fill_shots()

    def _fill_shots(self) -> None:
        tree, sendings = self._widgets["Shots"], self._desk.newest_first()
        ids = [str(sending["id"]) for sending in sendings]
        fresh = ids != self._ids
        if fresh:
            tree.Clear()  # only then, so that the artist's choice in the list stays
        for number, sending in enumerate(sendings):
            row = tree.NewItem() if fresh else tree.TopLevelItem(number)
            for column, text in enumerate([*row_of(sending), str(sending["id"])]):
                row.Text[column] = text
            if fresh:
                tree.AddTopLevelItem(row)
        self._ids = ids


def _layout(ui: Any) -> Any:
    buttons = [ui.Button({"ID": name, "Text": text}) for name, text in _BUTTONS]
    return ui.VGroup(
        {"Spacing": 6},
        [
            ui.Label({"ID": "Connection", "Text": "", "WordWrap": True, "Weight": 0}),
            ui.HGroup(
                {"Weight": 0}, [ui.Label({"Text": "Preset", "Weight": 0}), ui.ComboBox({"ID": "Preset"})]
            ),
            ui.HGroup({"Weight": 0}, buttons[:2]),
            ui.Tree({"ID": "Shots", "ColumnCount": 4, "RootIsDecorated": False, "Weight": 3}),
            ui.HGroup({"Weight": 0}, buttons[2:]),
            ui.TextEdit({"ID": "Log", "ReadOnly": True, "Weight": 1}),
        ],
    )


def show(ui: Any, bmd: Any, desk: Desk, is_there: Callable[[], bool]) -> None:
    """Open the panel and wait until it is closed. `is_there` says whether Resolve still is."""
    Window(ui, bmd.UIDispatcher(ui), desk, is_there).run()
