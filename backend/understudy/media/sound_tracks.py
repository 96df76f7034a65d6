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
_OWN_ORDER = " channels ("


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
    layout = _layout_of(context)
    return AudioTrack(
        index=index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=layout,
        bits=_bits(context),
        **named,
    )


def _layout_of(context: av.AudioCodecContext) -> str:
    """What a track's channels are, by name; to be asked before its number of channels is.

    A list of channels in an order of the file's own belongs to its codec and, as PyAV 18 sees it, to every
    layout and decoded block too, and is freed by each. It is handed over to the one layout here, and the
    codec goes on by the number of channels alone.
    """
    layout = context.layout
    name = layout.name
    if _OWN_ORDER in name:
        context.layout = f"{layout.nb_channels} channels"
    return name


def _bits(context: av.AudioCodecContext) -> int:
    """Bits a sample, 0 where the coding has no such thing."""
    if pcm := _PCM.match(context.name):
        return int(pcm.group(1))
    return context.format.bits if context.codec.lossless and context.format is not None else 0
