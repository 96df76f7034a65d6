"""Conversions of drawn plates with an untrained network, for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tests.drawn_plates import drawn_plate

from understudy.config import ConvertConfig, TrainConfig
from understudy.domain.edit import Action
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event
from understudy.domain.shot import Plate
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import LoadedSwapper
from understudy.networks.families import make_swapper
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import ConvertOutcome, convert
from understudy.stages.convert.fingerprint import frame_fingerprints

CONFIG = ConvertConfig(colour_window_frames=4, batch=4, device="cpu", threads=2)


def drawn_swapper(
    family: str = "quick",
    *,
    size_px: int = 64,
    learn_mask: bool = True,
    people: tuple[str, ...] = ("ana", "ben"),
) -> LoadedSwapper:
    """A swapper as it is before training."""
    model = make_swapper(family, size_px=size_px, people=len(people), learn_mask=learn_mask, seed=3).eval()  # type: ignore[arg-type]
    card = RecipeCard(
        family=family,
        size_px=size_px,
        crop_type="full",
        encoding="srgb",
        people=people,
        learn_mask=learn_mask,
        config=TrainConfig(),
        iterations=0,
        trained_s=0,
        crops_per_s=0,
        faceset_sha256=(),
        algorithm=1,
        precision="float32",
    )
    return LoadedSwapper(card=card, model=model, device=torch.device("cpu"))


SWAPPER = drawn_swapper()
ONE_TRACK = {0: Binding(person_id="ben", swapper=SWAPPER, person_index=1)}


def twenty_frames(folder: Path) -> tuple[Plate, ShotFaces]:
    """A plate of 20 frames; 1005 and 1006 show nobody; a cut at 1013."""
    return drawn_plate(folder / "plate.mp4", frames=20, without=frozenset({1005, 1006}), cuts=(1013,))


def run(
    shot: tuple[Plate, ShotFaces],
    folder: Path,
    *,
    frames: tuple[int, ...] = (),
    config: ConvertConfig = CONFIG,
    bindings: dict[int, Binding] | None = None,
    edits: tuple[Action, ...] = (),
    undefined: tuple[int, ...] = (),  # frames whose solved landmarks are made undefined
    events: list[Event] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> ConvertOutcome:
    """Convert the frames of a drawn shot, all by default, into `folder`."""
    aspect = float(shot[0].pixel_aspect)
    solved = solve(shot[1], entries(edits), frames=shot[0].frames, pixel_aspect=aspect)
    solved.faces.landmarks_NK3[np.isin(solved.faces.frame, undefined)] = np.nan
    bound = ONE_TRACK if bindings is None else bindings
    chosen = frames or tuple(shot[0].frames)
    return convert(
        shot[0],
        solved,
        bound,
        config,
        chosen,
        folder,
        fingerprints=frame_fingerprints(
            shot[0],
            solved,
            {track: (one.person_id, "c1") for track, one in bound.items()},
            config,
            chosen,
            {},
        ),
        layers={},
        emit=(events if events is not None else []).append,
        stopping=stopping,
        people=("ana",),
    )


def entries(actions: tuple[Action, ...]) -> list[EditEntry]:
    """Actions as one artist's standing edits."""
    return [
        EditEntry(revision=number, author="ada", at="2026-01-01", action=action)
        for number, action in enumerate(actions, start=1)
    ]


def bits(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def whole_take(shot: tuple[Plate, ShotFaces], folder: Path) -> Path:
    """Convert all of `twenty_frames` into `folder`."""
    outcome = run(shot, folder)
    assert (len(outcome.written), outcome.kept, outcome.without_face) == (20, (), (1005, 1006))
    return folder
