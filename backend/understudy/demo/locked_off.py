"""A head that keeps perfectly still before a locked-off camera, seen through sensor noise, with exact truth.

All that moves are the lids and the jaw, and they snap: whatever else an alignment does on it is error.
Nothing is written: the pictures are made in memory, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .anchors import Anchors
from .head import HeadData
from .people import PERFORMER
from .performance import Pose
from .portrait import Light, Surface, View, sitter, view, wall
from .rasteriser import Camera
from .truth import Truth, truth_of_poses

F32 = npt.NDArray[np.float32]
Picture8 = npt.NDArray[np.uint8]

FRAMES = 120
SIZE_PX = (320, 240)
_YAW_DEG, _PITCH_DEG, _ROLL_DEG = -7.0, 2.0, 3.0
_SCALE_PX = 92.0  # a decimetre of the head; its face is then about 150 px high
_BLINK = (0.5, 1.0, 1.0, 0.55, 0.2)  # lid weights, frame by frame: shut within two frames
_BLINKS = (22, 61, 97)  # indices at which they begin
_WORDS = (
    (34, 46),
    (72, 77),
    (84, 91),
)  # first and last index of an open mouth, between single frames of half
_OPEN = 0.75


@dataclass(frozen=True, kw_only=True)
class LockedOff:
    """pictures: display RGB (H, W, 3), frame by frame. truth: of the same frames.

    Truth's expressions name `eyeBlinkLeft`, `eyeBlinkRight` and `jawOpen`.
    """

    pictures: tuple[Picture8, ...]
    truth: Truth


def make_locked_off(
    head_data: Path,
    *,
    frames: int = FRAMES,
    seed: int = 1,
    read_noise: float = 1.5,
    shot_noise: float = 0.035,
) -> LockedOff:
    """Draw the clip. The same arguments give the same bits.

    read_noise: standard deviation of a pixel in 8-bit code values; shot_noise: variance per code value of
    signal, on top. `head_data` is the folder of the head data (see head.py).
    """
    data = HeadData.load(head_data)
    width, height = SIZE_PX
    camera = Camera(
        width_px=width, height_px=height, scale_px=_SCALE_PX,
        centre_px=(0.51 * width, 0.53 * height), target=(0.0, 7.0, 1.0),
    )  # fmt: skip
    poses = [pose_at(index) for index in range(frames)]
    views = _drawn(data, camera, poses)
    pictures = tuple(
        sensed(drawn.rgb_HW3, seed=(seed, index), read_noise=read_noise, shot_noise=shot_noise)
        for index, drawn in enumerate(views)
    )
    return LockedOff(pictures=pictures, truth=_truth(camera, poses, views))


def pose_at(index: int) -> Pose:
    """The pose at a 0-based index: always the same head, blinking and opening its mouth now and then."""
    expression: dict[str, float] = {}
    blink = max((_BLINK[index - start] for start in _BLINKS if 0 <= index - start < len(_BLINK)), default=0.0)
    jaw = max((_jaw(index, first, last) for first, last in _WORDS), default=0.0)
    if blink:
        expression |= {"eyeBlinkLeft": blink, "eyeBlinkRight": blink}
    if jaw:
        expression["jawOpen"] = jaw
    return Pose(expression=expression, yaw_deg=_YAW_DEG, pitch_deg=_PITCH_DEG, roll_deg=_ROLL_DEG)


def sensed(
    rgb_HW3: F32, *, seed: tuple[int, ...], read_noise: float = 1.5, shot_noise: float = 0.035
) -> Picture8:
    """Display RGB 0..1 as a sensor's 8-bit code values: Gaussian read noise and shot noise, seeded."""
    rng = np.random.default_rng([0x5E5E, *seed])
    code = rgb_HW3 * np.float32(255)
    spread = np.sqrt(np.float32(read_noise**2) + np.float32(shot_noise) * code)
    noisy = code + spread * rng.standard_normal(code.shape, np.float32)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _jaw(index: int, first: int, last: int) -> float:
    if first <= index <= last:
        return _OPEN
    return 0.5 * _OPEN if index in (first - 1, last + 1) else 0.0


def _drawn(data: HeadData, camera: Camera, poses: list[Pose]) -> list[View]:
    """A view of each pose; poses that recur are drawn once."""
    who = sitter(Surface.of(data), PERFORMER)
    backdrop = wall(camera, colour=(0.10, 0.13, 0.12), seed=5)
    known: dict[tuple[tuple[str, float], ...], View] = {}
    views = []
    for pose in poses:
        key = tuple(sorted(pose.expression.items()))
        if key not in known:
            known[key] = view(
                who, pose.expression, yaw_deg=pose.yaw_deg, pitch_deg=pose.pitch_deg, roll_deg=pose.roll_deg,
                camera=camera, light=Light(), backdrop_HW3=backdrop,
            )  # fmt: skip
        views.append(known[key])
    return views


def _truth(camera: Camera, poses: list[Pose], views: list[View]) -> Truth:
    anchors = Anchors.load()
    landmarks = np.stack([camera.project(anchors.on(drawn.vertices_V3))[0] for drawn in views])
    return truth_of_poses(poses, landmarks, ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen"))
