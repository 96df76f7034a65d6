"""One audio track of a movie that is being written."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
import av.container
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from understudy.media.movie_codecs import CodecFacts
from understudy.media.sound import Sound

_AAC_RATES = (44100, 48000, 32000, 96000, 88200, 64000, 24000, 22050, 16000, 12000, 11025, 8000)
_AAC_BITS_A_CHANNEL = 128_000
_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_MOST_AAC_CHANNELS = 16


class MovieTrack:
    """Takes samples from a `Sound` as the pictures go on, so that neither waits for the other in the file.

    AAC must know where each channel is heard. Where the file does not say it, as many as are usual are taken
    as usual (recorders name nothing), and of any other number the first two.
    """

    def __init__(self, container: av.container.OutputContainer, facts: CodecFacts, sound: Sound) -> None:
        self._container, self._facts, self._sound = container, facts, sound
        aac = facts.sound_codec == "aac"
        rate_hz = sound.sample_rate if not aac or sound.sample_rate in _AAC_RATES else 48000
        self._stream = cast(AudioStream, container.add_stream(facts.sound_codec, rate=rate_hz))
        self._layout = _aac_layout(sound) if aac else sound.layout
        self._stream.codec_context.layout = self._layout
        if sound.language:
            self._stream.metadata["language"] = sound.language
        if aac:
            self._stream.codec_context.bit_rate = _AAC_BITS_A_CHANNEL * self._stream.codec_context.channels
        else:
            self._stream.codec_context.format = "s32"
        self._written = 0

    def write_until(self, end_s: Fraction) -> None:
        """Write the samples before `end_s` that are not yet written. Raises: UnreadableMedia."""
        self._write(int(end_s * self._sound.sample_rate) - self._written)

    def finish(self) -> None:
        """Write what is left. Raises: UnreadableMedia."""
        self._write(self._sound.total - self._written)
        self._container.mux(self._stream.encode(None))

    def _write(self, count: int) -> None:
        samples = self._sound.take(max(0, count))
        if len(samples) == 0:
            return
        heard = samples[:, : self._stream.codec_context.channels]
        packed = np.ascontiguousarray(heard).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            cast(npt.NDArray[np.int32], packed), format=self._facts.sample_format, layout=self._layout
        )
        frame.sample_rate = self._sound.sample_rate
        frame.time_base, frame.pts = Fraction(1, self._sound.sample_rate), self._written
        self._written += len(samples)
        self._container.mux(self._stream.encode(frame))


def _aac_layout(sound: Sound) -> str:
    """The file's own where it names one that the encoder has."""
    if sound.channels <= _MOST_AAC_CHANNELS and " channels" not in sound.layout:
        return sound.layout
    return _USUAL_LAYOUTS.get(sound.channels, "stereo")
