"""One file of a sequence as a picture, its code values bit for bit."""

from __future__ import annotations

from understudy.domain.frame import ColourTags
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_exr import read_exr_pixels
from understudy.media.sequence_header import PictureHeader
from understudy.media.sequence_plain import read_plain_pixels


def read_picture(header: PictureHeader, colour: ColourTags) -> RgbPicture:
    """The pixels that a header announces. Raises: UnreadableMedia naming the file."""
    quick = read_exr_pixels(header) if header.container == "openexr" else None
    if quick is not None:
        rgb_HW3, a_HW = quick[..., :3], quick[..., 3] if quick.shape[2] == 4 else None
    else:
        rgb_HW3, a_HW = read_plain_pixels(header)
    return RgbPicture(
        rgb_HW3=rgb_HW3,
        a_HW=a_HW,
        colour=colour,
        bit_depth=header.bit_depth if header.kind == "uint16" else 0,
        origin_xy=(header.window.x, header.window.y),
        display_wh=header.size,
    )
