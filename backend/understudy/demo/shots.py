"""What is shot: the sets, the movies of the demonstration, and the single pictures of the strangers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .head import Person
from .jobs import Camera, FrameJob, Light, RenderJob, Setup
from .people import DONOR, PERFORMER, starter_cast
from .performance import Kind, performance, random_pose

RATE = Fraction(24)
SAMPLES = 6
CAMERA = Camera()
HAND_CAMERA = replace(CAMERA, border=(0.0, 1.0, 0.0, 1.0))  # the hand comes from beyond the person
HEAD_CAMERA = Camera(
    eye_dm=(0.0, 7.15, 18.0), width_dm=3.3, width_px=256, height_px=256, border=(0.0, 1.0, 0.0, 1.0)
)
HAND_INDEXES = range(36, 84)
HAND_REACH_DM = 3.5

ROWAN_SET = Setup(
    wall=(0.10, 0.15, 0.16),
    wall_second=(0.22, 0.19, 0.14),
    light=Light(
        key_from_dm=(-9.0, 12.0, 11.0),
        key_colour=(1.0, 0.93, 0.84),
        key_strength=2600.0,
        key_size_dm=5.0,
        fill_colour=(0.72, 0.85, 1.0),
        fill_strength=700.0,
    ),
)
MIRA_SET = Setup(
    wall=(0.30, 0.22, 0.15),
    wall_second=(0.12, 0.16, 0.13),
    light=Light(
        key_from_dm=(8.0, 10.0, 13.0),
        key_colour=(0.86, 0.94, 1.0),
        key_strength=3000.0,
        key_size_dm=7.0,
        fill_colour=(1.0, 0.86, 0.7),
        fill_strength=900.0,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One movie: who plays, with whose face if another's, what, and how many frames."""

    name: str
    person: Person
    setup: Setup
    kind: Kind
    seed: int
    count: int
    timecode: str
    donor: Person | None = None
    hand: bool = False


MIRA_LEARN = Shot(
    name="mira_learn", person=DONOR, setup=MIRA_SET, kind="learn", seed=3, count=192, timecode="02:00:00:00"
)
ROWAN_LEARN = Shot(
    name="rowan_learn",
    person=PERFORMER,
    setup=ROWAN_SET,
    kind="learn",
    seed=8,
    count=192,
    timecode="01:00:00:00",
)
ROWAN_PLATE = Shot(
    name="rowan_plate",
    person=PERFORMER,
    setup=ROWAN_SET,
    kind="plate",
    seed=5,
    count=120,
    timecode="01:10:00:00",
)
ROWAN_PLATE_TRUE = Shot(
    name="rowan_plate_true",
    person=PERFORMER,
    donor=DONOR,
    setup=ROWAN_SET,
    kind="plate",
    seed=5,
    count=120,
    timecode="01:10:00:00",
)
ROWAN_PLATE_HAND = Shot(
    name="rowan_plate_hand",
    person=PERFORMER,
    setup=ROWAN_SET,
    kind="plate",
    seed=5,
    count=120,
    timecode="01:10:00:00",
    hand=True,
)
SHOTS = (MIRA_LEARN, ROWAN_LEARN, ROWAN_PLATE, ROWAN_PLATE_TRUE, ROWAN_PLATE_HAND)


def picture_path(shot: Shot, index: int, work: Path) -> Path:
    """Where the rendered frame lies; frames of the hand plate without the hand are those of the plate."""
    folder = ROWAN_PLATE.name if shot.hand and hand_place(index) is None else shot.name
    return work / folder / f"{index:04d}.exr"


def ground_path(setup: Setup, work: Path) -> Path:
    """Where the picture of the empty set lies."""
    return work / ("ground_mira.exr" if setup == MIRA_SET else "ground_rowan.exr")


def render_job(shot: Shot, head_data: Path, work: Path) -> RenderJob:
    """The frames of a movie as a job for the renderer."""
    frames = [
        FrameJob(
            picture=picture_path(shot, index, work),
            pose=performance(shot.kind, shot.seed, index, RATE),
            hand=hand_place(index) if shot.hand else None,
        )
        for index in range(shot.count)
        if not shot.hand or hand_place(index) is not None
    ]
    return RenderJob(
        head_data=head_data,
        person=shot.person,
        donor=shot.donor,
        camera=HAND_CAMERA if shot.hand else CAMERA,
        setup=shot.setup,
        samples=SAMPLES,
        ground=ground_path(shot.setup, work),
        frames=tuple(frames),
    )


def hand_place(index: int) -> tuple[float, float, float, float] | None:
    """Where the passing hand is (x, y, z in dm, lean in degrees), or None while it is out of the picture."""
    if index not in HAND_INDEXES:
        return None
    share = (index - HAND_INDEXES.start) / (len(HAND_INDEXES) - 1)
    x = HAND_REACH_DM * (1 - 2 * share)
    y = 6.5 + 0.25 * float(np.sin(np.pi * share))
    return (x, y, 3.0, 14.0 - 28.0 * share)


def stranger_jobs(
    head_data: Path, work: Path, *, pictures_each: int, people: int, seed: int
) -> list[RenderJob]:
    """One job for each stranger: heads filling the picture, any pose, any light."""
    jobs = []
    for number, person in enumerate(starter_cast(people, seed=seed)):
        rng = np.random.default_rng([seed, number, 9])
        setup = Setup(
            wall=_rgb(rng.uniform(0.04, 0.4, 3)),
            wall_second=_rgb(rng.uniform(0.04, 0.4, 3)),
            light=_any_light(rng),
        )
        folder = work / person.name
        frames = [
            FrameJob(
                picture=folder / f"{n:04d}.exr",
                pose=random_pose(10_000 * number + n),
                light=_any_light(rng) if n % 3 == 0 else setup.light,
            )
            for n in range(pictures_each)
        ]
        jobs.append(
            RenderJob(
                head_data=head_data,
                person=person,
                donor=None,
                camera=HEAD_CAMERA,
                setup=setup,
                samples=SAMPLES,
                ground=folder / "ground.exr",
                frames=tuple(frames),
            )
        )
    return jobs


def _any_light(rng: np.random.Generator) -> Light:
    warm, cool = np.asarray([1.0, 0.88, 0.74]), np.asarray([0.80, 0.90, 1.0])
    key, fill = rng.uniform(0, 1, 2)
    return Light(
        key_from_dm=(float(rng.uniform(-13, 13)), float(rng.uniform(6, 15)), float(rng.uniform(7, 14))),
        key_colour=_rgb(warm * key + cool * (1 - key)),
        key_strength=float(rng.uniform(1800, 4200)),
        key_size_dm=float(rng.uniform(3, 9)),
        fill_colour=_rgb(warm * fill + cool * (1 - fill)),
        fill_strength=float(rng.uniform(300, 1600)),
    )


def _rgb(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = (round(float(v), 5) for v in values)
    return red, green, blue
