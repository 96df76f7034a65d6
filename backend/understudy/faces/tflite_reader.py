"""Reading a TensorFlow Lite file: its tensors and operations, as plain records.

Only what the face mesh network uses. The format is a FlatBuffer; field numbers are those of TensorFlow
Lite's schema (schema.fbs, version 3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import ModelFileCorrupt

Array = npt.NDArray[np.generic]

_TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32}
_KINDS = {
    0: "add",
    3: "conv",
    4: "depthwise_conv",
    6: "dequantize",
    14: "logistic",
    17: "max_pool",
    22: "reshape",
    34: "pad",
    54: "prelu",
}

# kind -> option -> (field number, format, default)
_OPTIONS: dict[str, dict[str, tuple[int, str, int]]] = {
    "conv": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "activation": (3, "b", 0),
    },
    "depthwise_conv": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "activation": (4, "b", 0),
    },
    "max_pool": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "filter_w": (3, "i", 0),
        "filter_h": (4, "i", 0),
        "activation": (5, "b", 0),
    },
    "add": {"activation": (0, "b", 0)},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tensor:
    """Shape as in the file (NHWC); `data` of a constant, None of what is computed."""

    shape: tuple[int, ...]
    data: Array | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One step; inputs and outputs are tensor numbers, -1 for one left out."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """A network in the order in which it is computed."""

    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class _Table:
    """A table of a FlatBuffer at `position`."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position
        self._fields = position - struct.unpack_from("<i", data, position)[0]
        self._length = struct.unpack_from("<H", data, self._fields)[0]

    def _offset(self, number: int) -> int:
        entry = 4 + 2 * number
        found = struct.unpack_from("<H", self._data, self._fields + entry)[0] if entry < self._length else 0
        return self._position + found if found else 0

    def _target(self, number: int) -> int:
        offset = self._offset(number)
        return offset + struct.unpack_from("<I", self._data, offset)[0] if offset else 0

    def scalar(self, number: int, form: str, default: int = 0) -> int:
        offset = self._offset(number)
        return int(struct.unpack_from("<" + form, self._data, offset)[0]) if offset else default

    def table(self, number: int) -> _Table | None:
        target = self._target(number)
        return _Table(self._data, target) if target else None

    def integers(self, number: int) -> tuple[int, ...]:
        data = self.bytes(number, 4)
        return struct.unpack(f"<{len(data) // 4}i", data)

    def bytes(self, number: int, width: int = 1) -> bytes:
        target = self._target(number)
        if not target:
            return b""
        count = struct.unpack_from("<I", self._data, target)[0]
        return self._data[target + 4 : target + 4 + count * width]

    def tables(self, number: int) -> list[_Table]:
        target = self._target(number)
        count = struct.unpack_from("<I", self._data, target)[0] if target else 0
        places = [target + 4 + 4 * i for i in range(count)]
        return [_Table(self._data, p + struct.unpack_from("<I", self._data, p)[0]) for p in places]


def read_network(data: bytes) -> Network:
    """The first graph of a .tflite file. Raises: ModelFileCorrupt."""
    try:
        if data[4:8] != b"TFL3":
            raise ModelFileCorrupt("this is no TensorFlow Lite file; pull the models again")
        model = _Table(data, struct.unpack_from("<I", data, 0)[0])
        graph, buffers = model.tables(2)[0], model.tables(4)
        codes = [max(code.scalar(0, "b"), code.scalar(3, "i")) for code in model.tables(1)]
        return Network(
            tensors=tuple(_tensor(table, buffers) for table in graph.tables(0)),
            operations=tuple(_operation(table, codes) for table in graph.tables(3)),
            inputs=graph.integers(1),
            outputs=graph.integers(2),
        )
    except (struct.error, IndexError, ValueError) as cause:
        raise ModelFileCorrupt(
            f"the TensorFlow Lite file is damaged ({cause}); pull the models again"
        ) from cause


def _tensor(table: _Table, buffers: list[_Table]) -> Tensor:
    shape = table.integers(0)
    raw = buffers[table.scalar(2, "I")].bytes(0)
    if not raw:
        return Tensor(shape=shape, data=None)
    kind = table.scalar(1, "b")
    if kind not in _TYPES:
        raise ModelFileCorrupt(
            f"a constant of the TensorFlow Lite file has type {kind}, which is not known here"
        )
    return Tensor(shape=shape, data=np.frombuffer(raw, _TYPES[kind]).reshape(shape))


def _operation(table: _Table, codes: list[int]) -> Operation:
    code = codes[table.scalar(0, "I")]
    if code not in _KINDS:
        raise ModelFileCorrupt(f"the TensorFlow Lite file uses operation {code}, which is not known here")
    kind, options = _KINDS[code], table.table(4)
    wanted = _OPTIONS.get(kind, {}) if options is not None else {}
    return Operation(
        kind=kind,
        inputs=table.integers(1),
        outputs=table.integers(2),
        options={name: options.scalar(*place) for name, place in wanted.items() if options is not None},
    )
