"""The sound that belongs to a range of a plate, to the sample."""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler

from understudy.domain.errors import UnreadableMedia
from understudy.domain.shot import Plate
from understudy.media.movie_file import open_movie
from understudy.media.sound_tracks import playable, sound_tracks

Samples = npt.NDArray[np.number]  # int32 or float32
SampleFormat = Literal["s32", "flt"]

_BROKEN_PACKETS_AFTER_SEEK = 4
_PREROLL_S = 1  # codecs with overlapping blocks need a run-up before the first sample counts


class Sound:
    """Sample n of a range is sample `round(start * rate) + n` of the file's own clock; holes are silence.

    Handed out in pieces, (samples, channels), so that memory does not grow with the shot. Integer
    sources keep their bits: "s32" holds 16 and 24 bits in its upper part.
    """

    def __init__(
        self,
        plate: Plate,
        start_s: Fraction,
        duration_s: Fraction,
        *,
        track: int | None = None,
        sample_format: SampleFormat = "s32",
    ) -> None:
        """`start_s` and `duration_s` count from the file's first picture; `track` counts its audio streams,
        left out it is the first that can be decoded.

        Raises: UnreadableMedia.
        """
        if plate.audio is None:
            raise UnreadableMedia(f"{plate.path} has no sound")
        self._path = Path(plate.path)
        self._format: SampleFormat = sample_format
        self._container = open_movie(self._path)
        self._stream = self._container.streams.audio[self._chosen(track)]
        self.sample_rate = self._stream.codec_context.sample_rate
        self.layout = self._stream.codec_context.layout.name
        self.channels = self._stream.codec_context.channels
        self.language = self._stream.metadata.get("language", "")
        video = self._container.streams.video[0]
        origin_s = Fraction(video.start_time or 0) * Fraction(video.time_base or 1)
        self._first = _round((origin_s + start_s) * self.sample_rate)
        self.total = _round((origin_s + start_s + duration_s) * self.sample_rate) - self._first
        self._given = 0
        self._held: list[Samples] = []
        self._pieces = self._aligned()

    def _chosen(self, track: int | None) -> int:
        tracks = [found.index for found in playable(sound_tracks(self._container))]
        if track not in tracks and (track is not None or not tracks):
            self._container.close()
            raise UnreadableMedia(
                f"{self._path} has no sound that can be decoded in track {(track or 0) + 1}"
            )
        return tracks[0] if track is None else track

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pieces.close()
        self._container.close()

    def take(self, count: int) -> Samples:
        """The next `count` samples (fewer at the end), (n, channels). Raises: UnreadableMedia."""
        count = min(count, self.total - self._given)
        held = sum(len(piece) for piece in self._held)
        try:
            while held < count and (piece := next(self._pieces, None)) is not None:
                self._held.append(piece)
                held += len(piece)
        except av.FFmpegError as cause:
            raise UnreadableMedia(
                f"the sound of {self._path} is damaged ({cause.strerror or cause})"
            ) from cause
        kind = np.int32 if self._format == "s32" else np.float32
        silence: Samples = np.zeros((max(0, count - held), self.channels), kind)
        joined: Samples = np.concatenate([*self._held, silence])
        self._held = [joined[count:]]
        self._given += count
        return joined[:count]

    def _aligned(self) -> Generator[Samples, None, None]:
        """Decoded pieces, cut and filled so that they follow each other from the first sample on."""
        at = self._first
        for start, samples in self._decoded():
            if start + len(samples) <= at:
                continue
            if start > at:
                yield np.zeros((start - at, self.channels), samples.dtype)
                at = start
            yield samples[at - start :]
            at = start + len(samples)

    def _decoded(self) -> Generator[tuple[int, Samples], None, None]:
        stream, base = self._stream, Fraction(self._stream.time_base or 1)
        begin_s = Fraction(self._first, self.sample_rate) - _PREROLL_S
        if begin_s > Fraction(stream.start_time or 0) * base:
            self._container.seek(int(begin_s / base), stream=stream, backward=True)
        resampler = AudioResampler(format=self._format, layout=self.layout, rate=self.sample_rate)
        expected: int | None = None
        for frame in self._frames():
            start = expected or 0
            if frame.pts is not None:
                start = _round(Fraction(frame.pts) * base * self.sample_rate)
            if expected is not None and abs(start - expected) <= _jitter(base, self.sample_rate):
                start = expected
            for piece in resampler.resample(frame):
                samples: Samples = piece.to_ndarray().reshape(-1, self.channels)
                yield start, samples
                start += len(samples)
            expected = start

    def _frames(self) -> Generator[av.AudioFrame, None, None]:
        """Decoded blocks. After a seek the first packets may begin inside a block; those are left out."""
        begun, broken = False, 0
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                broken += 1
                if begun or broken > _BROKEN_PACKETS_AFTER_SEEK:
                    raise
                continue
            for frame in frames:
                begun = True
                yield frame


def _jitter(base: Fraction, sample_rate: int) -> int:
    """Timestamps in coarse ticks (Matroska: a millisecond) wander; within one tick pieces are contiguous."""
    return int(base * sample_rate) + 1


def _round(value: Fraction) -> int:
    return int(value + Fraction(1, 2) if value >= 0 else value - Fraction(1, 2))
