"""Files on their way between machines: in pieces that are named by their own hash.

A piece has 4 MiB, the last one of a file what is left. What has arrived is known by its hash, so whatever
broke off goes on with the pieces that are not there yet, and a piece that came out wrong is refused alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from understudy.domain.clip_name import check_clip_name
from understudy.domain.errors import BadInput

CHUNK_BYTES = 4 << 20
MOST_CHUNKS = 65_536  # of a manifest: 256 GiB, and its hashes fit into one message
MOST_FILES = 16_384  # of a sequence; eleven minutes
DIGEST_BYTES = hashlib.sha256().digest_size

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"(?P<base>[^#]*)(?P<place>#+)(?P<ending>\.[^.#]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChunks:
    """A file in pieces. `name` may have folders in it, with forward slashes.

    `chunks` are the SHA-256 digests of its pieces in order, none for a file of one piece, whose is `sha256`.
    """

    name: str
    size: int
    sha256: str
    chunks: tuple[bytes, ...] = ()

    @property
    def digests(self) -> tuple[bytes, ...]:
        return self.chunks or (bytes.fromhex(self.sha256),)

    def chunk_size(self, index: int) -> int:
        return min(CHUNK_BYTES, self.size - index * CHUNK_BYTES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipManifest:
    """A clip that is to be sent: a movie under its file's name, or a sequence named as "plate.####.exr"."""

    name: str
    files: tuple[FileChunks, ...]

    @property
    def is_sequence(self) -> bool:
        return "#" in self.name

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def chunks(self) -> Iterator[tuple[bytes, FileChunks, int]]:
        """Every piece: its digest, its file and its place there."""
        for file in self.files:
            for index, digest in enumerate(file.digests):
                yield digest, file, index

    @property
    def key(self) -> str:
        """Equal for the same files under the same names."""
        lines = [self.name, *(f"{file.sha256} {file.name}" for file in self.files)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_manifest(manifest: ClipManifest) -> None:
    """Raises: BadInput for names that are none, sizes and hashes that do not fit, or too much of them."""
    check_clip_name(manifest.name)
    if not manifest.files:
        raise BadInput(f"{manifest.name} has no files; send a movie or the pictures of a sequence")
    if len(manifest.files) > MOST_FILES:
        raise BadInput(
            f"{manifest.name} has {len(manifest.files)} files; at most {MOST_FILES} can be sent as one clip"
        )
    if sum(len(file.chunks) or 1 for file in manifest.files) > MOST_CHUNKS:
        raise BadInput(f"{manifest.name} has more than {MOST_CHUNKS} pieces; send it in parts")
    for file in manifest.files:
        _check_file(file)
    if manifest.is_sequence:
        sequence_numbers(manifest)
    elif len(manifest.files) != 1 or manifest.files[0].name != manifest.name:
        raise BadInput(f"{manifest.name} is a single file; a sequence is named as plate.####.exr")


def _check_file(file: FileChunks) -> None:
    check_clip_name(file.name)
    if file.size < 1:
        raise BadInput(f"{file.name} has {file.size} bytes; there is nothing to send")
    count = -(-file.size // CHUNK_BYTES)
    if len(file.chunks) != (0 if count == 1 else count):
        raise BadInput(f"{file.name} has {file.size} bytes, which are not {len(file.chunks)} pieces")
    if not _SHA256.fullmatch(file.sha256) or any(len(digest) != DIGEST_BYTES for digest in file.chunks):
        raise BadInput(f"{file.name} has hashes that are none; SHA-256 is meant")


def sequence_numbers(manifest: ClipManifest) -> dict[int, FileChunks]:
    """A sequence's files by number. Raises: BadInput for files that are not of this sequence."""
    pattern = _PLACE.fullmatch(manifest.name)
    if pattern is None:
        raise BadInput(f"{manifest.name!r} is no name of a sequence; write plate.####.exr")
    padding = len(pattern["place"])
    name = re.compile(re.escape(pattern["base"]) + r"([0-9]{1,9})" + re.escape(pattern["ending"]))
    numbered: dict[int, FileChunks] = {}
    for file in manifest.files:
        found = name.fullmatch(file.name)
        if found is None or found[1] != f"{int(found[1]):0{padding}}" or int(found[1]) in numbered:
            raise BadInput(f"{file.name} is not one of {manifest.name}, or is there twice")
        numbered[int(found[1])] = file
    return numbered


def chunked(path: Path, name: str, told: Callable[[int], None] = lambda _: None) -> FileChunks:
    """A file in pieces, under a name; `told` hears how many bytes were read. Raises: OSError."""
    whole, digests, size = hashlib.sha256(), list[bytes](), 0
    with path.open("rb") as file, ThreadPoolExecutor(1) as beside:
        while data := file.read(CHUNK_BYTES):
            done = beside.submit(whole.update, data)  # both hashes at once; neither holds up other threads
            digests.append(hashlib.sha256(data).digest())
            done.result()
            size += len(data)
            told(len(data))
    return FileChunks(
        name=name,
        size=size,
        sha256=whole.hexdigest(),
        chunks=tuple(digests) if len(digests) > 1 else (),
    )
