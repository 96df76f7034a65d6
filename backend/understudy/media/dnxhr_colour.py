"""The colour matrix in the header of every DNxHR picture, which FFmpeg's encoder leaves at BT.709.

Source: SMPTE ST 2019-1, the colour volume of the header.
"""

from __future__ import annotations

from understudy.domain.errors import RenderError

_VERSION_AT, _DNXHR = 4, 3
_VOLUME_AT = 0x2C
_VOLUMES = {"bt709": 0, "bt2020nc": 1, "bt2020c": 2}
_AS_THE_FILE_SAYS = 3


def with_colour_volume(packet: bytes, matrix: str) -> bytes:
    """A packet of DNxHR that says which H.273 matrix its codes have.

    Raises: RenderError when it is something else.
    """
    if len(packet) <= _VOLUME_AT or packet[:2] != bytes(2) or packet[_VERSION_AT] != _DNXHR:
        raise RenderError("the encoder wrote no DNxHR picture")
    volume = _VOLUMES.get(matrix, _AS_THE_FILE_SAYS)
    byte = packet[_VOLUME_AT] & ~0b110 | volume << 1
    return packet[:_VOLUME_AT] + bytes((byte,)) + packet[_VOLUME_AT + 1 :]
