# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's zip, made outside Blender: one file for 3.4 (add-on) and for 4.2 and later (extension)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NAME = "understudy_sequencer"
"""The folder in the zip: 3.4 needs one, and it is the extension's id."""

_HERE = Path(__file__).resolve().parent
_BRIDGE = _HERE.parent.parent
_OUTSIDE = frozenset({"packing.py", "extension_init.py", "blender_manifest.toml", "install.toml", "LICENSE"})
_WANTED = frozenset({".py", ".md", ".png", ".svg"})
_STAMP = (1980, 1, 1, 0, 0, 0)  # the oldest that a zip can tell; the bytes depend on what is in it only


def extension_zip(target: Path) -> Path:
    """Write the zip to `target`, or under its usual name into that folder. Same files, same bytes."""
    target = target / f"{NAME}.zip" if target.is_dir() else target
    number, unfinished = tempfile.mkstemp(prefix=".", suffix=".zip", dir=target.parent)
    os.close(number)
    try:
        with ZipFile(unfinished, "w") as packed:
            for name, source in sorted(_contents()):
                entry = ZipInfo(f"{NAME}/{name}", _STAMP)
                entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o100644 << 16
                packed.writestr(entry, source.read_bytes())
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, target)
    except BaseException:
        os.unlink(unfinished)
        raise
    return target


def _contents() -> Iterator[tuple[str, Path]]:
    """Names in the zip's folder and the files that are read for them."""
    yield "__init__.py", _HERE / "extension_init.py"
    yield "blender_manifest.toml", _HERE / "blender_manifest.toml"
    yield "LICENSE", _HERE / "LICENSE"
    yield "panel/LICENSE", _BRIDGE / "panel" / "LICENSE"
    yield "hosts/__init__.py", _BRIDGE / "hosts" / "__init__.py"
    for folder in ("panel", "hosts/blender"):
        for source in (_BRIDGE / folder).iterdir():
            if source.suffix in _WANTED and source.name not in _OUTSIDE:
                yield f"{folder}/{source.name}", source
