"""Random messages of any kind, made from the contract itself: what a broken or hostile client might send."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from understudy.rpc.server import SERVICES

WHOLE = (0, 1, -1, 2, 7, 1001, 1050, 1100, 4096, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63))
REAL = (0.0, -0.0, 0.5, 1.0, -1.0, 1e-320, 1e308, -1e308, float("nan"), float("inf"), float("-inf"), 480.25)
TEXT = (
    "", " ", "x", "0", "-1", "1001-1010", "1001-1010x0", "1-9999999999", "1001-", "..", "../../etc/passwd",
    "/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/mem", "C:\\Windows\\win.ini", "\\\\host\\share\\a",
    "file:///etc/passwd", "a\0b", "a\nb", "%s%n%x", "{0.__class__}", "'; DROP TABLE shot; --",
    "\u202egpj.exe", "\ufffd", "é" * 300, "A" * 70_000, "plate.####.exr", "plate.%99999999d.exr",
    "$(touch pwned)",
    "hull+keep-cut", "+" * 5000, "NaN", "1e999", "0/0", "24000/1001", "bt709", "plate", "learn", "hull",
)  # fmt: skip
BYTES = (b"", b"\0", b"\xff" * 9, bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
MOST_REPEATED = 4
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the contract."""

    service: str
    descriptor: MethodDescriptor

    @property
    def path(self) -> str:
        return f"/understudy.v1.{self.service}/{self.descriptor.name}"

    @property
    def request(self) -> type[Message]:
        return message_factory.GetMessageClass(self.descriptor.input_type)

    @property
    def response(self) -> type[Message]:
        return message_factory.GetMessageClass(self.descriptor.output_type)


def every_method() -> Iterator[Method]:
    """All methods of all services that the server offers."""
    pool = descriptor_pool.Default()
    for service in SERVICES:
        for method in pool.FindServiceByName(f"understudy.v1.{service}").methods:
            yield Method(service, method)


class Hostile:
    """Makes messages by chance from a seed; `known` are words that mean something to the server."""

    def __init__(self, seed: int, known: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._texts = (*TEXT, *(word for word in known for _ in range(6)))

    def message(self, cls: type[Message], depth: int = 0) -> Message:
        made = cls()
        for field in made.DESCRIPTOR.fields:
            if self._random.random() < 0.25 + 0.1 * depth or depth > DEEPEST:
                continue
            self._fill(made, field, depth)
        return made

    def _fill(self, made: Message, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            self._fill_map(getattr(made, field.name), field, depth)
        elif field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
            values = [self._value(field, depth) for _ in range(self._random.randint(0, MOST_REPEATED))]
            getattr(made, field.name).extend(values)
        elif field.message_type is not None:
            getattr(made, field.name).CopyFrom(self._value(field, depth))
        else:
            setattr(made, field.name, self._value(field, depth))

    def _fill_map(self, table: Any, field: FieldDescriptor, depth: int) -> None:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for _ in range(self._random.randint(0, MOST_REPEATED)):
            at, there = self._value(key, depth), self._value(value, depth)
            if value.message_type is not None:
                table[at].CopyFrom(there)
            else:
                table[at] = there

    def _value(self, field: FieldDescriptor, depth: int) -> Any:
        chance = self._random
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_MESSAGE:
                return self.message(message_factory.GetMessageClass(field.message_type), depth + 1)
            case FieldDescriptor.CPPTYPE_BOOL:
                return chance.random() < 0.5
            case FieldDescriptor.CPPTYPE_ENUM:
                return chance.choice([0, 1, 2, 3, 99, -1])
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                return chance.choice(REAL)
            case FieldDescriptor.CPPTYPE_STRING:
                return chance.choice(BYTES if field.type == field.TYPE_BYTES else self._texts)
            case FieldDescriptor.CPPTYPE_INT32:
                return max(-(2**31), min(2**31 - 1, chance.choice(WHOLE)))
            case FieldDescriptor.CPPTYPE_UINT32 | FieldDescriptor.CPPTYPE_UINT64:
                return abs(chance.choice(WHOLE)) % 2**32
        return chance.choice(WHOLE)
