"""Deliveries: whoever gets the files can see what they are, and whether anybody changed them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from understudy.domain.artefact import Model, Take
from understudy.domain.errors import BadRecord, UnreadableMedia
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.shot import Plate
from understudy.trust.certificates import (
    CHAIN_NAME,
    INTERMEDIATE_KEY_NAME,
    LEAF_KEY_NAME,
    ROOT_NAME,
    signing_certificate,
)
from understudy.trust.consent import consent_sha256
from understudy.trust.content_credentials import (
    CONSENT_LABEL,
    Provenance,
    read_credentials,
    sidecar_of,
    sign_movie,
)
from understudy.trust.credentials import (
    MANIFEST_NAME,
    RECEIPT_NAME,
    SIGNATURE_NAME,
    seal_delivery,
    verify_delivery,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PROVENANCE = Provenance(
    plate_sha256="a" * 64,
    plate_path=None,
    models=(("m1", "b" * 64),),
    consents=(("c1", "d" * 64),),
    marked=True,
)
CONSENT = Consent(
    id="c1",
    person_id="p1",
    production_id="film",
    basis=Basis.RELEASE,
    uses=frozenset(Use),
    valid_from=date(2026, 1, 1),
    valid_to=date(2027, 1, 1),
    description="Annabelle agreed",
    document_sha256="e" * 64,
)
TAKE = Take(
    id="t1",
    shot_id="s1",
    version=3,
    model_ids=("m1",),
    people=("p2", "p1"),
    path="takes/t1",
    frames="1001-1004",
    job_id="j1",
    marked=False,
)
MODEL = Model(
    id="m1",
    name="annabelle-young",
    family="shared",
    size_px=64,
    people=("p1", "p2"),
    path="models/m1",
    sha256="b" * 64,
    iterations=10,
    job_id="j0",
)
PLATE = Plate(
    path="/plates/a.mov",
    sha256="a" * 64,
    width=64,
    height=64,
    rate=Fraction(24),
    file_frames=4,
    first_index=0,
    last_index=3,
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    signing_certificate(folder)
    return folder


def write_movie(path: Path, codec: str = "libx264", pixel_format: str = "yuv420p") -> None:
    with av.open(str(path), "w") as movie:
        stream = movie.add_stream(codec, rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pixel_format
        for value in range(4):
            picture = np.full((64, 64, 3), value * 40, np.uint8)
            movie.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        movie.mux(stream.encode())


def pictures_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as movie:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in movie.decode(video=0)]


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [("a.mp4", "libx264", "yuv420p"), ("a.mov", "prores_ks", "yuv422p10le"), ("a.mov", "libx264", "yuv420p")],
)
def test_a_signed_movie_says_what_was_done(
    keys: Path, tmp_path: Path, name: str, codec: str, pixel_format: str
) -> None:
    movie, certificate = tmp_path / name, signing_certificate(keys)
    write_movie(movie, codec, pixel_format)
    before = pictures_of(movie)
    sign_movie(movie, PROVENANCE, certificate)
    report = read_credentials(movie, certificate.root_pem)
    assert (report.state, report.failures, report.manifests) == ("Trusted", (), 1)
    assert pictures_of(movie) == before and [path.name for path in tmp_path.iterdir()] == [name]
    assertions = {item["label"]: item["data"] for item in report.active["assertions"]}
    opened, edited = assertions["c2pa.actions.v2"]["actions"]
    assert (opened["action"], edited["action"]) == ("c2pa.opened", "c2pa.edited")
    assert edited["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert assertions[CONSENT_LABEL] == {"consents": [{"id": "c1", "sha256": "d" * 64}], "evaluation": True}
    assert {entry["use"] for entry in assertions["cawg.training-mining"]["entries"].values()} == {
        "notAllowed"
    }
    roles = {item["instance_id"]: item["relationship"] for item in report.active["ingredients"]}
    assert roles == {"urn:sha256:" + "a" * 64: "parentOf", "urn:sha256:" + "b" * 64: "inputTo"}


def test_one_flipped_byte_is_found(keys: Path, tmp_path: Path) -> None:
    movie, certificate = tmp_path / "a.mp4", signing_certificate(keys)
    write_movie(movie)
    sign_movie(movie, PROVENANCE, certificate)
    content = bytearray(movie.read_bytes())
    position = content.rindex(b"mdat") + 40  # in the coded pictures
    content[position] ^= 1
    movie.write_bytes(content)
    report = read_credentials(movie, certificate.root_pem)
    assert report.state == "Invalid" and "assertion.bmffHash.mismatch" in report.failures


def test_an_edited_consent_assertion_is_found(keys: Path, tmp_path: Path) -> None:
    movie, certificate = tmp_path / "a.mp4", signing_certificate(keys)
    write_movie(movie)
    sign_movie(movie, PROVENANCE, certificate)
    content = movie.read_bytes()
    assert content.count(b"d" * 64) == 1
    movie.write_bytes(content.replace(b"d" * 64, b"d" * 63 + b"0"))
    report = read_credentials(movie, certificate.root_pem)
    assert report.state == "Invalid" and "assertion.hashedURI.mismatch" in report.failures


def test_another_root_does_not_trust_us(keys: Path, tmp_path: Path) -> None:
    movie = tmp_path / "a.mp4"
    write_movie(movie)
    sign_movie(movie, PROVENANCE, signing_certificate(keys))
    (tmp_path / "other").mkdir()
    report = read_credentials(movie, signing_certificate(tmp_path / "other").root_pem)
    assert report.state != "Trusted" and "signingCredential.untrusted" in report.failures


def test_signing_again_replaces_the_credentials(keys: Path, tmp_path: Path) -> None:
    movie, certificate = tmp_path / "a.mp4", signing_certificate(keys)
    write_movie(movie)
    for _ in range(2):
        sign_movie(movie, PROVENANCE, certificate)
    report = read_credentials(movie, certificate.root_pem)
    assert (report.state, report.manifests) == ("Trusted", 1)


def test_the_credentials_of_a_plate_stay_in_the_chain(keys: Path, tmp_path: Path) -> None:
    certificate = signing_certificate(keys)
    plate, movie = tmp_path / "plate.mov", tmp_path / "a.mp4"
    for path in (plate, movie):
        write_movie(path)
    sign_movie(plate, PROVENANCE, certificate)
    sign_movie(movie, replace(PROVENANCE, plate_path=plate), certificate)
    report = read_credentials(movie, certificate.root_pem)
    assert (report.state, report.manifests) == ("Trusted", 2)
    parents = [item for item in report.active["ingredients"] if item["relationship"] == "parentOf"]
    assert len(parents) == 1 and parents[0]["active_manifest"]


def test_what_cannot_be_signed_is_left_alone(keys: Path, tmp_path: Path) -> None:
    certificate = signing_certificate(keys)
    broken = tmp_path / "a.mp4"
    broken.write_bytes(b"no movie")
    for path in (broken, tmp_path / "a.mkv"):
        with pytest.raises(UnreadableMedia):
            sign_movie(path, PROVENANCE, certificate)
    with pytest.raises(UnreadableMedia, match="no readable content credentials"):
        read_credentials(broken, certificate.root_pem)
    assert broken.read_bytes() == b"no movie" and [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_certificates_are_kept_private_and_renewed(tmp_path: Path) -> None:
    first = signing_certificate(tmp_path)
    assert signing_certificate(tmp_path) == first
    for name in (LEAF_KEY_NAME, INTERMEDIATE_KEY_NAME):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    later = signing_certificate(tmp_path, now=datetime.now(UTC) + timedelta(days=6 * 365))
    assert later.key_pem != first.key_pem and later.root_pem == first.root_pem
    (tmp_path / INTERMEDIATE_KEY_NAME).unlink()
    with pytest.raises(BadRecord, match="ended on"):
        signing_certificate(tmp_path, now=datetime.now(UTC) + timedelta(days=20 * 365))
    (tmp_path / LEAF_KEY_NAME).write_bytes(first.key_pem)
    with pytest.raises(BadRecord, match="is not the key"):
        signing_certificate(tmp_path)
    (tmp_path / CHAIN_NAME).write_bytes(first.root_pem)
    with pytest.raises(BadRecord, match="leaf and its issuer"):
        signing_certificate(tmp_path)


def delivery(folder: Path, keys: Path) -> Path:
    (folder / "exr").mkdir(parents=True)
    write_movie(folder / "shot_v003.mp4")
    (folder / "notes.txt").write_text("grain matched")
    for frame in range(1001, 1005):
        (folder / "exr" / f"shot_v003.{frame}.exr").write_bytes(b"v/1\x01" + bytes([frame % 256]) * 50)
    seal(folder, keys)
    return folder


def seal(folder: Path, keys: Path, files: tuple[str, ...] | None = None) -> Path:
    return seal_delivery(
        folder,
        KEY,
        keys_folder=keys,
        take=TAKE,
        title="sh010",
        plate=PLATE,
        models=[MODEL],
        consents=[CONSENT],
        custody_head="f" * 64,
        settings={"movies": ["h264"]},
        files=files,
    )


@pytest.fixture(scope="module")
def sealed(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return delivery(tmp_path_factory.mktemp("delivery") / "out", keys)


def test_a_delivery_is_listed_whole(sealed: Path, keys: Path) -> None:
    verified = verify_delivery(sealed, KEY.public_key(), root_pem=signing_certificate(keys).root_pem)
    assert verified.credentials == {"shot_v003.mp4": "Trusted", RECEIPT_NAME: "Trusted"}
    manifest = verified.manifest
    assert set(manifest["files"]) == {
        "shot_v003.mp4",
        "notes.txt",
        *(f"exr/shot_v003.{frame}.exr" for frame in range(1001, 1005)),
        RECEIPT_NAME,
        sidecar_of(sealed / RECEIPT_NAME).name,
        ROOT_NAME,
    }
    assert manifest["take"] == {"id": "t1", "version": "v003", "frames": "1001-1004", "marked": False}
    assert manifest["models"] == [{"id": "m1", "checkpoint_sha256": "b" * 64}]
    assert manifest["people"] == ["p1", "p2"] and manifest["custody_head"] == "f" * 64
    assert manifest["consents"] == [{"id": "c1", "sha256": consent_sha256(CONSENT)}]
    receipt = json.loads((sealed / RECEIPT_NAME).read_text())
    assert len(receipt["frames"]) == 4 and verified.unlisted == ()


def test_nothing_delivered_holds_a_name(sealed: Path) -> None:
    for path in sealed.rglob("*"):
        assert path.is_dir() or b"annabelle" not in path.read_bytes().lower()


def test_a_later_revocation_does_not_change_the_consents_hash() -> None:
    revoked = replace(CONSENT, revoked_at="2026-05-01", revoked_why="x")
    assert consent_sha256(revoked) == consent_sha256(CONSENT)
    assert consent_sha256(replace(CONSENT, valid_to=date(2028, 1, 1))) != consent_sha256(CONSENT)


@pytest.mark.parametrize("name", ["shot_v003.mp4", "notes.txt", "exr/shot_v003.1002.exr", RECEIPT_NAME])
def test_a_changed_or_lost_file_is_named(sealed: Path, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(sealed, tmp_path / "copy"))
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BadRecord, match=f"{name} is not the file"):
        verify_delivery(copy, KEY.public_key())
    (copy / name).unlink()
    with pytest.raises(BadRecord, match=f"{name} is missing"):
        verify_delivery(copy, KEY.public_key())


def test_a_changed_manifest_or_another_signer_is_refused(sealed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sealed, tmp_path / "copy"))
    with pytest.raises(BadRecord, match="another production"):
        verify_delivery(copy, Ed25519PrivateKey.generate().public_key())
    text = (copy / MANIFEST_NAME).read_text()
    (copy / MANIFEST_NAME).write_text(text.replace('"marked": false', '"marked": true'))
    with pytest.raises(BadRecord, match="altered"):
        verify_delivery(copy, KEY.public_key())
    (copy / SIGNATURE_NAME).unlink()
    with pytest.raises(BadRecord, match="no signed manifest"):
        verify_delivery(copy, KEY.public_key())


def test_an_altered_receipt_loses_its_credentials(sealed: Path, tmp_path: Path, keys: Path) -> None:
    copy = Path(shutil.copytree(sealed, tmp_path / "copy"))
    receipt = copy / RECEIPT_NAME
    receipt.write_bytes(receipt.read_bytes().replace(b'"bytes": 54', b'"bytes": 55', 1))
    report = read_credentials(receipt, signing_certificate(keys).root_pem)
    assert report.state == "Invalid" and "assertion.dataHash.mismatch" in report.failures


def test_added_files_are_told_and_sealing_again_takes_them_in(keys: Path, tmp_path: Path) -> None:
    folder = delivery(tmp_path / "out", keys)
    (folder / "late.txt").write_text("late")
    assert verify_delivery(folder, KEY.public_key()).unlisted == ("late.txt",)
    shutil.rmtree(folder / "exr")
    seal(folder, keys)
    again = verify_delivery(folder, KEY.public_key())
    assert again.unlisted == () and again.credentials == {"shot_v003.mp4": "Trusted"}


def test_files_of_others_in_the_folder_are_not_touched(keys: Path, tmp_path: Path) -> None:
    for name in ("ours.mp4", "theirs.mp4"):
        write_movie(tmp_path / name)
    before = (tmp_path / "theirs.mp4").read_bytes()
    seal(tmp_path, keys, files=("ours.mp4",))
    verified = verify_delivery(tmp_path, KEY.public_key())
    assert (tmp_path / "theirs.mp4").read_bytes() == before
    assert verified.credentials == {"ours.mp4": "Trusted"} and verified.unlisted == ("theirs.mp4",)
