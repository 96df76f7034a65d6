"""Small ONNX files for tests: one convolution that tells classes by colour, and ways to spoil it.

Written as protocol buffers by hand (onnx.proto3), so that no further package is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt


def varint(number: int) -> bytes:
    parts = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        parts.append(low | (0x80 if number else 0))
        if not number:
            return bytes(parts)


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    dims = b"".join(field(1, size) for size in values.shape)
    return dims + field(2, 1) + field(8, name) + field(9, values.astype("<f4").tobytes())


def value(name: str, shape: Sequence[int | str], element: int = 1) -> bytes:
    dims = b"".join(field(1, field(1, d) if isinstance(d, int) else field(2, d)) for d in shape)
    return field(1, name) + field(2, field(1, field(1, element) + field(2, dims)))


def ints(name: str, values: Sequence[int]) -> bytes:
    packed = b"".join(field(8, number) for number in values)
    return field(1, name) + packed + field(20, 7)


def node(operator: str, inputs: Sequence[str], output: str, attributes: Sequence[bytes] = ()) -> bytes:
    links = b"".join(field(1, name) for name in inputs) + field(2, output)
    return links + field(4, operator) + b"".join(field(5, attribute) for attribute in attributes)


def write_colour_parser(
    path: Path,
    weights_C3: Sequence[Sequence[float]],
    bias_C: Sequence[float],
    *,
    size: Sequence[int | str] = (1, 3, 32, 32),
    stride: int = 1,
    last: str = "",
    element: int = 1,
) -> Path:
    """Scores are `weights @ rgb + bias` at every pixel; `last` is a further node such as Sigmoid."""
    weights = np.array(weights_C3, np.float32)[:, :, None, None]
    steps = ints("strides", (stride, stride)), ints("kernel_shape", (1, 1))
    nodes = [node("Conv", ("crop", "w", "b"), "scores" if last else "classes", steps)]
    if last:
        nodes.append(node(last, ("scores",), "classes", [field(1, "axis") + field(3, 1) + field(20, 2)]))
    side = size[2] // stride if isinstance(size[2], int) else "s"
    graph = b"".join(field(1, one) for one in nodes) + field(2, "parser")
    graph += field(5, tensor("w", weights)) + field(5, tensor("b", np.array(bias_C, np.float32)))
    graph += field(11, value("crop", size, element))
    graph += field(12, value("classes", (1, len(weights), side, side)))
    path.write_bytes(model(graph))
    return path


def write_other_network(path: Path) -> Path:
    """A network that is no face parser: it takes ten numbers and gives ten."""
    graph = field(1, node("Relu", ("numbers",), "answer")) + field(2, "other")
    graph += field(11, value("numbers", (1, 10))) + field(12, value("answer", (1, 10)))
    path.write_bytes(model(graph))
    return path


def model(graph: bytes) -> bytes:
    return field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 11))
