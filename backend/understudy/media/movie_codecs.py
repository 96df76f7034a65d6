"""The kinds of movies that are written: encoder, layout of the codes, wrapper, sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from understudy.media.sound import SampleFormat

MovieCodec = Literal["h264", "h265", "prores422hq", "prores4444", "dnxhr_hqx", "dnxhr_444"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CodecFacts:
    """How one kind of movie is written.

    `keeps_range`: full-range codes may stay such; editing codecs are of video range always. `quality`: it is
    told a rate factor and a preset. `intra`: every picture stands alone, so that no edit list is needed.
    """

    encoder: str
    pixel_format: str
    suffix: str
    options: tuple[tuple[str, str], ...] = ()
    codec_tag: str = ""
    sound_codec: str = "pcm_s24le"
    sample_format: SampleFormat = "s32"
    keeps_range: bool = False
    quality: bool = False
    intra: bool = True
    least_wh: tuple[int, int] = (2, 2)


_DNXHR_LEAST_WH = (256, 120)

CODECS: dict[MovieCodec, CodecFacts] = {
    "h264": CodecFacts(
        encoder="libx264",
        pixel_format="yuv420p",
        suffix=".mp4",
        options=(("profile", "high"),),
        sound_codec="aac",
        sample_format="flt",
        keeps_range=True,
        quality=True,
        intra=False,
    ),
    "h265": CodecFacts(
        encoder="libx265",
        pixel_format="yuv420p10le",
        suffix=".mp4",
        options=(("profile", "main10"), ("x265-params", "log-level=error")),
        codec_tag="hvc1",  # the name by which Apple's players know it
        sound_codec="aac",
        sample_format="flt",
        keeps_range=True,
        quality=True,
        intra=False,
    ),
    "prores422hq": CodecFacts(
        encoder="prores_ks",
        pixel_format="yuv422p10le",
        suffix=".mov",
        options=(("profile", "hq"), ("vendor", "apl0")),
    ),
    "prores4444": CodecFacts(
        encoder="prores_ks",
        pixel_format="yuv444p10le",
        suffix=".mov",
        options=(("profile", "4444"), ("vendor", "apl0")),
    ),
    "dnxhr_hqx": CodecFacts(
        encoder="dnxhd",
        pixel_format="yuv422p10le",  # FFmpeg's encoder writes HQX of ten bits, none of twelve
        suffix=".mov",
        options=(("profile", "dnxhr_hqx"),),
        least_wh=_DNXHR_LEAST_WH,
    ),
    "dnxhr_444": CodecFacts(
        encoder="dnxhd",
        pixel_format="yuv444p10le",
        suffix=".mov",
        options=(("profile", "dnxhr_444"),),
        least_wh=_DNXHR_LEAST_WH,
    ),
}
