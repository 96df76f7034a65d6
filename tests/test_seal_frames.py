"""Frames of every kind under content credentials: in the file or in one receipt, their codes unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.media_samples import sample_layers
from tests.sequence_plates import stored, write_plain_plate

from understudy.config import DeliverConfig
from understudy.domain.artefact import Take
from understudy.domain.frame import Rect
from understudy.media.layers import layers_path, write_layers
from understudy.stages.deliver import deliver
from understudy.trust.certificates import signing_certificate
from understudy.trust.credentials import RECEIPT_NAME, seal_delivery, verify_delivery

KEY = Ed25519PrivateKey.generate()


@pytest.mark.parametrize(("suffix", "bits"), [(".png", 0), (".tif", 0), (".dpx", 10)])
def test_frames_of_every_kind_are_sealed_and_keep_their_codes(tmp_path: Path, suffix: str, bits: int) -> None:
    plate = write_plain_plate(tmp_path / "in", suffix, np.uint16, bits=bits)
    take, out = tmp_path / "take", tmp_path / "out"
    for frame in plate.frames:
        write_layers(
            sample_layers(frame, Rect(20, 10, 20, 20)), layers_path(take, frame),
            display_window=plate.display_window, settings_sha256="s", people=(),
        )  # fmt: skip
    config = DeliverConfig(movies=(), contact_sheet=False, frames=True)
    paths = deliver(
        plate, take, tuple(plate.frames), config, out, title="t", marked=False, people=(),
        emit=lambda event: None, stopping=lambda: False,
    )  # fmt: skip
    before = [stored(path) for path in paths]
    names = [path.relative_to(out).as_posix() for path in paths]
    record = Take(
        id="t1", shot_id="s1", version=1, model_ids=(), people=("p1",), path="takes/t1", frames="86-87",
        job_id="j1", marked=False,
    )  # fmt: skip
    root = signing_certificate(tmp_path / "keys").root_pem
    seal_delivery(
        out, KEY, keys_folder=tmp_path / "keys", take=record, title="t", plate=plate, models=[],
        consents=[], custody_head="f" * 64, files=names, notes=["frames were packed again"],
    )  # fmt: skip
    verified = verify_delivery(out, KEY.public_key(), root_pem=root)
    assert verified.unlisted == () and verified.manifest["notes"] == ["frames were packed again"]
    if suffix == ".dpx":
        receipt = json.loads((out / RECEIPT_NAME).read_text())
        assert sorted(receipt["frames"]) == sorted(names)
        assert verified.credentials == {RECEIPT_NAME: "Trusted"}
    else:
        assert verified.credentials == dict.fromkeys(names, "Trusted")
    assert all(np.array_equal(stored(path), was) for path, was in zip(paths, before, strict=True))
