"""Writing what was planned for an editor, and taking it away again.

Everything is looked at before anything is written, files of others are never overwritten, and a list is kept
first of what is about to be written, so that a killed installation can be repeated or removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import understudy
from understudy.domain.errors import Conflict, NotFound
from understudy.domain.files import write_bytes
from understudy_bridge.installing.artist_file import with_block, without_block
from understudy_bridge.installing.kept import (
    Block,
    HostFiles,
    InstalledList,
    missing_folders,
    read_list,
    write_list,
)
from understudy_bridge.installing.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What was written or taken away, and what to know about it."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def install(plan: Plan) -> Outcome:
    """Write what was planned, and take away what an earlier version had more. Raises: Conflict."""
    host, root = plan.installation.host, plan.root
    kept = read_list(root)
    before = kept.hosts.get(host, HostFiles(version=""))
    refuse_others(plan, kept)
    texts = {path: _with_block(path, host, lines) for path, lines in plan.blocks.items()}
    now = HostFiles(
        version=understudy.__version__,
        files={str(path): (_sha256(data),) for path, data in plan.files.items()},
        blocks=tuple(_block(path, before) for path in texts),
    )
    folders = dict.fromkeys((*kept.folders, *missing_folders([*plan.files, *texts])))
    kept = replace(kept, folders=tuple(folders))
    write_list(root, kept.with_host(host, _both(before, now)))
    for path, data in plan.files.items():
        write_bytes(path, data)
    for path, text in texts.items():
        write_bytes(path, text, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644)
    removed, notes = _take_away(_less(before, now), host, kept)
    write_list(root, kept.with_host(host, now))
    return Outcome(
        written=tuple(str(path) for path in (*plan.files, *texts)),
        removed=removed,
        notes=(*plan.notes, *notes, *_other_versions(kept, host)),
    )


def remove_host(host: str, root: Path, *, dry_run: bool = False) -> Outcome:
    """Take away what was installed for an editor, but for what was changed since. Raises: NotFound."""
    kept = read_list(root)
    if host not in kept.hosts:
        raise NotFound(f"nothing of {host} was installed from {root}; name the folder with --to")
    files = kept.hosts[host]
    if dry_run:
        ours = set(files.files) - kept.files_of_others(host)
        return Outcome(removed=(*sorted(ours), *(block.path for block in files.blocks)))
    removed, notes = _take_away(files, host, kept)
    write_list(root, kept.with_host(host, None))
    _remove_empty(kept.folders)
    return Outcome(removed=removed, notes=notes)


def _block(path: Path, before: HostFiles) -> Block:
    """A block in a file; `made` stays as it was when the file was first met."""
    made = {block.path: block.made for block in before.blocks}
    return Block(path=str(path), made=made.get(str(path), not path.exists()))


def _both(before: HostFiles, now: HostFiles) -> HostFiles:
    """What may be there while an update is under way."""
    files = {
        path: tuple(dict.fromkeys((*before.files.get(path, ()), *now.files.get(path, ()))))
        for path in (*before.files, *now.files)
    }
    blocks = {block.path: block for block in (*before.blocks, *now.blocks)}
    return HostFiles(version=now.version, files=files, blocks=tuple(blocks.values()))


def _less(before: HostFiles, now: HostFiles) -> HostFiles:
    """What an earlier version had and the present one has not."""
    still = {block.path for block in now.blocks}
    return HostFiles(
        version=before.version,
        files={path: hashes for path, hashes in before.files.items() if path not in now.files},
        blocks=tuple(block for block in before.blocks if block.path not in still),
    )


def refuse_others(plan: Plan, kept: InstalledList) -> None:
    """Raises: Conflict for a file that is not ours, or that was changed since it was installed."""
    for path, data in plan.files.items():
        if not path.exists() and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file():
            raise Conflict(f"{path} is there and is not ours; move it away")
        found, ours = _sha256(path.read_bytes()), kept.hashes_of(path)
        if found not in {*ours, _sha256(data)}:
            word = "was changed since it was installed" if ours else "is there and is not ours"
            raise Conflict(f"{path} {word}; move it away")


def _with_block(path: Path, host: str, lines: str) -> bytes:
    try:
        return with_block(path.read_bytes() if path.exists() else b"", host, lines)
    except Conflict as cause:
        raise Conflict(f"{path}: {cause}") from cause


def _take_away(files: HostFiles, host: str, kept: InstalledList) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove a host's files and lines; what was removed, and what was left there and why."""
    removed: list[str] = []
    notes: list[str] = []
    needed = kept.files_of_others(host)
    for text, hashes in files.files.items():
        path = Path(text)
        if text in needed or not path.is_file():
            continue
        if _sha256(path.read_bytes()) not in hashes:
            notes.append(f"{path} was changed since it was installed; it stays")
            continue
        path.unlink()
        removed.append(text)
        _remove_compiled(path)
    for block in files.blocks:
        try:
            if _remove_block(block, host):
                removed.append(block.path)
        except Conflict as conflict:
            notes.append(f"{block.path}: {conflict}")
    return tuple(removed), tuple(notes)


def _remove_block(block: Block, host: str) -> bool:
    path = Path(block.path)
    if not path.is_file():
        return False
    before = path.read_bytes()
    text = without_block(before, host)
    if not text and block.made:
        path.unlink()
        _remove_compiled(path)
    elif text != before:
        write_bytes(path, text, mode=path.stat().st_mode & 0o777)
    return text != before


def _remove_compiled(path: Path) -> None:
    """What a Python made of a file that is gone."""
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc") if path.suffix == ".py" else ():
        compiled.unlink(missing_ok=True)
    _remove_empty([str(cache)])


def _remove_empty(folders: Iterable[str]) -> None:
    for folder in sorted(folders, key=len, reverse=True):
        path = Path(folder)
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def _other_versions(kept: InstalledList, host: str) -> Iterator[str]:
    """Editors share `panel`: one of an earlier version is brought up to it."""
    for name, one in kept.hosts.items():
        if name != host and one.version != understudy.__version__:
            yield f"{name} is still of version {one.version}: understudy bridge install {name}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
