"""What artists change: an append-only list of entries per shot, one undo stack over it.

Every position is in display-window pixels of the plate (pixel centres at half-integers) and every edit
names its frame, so edits outlive another extraction, another crop type and another model. Points are
written flat: x0, y0, x1, y1 ... An edit that makes no sense by itself is refused when it is made; whether
its frame and track are there is seen when it is added to a shot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from understudy.domain.edit_points import (
    Points,
    canonical_frames,
    check_name,
    check_points,
    check_range,
    first_crossing,
    frames_named,
    require,
)
from understudy.domain.errors import BadEdit
from understudy.domain.face import LANDMARKS
from understudy.domain.plain import from_plain, to_plain


class Interpolation(StrEnum):
    """How values go from a key to the next one."""

    LINEAR = "linear"
    HERMITE = "hermite"  # cubic, smooth through the keys
    HOLD = "hold"  # stays until the next key


class Mode(StrEnum):
    """What a stroke or shape does to the matte. Where they overlap, the later one counts."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Curve(StrEnum):
    """How a shape's points are joined."""

    POLYGON = "polygon"
    SPLINE = "spline"  # closed Catmull-Rom through the points


class Follow(StrEnum):
    """What carries a shape between its keys."""

    PLATE = "plate"
    FACE = "face"  # the shape moves, turns and grows with the track


class Mark(StrEnum):
    """What an artist says about a frame."""

    NONE = "none"
    APPROVED = "approved"
    FLAGGED = "flagged"
    HOLD_PLATE = "hold_plate"  # nothing is replaced here


class Keyed(StrEnum):
    """Which keys to take away."""

    LANDMARKS = "landmarks"
    CROP = "crop"
    ALL = "all"


# Alignments


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveLandmarks:
    """A landmark key: at `frame`, landmarks `points` of the track lie at `to` (two numbers a point).

    Between keys their distance from what the machine found is interpolated; beyond the outermost keys it
    eases out over `reach_frames`. Never across a cut.
    """

    track: int
    frame: int
    points: tuple[int, ...]
    to: Points
    interpolation: Interpolation = Interpolation.LINEAR
    reach_frames: int = 6

    def __post_init__(self) -> None:
        require(len(self.points) > 0, "a landmark key needs at least one point")
        require(len(set(self.points)) == len(self.points), "a landmark is named twice in one key")
        require(all(0 <= point < LANDMARKS for point in self.points), f"landmarks are 0..{LANDMARKS - 1}")
        check_points(self.to, len(self.points), "a landmark key")
        require(0 <= self.reach_frames <= 1000, "reach_frames must be 0..1000")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceCrop:
    """A crop key: at `frame` the mean face's square has this centre, side and angle (degrees, clockwise).

    The square spans from above the brows to below the chin; every crop type is cut around it. Between keys
    the distance from the machine's square is interpolated as for `MoveLandmarks`.
    """

    track: int
    frame: int
    centre_x: float
    centre_y: float
    side_px: float
    angle_deg: float
    interpolation: Interpolation = Interpolation.LINEAR
    reach_frames: int = 6

    def __post_init__(self) -> None:
        values = (self.centre_x, self.centre_y, self.side_px, self.angle_deg)
        fits = all(math.isfinite(value) and abs(value) <= 1e6 for value in values)
        require(fits, "a crop key has an undefined number")
        require(1 <= self.side_px <= 1e5, "a crop key's side_px must be 1..100000")
        require(0 <= self.reach_frames <= 1000, "reach_frames must be 0..1000")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveKeys:
    """Take the alignment keys of a track away in a range of frames."""

    track: int
    first: int
    last: int
    what: Keyed = Keyed.ALL

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothAlignments:
    """How strongly the shot's alignments are smoothed, 0 (not at all) to 1 each. The last one counts.

    position, rotation, scale: of the head. face: of the landmarks within the head; mouth and eyes apart,
    since blinks and speech must keep their snap.
    """

    position: float = 0.7
    rotation: float = 0.7
    scale: float = 0.8
    face: float = 0.7
    mouth: float = 0.4
    eyes: float = 0.4

    def __post_init__(self) -> None:
        for name in ("position", "rotation", "scale", "face", "mouth", "eyes"):
            require(0 <= getattr(self, name) <= 1, f"smoothing {name} must be 0..1")


# Tracks


@dataclass(frozen=True, kw_only=True, slots=True)
class AddFace:
    """A face that the machine missed: all 478 landmarks at `frame`, of a known or a new track.

    Frames between two added faces, or between one and the machine's, are interpolated within the take.
    """

    track: int
    frame: int
    landmarks: Points

    def __post_init__(self) -> None:
        require(0 <= self.track < 100_000, "a track number must be 0..99999")
        check_points(self.landmarks, LANDMARKS, "an added face")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveFaces:
    """Delete a track's faces in a range of frames."""

    track: int
    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeTracks:
    """The faces of `other` become faces of `track`, which keeps its own where both have one."""

    track: int
    other: int

    def __post_init__(self) -> None:
        require(self.track != self.other, "a track cannot be merged with itself")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitTrack:
    """From `frame` on, the faces of `track` become the new track `new_track`."""

    track: int
    frame: int
    new_track: int

    def __post_init__(self) -> None:
        require(self.track != self.new_track, "a split needs a new track number")
        require(0 <= self.new_track < 100_000, "a track number must be 0..99999")


@dataclass(frozen=True, kw_only=True, slots=True)
class BindTrack:
    """Whose likeness goes onto a track; an empty person unbinds it."""

    track: int
    person_id: str


# Frames


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkFrames:
    """Approve frames, flag them with a note, or hold the plate there."""

    first: int
    last: int
    mark: Mark
    note: str = ""

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        require(len(self.note) <= 4000, "a note may have 4000 characters")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustConvert:
    """Convert settings for a range of frames; an empty table gives the range its defaults back.

    `settings` may hold those in `ADJUSTABLE`, with the meaning they have in `ConvertConfig`.
    """

    first: int
    last: int
    settings: dict[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        if unknown := sorted(set(self.settings) - ADJUSTABLE):
            raise BadEdit(
                f"{unknown[0]!r} cannot be set for a range; these can: {', '.join(sorted(ADJUSTABLE))}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyStrength:
    """A key of the shot's strength curve: how much of the replaced face is shown, 0..1.

    Held before a camera take's first key and after its last; a take without keys goes on as the one before.
    """

    frame: int
    value: float
    interpolation: Interpolation = Interpolation.LINEAR

    def __post_init__(self) -> None:
        require(0 <= self.value <= 1, "strength must be 0..1")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveStrength:
    """Take the strength keys of a range away."""

    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


# Mattes


@dataclass(frozen=True, kw_only=True, slots=True)
class PaintStroke:
    """One stroke of the brush on one frame. `softness` is the share of the radius that fades out."""

    frame: int
    mode: Mode
    points: Points
    radius_px: float
    softness: float = 0.5

    def __post_init__(self) -> None:
        check_points(self.points, None, "a stroke", least=1)
        require(0.1 <= self.radius_px <= 10_000, "a brush radius must be 0.1..10000 px")
        require(0 <= self.softness <= 1, "softness must be 0..1")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyShape:
    """A key of the shape named `shape`. Keys of one shape have the same number of points.

    Between keys the points are interpolated; before the first and after the last key of a camera take they
    are held. `track` says which face carries a shape that follows one.
    """

    shape: str
    frame: int
    mode: Mode
    points: Points
    curve: Curve = Curve.SPLINE
    feather_px: float = 2.0
    interpolation: Interpolation = Interpolation.LINEAR
    follow: Follow = Follow.PLATE
    track: int = 0

    def __post_init__(self) -> None:
        check_name(self.shape, "a shape")
        check_points(self.points, None, "a shape", least=3)
        require(0 <= self.feather_px <= 1000, "feather_px must be 0..1000")
        if crossing := first_crossing(self.points):
            a, b = crossing
            raise BadEdit(
                f"shape {self.shape!r} crosses itself between points {a} and {b}; "
                "move a point or use two shapes"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveShape:
    """Take a shape off a range of frames; its keys there go too."""

    shape: str
    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClearMatte:
    """Take strokes, shapes and layers off a range of frames."""

    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class UseLayer:
    """Use a matte layer (propagated, of a net, imported ...) under a name in a range of frames.

    `operator` is how it joins the default expression: "+", "-" or "&". An empty `layer_id` takes the name
    away in the range.
    """

    name: str
    layer_id: str
    first: int
    last: int
    operator: str = "&"

    def __post_init__(self) -> None:
        check_name(self.name, "a matte layer")
        require(self.name not in SOURCES, f"{self.name!r} is a matte source already; choose another name")
        check_range(self.first, self.last)
        require(self.operator in ("+", "-", "&"), "a layer's operator is +, - or &")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposeMatte:
    """Say in so many words how the matte is made in a range; an empty expression is the default again.

    Sources `face`, `hull`, `learned`, `keep`, `cut` and the names of layers, joined in order by `+` (union),
    `-` (minus) and `&` (intersect): `hull & net - hand + keep - cut`.
    """

    first: int
    last: int
    expression: str

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        require(len(self.expression) <= 1000, "a matte expression may have 1000 characters")


@dataclass(frozen=True, kw_only=True, slots=True)
class CurateFaces:
    """Keep faces that the machine found out of what models learn from (`keep` False), or let them in again.

    `frames` is a range text such as `1001-1010,1020`; it is kept in its shortest form. Nothing in the shot
    itself changes.
    """

    track: int
    frames: str
    keep: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", canonical_frames(self.frames))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The frames, rising."""
        return frames_named(self.frames)


Action = (
    MoveLandmarks
    | PlaceCrop
    | RemoveKeys
    | SmoothAlignments
    | AddFace
    | RemoveFaces
    | MergeTracks
    | SplitTrack
    | BindTrack
    | MarkFrames
    | AdjustConvert
    | KeyStrength
    | RemoveStrength
    | PaintStroke
    | KeyShape
    | RemoveShape
    | ClearMatte
    | UseLayer
    | ComposeMatte
    | CurateFaces
)

ACTIONS: dict[str, type[Action]] = {
    "move_landmarks": MoveLandmarks,
    "place_crop": PlaceCrop,
    "remove_keys": RemoveKeys,
    "smooth_alignments": SmoothAlignments,
    "add_face": AddFace,
    "remove_faces": RemoveFaces,
    "merge_tracks": MergeTracks,
    "split_track": SplitTrack,
    "bind_track": BindTrack,
    "mark_frames": MarkFrames,
    "adjust_convert": AdjustConvert,
    "key_strength": KeyStrength,
    "remove_strength": RemoveStrength,
    "paint_stroke": PaintStroke,
    "key_shape": KeyShape,
    "remove_shape": RemoveShape,
    "clear_matte": ClearMatte,
    "use_layer": UseLayer,
    "compose_matte": ComposeMatte,
    "curate_faces": CurateFaces,
}
"""Every kind of edit by its name, as it is stored and sent."""

_NAMES = {cls: name for name, cls in ACTIONS.items()}

SOURCES = frozenset({"face", "hull", "learned", "keep", "cut"})
"""Matte sources that are always there; `face` is what `convert.matte` says."""

ADJUSTABLE = frozenset(
    {
        "colour_match",
        "light_match",
        "erode_px",
        "feather_px",
        "edge_erode_px",
        "edge_feather_px",
        "edge_feather",
        "despill",
        "temporal",
        "grain",
        "sharpen",
    }
)


def action_name(action: Action) -> str:
    """The kind of an edit, such as `key_shape`."""
    return _NAMES[type(action)]


def action_to_table(action: Action) -> dict[str, object]:
    """An edit as plain data for JSON; its kind is under `kind`."""
    return {"kind": action_name(action), **to_plain(action)}


def action_from_table(table: Mapping[str, object]) -> Action:
    """The inverse of `action_to_table`. Raises: BadEdit, BadRecord."""
    values = dict(table)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in ACTIONS:
        raise BadEdit(f"there is no edit of kind {kind!r}; known: {', '.join(ACTIONS)}")
    return from_plain(ACTIONS[kind], values)
