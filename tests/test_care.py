"""Looking after a production: is it whole, copying it while it is in use, bringing an old one up to date."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.edit_show import Show
from tests.mounts import read_only
from tests.running_backend import RunningBackend

from understudy.admission import Admission
from understudy.domain.access import Scope
from understudy.domain.errors import BadRecord, Conflict, NotFound
from understudy.domain.people import Use
from understudy.inspection import Gravity, inspect_production
from understudy.store import backup, schema
from understudy.store.backup import backup_production
from understudy.store.production import Production
from understudy.store.purge import purge_person


def broken(folder: Path, **options: bool) -> list[str]:
    found = inspect_production(folder, **options).findings
    return [f"{finding.where}: {finding.says}" for finding in found if finding.gravity is Gravity.BROKEN]


def test_a_new_production_is_whole(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    found = inspect_production(tmp_path / "film")
    assert found.findings == () and found.custody_entries == 1 and found.name == "The Film"


def test_what_was_altered_is_named(show: Show) -> None:
    show.production.checkpoint()
    folder = show.folder
    assert broken(folder) == []
    faces = folder / show.shot.faces
    data = bytearray(faces.read_bytes())
    data[-1] ^= 1
    faces.write_bytes(data)
    assert [line.split(":")[0] for line in broken(folder)] == [f"faces of shot {show.shot.name}"]
    faces.unlink()
    assert "is gone" in broken(folder)[0]


def test_a_consent_widened_behind_the_logs_back_is_named(tmp_path: Path) -> None:
    Production.create(tmp_path / "show", "Show")
    backend = RunningBackend.start(tmp_path / "show")
    try:
        consent = backend.agree(backend.client.create_person("Rowan"), Use.TRAIN)
        assert broken(tmp_path / "show") == []  # while it is served
    finally:
        backend.stop()
    database = sqlite3.connect(tmp_path / "show" / "production.db")
    record = json.loads(database.execute("SELECT record FROM consent").fetchone()[0])
    record["uses"] = ["deliver", "train"]
    with database:
        database.execute("UPDATE consent SET record = ?", (json.dumps(record),))
    database.close()
    assert broken(tmp_path / "show") == [
        f"consent {consent.id}: uses changed since it was recorded; record it again"
    ]


def test_people_and_tokens_brought_back_behind_the_logs_back_are_named(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as film:
        access = Admission(film, own_token="o" * 24, audit=film.custody.append)
        rowan = film.add_person("Rowan")
        wide, gone, good = (access.create_token(name, Scope.ARTIST, 60).token for name in ("a", "b", "c"))
        access.revoke_token("b")
        purge_person(film, rowan.id)
        assert broken(film.folder) == []
        with film.transaction() as database:
            database.execute("UPDATE person SET name = 'Rowan', purged_at = NULL")
        film.change_token(replace(wide, scope=Scope.ADMIN))
        film.change_token(gone)
        found = broken(film.folder)
    assert [line.partition(":")[0] for line in found] == [
        f"person {rowan.id}",
        f"token {wide.id}",
        f"token {gone.id}",
    ]
    assert good.id not in str(found)


def test_a_torn_custody_log_and_a_damaged_database_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    log = folder / "custody.jsonl"
    log.write_bytes(log.read_bytes().replace(b"created", b"creatid"))
    assert any("altered" in line for line in broken(folder))
    (folder / "production.db").write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    with pytest.raises(BadRecord, match="backup"):
        inspect_production(folder)
    with pytest.raises(NotFound):
        inspect_production(tmp_path)


def test_verify_says_so_by_its_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    command = [sys.executable, "-m", "understudy", "--json", "production", "verify", str(folder)]
    whole = subprocess.run(command, capture_output=True, text=True, check=False)
    assert whole.returncode == 0 and json.loads(whole.stdout)["findings"] == []
    (folder / "custody.jsonl").write_bytes(b"")
    lost = subprocess.run(command, capture_output=True, text=True, check=False)
    assert lost.returncode == 3 and json.loads(lost.stdout)["findings"][0]["gravity"] == "broken"


# Backups


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in ("production.lock", "production.db")
        and "-" not in path.name[13:]
    }


def test_a_backup_made_while_it_is_in_use_can_be_served(tmp_path: Path) -> None:
    Production.create(tmp_path / "show", "Show")
    backend = RunningBackend.start(tmp_path / "show")
    try:
        rowan = backend.client.create_person("Rowan")
        backend.agree(rowan, Use.TRAIN)
        stored = backend.client.put_clip("a.mov", 3, [b"abc"])
        first = backup_production(tmp_path / "show", tmp_path / "copy")
        assert first.copied and not first.links
        backend.client.create_person("Mira")
        again = backup_production(tmp_path / "show", tmp_path / "copy")
        assert again.copied == 0 and again.kept == first.copied
        backend.client.purge_person(rowan.id)
        Path(stored.path).unlink()
        assert backup_production(tmp_path / "show", tmp_path / "copy").removed == 1
    finally:
        backend.stop()
    assert broken(tmp_path / "copy") == []
    copy = RunningBackend.start(tmp_path / "copy")
    try:
        assert [person.name for person in copy.client.people()] == ["Mira"]
        with pytest.raises(Conflict, match="served"):
            backup_production(tmp_path / "show", tmp_path / "copy")
    finally:
        copy.stop()


def test_a_backup_overwrites_nothing_of_others(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Production.create(tmp_path / name, name)
    for target in ("two", "one", "one/backup", "."):
        with pytest.raises(Conflict):
            backup_production(tmp_path / "one", tmp_path / target)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").write_text("dear")
    with pytest.raises(Conflict, match="not empty"):
        backup_production(tmp_path / "one", tmp_path / "papers")
    with pytest.raises(BadRecord):
        backup_production(tmp_path / "papers", tmp_path / "three")


def test_who_is_purged_while_a_backup_is_made_is_not_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_files = backup._copy_files
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as film:
        rowan = film.add_person("Rowan")
        film.add_person("Mira")
        crop = film.folder / "takes" / "t" / "crop"
        crop.parent.mkdir()
        crop.write_bytes(b"of " + rowan.id.encode())

        def copying(folder: Path, target: Path) -> backup.BackupReport:
            report = copy_files(folder, target)
            if crop.exists():
                purge_person(film, rowan.id)
            return report

        monkeypatch.setattr(backup, "_copy_files", copying)
        report = backup_production(film.folder, tmp_path / "copy")
    assert report.removed == 1 and not (tmp_path / "copy" / "takes" / "t" / "crop").exists()
    with Production.open(tmp_path / "copy") as copy:
        assert [person.name for person in copy.people()] == ["Mira"]
        assert copy.custody.entries()[-1].event == "purge.done"
    assert b"Rowan" not in (tmp_path / "copy" / "production.db").read_bytes()


def test_a_backup_that_somebody_worked_in_is_left_alone(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    backup_production(tmp_path / "film", tmp_path / "copy")
    with Production.open(tmp_path / "copy") as copy:  # the film's disk was away for a day
        copy.add_person("Mira")
        copy.custody.append("work.done")
        (copy.folder / "takes" / "frame").write_text("pixels")
    with pytest.raises(Conflict, match="worked in it"):
        backup_production(tmp_path / "film", tmp_path / "copy")
    assert (tmp_path / "copy" / "takes" / "frame").exists()
    backup_production(tmp_path / "copy", tmp_path / "second")


def test_a_backup_on_a_disk_that_can_only_be_read_is_verified_and_restored(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as film:
        film.add_person("Mira")
        backup_production(film.folder, tmp_path / "copy")
    with read_only(tmp_path / "copy"):
        found = inspect_production(tmp_path / "copy")
        assert found.findings == () and found.custody_entries == 1
        backup_production(tmp_path / "copy", tmp_path / "restored")
    with Production.open(tmp_path / "restored") as restored:
        assert [person.name for person in restored.people()] == ["Mira"]


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret")
    (tmp_path / "film" / "takes" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "film" / "takes" / "file").symlink_to(tmp_path / "secret" / "key")
    report = backup_production(tmp_path / "film", tmp_path / "copy")
    assert report.links == ("takes/file", "takes/out") and not list((tmp_path / "copy" / "takes").iterdir())


def test_a_copied_folder_is_a_production(show: Show, tmp_path: Path) -> None:
    show.production.checkpoint()
    shutil.copytree(show.folder, tmp_path / "copied")
    with Production.open(tmp_path / "copied") as copy:
        assert copy.shot(show.shot.id) == show.production.shot(show.shot.id)
        assert copy.edits(show.shot.id) == show.production.edits(show.shot.id)
    assert broken(tmp_path / "copied") == []


# Older productions


def of_version(folder: Path, version: int) -> None:
    """Make a production as an older Understudy left it."""
    Production.create(folder, "The Film")
    new = sqlite3.connect(folder / "production.db")
    row = new.execute("SELECT id, name, created_at FROM production").fetchone()
    new.close()
    (folder / "production.db").unlink()
    old = sqlite3.connect(folder / "production.db", isolation_level=None)
    old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    for number, script in enumerate(schema.MIGRATIONS[:version], start=1):
        old.executescript(f"BEGIN;{script};PRAGMA user_version = {number};COMMIT;")
    old.execute("INSERT INTO production VALUES (?, ?, ?)", row)
    old.execute("INSERT INTO person VALUES ('p1', 'Ann', NULL)")
    old.close()


@pytest.mark.parametrize("version", range(1, schema.SCHEMA_VERSION))
def test_every_older_schema_is_brought_up_to_date_and_kept(tmp_path: Path, version: int) -> None:
    folder = tmp_path / "film"
    of_version(folder, version)
    found = inspect_production(folder)
    assert found.schema_version == version and not found.broken
    assert [finding.where for finding in found.findings] == ["production.db"]  # will be migrated
    done = subprocess.run(
        [sys.executable, "-m", "understudy", "production", "migrate", str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"schema {version} -> {schema.SCHEMA_VERSION}" in done.stdout
    with Production.open(folder) as production:
        assert [person.name for person in production.people()] == ["Ann"]
    kept = sqlite3.connect(folder / f"production.v{version}.db")
    assert kept.execute("PRAGMA user_version").fetchone() == (version,)
    kept.close()
    assert inspect_production(folder).findings == ()
