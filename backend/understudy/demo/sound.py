"""Speech-like sound for a performance: vowels, hums and hisses that go with the mouth shapes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .performance import Kind, performance, speech_units

F64 = npt.NDArray[np.float64]

SAMPLE_RATE = 48_000
# First three formants of each mouth shape (Hz), loudness of the voice, loudness of the hiss.
_SHAPES = {
    "rest": (500, 1500, 2500, 0.0, 0.0),
    "a": (750, 1200, 2600, 1.0, 0.0),
    "e": (530, 1850, 2500, 0.9, 0.0),
    "i": (290, 2250, 3000, 0.8, 0.0),
    "o": (480, 850, 2450, 0.9, 0.0),
    "u": (320, 800, 2250, 0.75, 0.0),
    "m": (250, 1000, 2200, 0.35, 0.0),
    "f": (400, 1400, 2500, 0.02, 0.25),
    "s": (400, 1600, 2600, 0.02, 0.4),
    "l": (380, 1050, 2700, 0.55, 0.0),
}
_WIDTHS_HZ = (90.0, 120.0, 180.0)
_TOP_HZ = 4200.0
BLIP_HZ = 1000.0


def voice(kind: Kind, seed: int, count: int, rate: Fraction, *, pitch_hz: float) -> npt.NDArray[np.int16]:
    """Mono samples at 48 kHz, exactly as long as `count` frames; a blip marks the first frame."""
    samples = int(count * SAMPLE_RATE / rate)
    second = np.arange(samples) / SAMPLE_RATE
    shapes = _shapes_at(kind, seed, second)
    jaw = _jaw(kind, seed, count, rate, second)
    tone = pitch_hz * (1 + 0.08 * np.sin(2 * np.pi * 0.45 * second + seed) + 0.015 * np.sin(31 * second))
    voiced = _harmonics(tone, shapes[:3], top_hz=_TOP_HZ) * shapes[3] * (0.6 + 0.4 * jaw)
    noise = np.random.default_rng([seed, 8]).normal(size=samples)
    hiss = np.diff(noise, prepend=0.0) * shapes[4]
    mixed = 0.9 * voiced / max(float(np.abs(voiced).max()), 1e-6) + 0.10 * hiss
    blip = int(SAMPLE_RATE / rate)
    mixed[:blip] = 0.5 * np.sin(2 * np.pi * BLIP_HZ * second[:blip])
    return np.asarray(np.clip(mixed, -1, 1) * 20_000, np.int16)


def _shapes_at(kind: Kind, seed: int, second: F64) -> F64:
    """Rows of `_SHAPES` over time, (5, samples)."""
    keys = speech_units(kind, seed)
    times = [time for time, _ in keys]
    table = np.asarray([_SHAPES[name] for _, name in keys], np.float64)
    return np.stack([np.interp(second, times, table[:, column]) for column in range(5)])


def _jaw(kind: Kind, seed: int, count: int, rate: Fraction, second: F64) -> F64:
    opened = [performance(kind, seed, index, rate).expression.get("jawOpen", 0.0) for index in range(count)]
    return np.interp(second * float(rate), np.arange(count), opened)


def _harmonics(tone_hz: F64, formants_hz: F64, *, top_hz: float) -> F64:
    phase = 2 * np.pi * np.cumsum(tone_hz) / SAMPLE_RATE
    total = np.zeros_like(phase)
    for number in range(1, int(top_hz / float(tone_hz.mean()))):
        pitch = number * tone_hz
        gain = np.zeros_like(phase)
        for formant, width in zip(formants_hz, _WIDTHS_HZ, strict=True):
            gain += 1.0 / (1.0 + ((pitch - formant) / width) ** 2)
        total += gain * np.sin(number * phase) / number**0.6
    return total
