# SPDX-License-Identifier: GPL-3.0-or-later
"""What the link needs of the editor and of the daemon's worker, as protocols. Knows no Blender."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ...panel.daemon_calls import Daemon, DaemonTrouble
from ...panel.host import EditHost


class Front(Protocol):
    """What of the editor the panel needs besides its host; `front.Front` is Blender's."""

    @property
    def host(self) -> EditHost: ...
    def close(self) -> None: ...
    def undo_step(self, message: str) -> None: ...
    def lying(self) -> dict[str, int]: ...
    def carries(self, uid: str) -> bool: ...
    def open_media(self, longest_s: float) -> int: ...
    def playhead(self) -> int: ...
    def redraw(self) -> None: ...
    def take_picture(self, sending_id: str, jpeg: bytes) -> int: ...
    def browse(self, url: str) -> None: ...


class Asking(Protocol):
    """A daemon call on the worker's thread, its result on the main thread.

    Without `failed` the panel shows what went wrong; `over` comes before either, in any case.
    """

    def __call__(
        self,
        call: Callable[[Daemon], Any],
        then: Callable[[Any], None],
        *,
        failed: Callable[[DaemonTrouble], None] | None = None,
        over: Callable[[], None] | None = None,
    ) -> None: ...
