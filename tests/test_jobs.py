"""Bundles, grants, spools and leases: what a worker trusts, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from understudy.domain.errors import BadBundle, JobStateConflict, MediaAway
from understudy.domain.job import MOVES, Event, EventKind, JobKind, JobState, check_move
from understudy.domain.people import Need, Use
from understudy.domain.summary import Decision
from understudy.jobs.bundle import (
    Bundle,
    InputFile,
    bundle_sha256,
    check_inputs,
    make_bundle,
    read_bundle,
    write_bundle,
)
from understudy.jobs.lease import Leases, hold_lease, launching, lease_held
from understudy.jobs.spool import SPOOL_FILE, SpoolWriter, read_spool, spool_size
from understudy.jobs.worker import run_worker
from understudy.model_files import ModelFiles
from understudy.store.production import Production
from understudy.trust.grants import issue
from understudy.work import IngestWork

WORK = IngestWork(path="nowhere.mov", first_frame=1001, in_index=None, out_index=None)
NEED = Need(person_id="somebody", use=Use.TRAIN)


def a_bundle(*inputs: InputFile) -> Bundle:
    return make_bundle("job", JobKind.INGEST, "production", WORK, needs=(NEED,), inputs=inputs)


@pytest.fixture
def production(tmp_path: Path) -> Production:
    Production.create(tmp_path / "show", "Show")
    return Production.open(tmp_path / "show")


def granted(folder: Path, bundle: Bundle, production: Production, *, bound_to: Bundle | None = None) -> Path:
    folder.mkdir()
    grant = issue(
        production.key,
        job_id=bundle.job_id,
        production_id=bundle.production_id,
        bundle_sha256=bundle_sha256(bound_to or bundle),
        decision=Decision(consent_ids=("consent",), marked=False),
        needs=bundle.needs,
        valid_for=timedelta(hours=1),
    )
    write_bundle(folder, bundle, grant)
    return folder


def test_a_bundle_is_read_as_it_was_written(tmp_path: Path, production: Production) -> None:
    bundle = a_bundle()
    assert read_bundle(granted(tmp_path / "job", bundle, production))[0] == bundle
    assert bundle.resolved == WORK


def test_a_changed_or_missing_input_is_noticed(tmp_path: Path) -> None:
    plate = tmp_path / "plate.mov"
    plate.write_bytes(b"plate")
    bundle = a_bundle(InputFile(path=str(plate), sha256="0" * 64))
    with pytest.raises(BadBundle, match="has changed"):
        check_inputs(bundle)
    plate.unlink()
    with pytest.raises(MediaAway, match="is gone"):
        check_inputs(bundle)


@pytest.mark.parametrize("tampered", ["another bundle", "another key"])
def test_a_worker_refuses_what_the_server_did_not_grant(
    tmp_path: Path, production: Production, tampered: str
) -> None:
    bundle = a_bundle()
    other = replace(bundle, needs=(Need(person_id="somebody else", use=Use.TRAIN),))
    bound_to = other if tampered == "another bundle" else bundle
    folder = granted(tmp_path / "job", bundle, production, bound_to=bound_to)
    key = production.folder / "keys"
    if tampered == "another key":
        Production.create(tmp_path / "other", "Other")
        key = tmp_path / "other" / "keys"
    code = run_worker(folder, public_key=key, model_files=ModelFiles(tmp_path, offline=True))
    last = json.loads((folder / SPOOL_FILE).read_text().splitlines()[-1])
    assert (code, last["message"], last["error"]) == (3, "failed", "GrantInvalid")


def test_a_worker_names_the_error_of_its_stage(tmp_path: Path, production: Production) -> None:
    folder = granted(tmp_path / "job", a_bundle(), production)
    code = run_worker(folder, public_key=production.folder / "keys", model_files=ModelFiles(tmp_path))
    last = read_spool(folder, 0)[-1][0]
    assert (code, last.error) == (3, "UnreadableMedia")
    assert "nowhere.mov" in last.texts["detail"]


def test_a_torn_line_is_cut_off_and_whole_ones_are_kept(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path) as spool:
        spool.append(Event(kind=EventKind.NOTE, message="one"))
    whole = spool_size(tmp_path)
    with (tmp_path / SPOOL_FILE).open("ab") as file:
        file.write(b'{"kind": "note", "mess')
    assert [event.message for event, _ in read_spool(tmp_path, 0)] == ["one"]
    with SpoolWriter(tmp_path) as spool:
        spool.append(Event(kind=EventKind.NOTE, message="two"))
    assert [event.message for event, _ in read_spool(tmp_path, whole)] == ["two"]


def test_a_lease_is_held_by_one_and_dies_with_its_worker(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from understudy.jobs.lease import hold_lease\n"
        "with hold_lease(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert worker.stdout is not None and worker.stdout.readline() == b"held\n"
    assert lease_held(tmp_path)
    with pytest.raises(JobStateConflict, match="another worker"), hold_lease(tmp_path):
        pass
    worker.kill()
    worker.communicate()
    assert not Leases().alive(tmp_path)


def test_a_worker_is_known_to_live_from_its_start_also_to_the_next_server(tmp_path: Path) -> None:
    with launching(tmp_path) as lock:
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(lock,))
    assert Leases().alive(tmp_path), "it has taken no lease yet, and whoever started it is gone"
    worker.kill()
    worker.wait()
    assert not Leases().alive(tmp_path)


def test_states_move_only_as_the_table_says() -> None:
    for old in JobState:
        for new in JobState:
            if new in MOVES[old]:
                check_move("job", old, new)
            else:
                with pytest.raises(JobStateConflict):
                    check_move("job", old, new)
