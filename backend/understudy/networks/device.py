"""The compute device, the precision it works in, and its running out of memory by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from understudy.config import Device
from understudy.domain.errors import BadSettings, DeviceOutOfMemory

Precision = Literal["auto", "float32", "bfloat16"]


def pick_device(name: Device) -> torch.device:
    """The device of that name; "auto" takes the first there is of cuda, mps, cpu. Raises: BadSettings."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if not present[name]:
        raise BadSettings(f"this machine has no {name!r} device; ask for 'auto' or 'cpu'")
    return torch.device(name)


def pick_precision(name: Precision, device: torch.device) -> torch.dtype:
    """What convolutions compute in. "auto" takes bfloat16 only where the hardware multiplies it natively."""
    if name == "auto":
        return torch.bfloat16 if _computes_bfloat16(device) else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        features = torch.backends.cpu.get_cpu_capability()
        return features.startswith("AVX512") and torch.cpu._is_avx512_bf16_supported()
    return False


def set_threads(threads: int) -> None:
    """Bound the CPU threads of this process; 0 leaves torch's own choice."""
    if threads:
        torch.set_num_threads(threads)


@contextmanager
def named_out_of_memory(work: str) -> Iterator[None]:
    """Turn the device's lack of memory into DeviceOutOfMemory, which says what was being done."""
    try:
        yield
    except (RuntimeError, MemoryError) as cause:
        # On the CPU torch raises a plain RuntimeError, recognisable by its allocator's name only.
        if isinstance(cause, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(cause):
            raise DeviceOutOfMemory(f"too little memory on the device for {work}; lower the batch") from cause
        raise
