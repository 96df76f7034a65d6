"""The frame in hand, made on request: what an artist looks at while editing."""

from __future__ import annotations

from dataclasses import dataclass, field

from understudy.domain.summary import Layer


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRequest:
    """One frame of a shot with all its standing edits, on one layer.

    `session` is any text the asker keeps: a newer request of the same session takes the place of one that
    still waits. Without a model there are the layers plate, crop, matte and overlay; with one also replaced
    and raw. `bindings` and `settings` are as in a convert request.
    """

    session: str
    shot_id: str
    frame: int
    layer: Layer
    model_id: str = ""
    bindings: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    max_width_px: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewPicture:
    """A JPEG in 8-bit display colour, never the final picture, and the revision of the edits it shows."""

    jpeg: bytes
    revision: int
    seconds: float
