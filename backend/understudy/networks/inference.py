"""Drawing faces quickly: one encoder and the wanted decoders, laid out once, in batches of one size.

Every batch is filled up to the same size, because the order in which a library adds numbers may depend on
it: so a face comes out with the same bits whichever other faces are drawn with it.

Convolutions compute in bfloat16 where the processor multiplies it natively; the last layer stays in
float32. Against float32 the picture then differs by less than `BFLOAT16_TOLERANCE`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from understudy.networks.blocks import Out
from understudy.networks.checkpoint import LoadedSwapper
from understudy.networks.device import Precision, named_out_of_memory, pick_precision
from understudy.networks.families import OriginalDecoder, Swapper

Float = npt.NDArray[np.float32]

BFLOAT16_TOLERANCE = 0.04
"""Greatest difference of a code value 0..1; the mean difference is about 0.002, half an 8-bit code."""


class FaceDrawer:
    """A swapper prepared to draw some of its people and nothing else; the one it came from stays as it was.

    `batch` is the number of crops that go through at once. `draw_mask` False leaves out the mask's layers
    where they are separate, which is a third of the `original` family's work.
    """

    def __init__(
        self,
        swapper: LoadedSwapper,
        people: Iterable[int],
        *,
        batch: int,
        draw_mask: bool,
        precision: Precision = "auto",
        threads: int = 1,
    ) -> None:
        self._device, self._batch, self._threads = swapper.device, batch, threads
        self.dtype = pick_precision(precision, swapper.device)
        self._size_px = swapper.card.size_px
        with named_out_of_memory("the swapper's weights"):
            self._encoder = _prepared(swapper.model.encoder, self.dtype)
            self._decoders = {
                i: _prepared(_decoder(swapper.model, i, draw_mask), self.dtype) for i in sorted(set(people))
            }

    def draw(self, crops_NSS3: Float, person_index: int) -> tuple[Float, Float | None]:
        """Show the faces in these crops as person `person_index`.

        Crops are R'G'B' 0..1 in the encoding of the facesets; any N. Returns the pictures (N,S,S,3) and the
        masks (N,S,S), or None for a model without one. Raises: DeviceOutOfMemory.
        """
        pictures: list[Float] = []
        masks: list[Float] = []
        with named_out_of_memory(f"{self._batch} crops"), _quiet(self._threads):
            for start in range(0, len(crops_NSS3), self._batch):
                part = crops_NSS3[start : start + self._batch]
                picture, mask = self._forward(part, person_index)
                pictures.append(_to_numpy(picture.permute(0, 2, 3, 1))[: len(part)])
                if mask is not None:
                    masks.append(_to_numpy(mask[:, 0])[: len(part)])
        size = self._size_px
        drawn = np.concatenate(pictures) if pictures else np.zeros((0, size, size, 3), np.float32)
        return drawn, np.concatenate(masks) if masks else None

    def _forward(self, crops_NSS3: Float, person_index: int) -> tuple[Tensor, Tensor | None]:
        full = np.zeros((self._batch, *crops_NSS3.shape[1:]), np.float32)
        full[: len(crops_NSS3)] = crops_NSS3
        on_device = torch.from_numpy(full).to(self._device, self.dtype)
        # permuted, channels lie last in memory, which is how the convolutions want them
        code = self._encoder(on_device.permute(0, 3, 1, 2))
        picture, mask = self._decoders[person_index](code)
        return picture, mask


def _decoder(model: Swapper, person_index: int, draw_mask: bool) -> nn.Module:
    decoder = model.decoders[person_index]
    if draw_mask or not isinstance(decoder, OriginalDecoder):
        return decoder
    without = copy.copy(decoder)
    without._modules = {**decoder._modules, "mask": None}
    return without


def _prepared(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    fast = copy.deepcopy(module).eval().requires_grad_(False)
    last = {id(layer.conv) for layer in fast.modules() if isinstance(layer, Out)}
    for layer in fast.modules():
        if isinstance(layer, nn.Conv2d):
            layer.to(dtype=torch.float32 if id(layer) in last else dtype)
            layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(layer, nn.Linear):
            layer.to(dtype=dtype)
    return fast


def _to_numpy(tensor: Tensor) -> Float:
    return np.ascontiguousarray(tensor.float().cpu().numpy())


@contextmanager
def _quiet(threads: int) -> Iterator[None]:
    """Inference alone, on so many CPU threads, repeatable on CUDA; as it was before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        repeatable = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
        with torch.inference_mode(), repeatable:
            yield
    finally:
        torch.set_num_threads(before)
