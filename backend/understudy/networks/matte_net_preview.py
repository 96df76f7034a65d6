"""The strip by which an artist judges a matte net in training: labels and what the net makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from understudy.domain.files import write_bytes
from understudy.networks.matte_net_augment import plain
from understudy.networks.matte_net_crops import CENTRE
from understudy.networks.matte_net_trainer import MatteTrainer
from understudy.networks.preview import jpeg_bytes

COLUMNS = 8
_TINT = np.array([0.1, 0.9, 0.3], np.float32)


def write_matte_preview(trainer: MatteTrainer, first: torch.Tensor, target: Path) -> None:
    """Three rows: the picture, the label laid over it, the net's proposal. Labels `first` come first."""
    others = [row for row in range(len(trainer.planes)) if row not in first.tolist()]
    rows = torch.tensor([*first.tolist(), *others][:COLUMNS], device=trainer.device)
    seen = plain(trainer.planes.input.index_select(0, rows), size_px=trainer.size_px) + 0.5
    pictures = seen[:, 3 * CENTRE : 3 * CENTRE + 3].permute(0, 2, 3, 1).cpu().numpy()
    mattes = [trainer.truth(rows), trainer.proposals(rows)]
    strips = [pictures, *(_tinted(pictures, matte[:, 0].cpu().numpy()) for matte in mattes)]
    sheet = np.concatenate([np.concatenate(list(strip), axis=1) for strip in strips])
    write_bytes(target, jpeg_bytes(np.rint(sheet.clip(0, 1) * 255).astype(np.uint8)))


def _tinted(
    pictures_NSS3: npt.NDArray[np.float32], mattes_NSS: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Green where the face is replaced, dimmed elsewhere."""
    alpha = mattes_NSS[..., None]
    return np.asarray(pictures_NSS3 * (0.45 + 0.3 * alpha) + 0.25 * alpha * _TINT, np.float32)
