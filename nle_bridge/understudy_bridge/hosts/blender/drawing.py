# SPDX-License-Identifier: GPL-3.0-or-later
"""A layout with the width that its text may take."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import wording


class Page(NamedTuple):
    layout: Any
    width_px: float
    scale: float

    @classmethod
    def of(cls, layout: Any, context: Any) -> Page:
        scale = context.preferences.system.ui_scale
        return cls(layout, context.region.width if context.region else 240 * scale, scale)

    def inside(self, layout: Any) -> Page:
        """A page of a part of this one, such as a box."""
        return Page(layout, self.width_px - 16 * self.scale, self.scale)

    def text(self, text: str, icon: str = "NONE") -> None:
        """A text in as many lines as it needs; an icon stands before the first, the others stand under it."""
        if not text:
            return
        column = self.layout.column(align=True)
        column.scale_y = 0.8
        for number, line in enumerate(wording.wrapped(text, self.width_px, self.scale)):
            column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE")
