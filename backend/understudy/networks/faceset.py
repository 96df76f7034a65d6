"""Facesets: the curated crops of one person, as arrays and as one safetensors file. No torch here."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from understudy.config import CropType
from understudy.domain.errors import BadFaceset
from understudy.domain.face import EXPRESSIONS, LANDMARKS
from understudy.domain.files import atomic_write, sha256_of
from understudy.domain.outside_text import json_value

ENCODINGS = ("srgb", "acescct")
ENCODING = ENCODINGS[0]
FIELD = 1.25  # a stored crop shows so much more than the network sees, as room for augmentation
VERSION = "1"

_ARRAYS = (
    "crops_NKK3", "matte_NKK", "landmarks_NL2", "pose_N3", "expression_NE", "sharpness", "source", "frame",
)  # fmt: skip


def stored_size(size_px: int) -> int:
    """Side of a stored crop for a network of `size_px`: a third finer than it sees, FIELD times as wide."""
    inner = -(-size_px * 4 // 3 // 16) * 16
    return round(inner * FIELD)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedFaceset:
    """The crops of one person. Row i of every array is the same face (N rows, K = stored side).

    crops_NKK3, matte_NKK uint8; landmarks_NL2 (N,478,2) in stored-crop pixels, centres at half-integers;
    pose_N3 pitch, yaw, roll in degrees; expression_NE (N,52); sharpness (N,); source (N,) index into
    `sources` (hashes of the plates), frame (N,) editorial frame there. `encoding` says what the crops' codes
    mean (`media.network_colour`). `sha256` is the file's, empty before it was written.
    """

    person_id: str
    crop_type: CropType
    crops_NKK3: npt.NDArray[np.uint8]
    matte_NKK: npt.NDArray[np.uint8]
    landmarks_NL2: npt.NDArray[np.float32]
    pose_N3: npt.NDArray[np.float32]
    expression_NE: npt.NDArray[np.float32]
    sharpness: npt.NDArray[np.float32]
    source: npt.NDArray[np.int32]
    frame: npt.NDArray[np.int32]
    sources: tuple[str, ...]
    encoding: str = ENCODING
    field: float = FIELD
    sha256: str = ""

    def __post_init__(self) -> None:
        count, side = len(self.crops_NKK3), self.crops_NKK3.shape[1] if self.crops_NKK3.ndim == 4 else 0
        wanted = {
            "crops_NKK3": ((count, side, side, 3), np.uint8), "matte_NKK": ((count, side, side), np.uint8),
            "landmarks_NL2": ((count, LANDMARKS, 2), np.float32), "pose_N3": ((count, 3), np.float32),
            "expression_NE": ((count, EXPRESSIONS), np.float32), "sharpness": ((count,), np.float32),
            "source": ((count,), np.int32), "frame": ((count,), np.int32),
        }  # fmt: skip
        if not count or side < 32:
            raise BadFaceset(f"the faceset of {self.person_id} holds no crops")
        for name, (shape, kind) in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != kind:
                found = f"{array.dtype}{array.shape}"
                raise BadFaceset(f"faceset: {name} is {found}, expected {kind.__name__}{shape}")

    def __len__(self) -> int:
        return len(self.crops_NKK3)

    def __repr__(self) -> str:
        return f"LoadedFaceset({self.person_id}, {len(self)} crops of {self.side_px} px, {self.crop_type})"

    @property
    def side_px(self) -> int:
        return int(self.crops_NKK3.shape[1])


def save_faceset(faceset: LoadedFaceset, target: Path) -> str:
    """Write the faceset atomically; returns the file's SHA-256."""
    arrays = {name: np.ascontiguousarray(getattr(faceset, name)) for name in _ARRAYS}
    header = {
        "understudy.faceset": VERSION,
        "person_id": faceset.person_id,
        "crop_type": faceset.crop_type,
        "encoding": faceset.encoding,
        "field": repr(faceset.field),
        "sources": json.dumps(faceset.sources),
    }
    with atomic_write(target) as temporary:
        save_file(arrays, temporary, metadata=header)
    return sha256_of(target)


def load_faceset(source: Path) -> LoadedFaceset:
    """Read what `save_faceset` wrote. Raises: BadFaceset."""
    try:
        with safe_open(source, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get("understudy.faceset") != VERSION:
                raise BadFaceset(f"{source} is not a faceset of this version; curate the footage again")
            arrays = {name: file.get_tensor(name) for name in _ARRAYS}
            texts = {f.name: header[f.name] for f in fields(LoadedFaceset) if f.name in header}
            return LoadedFaceset(
                person_id=texts["person_id"],
                crop_type=cast(CropType, texts["crop_type"]),
                encoding=_known_encoding(header.get("encoding", ENCODING), source),
                field=float(texts["field"]),
                sources=tuple(json_value(texts["sources"])),
                sha256=sha256_of(source),
                **arrays,
            )
    except (SafetensorError, OSError, KeyError, ValueError) as cause:
        raise BadFaceset(f"cannot read the faceset {source}: {cause}; curate the footage again") from cause


def _known_encoding(name: str, source: Path) -> str:
    if name not in ENCODINGS:
        raise BadFaceset(f"{source} is in {name!r}; networks see {' or '.join(ENCODINGS)}: curate again")
    return name
