"""The landmark network of the package face-alignment, with weights that a studio has staged.

Only its network is used: it is fed regions round the boxes of our own detector, and its heat maps are read
here. The package's own class would fetch weights and a detector by itself; this never fetches anything.
Source: Bulat and Tzimiropoulos, "How far are we from solving the 2D & 3D face alignment problem?", ICCV 2017.
"""

from __future__ import annotations

import importlib
import pickle
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from understudy.domain.errors import BadSettings, ModelFileCorrupt, ModelFileMissing
from understudy.domain.files import sha256_of
from understudy.faces.align import invert_transform, transform_points
from understudy.faces.landmarks import Mesh
from understudy.faces.roi import Float, Picture, Roi, cut_out
from understudy.faces.steering import POINTS_68, fits, steered

FAN_FILE = "2DFAN4-11f355bf06.pth.tar"
"""The weights' file, under the name that the package gives it."""
FAN_PX, MAP_PX = 256, 64
INSTALL = "pip install '.[landmarks]' && pip install --no-deps face-alignment==1.5.0"

_STACKS = 4
_MOST_BYTES = 1 << 30
# What torch raises for files that are damaged, cut short, hostile or something else altogether.
_UNREADABLE = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError,
    AttributeError, AssertionError, struct.error,
)  # fmt: skip
# The package's framing: a region of 200 for a detected box whose width and height add up to 165 (YuNet's
# boxes), its centre raised by 0.12 of the box's height.
_SIDE_OF_BOX, _RAISED = 200 / 165, 0.12
# The 68 in a mirrored picture: left and right have changed places.
_MIRRORED = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), *range(45, 41, -1), 47, 46,
     *range(39, 35, -1), 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65]
)  # fmt: skip


def fan_file(folders: Sequence[Path]) -> Path:
    """The staged weights: in one of some folders, or where torch keeps its hub's checkpoints.

    Raises: ModelFileMissing saying where it is looked for.
    """
    places = [*folders, Path(torch.hub.get_dir()) / "checkpoints"]
    found = next((place / FAN_FILE for place in places if (place / FAN_FILE).is_file()), None)
    if found is None:
        told = " or ".join(str(place) for place in dict.fromkeys(places))
        raise ModelFileMissing(
            f"the landmark engine face-alignment needs {FAN_FILE}, which nothing fetches by itself; "
            f"put it into {told}, or choose extract.engine mesh"
        )
    return found


class Fan:
    """The network with its weights. `sha256` is that of the weights' file. For one thread.

    looked_at, elsewhere: how many faces it was asked for, and how many of them it did not see there.
    """

    def __init__(self, weights: Path, *, device: str = "cpu", threads: int = 2) -> None:
        """Raises: BadSettings without the package, ModelFileCorrupt."""
        torch.set_num_threads(max(1, threads))
        self._net = _network()
        state, self.sha256 = _weights(weights, device)
        try:
            self._net.load_state_dict(state)
        except (RuntimeError, TypeError, AttributeError) as cause:
            first = str(cause).splitlines()[0]
            raise ModelFileCorrupt(
                f"{weights} does not hold this network's weights ({first}); stage the right file"
            ) from cause
        self._net.to(device).eval()
        self._device = device
        self.looked_at = self.elsewhere = 0

    def steered(self, picture_HW3: Picture, meshes: Sequence[Mesh], boxes: Sequence[Float]) -> list[Mesh]:
        """Meshes moved to where this network sees the faces, each in its box; their presence is kept.

        A mesh stays as it is where the network sees another face, or none: `elsewhere` counts those.
        """
        points_N682, _ = self(picture_HW3, boxes)
        placed = []
        for mesh, points in zip(meshes, points_N682, strict=True):
            good = fits(mesh.landmarks_K3, points)
            self.looked_at += 1
            self.elsewhere += not good
            placed.append(replace(mesh, landmarks_K3=steered(mesh.landmarks_K3, points)) if good else mesh)
        return placed

    def __call__(self, picture_HW3: Picture, boxes: Sequence[Float]) -> tuple[Float, Float]:
        """The 68 landmarks (N, 68, 2) of the faces in some boxes of an RGB picture, and their scores (N, 68).

        boxes: x, y, width, height as the detector draws them, in a picture with square pixels.
        """
        points = np.empty((len(boxes), POINTS_68, 2), np.float32)
        scores = np.empty((len(boxes), POINTS_68), np.float32)
        for i, box in enumerate(boxes):
            matrix = region_of_box(box).matrix(FAN_PX)
            maps = self.heat_maps(cut_out(picture_HW3, matrix, FAN_PX))
            in_crop, scores[i] = peaks(maps)
            points[i] = transform_points(invert_transform(matrix), in_crop * (FAN_PX / MAP_PX))
        return points, scores

    def heat_maps(self, crop_HW3: Picture) -> Float:
        """Heat maps (68, 64, 64) of a crop (256, 256, 3): the mean of its own and of its mirror image's."""
        both = np.stack([crop_HW3, crop_HW3[:, ::-1]]).transpose(0, 3, 1, 2)
        with torch.inference_mode():
            given = torch.from_numpy(np.ascontiguousarray(both)).to(self._device, torch.float32) / 255
            maps = self._net(given)[-1].float().cpu().numpy()
        return np.asarray((maps[0] + maps[1][_MIRRORED][:, :, ::-1]) / 2, np.float32)


def region_of_box(box_4: Float) -> Roi:
    """What the network wants to see of a face in a detector's box."""
    x, y, width, height = (float(value) for value in box_4)
    centre_y = y + height / 2 - _RAISED * height
    return Roi(x + width / 2, centre_y, max(1.0, (width + height) * _SIDE_OF_BOX), 0.0)


def peaks(maps_KHW: Float) -> tuple[Float, Float]:
    """Where heat maps are highest, (K, 2) in their pixels, and how high, (K,).

    Between the pixels by the parabola through the logarithms of a peak and its neighbours, which is exact for
    the Gaussians that the network was taught. Source: Zhang et al., "Distribution-aware coordinate
    representation for human pose estimation", CVPR 2020.
    """
    count, height, width = maps_KHW.shape
    at = maps_KHW.reshape(count, -1).argmax(1)
    rows, columns = at // width, at % width
    each = np.arange(count)
    places = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    peak = maps_KHW[each, rows, columns]
    for axis, (place, size, step) in enumerate(((columns, width, (0, 1)), (rows, height, (1, 0)))):
        inside = (place > 0) & (place < size - 1)
        down, right = step[0] * inside, step[1] * inside
        before = maps_KHW[each, rows - down, columns - right]
        after = maps_KHW[each, rows + down, columns + right]
        places[:, axis] += np.where(inside, _between(before, peak, after), 0)
    return places, peak


def _between(before_K: Float, peak_K: Float, after_K: Float) -> Float:
    """How far from the middle one of three samples a peak lies, -0.5 to 0.5."""
    sound = (before_K > 0) & (after_K > 0) & (peak_K > 0)
    low, middle, high = (np.log(np.where(sound, values, 1)) for values in (before_K, peak_K, after_K))
    bend = low - 2 * middle + high
    offset = np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, 1), 0)
    return np.asarray(np.clip(offset, -0.5, 0.5), np.float32)


def _network() -> torch.nn.Module:
    try:
        module = importlib.import_module("face_alignment.models.fan")
    except ImportError as cause:
        raise BadSettings(
            f"extract.engine face-alignment needs the package face-alignment ({cause}); "
            f"install it with: {INSTALL}"
        ) from cause
    network: torch.nn.Module = module.FAN(_STACKS)
    return network


def _weights(place: Path, device: str) -> tuple[dict[str, Any], str]:
    """The tensors of a weights file, read without running anything that it may hold, and its hash."""
    if place.stat().st_size > _MOST_BYTES:
        raise ModelFileCorrupt(f"{place} is larger than any weights of this network; stage the right file")
    try:
        state = torch.load(place, map_location=device, weights_only=True)
    except _UNREADABLE as cause:
        first = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise ModelFileCorrupt(
            f"{place} holds no readable weights ({first}); stage the right file"
        ) from cause
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelFileCorrupt(f"{place} does not hold a table of weights; stage the right file")
    return state, sha256_of(place)
