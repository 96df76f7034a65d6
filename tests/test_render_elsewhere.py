"""A farm machine renders a bundle whose paths are those of the server: it finds all below its own folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.running_backend import ROOT

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.job import JobKind
from understudy.jobs.bundle import read_bundle
from understudy.media.layers import layers_path
from understudy.store.production import Production


def render(
    bundle: Path, frames: str, production: Path, *rules: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    key = production / "keys" / "production.ed25519.pub"
    words = ["render", str(bundle), "-F", frames, "--public-key", str(key)]
    for rule in rules:
        words += ["--path-map", rule]
    return subprocess.run(
        [sys.executable, "-m", "understudy", *words],
        env={
            **os.environ,
            "UNDERSTUDY_CACHE": str(ROOT / ".cache"),
            "UNDERSTUDY_OFFLINE": "1",
            **environment,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_bundle_is_rendered_where_its_folders_have_other_names(
    replaced_show: Path, tiny_shot: TinyShot, tmp_path: Path
) -> None:
    here, plates = tmp_path / "mnt" / "show", tmp_path / "mnt" / "plates"
    shutil.copytree(replaced_show, here)
    shutil.copytree(tiny_shot.plate.parent, plates)
    with Production.open(here) as production:
        take = production.takes()[0]
        assert production.job(take.job_id).kind is JobKind.CONVERT
    bundle = here / "jobs" / take.job_id
    made = read_bundle(bundle)[0]
    frame = made.resolved.frames[2]  # type: ignore[union-attr]
    target = layers_path(here / take.path, frame)
    before, elsewhere = target.read_bytes(), layers_path(replaced_show / take.path, frame)
    stamp = elsewhere.stat().st_mtime_ns
    target.unlink()

    rules = (f"{replaced_show}={here}", f"{tiny_shot.plate.parent}={plates}")
    done = render(bundle, str(frame), here, *rules)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == before
    assert elsewhere.stat().st_mtime_ns == stamp and read_bundle(bundle)[0] == made

    file = tmp_path / "paths.json"
    file.write_text(json.dumps({"map": dict(rule.split("=") for rule in rules)}))
    target.unlink()
    assert render(bundle, str(frame), here, UNDERSTUDY_PATH_MAP=str(file)).returncode == 0
    assert target.read_bytes() == before

    plate = plates / tiny_shot.plate.name
    plate.write_bytes(plate.read_bytes()[:-1] + b"\0")
    refused = render(bundle, str(frame), here, *rules)
    assert refused.returncode == 3 and "has changed since the job was made" in refused.stderr
    plate.unlink()
    refused = render(bundle, str(frame), here, *rules)
    assert refused.returncode in (3, 75) and str(plate) in refused.stderr
