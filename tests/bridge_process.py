"""A bridge in a process of its own, to be killed: `python -m tests.bridge_process WHAT ...`.

carry PRODUCTION STATE [REQUEST]   a bridge of a production; sends what the JSON file asks for
write FOLDER                       a journal that is written without end
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from tests.bridge_backend import clip_shot

from understudy.client import Client
from understudy_bridge.daemon.bridge import Bridge, BridgeSetting
from understudy_bridge.daemon.journal import Journal
from understudy_bridge.daemon.presets import Recipe
from understudy_bridge.daemon.sendings import Sendings


def carry(production: Path, state: Path, request: Path | None) -> None:
    bridge = Bridge(BridgeSetting(connect=lambda: Client.of_production(production), state=state))
    if request is not None:
        _say(bridge.create(json.loads(request.read_text())))
    revision = 0
    while True:
        told = bridge.list("", revision, 25.0)
        revision = told["revision"]
        for sending in told["sendings"]:
            _say(sending)


def write(folder: Path) -> None:
    sendings = Sendings(Journal(folder))
    recipe = Recipe(name="swap", model="swap")
    for number in range(100_000):
        shot = replace(clip_shot("/plates/a.mov"), name=f"SH{number:04}", clip_uid=f"clip-{number}")
        sending = sendings.create(f"request-{number}", "film", shot, recipe)
        sendings.cancel(sending.id)
        sendings.retry(sending.id, None)
        _say({"whole": number})


def _say(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    if what == "carry":
        carry(Path(paths[0]), Path(paths[1]), Path(paths[2]) if len(paths) > 2 else None)
    else:
        write(Path(paths[0]))
