"""What the menu's scripts call: find the program, the daemon and whether there may be a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...panel.daemon_calls import Daemon
from ...panel.worker import Worker
from .console import run
from .desk import Desk
from .host import ResolveHost
from .program import whole

WINDOWS_ONLY_STUDIO_FROM = (19, 1)


def open_panel(given: Mapping[str, Any]) -> None:
    """The panel, until it is closed. `given`: the names that Resolve hands to a script."""
    resolve = _resolve(given)
    if not may_open_windows(resolve):
        # Only asking for a window makes the free version show a dialog that holds up every later call.
        print("Understudy: this Resolve opens no windows for scripts; use the other scripts of this menu.")
        return
    from .window import show

    desk = Desk(ResolveHost(resolve), Worker(Daemon.found(), name="resolve"))
    try:
        show(given["fusion"].UIManager, given["bmd"], desk, is_there=lambda: bool(resolve.GetVersionString()))
    finally:
        desk.close()


def do(errand: str, given: Mapping[str, Any]) -> None:
    """One errand, told on the console."""
    run(errand, ResolveHost(_resolve(given)), Daemon.found(), lambda line: print("Understudy: " + line))


def may_open_windows(resolve: Any) -> bool:
    """Scripts' windows belong to Studio since 19.1."""
    version = tuple(whole(part) or 0 for part in list(resolve.GetVersion() or [])[:2])
    return "studio" in str(resolve.GetProductName()).lower() or version < WINDOWS_ONLY_STUDIO_FROM


def _resolve(given: Mapping[str, Any]) -> Any:
    """`resolve` where the version hands it over, else by `app`."""
    found = given.get("resolve")
    return found if found else given["app"].GetResolve()
