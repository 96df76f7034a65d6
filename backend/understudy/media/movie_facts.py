"""What else a movie says of itself: camera, lens, place, software."""

from __future__ import annotations

from collections.abc import Mapping

import av.container
from av.video.stream import VideoStream

_MOST_FACTS = 64
_LONGEST = 300
_SAID_ELSEWHERE = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id", "timecode",
     "duration", "reel_name", "reel", "tape", "bps", "number_of_frames", "number_of_bytes",
     "_statistics_tags", "_statistics_writing_app", "_statistics_writing_date_utc",
     "file_package_umid", "material_package_umid", "product_uid", "uid",
     "generation_uid", "operational_pattern_ul", "toolkit_version_num", "product_version_num"}
)  # fmt: skip


def facts_of(
    container: av.container.InputContainer, stream: VideoStream, side_facts: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Names as the file has them and their values, of the file first and then of its pictures, each once."""
    facts: dict[str, str] = {}
    for table in (container.metadata, stream.metadata, side_facts):
        for name, value in table.items():
            text = _printable(value)
            if (
                name.lower() in _SAID_ELSEWHERE
                or not text
                or text in (facts.get(name), facts.get(name.lower()))
            ):
                continue
            facts[f"pictures: {name}" if name in facts else name] = text
    return tuple((_printable(name), text) for name, text in list(facts.items())[:_MOST_FACTS])


def _printable(text: str) -> str:
    """One line without control characters, as long as a line may be."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
