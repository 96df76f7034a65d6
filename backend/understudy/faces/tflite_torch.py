"""The face mesh network's .tflite file as a torch module, for batches on a GPU.

The numbers equal those of the CPU runtime to better than a thousandth of a pixel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from understudy.domain.errors import ModelFileCorrupt
from understudy.domain.face import LANDMARKS
from understudy.faces.landmarks import sigmoid
from understudy.faces.roi import Float
from understudy.faces.tflite_reader import Network, Operation, read_network

_SAME = 0  # the file's number for padding that keeps size / stride
_NO_ACTIVATION, _RELU = 0, 1


class TfliteModule(torch.nn.Module):
    """Runs a network of `tflite_reader` on float tensors (N, C, H, W)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._outputs = network.outputs
        self._input = network.inputs[0]
        self._steps: list[Operation] = []
        constants = {i: tensor.data for i, tensor in enumerate(network.tensors) if tensor.data is not None}
        for step in network.operations:
            if step.kind == "dequantize" and step.inputs[0] in constants:
                constants[step.outputs[0]] = constants[step.inputs[0]]
            else:
                self._keep_weights(step, constants)
                self._steps.append(step)

    def _keep_weights(self, step: Operation, constants: dict[int, npt.NDArray[np.generic]]) -> None:
        """Register the constants of one step, turned to torch's order of axes."""
        for number in step.inputs[1:]:
            if number not in constants or f"c{number}" in self._buffers:
                continue
            weight = torch.from_numpy(constants[number].astype(np.float32))
            if step.kind == "conv" and weight.ndim == 4:
                weight = weight.permute(0, 3, 1, 2)
            elif step.kind == "depthwise_conv" and weight.ndim == 4:
                weight = weight.permute(3, 0, 1, 2)
            elif step.kind == "prelu":
                weight = weight.reshape(-1)
            self.register_buffer(f"c{number}", weight.contiguous())

    def _constant(self, number: int) -> torch.Tensor | None:
        return self._buffers.get(f"c{number}")

    def forward(self, pictures_NCHW: torch.Tensor) -> list[torch.Tensor]:
        values = {self._input: pictures_NCHW}
        for step in self._steps:
            values[step.outputs[0]] = self._compute(step, values)
        return [values[number] for number in self._outputs]

    def _compute(self, step: Operation, values: dict[int, torch.Tensor]) -> torch.Tensor:
        x = values[step.inputs[0]]
        if step.kind in ("conv", "depthwise_conv"):
            return self._convolved(step, x)
        if step.kind == "add":
            return _activated(x + values[step.inputs[1]], step)
        if step.kind == "prelu":
            return F.prelu(x, self._required(step.inputs[1]))
        if step.kind == "max_pool":
            return _pooled(step, x)
        if step.kind == "pad":
            _, rows, columns, channels = self._required(step.inputs[1]).int().tolist()
            return F.pad(x, [*columns, *rows, *channels])
        if step.kind == "logistic":
            return torch.sigmoid(x)
        if step.kind == "reshape":
            return x.flatten(1)
        raise ModelFileCorrupt(f"the mesh network has a step {step.kind} that cannot run on this device")

    def _required(self, number: int) -> torch.Tensor:
        constant = self._constant(number)
        if constant is None:
            raise ModelFileCorrupt(f"the mesh network lacks its constant {number}; pull the models again")
        return constant

    def _convolved(self, step: Operation, x: torch.Tensor) -> torch.Tensor:
        weight = self._required(step.inputs[1])
        bias = self._constant(step.inputs[2]) if len(step.inputs) > 2 else None
        stride = (step.options["stride_h"], step.options["stride_w"])
        if step.options["padding"] == _SAME:
            x = _padded(x, (weight.shape[2], weight.shape[3]), stride, 0.0)
        groups = weight.shape[0] if step.kind == "depthwise_conv" else 1
        return _activated(F.conv2d(x, weight, bias, stride, groups=groups), step)


def _activated(x: torch.Tensor, step: Operation) -> torch.Tensor:
    kind = step.options.get("activation", _NO_ACTIVATION)
    if kind not in (_NO_ACTIVATION, _RELU):
        raise ModelFileCorrupt(f"the mesh network uses activation {kind}, which is not known here")
    return F.relu(x) if kind == _RELU else x


def _pooled(step: Operation, x: torch.Tensor) -> torch.Tensor:
    size = (step.options["filter_h"], step.options["filter_w"])
    stride = (step.options["stride_h"], step.options["stride_w"])
    if step.options["padding"] == _SAME:
        x = _padded(x, size, stride, float("-inf"))
    return _activated(F.max_pool2d(x, size, stride), step)


def _padded(x: torch.Tensor, size: tuple[int, int], stride: tuple[int, int], value: float) -> torch.Tensor:
    """Pad as TensorFlow's SAME does: what is needed, the odd pixel after."""
    sides: list[int] = []
    for axis in (1, 0):  # torch names the last axis first
        length = x.shape[2 + axis]
        count = -(-length // stride[axis])
        total = max((count - 1) * stride[axis] + size[axis] - length, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=value) if any(sides) else x


class TorchMesh:
    """The mesh network on a torch device."""

    def __init__(self, model: bytes, *, device: str) -> None:
        self._device = torch.device(device)
        self._module = TfliteModule(read_network(model)).eval().to(self._device)

    def __call__(self, crops_NHW3: npt.NDArray[np.uint8]) -> tuple[Float, Float]:
        """Landmarks (N, 478, 3) in pixels of the 256 px crops, and presence (N,) 0..1."""
        exact = torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        )
        with torch.inference_mode(), exact:
            pictures = torch.from_numpy(crops_NHW3).to(self._device).permute(0, 3, 1, 2).float() / 255
            points, logits, _ = self._module(pictures)
        landmarks = points.reshape(len(crops_NHW3), LANDMARKS, 3).cpu().numpy()
        return np.asarray(landmarks, np.float32), sigmoid(logits.reshape(-1).cpu().numpy())
