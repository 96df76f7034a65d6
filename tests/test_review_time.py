"""Frames and timecodes as the page writes them, against the backend's own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from tests.chromium import page_modules

from understudy.domain.time import Timecode, format_frames, parse_frames

NTSC = Fraction(30000, 1001)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as page:
        yield page


def plate(rate: Fraction, start: str) -> dict[str, object]:
    return {"rate": str(rate), "start_timecode": start, "first_index": 12, "first_frame": 1001}


@pytest.mark.parametrize(
    ("rate", "start"),
    [
        (Fraction(24000, 1001), "01:00:00:00"),
        (Fraction(25), "23:59:58:00"),
        (NTSC, "00:58:59;20"),
        (NTSC, "00:58:59:20"),
        (2 * NTSC, "09:59:50;04"),
    ],
)
def test_timecodes_of_frames_and_back(page: Any, rate: Fraction, start: str) -> None:
    frames = [1001, 1002, 1011, 1030, 1100, 2801, 2831, 20001, 40000]
    written = page.evaluate(
        """async ([plate, frames]) => {
            const { timecodeOf, frameAtTimecode } = await import("/page/core/time.js");
            return frames.map((frame) => {
                const text = timecodeOf(plate, frame);
                return [text, frameAtTimecode(plate, text)];
            });
        }""",
        [plate(rate, start), frames],
    )
    begin = Timecode.parse(start, rate)
    assert [text for text, _ in written] == [str(begin + (12 + frame - 1001)) for frame in frames]
    same_day = [frame for frame in frames if begin.count + 12 + frame - 1001 < begin.frames_per_day]
    assert [back for _, back in written][: len(same_day)] == same_day


@pytest.mark.parametrize("frames", [[1001], [1001, 1002, 1003], [1, 3, 5, 9, 10, 11], []])
def test_lists_of_frames_read_as_the_backend_does(page: Any, frames: list[int]) -> None:
    written = page.evaluate(
        """async ([frames]) => {
            const { frameList, framesIn } = await import("/page/core/time.js");
            return [frameList(frames), framesIn(frameList(frames))];
        }""",
        [frames],
    )
    assert written[1] == frames
    assert (list(parse_frames(written[0])) if frames else []) == frames
    back = page.evaluate(
        "async ([text]) => (await import('/page/core/time.js')).framesIn(text)", [format_frames(frames)]
    )
    assert back == frames
