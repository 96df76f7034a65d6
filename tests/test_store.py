"""The production database: records come back as they went in, and nobody gets it half or twice."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from understudy.domain.artefact import Delivery, Faceset, Model, Take
from understudy.domain.errors import BadRecord, Conflict, NotFound, ProductionInUse
from understudy.domain.frame import ColourTags
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.shot import AudioInfo, Plate, Shot
from understudy.store import schema
from understudy.store.backup import backup_production
from understudy.store.production import ARTEFACT_FOLDERS, Production


def consent_of(production: Production, person_id: str, consent_id: str = "c1") -> Consent:
    return Consent(
        id=consent_id,
        person_id=person_id,
        production_id=production.production_id,
        basis=Basis.RELEASE,
        uses=frozenset({Use.TRAIN, Use.REPLACE}),
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
        description="ageing down in episode 3",
        document_sha256="a" * 64,
    )


def shot_of(person_id: str, name: str = "sh010", shot_id: str = "shot-1") -> Shot:
    plate = Plate(
        path="/plates/sh010.mov",
        sha256="b" * 64,
        width=1920,
        height=1080,
        rate=Fraction(24000, 1001),
        file_frames=120,
        first_index=8,
        last_index=107,
        pixel_aspect=Fraction(2),
        colour=ColourTags(),
        start_timecode="01:00:00:00",
        audio=AudioInfo(codec="pcm_s24le", sample_rate=48000, channels=2),
    )
    return Shot(id=shot_id, name=name, person_id=person_id, role="plate", plate=plate)


def take_of(version: int, take_id: str, person_id: str = "p") -> Take:
    return Take(
        id=take_id,
        shot_id="shot-1",
        version=version,
        model_ids=("m1",),
        people=(person_id,),
        path=f"takes/{take_id}",
        frames="1001-1100",
        job_id="j1",
        marked=False,
    )


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as opened:
        yield opened


def test_a_new_production_is_complete_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {*ARTEFACT_FOLDERS, "keys"}
    assert (folder / "keys" / "production.ed25519").stat().st_mode & 0o777 == 0o600
    with Production.open(folder) as production:
        assert production.name == "The Film"
        assert [entry.event for entry in production.custody.entries()] == ["production.created"]
        identifier = production.production_id
    with Production.open(folder) as again:
        assert again.production_id == identifier
    with pytest.raises(Conflict, match="not empty"):
        Production.create(folder, "Another")


def test_no_production_here(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not a production"):
        Production.open(tmp_path)


def test_a_second_opener_learns_who_was_first(production: Production) -> None:
    script = (
        "import sys; from pathlib import Path; from understudy.store.production import Production\n"
        "Production.open(Path(sys.argv[1]))"
    )
    with pytest.raises(ProductionInUse, match=r"in process \d+ on \S+ since 2"):
        Production.open(production.folder)
    other = subprocess.run(
        [sys.executable, "-c", script, str(production.folder)], capture_output=True, text=True, check=False
    )
    assert other.returncode != 0 and "ProductionInUse" in other.stderr
    production.close()
    Production.open(production.folder).close()


@pytest.mark.parametrize("name", [" ", "a\0b", "Mira\u202e", "two\nlines"])
def test_working_names_that_nobody_can_read(production: Production, name: str) -> None:
    with pytest.raises(BadRecord, match="working name"):
        production.add_person(name)


def test_people_and_consents(production: Production) -> None:
    ann = production.add_person(" Ann ")
    assert production.person("Ann") == production.person(ann.id) == ann and ann.name == "Ann"
    with pytest.raises(Conflict, match="Ann"):
        production.add_person("Ann")
    with pytest.raises(NotFound, match="Bob"):
        production.person("Bob")
    consent = production.add_consent(consent_of(production, ann.id))
    assert production.consents(ann.id) == production.consents() == [consent]
    with pytest.raises(Conflict, match="new record"):
        production.add_consent(consent)
    with pytest.raises(NotFound):
        production.add_consent(consent_of(production, "nobody", "c2"))
    with pytest.raises(BadRecord, match="why"):
        production.revoke_consent("c1", " ")
    revoked = production.revoke_consent("c1", "the scene was cut")
    assert revoked.revoked_at and production.consent("c1").revoked_why == "the scene was cut"
    with pytest.raises(Conflict, match="revoked already"):
        production.revoke_consent("c1", "again")


def test_shots_come_back_as_they_went_in(production: Production) -> None:
    ann = production.add_person("Ann")
    shot = production.add_shot(shot_of(ann.id))
    assert production.shot("sh010") == production.shot("shot-1") == shot
    changed = production.set_shot_faces("shot-1", "shots/shot-1/faces.safetensors", "c" * 64)
    assert production.shots() == [changed] and changed.faces_sha256 == "c" * 64
    with pytest.raises(Conflict, match="sh010"):
        production.add_shot(shot_of(ann.id, shot_id="shot-2"))
    with pytest.raises(NotFound):
        production.add_shot(shot_of("nobody", name="sh020", shot_id="shot-2"))


def test_artefacts(production: Production) -> None:
    ann = production.add_person("Ann")
    production.add_shot(shot_of(ann.id))
    faceset = production.add_faceset(
        Faceset(id="f1", person_id=ann.id, path="facesets/f1", sha256="d", crops=9)
    )
    assert production.facesets(ann.id) == [faceset] == [production.faceset("f1")]
    for number in (1, 2):
        production.add_model(
            Model(
                id=f"m{number}",
                name="young",
                family="shared",
                size_px=128,
                people=(ann.id,),
                path=f"models/m{number}",
                sha256="e" * 64,
                iterations=number,
                job_id="j1",
            )
        )
    assert production.model("young").id == "m2" and production.model("m1").iterations == 1
    assert production.next_version("shot-1") == 1
    first = production.add_take(take_of(1, "t1"))
    production.add_take(take_of(1, "t1"))
    assert production.takes("shot-1") == [first] and production.next_version("shot-1") == 2
    with pytest.raises(Conflict, match="v001"):
        production.add_take(take_of(1, "t2"))
    delivery = Delivery(id="d1", take_id="t1", path="d", manifest="d/m", people=(ann.id,), job_id="j2")
    assert production.add_delivery(delivery) == production.delivery("d1")
    assert production.deliveries("t1") == [delivery] and production.deliveries("t2") == []
    with pytest.raises(NotFound):
        production.add_delivery(Delivery(id="d2", take_id="t9", path="", manifest="", people=(), job_id=""))


def test_paths_stay_below_the_production(production: Production) -> None:
    assert production.relative(production.path("takes/t1")) == "takes/t1"
    for outside in ("../x", "/etc/passwd", "takes/../../x", "."):
        with pytest.raises(BadRecord, match="below"):
            production.path(outside)


def test_a_backup_is_a_production_database(production: Production, tmp_path: Path) -> None:
    production.add_person("Ann")
    backup_production(production.folder, tmp_path / "copy")
    copy = sqlite3.connect(tmp_path / "copy" / "production.db")
    assert copy.execute("SELECT name FROM person").fetchall() == [("Ann",)]
    copy.close()


def set_version(folder: Path, version: int) -> None:
    connection = sqlite3.connect(folder / "production.db")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


@pytest.mark.parametrize(("version", "says"), [(0, "no production.s database"), (99, "schema version 99")])
def test_unknown_schema_versions_are_refused(tmp_path: Path, version: int, says: str) -> None:
    Production.create(tmp_path / "film", "The Film")
    set_version(tmp_path / "film", version)
    with pytest.raises(BadRecord, match=says):
        Production.open(tmp_path / "film")
    set_version(tmp_path / "film", schema.SCHEMA_VERSION)
    Production.open(tmp_path / "film").close()  # the refusal freed the lock and changed nothing


def test_other_files_are_refused(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    (tmp_path / "film" / "production.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BadRecord, match="not a readable database"):
        Production.open(tmp_path / "film")


def test_a_migration_is_whole_or_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    schema.create(connection)
    better = "ALTER TABLE shot ADD COLUMN note TEXT NOT NULL DEFAULT ''"
    broken = "ALTER TABLE shot ADD COLUMN other TEXT; ALTER TABLE nothing ADD COLUMN x TEXT"
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, (*schema.MIGRATIONS, better, broken))
    columns = {row[1] for row in connection.execute("PRAGMA table_info(shot)")}
    assert "note" in columns and "other" not in columns
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION + 1,)
    assert schema.migrate(connection, (*schema.MIGRATIONS, better, "SELECT 1")) == schema.SCHEMA_VERSION + 1
    connection.close()
