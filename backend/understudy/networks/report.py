"""The training report: loss curves, rate, settings and the last preview in one HTML file, whole in itself."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from understudy.domain.files import write_bytes
from understudy.networks.card import RecipeCard

WIDTH, HEIGHT, MARGIN = 860, 260, 48
_COLOURS = {"total": "#d9480f", "ssim": "#1971c2", "l1": "#2f9e44", "mask": "#9c36b5", "alike": "#f08c00"}


@dataclass(frozen=True, kw_only=True, slots=True)
class LossRow:
    """The mean losses since the row before."""

    iteration: int
    trained_s: float
    losses: dict[str, float] = field(default_factory=dict)


def write_history(rows: Sequence[LossRow], target: Path) -> None:
    """All rows as comma-separated values with one header line, atomically."""
    names = list(rows[0].losses) if rows else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["iteration", "trained_s", *names])
    for row in rows:
        losses = (f"{row.losses[name]:.6g}" for name in names)
        writer.writerow([row.iteration, f"{row.trained_s:.3f}", *losses])
    write_bytes(target, text.getvalue().encode())


def read_history(source: Path, *, up_to: int) -> list[LossRow]:
    """The rows that are not later than a checkpoint's iteration; none if the file is missing."""
    if not source.exists():
        return []
    with source.open(newline="") as file:
        rows = [
            LossRow(
                iteration=int(table.pop("iteration")),
                trained_s=float(table.pop("trained_s")),
                losses={name: float(value) for name, value in table.items()},
            )
            for table in csv.DictReader(file)
        ]
    return [row for row in rows if row.iteration <= up_to]


def write_report(card: RecipeCard, rows: Sequence[LossRow], preview: Path | None, target: Path) -> None:
    """Write the page atomically; the preview is put in when there is one."""
    picture = ""
    if preview is not None:
        data = base64.b64encode(preview.read_bytes()).decode()
        picture = f'<h2>Preview</h2><img alt="preview strip" src="data:image/jpeg;base64,{data}">'
    page = _PAGE.format(facts=_facts(card), curves=_curves(rows), preview=picture, settings=_settings(card))
    write_bytes(target, page.encode())


def _facts(card: RecipeCard) -> str:
    facts = {
        "Family": f"{card.family}, {card.size_px} px, {card.crop_type} crops, {card.precision}",
        "Sees": card.encoding,
        "People": ", ".join(card.people),
        "Iterations": f"{card.iterations} in {card.trained_s / 60:.1f} min",
        "Rate": f"{card.crops_per_s:.1f} EG/s (crops of all people a second)",
        "Began from": " then ".join(card.ancestors) or "random weights",
        "Facesets": ", ".join(sha[:12] for sha in card.faceset_sha256),
        "Note": card.note or "none",
    }
    return "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in facts.items())


def _settings(card: RecipeCard) -> str:
    settings = asdict(card.config).items()
    return "".join(f"<tr><td>{name}</td><td>{html.escape(str(value))}</td></tr>" for name, value in settings)


def _curves(rows: Sequence[LossRow]) -> str:
    if not rows:
        return "<p>No losses were recorded.</p>"
    names = [name for name in _COLOURS if name in rows[0].losses]
    top = max(max(row.losses[name] for name in names) for row in rows) or 1.0
    last = max(rows[-1].iteration, 1)
    parts = [_axes(top, last)]
    for name in names:
        points = " ".join(f"{_x(row.iteration / last):.1f},{_y(row.losses[name] / top):.1f}" for row in rows)
        parts.append(f'<polyline fill="none" stroke="{_COLOURS[name]}" points="{points}"/>')
    legend = " ".join(
        f'<span style="color:{_COLOURS[name]}">&#9632; {name} {rows[-1].losses[name]:.4f}</span>'
        for name in names
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg><p>{legend}</p>'


def _x(share: float) -> float:
    return MARGIN + share * (WIDTH - MARGIN - 8)


def _y(share: float) -> float:
    return HEIGHT - MARGIN / 2 - share * (HEIGHT - MARGIN / 2 - 8)


def _axes(top: float, last: int) -> str:
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, x = _y(share), _x(share)
        lines.append(f'<line x1="{MARGIN}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8884"/>')
        lines.append(f'<text x="4" y="{y + 4:.1f}">{top * share:.3f}</text>')
        anchor = "end" if share == 1 else "middle"
        lines.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{round(last * share)}</text>'
        )
    return "".join(lines)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Training report</title><style>
body {{ font: 14px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em;
  background: #1d1f21; color: #ddd }}
svg, img {{ width: 100% }} img {{ image-rendering: pixelated }} text {{ fill: #aaa; font-size: 11px }}
dl {{ display: grid; grid-template-columns: 8em 1fr }} dt {{ color: #999 }}
dd {{ margin: 0; overflow-wrap: anywhere }}
td {{ padding: 0 1em 0 0; vertical-align: top }}
</style></head><body>
<h1>Training report</h1><dl>{facts}</dl>
<h2>Losses by iteration</h2>{curves}
{preview}
<h2>Settings</h2><table>{settings}</table>
</body></html>
"""
