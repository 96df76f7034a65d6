"""What extraction finds: faces, frame by frame, joined to tracks.

`ShotFaces` is columnar: row i of every array is the same face. It is saved as one safetensors file
whose header carries the scalars, so reading it needs neither pickle nor a database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from understudy.domain.errors import BadInput, TrackNotFound
from understudy.domain.files import atomic_write
from understudy.domain.outside_text import json_value

LANDMARKS = 478
EXPRESSIONS = 52
EMBEDDING = 128
NO_TRACK = -1  # a face that was set aside: a stranger, or a false find

Float = npt.NDArray[np.float32]
Int = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShotFaces:
    """All faces of a shot, ordered by frame, then track. Plate pixels, pixel centres at half-integers.

    Shapes (N faces): frame, track (N,) int32; box_N4 x, y, width, height; landmarks_NK3 (N,478,3), z in
    the same pixels and growing away from the camera; presence (N,) 0..1; expression_NE (N,52) 0..1;
    embedding_ND (N,128) unit length, zero where filled; pose_N3 pitch, yaw, roll in degrees; sharpness (N,);
    filled (N,) True where a gap was bridged by interpolation.
    `cuts` are the frames at which a new camera take begins (the first frame of the shot is not among them).
    """

    frame: Int
    track: Int
    box_N4: Float
    landmarks_NK3: Float
    presence: Float
    expression_NE: Float
    embedding_ND: Float
    pose_N3: Float
    sharpness: Float
    filled: Bool
    cuts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.frame)
        for name, shape in (
            ("track", (count,)),
            ("box_N4", (count, 4)),
            ("landmarks_NK3", (count, LANDMARKS, 3)),
            ("presence", (count,)),
            ("expression_NE", (count, EXPRESSIONS)),
            ("embedding_ND", (count, EMBEDDING)),
            ("pose_N3", (count, 3)),
            ("sharpness", (count,)),
            ("filled", (count,)),
        ):
            if getattr(self, name).shape != shape:
                raise BadInput(f"faces: {name} has shape {getattr(self, name).shape}, expected {shape}")

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"ShotFaces({len(self)} faces, {len(self.tracks)} tracks, {len(self.cuts)} cuts)"

    @property
    def tracks(self) -> tuple[int, ...]:
        """Track numbers, longest track first; faces set aside do not count."""
        numbers, counts = np.unique(self.track[self.track != NO_TRACK], return_counts=True)
        return tuple(int(n) for n in numbers[np.argsort(-counts, kind="stable")])

    def select(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> ShotFaces:
        """The same record with only some rows."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "cuts"}
        return replace(self, **columns)

    def of_track(self, track: int) -> ShotFaces:
        """The faces of one track. Raises: TrackNotFound."""
        rows = self.track == track
        if not rows.any():
            known = ", ".join(map(str, self.tracks)) or "none"
            raise TrackNotFound(f"there is no track {track} in this shot; it has: {known}")
        return self.select(rows)


def no_faces(cuts: tuple[int, ...] = ()) -> ShotFaces:
    """The record of a shot in which nothing was found, or that was not extracted yet."""
    return ShotFaces(
        frame=np.zeros(0, np.int32),
        track=np.zeros(0, np.int32),
        box_N4=np.zeros((0, 4), np.float32),
        landmarks_NK3=np.zeros((0, LANDMARKS, 3), np.float32),
        presence=np.zeros(0, np.float32),
        expression_NE=np.zeros((0, EXPRESSIONS), np.float32),
        embedding_ND=np.zeros((0, EMBEDDING), np.float32),
        pose_N3=np.zeros((0, 3), np.float32),
        sharpness=np.zeros(0, np.float32),
        filled=np.zeros(0, np.bool_),
        cuts=cuts,
    )


def save_faces(faces: ShotFaces, target: Path, *, header: dict[str, str] | None = None) -> None:
    """Write the faces as one safetensors file, atomically; `header` values ride along as text."""
    arrays = {f.name: np.ascontiguousarray(getattr(faces, f.name)) for f in fields(faces) if f.name != "cuts"}
    with atomic_write(target) as temporary:
        save_file(arrays, temporary, metadata={**(header or {}), "cuts": json.dumps(faces.cuts)})


def load_faces(source: Path) -> ShotFaces:
    """Read what `save_faces` wrote. Raises: BadInput."""
    names = {f.name for f in fields(ShotFaces) if f.name != "cuts"}
    try:
        with safe_open(source, framework="numpy") as file:
            if missing := names - set(file.keys()):
                raise BadInput(f"{source} is not a face record: it lacks {', '.join(sorted(missing))}")
            columns = {name: file.get_tensor(name) for name in names}
            cuts = tuple(json_value((file.metadata() or {}).get("cuts", "[]")))
    except (SafetensorError, OSError, ValueError) as cause:
        raise BadInput(f"cannot read the face record {source}: {cause}; extract the shot again") from cause
    return ShotFaces(**columns, cuts=cuts)
