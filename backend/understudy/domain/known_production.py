"""Productions as a review room lists them, open or not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

MAX_SLUG = 60


class ProductionState(StrEnum):
    """Whether one can work in a production at this moment."""

    OPEN = "open"  # a server answers
    CLOSED = "closed"  # no server has it open
    UNREACHABLE = "unreachable"  # its server does not answer, or its folder is away


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownProduction:
    """A production by its `key`, the word that stands for it in addresses. `folder`: a path on its server."""

    key: str
    name: str
    folder: str = ""
    state: ProductionState = ProductionState.CLOSED

    def with_state(self, state: ProductionState) -> KnownProduction:
        return replace(self, state=state)


def slug(name: str) -> str:
    """A name in lower-case letters, digits and hyphens: "Der Fall Götz" -> "der-fall-gotz"."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:MAX_SLUG].strip("-") or "production"
