"""C2PA content credentials: what was done to a picture, signed and put into its file.

A movie or still carries its credentials inside; signing is the last step, since remuxing drops them. Formats
that cannot carry any (OpenEXR) get one JSON receipt of all frames' hashes with a `.c2pa` file beside it.
No personal data goes in: people and models are ids and hashes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa

from understudy import __version__
from understudy.domain.errors import BadRecord, UnreadableMedia
from understudy.domain.files import atomic_write, write_bytes
from understudy.trust.certificates import SigningCertificate

CONSENT_LABEL = "org.understudy.consent"
MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
RECEIPT_MIME = "application/json"
_TRAINED_COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_MINING = ("ai_inference", "ai_generative_training", "ai_training", "data_mining")


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where pictures came from: the plate, the models that drew, and the consents (id, record hash)."""

    plate_sha256: str
    plate_path: Path | None
    models: tuple[tuple[str, str], ...]
    consents: tuple[tuple[str, str], ...]
    marked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialsReport:
    """What a check of content credentials found. `state` is Trusted, Valid or Invalid.

    Valid means whole but signed under another root. `manifests` counts the whole chain.
    """

    state: str
    failures: tuple[str, ...]
    manifests: int
    active: dict[str, Any]


def sign_movie(
    path: Path, provenance: Provenance, certificate: SigningCertificate, *, tsa_url: str = ""
) -> None:
    """Put credentials into a finished movie or still, atomically; older ones of the file are replaced.

    `tsa_url` names an RFC 3161 time stamp service. Raises: UnreadableMedia.
    """
    mime = MIME_TYPES.get(path.suffix.lower())
    if mime is None:
        raise UnreadableMedia(f"{path.name} cannot carry content credentials; use {', '.join(MIME_TYPES)}")
    try:
        with (
            _builder(path.name, mime, provenance, certificate) as builder,
            atomic_write(path) as signed,
            path.open("rb") as source,
            signed.open("w+b") as target,
        ):
            builder.sign(_signer(certificate, tsa_url), mime, source, target)
    except c2pa.C2paError as cause:
        raise UnreadableMedia(f"{path.name} could not be given content credentials: {cause}") from cause


def sign_receipt(
    path: Path, provenance: Provenance, certificate: SigningCertificate, *, tsa_url: str = ""
) -> Path:
    """Write credentials of a receipt as a file beside it (`.c2pa`) and return its path.

    Raises: UnreadableMedia.
    """
    target = sidecar_of(path)
    try:
        with _builder(path.name, RECEIPT_MIME, provenance, certificate) as builder, path.open("rb") as source:
            builder.set_no_embed()
            data = builder.sign(_signer(certificate, tsa_url), RECEIPT_MIME, source, io.BytesIO())
    except c2pa.C2paError as cause:
        raise UnreadableMedia(f"{path.name} could not be given content credentials: {cause}") from cause
    write_bytes(target, data)
    return target


def sidecar_of(receipt: Path) -> Path:
    """Where the credentials of a receipt lie."""
    return receipt.with_suffix(".c2pa")


def read_credentials(path: Path, root_pem: bytes) -> CredentialsReport:
    """Check the credentials in a file, or beside a receipt, against a root certificate.

    Raises: UnreadableMedia when there are none.
    """
    mime = MIME_TYPES.get(path.suffix.lower(), RECEIPT_MIME)
    context = _context(root_pem)
    sidecar = sidecar_of(path).read_bytes() if mime == RECEIPT_MIME and sidecar_of(path).exists() else None
    try:
        with path.open("rb") as stream, c2pa.Reader(mime, stream, sidecar, context=context) as reader:
            found = json.loads(reader.json())
    except (c2pa.C2paError, OSError) as cause:
        raise UnreadableMedia(f"{path.name} has no readable content credentials: {cause}") from cause
    results = found.get("validation_results", {}).get("activeManifest", {})
    return CredentialsReport(
        state=found["validation_state"],
        failures=tuple(failure["code"] for failure in results.get("failure", ())),
        manifests=len(found["manifests"]),
        active=found["manifests"][found["active_manifest"]],
    )


def _builder(title: str, mime: str, provenance: Provenance, certificate: SigningCertificate) -> c2pa.Builder:
    plate = {
        "title": "plate",
        "label": "plate",
        "relationship": "parentOf",
        "format": "application/octet-stream",
    }
    plate["instance_id"] = f"urn:sha256:{provenance.plate_sha256}"
    models = [
        {
            "title": f"model {identifier}",
            "label": f"model-{number}",
            "relationship": "inputTo",
            "format": "application/octet-stream",
            "instance_id": f"urn:sha256:{sha256}",
        }
        for number, (identifier, sha256) in enumerate(provenance.models)
    ]
    carried = _has_credentials(provenance.plate_path, certificate.root_pem)
    manifest = {
        "claim_generator_info": [{"name": "Understudy", "version": __version__}],
        "title": title,
        "format": mime,
        "assertions": _assertions(provenance, [str(model["label"]) for model in models]),
        "ingredients": models if carried else [plate, *models],
    }
    try:
        builder = c2pa.Builder.from_json(json.dumps(manifest), context=_context(certificate.root_pem))
    except c2pa.C2paError as cause:
        raise BadRecord(f"content credentials of {title} cannot be written: {cause}") from cause
    if carried and provenance.plate_path is not None:
        with provenance.plate_path.open("rb") as stream:
            mime = MIME_TYPES[provenance.plate_path.suffix.lower()]
            builder.add_ingredient_from_stream(json.dumps({**plate, "format": mime}), mime, stream)
    return builder


def _assertions(provenance: Provenance, model_labels: Sequence[str]) -> list[dict[str, object]]:
    edited = {
        "action": "c2pa.edited",
        "digitalSourceType": _TRAINED_COMPOSITE,
        "softwareAgent": {"name": "Understudy", "version": __version__},
        "description": "a performer's face was replaced with an agreed likeness",
        "parameters": {"ingredientIds": list(model_labels)},
    }
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["plate"]}}
    consents = [{"id": identifier, "sha256": sha256} for identifier, sha256 in provenance.consents]
    mining = {f"cawg.{name}": {"use": "notAllowed"} for name in _MINING}
    return [
        {"label": "c2pa.actions.v2", "data": {"actions": [opened, edited]}},
        {"label": "cawg.training-mining", "data": {"entries": mining}},
        {"label": CONSENT_LABEL, "data": {"consents": consents, "evaluation": provenance.marked}},
    ]


def _has_credentials(path: Path | None, root_pem: bytes) -> bool:
    """Whether a plate brings credentials of its own, which then stay in the chain."""
    if path is None or path.suffix.lower() not in MIME_TYPES or not path.is_file():
        return False
    try:
        reader = c2pa.Reader.try_create(path, context=_context(root_pem))
    except c2pa.C2paError:  # damaged credentials are not carried on; the plate's hash still is
        return False
    if reader is None:
        return False
    reader.close()
    return True


def _signer(certificate: SigningCertificate, tsa_url: str) -> c2pa.Signer:
    info = c2pa.C2paSignerInfo("es256", certificate.chain_pem, certificate.key_pem, tsa_url or None)
    return c2pa.Signer.from_info(info)


def _context(root_pem: bytes) -> c2pa.Context:
    """Our own root and nothing from the network; no thumbnails, which would show people."""
    settings = {
        "version_major": 1,
        "version_minor": 0,
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": {"user_anchors": root_pem.decode()},
    }
    return c2pa.Context(c2pa.Settings.from_dict(settings))
