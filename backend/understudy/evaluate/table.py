"""An evaluation as a text table for people and as JSON for programs."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

from rich.console import Console
from rich.table import Table

from understudy.domain.files import write_bytes
from understudy.evaluate.evaluate import NEUTRAL, PLATE, RESULT, TRUE, Evaluation

# Measure, unit, and which way is better ("+" more, "-" less, "=" near the reference).
MEASURES: tuple[tuple[str, str, str], ...] = (
    ("PSNR fitted", "dB", "+"),
    ("PSNR raw", "dB", "+"),
    ("SSIM fitted", "", "+"),
    ("SSIM raw", "", "+"),
    ("gradient error", "codes/px", "-"),
    ("seam", "codes/px", "-"),
    ("identity to donor", "cos", "+"),
    ("identity to performer", "cos", "-"),
    ("expression off true", "0..1", "-"),
    ("landmarks off true", "% eyes", "-"),
    ("pose off true", "deg", "-"),
    ("expression error", "0..1", "-"),
    ("landmark error", "% eyes", "-"),
    ("pose error", "deg", "-"),
    ("expression off plate", "0..1", "-"),
    ("landmarks off plate", "% eyes", "-"),
    ("pose off plate", "deg", "-"),
    ("sharpness ratio", "x plate", "="),
    ("flicker", "codes", "-"),
    ("warping error", "codes", "-"),
    ("face found", "share", "+"),
)
_WIDTH = 110


def text_table(evaluation: Evaluation, *, title: str) -> str:
    """The means over all frames, one line a measure, one column a subject, and the headline below."""
    subjects = [name for name in (RESULT, PLATE, TRUE, NEUTRAL) if name in evaluation.columns]
    table = Table(title=f"{title}: {len(evaluation.frames)} frames")
    table.add_column("measure")
    table.add_column("better")
    for subject in subjects:
        table.add_column(subject, justify="right")
    for measure, unit, better in MEASURES:
        values = [evaluation.mean(subject, measure) for subject in subjects]
        if any(math.isfinite(value) for value in values):
            label = f"{measure} ({unit})" if unit else measure
            table.add_row(label, _WORDS[better], *(_shown(value) for value in values))
    summary = Table(title="headline", show_header=False)
    for name, value in evaluation.headline.items():
        summary.add_row(name, _shown(value))
    console = Console(file=io.StringIO(), width=_WIDTH, force_terminal=False, color_system=None)
    console.print(table)
    console.print(summary)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def write_table(evaluation: Evaluation, target: Path, *, title: str) -> None:
    """Write the text table."""
    write_bytes(target, text_table(evaluation, title=title).encode())


def as_json(evaluation: Evaluation, *, title: str) -> dict[str, object]:
    """Headline, means and every frame's numbers as plain data; what does not apply is null."""
    return {
        "title": title,
        "with_truth": evaluation.with_truth,
        "headline": {name: _plain(value) for name, value in evaluation.headline.items()},
        "means": {
            subject: {measure: _plain(evaluation.mean(subject, measure)) for measure in table}
            for subject, table in evaluation.columns.items()
        },
        "frames": list(evaluation.frames),
        "per_frame": {
            subject: {
                measure: [_plain(float(value)) for value in values]
                for measure, values in table.items()
                if len(values) == len(evaluation.frames) and measure != "flicker"
            }
            for subject, table in evaluation.columns.items()
        },
    }


def write_json(evaluation: Evaluation, target: Path, *, title: str) -> None:
    """Write the JSON."""
    text = json.dumps(as_json(evaluation, title=title), indent=1, allow_nan=False)
    write_bytes(target, text.encode())


_WORDS = {"+": "more", "-": "less", "=": "near 1"}


def _plain(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _shown(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if value == round(value) and abs(value) >= 10 else f"{value:.3f}"
