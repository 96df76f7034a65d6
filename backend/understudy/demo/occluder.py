"""Two skin-coloured fingers passing before a face, drawn into a plate, with exact truth of what they hide.

They are capsules lit from one side, of the performer's own colour, so that neither colour nor a straight
edge gives them away. They go with the head, as a hand at a mouth does, and wander over mouth and cheek.
Everything is a function of index and seed: the same arguments give the same pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import UnreadableMedia
from understudy.media.video import open_plate, probe

from .movies import write_lossless, write_matte
from .truth import Truth, load_truth, save_truth, truth_path

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

RATE = Fraction(24)
ENTER_FRAMES = 12  # by then both fingers stand before the face
_ENTER_PX = 5.0  # a frame, on top of what they do anyway
_BLUR_SHARE = 0.5  # of a frame's motion: a shutter of 180 degrees
_BLUR_STEPS = 5
_LIGHT = (-0.55, 0.83)  # across the finger, towards the viewer: lit from the left, as the plate is
_SHADE = (0.58, 0.42)  # ambient, directed
_TEXTURE = 0.05
_REFERENCE_HEIGHT_PX = 360


@dataclass(frozen=True, kw_only=True)
class OccludedFrame:
    """One frame. rgb_HW3: display code 0..1. matte_HW: the face that is still seen. alpha_HW: the fingers.

    covered: the share of the face's true matte that the fingers hide.
    """

    index: int
    rgb_HW3: F32
    matte_HW: F32
    alpha_HW: F32
    covered: float


@dataclass(frozen=True, kw_only=True)
class OccludedClip:
    """Where `make_occluded_clip` put things; the truth file of `plate` stands beside it.

    matte: the face that is seen, lossless grey. occluder: the fingers' alpha, likewise.
    covered_N: the share of the face that is hidden, for each frame.
    """

    plate: Path
    matte: Path
    occluder: Path
    truth: Path
    covered_N: F64


def bounced(index: int, count: int) -> int:
    """Which picture of a clip is shown at `index` when it is played to its end and back, over and over."""
    if count == 1:
        return 0
    at = index % (2 * count - 2)
    return min(at, 2 * count - 2 - at)


def anchors_of(truth: Truth, *, frames: int, smooth_frames: float = 3.0) -> F64:
    """Where the fingers' hand aims at: the face's centre, steadied, for a clip of `frames` (N, 2)."""
    boxes = truth.box_N4[[bounced(n, len(truth)) for n in range(frames)]].astype(np.float64)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    reach = math.ceil(3 * smooth_frames)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smooth_frames) ** 2)
    padded = np.pad(centres, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, axis], weights / weights.sum(), "valid") for axis in (0, 1)], 1)


def capsules(index: float, anchors_N2: F64, *, seed: int, scale: float = 1.0) -> list[tuple[F64, F64, float]]:
    """The two fingers at a moment: (base, tip, radius) of each, in pixels. `scale` is 1 at 360 lines.

    Base and tip move at most 8 px a frame at that size (`tests/test_occluder.py` measures it).
    """
    rng = np.random.default_rng([seed, 71])
    side = rng.choice((-1.0, 1.0))
    phases = rng.uniform(0, 2 * np.pi, 4)
    across, up, every = rng.uniform(14, 20), rng.uniform(10, 15), rng.uniform(32, 37)
    lean = np.radians(rng.uniform(24, 42)) * side
    past = index - ENTER_FRAMES
    stayed = (math.sqrt(past * past + 9) + past) / 2  # frames since they came in; smooth, 0 before
    before = stayed - past
    beat = 2 * np.pi * stayed / every
    tip = np.array(
        [
            across * np.sin(beat + phases[0]) - side * 4,
            8 + up * np.sin(1.37 * beat + phases[1]),
        ]
    )
    lean += np.radians(5) * np.sin(0.8 * beat + phases[2])
    along = np.array([np.sin(lean), np.cos(lean)])  # from tip to base: downwards and to one side
    beside = np.array([along[1], -along[0]])
    spread = np.radians(7 + 3 * np.sin(1.1 * beat + phases[3]))
    numbers = np.arange(len(anchors_N2))
    anchor = np.array([np.interp(index, numbers, anchors_N2[:, axis]) for axis in (0, 1)])
    hand = anchor + scale * (tip + along * _ENTER_PX * before)
    fingers = []
    for way, radius, short in ((-1, 14.0, 0.0), (1, 13.0, 9.0)):
        start = hand + scale * (beside * way * 16 + along * short)
        angle = lean + way * spread
        reach = np.array([np.sin(angle), np.cos(angle)])
        fingers.append((start + reach * 104 * scale, start, radius * scale))
    return fingers


def fingers(
    index: int,
    size_wh: tuple[int, int],
    *,
    anchors_N2: F64,
    skin_3: F32,
    seed: int = 1,
    motion_blur: bool = True,
) -> tuple[F32, F32]:
    """Draw both fingers: alpha (H, W) and straight colour (H, W, 3).

    anchors_N2: from `anchors_of`. skin_3: the mean colour that they shall have, display code 0..1.
    motion_blur: as half a frame's motion smears them.
    """
    width, height = size_wh
    scale = height / _REFERENCE_HEIGHT_PX
    offsets = np.linspace(-0.5, 0.5, _BLUR_STEPS) * _BLUR_SHARE if motion_blur else np.zeros(1)
    alpha, laid = np.zeros((height, width), np.float32), np.zeros((height, width, 3), np.float32)
    for offset in offsets:
        one, colour = np.zeros((height, width), np.float32), np.zeros((height, width, 3), np.float32)
        for number, (base, tip, radius) in enumerate(
            capsules(index + float(offset), anchors_N2, seed=seed, scale=scale)
        ):
            texture = _texture(seed, number)
            _draw(one, colour, base, tip, radius, skin_3, texture)
        alpha += one / len(offsets)
        laid += colour * one[..., None] / len(offsets)
    return alpha, np.asarray(laid / np.maximum(alpha, 1e-6)[..., None], np.float32)


def _draw(
    alpha_HW: F32, colour_HW3: F32, base: F64, tip: F64, radius: float, skin_3: F32, texture: F32
) -> None:
    """Put one capsule over what is there, in place; its edge is one pixel wide."""
    height, width = alpha_HW.shape
    low = np.floor(np.minimum(base, tip) - radius - 2).astype(int).clip(0)
    high = np.ceil(np.maximum(base, tip) + radius + 2).astype(int)
    area = np.s_[low[1] : min(high[1], height), low[0] : min(high[0], width)]
    if alpha_HW[area].size == 0:
        return
    y, x = np.mgrid[area].astype(np.float64) + 0.5
    axis = base - tip
    length = float(np.hypot(*axis))
    along = ((x - tip[0]) * axis[0] + (y - tip[1]) * axis[1]) / length
    across = ((x - tip[0]) * axis[1] - (y - tip[1]) * axis[0]) / length  # positive: to the picture's right
    beyond = along - along.clip(0, length)
    from_axis = np.hypot(across, beyond)
    over = (radius - from_axis + 0.5).clip(0, 1)
    shade = _round(across / radius, from_axis / radius)
    u = ((along / radius + 1) / (length / radius + 2) * (texture.shape[0] - 1)).astype(np.float32)
    v = ((across / radius + 1) / 2 * (texture.shape[1] - 1)).astype(np.float32)
    detail = cv2.remap(texture, v, u, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    drawn = np.clip(skin_3 * (shade * (1 + detail))[..., None], 0, 1)
    before = alpha_HW[area] * (1 - over)
    total = before + over
    mixed = colour_HW3[area] * before[..., None] + drawn * over[..., None]
    colour_HW3[area] = mixed / np.maximum(total, 1e-6)[..., None]
    alpha_HW[area] = total


def _round(across: F64, from_axis: F64) -> F64:
    """Brightness of a cylinder at a place across it (-1..1), about 1 on average."""
    depth = np.sqrt(np.clip(1 - from_axis**2, 0, 1))
    lit = np.clip(across * _LIGHT[0] + depth * _LIGHT[1], 0, None)
    return np.asarray((_SHADE[0] + _SHADE[1] * lit) / 0.81, np.float64)


def _texture(seed: int, number: int) -> F32:
    """Pores and the creases of two joints as a relative change of brightness, (along, across)."""
    rng = np.random.default_rng([seed, number, 72])
    fine = cv2.GaussianBlur(rng.standard_normal((160, 36)), (0, 0), 1.2)
    broad = cv2.GaussianBlur(rng.standard_normal((160, 36)), (0, 0), 6)
    pores = _TEXTURE * (0.5 * fine / fine.std() + 0.5 * broad / broad.std())
    rows = np.arange(160)[:, None]
    creases = sum(np.exp(-0.5 * ((rows - at) / 1.6) ** 2) for at in (52, 56, 104, 108))
    return np.asarray(pores - 0.10 * creases, np.float32)


def occluded(
    pictures: Sequence[F32],
    mattes: Sequence[F32],
    anchors_N2: F64,
    *,
    frames: int,
    seed: int = 1,
    leap: int = 1,
    motion_blur: bool = True,
    noise_codes: float = 0.0,
    noise_seed: int = 1,
) -> Iterator[OccludedFrame]:
    """The clip played to its end and back for `frames` frames, with the fingers before the face.

    pictures (H, W, 3) display code 0..1; mattes (H, W) the true face. noise_codes: standard deviation of
    sensor noise in 8-bit code values. leap: everything goes so many times as fast.
    """
    skin = skin_colour(pictures[0], mattes[0])
    height, width = mattes[0].shape
    for index in range(frames):
        at = bounced(index * leap, len(pictures))
        alpha, colour = fingers(
            index * leap,
            (width, height),
            anchors_N2=anchors_N2,
            skin_3=skin,
            seed=seed,
            motion_blur=motion_blur,
        )
        picture = pictures[at] * (1 - alpha[..., None]) + colour * alpha[..., None]
        if noise_codes > 0:
            rng = np.random.default_rng([noise_seed, index, 73])
            picture = picture + rng.standard_normal(picture.shape, np.float32) * (noise_codes / 255)
        seen = mattes[at] * (1 - alpha)
        yield OccludedFrame(
            index=index,
            rgb_HW3=np.asarray(np.clip(picture, 0, 1), np.float32),
            matte_HW=np.asarray(seen, np.float32),
            alpha_HW=alpha,
            covered=float((mattes[at] * alpha).sum() / max(float(mattes[at].sum()), 1e-6)),
        )


def skin_colour(picture_HW3: F32, matte_HW: F32) -> F32:
    """The middle colour of a face, (3,)."""
    return np.asarray(np.median(picture_HW3[matte_HW > 0.9], axis=0), np.float32)


def make_occluded_clip(
    plate: Path,
    matte: Path,
    folder: Path,
    *,
    frames: int | None = None,
    seed: int = 1,
    leap: int = 1,
    motion_blur: bool = True,
    noise_codes: float = 0.0,
) -> OccludedClip:
    """Lay the fingers over a synthetic plate and write movie, mattes and truth into `folder`.

    `plate` has a truth file beside it (`truth_path`); `frames` (all by default) may be more than it has.
    The movie is lossless FFV1 with 10 bits and full chroma. Raises: UnreadableMedia, BadInput.
    """
    pictures, mattes, truth = _colours(plate), _greys(matte), load_truth(truth_path(plate))
    if not len(pictures) == len(mattes) == len(truth):
        raise UnreadableMedia(f"{plate}, {matte} and the truth file differ in length; make them again")
    count = frames or len(pictures)
    order = [bounced(n * leap, len(pictures)) for n in range(count)]
    clip = OccludedClip(
        plate=folder / "occluded.mkv",
        matte=folder / "occluded_matte.mkv",
        occluder=folder / "occluded_fingers.mkv",
        truth=truth_path(folder / "occluded.mkv"),
        covered_N=np.zeros(0),
    )
    made = list(
        occluded(
            pictures, mattes, anchors_of(truth, frames=count * leap),
            frames=count, seed=seed, leap=leap, motion_blur=motion_blur,
            noise_codes=noise_codes, noise_seed=seed,
        )
    )  # fmt: skip
    size = (made[0].matte_HW.shape[1], made[0].matte_HW.shape[0])
    write_lossless(clip.plate, (frame.rgb_HW3 for frame in made), size_px=size, rate=RATE)
    write_matte(clip.matte, (frame.matte_HW for frame in made), size_px=size, rate=RATE)
    write_matte(clip.occluder, (frame.alpha_HW for frame in made), size_px=size, rate=RATE)
    played = Truth(
        landmarks_NK2=truth.landmarks_NK2[order],
        pose_N3=truth.pose_N3[order],
        expression_NE=truth.expression_NE[order],
        expression_names=truth.expression_names,
        box_N4=truth.box_N4[order],
    )
    save_truth(played, clip.truth)
    return replace(clip, covered_N=np.array([frame.covered for frame in made]))


def _colours(path: Path) -> list[F32]:
    """Every picture of a movie, (H, W, 3) display code 0..1, as the product itself reads it."""
    plate = probe(path)
    with open_plate(plate) as reader:
        return [shown.picture.region(plate.display_window) for shown in reader.frames(plate.frames)]


def _greys(path: Path) -> list[F32]:
    """Every picture of a grey movie, (H, W) 0..1."""
    try:
        with av.open(str(path)) as container:
            pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    except (av.FFmpegError, OSError) as cause:
        raise UnreadableMedia(f"{path} cannot be read as a movie: {cause}") from cause
    return [np.asarray(picture, np.float32) / np.float32(255) for picture in pictures]
