"""The bridge's journal, presets and consents: what is kept, and what is read strictly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bridge_backend import PEOPLE, START, clip_shot, consent_of
from tests.fakes import MODEL, PLATE
from tests.running_backend import ROOT

from understudy.domain.errors import BadSettings, Conflict, DiskFull, NotFound
from understudy.domain.job_spec import IngestSpec
from understudy.domain.people import Use
from understudy.domain.shot import Shot
from understudy_bridge.core.errors import MediumChanged, ShotRefused
from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.daemon import journal as journal_file
from understudy_bridge.daemon.consents import agreed
from understudy_bridge.daemon.journal import Journal
from understudy_bridge.daemon.media_roads import files_of, is_online
from understudy_bridge.daemon.plates import (
    check_plate,
    cut_of,
    free_name,
    ingest_of,
    same_medium,
    same_shot,
    shot_name,
)
from understudy_bridge.daemon.presets import Recipe, preset_of, read_presets, recipes_of
from understudy_bridge.daemon.sending import Placing, Sending, Version
from understudy_bridge.daemon.sendings import Overtaken, Sendings

RECIPE = Recipe(name="swap", model="swap", convert={"batch": 4, "colour": {"strength": 0.5}})
SHOT = clip_shot("/plates/a.mov")
TODAY = date(2026, 6, 1)


def test_a_sending_comes_back_as_it_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "sendings")
    sendings = Sendings(journal)
    made = sendings.create("r1", "film", SHOT, RECIPE)
    result = ResultMedia(
        path="/d/a.mov", name="a", rate=Fraction(24000, 1001), frames=4, plate_first=START, shot_id="clip-1"
    )
    version = Version(version=1, take_id="t", state="delivered", media=result)
    sendings.carried(made.id, made.turn, versions=(version,), state="running", pushed="/media/ä.mov")
    kept = sendings.note_placed(made.id, (Placing(version=1, track=2, record_in=0),))
    journal.close()
    again = Journal(tmp_path / "sendings")
    assert again.read() == (kept,) and again.notes == []
    assert (tmp_path / "sendings" / f"{made.id}.json").stat().st_mode & 0o777 == 0o600
    again.close()


def test_only_one_bridge_has_a_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    with pytest.raises(Conflict, match=f"process {os.getpid()}"):
        Journal(tmp_path)
    first.close()
    Journal(tmp_path).close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"turn"', '"turns"'),
        lambda text: text.replace('"state": "waiting"', '"state": "lost"'),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace("24000/1001", "24000/0"),
        lambda text: json.dumps(json.loads(text)["sending"]),
    ],
)
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, damage: object) -> None:
    journal = Journal(tmp_path)
    sendings = Sendings(journal)
    bad, good = (sendings.create(name, "film", SHOT, RECIPE) for name in ("r1", "r2"))
    journal.close()
    path = tmp_path / f"{bad.id}.json"
    path.write_text(damage(path.read_text()))  # type: ignore[operator]
    journal = Journal(tmp_path)
    assert [one.id for one in journal.read()] == [good.id]
    assert len(journal.notes) == 1 and path.name in journal.notes[0]
    assert not path.exists() and path.with_name(path.name + ".damaged").exists()
    assert journal.read() and len(journal.notes) == 1
    journal.close()


def test_what_cannot_be_written_down_did_not_happen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sendings = Sendings(Journal(tmp_path))
    made = sendings.create("r1", "film", SHOT, RECIPE)

    def full(*_: object, **__: object) -> None:
        raise DiskFull("no room left")

    monkeypatch.setattr(journal_file, "write_bytes", full)
    with pytest.raises(DiskFull):
        sendings.create("r2", "film", SHOT, RECIPE)
    with pytest.raises(DiskFull):
        sendings.cancel(made.id)
    assert sendings.all() == [made]
    sendings.end(made.id, made.turn, state="failed")
    assert sendings.get(made.id).state == "failed"
    lies = (Placing(version=1, track=2, record_in=0),)
    assert sendings.note_placed(made.id, lies).placed == lies  # it was read back, and stays


def test_who_was_overtaken_changes_nothing(tmp_path: Path) -> None:
    sendings = Sendings(Journal(tmp_path))
    made = sendings.create("r1", "film", SHOT, RECIPE)
    sendings.cancel(made.id)
    with pytest.raises(Overtaken):
        sendings.carried(made.id, made.turn, shot_id="late")
    sendings.end(made.id, made.turn, state="finished")
    assert (sendings.get(made.id).state, sendings.get(made.id).shot_id) == ("cancelled", "")


def test_revisions_never_go_back_and_waiting_ends_with_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)  # no time passes, or the clock was put back
    journal = Journal(tmp_path)
    sendings = Sendings(journal)
    made = sendings.create("r1", "film", SHOT, RECIPE)
    for done in range(5):
        revision = sendings.carried(made.id, made.turn, kept=False, stage="ingest", attempt=done).revision
    waits = threading.Thread(target=sendings.since, args=("film", revision, 60.0))
    waits.start()
    sendings.close()
    waits.join(timeout=30)
    assert not waits.is_alive()
    journal.close()
    later = Sendings(Journal(tmp_path))
    assert later.cancel(made.id).revision > revision


@pytest.mark.slow
def test_a_journal_survives_being_killed_while_it_is_written(tmp_path: Path) -> None:
    folder, whole = tmp_path / "sendings", -1
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-m", "tests.bridge_process", "write", str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        for line in writer.stdout:
            if json.loads(line)["whole"] >= whole + 25:
                break
        writer.send_signal(signal.SIGKILL)
        last = [json.loads(line)["whole"] for line in writer.stdout.read().splitlines()]
        writer.stdout.close()
        writer.wait()
        whole = max([whole + 25, *last])
        journal = Journal(folder)
        found = journal.read()
        assert journal.notes == [] and not list(folder.glob(".*part*"))
        assert {f"request-{number}" for number in range(whole + 1)} <= {one.request_id for one in found}
        journal.close()


# Presets


def test_presets_of_a_file_and_of_the_models(tmp_path: Path) -> None:
    path = tmp_path / "presets.toml"
    path.write_text(
        '[[preset]]\nname = "Hero"\nmodel = "swap"\nhandles = [12, 0]\nmovie = "prores4444"\n'
        "[preset.convert]\nbatch = 2\n[[preset]]\nname = 'Rest'\nmodel = 'none'\n"
    )
    hero, rest = read_presets(path)
    assert (hero.handles, hero.movie, hero.convert) == ((12, 0), "prores4444", {"batch": 2})
    model = replace(MODEL, people=(PEOPLE[0].id, PEOPLE[1].id))
    ready = preset_of(hero, [model], PEOPLE)
    assert ready.table()["ready"] and ready.table()["donor"] == "Mira"
    assert "no model 'none'" in preset_of(rest, [model], PEOPLE).table()["message"]
    assert "never trained" in preset_of(hero, [replace(model, iterations=0)], PEOPLE).message
    assert "does not know the people" in preset_of(hero, [model], PEOPLE[:1]).message
    assert [one.model for one in recipes_of([model, replace(model, id="b"), replace(model, name="x")])] == [
        "swap",
        "x",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no presets"),
        ("[[presets]]\nname='a'", "no presets"),
        ("[[preset]]\nname='a'", "lacks model"),
        ("[[preset]]\nname='a'\nmodel='m'\nhandels=[8,8]", "unknown key 'handels'"),
        ("[[preset]]\nname='a'\nmodel='m'\nhandles=[8]", "two whole numbers"),
        ("[[preset]]\nname='a'\nmodel='m'\nhandles=[8,-1]", "0 to 1000"),
        ("[[preset]]\nname='a'\nmodel='m'\nhandles=[8,1.5]", "two whole numbers"),
        ("[[preset]]\nname='a'\nmodel='m'\nmovie='avi'", "no movie 'avi'"),
        ("[[preset]]\nname='a'\nmodel='m'\nfirst_frame=true", "of type int"),
        ("[[preset]]\nname='a'\nmodel='m'\n" * 2, "twice"),
        ("preset = 3", "no presets"),
        ("a = " + "[" * 100_000, "cannot be read"),
    ],
)
def test_a_wrong_file_of_presets_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "presets.toml").write_text(text)
    with pytest.raises(BadSettings, match=told):
        read_presets(tmp_path / "presets.toml")


# Consents


def test_how_a_persons_consent_stands() -> None:
    person = PEOPLE[0]
    good = replace(consent_of(person.id), id="c", production_id="prod", valid_from=date(2020, 1, 1))

    def state(*consents: object) -> tuple[str, str | None]:
        found = agreed(person, consents, production_id="prod", today=TODAY)  # type: ignore[arg-type]
        return found.state, found.ends.isoformat() if found.ends else None

    def until(days: int) -> object:
        return replace(good, valid_to=TODAY + timedelta(days=days))

    assert state() == ("missing", None)
    assert state(replace(good, production_id="other")) == ("missing", None)
    assert state(until(31)) == ("agreed", "2026-07-02")
    assert state(until(30)) == ("ends_soon", "2026-07-01")
    assert state(until(0)) == ("ends_soon", "2026-06-01")
    assert state(until(-1)) == ("expired", "2026-05-31")
    assert state(replace(good, revoked_at="2026-05-01", revoked_why="asked")) == ("revoked", None)
    assert state(replace(good, valid_from=TODAY + timedelta(days=3))) == ("missing", None)
    assert state(until(400), replace(until(5), uses=frozenset({Use.DELIVER}))) == ("agreed", "2027-07-06")  # type: ignore[type-var]


# From a shot to a plate


@settings(max_examples=40)
@given(
    start=st.integers(0, 200_000),
    frames=st.integers(1, 300),
    cut=st.tuples(st.integers(0, 299), st.integers(1, 300)),
    handles=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_a_cut_is_the_shot_and_the_handles_that_there_are(
    start: int, frames: int, cut: tuple[int, int], handles: tuple[int, int]
) -> None:
    first = min(cut[0], frames - 1)
    end = min(first + cut[1], frames)
    ref = replace(
        SHOT,
        source_in=start + first,
        source_out=start + end,
        handle_head=handles[0],
        handle_tail=handles[1],
        available=(start, start + frames),
    )
    found = cut_of(ref)
    wanted = [n for n in range(first - handles[0], end + handles[1]) if 0 <= n < frames]
    assert (found.first_index, found.last_index, found.medium_start) == (wanted[0], wanted[-1], start)


def test_names_are_safe_and_never_taken() -> None:
    def named(name: str, media: str = "/plates/a.mov") -> str:
        return shot_name(replace(SHOT, name=name, media=media))

    assert named("SH010") == "SH010"
    assert named("Köln / Nacht: 3") == "Koln_Nacht_3"
    assert named("a.mov") == "a"
    assert named("plate.1001.exr", "/p/plate.1001.exr") == "plate"
    assert named("../../etc/passwd") == "etc_passwd"
    assert named("日本") == "shot" and len(named("x" * 500)) == 80
    assert free_name("A", ()) == "A" and free_name("A", ("A", "A_pl02")) == "A_pl03"


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_name_makes_a_name(name: str) -> None:
    made = shot_name(replace(SHOT, name=name))
    assert made[0].isalnum() and made.isascii() and "/" not in made and len(made) <= 80


def test_the_same_pictures_are_found_under_their_name_only() -> None:
    spec = ingest_of(SHOT, RECIPE, "/plates/a.mov", person_id="p1", taken=())
    plate = replace(PLATE, path="/plates/a.mov", first_index=12, last_index=67)
    shot = Shot(id="s", name="SH010_pl02", person_id="p1", role="plate", plate=plate)
    assert same_shot([shot], spec) is shot
    for other in (
        replace(shot, name="SH0101"),
        replace(shot, person_id="p2"),
        replace(shot, role="learn"),
        replace(shot, plate=replace(plate, last_index=68)),
        replace(shot, plate=replace(plate, path="/other/a.mov")),
        replace(shot, plate=replace(plate, first_frame=1009)),
    ):
        assert same_shot([other], spec) is None
    assert isinstance(spec, IngestSpec) and spec.rate is None
    pictures = ingest_of(SHOT, RECIPE, "/p/a.####.exr", person_id="p1", taken=("SH010",))
    assert pictures.rate == SHOT.media_rate and pictures.name == "SH010_pl02"


def test_paths_of_one_medium() -> None:
    assert same_medium("P:\\show\\A.mov", "p:/show/a.mov")
    assert not same_medium("/show/A.mov", "/show/a.mov")
    assert same_medium("/p/a.####.exr", "/p/a.1001.exr")
    assert not same_medium("/p/a.####.exr", "/p/b.1001.exr")


def test_a_plate_is_held_against_its_shot() -> None:
    plate = replace(PLATE, first_index=12, last_index=67, rate=SHOT.media_rate, file_frames=100)
    check_plate(SHOT, plate)
    check_plate(SHOT, replace(plate, file_frames=101))  # the same first timecode: a rounded length
    check_plate(SHOT, replace(plate, start_timecode=None))
    check_plate(replace(SHOT, timecode_known=False), replace(plate, start_timecode="09:00:00:00"))
    numbered = replace(plate, start_timecode=None, sequence_start=START)
    check_plate(SHOT, numbered)
    for other in (
        replace(plate, start_timecode="01:00:00:01"),
        replace(plate, file_frames=102),
        replace(plate, file_frames=101, start_timecode=None),
        replace(plate, rate=Fraction(24)),
        replace(plate, last_index=66),
        replace(numbered, sequence_start=1001),
    ):
        with pytest.raises(MediumChanged):
            check_plate(SHOT, other)
    with pytest.raises(ShotRefused, match="variable"):
        check_plate(SHOT, replace(plate, variable_rate=True))


def test_files_of_movies_and_sequences(tmp_path: Path) -> None:
    for name in ("a.1001.exr", "a.1002.exr", "b.1001.exr", "a.mov", "a.10.exr.txt"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("a.####.exr", "a.1001.exr", "a.%04d.exr"):
        assert [path.name for path in files_of(str(tmp_path / name))] == ["a.1001.exr", "a.1002.exr"]
    assert [path.name for path in files_of(str(tmp_path / "a.mov"))] == ["a.mov"]
    assert not is_online(str(tmp_path / "c.mov")) and not is_online(str(tmp_path / "no" / "c.####.exr"))
    assert not is_online("\0")


def test_nobody_is_found_under_a_strange_id(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Sendings(Journal(tmp_path)).get("../lock")
    assert Sending.__dataclass_params__.frozen  # type: ignore[attr-defined]
