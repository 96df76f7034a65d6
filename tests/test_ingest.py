from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from tests.made_movies import Making
from tests.media_samples import HD, write_movie_with_sound, write_numbered_movie

from understudy.domain.errors import FrameOutOfRange, UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import AudioInfo
from understudy.domain.time import FrameRange
from understudy.stages.ingest import ingest


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return write_numbered_movie(
        folder / "clip.mov", 24, codec="prores422hq", timecode="10:20:30:04", reel="B002"
    )


def test_a_plate_tells_everything_about_its_file(clip: Path) -> None:
    plate = ingest(clip)
    assert (plate.width, plate.height, plate.file_frames) == (64, 48, 24)
    assert (plate.rate, plate.variable_rate) == (Fraction(24000, 1001), False)
    assert (plate.codec, plate.pixel_format, plate.bit_depth) == ("prores", "yuv422p10le", 10)
    assert (plate.colour, plate.pixel_aspect, plate.rotation_deg) == (HD, 1, 0)
    assert (plate.start_timecode, plate.reel, plate.audio) == ("10:20:30:04", "B002", None)
    assert plate.sha256 == sha256_of(clip) and Path(plate.path).is_absolute()
    assert plate.frames == FrameRange(1001, 1024)


def test_in_and_out_cut_the_shot(clip: Path) -> None:
    plate = ingest(clip, in_index=5, out_index=9, first_frame=993)
    assert plate.frames == FrameRange(993, 997)
    assert str(plate.timecode_of(993)) == "10:20:30:09"
    assert ingest(clip, in_index=23).frames == FrameRange(1001, 1001)


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4), (0, 24), (24, None)])
def test_in_and_out_must_fit(clip: Path, first: int, last: int | None) -> None:
    with pytest.raises(FrameOutOfRange, match="pictures 0 to 23"):
        ingest(clip, in_index=first, out_index=last)


def test_sound_is_described(tmp_path: Path) -> None:
    plate = ingest(write_movie_with_sound(tmp_path / "talk.mov", 6))
    assert plate.audio == AudioInfo(codec="pcm_s16le", sample_rate=48000, channels=2)


def test_what_is_no_movie_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="does not exist"):
        ingest(tmp_path / "nothing.mov")
    text = tmp_path / "text.mov"
    text.write_text("this is no movie " * 100)
    with pytest.raises(UnreadableMedia, match=r"text\.mov"):
        ingest(text)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(UnreadableMedia):
        ingest(empty)


@pytest.mark.parametrize("keep", [0.9, 0.6])
def test_a_cut_off_movie_is_refused(clip: Path, tmp_path: Path, keep: float) -> None:
    data = clip.read_bytes()  # its index is in front, as in a delivery, so it still opens
    cut = tmp_path / "cut.mov"
    cut.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnreadableMedia, match=r"cut\.mov"):
        ingest(cut)


def test_what_a_supervisor_would_want_to_know_is_noted(tmp_path: Path) -> None:
    """Interlaced pictures are used as they are, and the job says so; what was answered is not asked again."""
    making = Making(
        codec="libx264", options={"x264-params": "tff=1"}, colour=(2, 2, 2, 0), aspect=Fraction(2)
    )
    path = making.write(tmp_path / "tape.mov")
    events: list[Event] = []
    ingest(path, emit=events.append)
    notes = [event.message for event in events if event.kind is EventKind.NOTE]
    assert [note.split(":")[0] for note in notes] == [
        "no-timecode",
        "interlaced",
        "pixel-aspect",
        "untagged-colour",
    ]
    assert "Nothing is deinterlaced" in notes[1]
    events.clear()
    ingest(path, emit=events.append, colour_space="Camera Rec.709", pixel_aspect=Fraction(1))
    assert [event.message.split(":")[0] for event in events] == ["no-timecode", "interlaced"]
