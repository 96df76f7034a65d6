"""Records whose messages have the same field names: one pair for all of them.

A field that is `optional` on the wire may be left out; it then has the record's own default. Enums go by
name (`enums.py`), tables of settings as Struct.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from understudy.domain.errors import BadEdit, BadRecord
from understudy.wire.enums import enum_from_wire
from understudy.wire.tables import table_from_wire, table_to_wire

Record = TypeVar("Record")
Filled = TypeVar("Filled", bound=Message)


def fill_message(message: Filled, record: Any) -> Filled:
    """Put every field of the record into the message's field of that name.

    Raises: BadRecord, BadSettings for a value that the wire cannot carry.
    """
    cls: Any = type(record)
    hints = _hints(cls)
    for field in fields(record):
        try:
            _put(message, field.name, getattr(record, field.name), hints[field.name])
        except (ValueError, TypeError) as cause:
            raise BadRecord(f"{field.name} of {cls.__name__} cannot be sent: {cause}") from cause
    return message


def read_message(cls: type[Record], message: Message) -> Record:
    """The record of a message that `fill_message` filled. Raises: BadRecord, and what the record refuses."""
    known: Any = cls
    hints, values = _hints(known), {}
    for field in fields(known):
        if _left_out(message, field):
            continue
        values[field.name] = _take(message, field.name, hints[field.name])
    return cls(**values)


def enum_name_on_wire(member: Enum) -> str:
    """`FaceState.KEYED` is FACE_STATE_KEYED."""
    return f"{_prefix(type(member))}_{member.name}"


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def _prefix(cls: Any) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _put(message: Any, name: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is tuple:
        if is_dataclass(get_args(hint)[0]):
            for item in value:
                fill_message(getattr(message, name).add(), item)
        else:
            getattr(message, name).extend(value)
    elif is_dataclass(hint):
        fill_message(getattr(message, name), value)
    elif get_origin(hint) is dict:
        target = getattr(message, name)
        if isinstance(target, Struct):
            target.CopyFrom(table_to_wire(value))
        else:
            target.update(value)
    elif _is_enum(hint):
        known = message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_name
        setattr(message, name, known[enum_name_on_wire(value)].number)
    else:
        setattr(message, name, value)


def _left_out(message: Message, field: Field[Any]) -> bool:
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    presence = message.DESCRIPTOR.fields_by_name[field.name].has_presence
    return has_default and presence and not message.HasField(field.name)


def _take(message: Any, name: str, hint: Any) -> Any:
    value = getattr(message, name)
    if get_origin(hint) is tuple:
        inner: Any = get_args(hint)[0]
        is_record = is_dataclass(inner)
        return tuple(map(partial(read_message, inner), value) if is_record else value)
    if isinstance(hint, type) and is_dataclass(hint):
        return read_message(hint, value)
    if get_origin(hint) is dict:
        table = table_from_wire(value) if isinstance(value, Struct) else dict(value)
        return _settings(table) if get_args(hint)[1] == float | str else table
    if _is_enum(hint):
        wrapper = EnumTypeWrapper(message.DESCRIPTOR.fields_by_name[name].enum_type)
        return enum_from_wire(value, wrapper, hint, prefix=_prefix(hint))
    return value


def _settings(table: Mapping[str, object]) -> dict[str, float | str]:
    """Settings of an edit are numbers or words."""
    values: dict[str, float | str] = {}
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise BadEdit(f"setting {name} must be a number or a word, not {value!r}")
        values[name] = value if isinstance(value, str) else float(value)
    return values
