"""Sealing a delivery: content credentials in its pictures, then one signed manifest of all its files."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from understudy import __version__
from understudy.domain.artefact import Model, Take
from understudy.domain.errors import BadRecord
from understudy.domain.files import TEMPORARY_PREFIX, sha256_of, write_bytes
from understudy.domain.people import Consent
from understudy.domain.shot import Plate
from understudy.trust.canonical import sha256_hex
from understudy.trust.certificates import ROOT_NAME, SigningCertificate, signing_certificate
from understudy.trust.consent import consent_sha256
from understudy.trust.content_credentials import (
    MIME_TYPES,
    Provenance,
    read_credentials,
    sidecar_of,
    sign_movie,
    sign_receipt,
)
from understudy.trust.keys import is_signed, public_pem, sign

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
RECEIPT_NAME = "frames.json"
_UNSIGNED_FRAMES = (".exr", ".dpx")  # formats that have no place for credentials
_OURS = frozenset({MANIFEST_NAME, SIGNATURE_NAME})
_ADDED = (ROOT_NAME, RECEIPT_NAME, sidecar_of(Path(RECEIPT_NAME)).name)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedDelivery:
    """A delivery that holds: its manifest, the state of each credential, files that are not listed."""

    manifest: dict[str, Any]
    credentials: dict[str, str]
    unlisted: tuple[str, ...]


def seal_delivery(
    folder: Path,
    key: Ed25519PrivateKey,
    *,
    keys_folder: Path,
    take: Take,
    title: str,
    plate: Plate,
    models: Sequence[Model],
    consents: Sequence[Consent],
    custody_head: str,
    settings: Mapping[str, object] | None = None,
    notes: Sequence[str] = (),
    files: Collection[str] | None = None,
    tsa_url: str = "",
) -> Path:
    """Sign every picture in `folder`, then write `manifest.json` and `manifest.sig`; returns the manifest.

    `files` are the delivered ones, as paths below `folder`; None takes everything there as delivered. `notes`
    are what a reader should know of how they were made.
    Sealing again replaces what was there. Nothing written holds a person's or a model's name.
    Raises: UnreadableMedia, BadRecord.
    """
    certificate = signing_certificate(keys_folder)
    provenance = Provenance(
        plate_sha256=plate.sha256,
        plate_path=Path(plate.path),
        models=tuple((model.id, model.sha256) for model in models),
        consents=tuple(sorted((consent.id, consent_sha256(consent)) for consent in consents)),
        marked=take.marked,
    )
    _sign_pictures(folder, files, provenance, certificate, tsa_url)
    write_bytes(folder / ROOT_NAME, certificate.root_pem)
    manifest = {
        "schema": 1,
        "product": {"name": "Understudy", "version": __version__},
        "sealed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "title": title,
        "take": {"id": take.id, "version": take.label, "frames": take.frames, "marked": take.marked},
        "shot": {"id": take.shot_id, "plate_sha256": plate.sha256},
        "models": [{"id": model.id, "checkpoint_sha256": model.sha256} for model in models],
        "people": sorted(set(take.people)),
        "consents": [{"id": identifier, "sha256": sha256} for identifier, sha256 in provenance.consents],
        "custody_head": custody_head,
        "signed_with_sha256": sha256_hex(public_pem(key.public_key())),
        "settings": dict(settings or {}),
        "notes": list(notes),
        "files": {name: _fingerprint(folder / name) for name in _files(folder, files)},
    }
    data = json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"
    write_bytes(folder / MANIFEST_NAME, data)
    write_bytes(folder / SIGNATURE_NAME, sign(key, data).encode() + b"\n")
    return folder / MANIFEST_NAME


def verify_delivery(folder: Path, public_key: Ed25519PublicKey, *, root_pem: bytes = b"") -> VerifiedDelivery:
    """Check a delivery against the production's public key, file by file.

    `root_pem` is the root of its content credentials; without it the one in the folder is taken, which the
    manifest covers. Raises: BadRecord, saying which file was altered or is missing.
    """
    manifest = read_manifest(folder, public_key)
    listed = manifest["files"]
    if not isinstance(listed, dict):
        raise BadRecord(f"{MANIFEST_NAME} lists no files; ask for the delivery again")
    for name, expected in listed.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise BadRecord(f"{MANIFEST_NAME} names a file outside the delivery: {name!r}")
        if not (folder / name).is_file():
            raise BadRecord(f"{name} is missing from the delivery; copy it again")
        if _fingerprint(folder / name) != expected:
            raise BadRecord(f"{name} is not the file that was delivered; copy it again from the source")
    root = root_pem or (folder / ROOT_NAME).read_bytes()
    states = {name: _state(folder / name, root) for name in listed if _carries(folder / name)}
    return VerifiedDelivery(
        manifest=manifest, credentials=states, unlisted=tuple(sorted(set(_files(folder)) - set(listed)))
    )


def read_manifest(folder: Path, public_key: Ed25519PublicKey) -> dict[str, Any]:
    """What the signed manifest of a delivery says. Raises: BadRecord."""
    try:
        data = (folder / MANIFEST_NAME).read_bytes()
        signature = (folder / SIGNATURE_NAME).read_text().strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise BadRecord(f"the delivery has no signed manifest ({cause}); ask for it again") from cause
    if not is_signed(public_key, signature, data):
        raise BadRecord(
            f"{MANIFEST_NAME} was altered, or another production signed it; ask for the delivery again"
        )
    return dict(json.loads(data))


def _sign_pictures(
    folder: Path,
    files: Collection[str] | None,
    provenance: Provenance,
    certificate: SigningCertificate,
    tsa_url: str,
) -> None:
    frames: dict[str, object] = {}
    for stale in (folder / RECEIPT_NAME, sidecar_of(folder / RECEIPT_NAME)):
        stale.unlink(missing_ok=True)
    for name in _files(folder, files):
        path = folder / name
        if path.suffix.lower() in MIME_TYPES:
            sign_movie(path, provenance, certificate, tsa_url=tsa_url)
        elif path.suffix.lower() in _UNSIGNED_FRAMES:
            frames[name] = _fingerprint(path)
    if frames:
        receipt = folder / RECEIPT_NAME
        write_bytes(receipt, json.dumps({"frames": frames}, indent=1, sort_keys=True).encode() + b"\n")
        sign_receipt(receipt, provenance, certificate, tsa_url=tsa_url)


def _files(folder: Path, chosen: Collection[str] | None = None) -> list[str]:
    """What is delivered, as paths below the folder; not the manifest itself, nor unfinished files."""
    found = (
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(TEMPORARY_PREFIX)
    )
    names = (path.relative_to(folder).as_posix() for path in found)
    wanted = None if chosen is None else {*chosen, *_ADDED}
    return sorted(name for name in names if name not in _OURS and (wanted is None or name in wanted))


def _fingerprint(path: Path) -> dict[str, object]:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _carries(path: Path) -> bool:
    return path.suffix.lower() in MIME_TYPES or (path.name == RECEIPT_NAME and sidecar_of(path).exists())


def _state(path: Path, root_pem: bytes) -> str:
    return read_credentials(path, root_pem).state
