"""Steadying removes what only the network changed, and leaves what the plate changed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from understudy.evaluate.metrics import sharpness
from understudy.stages.convert.temporal import SteadyInput, steady

Float = npt.NDArray[np.float32]

SIZE = 96
MOUTH_AT, EYES_AT = (48.0, 70.0), ((32.0, 38.0), (64.0, 38.0))
CODES = 1 / 255
INNER = np.s_[16:80, 16:80]
_LIP_RING = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91)


def texture(seed: int) -> Float:
    """Soft blobs, larger than a crop so that it can be moved about."""
    noise = np.random.default_rng(seed).random((SIZE + 32, SIZE + 32, 3), dtype=np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.asarray(0.5 + (blobs - blobs.mean()) * 1.6, np.float32)


def landmarks(
    *, mouth_px: float = 1.0, moved_px: tuple[float, float] = (0.0, 0.0)
) -> npt.NDArray[np.float64]:
    """An oval with eyes and a mouth that stands open by `mouth_px`."""
    angles = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = np.stack([48 + 36 * np.cos(angles), 48 + 44 * np.sin(angles)], axis=1)
    for at, ring in zip(EYES_AT, ((33, 159, 133, 145), (362, 386, 263, 374)), strict=True):
        points[list(ring)] = np.add(at, [(-8, 0), (0, -3), (8, 0), (0, 3)])
    for n, index in enumerate(_LIP_RING):
        angle = np.pi + 2 * np.pi * n / len(_LIP_RING)
        points[index] = np.add(MOUTH_AT, (14 * np.cos(angle), (4 + mouth_px) * np.sin(angle)))
    points[13], points[14] = np.add(MOUTH_AT, (0, -mouth_px / 2)), np.add(MOUTH_AT, (0, mouth_px / 2))
    return np.asarray(points + moved_px)


def shot(
    count: int = 7,
    *,
    shimmer_codes: float = 0.0,
    grain_codes: float = 0.0,
    step_px: tuple[int, int] = (0, 0),
    seed: int = 1,
) -> list[SteadyInput]:
    """A face whose plate and drawing move together by `step_px` a frame; the drawing shimmers by itself."""
    random = np.random.default_rng(seed)
    plate, drawing = texture(10), texture(11)
    made = []
    for n in range(count):
        x, y = 16 + (n - count // 2) * step_px[0], 16 + (n - count // 2) * step_px[1]
        part = np.s_[y : y + SIZE, x : x + SIZE]
        shimmer = cv2.GaussianBlur(random.standard_normal((SIZE, SIZE, 3), dtype=np.float32), (0, 0), 1.5)
        shimmer *= np.float32(shimmer_codes * CODES / max(float(shimmer.std()), 1e-9))
        grain = random.standard_normal((SIZE, SIZE, 3), dtype=np.float32) * np.float32(grain_codes * CODES)
        made.append(
            SteadyInput(
                frame=1001 + n,
                crop_SS3=plate[part] + grain,
                raw_SS3=drawing[part] + shimmer,
                mask_SS=None,
                landmarks_K2=landmarks(moved_px=(16 - x, 16 - y)),
            )
        )
    return made


def error_codes(picture: Float, truth: Float) -> float:
    return float(np.sqrt(np.square((picture - truth)[INNER]).mean()) / CODES)


def test_strength_0_and_a_lone_frame_keep_the_very_bits() -> None:
    frames = shot(shimmer_codes=3)
    centre = frames[3]
    for around, strength in ((frames, 0.0), ([], 1.0), ([centre], 1.0)):
        raw, mask = steady(centre, around, strength)
        assert np.array_equal(raw, centre.raw_SS3)
        assert mask is None


def test_neighbours_count_alike_in_any_order() -> None:
    frames = shot(shimmer_codes=3, step_px=(1, 0))
    once, _ = steady(frames[3], frames, 1.0)
    again, _ = steady(frames[3], frames[:3][::-1] + frames[4:][::-1], 1.0)
    assert np.array_equal(once, again)


def test_what_does_not_change_stays_as_it_is() -> None:
    frames = shot()
    raw, _ = steady(frames[3], frames, 1.0)
    assert error_codes(raw, frames[3].raw_SS3) < 0.01


@pytest.mark.parametrize("grain_codes", [0.0, 3.0])
def test_shimmer_of_a_still_face_falls_below_six_tenths(grain_codes: float) -> None:
    frames, truth = shot(shimmer_codes=2, grain_codes=grain_codes), shot()[3].raw_SS3
    raw, _ = steady(frames[3], frames, 1.0)
    before, after = error_codes(frames[3].raw_SS3, truth), error_codes(raw, truth)
    assert after < 0.6 * before
    half, _ = steady(frames[3], frames, 0.3)
    assert after < error_codes(half, truth) < before


def test_a_moving_face_is_steadied_along_its_motion_and_stays_sharp() -> None:
    frames = shot(shimmer_codes=2, grain_codes=2, step_px=(2, 1))
    truth = shot(step_px=(2, 1))[3].raw_SS3
    raw, _ = steady(frames[3], frames, 1.0)
    assert error_codes(raw, truth) < 0.7 * error_codes(frames[3].raw_SS3, truth)
    inside = np.zeros((SIZE, SIZE), np.float32)
    inside[INNER] = 1
    still = shot(step_px=(2, 1))
    smoothed, _ = steady(still[3], still, 1.0)
    assert sharpness(smoothed, inside) > 0.97 * sharpness(truth, inside)


def test_light_that_the_plate_shows_passes_at_once() -> None:
    frames = shot()
    lit = replace(frames[3], crop_SS3=frames[3].crop_SS3 * 1.1, raw_SS3=frames[3].raw_SS3 * np.float32(1.1))
    raw, _ = steady(lit, [*frames[:3], lit, *frames[4:]], 1.0)
    assert error_codes(raw, lit.raw_SS3) < 0.7  # of 13 codes
    assert error_codes(raw, frames[3].raw_SS3) > 10


def test_light_that_only_the_network_made_is_steadied() -> None:
    frames = shot()
    flashed = replace(frames[3], raw_SS3=frames[3].raw_SS3 + np.float32(4 * CODES))
    raw, _ = steady(flashed, frames[:3] + frames[4:], 1.0)
    assert error_codes(raw, frames[3].raw_SS3) < 0.5 * 4


def with_mouth(item: SteadyInput, *, gap_px: float) -> SteadyInput:
    """The mouth opened: dark inside, in the plate and in the drawing."""
    pictures = []
    for picture in (item.crop_SS3, item.raw_SS3):
        dark = np.ascontiguousarray(picture)
        centre, axes = tuple(map(int, MOUTH_AT)), (11, round(gap_px / 2))
        cv2.ellipse(dark, centre, axes, 0, 0, 360, (0.1, 0.05, 0.05), -1)
        pictures.append(dark)
    return replace(item, crop_SS3=pictures[0], raw_SS3=pictures[1], landmarks_K2=landmarks(mouth_px=gap_px))


def test_an_open_mouth_is_not_mixed_with_closed_ones() -> None:
    frames = shot(shimmer_codes=2)
    centre = with_mouth(frames[3], gap_px=12)
    raw, _ = steady(centre, [*frames[:3], *frames[4:]], 1.0)
    inside = np.s_[67:73, 42:54]
    assert np.abs(raw[inside] - centre.raw_SS3[inside]).max() < 2 * CODES
    forehead = np.s_[14:28, 30:66]
    truth = shot()[3].raw_SS3
    assert np.std((raw - truth)[forehead]) < 0.7 * np.std((centre.raw_SS3 - truth)[forehead])


def test_the_lips_gap_protects_the_mouth_even_where_the_plates_agree() -> None:
    frames = shot()
    shown = replace(frames[3], raw_SS3=frames[3].raw_SS3 + np.float32(6 * CODES))
    talking = replace(shown, landmarks_K2=landmarks(mouth_px=12))
    mouth = np.s_[67:73, 42:54]
    steadied, _ = steady(shown, frames, 1.0)
    kept, _ = steady(talking, frames, 1.0)
    assert np.abs(steadied - shown.raw_SS3)[mouth].mean() > 2 * CODES
    assert np.abs(kept - shown.raw_SS3)[mouth].mean() < 0.2 * CODES


def test_what_passes_before_the_face_leaves_no_ghost() -> None:
    frames = shot()
    patch = np.s_[40:60, 30:60]
    covered = []
    for item in frames:
        crop, raw = item.crop_SS3.copy(), item.raw_SS3.copy()
        crop[patch], raw[patch] = (0.8, 0.6, 0.5), (0.75, 0.6, 0.5)
        covered.append(replace(item, crop_SS3=crop, raw_SS3=raw))
    inner = np.s_[45:55, 36:54]
    appeared, _ = steady(covered[3], [*frames[:3], *frames[4:]], 1.0)
    assert np.abs(appeared - covered[3].raw_SS3)[inner].mean() < 2 * CODES
    gone, _ = steady(frames[3], [*covered[:3], *covered[4:]], 1.0)
    assert np.abs(gone - frames[3].raw_SS3)[inner].mean() < 2 * CODES


def test_the_learned_mask_is_steadied_with_the_picture() -> None:
    random = np.random.default_rng(2)
    edge = np.clip((np.arange(SIZE, dtype=np.float32) - 30) / 20, 0, 1)[None].repeat(SIZE, 0)
    frames = [
        replace(
            item, mask_SS=edge + random.standard_normal((SIZE, SIZE), dtype=np.float32) * np.float32(0.05)
        )
        for item in shot()
    ]
    _, mask = steady(frames[3], frames, 1.0)
    noisy = frames[3].mask_SS
    assert mask is not None and noisy is not None
    assert np.std((mask - edge)[INNER]) < 0.6 * np.std((noisy - edge)[INNER])


def test_a_frame_that_is_not_trusted_has_no_say() -> None:
    frames = shot(shimmer_codes=3)
    doubted = [replace(item, trust=0.0) for item in frames if item.frame != 1004]
    raw, _ = steady(frames[3], doubted, 1.0)
    assert np.allclose(raw, frames[3].raw_SS3, atol=1e-6)


@pytest.mark.parametrize("size", [64, 128, 160])
def test_networks_of_any_size_are_steadied(size: int) -> None:
    def grown(item: SteadyInput) -> SteadyInput:
        crop, raw = (cv2.resize(picture, (size, size)) for picture in (item.crop_SS3, item.raw_SS3))
        return replace(item, crop_SS3=crop, raw_SS3=raw, landmarks_K2=item.landmarks_K2 * size / SIZE)

    frames = [grown(item) for item in shot(shimmer_codes=2, step_px=(1, 1))]
    truth = grown(shot(step_px=(1, 1))[3]).raw_SS3
    raw, _ = steady(frames[3], frames, 1.0)
    assert raw.shape == (size, size, 3) and raw.dtype == np.float32
    assert error_codes(raw, truth) < 0.75 * error_codes(frames[3].raw_SS3, truth)
