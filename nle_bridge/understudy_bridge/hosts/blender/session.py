# SPDX-License-Identifier: GPL-3.0-or-later
"""The one link of this Blender, from the add-on's registering to its unregistering."""

from __future__ import annotations

from .desk import Desk
from .link import Link

_link: list[Link] = []
_no_desk = Desk()


def begin(link: Link) -> None:
    end()
    _link.append(link)


def end() -> None:
    while _link:
        _link.pop().close()


def link() -> Link:
    return _link[0]


def desk() -> Desk:
    return _link[0].desk if _link else _no_desk
