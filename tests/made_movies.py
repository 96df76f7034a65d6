"""Movies made with PyAV alone, as cameras, tapes and phones make them and the product never would."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.media_samples import SAMPLE_RATE, numbered_picture, ramp_samples

from understudy.media.movie_boxes import Edit

RATE = Fraction(24)
MS = Fraction(1, 1000)


@dataclass(kw_only=True)
class Making:
    """A movie to be made with PyAV alone."""

    numbers: Iterable[int] = range(12)
    codec: str = "mpeg4"
    pixel_format: str = "yuv420p"
    rate: Fraction = RATE
    options: dict[str, str] = field(default_factory=lambda: {"qscale": "2"})
    container_options: dict[str, str] = field(default_factory=dict)
    stream_tags: dict[str, str] = field(default_factory=dict)
    file_tags: dict[str, str] = field(default_factory=dict)
    colour: tuple[int, int, int, int] = (1, 1, 1, 1)
    aspect: Fraction = Fraction(1)
    sounds: Sequence[tuple[str, str, dict[str, str]]] = ()  # codec, layout, tags

    def write(self, path: Path) -> Path:
        with av.open(str(path), "w", options=self.container_options) as container:
            container.metadata.update(self.file_tags)
            video = container.add_stream(self.codec, rate=self.rate, options=self.options)
            video.width, video.height, video.pix_fmt = 64, 48, self.pixel_format
            context = video.codec_context
            context.time_base, context.sample_aspect_ratio = 1 / self.rate, self.aspect
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = self.colour
            video.metadata.update(self.stream_tags)
            tracks = [self._sound(container, *sound) for sound in self.sounds]
            count = 0
            for count, number in enumerate(self.numbers, 1):
                frame = numbered_picture(number).video_frame().reformat(format=self.pixel_format)
                frame.time_base, frame.pts = 1 / self.rate, count - 1
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            for number, track in enumerate(tracks):
                self._write_sound(container, track, round(count * SAMPLE_RATE / self.rate), number)
        return path

    @staticmethod
    def _sound(container, codec: str, layout: str, tags: dict[str, str]):  # type: ignore[no-untyped-def]
        track = container.add_stream(codec, rate=SAMPLE_RATE)
        track.codec_context.layout = layout
        track.metadata.update(tags)
        return track

    @staticmethod
    def _write_sound(container, track, count: int, number: int) -> None:  # type: ignore[no-untyped-def]
        channels = track.codec_context.layout.nb_channels
        samples = np.repeat(ramp_samples(count)[:, :1] + np.int16(number), channels, axis=1)
        packed = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=track.codec_context.layout.name)
        frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
        converted = av.AudioResampler(format=track.codec_context.format, layout=track.codec_context.layout)
        for piece in [*converted.resample(frame), *converted.resample(None)]:
            container.mux(track.encode(piece))
        container.mux(track.encode(None))


def write_uneven(path: Path, ticks_ms: list[int], codec: str = "mpeg4", *, sound: bool = False) -> Path:
    """A movie whose numbered pictures are shown at these times; the sound counts its samples."""
    options = {"libx264": {"g": "7", "bf": "2", "preset": "ultrafast", "crf": "10"}}.get(
        codec, {"qscale": "2"}
    )
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=30, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = MS
        if sound:
            audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE)
            audio.codec_context.layout = "stereo"
        for index, tick in enumerate(ticks_ms):
            frame = numbered_picture(index).video_frame()
            frame.time_base, frame.pts = MS, tick
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound:
            samples = ramp_samples((ticks_ms[-1] + 40) * SAMPLE_RATE // 1000)
            piece = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="stereo")
            piece.sample_rate, piece.time_base, piece.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
            container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path


def raw_stream(path: Path) -> bytes:
    raw = path.with_suffix(".h264")
    with av.open(str(path)) as reading, av.open(str(raw), "w", format="h264") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for packet in reading.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                writing.mux(packet)
    return raw.read_bytes()


def write_edits(path: Path, kind: str, edits: Sequence[Edit]) -> None:
    """Give a track of a movie whose `moov` comes last another edit list."""
    data = path.read_bytes()
    movie = data.rindex(b"moov") - 4
    handler = data.index(b"hdlr", movie)
    while data[handler + 12 : handler + 16] != kind.encode():
        handler = data.index(b"hdlr", handler + 4)
    track = data.rindex(b"trak", movie, handler) - 4
    media = data.index(b"mdhd", track)
    per_second = struct.unpack(">I", data[data.index(b"mvhd", movie) + 16 :][:4])[0]
    media_per_second = struct.unpack(">I", data[media + 16 : media + 20])[0]
    lines = [
        struct.pack(
            ">IiI",
            round(edit.duration_s * per_second),
            -1 if edit.media_s is None else round(edit.media_s * media_per_second),
            int(edit.speed * 65536),
        )
        for edit in edits
    ]
    table = b"elst" + struct.pack(">II", 0, len(lines)) + b"".join(lines)
    table = struct.pack(">I", 4 + len(table)) + table
    box = data.index(b"edts", track) - 4
    size = struct.unpack(">I", data[box : box + 4])[0]
    fresh = struct.pack(">I", 8 + len(table)) + b"edts" + table
    changed = bytearray(data[:box] + fresh + data[box + size :])
    for outer in (track, movie):
        (old,) = struct.unpack(">I", changed[outer : outer + 4])
        changed[outer : outer + 4] = struct.pack(">I", old + len(fresh) - size)
    path.write_bytes(bytes(changed))
