"""The After Effects adapter over a fake editor in Node, on the contract suite's stage."""

from __future__ import annotations

from pathlib import Path

from tests.edit_hosts.premiere_stage import ScriptedStage


def stage(folder: Path) -> ScriptedStage:
    """Every layer is a track."""
    return ScriptedStage("after_effects_server.js", frozenset({"one_clip_a_track"}))
