"""What a request leaves out, and how much it may ask for."""

from __future__ import annotations

from understudy.domain.errors import BadInput


def said(identifier: str, what: str) -> str:
    """The identifier. Raises: BadInput when the request leaves it empty."""
    if not identifier:
        raise BadInput(f"the request does not say which {what}")
    return identifier


def page_size(asked: int, default: int, most: int) -> int:
    """How many are answered at once; 0 is the default. Raises: BadInput."""
    if asked < 0:
        raise BadInput(f"a page of {asked} is not possible; ask for 1..{most}, or 0 for {default}")
    return min(asked or default, most)
