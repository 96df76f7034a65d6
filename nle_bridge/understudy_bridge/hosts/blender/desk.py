# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows: the daemon's last answers, ready to be drawn. Knows no Blender."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Table = dict[str, Any]

UP, AWAY, WRONG_TOKEN, STARTING = "up", "away", "wrong_token", "starting"
MOST_NOTICES = 4


class Desk:
    """Changed on the main thread only, between two drawings.

    `checked`: the shots that were looked at before sending. `lying`: the version on the timeline, by the uid
    of its shot. `busy`: sendings that a step is under way for, with what it is. `offered`: sendings that have
    finished and do not lie there yet. `pictures`: icon numbers by sending. `unread`: how many strips' media
    nobody looked into yet.
    """

    def __init__(self) -> None:
        self.connection = STARTING
        self.trouble = ""
        self.hello: Table = {}
        self.presets: list[Table] = []
        self.people: list[Table] = []
        self.preset_name = ""
        self.checked: list[Table] = []
        self.checking = False
        self.sending = False
        self.notices: list[tuple[str, str]] = []
        self.pictures: dict[str, int] = {}
        self.shown = 8
        self.unread = 0
        self.opened = ""
        self.forget_project()

    def forget_project(self) -> None:
        """Another project is in front: what was told of the last one goes."""
        self.project = ""
        self.sendings: dict[str, Table] = {}
        self.heard = False
        self.lying: dict[str, int] = {}
        self.busy: dict[str, str] = {}
        self.offered: list[str] = []
        self.checked = []

    # What comes in

    def connected(self, hello: Table) -> None:
        self.connection, self.trouble, self.hello = UP, "", hello

    def disconnected(self, kind: str, message: str) -> None:
        self.connection = WRONG_TOKEN if kind == "WrongToken" else AWAY
        self.trouble = message

    def take_presets(self, presets: Iterable[Table]) -> None:
        self.presets = list(presets)
        if self.preset() is None:
            ready = [preset for preset in self.presets if preset.get("ready")]
            self.preset_name = str((ready or self.presets or [{"name": ""}])[0]["name"])

    def take_sendings(self, sendings: Iterable[Table]) -> list[str]:
        """Returns the ids of those of this project that are new or changed."""
        changed = []
        for told in sendings:
            before = self.sendings.get(told["id"])
            if told["project"] != self.project or before == told:
                continue
            self.sendings[told["id"]] = told
            changed.append(told["id"])
            if self._has_news(told, before) and told["id"] not in self.offered:
                self.offered.append(told["id"])
        return changed

    def take_lying(self, lying: dict[str, int]) -> bool:
        """What lies on the timeline now; whether that is something else than before."""
        changed, self.lying = lying != self.lying, lying
        self.offered = [
            one
            for one in self.offered
            if self.version_lying(told := self.sendings[one]) != newest_delivered(told)
        ]
        return changed

    def _has_news(self, told: Table, before: Table | None) -> bool:
        """Whether it has finished since it was heard of, or while the project was closed."""
        newest = newest_delivered(told)
        if told["state"] != "finished" or newest in (None, self.version_lying(told)):
            return False
        if before is None:
            return newest > max((int(one["version"]) for one in told["placed"]), default=0)
        return str(before["state"]) != "finished"

    def notice(self, kind: str, text: str) -> None:
        """Something to read: `kind` is "info" or "error". The newest come first."""
        self.notices = [(kind, text), *(n for n in self.notices if n != (kind, text))][:MOST_NOTICES]

    # What is asked

    def preset(self) -> Table | None:
        return next((preset for preset in self.presets if preset["name"] == self.preset_name), None)

    def person(self, name: str) -> Table | None:
        return next((person for person in self.people if person["name"] == name), None)

    def newest_first(self) -> list[Table]:
        return sorted(self.sendings.values(), key=lambda told: str(told.get("created", "")), reverse=True)

    def version_lying(self, told: Mapping[str, Any]) -> int | None:
        return self.lying.get(str(told["shot"]["clip_uid"]))

    def sendable(self) -> list[Table]:
        """The checked shots against which nothing stands that refuses them."""
        return [shot for shot in self.checked if not refused(shot)]


def refused(checked: Mapping[str, Any]) -> bool:
    return any(problem.get("refuses") for problem in checked.get("problems", ()))


def newest_delivered(told: Mapping[str, Any]) -> int | None:
    """The newest version of a sending that can be placed."""
    ready = [int(one["version"]) for one in told.get("versions", ()) if one.get("state") == "delivered"]
    return max(ready, default=None)
