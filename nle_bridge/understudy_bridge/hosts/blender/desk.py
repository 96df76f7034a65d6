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

    `checked`: the shots that were looked at before sending. `lying`: the version on the timeline, by shot id.
    `busy`: sendings that a step is under way for, with what it is. `offered`: sendings that finished while
    nobody looked. `pictures`: icon numbers by sending. `unread`: strips whose media nobody looked into yet.
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
            if told["project"] == self.project and self.sendings.get(told["id"]) != told:
                self.sendings[told["id"]] = told
                changed.append(told["id"])
        return changed

    def offer_finished(self) -> None:
        """Called once when a project's sendings are known: takes that were delivered and lie nowhere."""
        self.offered = [
            told["id"]
            for told in self.newest_first()
            if newest_delivered(told) and not told.get("placed") and told.get("shot_id") not in self.lying
        ]

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
        return self.lying.get(str(told.get("shot_id") or ""))

    def sendable(self) -> list[Table]:
        """The checked shots against which nothing stands that refuses them."""
        return [shot for shot in self.checked if not refused(shot)]


def refused(checked: Mapping[str, Any]) -> bool:
    return any(problem.get("refuses") for problem in checked.get("problems", ()))


def newest_delivered(told: Mapping[str, Any]) -> int | None:
    """The newest version of a sending that can be placed."""
    ready = [int(one["version"]) for one in told.get("versions", ()) if one.get("state") == "delivered"]
    return max(ready, default=None)
