"""The whole matte of one frame inside a plate rect: faces, what was drawn, matte layers, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, floor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.config import SIZES_ARE_FOR_A_FACE_OF_PX, ConvertConfig, settings_from
from understudy.domain.errors import BadMatte
from understudy.domain.frame import Rect
from understudy.domain.solved import FramePlan
from understudy.faces.align import face_height_px
from understudy.matte.combine import Combined, combine
from understudy.matte.drawing import keep_and_cut
from understudy.matte.expression import sources_of
from understudy.matte.hull import MESH_POINTS, hull_matte, soften
from understudy.matte.layer import read_layer

Float = npt.NDArray[np.float32]
Landmarks = npt.NDArray[np.floating]

_SAVES = 3  # a face is drawn in a rect of its own where the whole one is so many times larger


def frame_matte(
    plan: FramePlan,
    landmarks: Sequence[Landmarks],
    rect: Rect,
    *,
    frame: int,
    layers: Mapping[str, Path],
    config: ConvertConfig,
    learned_HW: Float | None = None,
    pixel_aspect: float = 1.0,
) -> Combined:
    """Where faces are to be seen in `rect`, outline and occlusion apart; `.matte_HW` is their product.

    landmarks: (478, 2 or more) plate pixels for each face that is replaced. layers: folders by layer id.
    learned_HW: the swappers' own mask, (h,w) of `rect`, not yet softened; without it `face` is the hull.
    pixel_aspect: the plate's; the sizes of `config` are heights of its pixels.
    `config` is the frame's own already (`with_adjustments`). Raises: BadMatte for a source that is not there,
    or undefined landmarks.
    """
    if not all(np.isfinite(points[:MESH_POINTS, :2]).all() for points in landmarks):
        raise BadMatte(f"frame {frame}: a face has undefined landmarks; move or remove it there")
    margin_px = _edge_margin_px(config, pixel_aspect)
    wide = rect.expand(margin_px)
    if learned_HW is not None and margin_px:
        learned_HW = np.pad(learned_HW, margin_px, mode="edge")
    makers = _source_makers(
        plan, landmarks, wide, config=config, learned_HW=learned_HW, pixel_aspect=pixel_aspect
    )
    needed = sources_of(plan.expression)
    sources = {name: makers[name]() for name in needed if name in makers}
    folders = {use.name: use.layer_id for use in plan.layers}
    for name in needed:
        if name in folders and name not in sources:
            sources[name] = _layer_plane(name, folders[name], layers, frame, wide)
    if "learned" in needed and learned_HW is None:
        raise BadMatte(
            f"frame {frame}: the matte {plan.expression!r} needs 'learned', which only a network gives"
        )
    try:
        combined = combine(plan.expression, sources)
    except BadMatte as cause:
        raise BadMatte(f"frame {frame}: {cause}") from cause
    return _with_edge(combined, margin_px, config, pixel_aspect)


def with_adjustments(
    config: ConvertConfig, plan: FramePlan, tried: Mapping[str, float | str] | None = None
) -> ConvertConfig:
    """The settings that count on a frame: what is tried over the plan's own, these over the job's.

    Raises: BadSettings.
    """
    own = {**plan.settings, **(tried or {})}
    if not own:
        return config
    return settings_from(ConvertConfig, {**asdict(config), **own}, where="convert")


def _source_makers(
    plan: FramePlan,
    landmarks: Sequence[Landmarks],
    rect: Rect,
    *,
    config: ConvertConfig,
    learned_HW: Float | None,
    pixel_aspect: float,
) -> dict[str, Callable[[], Float]]:
    """How each source is made; only those that the expression names are."""
    drawn: list[tuple[Float, Float]] = []

    def drawing() -> tuple[Float, Float]:
        if not drawn:
            drawn.append(keep_and_cut(plan, rect))
        return drawn[0]

    def faces(within_HW: Float | None, *, hull: bool) -> Float:
        edge = _Edge(config=config, pixel_aspect=pixel_aspect)
        return _faces(landmarks, rect, edge, within_HW=within_HW, hull=hull)

    makers: dict[str, Callable[[], Float]] = {
        "hull": lambda: faces(None, hull=True),
        "face": lambda: faces(
            None if config.matte == "hull" else learned_HW,
            hull=config.matte != "learned" or learned_HW is None,
        ),
        "keep": lambda: drawing()[0],
        "cut": lambda: drawing()[1],
    }
    if learned_HW is not None:
        makers["learned"] = lambda: faces(learned_HW, hull=False)
    return makers


@dataclass(frozen=True, kw_only=True, slots=True)
class _Edge:
    """How a face's outline is drawn in and softened on a plate."""

    config: ConvertConfig
    pixel_aspect: float

    def scale(self, points: Landmarks) -> float:
        height_px = face_height_px(points, pixel_aspect=self.pixel_aspect)
        return height_px / SIZES_ARE_FOR_A_FACE_OF_PX

    def softened(self, matte_HW: Float, scale: float) -> Float:
        return soften(
            matte_HW,
            erode_px=self.config.erode_px * scale,
            feather_px=self.config.feather_px * scale,
            pixel_aspect=self.pixel_aspect,
        )


def _faces(
    landmarks: Sequence[Landmarks], rect: Rect, edge: _Edge, *, within_HW: Float | None, hull: bool
) -> Float:
    """The union of the faces' hulls, or the learned mask, or what both agree on, softened."""
    matte = np.zeros((rect.height, rect.width), np.float32)
    if not hull:
        scale = max((edge.scale(points) for points in landmarks), default=0.0)
        return edge.softened(matte if within_HW is None else within_HW, scale)
    for points in landmarks:
        points_K2 = np.asarray(points, np.float64)[:, :2]
        area = _face_area(points_K2, rect, edge)
        if area.empty:
            continue
        part = np.s_[area.y - rect.y : area.y1 - rect.y, area.x - rect.x : area.x1 - rect.x]
        one = hull_matte(points_K2 - (area.x, area.y), (area.width, area.height))
        if within_HW is not None:
            one = np.minimum(one, within_HW[part])
        matte[part] = np.maximum(matte[part], edge.softened(one, edge.scale(points)))
    return matte


def _face_area(points_K2: npt.NDArray[np.float64], rect: Rect, edge: _Edge) -> Rect:
    """The part of the rect that a face can reach; the rect itself where that saves little."""
    widest_px = (abs(edge.config.erode_px) + edge.config.feather_px) / min(1.0, edge.pixel_aspect)
    reach_px = 3 * widest_px * edge.scale(points_K2) + 4
    low, high = points_K2[:MESH_POINTS].min(0) - reach_px, points_K2[:MESH_POINTS].max(0) + reach_px
    x, y = floor(low[0]), floor(low[1])
    area = Rect(x, y, ceil(high[0]) - x, ceil(high[1]) - y).intersect(rect)
    return area if _SAVES * area.width * area.height < rect.width * rect.height else rect


def _layer_plane(name: str, layer_id: str, layers: Mapping[str, Path], frame: int, rect: Rect) -> Float:
    if layer_id not in layers:
        raise BadMatte(f"frame {frame} uses the matte layer {name!r} ({layer_id}), which is not at hand")
    try:
        return read_layer(layers[layer_id], frame, rect)
    except BadMatte as cause:
        raise BadMatte(f"frame {frame} uses the matte layer {name!r}: {cause}") from cause


def _edge_margin_px(config: ConvertConfig, pixel_aspect: float) -> int:
    """How far beyond a rect its edges must be known."""
    if config.edge_erode_px == 0 and config.edge_feather_px == 0:
        return 0
    return ceil(3 * (abs(config.edge_erode_px) + config.edge_feather_px) / min(1.0, pixel_aspect)) + 2


def _with_edge(combined: Combined, margin_px: int, config: ConvertConfig, pixel_aspect: float) -> Combined:
    """The edge against what is in front, moved and softened in plate pixels; without the margin again."""
    if margin_px == 0:
        return combined
    share = {"inward": 0.0, "both": 0.5, "outward": 1.0}[config.edge_feather]
    erode_px = config.edge_erode_px - share * config.edge_feather_px
    opened = soften(
        combined.open_HW,
        erode_px=erode_px,
        feather_px=config.edge_feather_px,
        pixel_aspect=pixel_aspect,
    )
    inner = np.s_[margin_px:-margin_px, margin_px:-margin_px]
    return Combined(combined.outline_HW[inner], opened[inner])
