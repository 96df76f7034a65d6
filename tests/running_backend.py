"""A real backend in a process of its own, as users run it, for end-to-end tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from understudy.client import Client
from understudy.domain.errors import ServerUnreachable
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, Job
from understudy.domain.job_spec import JobSpec
from understudy.domain.people import Basis, Consent, Person, Use

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class RunningBackend:
    """`understudy serve` on one production, and a client of it."""

    folder: Path
    process: subprocess.Popen[bytes]
    client: Client

    @classmethod
    def start(cls, folder: Path, *options: str) -> RunningBackend:
        environment = {**os.environ, "UNDERSTUDY_CACHE": str(ROOT / ".cache"), "UNDERSTUDY_OFFLINE": "1"}
        with (folder.parent / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "understudy", "-v", "serve", str(folder), *options],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return cls(folder, process, _client_when_up(folder, process))

    def agree(self, person: Person, *uses: Use) -> Consent:
        """Record that a made-up person agrees to some uses."""
        consent = Consent(
            id="",
            person_id=person.id,
            production_id="",
            basis=Basis.SYNTHETIC,
            uses=frozenset(uses),
            valid_from=date(2020, 1, 1),
            valid_to=date(2090, 1, 1),
            description="A made-up performer.",
        )
        return self.client.record_consent(consent)

    def do(self, spec: JobSpec, on_event: Callable[[Event], None] | None = None) -> Job:
        """Make a job and wait for its end."""
        return self.client.wait(self.client.create_job(spec, new_id()).id, on_event)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)


def _client_when_up(folder: Path, process: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client = Client.of_production(folder)
            client.get_production()
            return client
        except ServerUnreachable:
            time.sleep(0.1)
    raise AssertionError(f"the backend did not start: {(folder.parent / 'serve.log').read_text()}")


def wait_until(condition: Callable[[], bool], *, seconds: float = 180) -> None:
    """Sleep until the condition holds; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
