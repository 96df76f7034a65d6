"""Looking at every file of a sequence: its header, its hash, and what its pixels show."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.frame import ColourTags
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_files import READERS
from understudy.media.sequence_header import PictureHeader, read_header
from understudy.media.sequence_picture import read_picture

_SAMPLES_A_PICTURE = 16384
_HALF_MAX = 65504.0
_LARGE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Looked:
    """One file; its header without the facts.

    pixels_sha256: of its colour and alpha as they are stored. clipped: share of sampled pixels whose
    strongest colour is at the end of the code values.
    """

    number: int
    sha256: str
    header: PictureHeader
    pixels_sha256: str
    clipped: float


def look_at_all(files: Mapping[int, Path]) -> Iterator[Looked]:
    """Every file in turn, several read at once. Raises: UnreadableMedia, when that file's turn comes."""
    coming = iter(files.items())
    readers = ThreadPoolExecutor(min(READERS, os.cpu_count() or 1), thread_name_prefix="look")
    alone = threading.Lock()
    under_way: deque[Future[Looked]] = deque()
    try:
        for number, path in islice(coming, READERS):
            under_way.append(readers.submit(_look, number, path, alone))
        while under_way:
            yield under_way.popleft().result()
            for number, path in islice(coming, 1):
                under_way.append(readers.submit(_look, number, path, alone))
    finally:
        readers.shutdown(wait=True, cancel_futures=True)


def _look(number: int, path: Path, alone: threading.Lock) -> Looked:
    """One file; of the large ones only one is in memory at a time."""
    header = read_header(path)
    with alone if header.picture_bytes > _LARGE_BYTES else nullcontext():
        try:
            digest = sha256_of(path)
            picture = read_picture(header, ColourTags(matrix="rgb", full_range=True))
        except OSError as cause:
            raise UnreadableMedia(f"{path} cannot be read: {cause.strerror or cause}") from cause
        return Looked(number, digest, replace(header, facts=()), _pixels_sha256(picture), _clipped(picture))


def _pixels_sha256(picture: RgbPicture) -> str:
    digest = hashlib.sha256(repr((picture.window, picture.width, picture.height)).encode())
    colours = picture.rgb_HW3
    whole = colours.base if isinstance(colours.base, np.ndarray) else None
    if whole is not None and whole.shape == (*colours.shape[:2], 4) and whole.flags.c_contiguous:
        digest.update(whole.data)  # with its alpha, as it was read
        return digest.hexdigest()
    digest.update(np.ascontiguousarray(colours).data)
    if picture.a_HW is not None:
        digest.update(np.ascontiguousarray(picture.a_HW).data)
    return digest.hexdigest()


def _clipped(picture: RgbPicture) -> float:
    height, width = picture.rgb_HW3.shape[:2]
    step = max(1, int((height * width / _SAMPLES_A_PICTURE) ** 0.5))
    strongest = picture.rgb_HW3[::step, ::step].max(axis=2)
    match picture.rgb_HW3.dtype.name:
        case "uint8":
            return float((strongest == 255).mean())
        case "uint16":
            return float((strongest == 65535).mean())
        case "float16":
            return float((strongest >= _HALF_MAX).mean())
    return float(np.isposinf(strongest).mean())
