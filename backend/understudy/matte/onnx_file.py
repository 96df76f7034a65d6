"""What an ONNX file says about itself: its inputs, its outputs, and what makes them.

Only as much of the format is read as is needed to refuse a foreign file in words; OpenCV runs it.
Source: onnx.proto3 of the ONNX project (field numbers), protocol buffers encoding (wire format).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from understudy.domain.errors import BadMatte

# fields of ModelProto, GraphProto, NodeProto, ValueInfoProto, TypeProto, TensorShapeProto
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_OUTPUT, _NODE_OPERATOR = 2, 4
_TENSOR_NAME = 8
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR, _TENSOR_ELEMENT, _TENSOR_SHAPE = 1, 1, 2
_SHAPE_DIMENSION, _DIMENSION_VALUE = 1, 1
_FLOAT32 = 1
_ANY = 0  # a dimension that the file leaves open

Fields = Iterator[tuple[int, int | bytes]]


@dataclass(frozen=True, slots=True)
class OnnxTensor:
    """An input or output: 0 stands for a dimension that is not fixed; `made_by` is the operator behind it."""

    name: str
    shape: tuple[int, ...]
    is_float: bool
    made_by: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(str(size or '?') for size in self.shape)})"


@dataclass(frozen=True, slots=True)
class OnnxSignature:
    """What a network takes and gives."""

    inputs: tuple[OnnxTensor, ...]
    outputs: tuple[OnnxTensor, ...]

    def __str__(self) -> str:
        inputs, outputs = (", ".join(map(str, side)) or "nothing" for side in (self.inputs, self.outputs))
        return f"it takes {inputs} and gives {outputs}"


def read_signature(path: Path) -> OnnxSignature:
    """The inputs (without weights) and outputs of a network. Raises: BadMatte when it is no ONNX file."""
    try:
        model = path.read_bytes()
    except OSError as cause:
        raise BadMatte(f"{path} cannot be read: {cause.strerror or cause}") from cause
    try:
        graphs = [value for field, value in _fields(model) if field == _MODEL_GRAPH]
        if len(graphs) != 1 or not isinstance(graphs[0], bytes):
            raise ValueError("it holds no graph")
        return _signature(graphs[0])
    except (ValueError, IndexError, UnicodeDecodeError) as cause:
        raise BadMatte(f"{path} is no ONNX file ({cause}); export the parser as ONNX") from cause


def _signature(graph: bytes) -> OnnxSignature:
    values: dict[int, list[bytes]] = {}
    for field, value in _fields(graph):
        if isinstance(value, bytes):
            values.setdefault(field, []).append(value)
    makers: dict[str, str] = {}
    for node in values.get(_GRAPH_NODE, []):
        found = list(_fields(node))
        operator = next((_text(value) for field, value in found if field == _NODE_OPERATOR), "")
        makers |= {_text(value): operator for field, value in found if field == _NODE_OUTPUT}
    weights = {
        _text(value)
        for tensor in values.get(_GRAPH_INITIALIZER, [])
        for field, value in _fields(tensor)
        if field == _TENSOR_NAME
    }
    inputs = (_tensor(value, makers) for value in values.get(_GRAPH_INPUT, []))
    outputs = (_tensor(value, makers) for value in values.get(_GRAPH_OUTPUT, []))
    return OnnxSignature(tuple(one for one in inputs if one.name not in weights), tuple(outputs))


def _tensor(value: bytes, makers: dict[str, str]) -> OnnxTensor:
    name, element, shape = "", 0, []
    for field, part in _fields(value):
        if field == _VALUE_NAME:
            name = _text(part)
        for type_field, of_type in _fields(part) if field == _VALUE_TYPE else ():
            for tensor_field, of_tensor in _fields(of_type) if type_field == _TYPE_TENSOR else ():
                if tensor_field == _TENSOR_ELEMENT and isinstance(of_tensor, int):
                    element = of_tensor
                elif tensor_field == _TENSOR_SHAPE:
                    shape = [_dimension(one) for kind, one in _fields(of_tensor) if kind == _SHAPE_DIMENSION]
    return OnnxTensor(name, tuple(shape), element == _FLOAT32, makers.get(name, ""))


def _dimension(value: int | bytes) -> int:
    sizes = [size for field, size in _fields(value) if field == _DIMENSION_VALUE and isinstance(size, int)]
    return sizes[0] if sizes and 0 < sizes[0] < 1 << 31 else _ANY


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("a name is a number")
    return value.decode()


def _fields(message: int | bytes) -> Fields:
    """Field numbers and values of one message. Raises: ValueError, IndexError where it is none."""
    if isinstance(message, int):
        raise ValueError("a message is a number")
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield field, number
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("it is not encoded as a protocol buffer")
        if at + size > len(message):
            raise ValueError("it ends too early")
        yield field, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("it is not encoded as a protocol buffer")
