"""Train the bundled starter from pictures of synthetic heads.

    python -m understudy.networks.make_starter --crops DIR... --out FILE --minutes N [--start-from FILE]

Every folder below a DIR is one synthetic head: pictures `NNNN.png`, and beside each `NNNN.npz` with
`landmarks_K2` (478,2), as `understudy.demo.strangers` and `understudy.demo.sketched_strangers` write them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from understudy.config import PRESETS, CropType, TrainConfig, settings_from
from understudy.domain.errors import BadInput
from understudy.domain.face import EXPRESSIONS
from understudy.faces.align import crop_transform, transform_points
from understudy.matte.hull import hull_matte
from understudy.media.warp import warp
from understudy.networks.faceset import FIELD, LoadedFaceset, stored_size
from understudy.networks.starter import train_starter

BATCH = 16
LEARNING_RATE = 2e-3


def faceset_of(folder: Path, *, crop_type: CropType, size_px: int) -> LoadedFaceset:
    """The crops of one synthetic head. Raises: BadInput when the folder holds no pictures with truth."""
    pictures = [path for path in sorted(folder.glob("*.png")) if path.with_suffix(".npz").exists()]
    if not pictures:
        raise BadInput(f"{folder} holds no NNNN.png with NNNN.npz beside it; render the heads first")
    side, count = stored_size(size_px), len(pictures)
    crops = np.zeros((count, side, side, 3), np.uint8)
    mattes = np.zeros((count, side, side), np.uint8)
    landmarks = np.zeros((count, 478, 2), np.float32)
    for i, path in enumerate(pictures):
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise BadInput(f"{path} is not a picture; render it again")
        with np.load(path.with_suffix(".npz")) as truth:
            points = truth["landmarks_K2"].astype(np.float32)
        inner = round(side / FIELD)
        matrix = crop_transform(points, crop_type, inner)
        matrix[:, 2] += (side - inner) / 2
        rgb = np.ascontiguousarray(picture[:, :, ::-1]).astype(np.uint8)
        crops[i] = warp(rgb, matrix, (side, side), border="replicate")
        landmarks[i] = transform_points(matrix, points)
        mattes[i] = np.rint(hull_matte(landmarks[i], (side, side)) * 255)
    return LoadedFaceset(
        person_id=folder.name,
        crop_type=crop_type,
        crops_NKK3=crops,
        matte_NKK=mattes,
        landmarks_NL2=landmarks,
        pose_N3=np.zeros((count, 3), np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        sharpness=np.ones(count, np.float32),
        source=np.zeros(count, np.int32),
        frame=np.arange(count, dtype=np.int32),
        sources=(folder.name,),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--crops", type=Path, nargs="+", required=True, help="folders of heads")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--start-from", default="")
    parser.add_argument("--iterations", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args(arguments)
    table = {
        **PRESETS["quick"], "start_from": given.start_from, "minutes": 0.0,
        "batch": BATCH, "learning_rate": given.learning_rate, "weight_alike": 0.0,
        "colour_jitter": 0.5, "iterations": given.iterations, "seed": given.seed, "threads": given.threads,
    }  # fmt: skip
    config = settings_from(TrainConfig, table, where="starter")
    heads = sorted(folder for root in given.crops for folder in root.iterdir() if folder.is_dir())
    facesets = [faceset_of(head, crop_type=config.crop_type, size_px=config.size_px) for head in heads]
    print(f"{len(facesets)} heads, {sum(map(len, facesets))} crops", flush=True)
    card = train_starter(
        facesets, config, given.out, minutes=given.minutes,
        report=lambda line: print(line, flush=True),
    )  # fmt: skip
    print(f"{given.out}: {card.iterations} iterations, {card.crops_per_s:.0f} crops/s, {card.losses}")


if __name__ == "__main__":
    main()
