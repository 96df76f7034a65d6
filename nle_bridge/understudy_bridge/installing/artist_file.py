"""A few lines of ours in a Python file of the artist, between two comments; the rest stays as it is."""

from __future__ import annotations

from understudy.domain.errors import Conflict


def _marks(host: str) -> tuple[bytes, bytes]:
    return (
        f"# >>> understudy {host}: put here by `understudy bridge install {host}`".encode(),
        f"# <<< understudy {host}".encode(),
    )


def with_block(text: bytes, host: str, lines: str) -> bytes:
    """The file with our lines at its end, in place of those that it had. Raises: Conflict."""
    if b"\0" in text:
        raise Conflict("it is no plain text; add the lines by hand")
    text = without_block(text, host)
    line_end = b"\r\n" if b"\r\n" in text else b"\n"
    # A last line without an end would run into ours: the break is a part of the block.
    gap = line_end if text and not text.endswith(b"\n") else b""
    first, last = _marks(host)
    ours = [first + (b" " + b"+" * len(gap) if gap else b""), *lines.encode().splitlines(), last, b""]
    return text + gap + line_end.join(ours)


def without_block(text: bytes, host: str) -> bytes:
    """The file as it was before `with_block`. Raises: Conflict when a comment of ours is gone or doubled."""
    first, last = _marks(host)
    counts = text.count(first), text.count(last)
    if counts == (0, 0):
        return text
    begin, end = text.find(first), text.find(last)
    if counts != (1, 1) or end < begin:
        raise Conflict("its lines between the comments of `understudy` were changed; take them out by hand")
    before, rest = text[:begin], text[end + len(last) :].removeprefix(b"\r").removeprefix(b"\n")
    gap = text[begin + len(first) :].splitlines()[0].count(b"+")
    # The break before our lines goes with them, unless somebody wrote more below.
    if gap and not rest and before.endswith(b"\n"):
        before = before[:-gap]
    return before + rest
