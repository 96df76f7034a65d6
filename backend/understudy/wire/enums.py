"""Enums by name: `Use.TRAIN` is USE_TRAIN on the wire, where 0 always means "not said"."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from understudy.domain.errors import BadRecord

Member = TypeVar("Member", bound=StrEnum)


def enum_to_wire(member: StrEnum, wire_enum: Any, *, prefix: str) -> Any:
    """The wire number of an enum member."""
    return wire_enum.Value(f"{prefix}_{member.name}")


def enum_from_wire(number: int, wire_enum: Any, cls: type[Member], *, prefix: str) -> Member:
    """The enum member of a wire number. Raises: BadRecord for 0 and for numbers not known here."""
    words = ", ".join(member.value for member in cls)
    if number == 0:
        raise BadRecord(f"the {cls.__name__} is not said; it must be one of: {words}")
    if number not in wire_enum.values():
        raise BadRecord(
            f"{cls.__name__} number {number} is not known here (known: {words}); use the same "
            "version of Understudy on both sides"
        )
    return cls[wire_enum.Name(number).removeprefix(f"{prefix}_")]
