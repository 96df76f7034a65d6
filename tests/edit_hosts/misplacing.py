"""Editors that do something else than they were told, and do not say so."""

from __future__ import annotations

import copy
from typing import ClassVar

from understudy_bridge.panel.host import EditHost, HostRefused, Table


class Wrapped:
    """A host that alters what is laid. `told` is what the artist must hear of it."""

    told: ClassVar[str] = ""

    def __init__(self, host: EditHost) -> None:
        self._host = host

    def about(self) -> Table:
        return self._host.about()

    def timeline(self) -> Table:
        return self._host.timeline()

    def selected(self) -> list[str]:
        return self._host.selected()

    def mark(self, uid: str, identity: str) -> None:
        self._host.mark(uid, identity)

    def seek(self, frame: int) -> None:
        self._host.seek(frame)

    def carry_out(self, step: Table) -> Table:
        if step["do"] != "lay":
            return self._host.carry_out(step)
        altered = copy.deepcopy(step)
        self.alter(altered["clip"])
        return self._host.carry_out(altered)

    def alter(self, clip: Table) -> None:
        """Change what will be laid."""


class OneFrameLate(Wrapped):
    told = "and not on V"

    def alter(self, clip: Table) -> None:
        clip["record_in"] += 1


class OneFrameShort(Wrapped):
    """An end that is taken as inclusive, or the other way round."""

    told = "frames long and not"

    def alter(self, clip: Table) -> None:
        clip["duration"] -= 1


class OneFrameInside(Wrapped):
    told = "of its file and not with"

    def alter(self, clip: Table) -> None:
        clip["source_in"] += 1


class ForgetsWhoItIs(Wrapped):
    told = "and not v00"

    def alter(self, clip: Table) -> None:
        clip["ours"] = {}


class OtherVersion(Wrapped):
    told = "v009"

    def alter(self, clip: Table) -> None:
        clip["ours"]["version"] = 9


class DeadItem(Wrapped):
    """Says that it laid a clip, and there is none."""

    told = "is not there"

    def carry_out(self, step: Table) -> Table:
        if step["do"] == "lay":
            return {"do": "lift", "track": step["track"], "uid": "dead", "clip": step["clip"]}
        if step.get("uid") == "dead":
            return step
        return self._host.carry_out(step)


MISPLACING = (OneFrameLate, OneFrameShort, OneFrameInside, ForgetsWhoItIs, OtherVersion, DeadItem)


class Refusing(Wrapped):
    """A host that refuses one kind of step."""

    def __init__(self, host: EditHost, what: str) -> None:
        super().__init__(host)
        self._what = what

    def carry_out(self, step: Table) -> Table:
        if step["do"] == self._what:
            raise HostRefused("Unsupported", "no more of this")
        return self._host.carry_out(step)
