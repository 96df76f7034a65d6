"""52 expression scores from the mesh, under the names that animation rigs use."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from understudy.domain.face import EXPRESSIONS
from understudy.faces.roi import Float

_NAMES = """
    _neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff
    cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight
    eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight
    eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight
    mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft
    mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
    mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight
    mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft
    noseSneerRight
"""
EXPRESSION_NAMES: tuple[str, ...] = tuple(_NAMES.split())

# The 146 landmarks that the score network reads: contours of eyes, brows, lips and oval, nose, irises.
_READ = """
    0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 91
    93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 161
    162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 267 269 270 276 282 283 284 285
    288 291 293 295 296 297 300 308 310 311 312 314 317 318 321 323 324 332 334 336 338 356 361 362 365
    373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390 397 398 400 402 405 409 415 454 466
    468 469 470 471 472 473 474 475 476 477
"""
_READ_POINTS = np.array(_READ.split(), np.intp)


class ExpressionNetwork:
    """`face_blendshapes.tflite`: a small network, under a millisecond a face on one CPU thread."""

    def __init__(self, model: bytes) -> None:
        self._net = Interpreter(model_content=model, num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._output = self._net.get_output_details()[0]["index"]

    def __call__(self, landmarks_K3: Float) -> Float:
        """Scores (52,) in the order of `EXPRESSION_NAMES`, from landmarks (478, 3) in plate pixels."""
        self._net.set_tensor(self._input, landmarks_K3[None, _READ_POINTS, :2].astype(np.float32))
        self._net.invoke()
        return np.asarray(self._net.get_tensor(self._output), np.float32).reshape(EXPRESSIONS)
