"""A studio's own face parser, an ONNX file, as a matte source: crop in, one plane of 0..1 out.

The network takes one upright crop, (1,3,S,S), R'G'B' 0..1 as displayed, and gives one score per class and
pixel, (1,C,s,s). What it wants else done to its input (mean, deviation) belongs into the file.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadMatte
from understudy.matte.onnx_file import OnnxSignature, OnnxTensor, read_signature
from understudy.matte.parser_trial import survive

Float = npt.NDArray[np.float32]

_FREE_SIZE_PX = 512  # for networks that take any size
_SIZES_PX = (16, 2048)
_WANTED = "it must take one float picture (1,3,S,S) and give (1,C,S,S)"
_PROBABILITIES = frozenset({"Softmax", "Sigmoid"})


class FaceParser:
    """The parser in memory (see `load_parser`). `size_px` is the side of the crop it takes."""

    def __init__(self, path: Path, signature: OnnxSignature, classes: tuple[int, ...]) -> None:
        self._path, self._signature, self._classes = path, signature, classes
        self.size_px = _side_of(path, signature)
        self._output = _output_of(path, signature)
        survive(path, self._output.name, self.size_px)
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as cause:
            raise BadMatte(f"{path} cannot be run by OpenCV: {_first_line(cause)}; {signature}") from cause
        count = self._scores(np.full((self.size_px, self.size_px, 3), 0.5, np.float32)).shape[0]
        if wrong := [number for number in classes if not 0 <= number < count]:
            raise BadMatte(f"{path} has no class {wrong[0]}; its {count} classes are 0..{count - 1}")

    def __call__(self, crop_SS3: Float) -> Float:
        """How far each pixel of a crop belongs to the classes asked for, (S,S) 0..1. Raises: BadMatte."""
        scores_CHW = self._scores(crop_SS3)
        shares_CHW = scores_CHW if self._output.made_by in _PROBABILITIES else _shares(scores_CHW)
        matte: Float = np.clip(shares_CHW[list(self._classes)].sum(axis=0), 0, 1).astype(np.float32)
        if matte.shape == (self.size_px, self.size_px):
            return matte
        size_wh = self.size_px, self.size_px
        return np.asarray(cv2.resize(matte, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)

    def _scores(self, crop_SS3: Float) -> Float:
        """What the network gives for one crop, (C,h,w)."""
        self._net.setInput(np.ascontiguousarray(crop_SS3.transpose(2, 0, 1)[None], np.float32))
        try:
            scores = np.asarray(self._net.forward(self._output.name), np.float32)
        except cv2.error as cause:
            raise BadMatte(
                f"{self._path} does not run on (1, 3, {self.size_px}, {self.size_px}): {_first_line(cause)}; "
                f"{self._signature}"
            ) from cause
        if scores.ndim != 4 or scores.shape[0] != 1 or scores.shape[2] != scores.shape[3]:
            raise BadMatte(f"{self._path} gave {scores.shape}; {_WANTED}; {self._signature}")
        if not np.isfinite(scores).all():
            raise BadMatte(f"{self._path} gave undefined numbers; it does not fit pictures of 0..1")
        return np.asarray(scores[0], np.float32)


def load_parser(path: Path, classes: tuple[int, ...]) -> FaceParser:
    """Load a parser and try it once. Raises: BadMatte with the names and shapes that were found."""
    if not classes:
        raise BadMatte("name at least one class of the parser that is to be in the matte")
    if len(set(classes)) != len(classes):
        raise BadMatte(f"a class is named twice in {', '.join(map(str, classes))}")
    return FaceParser(path, read_signature(path), classes)


def _shares(scores_CHW: Float) -> Float:
    """Scores as shares of 1: sigmoid of a single class, softmax over several."""
    if len(scores_CHW) == 1:
        return np.asarray(1 / (1 + np.exp(-np.clip(scores_CHW, -60, 60))), np.float32)
    raised = np.exp(scores_CHW - scores_CHW.max(axis=0))
    return np.asarray(raised / raised.sum(axis=0), np.float32)


def _side_of(path: Path, signature: OnnxSignature) -> int:
    if len(signature.inputs) != 1:
        raise BadMatte(f"{path} is no face parser: {_WANTED}; {signature}")
    source = signature.inputs[0]
    shape = source.shape
    fits = len(shape) == 4 and shape[0] in (0, 1) and shape[1] in (0, 3) and shape[2] == shape[3]
    if not fits or not source.is_float:
        what = "" if source.is_float else "its input is not float32; "
        raise BadMatte(f"{path} is no face parser: {what}{_WANTED}; {signature}")
    side = shape[2] or _FREE_SIZE_PX
    if not _SIZES_PX[0] <= side <= _SIZES_PX[1]:
        raise BadMatte(f"{path} takes crops of {side} px; it must be {_SIZES_PX[0]}..{_SIZES_PX[1]}")
    return side


def _output_of(path: Path, signature: OnnxSignature) -> OnnxTensor:
    """The first output with a plane per class; further ones are helpers of training."""
    for output in signature.outputs:
        if len(output.shape) in (0, 4):
            return output
    raise BadMatte(f"{path} is no face parser: {_WANTED}; {signature}")


def _first_line(error: cv2.error) -> str:
    return str(error).strip().splitlines()[0][:200]
