"""The strip of pictures by which an artist judges a training at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from understudy.domain.files import write_bytes
from understudy.media.network_colour import shown_raw
from understudy.networks.augment import plain
from understudy.networks.families import Swapper

COLUMNS = 8


def preview_samples(
    planes: Sequence[Tensor], *, size_px: int, field: float, columns: int = COLUMNS
) -> list[Tensor]:
    """The same few crops of every person throughout a training, spread evenly over the faceset."""
    samples = []
    for own in planes:
        rows = torch.linspace(0, len(own) - 1, columns).round().long().to(own.device)
        samples.append(plain(own.index_select(0, rows), size_px=size_px, field=field))
    return samples


@torch.no_grad()
def preview_strip(model: Swapper, samples: Sequence[Tensor], encoding: str = "srgb") -> npt.NDArray[np.uint8]:
    """Rows: each person's crops and their reconstruction, then the first person drawn as each other one.

    `encoding` is what the model sees; the strip is for a screen.
    """
    rows = []
    for index, crops in enumerate(samples):
        rows += [crops, model(crops, index)[0]]
    rows += [model(samples[0], index)[0] for index in range(1, len(samples))]
    picture = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
    if encoding != "srgb":
        return shown_raw(picture.float().permute(1, 2, 0).contiguous().cpu().numpy(), encoding)
    return (picture * 255).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()


def jpeg_bytes(picture_HW3: npt.NDArray[np.uint8], *, quality: int = 92) -> bytes:
    """RGB uint8 as a JPEG file."""
    written, data = cv2.imencode(".jpg", picture_HW3[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written
    return data.tobytes()


def write_preview(model: Swapper, samples: Sequence[Tensor], target: Path, encoding: str = "srgb") -> None:
    """Draw the strip and write it as a JPEG, atomically."""
    write_bytes(target, jpeg_bytes(preview_strip(model, samples, encoding)))
