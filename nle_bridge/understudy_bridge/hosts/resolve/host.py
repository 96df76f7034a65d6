"""DaVinci Resolve as a host of docs/bridge.md, over the scripting object that its menu hands to a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...panel.host import HostRefused, Table, carried_out
from .laying import lay, lift
from .notes import write_note
from .program import Learnt, Open, id_of, project_of, whole
from .reading import Reader, find
from .takes import swap
from .timecode import timecode_of
from .tracks import add_track, remove_track

if TYPE_CHECKING:
    from fusionscript import Resolve

_STEPS: dict[str, Callable[[Open, Learnt, Table], Table]] = {
    "add_track": add_track,
    "remove_track": remove_track,
    "lay": lay,
    "swap": swap,
    "lift": lift,
}


class ResolveHost:
    """An EditHost. `resolve` is what menu scripts get by that name, or `app.GetResolve()`."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        version: list[Any] = list(resolve.GetVersion() or [])
        self._learnt = Learnt(whole(version[0]) or 0 if version else 0)

    def about(self) -> Table:
        project = project_of(self._resolve)
        return {
            "host": "resolve",
            "version": f"{self._resolve.GetProductName()} {self._resolve.GetVersionString()}",
            "project": str(project.GetUniqueId()),
            "project_name": str(project.GetName()),
            # No call sets a speed, none undoes, and none tells a script that a project was opened.
            "capabilities": {"retimes": False, "undo": False, "notices_open": False},
        }

    def timeline(self) -> Table:
        return Reader(self._open(), self._learnt).table()

    def selected(self) -> list[str]:
        """Selected clips where the version tells them (21.0.4), else the one under the playhead."""
        open_ = self._open()
        if self._learnt.has(open_.timeline, "GetSelectedClips"):
            chosen: list[Any] = open_.timeline.GetSelectedClips() or []  # type: ignore[attr-defined]
        else:
            chosen = [open_.timeline.GetCurrentVideoItem()]
        ids = {id_of(item) for item in chosen if item} - {""}
        reader = Reader(open_, self._learnt)
        found = [
            lying.table
            for number in range(1, open_.count() + 1)
            for lying in reader.clips(number)
            if id_of(lying.item) in ids
        ]
        return [table["uid"] for table in sorted(found, key=lambda table: table["record_in"])]

    def mark(self, uid: str, identity: str) -> None:
        lying = find(self._open(), self._learnt, uid)
        write_note(lying.item, identity, lying.table["ours"], str(lying.table["name"]))

    def carry_out(self, step: Table) -> Table:
        return carried_out(_STEPS, "Resolve", step, self._open(), self._learnt)

    def seek(self, frame: int) -> None:
        open_ = self._open()
        timecode = timecode_of(open_.start_frame + frame, open_.rate, open_.drop_frame)
        if not open_.timeline.SetCurrentTimecode(timecode):
            raise HostRefused(
                "Unsupported", f"Resolve did not go to {timecode}; open the Edit or the Color page"
            )

    def _open(self) -> Open:
        return Open(self._resolve)
