"""Making a clip of its pieces: in a hidden folder, which gets its name once every file is on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from understudy.domain.chunks import ClipManifest, FileChunks, sequence_numbers
from understudy.domain.errors import BadInput, Transient
from understudy.domain.files import named_write_errors, sync_folder
from understudy.domain.identifiers import new_id
from understudy.domain.summary import StoredClip
from understudy.media.sequence_files import sha256_of_hashes
from understudy.store.blobs import Blobs
from understudy.store.clips import half_clip
from understudy.store.room import Room


def put_together(manifest: ClipManifest, blobs: Blobs, media: Path, room: Room) -> Iterator[int | StoredClip]:
    """Yields how many bytes are in their place, at last where the clip lies. Given up, it leaves nothing.

    Raises: Transient when a piece is away; BadInput when a file is not what the manifest says; DiskFull.
    """
    target = media / new_id()
    half, done = half_clip(target), 0
    with room.kept(manifest.name, manifest.size) as kept, named_write_errors(target):
        half.mkdir(parents=True)
        try:
            for file in manifest.files:
                for size in _written(half / file.name, file, blobs):
                    kept.used(size)
                    done += size
                    yield done
            sync_folder(half)
            half.rename(target)
            sync_folder(media)
        except BaseException as cause:
            shutil.rmtree(half, ignore_errors=True)
            if isinstance(cause, FileNotFoundError):  # a starting server sweeps what it thinks is left over
                raise Transient(f"the files of {manifest.name} were swept away; send it again") from cause
            raise
    yield StoredClip(path=str(target / manifest.name), sha256=clip_sha256_of(manifest))


def clip_sha256_of(manifest: ClipManifest) -> str:
    """The hash by which the clip will be known."""
    if not manifest.is_sequence:
        return manifest.files[0].sha256
    return sha256_of_hashes({number: file.sha256 for number, file in sequence_numbers(manifest).items()})


def _written(path: Path, file: FileChunks, blobs: Blobs) -> Iterator[int]:
    """Write one file, piece by piece; a file of one piece is that piece itself, under a second name."""
    if not file.chunks:
        data = blobs.read(file.digests[0], file.size)
        with suppress(OSError):  # a file system without hard links
            os.link(blobs.path(file.digests[0]), path)
        if not path.exists():
            path.write_bytes(data)
    else:
        yield from _joined(path, file, blobs)
    _sync(path)
    yield file.size if not file.chunks else 0


def _joined(path: Path, file: FileChunks, blobs: Blobs) -> Iterator[int]:
    """The whole is hashed, not each piece again; only when it is wrong they are looked at one by one."""
    whole = hashlib.sha256()
    with path.open("wb") as written, ThreadPoolExecutor(1) as beside:
        for digest in file.chunks:
            data = blobs.unchecked(digest)
            hashed = beside.submit(whole.update, data)
            written.write(data)
            hashed.result()
            yield len(data)
    if whole.hexdigest() != file.sha256:
        for index, digest in enumerate(file.chunks):
            blobs.read(digest, file.chunk_size(index))
        raise BadInput(f"the pieces of {file.name} do not give the file that was said; send it again")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def still_whole(clip: StoredClip, manifest: ClipManifest) -> bool:
    """Whether the files of a clip that was put together are still there, by name and size."""
    folder = Path(clip.path).parent
    with suppress(OSError):
        return all((folder / file.name).stat().st_size == file.size for file in manifest.files)
    return False
