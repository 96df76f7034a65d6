"""The measures, each a pure function. `docs/measures.md` says in words what they mean.

Pictures are display-encoded R'G'B' 0..1, (H, W, 3) float32; mattes (H, W) 0..1 weigh the pixels.
Differences of brightness are told in 8-bit code values.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.media.colour import BT709_LUMA

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

PSNR_CAP_DB = 100.0
CODE = 255.0
OUTER_EYE_CORNERS = (33, 263)
_LUMA = np.asarray(BT709_LUMA, np.float32)
_SSIM_SIGMA_PX, _SSIM_C1, _SSIM_C2 = 1.5, 0.01**2, 0.03**2


def luma(rgb_HW3: F32) -> F32:
    """BT.709 luma (H, W)."""
    return np.asarray(rgb_HW3 @ _LUMA, np.float32)


def affine_colour_fit(result_HW3: F32, truth_HW3: F32, matte_HW: F32) -> F64:
    """The (3, 4) affine map of colours that brings `result` nearest to `truth`, weighted by the matte.

    Least squares; where the colours do not span all directions the map of least norm is taken.
    """
    inside = matte_HW > 0
    weight = np.sqrt(matte_HW[inside].astype(np.float64))[:, None]
    colours = np.concatenate([result_HW3[inside].astype(np.float64), np.ones((int(inside.sum()), 1))], axis=1)
    found, *_ = np.linalg.lstsq(colours * weight, truth_HW3[inside].astype(np.float64) * weight, rcond=1e-9)
    return np.asarray(found.T, np.float64)


def recoloured(matrix_34: F64, rgb_HW3: F32) -> F32:
    """Colours under an affine map."""
    return np.asarray(rgb_HW3 @ matrix_34[:, :3].T + matrix_34[:, 3], np.float32)


def psnr_db(result_HW3: F32, truth_HW3: F32, matte_HW: F32) -> float:
    """Peak signal to noise ratio inside the matte, at most 100 dB."""
    error = np.square(result_HW3.astype(np.float64) - truth_HW3).mean(axis=2)
    mean = _weighted(error, matte_HW)
    return float(min(PSNR_CAP_DB, -10 * np.log10(max(mean, 1e-30))))


def ssim(result_HW3: F32, truth_HW3: F32, matte_HW: F32) -> float:
    """Structural similarity of luma inside the matte, at most 1.

    Gaussian window of 1.5 px (Wang, Bovik, Sheikh, Simoncelli 2004).
    """
    a, b = luma(result_HW3).astype(np.float64), luma(truth_HW3).astype(np.float64)
    mean_a, mean_b = _blurred(a), _blurred(b)
    var_a, var_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    both = _blurred(a * b) - mean_a * mean_b
    above = (2 * mean_a * mean_b + _SSIM_C1) * (2 * both + _SSIM_C2)
    below = (mean_a**2 + mean_b**2 + _SSIM_C1) * (var_a + var_b + _SSIM_C2)
    return _weighted(above / below, matte_HW)


def gradient_error(result_HW3: F32, truth_HW3: F32, matte_HW: F32) -> float:
    """Mean length of the difference of luma gradients inside the matte, code values per pixel."""
    return _weighted(_gradient_difference(result_HW3, truth_HW3), matte_HW) * CODE


def seam_ring(matte_HW: F32, *, width_px: float) -> F32:
    """A ring (H, W) of 0 and 1, `width_px` to either side of where the matte falls below a half."""
    inside = (matte_HW >= 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.zeros_like(matte_HW)
    inwards = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    outwards = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.asarray(inwards + outwards <= width_px, np.float32)


def seam_error(result_HW3: F32, reference_HW3: F32, matte_HW: F32, *, width_px: float) -> float:
    """Mean length of the difference of luma gradients on the ring round the matte, code values per pixel.

    The reference is the truth, or the plate where there is none. A visible seam is a gradient that the
    reference lacks. NaN when the matte has no border in the picture.
    """
    return (
        _weighted(_gradient_difference(result_HW3, reference_HW3), seam_ring(matte_HW, width_px=width_px))
        * CODE
    )


def sharpness(rgb_HW3: F32, matte_HW: F32) -> float:
    """Root mean square of the luma Laplacian well inside the matte, code values."""
    core = cv2.erode((matte_HW > 0.99).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    detail = cv2.Laplacian(luma(rgb_HW3), cv2.CV_32F, ksize=3).astype(np.float64)
    return float(np.sqrt(_weighted(detail**2, core))) * CODE


def warping_error(earlier_HW3: F32, later_HW3: F32, flow_HW2: F32, matte_HW: F32) -> float:
    """Root mean square difference, in code values, of a frame and its predecessor carried along by `flow`.

    flow: from each pixel of the later frame to its place in the earlier one, measured on the plate.
    """
    height, width = matte_HW.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    carried = cv2.remap(earlier_HW3, x + flow_HW2[..., 0], y + flow_HW2[..., 1], cv2.INTER_LINEAR)
    error = np.square(later_HW3.astype(np.float64) - carried).mean(axis=2)
    return float(np.sqrt(_weighted(error, matte_HW))) * CODE


def backward_flow(later_HW3: F32, earlier_HW3: F32) -> F32:
    """Dense flow (H, W, 2) from the later picture to the earlier one (DIS, fast preset)."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    later, earlier = (np.asarray(np.clip(luma(p), 0, 1) * CODE, np.uint8) for p in (later_HW3, earlier_HW3))
    return np.asarray(engine.calc(later, earlier, np.zeros((*later.shape, 2), np.float32)), np.float32)


def mean_colour(rgb_HW3: F32, matte_HW: F32) -> F64:
    """Mean colour (3,) inside the matte, code values."""
    return np.asarray([_weighted(rgb_HW3[..., c].astype(np.float64), matte_HW) * CODE for c in range(3)])


def flicker(colours_N3: F64, *, window: int = 5) -> float:
    """Root mean square of per-frame mean colours (N, 3) less their moving median, code values.

    NaN for fewer than three frames.
    """
    count = len(colours_N3)
    if count < 3:
        return float("nan")
    half = window // 2
    smooth = np.stack([np.median(colours_N3[max(0, n - half) : n + half + 1], axis=0) for n in range(count)])
    return float(np.sqrt(np.mean((colours_N3 - smooth) ** 2)))


def landmark_error_percent(landmarks_KC: F32, truth_KC: F32) -> float:
    """Mean distance of landmarks, in percent of the distance of the outer eye corners in `truth`."""
    right, left = OUTER_EYE_CORNERS
    eyes = float(np.linalg.norm(truth_KC[left, :2] - truth_KC[right, :2]))
    return float(np.linalg.norm(landmarks_KC[:, :2] - truth_KC[:, :2], axis=1).mean() / max(eyes, 1e-6) * 100)


def expression_error(
    scores_E: F32, names: tuple[str, ...], truth_E: F32, truth_names: tuple[str, ...]
) -> float:
    """Mean absolute difference of expression weights over the names that both have. Weights are 0..1."""
    at = {name: row for row, name in enumerate(names)}
    pairs = [
        (float(scores_E[at[name]]), float(truth_E[row])) for row, name in enumerate(truth_names) if name in at
    ]
    return float(np.mean([abs(a - b) for a, b in pairs])) if pairs else float("nan")


def pose_error_deg(pose_3: F32, truth_3: F32) -> float:
    """Length of the difference of pitch, yaw and roll, in degrees."""
    return float(np.linalg.norm(np.asarray(pose_3, np.float64) - truth_3))


def cosine(a_D: F32, b_D: F32) -> float:
    """Cosine of the angle between two embeddings."""
    lengths = float(np.linalg.norm(a_D) * np.linalg.norm(b_D))
    return float(np.dot(a_D, b_D)) / lengths if lengths > 0 else float("nan")


def _weighted(values_HW: npt.NDArray[np.floating], weight_HW: F32) -> float:
    total = float(weight_HW.sum(dtype=np.float64))
    return float((values_HW * weight_HW).sum(dtype=np.float64)) / total if total > 0 else float("nan")


def _blurred(values_HW: F64) -> F64:
    return np.asarray(cv2.GaussianBlur(values_HW, (11, 11), _SSIM_SIGMA_PX), np.float64)


def _gradient_difference(one_HW3: F32, other_HW3: F32) -> F64:
    difference = luma(one_HW3) - luma(other_HW3)
    along_x = cv2.Scharr(difference, cv2.CV_32F, 1, 0, scale=1 / 32)
    along_y = cv2.Scharr(difference, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.hypot(along_x, along_y).astype(np.float64)
