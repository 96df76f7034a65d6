"""Plain tables (settings, results, facts) as google.protobuf.Struct.

A Struct knows only doubles. Whole doubles come back as ints, since `1` and `1.0` are equal in Python and the
settings accept an int where a float is meant, but not the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value

from understudy.domain.errors import BadSettings

EXACT_INTS = 2**53  # beyond this a double cannot hold every int


def table_to_wire(table: Mapping[str, object]) -> Struct:
    """A table as a Struct. Raises: BadSettings for a value that has no place in one."""
    return Struct(fields={key: _value_to_wire(value, key) for key, value in table.items()})


def table_from_wire(message: Struct) -> dict[str, object]:
    """The inverse of `table_to_wire`; tuples come back as lists."""
    return {key: _value_from_wire(value) for key, value in message.fields.items()}


def _value_to_wire(value: object, name: str) -> Value:
    match value:
        case None:
            return Value(null_value=NullValue.NULL_VALUE)
        case bool():
            return Value(bool_value=value)
        case int() if abs(value) > EXACT_INTS:
            raise BadSettings(f"{name} is {value}; whole numbers above 2^53 cannot be sent exactly")
        case int() | float():
            return Value(number_value=value)
        case str():
            return Value(string_value=value)
        case list() | tuple():
            return Value(list_value=ListValue(values=[_value_to_wire(item, name) for item in value]))
        case Mapping():
            return Value(struct_value=table_to_wire(value))
    raise BadSettings(f"{name} is a {type(value).__name__}; send numbers, texts, yes/no, lists or tables")


def _value_from_wire(message: Value) -> object:
    match message.WhichOneof("kind"):
        case "bool_value":
            return message.bool_value
        case "string_value":
            return message.string_value
        case "list_value":
            return [_value_from_wire(item) for item in message.list_value.values]
        case "struct_value":
            return table_from_wire(message.struct_value)
        case "number_value":
            number = message.number_value
            return int(number) if number.is_integer() and abs(number) <= EXACT_INTS else number
    return None
