"""Pictures of people who are neither performer nor donor, each with truth, to learn faces in general from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from understudy.domain.files import atomic_write, write_bytes

from .anchors import Anchors
from .develop import display, landmarks_of, metered, over_ground, read_render
from .figure import Figure, figure, moment
from .head import HeadData
from .jobs import FrameJob, RenderJob
from .render import run_job
from .shots import HEAD_CAMERA, stranger_jobs

SEED = 2024
FACE_LIGHT = (0.14, 0.34)


def make_strangers(
    head_data: Path,
    bpy_python: Path,
    out: Path,
    *,
    people: int,
    pictures_each: int,
    report: Callable[[str], None],
) -> None:
    """Render the strangers and write `<name>/NNNN.png` with `<name>/NNNN.npz` beside each.

    The npz holds landmarks_K2 (pixels), pose_3 (pitch, yaw, roll in degrees), expression_E with
    expression_names, and matte_HW (uint8, the visible face).
    """
    data = HeadData.load(head_data)
    for job in stranger_jobs(head_data, out, pictures_each=pictures_each, people=people, seed=SEED):
        run_job(job, bpy_python, report=report)
        person = figure(data, job.person)
        for number, frame in enumerate(job.frames):
            develop_stranger(job, frame, person, number)
        report(f"{job.person.name}: {len(job.frames)} pictures")


def develop_stranger(job: RenderJob, frame: FrameJob, person: Figure, number: int) -> None:
    """Write picture and truth of one rendered frame."""
    if job.ground is None:
        raise ValueError("a stranger's job names the picture of its empty set")
    rendered, matte = read_render(frame.picture)
    ground, _ = read_render(job.ground)
    linear = over_ground(rendered, ground)
    dark, bright = FACE_LIGHT
    target = float(np.random.default_rng([SEED, number]).uniform(dark, bright))
    shade = 0.35 + 0.65 * float(np.mean(job.person.skin.colour)) / 0.36
    code = display(linear, exposure=metered(linear, matte, target=target * min(1.0, shade)))
    rgb = np.asarray(np.clip(code, 0, 1) * 255 + 0.5, np.uint8)
    encoded = cv2.imencode(".png", rgb[..., ::-1])[1]
    write_bytes(frame.picture.with_suffix(".png"), encoded.tobytes())
    names = sorted(person.data.expressions)
    pose = frame.pose
    with atomic_write(frame.picture.with_suffix(".npz")) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            landmarks_K2=landmarks_of(person, moment(person, pose), HEAD_CAMERA, Anchors.load()),
            pose_3=np.asarray([pose.pitch_deg, pose.yaw_deg, pose.roll_deg], np.float32),
            expression_E=np.asarray([pose.expression.get(n, 0.0) for n in names], np.float32),
            expression_names=np.asarray(names),
            matte_HW=np.asarray(matte * 255 + 0.5, np.uint8),
        )
