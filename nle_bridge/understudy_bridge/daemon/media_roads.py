"""The two roads of media: how the backend comes to a plate, and how the editor comes to a take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from understudy.client import Client
from understudy.client.pushing import Told
from understudy.domain.artefact import Take
from understudy.domain.errors import BadInput, NotFound, UnreadableMedia
from understudy.domain.path_map import PathMap
from understudy.domain.shot import Plate, Shot
from understudy.domain.time import Timecode, parse_frames
from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.daemon.plates import is_sequence
from understudy_bridge.daemon.presets import FRAMES, Recipe

_NUMBER_PLACE = re.compile(r"(#+|@+|%0?\d*d|\$F\d*|\d+)(?=\.[^.]+$)")
_LAST_NUMBER = re.compile(r"-?\d+(?=\.[^.]+$)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """What this machine and the backend can see of each other. `media` is where deliveries are fetched to."""

    path_map: PathMap
    push: bool
    media: Path

    def there(self, path: str) -> str:
        """A path of the editor's as the backend writes it."""
        return self.path_map.here(path)

    def here(self, path: str) -> str:
        """A path of the backend's as the editor finds it, if it does."""
        return self.path_map.there(path)


def is_online(path: str) -> bool:
    """Whether the editor's machine has a medium now."""
    try:
        return bool(files_of(path))
    except UnreadableMedia:
        return False


def files_of(path: str) -> list[Path]:
    """The files of a movie, or of a sequence by its pattern or one of its files. Raises: UnreadableMedia."""
    place = Path(path)
    try:
        if not is_sequence(path):
            found = [place] if place.is_file() else []
        else:
            name = _NUMBER_PLACE.search(place.name)
            own = _pattern(place.name, name) if name else re.compile(re.escape(place.name))
            found = sorted(one for one in place.parent.iterdir() if own.fullmatch(one.name) and one.is_file())
    except (OSError, ValueError) as cause:
        raise UnreadableMedia(f"{path} cannot be read: {cause}") from cause
    if not found:
        raise UnreadableMedia(f"{path} is not there; relink it, or see to its disk")
    return found


def _pattern(name: str, place: re.Match[str]) -> re.Pattern[str]:
    return re.compile(re.escape(name[: place.start()]) + r"\d+" + re.escape(name[place.end() :]))


def send_medium(client: Client, path: str, told: Told) -> str:
    """Send the editor's medium to the backend; its path there. Raises: UnreadableMedia, Transient."""
    files = files_of(path)
    name = Path(path).name
    if is_sequence(path) and (number := _NUMBER_PLACE.search(name)):
        digits = _LAST_NUMBER.search(files[0].name)
        width = len(digits[0]) if digits else 4
        name = name[: number.start()] + "#" * width + name[number.end() :]
    try:
        return client.push_clip(name, files, told=told).path
    except OSError as cause:
        raise UnreadableMedia(f"{path} cannot be read: {cause.strerror or cause}") from cause


def delivery_settings(recipe: Recipe) -> dict[str, object]:
    """Settings of the delivery that an editor gets: one movie or the frames, no sheet for people."""
    frames = recipe.movie == FRAMES
    return {"movies": [] if frames else [recipe.movie], "frames": frames, "contact_sheet": False}


def delivered(told: Mapping[str, object], recipe: Recipe) -> tuple[str, list[str]]:
    """The delivery's folder in the backend, and its files below that an editor opens. Raises: NotFound."""
    folder, listed = str(told.get("folder", "")), told.get("files", [])
    files = [str(name) for name in listed] if isinstance(listed, list) else []
    if recipe.movie == FRAMES:
        found = sorted(name for name in files if name.startswith("frames/"))
    else:
        found = [name for name in files if re.search(rf"_{recipe.movie}\.[^./]+$", name)]
    if not folder or not found:
        raise NotFound(f"the delivery in {folder or 'no folder'} has no {recipe.movie}; deliver it again")
    return folder, found


def bring(client: Client, roads: Roads, delivery_id: str, folder: str, files: list[str], told: Told) -> str:
    """The delivered movie or sequence as the editor opens it; what this machine cannot see is fetched.

    Raises: ConsentRefused, NotFound, DiskFull, NotWritable, Transient.
    """
    here = Path(roads.here(folder))
    if not all((here / name).is_file() for name in files):
        here = roads.media / PurePosixPath(folder.replace("\\", "/")).name
        client.pull(delivery_id, here, told=told)
    path = here / files[0]
    if len(files) == 1 and not is_sequence(files[0]):
        return str(path)
    return str(path.with_name(_LAST_NUMBER.sub(lambda number: "#" * len(number[0]), path.name)))


def result_of(
    path: str, *, shot: Shot, take: Take, recipe: Recipe, medium_start: int, clip_uid: str
) -> ResultMedia:
    """What there is to lie on the timeline above the clip. Raises: BadInput for a take with holes."""
    frames = parse_frames(take.frames)
    if frames[-1] - frames[0] + 1 != len(frames):
        raise BadInput(
            f"{take.label} of {shot.name} has only the frames {take.frames}; render the rest first"
        )
    start = _start(shot.plate, frames[0], recipe)
    return ResultMedia(
        path=path,
        name=f"{shot.name}_{take.label}",
        rate=shot.plate.rate,
        start=start.count if isinstance(start, Timecode) else start,
        frames=len(frames),
        plate_first=medium_start + shot.plate.index_of(frames[0]),
        shot_id=clip_uid,
        take_id=take.id,
        drop_frame=isinstance(start, Timecode) and start.drop_frame,
        colour_space=shot.plate.colour.space if recipe.movie == FRAMES else "",
        reel=shot.plate.reel,
    )


def _start(plate: Plate, frame: int, recipe: Recipe) -> int | Timecode:
    """The delivered medium's first number: a sequence's is its file's, a movie's that of its timecode."""
    if recipe.movie == FRAMES:
        return frame
    return plate.timecode_of(frame) or 0
