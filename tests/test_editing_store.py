"""Edits in the folder and the database: old schemas, refusals, and what a purge leaves."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.edit_show import Show, layer_of, mark
from tests.test_store import shot_of

from understudy.domain import errors
from understudy.domain.edit import BindTrack, UseLayer
from understudy.domain.edit_stack import Step
from understudy.domain.preview import PreviewRequest
from understudy.domain.summary import Layer
from understudy.jobs.previewer import Previewer
from understudy.store import schema
from understudy.store.edit_tables import NewStep
from understudy.store.production import Production
from understudy.store.purge import purge_person
from understudy.studio import Studio


def test_a_production_of_the_first_schema_is_brought_up_with_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        person = production.add_person("Rowan")
        kept = production.add_shot(shot_of(person.id))
    connection = sqlite3.connect(folder / "production.db")
    connection.executescript(
        "DROP TABLE edit; DROP TABLE matte_layer; DROP TABLE token; PRAGMA user_version = 1;"
    )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    fresh = sqlite3.connect(tmp_path / "first.db", isolation_level=None)
    fresh.executescript(schema.MIGRATIONS[0])
    assert tables == {row[0] for row in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    fresh.close()
    (folder / "mattes").rmdir()
    with Production.open(folder) as production:
        assert production.shots() == [kept] and production.person("Rowan") == person
        assert (folder / "mattes").is_dir() and production.edits("shot-1") == []
        assert production.append_edits("shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="r")
        assert production.matte_layers() == []


def test_the_store_refuses_what_it_cannot_keep(show: Show) -> None:
    with pytest.raises(errors.NotFound, match="nothing"):
        show.production.append_edits("nothing", [(Step.DO, mark(1001))], author="Ann", request_id="r")
    with pytest.raises(errors.BadRecord, match="request id"):
        show.production.append_edits("shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="")
    with pytest.raises(errors.NotFound):
        show.production.add_matte_layer(layer_of("x", "nothing"))
    assert show.production.append_edits(
        "shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="r", after_revision=3
    ) is None  # fmt: skip
    assert show.production.edits("shot-1") == []


def test_a_purged_persons_edits_and_layers_go(show: Show) -> None:
    other = show.production.add_person("Mira")
    show.production.add_shot(replace(shot_of(other.id, "sh030", "shot-3"), faces=show.shot.faces))
    steps: list[NewStep] = [
        (Step.DO, mark(1001, note="Rowans-chin")),
        (Step.DO, BindTrack(track=0, person_id=show.performer.id)),
        (Step.DO, UseLayer(name="net", layer_id="seen", first=1001, last=1002)),
    ]
    for shot in ("shot-1", "shot-3"):
        show.production.append_edits(shot, steps, author="Ann", request_id="r")
    for identifier, shot_id, people in (
        ("own", "shot-1", ()),
        ("seen", "shot-3", (show.performer.id,)),
        ("kept", "shot-3", (other.id,)),
    ):
        show.production.add_matte_layer(layer_of(identifier, shot_id, *people))
        (show.folder / "mattes" / identifier).mkdir()
        (show.folder / "mattes" / identifier / "layer.json").write_text(json.dumps({"people": people}))
    report = purge_person(show.production, show.performer.id)
    assert [layer.id for layer in show.production.matte_layers()] == ["kept"]
    assert {path.name for path in (show.folder / "mattes").iterdir()} == {"kept"}
    assert {"mattes/own", "mattes/seen"} <= set(report.paths)
    assert show.production.edits("shot-1") == []
    assert [entry.action for entry in show.production.edits("shot-3")] == [
        mark(1001, note="Rowans-chin"),
        BindTrack(track=0, person_id=""),
        UseLayer(name="net", layer_id="", first=1001, last=1002),
    ]
    # two shots, three of their edits, two layers
    assert report.rows == 7


ECHO = """
import json, sys
from understudy.jobs.preview_pipe import read_message, write_message
while (told := read_message(sys.stdin.buffer)) is not None:
    task = json.loads(told)
    write_message(sys.stdout.buffer, {"revision": task["edits_after"] + len(task["edits"])}, told)
"""


def test_a_purge_ends_the_preview_worker_and_what_it_kept(show: Show, tmp_path: Path) -> None:
    previewer = Previewer([sys.executable, "-c", ECHO], dict(os.environ), log_file=tmp_path / "preview.log")
    studio = Studio(show.production, worker_command=lambda _: [], worker_environment={}, previewer=previewer)
    guest = show.production.add_person("Mira")
    show.add(BindTrack(track=0, person_id="Mira"))
    look = PreviewRequest(session="s", shot_id="sh010", frame=1001, layer=Layer.MATTE)

    def sent() -> list[dict[str, object]]:
        return list(json.loads(studio.preview_frame(look).jpeg)["edits"])

    try:
        assert guest.id in json.dumps(sent()) and sent() == []
        studio.purge_person("Mira")
        (entry,) = sent()
        assert guest.id not in json.dumps(entry), "a fresh worker gets the list as it is now"
    finally:
        previewer.stop()
