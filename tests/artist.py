"""A client in a process of its own, to be killed: it edits a shot, or has a list of jobs done.

What it sends and what it is told is written into a journal, one line of JSON each. Started again it reads
the journal, sends what was not acknowledged once more under the same request id, and goes on.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from understudy.client import Client
from understudy.domain.edit import Mark, MarkFrames
from understudy.domain.errors import JobStateConflict, NotAuthenticated, Transient
from understudy.domain.job import JobKind, JobState
from understudy.domain.job_spec import JobSpec, spec_from_table


def be_an_artist(role: str, production: str, journal: str) -> None:
    """Edit, or have the jobs done whose specs are in `journal` + ".specs"."""
    if role == "editor":
        edit_for_ever(Path(production), Path(journal))
    else:
        have_jobs_done(Path(production), Path(journal))


def read_journal(path: Path) -> list[dict[str, object]]:
    """What was written down; a line that a kill tore counts as never written."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


class Journal:
    """Appends lines; each is there when `write` returns, for whatever comes after."""

    def __init__(self, path: Path) -> None:
        self.known = read_journal(path)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, **what: object) -> None:
        os.write(self._descriptor, json.dumps(what).encode() + b"\n")


def edit_for_ever(production: Path, path: Path) -> None:
    """Mark one frame after the other; the note of edit N is its request id."""
    journal = Journal(path)
    told = {str(line["told"]) for line in journal.known if "told" in line}
    sent = [str(line["sent"]) for line in journal.known if "sent" in line]
    number = len(sent)
    unknown = [request for request in sent if request not in told]
    while True:
        request = unknown.pop(0) if unknown else f"edit-{number}"
        if request not in sent:
            journal.write(sent=request)
            number += 1
        _send(production, request)
        journal.write(told=request)


def _send(production: Path, request: str) -> None:
    frame = 1001 + int(request.split("-")[1]) % 24
    action = MarkFrames(first=frame, last=frame, mark=Mark.FLAGGED, note=request)
    while True:
        try:
            with Client.of_production(production) as client:
                client.add_edits("sc010", [action], author="Ann", seen_revision=0, request_id=request)
                return
        except (Transient, NotAuthenticated):
            time.sleep(0.05)


def have_jobs_done(production: Path, path: Path) -> None:
    """One job after the other, each under a request id of its own; a failed one is tried again."""
    journal = Journal(path)
    done = {str(line["done"]): line["result"] for line in journal.known if "done" in line}
    specs = json.loads(path.with_suffix(".specs").read_text())
    results: dict[str, dict[str, object]] = {}
    for number, table in enumerate(specs):
        request = f"job-{number}"
        if request not in done:
            done[request] = _have_done(production, _spec(table, results), request)
            journal.write(done=request, result=done[request])
        results[request] = done[request]  # type: ignore[assignment]


def _spec(table: dict[str, object], results: dict[str, dict[str, object]]) -> JobSpec:
    """A spec; "$job-3.take_id" stands for a value of an earlier job's result."""
    values = dict(table)
    kind = JobKind(str(values.pop("kind")))
    for key, value in values.items():
        if isinstance(value, str) and value.startswith("$"):
            request, name = value[1:].split(".")
            values[key] = results[request][name]
    return spec_from_table(kind, values)


def _have_done(production: Path, spec: JobSpec, request: str) -> dict[str, object]:
    while True:
        try:
            with Client.of_production(production) as client:
                job = client.create_job(spec, request)
                for _ in client.watch(job.id):
                    pass
                job = client.job(job.id)
                if job.state is JobState.DONE:
                    return job.result
                if job.state in (JobState.FAILED, JobState.CANCELLED):
                    client.retry_job(job.id)
        except (Transient, NotAuthenticated, JobStateConflict):
            time.sleep(0.1)
