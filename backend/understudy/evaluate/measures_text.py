"""A take's measures as a plain table for spreadsheets, and their summary as JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict

import numpy as np

from understudy.domain.measures import MARKS, MEASURE_NAMES, MEASURES, FrameMeasures, Treated


def as_csv(measures: FrameMeasures) -> str:
    """One line a frame; what cannot be known is left empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("frame", "trouble", "reasons", "treated", "mark", *MEASURE_NAMES))
    for row in range(len(measures)):
        writer.writerow(
            (
                int(measures.frame[row]),
                f"{measures.trouble[row]:.4f}",
                " ".join(reason.replace(" ", "_") for reason in measures.reasons(row)),
                Treated(measures.treated[row]).name.lower(),
                MARKS[measures.mark[row]].value,
                *(_cell(float(measures.values[name][row])) for name in MEASURE_NAMES),
            )
        )
    return file.getvalue()


def as_json(measures: FrameMeasures) -> str:
    """Units and scales, the shot's own median and spread of every measure, and the frames by trouble."""
    about = []
    for measure in MEASURES:
        values = measures.values[measure.name]
        known = values[np.isfinite(values)]
        statistics = np.percentile(known, (5, 50, 95)) if len(known) else np.full(3, np.nan)
        low, median, high = (_number(float(value)) for value in statistics)
        about.append({**asdict(measure), "known": len(known), "p5": low, "median": median, "p95": high})
    ranking = [
        {
            "frame": int(measures.frame[row]),
            "trouble": round(float(measures.trouble[row]), 6),
            "reasons": list(measures.reasons(row)),
        }
        for row in measures.ranking()
    ]
    treated = {state.name.lower(): int((measures.treated == state).sum()) for state in Treated}
    document = {**measures.facts, "frames": len(measures), "treated": treated, "measures": about}
    return json.dumps({**document, "ranking": ranking}, indent=1, allow_nan=False) + "\n"


def _cell(value: float) -> str:
    return f"{value:.5g}" if math.isfinite(value) else ""


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
