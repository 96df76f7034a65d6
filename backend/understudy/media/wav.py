"""The sound of some frames as a WAV file for a browser."""

from __future__ import annotations

import io
import wave
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler

from understudy.domain.shot import Plate
from understudy.media.sound import Sound

MOST_RATE_HZ = 48_000

Int32 = npt.NDArray[np.int32]


def wav_bytes(plate: Plate, start_s: Fraction, end_s: Fraction) -> bytes:
    """16 bit, at most 48 kHz and two channels, from `start_s` to `end_s` of the file to the sample.

    Empty when the plate has no sound. 16-bit sources of such a rate keep their bits. Raises: UnreadableMedia.
    """
    if plate.audio is None:
        return b""
    with Sound(plate, start_s, end_s - start_s) as sound:
        samples_NC = np.asarray(sound.take(sound.total), np.int32)
        rate_hz, layout = sound.sample_rate, sound.layout
    if rate_hz > MOST_RATE_HZ or samples_NC.shape[1] > 2:
        wanted = round((end_s - start_s) * MOST_RATE_HZ) if rate_hz > MOST_RATE_HZ else len(samples_NC)
        rate_to_hz = min(rate_hz, MOST_RATE_HZ)
        samples_NC = _for_two_ears(samples_NC, rate_hz, layout, rate_to_hz)[:wanted]
        samples_NC = np.pad(samples_NC, ((0, wanted - len(samples_NC)), (0, 0)))
        rate_hz = rate_to_hz
    return _file(samples_NC, rate_hz)


def _for_two_ears(samples_NC: Int32, rate_hz: int, layout: str, rate_to_hz: int) -> Int32:
    """Resampled, and mixed down to two channels if there are more."""
    to_layout = "stereo" if samples_NC.shape[1] > 2 else layout
    resampler = AudioResampler(format="s32", layout=to_layout, rate=rate_to_hz)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples_NC).reshape(1, -1), format="s32", layout=layout
    )
    frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), 0
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    channels = min(2, samples_NC.shape[1])
    return np.concatenate(
        [np.asarray(piece.to_ndarray(), np.int32).reshape(-1, channels) for piece in pieces]
    )


def _file(samples_NC: Int32, rate_hz: int) -> bytes:
    rounded = np.clip((samples_NC.astype(np.int64) + 0x8000) >> 16, -0x8000, 0x7FFF).astype("<i2")
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(samples_NC.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(rounded.tobytes())
    return target.getvalue()
