"""The source timecode of a sequence, and whether its files agree about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from understudy.domain.errors import BadSettings
from understudy.domain.time import Timecode
from understudy.media.sequence_survey import Looked


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceTimecode:
    """start: of the first file, None when it has none that can be. wrong: numbers of files whose timecode is
    another than counting on from the first gives, or lacking where others have one. stated: whether any file
    has one."""

    start: str | None = None
    wrong: tuple[int, ...] = ()
    stated: bool = False
    impossible: str = ""

    @property
    def holds(self) -> bool:
        """Whether every file has one, and they count on from each other."""
        return self.start is not None and not self.wrong

    @property
    def drop_frame(self) -> bool:
        return self.start is not None and ";" in self.start


def timecode_of(looked: Sequence[Looked], number: int, rate: Fraction) -> SequenceTimecode:
    """What the files' timecodes amount to at a rate, from the file with `number` on, be it there or not."""
    texts = {item.number: item.header.timecode for item in looked}
    if not any(texts.values()):
        return SequenceTimecode()
    first = min(texts)
    try:
        start = Timecode.parse(texts[first], rate)
    except BadSettings:
        return SequenceTimecode(stated=True, impossible=texts[first] or "none", wrong=(first,))
    wrong = tuple(other for other, text in texts.items() if text != str(start + (other - first)))
    return SequenceTimecode(start=str(start + (number - first)), wrong=wrong, stated=True)
