"""Opening a movie that comes from outside: a file and nothing else, of a kind that holds pictures."""

from __future__ import annotations

from pathlib import Path

import av
import av.container
from av.video.stream import VideoStream

from understudy.domain.errors import UnreadableMedia

MOST_PIXELS = 1 << 28  # of one picture: 16384 x 16384

# Playlists, concatenations and descriptions of streams are left out: they make the reader open whatever
# other files and addresses they name.
_WRAPPERS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mxf", "mxf_opatom", "mpeg", "mpegts", "mpegvideo", "avi",
    "flv", "asf", "ogg", "gxf", "nut", "dv", "h264", "hevc", "m4v", "obu", "ivf", "yuv4mpegpipe", "r3d",
    "wav", "aiff",
)  # fmt: skip
_ONLY_THE_FILE = {"protocol_whitelist": "file", "format_whitelist": ",".join(_WRAPPERS)}


def open_movie(path: Path) -> av.container.InputContainer:
    """Open a movie's file. Raises: av.FFmpegError when it cannot be read as one."""
    return av.open(f"file:{path}", options=dict(_ONLY_THE_FILE), metadata_errors="replace")


def first_video(container: av.container.InputContainer, path: Path) -> VideoStream:
    """The first stream of moving pictures. Raises: UnreadableMedia, also when they are far too large."""
    if not container.streams.video:
        raise UnreadableMedia(f"{path} has no picture stream; give a movie file")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise UnreadableMedia(f"{path} has pictures of an unknown kind; give ProRes, DNxHR, H.264 or so")
    if stream.width * stream.height > MOST_PIXELS:
        raise UnreadableMedia(
            f"{path} says that its pictures are {stream.width}x{stream.height}; they are read up to "
            f"{MOST_PIXELS >> 20} million pixels"
        )
    stream.thread_type = "AUTO"
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    return stream
