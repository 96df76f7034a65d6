"""Which sound a movie has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import av
import av.container
from av.audio.stream import AudioStream

from understudy.domain.clip_report import AudioTrack
from understudy.domain.errors import UnreadableMedia
from understudy.media.movie_file import open_movie

_PCM = re.compile(r"pcm_[a-z]+?(\d+)")
_UNDECIDED = ("und", "unk")


def tracks_of(path: Path) -> tuple[AudioTrack, ...]:
    """All audio tracks of a file, read from its header. Raises: UnreadableMedia."""
    try:
        with open_movie(path) as container:
            return sound_tracks(container)
    except (av.FFmpegError, OSError) as cause:
        raise UnreadableMedia(f"{path} cannot be read as a movie: {cause}") from cause


def sound_tracks(container: av.container.InputContainer) -> tuple[AudioTrack, ...]:
    """All audio tracks, in the file's order. One that cannot be decoded has rate, channels and bits 0."""
    return tuple(_track(index, stream) for index, stream in enumerate(container.streams.audio))


def playable(tracks: Iterable[AudioTrack]) -> tuple[AudioTrack, ...]:
    """Those that can be decoded."""
    return tuple(track for track in tracks if track.sample_rate and track.channels)


def _track(index: int, stream: AudioStream) -> AudioTrack:
    context = stream.codec_context
    language = stream.metadata.get("language", "")
    named = {
        "language": "" if language in _UNDECIDED else language,
        "title": stream.metadata.get("title", "") or stream.metadata.get("name", ""),
    }
    if context is None:
        return AudioTrack(index=index, codec="unknown", sample_rate=0, channels=0, layout="", bits=0, **named)
    return AudioTrack(
        index=index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=context.layout.name,
        bits=_bits(context),
        **named,
    )


def _bits(context: av.AudioCodecContext) -> int:
    """Bits a sample, 0 where the coding has no such thing."""
    if pcm := _PCM.match(context.name):
        return int(pcm.group(1))
    return context.format.bits if context.codec.lossless and context.format is not None else 0
