"""From a shot on a timeline to the pictures of its medium, and whether the backend's plate is that shot."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from understudy.domain.clip_name import name_of_clip
from understudy.domain.job_spec import IngestSpec
from understudy.domain.shot import Plate, Shot
from understudy.domain.time import Timecode
from understudy_bridge.core.errors import MediumChanged, ShotRefused
from understudy_bridge.core.media_paths import file_key, same_file
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.presets import Recipe

MOST_NAME = 80
PICTURES = frozenset({".exr", ".dpx", ".tif", ".tiff", ".png"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Pictures `first_index` to `last_index` of a medium, both included, counted from 0.

    `medium_start` is the source frame, as the editor counts, of picture 0.
    """

    first_index: int
    last_index: int
    medium_start: int


def cut_of(ref: ShotRef) -> Cut:
    """The shot with its handles, as far as the medium has them. Raises: ShotRefused."""
    first, end = ref.source_in - ref.handle_head, ref.source_out + ref.handle_tail
    if ref.available is not None:
        start = ref.available[0]
        first, end = max(first, start), min(end, ref.available[1])
    elif ref.timecode_known:
        raise ShotRefused(
            f"{ref.name}: the editor does not say which frames {ref.media} has; relink it there"
        )
    else:
        start, first = 0, max(first, 0)
    if not start <= first < end:
        raise ShotRefused(f"{ref.name} shows no frame of {ref.media}; trim the clip to its media")
    return Cut(first_index=first - start, last_index=end - 1 - start, medium_start=start)


def ingest_of(
    ref: ShotRef, recipe: Recipe, path: str, *, person_id: str, taken: Collection[str]
) -> IngestSpec:
    """The request that brings the shot in, under a name that nobody has taken. Raises: ShotRefused."""
    cut = cut_of(ref)
    return IngestSpec(
        path=path,
        name=free_name(shot_name(ref), taken),
        person_id=person_id,
        first_frame=recipe.first_frame,
        in_index=cut.first_index,
        out_index=cut.last_index,
        colour_space=recipe.colour_space,
        rate=ref.media_rate if is_sequence(path) else None,  # pictures seldom say it themselves
    )


def shot_name(ref: ShotRef) -> str:
    """The shot's name, or its medium's, as any file system and any farm takes it."""
    medium = PurePosixPath(ref.media.replace("\\", "/")).name
    named = ref.name.strip()
    # Editors call a clip by its file; the ending and a frame number belong to the file.
    text = name_of_clip(Path(named)) if named == medium or is_sequence(named) else named
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", plain)
    return re.sub(r"^[^A-Za-z0-9]+|[._-]+$", "", safe[:MOST_NAME]) or "shot"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or that of its next plate version: SH010, SH010_pl02, SH010_pl03 ..."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_pl{number:02}"
    return free


def same_shot(shots: Iterable[Shot], spec: IngestSpec) -> Shot | None:
    """A shot there is already of the same pictures under the same name, any plate version of it."""
    own = re.compile(rf"{re.escape(re.sub(r'_pl[0-9]{2,}$', '', spec.name))}(_pl\d\d+)?")
    found = [shot for shot in shots if own.fullmatch(shot.name) and _is_of(shot, spec)]
    return found[-1] if found else None


def _is_of(shot: Shot, spec: IngestSpec) -> bool:
    plate = shot.plate
    return (
        (shot.person_id, shot.role) == (spec.person_id, spec.role)
        and (plate.first_index, plate.last_index) == (spec.in_index, spec.out_index)
        and plate.first_frame == spec.first_frame
        and spec.rate in (None, plate.rate)
        and spec.colour_space in ("", plate.colour.space)
        and same_medium(plate.path, spec.path)
    )


def same_medium(path: str, other: str) -> bool:
    """Whether two paths mean the same clip; a sequence may be named by a pattern or one of its files."""
    if is_sequence(path) and is_sequence(other):
        return _sequence(path) == _sequence(other)
    return same_file(path, other)


def is_sequence(path: str) -> bool:
    return PurePosixPath(path.replace("\\", "/")).suffix.lower() in PICTURES


def _sequence(path: str) -> tuple[str, str, str]:
    place = Path(file_key(path))
    return str(place.parent), name_of_clip(place), place.suffix


def check_plate(ref: ShotRef, plate: Plate) -> None:
    """Whether the plate is what the editor shows. Raises: MediumChanged, ShotRefused."""
    cut = cut_of(ref)
    if plate.variable_rate:
        raise ShotRefused(f"{ref.name}: {ref.media} has a variable frame rate; conform it to a constant one")
    if plate.rate != ref.media_rate:
        raise MediumChanged(_told(ref, f"runs at {plate.rate}", f"at {ref.media_rate}"))
    if (plate.first_index, plate.last_index) != (cut.first_index, cut.last_index):
        there = f"pictures {plate.first_index}-{plate.last_index} are the plate"
        raise MediumChanged(_told(ref, there, f"{cut.first_index}-{cut.last_index} are wanted"))
    begins = _begins(ref, plate)
    _check_length(ref, plate, sure=begins)


def _begins(ref: ShotRef, plate: Plate) -> bool:
    """Whether both know the medium's first timecode, and it is the same. Raises: MediumChanged."""
    if ref.available is None or not ref.timecode_known:
        return False
    starts = [] if plate.sequence_start is None else [plate.sequence_start]
    if plate.start_timecode is not None:
        starts.append(Timecode.parse(plate.start_timecode, plate.rate).count)
    if not starts or (plate.start_timecode is None and ref.available[0] == 0):
        return False
    if ref.available[0] in starts:
        return True
    there = plate.start_timecode or f"file {plate.sequence_start}"
    here = Timecode(ref.available[0], ref.media_rate, ref.media_drop_frame and plate.rate.denominator == 1001)
    raise MediumChanged(_told(ref, f"begins at {there}", f"at {here} (frame {ref.available[0]})"))


def _check_length(ref: ShotRef, plate: Plate, *, sure: bool) -> None:
    """Some editors round a movie's length by one; with the same first timecode that changes no frame."""
    if ref.available is None:
        return
    here = ref.available[1] - ref.available[0]
    if abs(plate.file_frames - here) > (1 if sure else 0):
        raise MediumChanged(_told(ref, f"has {plate.file_frames} frames", f"{here}"))


def _told(ref: ShotRef, there: str, here: str) -> str:
    return (
        f"{ref.name}: {ref.media} {there} in the backend, {here} in the editor; relink or refresh the clip "
        "there, see that both open the same file, and send it again"
    )
