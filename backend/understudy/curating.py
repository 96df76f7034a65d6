"""The faces that models learn from, for looking at: what there is of a person, pictures, what is lacking.

What was looked at last is kept in memory, since one faceset is looked at from many sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.config import CurateConfig, ExtractConfig
from understudy.domain.edit_stack import stack_of
from understudy.domain.errors import BadInput, NoFaceFound, TrackNotFound
from understudy.domain.face import NO_TRACK, ShotFaces, load_faces
from understudy.domain.facesets import (
    MAX_PICTURES,
    PICTURE_SIZES_PX,
    USABLE,
    CoverageReport,
    FaceChoice,
    FaceName,
    FacePictures,
    PersonFaces,
)
from understudy.domain.latest import Latest
from understudy.domain.people import Person
from understudy.domain.shot import Plate, Shot
from understudy.face_shelf import CROP_TYPE, FaceShelf, FoundFaces
from understudy.faces.alike import alike_order, likeness, look_features
from understudy.faces.person import faces_of_one_person
from understudy.faces.scores import eyes_closed, mouth_open, smile
from understudy.jobs.resolved import extracted
from understudy.media.video import PlateFrame, open_plate
from understudy.solve import Learning, learning
from understudy.stages.coverage import Shown, compare
from understudy.stages.curate import ShotSource, Verdict, judge
from understudy.stages.face_pictures import picture_grid
from understudy.store.production import Production

_FACES_BYTES = 256 << 20
_SEEN = (*USABLE, FaceChoice.DROPPED, FaceChoice.BLURRED)  # a plate's face is replaced whatever is learnt

Bytes = npt.NDArray[np.uint8]
_Names = tuple[tuple[str, str], ...]  # of shots and what was found in them


@dataclass(frozen=True, kw_only=True)
class _Gathered:
    """All faces of a person in some shots, as training takes them: `theirs[i]` are rows `rows[i]` of all that
    was found in `shots[i]`. The columns are of all together."""

    shots: tuple[Shot, ...]
    theirs: tuple[ShotFaces, ...]
    rows: tuple[npt.NDArray[np.intp], ...]
    likeness_N: npt.NDArray[np.float32]
    order_N: npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """The same faces with what the edits say at some moment, and what curation does with them."""

    gathered: _Gathered
    revisions: tuple[int, ...]
    track_N: npt.NDArray[np.int32]
    verdict: Verdict


class Facesets:
    """Implements `rpc.faceset_backend.FacesetBackend` over one production. Used from many threads."""

    def __init__(self, production: Production, *, check_plate: Callable[[Shot], None]) -> None:
        """`check_plate` raises when a shot's plate is not the file any more that was taken in."""
        self._production, self._check_plate = production, check_plate
        self._found: Latest[tuple[str, str], ShotFaces] = Latest(_FACES_BYTES, weight=_bytes_of_faces)
        self._gathered: Latest[_Names, _Gathered] = Latest(_FACES_BYTES, weight=_bytes_of_gathered)
        self._looked: Latest[tuple[_Names, tuple[int, ...]], _Looked] = Latest(8)
        self._learning: Latest[tuple[str, str, int], Learning] = Latest(64)
        self._shelf = FaceShelf()

    def forget(self) -> None:
        """Keep nothing in memory of what was looked at, since somebody was purged."""
        for kept in (self._found, self._gathered, self._looked, self._learning):
            kept.clear()
        self._shelf.forget()

    def person_faces(self, person_id: str, shot_ids: Sequence[str] = ()) -> PersonFaces:
        """Raises: NotFound; BadInput for a shot that was not extracted or is somebody else's."""
        person = self._production.person(person_id)
        try:
            looked = self._look(self._shots(person, shot_ids))
        except NoFaceFound as cause:
            return _nothing(str(cause))
        return _listed(looked)

    def face_pictures(self, faces: Sequence[FaceName], size_px: int) -> FacePictures:
        """Raises: NotFound, BadInput, FrameOutOfRange, TrackNotFound, UnreadableMedia."""
        smallest, largest = PICTURE_SIZES_PX
        if not 1 <= len(faces) <= MAX_PICTURES:
            raise BadInput(f"ask for pictures of 1 to {MAX_PICTURES} faces at once, not {len(faces)}")
        if not smallest <= size_px <= largest:
            raise BadInput(f"pictures of faces are {smallest} to {largest} px wide, not {size_px}")
        shots = {name: self._production.shot(name) for name in dict.fromkeys(face.shot_id for face in faces)}
        made: dict[FaceName, Bytes] = {}
        for shot in {shot.id: shot for shot in shots.values()}.values():
            made |= self._pictures_of(
                shot, [face for face in faces if shots[face.shot_id].id == shot.id], size_px
            )
        return picture_grid([made[face] for face in faces])

    def coverage(self, performer_id: str, donor_id: str) -> CoverageReport:
        """Raises: NotFound; BadInput when they are the same person."""
        performer, donor = self._production.person(performer_id), self._production.person(donor_id)
        if performer.id == donor.id:
            raise BadInput(f"{performer.name} cannot be compared with themself; name a performer and a donor")
        return compare(
            self._shown(performer, plates=True),
            self._shown(donor, plates=False),
            performer_id=performer.id,
            donor_id=donor.id,
        )

    def _shots(self, person: Person, shot_ids: Sequence[str]) -> list[Shot]:
        if not shot_ids:
            footage = self._footage(person, ("learn",))
            if not footage:
                raise NoFaceFound(
                    f"there is no extracted footage to learn {person.name} from; ingest some with the role "
                    "`learn` and extract it"
                )
            return footage
        shots = {shot.id: extracted(shot) for shot in map(self._production.shot, shot_ids)}
        for shot in shots.values():
            if shot.person_id != person.id:
                raise BadInput(f"shot {shot.name} is not filed under {person.name}; choose among their shots")
        return list(shots.values())

    def _footage(self, person: Person, roles: Sequence[str]) -> list[Shot]:
        return [
            shot
            for shot in self._production.shots()
            if shot.person_id == person.id and shot.faces and shot.role in roles
        ]

    def _look(self, shots: Sequence[Shot]) -> _Looked:
        """Raises: NoFaceFound when there is no track at all."""
        gathered = self._gather(shots)
        said = [self._said(shot) for shot in shots]
        key = (_names(shots), tuple(revision for revision, _ in said))
        if (known := self._looked.get(key)) is not None:
            return known
        track, sources = [], []
        for shot, theirs, rows, (_, learnt) in zip(shots, gathered.theirs, gathered.rows, said, strict=True):
            track.append(learnt.track_N[rows])
            sources.append(_source(shot, theirs, learnt.dropped_N[rows]))
        looked = _Looked(
            gathered=gathered,
            revisions=key[1],
            track_N=np.concatenate(track),
            verdict=judge(sources, crop_type=CROP_TYPE, config=CurateConfig()),
        )
        return self._looked.put(key, looked)

    def _gather(self, shots: Sequence[Shot]) -> _Gathered:
        if (known := self._gathered.get(_names(shots))) is not None:
            return known
        found = [self._faces(shot) for shot in shots]
        theirs = faces_of_one_person(found, same_person_cosine=ExtractConfig().same_person_cosine)
        rows = [
            np.flatnonzero(np.isin(all_found.track, own.tracks))
            for all_found, own in zip(found, theirs, strict=True)
        ]
        gathered = _Gathered(
            shots=tuple(shots),
            theirs=tuple(theirs),
            rows=tuple(rows),
            likeness_N=likeness(np.concatenate([own.embedding_ND for own in theirs])),
            order_N=alike_order(look_features(*theirs)),
        )
        return self._gathered.put(_names(shots), gathered)

    def _faces(self, shot: Shot) -> ShotFaces:
        key = (shot.faces, shot.faces_sha256)
        if (known := self._found.get(key)) is not None:
            return known
        return self._found.put(key, load_faces(self._production.path(shot.faces)))

    def _said(self, shot: Shot) -> tuple[int, Learning]:
        """The revision of the shot's edits, and what they say of its found faces."""
        revision = self._production.edit_revision(shot.id)
        if (known := self._learning.get((shot.id, shot.faces_sha256, revision))) is not None:
            return revision, known
        entries = self._production.edits(shot.id)
        said = learning(self._faces(shot), stack_of(entries).done, frames=shot.plate.frames)
        return len(entries), self._learning.put((shot.id, shot.faces_sha256, len(entries)), said)

    def _shown(self, person: Person, *, plates: bool) -> Shown:
        """The faces that count: all that can be learnt from, and all of plates that are to be replaced."""
        shots = self._footage(person, ("plate", "learn") if plates else ("learn",))
        try:
            looked = self._look(shots)
        except NoFaceFound:
            return _shown(_nothing(""), np.zeros(0, np.bool_), ())
        faces = _listed(looked)
        is_plate = np.array([shot.role == "plate" for shot in shots])[faces.shots]
        counts = np.isin(faces.choices, USABLE) | (is_plate & np.isin(faces.choices, _SEEN))
        return _shown(faces, counts, tuple(shot.name for shot in shots))

    def _pictures_of(self, shot: Shot, faces: Sequence[FaceName], size_px: int) -> dict[FaceName, Bytes]:
        """Pictures of faces of one shot."""
        self._check_plate(shot)
        found, (_, said) = self._faces(extracted(shot)), self._said(shot)
        rows = {face: _row(found, said, face, shot) for face in faces}
        of_shot = FoundFaces(shot.plate, shot.faces_sha256, found)
        made = self._shelf.pictures(of_shot, list(dict.fromkeys(rows.values())), size_px)
        return {face: made[row] for face, row in rows.items()}


def _row(found: ShotFaces, said: Learning, face: FaceName, shot: Shot) -> int:
    """The row of a face. Raises: FrameOutOfRange, TrackNotFound, BadInput."""
    shot.plate.index_of(face.frame)
    own = said.track_N == face.track
    if face.track == NO_TRACK or not own.any():
        raise TrackNotFound(f"there is no track {face.track} in shot {shot.name}")
    rows = np.flatnonzero(own & (found.frame == face.frame))
    if not len(rows):
        raise BadInput(f"track {face.track} of shot {shot.name} has no found face in frame {face.frame}")
    return int(rows[0])


def _names(shots: Sequence[Shot]) -> _Names:
    return tuple((shot.id, shot.faces_sha256) for shot in shots)


def _source(shot: Shot, theirs: ShotFaces, dropped_N: npt.NDArray[np.bool_]) -> ShotSource:
    """A shot as curation takes it; see `pipeline`."""
    names = zip(theirs.track[dropped_N].tolist(), theirs.frame[dropped_N].tolist(), strict=True)
    return ShotSource(
        shot_sha256=shot.plate.sha256,
        width=shot.plate.width,
        height=shot.plate.height,
        faces=theirs,
        frames=partial(_frames, shot.plate),
        dropped=frozenset(names),
        pixel_aspect=float(shot.plate.pixel_aspect),
        window=shot.plate.data_window,
    )


def _frames(plate: Plate, wanted: Sequence[int]) -> Iterator[PlateFrame]:
    return open_plate(plate).frames(wanted)


def _listed(looked: _Looked) -> PersonFaces:
    gathered, verdict = looked.gathered, looked.verdict

    def column(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(own, name) for own in gathered.theirs])

    pose, expression, sharpness = column("pose_N3"), column("expression_NE"), column("sharpness")
    usual = verdict.median_sharpness or float(np.median(sharpness)) or 1.0
    return PersonFaces(
        shot_ids=tuple(shot.id for shot in gathered.shots),
        revisions=looked.revisions,
        shots=np.repeat(
            np.arange(len(gathered.shots), dtype=np.int32), [len(own) for own in gathered.theirs]
        ),
        frames=column("frame").astype(np.int64),
        tracks=looked.track_N.astype(np.int64),
        yaw_deg=pose[:, 1],
        pitch_deg=pose[:, 0],
        roll_deg=pose[:, 2],
        mouth_open=mouth_open(expression),
        eyes_closed=eyes_closed(expression),
        smile=smile(expression),
        sharpness=(sharpness / usual).astype(np.float32),
        likeness=gathered.likeness_N,
        presence=column("presence"),
        alike_order=gathered.order_N,
        choices=verdict.choices,
        lacking=verdict.lacking,
    )


def _nothing(lacking: str) -> PersonFaces:
    """No face at all, and why."""
    none, number = np.zeros(0, np.float32), np.zeros(0, np.int64)
    return PersonFaces(
        shot_ids=(),
        revisions=(),
        shots=np.zeros(0, np.int32),
        frames=number,
        tracks=number,
        yaw_deg=none,
        pitch_deg=none,
        roll_deg=none,
        mouth_open=none,
        eyes_closed=none,
        smile=none,
        sharpness=none,
        likeness=none,
        presence=none,
        alike_order=np.zeros(0, np.int32),
        choices=np.zeros(0, np.int8),
        lacking=lacking,
    )


def _shown(faces: PersonFaces, counts_N: npt.NDArray[np.bool_], shots: tuple[str, ...]) -> Shown:
    return Shown(
        yaw_deg=faces.yaw_deg[counts_N],
        pitch_deg=faces.pitch_deg[counts_N],
        mouth_open=faces.mouth_open[counts_N],
        eyes_closed=faces.eyes_closed[counts_N],
        smile=faces.smile[counts_N],
        shot_N=faces.shots[counts_N],
        shots=shots,
    )


def _bytes_of_faces(faces: ShotFaces) -> int:
    return faces.landmarks_NK3.nbytes + faces.expression_NE.nbytes + faces.embedding_ND.nbytes


def _bytes_of_gathered(gathered: _Gathered) -> int:
    return sum(map(_bytes_of_faces, gathered.theirs))
