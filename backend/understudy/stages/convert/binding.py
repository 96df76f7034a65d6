"""Whose likeness goes onto which track, and where the bound faces of a shot are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from understudy.config import ConvertConfig
from understudy.domain.errors import BadInput, BadSettings, WrongModelFamily
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.media.network_colour import encoding_named
from understudy.networks.checkpoint import LoadedSwapper
from understudy.stages.convert.face_place import PlacedFace, place_face


@dataclass(frozen=True, kw_only=True)
class Binding:
    """Whose likeness goes onto a track: decoder `person_index` of `swapper` draws `person_id`."""

    person_id: str
    swapper: LoadedSwapper
    person_index: int


class BoundFaces:
    """The bound faces of a plate, by frame. Places are worked out when asked for: a long shot has many.

    `misplaced` has the frames whose landmarks make no sense, with the error; they count as having no face.
    `config_at` gives the settings of a frame.
    Raises: TrackNotFound, WrongModelFamily, BadCheckpoint, BadSettings when a binding does not fit.
    """

    def __init__(
        self,
        plate: Plate,
        solved: SolvedShot,
        bindings: Mapping[int, Binding],
        config: ConvertConfig,
        *,
        config_at: Callable[[int], ConvertConfig],
    ) -> None:
        faces = solved.faces
        for track, binding in bindings.items():
            faces.of_track(track)
            _check_binding(track, binding, config)
        self._plate, self._solved, self._faces, self._bindings = plate, solved, faces, bindings
        self._config_at = config_at
        self._rows: dict[int, tuple[int, ...]] = {}
        self.misplaced: dict[int, BadInput] = {}
        rows = [row for row in range(len(faces)) if int(faces.track[row]) in bindings]
        for row in sorted(rows, key=lambda row: (faces.frame[row], faces.track[row])):
            frame = int(faces.frame[row])
            try:
                if frame in plate.frames and self._place(row) is not None:
                    self._rows[frame] = (*self._rows.get(frame, ()), row)
            except BadInput as error:
                self.misplaced[frame] = error
        for frame in self.misplaced:
            self._rows.pop(frame, None)

    def __contains__(self, frame: int) -> bool:
        return frame in self._rows

    def at(self, frame: int) -> tuple[PlacedFace, ...]:
        """The bound faces of a frame, by track."""
        placed = (self._place(row) for row in self._rows[frame])
        return tuple(face for face in placed if face is not None)

    def tracks(self) -> dict[int, frozenset[int]]:
        """The bound tracks of every frame that has any."""
        track = self._faces.track
        return {frame: frozenset(int(track[row]) for row in rows) for frame, rows in self._rows.items()}

    def bridged(self, frame: int) -> bool:
        """Whether extraction bridged a gap for a bound face of this frame."""
        return any(bool(self._faces.filled[row]) for row in self._rows.get(frame, ()))

    def _place(self, row: int) -> PlacedFace | None:
        binding = self._bindings[int(self._faces.track[row])]
        return place_face(
            self._solved,
            row,
            person_id=binding.person_id,
            crop_type=binding.swapper.card.crop_type,
            size_px=binding.swapper.card.size_px,
            window=self._plate.window,
            config=self._config_at(int(self._faces.frame[row])),
            encoding=encoding_named(binding.swapper.card.encoding, where="the model's recipe card"),
        )


def _check_binding(track: int, binding: Binding, config: ConvertConfig) -> None:
    card = binding.swapper.card
    encoding_named(card.encoding, where=f"the model bound to track {track}")
    if not 0 <= binding.person_index < len(card.people):
        raise WrongModelFamily(
            f"the model bound to track {track} draws {len(card.people)} people; it has no number "
            f"{binding.person_index}"
        )
    if config.matte != "hull" and not card.learn_mask:
        raise BadSettings(
            f"the model bound to track {track} was trained without a mask; set convert.matte to 'hull'"
        )
