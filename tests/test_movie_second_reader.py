"""Movies as another reader sees them: codes, colour, time, alpha and sound."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from tests.media_samples import HD, SAMPLE_RATE, sample_layers
from tests.second_reader import has_edit_list, planes_444, probed, raw_audio, raw_video, require_ffmpeg

from understudy.config import DeliverConfig
from understudy.domain.errors import BadSettings
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.time import Timecode
from understudy.media.layers import layers_path, write_layers
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.movie_codecs import CODECS, MovieCodec
from understudy.media.picture import CENTRE, FULL, LEFT, YuvPicture
from understudy.stages.deliver import deliver
from understudy.stages.ingest import ingest

WIDTH, HEIGHT = 256, 128
NTSC = Fraction(30000, 1001)
UHD_PQ = ColourTags(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc")
UHD_HLG = ColourTags(primaries="bt2020", transfer="arib-std-b67", matrix="bt2020nc")
TOLERANCE = {"h264": 2, "h265": 4, "prores422hq": 2, "prores4444": 2, "dnxhr_hqx": 2, "dnxhr_444": 2}
"""Codes, of 8 bits for H.264 and of 10 for the others, by which a ramp or a bar may differ."""
BARS = ((940, 512, 512), (877, 64, 553), (754, 615, 64), (691, 167, 105), (313, 857, 919), (250, 409, 960))


def bars_and_ramp(codec: MovieCodec, colour: ColourTags = HD) -> YuvPicture:
    """Colour bars over a grey ramp from black to white, in the codec's own layout."""
    layout = CODECS[codec].pixel_format
    y = np.tile(np.linspace(64, 940, WIDTH), (HEIGHT, 1))
    u, v = np.full((HEIGHT, WIDTH), 512.0), np.full((HEIGHT, WIDTH), 512.0)
    for number, codes in enumerate(BARS):
        left, right = (number * 40, number * 40 + 40)
        for plane, code in zip((y, u, v), codes, strict=True):
            plane[: HEIGHT // 2, left:right] = code
    depth = 10 if "10" in layout else 8
    kind = np.uint16 if depth == 10 else np.uint8
    across, down = "444" not in layout, "420" in layout
    small = np.s_[:: 1 + down, :: 1 + across]
    y, u, v = (np.rint(plane / 2 ** (10 - depth)).astype(kind) for plane in (y, u[small], v[small]))
    return YuvPicture(
        y_HW=y, u_hw=u, v_hw=v, bit_depth=depth, siting_x=LEFT if across else FULL,
        siting_y=CENTRE if down else FULL, colour=colour,
    )  # fmt: skip


def spec_of(codec: MovieCodec, colour: ColourTags = HD) -> MovieSpec:
    return MovieSpec(
        codec=codec, width=WIDTH, height=HEIGHT, rate=NTSC, colour=colour, reel="A001C007",
        timecode=Timecode.parse("00:59:59;28", NTSC), pixel_aspect=Fraction(2), x264_crf=8,
    )  # fmt: skip


@pytest.mark.parametrize("codec", CODECS)
def test_another_reader_finds_the_codes_the_time_and_the_colour(tmp_path: Path, codec: MovieCodec) -> None:
    require_ffmpeg()
    spec = spec_of(codec, UHD_HLG if codec == "h265" else HD)
    picture, target = bars_and_ramp(codec, spec.colour), tmp_path / f"movie{spec.suffix}"
    with MovieWriter(target, spec) as writer:
        for _ in range(4):
            writer.write(picture)
    planes = [picture.y_HW, picture.u_hw, picture.v_hw]
    kind = planes[0].dtype
    found = np.frombuffer(raw_video(target, spec.pixel_format), kind).reshape(4, -1)
    wanted = np.concatenate([plane.ravel() for plane in planes])
    assert np.abs(found.astype(int) - wanted).max() <= TOLERANCE[codec]
    said = probed(target)
    video = said["streams"][0]
    names = [video[key] for key in ("color_primaries", "color_transfer", "color_space", "color_range")]
    assert names == [spec.colour.primaries, spec.colour.transfer, spec.colour.matrix, "tv"]
    assert (video["r_frame_rate"], video["avg_frame_rate"], video["nb_frames"]) == (
        "30000/1001",
        "30000/1001",
        "4",
    )
    assert (video["sample_aspect_ratio"], video["start_pts"]) == ("2:1", 0)
    assert video["tags"]["timecode"] == "00:59:59;28" and "side_data_list" not in video
    layouts = {frame["pix_fmt"] for frame in said["frames"]}
    assert layouts == {"yuv444p12le" if codec == "prores4444" else spec.pixel_format}
    assert {frame["color_transfer"] for frame in said["frames"]} == {spec.colour.transfer}
    if spec.suffix == ".mov":
        assert not has_edit_list(target)
        timecode = next(stream for stream in said["streams"] if stream["codec_tag_string"] == "tmcd")
        assert timecode["tags"]["reel_name"] == "A001C007"
        assert timecode["tags"]["timecode"] == "00:59:59;28"
    if codec == "h265":
        assert (video["codec_tag_string"], video["profile"]) == ("hvc1", "Main 10")


@pytest.mark.parametrize("codec", ["h264", "h265", "prores422hq", "dnxhr_444"])
def test_pq_stays_pq(tmp_path: Path, codec: MovieCodec) -> None:
    require_ffmpeg()
    spec = spec_of(codec, UHD_PQ)
    with MovieWriter(tmp_path / f"movie{spec.suffix}", spec) as writer:
        writer.write(bars_and_ramp(codec, UHD_PQ))
    frame = probed(tmp_path / f"movie{spec.suffix}")["frames"][0]
    names = [frame[key] for key in ("color_primaries", "color_transfer", "color_space")]
    assert names == ["bt2020", "smpte2084", "bt2020nc"]


@pytest.mark.parametrize("size_wh", [(64, 48), (202, 102)])
def test_alpha_of_4444_has_sixteen_bits(tmp_path: Path, size_wh: tuple[int, int]) -> None:
    """The other reader shows twelve of them; all sixteen are read here by the format's own description."""
    require_ffmpeg()
    width, height = size_wh
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:height, 0:width]
    soft = np.clip(1.2 - np.hypot(x - width / 2, y - height / 2) / (height / 2), 0, 1).astype(np.float32)
    mattes = [soft, rng.random((height, width), np.float32), np.zeros_like(soft), np.ones_like(soft)]
    spec = replace(spec_of("prores4444"), width=width, height=height, alpha=True)
    grey = np.full((height, width), 500, np.uint16)
    picture = YuvPicture(
        y_HW=grey, u_hw=grey, v_hw=grey, bit_depth=10, siting_x=FULL, siting_y=FULL, colour=HD
    )
    with MovieWriter(tmp_path / "a.mov", spec) as writer:
        for matte_HW in mattes:
            writer.write(picture, matte_HW=matte_HW)
    wanted = [np.rint(matte_HW * np.float32(65535)).astype(np.uint16) for matte_HW in mattes]
    planes = planes_444(tmp_path / "a.mov", "yuva444p12le", size_wh)
    assert np.array_equal(planes[:, 3], np.stack(wanted) >> 4)
    assert np.abs(planes[:, 0].astype(int) - 500 * 4).max() <= 4
    with av.open(str(tmp_path / "a.mov")) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for packet, alpha in zip(packets, wanted, strict=True):
        assert np.array_equal(_alpha_in(packet, width, height), alpha)


def _alpha_in(packet: bytes, width: int, height: int) -> npt.NDArray[np.int64]:
    """Alpha of a ProRes picture, value by value."""
    picture = 8 + struct.unpack_from(">H", packet, 8)[0]
    count, widest = struct.unpack_from(">H", packet, picture + 5)[0], 1 << (packet[picture + 7] >> 4)
    at = picture + (packet[picture] >> 3)
    sizes = struct.unpack_from(f">{count}H", packet, at)
    at += 2 * count
    rows, blocks = -(-height // 16), -(-width // 16)
    whole = np.zeros((rows * 16, blocks * 16), np.int64)
    row = column = 0
    for size in sizes:
        blocks_here = widest
        while blocks_here > blocks - column:
            blocks_here //= 2
        data = packet[at : at + size]
        begin = (data[0] >> 3) + sum(struct.unpack_from(">3H", data, 2))
        values = _values(data[begin:], 256 * blocks_here).reshape(16, -1)
        whole[row * 16 : row * 16 + 16, column * 16 : (column + blocks_here) * 16] = values
        column += blocks_here
        if column == blocks:
            row, column = row + 1, 0
        at += size
    return whole[:height, :width]


def _values(data: bytes, count: int) -> npt.NDArray[np.int64]:
    bits = "".join(f"{byte:08b}" for byte in data)
    at, value, values = 0, 65535, []

    def take(number: int) -> int:
        nonlocal at
        at += number
        return int(bits[at - number : at], 2)

    while len(values) < count:
        if take(1):
            value += take(16)
        else:
            code = take(7)
            value += -(code // 2 + 1) if code % 2 else code // 2 + 1
        value &= 65535
        run = 0 if take(1) else take(4) or take(11)
        values += [value] * (1 + run)
    return np.array(values)


def write_three_tracks(path: Path, frames: int) -> list[npt.NDArray[np.int32]]:
    """A mov with 16-bit stereo, 24-bit mono and 5.1 sound; returns 32-bit samples, (n, channels) each."""
    rng = np.random.default_rng(5)
    count = round(frames * SAMPLE_RATE / NTSC)
    kinds = (
        ("pcm_s16le", "stereo", 2, "s16", 16),
        ("pcm_s24le", "mono", 1, "s32", 8),
        ("pcm_s24le", "5.1", 6, "s32", 8),
    )
    sounds = []
    with av.open(str(path), "w") as container:
        video = container.add_stream("prores_ks", rate=NTSC, options={"profile": "proxy"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv422p10le"
        video.codec_context.time_base = 1 / NTSC
        streams = []
        for codec, layout, channels, sample_format, zeros in kinds:
            stream = container.add_stream(codec, rate=SAMPLE_RATE)
            stream.codec_context.layout, stream.codec_context.format = layout, sample_format
            streams.append(stream)
            least = -(2 ** (31 - zeros))
            sounds.append(
                rng.integers(least, -least, (count, channels), dtype=np.int64).astype(np.int32) << zeros
            )
        for index in range(frames):
            frame = av.VideoFrame(64, 48, "yuv422p10le")
            frame.time_base, frame.pts = 1 / NTSC, index
            container.mux(video.encode(frame))
        for stream, samples, (_, layout, _, sample_format, _) in zip(streams, sounds, kinds, strict=True):
            held = (samples >> 16).astype(np.int16) if sample_format == "s16" else samples
            piece = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(held).reshape(1, -1), format=sample_format, layout=layout
            )
            piece.sample_rate, piece.time_base, piece.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
            container.mux(stream.encode(piece))
            container.mux(stream.encode(None))
        container.mux(video.encode(None))
    return sounds


def test_every_track_of_the_plate_is_in_the_movie_bit_by_bit(tmp_path: Path) -> None:
    require_ffmpeg()
    sounds = write_three_tracks(tmp_path / "talk.mov", 12)
    plate = ingest(tmp_path / "talk.mov", in_index=3, out_index=9)
    for frame in plate.frames:
        write_layers(
            sample_layers(frame, Rect(10, 10, 20, 20)), layers_path(tmp_path / "take", frame),
            display_window=plate.display_window, settings_sha256="s", people=(),
        )  # fmt: skip
    config = DeliverConfig(movies=("prores422hq", "h264"), contact_sheet=False)
    edit, review = deliver(
        plate, tmp_path / "take", tuple(plate.frames), config, tmp_path / "out", title="t", marked=False,
        people=(), emit=lambda event: None, stopping=lambda: False,
    )  # fmt: skip
    first, end = (round(index * SAMPLE_RATE / NTSC) for index in (3, 10))
    for track, samples in enumerate(sounds):
        found = raw_audio(edit, track).reshape(-1, samples.shape[1])
        assert np.array_equal(found, samples[first:end])
    kinds = [stream["codec_name"] for stream in probed(edit)["streams"] if stream["codec_type"] == "audio"]
    assert kinds == ["pcm_s24le"] * 3 and not has_edit_list(edit)
    heard = [stream["codec_name"] for stream in probed(review)["streams"] if stream["codec_type"] == "audio"]
    assert heard == ["aac"]


def test_a_picture_too_small_for_dnxhr_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    spec = replace(spec_of("dnxhr_hqx"), width=128, height=72)
    with pytest.raises(BadSettings, match="256x120"), MovieWriter(tmp_path / "a.mov", spec):
        pass
    assert list(tmp_path.iterdir()) == []
