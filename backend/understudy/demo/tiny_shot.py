"""A whole production's footage in a few seconds: small movies of the synthetic pair, with exact truth.

End-to-end tests run on it. It is drawn by the quick renderer; the committed demonstration is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt

from understudy.domain.files import atomic_write, write_bytes

from .anchors import Anchors
from .head import HeadData
from .movies import coded, encode, sound_packets, tag, write_matte
from .people import DONOR, PERFORMER
from .performance import Kind, Pose, performance
from .portrait import Light, Sitter, Surface, View, replacement, sitter, view, wall
from .rasteriser import Camera
from .sound import SAMPLE_RATE
from .truth import Truth, save_truth, truth_of_poses, truth_path

F32 = npt.NDArray[np.float32]
PixelFormat = Literal["yuv420p", "yuv422p10le"]

ALGORITHM = 3  # raise it when the movies change, so that kept ones are made anew
RATE = Fraction(24)
TIMECODE = "01:00:00:00"
REEL = "T001C001"
_LEARN_PACE, _PLATE_PACE = 4, 2  # how many times quicker than the demonstration, so that few frames show much
_SOFT_LIGHT = Light(
    key=(-0.60, 0.35, 0.75),
    key_colour=(1.35, 1.42, 1.55),
    fill=(0.80, 0.15, 0.50),
    fill_colour=(0.45, 0.38, 0.32),
)


@dataclass(frozen=True, kw_only=True)
class TinyShot:
    """Paths of the movies: all last as many frames and have a truth file beside them (`truth_path`).

    matte: grey FFV1 of the visible face in the plate. truth: the plate's truth file.
    true_truth: truth of the true replacement.
    """

    performer_learn: Path
    donor_learn: Path
    plate: Path
    true_replacement: Path
    matte: Path
    truth: Path
    true_truth: Path
    frames: int


def make_tiny_shot(
    folder: Path,
    *,
    head_data: Path,
    frames: int = 24,
    width_px: int = 384,
    height_px: int = 216,
    pixel_format: PixelFormat = "yuv420p",
) -> TinyShot:
    """Make the movies in `folder`, or return those that stand there already.

    The same arguments give the same pictures. `head_data` is the folder of the head data (see head.py).
    """
    names = {
        "performer_learn": "performer_learn.mov",
        "donor_learn": "donor_learn.mov",
        "plate": "plate.mov",
        "true_replacement": "plate_true.mov",
        "matte": "plate_matte.mkv",
    }
    paths = {role: folder / name for role, name in names.items()}
    truths = {"truth": truth_path(paths["plate"]), "true_truth": truth_path(paths["true_replacement"])}
    shot = TinyShot(**paths, **truths, frames=frames)
    stamp = folder / "tiny_shot.json"
    made = json.dumps([ALGORITHM, frames, width_px, height_px, pixel_format])
    if stamp.is_file() and stamp.read_text() == made and _complete(shot):
        return shot
    camera = Camera(
        width_px=width_px, height_px=height_px, scale_px=0.352 * height_px,
        centre_px=(width_px / 2, 0.52 * height_px), target=(0.0, 7.0, 1.0),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _make(shot, HeadData.load(head_data), camera, pixel_format)
    write_bytes(stamp, made.encode())
    return shot


def _complete(shot: TinyShot) -> bool:
    return all(
        path.is_file() for field in fields(shot) if isinstance(path := getattr(shot, field.name), Path)
    )


def _make(shot: TinyShot, data: HeadData, camera: Camera, pixel_format: PixelFormat) -> None:
    surface = Surface.of(data)
    performer, donor = sitter(surface, PERFORMER), sitter(surface, DONOR)
    ratio = np.asarray(PERFORMER.skin.colour) / np.asarray(DONOR.skin.colour)
    grade = (float(ratio[0]), float(ratio[1]), float(ratio[2]))
    mixed = replacement(performer, donor, grade=grade)
    learn_wall = wall(camera, colour=(0.12, 0.15, 0.17), seed=1)
    donor_wall = wall(camera, colour=(0.20, 0.16, 0.11), seed=2)
    plate_wall = wall(camera, colour=(0.10, 0.13, 0.12), seed=3)
    jobs: tuple[tuple[Path, Sitter, Kind, int, Light, F32], ...] = (
        (shot.performer_learn, performer, "learn", 2, Light(), learn_wall),
        (shot.donor_learn, donor, "learn", 4, _SOFT_LIGHT, donor_wall),
        (shot.plate, performer, "plate", 6, Light(), plate_wall),
        (shot.true_replacement, mixed, "plate", 6, Light(), plate_wall),
    )
    for path, who, kind, seed, light, backdrop in jobs:
        pace = _LEARN_PACE if kind == "learn" else _PLATE_PACE
        poses = [performance(kind, seed, n * pace, RATE) for n in range(shot.frames)]
        views = [
            view(
                who, pose.expression, yaw_deg=pose.yaw_deg, pitch_deg=pose.pitch_deg, roll_deg=pose.roll_deg,
                camera=camera, light=light, backdrop_HW3=backdrop,
            )
            for pose in poses
        ]  # fmt: skip
        write_movie(
            path, [drawn.rgb_HW3 for drawn in views], pixel_format=pixel_format, sound=_voice(poses, seed)
        )
        save_truth(_truth_of(data, camera, poses, views), truth_path(path))
        if path == shot.plate:
            size = (camera.width_px, camera.height_px)
            write_matte(shot.matte, (drawn.matte_HW for drawn in views), size_px=size, rate=RATE)


def _truth_of(data: HeadData, camera: Camera, poses: Sequence[Pose], views: Sequence[View]) -> Truth:
    anchors = Anchors.load()
    landmarks = np.stack([camera.project(anchors.on(drawn.vertices_V3))[0] for drawn in views])
    return truth_of_poses(poses, landmarks, sorted(data.expressions))


def write_movie(
    target: Path, rgb: Sequence[F32], *, pixel_format: PixelFormat, sound: npt.NDArray[np.int16]
) -> None:
    """Write display-encoded RGB 0..1 frames as H.264 (BT.709, limited range) with PCM sound and timecode."""
    height, width = rgb[0].shape[:2]
    with atomic_write(target) as temporary, av.open(str(temporary), "w", format="mov") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        video.gop_size = 24
        video.options = {"crf": "10", "preset": "fast", "threads": "1"}
        video.metadata.update({"timecode": TIMECODE, "reel_name": REEL})
        tag(video.codec_context)
        audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        encode(container, video, (coded(picture, pixel_format) for picture in rgb), RATE)
        for packet in sound_packets(audio, sound):
            container.mux(packet)


def _voice(poses: Sequence[Pose], seed: int) -> npt.NDArray[np.int16]:
    """A hum that opens with the jaw, exactly as long as the pictures, with a blip on the first frame."""
    count = int(len(poses) * SAMPLE_RATE / RATE)
    second = np.arange(count) / SAMPLE_RATE
    jaw = np.interp(
        second * float(RATE), np.arange(len(poses)), [p.expression.get("jawOpen", 0.0) for p in poses]
    )
    pitch = 110 + 8 * (seed % 5)
    hum = sum(np.sin(2 * np.pi * pitch * k * second) / k for k in (1, 2, 3, 5)) * (0.05 + 0.4 * jaw)
    hum[: SAMPLE_RATE // 24] += 0.3 * np.sin(2 * np.pi * 1000 * second[: SAMPLE_RATE // 24])
    return np.asarray(np.clip(hum, -1, 1) * 24000, np.int16)
