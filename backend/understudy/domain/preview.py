"""The frame in hand, made on request: what an artist looks at while editing."""

from __future__ import annotations

from dataclasses import dataclass, field

from understudy.domain.edit import ADJUSTABLE
from understudy.domain.errors import BadSettings
from understudy.domain.summary import Layer


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRequest:
    """One frame of a shot with all its standing edits, on one layer.

    `session` is any text the asker keeps: a newer request of the same session takes the place of one that
    still waits. Without a model there are the layers plate, crop, matte and overlay; with one also replaced
    and raw. `bindings` and `settings` are as in a convert request. `tried` are settings that an artist may
    set for a range: they count over the frame's own, so that they can be looked at before they are set.
    """

    session: str
    shot_id: str
    frame: int
    layer: Layer
    model_id: str = ""
    bindings: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    max_width_px: int = 0
    tried: dict[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.tried) - ADJUSTABLE):
            raise BadSettings(
                f"{unknown[0]!r} cannot be tried on a frame; these can: {', '.join(sorted(ADJUSTABLE))}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewPicture:
    """A JPEG in 8-bit display colour, never the final picture, and the revision of the edits it shows."""

    jpeg: bytes
    revision: int
    seconds: float
