"""Media that is not what its name says, or says that it is enormous."""

from __future__ import annotations

import resource
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from tests.media_samples import write_numbered_movie

from understudy.domain.errors import UnreadableMedia
from understudy.stages.ingest import ingest

MOST_GROWTH_KIB = 300 << 10
PATIENCE_S = 60  # generous: it is hanging that is looked for


def refused(path: Path, match: str | None = None) -> None:
    """The file is refused by name, quickly and without much memory."""
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(UnreadableMedia, match=match):
        ingest(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB
    assert time.monotonic() - started < PATIENCE_S


@pytest.mark.parametrize("name", ["clip.mov", "clip.m3u8", "clip.mp4", "clip.txt"])
@pytest.mark.parametrize("kind", ["hls", "concat", "sdp", "dash", "subtitles"])
def test_a_list_of_other_files_is_no_movie(tmp_path: Path, name: str, kind: str) -> None:
    other = write_numbered_movie(tmp_path / "secret.mov", 3)
    address = f"file://{other}"
    text = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{other}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        f"<AdaptationSet><Representation><BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "subtitles": "1\n00:00:00,000 --> 00:00:10,000\nhello\n",
    }[kind]
    (tmp_path / name).write_text(text)
    refused(tmp_path / name)


def test_a_reference_to_another_movie_is_not_followed(tmp_path: Path) -> None:
    """QuickTime files may say that their pictures are in another file."""
    movie = write_numbered_movie(tmp_path / "plate.mov", 3)
    data = movie.read_bytes()
    assert data.count(b"url \0\0\0\1") == 1  # the pictures are in this very file
    other = tmp_path / "refers.mov"
    other.write_bytes(data.replace(b"url \0\0\0\1", b"url \0\0\0\0"))
    with suppress(UnreadableMedia):
        assert ingest(other).file_frames == 3


@pytest.mark.parametrize("size", [(60_000, 60_000), (65_535, 65_535), (30_000, 20_000)])
def test_a_movie_that_claims_enormous_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    movie = write_numbered_movie(tmp_path / "plate.mov", 3, codec="prores422hq")
    data = movie.read_bytes()
    true = struct.pack(">HH", 64, 48)
    assert data.count(true) >= 1
    movie.write_bytes(data.replace(true, struct.pack(">HH", *size)))
    refused(movie)


@pytest.mark.parametrize("name", ["plate.1001.png", "plate.1001.dpx", "plate.1001.tif", "plate.1001.exr"])
@pytest.mark.parametrize(
    "what", ["empty", "text", "another kind", "a folder", "a link to itself", "a device"]
)
def test_pictures_that_are_none(tmp_path: Path, name: str, what: str) -> None:
    path = tmp_path / name
    if what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_text("not a picture " * 100)
    elif what == "another kind":
        path.write_bytes(write_numbered_movie(tmp_path / "movie.mov", 3).read_bytes())
    elif what == "a folder":
        path.mkdir()
    elif what == "a link to itself":
        path.symlink_to(path)
    else:
        path.symlink_to("/dev/zero")
    refused(path)


def test_an_exr_that_claims_enormous_pictures(tmp_path: Path) -> None:
    path = tmp_path / "plate.1001.exr"
    with OpenEXR.File(
        {"compression": OpenEXR.ZIP_COMPRESSION}, {"RGB": np.zeros((48, 64, 3), np.float16)}
    ) as file:
        file.write(str(path))
    data = path.read_bytes()
    window = struct.pack("<iiii", 0, 0, 63, 47)
    for claim in ((0, 0, 59_999, 59_999), (-(2**30), -(2**30), 2**30, 2**30), (0, 0, 2**31 - 1, 0)):
        path.write_bytes(data.replace(window, struct.pack("<iiii", *claim)))
        refused(path)


def test_a_png_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    """A 10 MB file whose pictures would take 10 GB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path = tmp_path / "plate.1001.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )
    refused(path, "10299 MB|60000")
