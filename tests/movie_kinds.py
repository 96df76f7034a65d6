"""Every kind of movie that can be made here: codec, depth, subsampling, range, rate and rotation, tiny.

Pictures carry their number as bars that survive any codec, over a gradient and some noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import av
import numpy as np

from understudy.domain.frame import ColourTags
from understudy.media.picture import CENTRE, FULL, LEFT, YuvPicture
from understudy.media.video_frame import tag_codes

COUNT = 6
DROP_FRAME_START = "10:00:59;28"
_BITS = 4
_UNEVEN_MS = (0, 40, 90, 110, 200, 241)
_NTSC = Fraction(30000, 1001)

RATES: dict[str, Fraction | None] = {
    "23.976": Fraction(24000, 1001), "24": Fraction(24), "25": Fraction(25), "29.97 DF": _NTSC,
    "50": Fraction(50), "59.94": Fraction(60000, 1001), "variable": None,
}  # fmt: skip
ROTATIONS = (0, 90, 180, 270)
RANGES = ("full", "legal")


@dataclass(frozen=True, slots=True)
class Coding:
    """One encoder and what it can take. `pixel_format` has {sampling} and {depth} in it."""

    encoder: str
    depths: tuple[int, ...]
    samplings: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    container: str
    drop_frame_container: str = ".mov"
    size_wh: tuple[int, int] = (64, 48)
    ranges: tuple[str, ...] = RANGES
    variable: bool = True
    turns: bool = True
    alpha: bool = False
    matrix: str = "bt709"
    made_at: int = 0  # bits the encoder takes, where the decoder gives more


_X265 = "log-level=none:pools=none:frame-threads=1:keyint=4:bframes=2"
_DNXHR = (256, 128)
CODINGS: dict[str, Coding] = {
    "h264": Coding(
        "libx264", (8, 10), ("420", "422", "444"),
        (("preset", "ultrafast"), ("crf", "6"), ("g", "4"), ("bf", "2"), ("threads", "1")), ".mp4",
    ),
    "hevc": Coding(
        "libx265", (8, 10, 12), ("420", "422", "444"),
        (("preset", "ultrafast"), ("crf", "6"), ("x265-params", _X265)), ".mp4",
    ),
    "prores422hq": Coding("prores_ks", (10,), ("422",), (("profile", "hq"),), ".mov", ranges=("legal",)),
    "prores4444": Coding(
        "prores_ks", (12,), ("444",), (("profile", "4444"),), ".mov", ranges=("legal",), made_at=10
    ),
    "prores4444 alpha": Coding(
        "prores_ks", (12,), ("444",), (("profile", "4444"), ("alpha_bits", "16")), ".mov",
        ranges=("legal",), alpha=True, made_at=10,
    ),
    "dnxhr hqx": Coding("dnxhd", (10,), ("422",), (("profile", "dnxhr_hqx"),), ".mov", ".mxf", _DNXHR),
    "dnxhr 444": Coding("dnxhd", (10,), ("444",), (("profile", "dnxhr_444"),), ".mov", ".mov", _DNXHR),
    "mjpeg": Coding(
        "mjpeg", (8,), ("420", "422", "444"), (("qmin", "1"), ("q", "2"), ("strict", "-1")), ".mov",
        matrix="bt470bg",
    ),
    "ffv1": Coding("ffv1", (8, 10, 12), ("420", "422", "444"), (("level", "3"),), ".mkv", ".mkv"),
    "vp9": Coding(
        "libvpx-vp9", (8,), ("420", "422", "444"),
        (("deadline", "realtime"), ("cpu-used", "8"), ("crf", "10"), ("b", "0"), ("g", "4")), ".webm", ".mp4",
    ),
    "mpeg2": Coding(
        "mpeg2video", (8,), ("420", "422"), (("qscale", "2"), ("g", "4"), ("bf", "2")), ".mpg", ".mxf",
        ranges=("legal",), variable=False, turns=False,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One movie of the table."""

    codec: str
    depth: int
    sampling: str
    range: str
    rate: str
    rotation: int

    @property
    def coding(self) -> Coding:
        return CODINGS[self.codec]

    @property
    def name(self) -> str:
        parts = (self.codec, self.depth, self.sampling, self.range, self.rate, self.rotation)
        return "_".join(str(part).replace(" ", "-") for part in parts)

    @property
    def suffix(self) -> str:
        return self.coding.drop_frame_container if self.rate == "29.97 DF" else self.coding.container

    @property
    def has_timecode(self) -> bool:
        return self.rate == "29.97 DF" and self.suffix in (".mov", ".mxf", ".mkv")

    @property
    def _values(self) -> tuple[str | int, ...]:
        return self.codec, self.depth, self.sampling, self.range, self.rate, self.rotation

    @property
    def pairs(self) -> frozenset[tuple[tuple[int, str | int], ...]]:
        """Every two of its properties."""
        return frozenset(combinations(enumerate(self._values), 2))


def all_kinds() -> Iterator[Kind]:
    """Every combination that can exist. Mxf files have no rotation."""
    for codec, coding in CODINGS.items():
        for depth, sampling, value_range, rate, turn in product(
            coding.depths, coding.samplings, coding.ranges, RATES, ROTATIONS
        ):
            kind = Kind(codec, depth, sampling, value_range, rate, turn)
            possible = (coding.turns and kind.suffix != ".mxf") or turn == 0
            if possible and (coding.variable or RATES[rate] is not None):
                yield kind


def covering_kinds() -> list[Kind]:
    """A few of them in which every two properties that can meet do meet."""
    kinds = list(all_kinds())
    np.random.default_rng(3).shuffle(kinds)  # type: ignore[arg-type]
    left = set().union(*(kind.pairs for kind in kinds))
    chosen = []
    for wanted in range(len(kinds[0].pairs), 0, -1):
        for kind in kinds:
            if len(kind.pairs & left) >= wanted:
                chosen.append(kind)
                left -= kind.pairs
    return chosen


def kind_picture(kind: Kind, index: int) -> YuvPicture:
    """The picture at `index`: its number in bars, a gradient and noise below them."""
    width, height = kind.coding.size_wh
    rng = np.random.default_rng(index)
    depth = kind.coding.made_at or kind.depth
    unit = 1 << (depth - 8)
    low, high = (0, 255) if kind.range == "full" else (16, 235)
    dtype = np.uint8 if depth == 8 else np.uint16
    bits = np.repeat([high if index >> bit & 1 else low for bit in range(_BITS)], width // _BITS)
    ramp = np.linspace(low, high, width)[None] + rng.integers(-4, 5, (height // 2, width))
    luma = np.vstack([np.broadcast_to(bits, (height - height // 2, width)), ramp.clip(low, high)]) * unit
    x, y = 1 + (kind.sampling != "444"), 1 + (kind.sampling == "420")
    size = height // y, width // x
    u = np.broadcast_to(np.linspace(60, 200, size[1]), size) * unit
    v = np.broadcast_to(np.linspace(200, 60, size[0])[:, None], size) * unit
    alpha = np.broadcast_to(np.linspace(0, (1 << depth) - 1, width), (height, width))
    return YuvPicture(
        y_HW=luma.astype(dtype),
        u_hw=u.astype(dtype),
        v_hw=v.astype(dtype),
        a_HW=alpha.astype(dtype) if kind.coding.alpha else None,
        bit_depth=depth,
        siting_x=LEFT if x == 2 else FULL,
        siting_y=CENTRE if y == 2 else FULL,
        colour=tags_of(kind),
    )


def tags_of(kind: Kind) -> ColourTags:
    full = kind.range == "full"
    return ColourTags(primaries="bt709", transfer="bt709", matrix=kind.coding.matrix, full_range=full)


def number_of(y_HW: np.ndarray) -> int:  # type: ignore[type-arg]
    """The number that an upright picture's bars spell."""
    width = y_HW.shape[1]
    levels = y_HW[y_HW.shape[0] // 4, width // (2 * _BITS) :: width // _BITS].astype(float)
    middle = (float(y_HW.max()) + float(y_HW.min())) / 2
    return sum(1 << bit for bit, level in enumerate(levels[:_BITS]) if level > middle)


def times_of(kind: Kind) -> list[Fraction]:
    """When each picture is shown, in seconds."""
    rate = RATES[kind.rate]
    if rate is None:
        return [Fraction(time, 1000) for time in _UNEVEN_MS]
    return [index / rate for index in range(COUNT)]


def write_kind(kind: Kind, folder: Path) -> Path:
    """Make the movie with PyAV."""
    path = folder / (kind.name + kind.suffix)
    rate = RATES[kind.rate]
    base = Fraction(1, 1000) if rate is None else 1 / rate
    with av.open(str(path), "w") as container:
        options = dict(kind.coding.options)
        stream = container.add_stream(kind.coding.encoder, rate=rate or 24, options=options)
        context = stream.codec_context
        stream.width, stream.height = kind.coding.size_wh
        first = kind_picture(kind, 0).video_frame()
        stream.pix_fmt = first.format.name
        context.time_base = base
        primaries, transfer, matrix, value_range = tag_codes(tags_of(kind))
        context.color_primaries, context.color_trc = primaries, transfer
        context.colorspace, context.color_range = matrix, value_range
        if kind.rate == "29.97 DF":
            stream.metadata["timecode"] = DROP_FRAME_START
        if kind.rotation:
            stream.set_display_rotation(kind.rotation)
        for index, time_s in enumerate(times_of(kind)):
            frame = kind_picture(kind, index).video_frame()
            frame.time_base, frame.pts = base, round(time_s / base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
