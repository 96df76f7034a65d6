"""Strokes, shapes and the strength curve, collected in the order of the edits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from understudy.domain.edit import (
    ClearMatte,
    KeyShape,
    KeyStrength,
    PaintStroke,
    RemoveShape,
    RemoveStrength,
)
from understudy.domain.solved import Stroke

MatteEdit = PaintStroke | KeyShape | RemoveShape | ClearMatte | KeyStrength | RemoveStrength


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapeKey:
    """A key of a shape and the revision of its edit. `order` counts the edits of the solve.

    track: which face carries it now, merged and split tracks counted in.
    """

    action: KeyShape
    track: int
    revision: int
    order: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hidden:
    """A shape taken off a range. Keys made there later bring it back between each other."""

    order: int
    first: int
    last: int


@dataclass(kw_only=True, slots=True)
class ShapeKeys:
    """One shape's keys by frame, and where it was taken off."""

    keys: dict[int, ShapeKey] = field(default_factory=dict)
    hidden: list[Hidden] = field(default_factory=list)

    def take_off(self, first: int, last: int, order: int) -> None:
        for frame in [frame for frame in self.keys if first <= frame <= last]:
            del self.keys[frame]
        self.hidden.append(Hidden(order=order, first=first, last=last))


@dataclass(kw_only=True, slots=True)
class MatteEdits:
    """What was drawn so far; shapes in the order they were made."""

    strokes: dict[int, list[Stroke]] = field(default_factory=dict)
    shapes: dict[str, ShapeKeys] = field(default_factory=dict)
    strength: dict[int, KeyStrength] = field(default_factory=dict)

    def apply(self, action: MatteEdit, revision: int, order: int) -> str:
        """Do one edit; why it cannot be done, or nothing."""
        match action:
            case PaintStroke():
                self.strokes.setdefault(action.frame, []).append(
                    Stroke(
                        mode=action.mode,
                        points=action.points,
                        radius_px=action.radius_px,
                        softness=action.softness,
                    )
                )
            case KeyShape():
                return self._key_shape(action, revision, order)
            case RemoveShape():
                if action.shape not in self.shapes:
                    return f"there is no shape {action.shape!r}"
                self.shapes[action.shape].take_off(action.first, action.last, order)
            case ClearMatte():
                self._clear(action, order)
            case KeyStrength():
                self.strength[action.frame] = action
            case RemoveStrength():
                gone = [frame for frame in self.strength if action.first <= frame <= action.last]
                for frame in gone:
                    del self.strength[frame]
        return ""

    def _key_shape(self, action: KeyShape, revision: int, order: int) -> str:
        shape = self.shapes.get(action.shape)
        count = len(action.points) // 2
        for frame, other in shape.keys.items() if shape is not None else ():
            known = len(other.action.points) // 2
            if frame != action.frame and known != count:
                return (
                    f"shape {action.shape!r} has {known} points at frame {frame}, this key has {count}; "
                    "key the same number of points or draw another shape"
                )
        self.shapes.setdefault(action.shape, ShapeKeys()).keys[action.frame] = ShapeKey(
            action=action, track=action.track, revision=revision, order=order
        )
        return ""

    def _clear(self, action: ClearMatte, order: int) -> None:
        for frame in [frame for frame in self.strokes if action.first <= frame <= action.last]:
            del self.strokes[frame]
        for shape in self.shapes.values():
            shape.take_off(action.first, action.last, order)

    def renumber(self, track: int, new_track: int, *, first: int = 0) -> None:
        """Shapes that follow a track follow another from a frame on."""
        for shape in self.shapes.values():
            for frame, key in shape.keys.items():
                if key.track == track and frame >= first:
                    shape.keys[frame] = replace(key, track=new_track)
