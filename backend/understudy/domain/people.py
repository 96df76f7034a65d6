"""People and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Use(StrEnum):
    """What a consent can allow. One word per gate in the backend."""

    TRAIN = "train"  # a model may learn this person's face
    REPLACE = "replace"  # this performer's face may be replaced
    LIKENESS = "likeness"  # this donor's likeness may be put in
    DELIVER = "deliver"  # results that show this person may leave the house


class Basis(StrEnum):
    """Why the person may be used at all."""

    RELEASE = "release"  # signed by the person
    ESTATE = "estate"  # signed by an estate or guardian
    SYNTHETIC = "synthetic"  # nobody: a made-up performer
    EVALUATION = "evaluation-licence"  # footage whose licence allows trying things; results are marked


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody whose face is seen in plates or put into them. `name` is a working name."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """One agreement: this person, this production, these uses, this term.

    `document_sha256` is the hash of the signed paper (release, estate) and `reference` says where it is kept.
    An evaluation licence instead lists `footage`: pairs (SHA-256, source) of the clips it covers.
    """

    id: str
    person_id: str
    production_id: str
    basis: Basis
    uses: frozenset[Use]
    valid_from: date
    valid_to: date
    description: str
    document_sha256: str = ""
    reference: str = ""
    footage: tuple[tuple[str, str], ...] = ()
    revoked_at: str = ""
    revoked_why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One question to the consent gate: may this person be used so?"""

    person_id: str
    use: Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """The gate's answer for one job, signed, so that a farm node needs no database.

    `marked` asks for the burnt-in evaluation mark on every picture. `signature` is Ed25519 over the
    canonical JSON of the other fields, in hex.
    """

    job_id: str
    production_id: str
    bundle_sha256: str
    needs: tuple[Need, ...]
    consent_ids: tuple[str, ...]
    marked: bool
    issued_at: str
    expires_at: str
    signature: str = ""
