"""Plates that moved are found again by hash, by name only when somebody says so; the records stay true."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.edit_show import Show
from tests.media_samples import write_numbered_movie
from tests.rendered_takes import add_take
from tests.serving import TOKEN, running

from understudy.cli import understudy_command
from understudy.client import Client
from understudy.domain import errors
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import ExtractSpec
from understudy.domain.media import Certainty, MediaState, RelinkFind, RelinkReport
from understudy.domain.path_map import PathMap, Rule
from understudy.domain.shot import Plate, Shot
from understudy.media.find_media import Search
from understudy.media.sequence_files import find_sequence, plate_bytes, sequence_sha256
from understudy.relinking import Relinking
from understudy.stages.ingest import ingest
from understudy.store.clips import MEDIA_FOLDER


@pytest.fixture
def disk(tmp_path: Path, show: Show) -> Path:
    """A disk with a plate `a.mov` of the shot `moved`, and one that is a sequence, of the shot `scan`."""
    disk = tmp_path / "disk"
    (disk / "scan").mkdir(parents=True)
    (disk / "a.mov").write_bytes(b"a movie" * 1000)
    for number in (1001, 1002, 1004):
        (disk / "scan" / f"s.{number}.exr").write_bytes(bytes([number % 256]) * 100)
    for shot in show.production.shots():  # the film's own plates are nowhere
        show.production.set_shot_plate(shot.id, filed(show, disk / "a.mov"))
    add_shot(show, "moved", filed(show, disk / "a.mov"))
    add_shot(show, "scan", filed(show, disk / "scan"))
    return disk


def filed(show: Show, path: Path) -> Plate:
    """The record of a clip whose bytes are no pictures."""
    plate = replace(show.shot.plate, path=str(path), first_index=0, last_index=0, file_frames=1)
    if path.is_dir():
        files = find_sequence(str(path))
        numbers = sorted(files.files)
        plate = replace(
            plate,
            path=files.pattern,
            sequence_start=numbers[0],
            file_frames=numbers[-1] - numbers[0] + 1,
            last_index=1,
            sha256=sequence_sha256(files),
        )
    else:
        plate = replace(plate, sha256=sha256_of(path))
    return replace(plate, file_bytes=plate_bytes(plate))


def add_shot(show: Show, name: str, plate: Plate) -> Shot:
    return show.production.add_shot(
        Shot(id=new_id(), name=name, person_id=show.performer.id, role="plate", plate=plate)
    )


@pytest.fixture
def client(show: Show) -> Iterator[Client]:
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        yield client


def find_of(report: RelinkReport, shot: str) -> RelinkFind:
    return next(find for find in report.finds if shot in find.shots)


def plate_of(show: Show, shot: str) -> Plate:
    return show.production.shot(shot).plate


# What is missing


def test_nothing_is_missing_while_all_is_in_its_place(client: Client, disk: Path) -> None:
    counted: list[int] = []
    assert client.missing_media(looked_at=counted.append) == [] and counted == [1, 2]
    report = client.relink([str(disk)])
    assert report == RelinkReport(finds=(), missing=0, looked_at=0, hashed_bytes=0, complete=True)


def test_what_is_away_and_what_was_changed_is_told(show: Show, client: Client, disk: Path) -> None:
    (disk / "a.mov").rename(disk / "b.mov")
    (disk / "scan" / "s.1002.exr").unlink()
    movie, scan = client.missing_media()
    assert set(movie.shots) == {"moved", "sh010", "sh020"} and len(movie.shot_ids) == 3
    assert (movie.state, movie.path, movie.file_bytes) == (MediaState.AWAY, str(disk / "a.mov"), 7000)
    assert (movie.start_timecode, movie.rate, movie.frames) == ("01:00:00:00", "24000/1001", 1)
    assert (scan.shots, scan.state, scan.frames) == (("scan",), MediaState.AWAY, 4)
    assert scan.detail == "1 of its files are not there"
    (disk / "a.mov").write_bytes(b"A movie" * 1000)  # as long, and other
    (disk / "scan" / "s.1002.exr").write_bytes(b"longer" * 100)
    assert [plate.state for plate in client.missing_media()] == [MediaState.CHANGED] * 2
    assert [plate.shots for plate in client.missing_media(["scan"])] == [("scan",)]
    shutil.rmtree(disk)
    assert [plate.state for plate in client.missing_media()] == [MediaState.AWAY] * 2
    with pytest.raises(errors.NotFound, match="no shot"):
        client.missing_media(["nobody"])


# Found by hash


def test_moved_and_renamed_media_is_found_by_its_hash(
    show: Show, client: Client, disk: Path, tmp_path: Path
) -> None:
    before = {shot.name: shot for shot in show.production.shots()}
    there = tmp_path / "archive" / "reel 7"
    there.mkdir(parents=True)
    (disk / "a.mov").rename(there / "renamed.mxf")
    (there / "same size.mov").write_bytes(b"A movie" * 1000)
    (disk / "scan").rename(there / "scan")
    for file in (there / "scan").iterdir():
        file.rename(file.with_name(file.name.replace("s.", "sc010_v2.")))
    dry = client.relink([str(tmp_path / "archive")], dry_run=True)
    assert dry.missing == 0 and {find.certainty for find in dry.finds} == {Certainty.HASH}
    assert not any(find.applied or find.why_not for find in dry.finds)
    assert {shot.name: shot for shot in show.production.shots()} == before
    report = client.relink([str(tmp_path / "archive")])
    assert report.missing == 0 and all(find.applied for find in report.finds)
    for name in ("moved", "sh010", "sh020"):
        moved = replace(before[name].plate, path=str(there / "renamed.mxf"))
        assert show.production.shot(name) == replace(before[name], plate=moved)  # and nothing else changed
    scan = replace(before["scan"].plate, path=str(there / "scan" / "sc010_v2.####.exr"))
    assert plate_of(show, "scan") == scan and client.missing_media() == []
    entries = [entry for entry in client.custody_entries(limit=100) if entry.event == "media.relinked"]
    assert len(entries) == 2 and {entry.facts["by"] for entry in entries} == {"hash"}
    assert str(tmp_path) not in json.dumps([entry.facts for entry in entries], default=str)
    assert client.verify_custody().entries > 0


def test_only_the_shots_that_are_meant(show: Show, client: Client, disk: Path, tmp_path: Path) -> None:
    (disk / "a.mov").rename(tmp_path / "disk" / "b.mov")
    (disk / "scan").rename(disk / "scan2")
    report = client.relink([str(disk)], ["scan"])
    assert [find.shots for find in report.finds] == [("scan",)] and report.missing == 0
    assert plate_of(show, "moved").path == str(disk / "a.mov")


def test_a_record_without_a_size_is_found_by_its_kind(show: Show, client: Client, disk: Path) -> None:
    for shot in ("moved", "sh010", "sh020", "scan"):
        found = show.production.shot(shot)
        show.production.set_shot_plate(found.id, replace(found.plate, file_bytes=0))
    (disk / "a.mov").rename(disk / "b.MOV")
    (disk / "scan").rename(disk / "elsewhere")
    report = client.relink([str(disk)])
    assert report.missing == 0 and plate_of(show, "moved").path == str(disk / "b.MOV")


def test_a_sequence_is_found_as_a_whole_or_not_at_all(show: Show, client: Client, disk: Path) -> None:
    (disk / "scan").rename(disk / "part")
    (disk / "part" / "s.1004.exr").unlink()
    assert client.relink([str(disk)]).missing == 1
    (disk / "part" / "s.1004.exr").write_bytes(b"x" * 100)  # one picture is another
    report = client.relink([str(disk)])
    assert report.missing == 1 and plate_of(show, "scan").path == str(disk / "scan" / "s.####.exr")
    assert not find_of(report, "scan").applied


def test_hidden_files_links_and_the_production_itself_are_left_out(
    show: Show, client: Client, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (disk / "a.mov").rename(tmp_path / "outside" / "a.mov")
    (disk / "link.mov").symlink_to(tmp_path / "outside" / "a.mov")
    (disk / "linked").symlink_to(tmp_path / "outside")
    (disk / "linked" / "loop").symlink_to(disk)
    (disk / ".trash").mkdir()
    shutil.copy(tmp_path / "outside" / "a.mov", disk / ".trash" / "a.mov")
    shutil.copy(tmp_path / "outside" / "a.mov", disk / ".a.mov")
    shutil.copy(tmp_path / "outside" / "a.mov", show.folder / "cache" / "a.mov")
    assert client.relink([str(disk), str(show.folder.parent)], ["moved"], dry_run=True).missing == 0
    assert client.relink([str(disk)], ["moved"]).missing == 1
    for folder in (show.folder, show.folder / "keys"):
        with pytest.raises(errors.BadSettings, match="production's own"):
            client.relink([str(folder)])
    (disk / "itself").symlink_to(disk / "itself")
    for nowhere in ("nowhere", "itself", "a\0b", "x" * 5000, "b.mov"):
        with pytest.raises(errors.NotFound, match="no folder"):
            client.relink([str(disk / nowhere)])
    with pytest.raises(errors.BadSettings, match="not absolute"):
        client.relink(["disk"])
    with pytest.raises(errors.BadInput, match="too many"):
        client.relink([str(disk)] * 101)


def test_a_search_has_an_end(disk: Path) -> None:
    for number in range(20):
        (disk / f"{number}.txt").write_bytes(b"x")
    search = Search(lambda: True)
    assert list(search.look([disk], most_files=10)) == [] and search.looked_at == 10 and not search.complete
    given_up = Search(lambda: False)
    with pytest.raises(errors.Stopped):
        list(given_up.look([disk]))


def test_folders_are_named_as_other_systems_name_them(show: Show, disk: Path) -> None:
    (disk / "a.mov").rename(disk / "b.mov")
    rules = PathMap((Rule("P:\\plates", str(disk)),))
    relinking = Relinking(show.production, same_plate=show.studio.same_plate, path_map=rules)
    report = list(relinking.relink(["p:\\Plates\\"], ["moved"]))[-1]
    assert isinstance(report, RelinkReport) and report.missing == 0


# What lies in the production's own media folder


def test_what_was_sent_goes_back_to_its_own_place(
    show: Show, client: Client, disk: Path, tmp_path: Path
) -> None:
    sent = client.push_clip("p.mov", [Path(shutil.copy(disk / "a.mov", tmp_path / "p.mov"))])
    frames = sorted((disk / "scan").iterdir())
    pushed = client.push_clip("s.####.exr", frames)
    plate = filed(show, disk / "scan")
    add_shot(show, "sent", replace(plate_of(show, "moved"), path=sent.path))
    add_shot(show, "pushed", replace(plate, path=pushed.path))
    os.unlink(sent.path)
    shutil.rmtree(Path(pushed.path).parent)
    assert {plate.shots for plate in client.missing_media()} == {("sent",), ("pushed",)}
    report = client.relink([str(disk)])
    assert report.missing == 0 and all(find.applied for find in report.finds)
    assert plate_of(show, "sent").path == sent.path and sha256_of(Path(sent.path)) == sha256_of(
        disk / "a.mov"
    )
    assert plate_of(show, "pushed").path == pushed.path and client.missing_media() == []
    assert [path.name for path in sorted(Path(pushed.path).parent.iterdir())] == [f.name for f in frames]


def test_without_folders_a_pushed_clip_is_found(
    show: Show, client: Client, disk: Path, tmp_path: Path
) -> None:
    (disk / "a.mov").rename(tmp_path / "a.mov")
    sent = client.push_clip("a.mov", [tmp_path / "a.mov"])
    report = client.relink([], ["moved"])
    assert report.missing == 0 and plate_of(show, "moved").path == sent.path
    assert Path(sent.path).is_relative_to(show.folder / MEDIA_FOLDER)


# Found by name alone


@pytest.fixture
def movie(show: Show, tmp_path: Path) -> Path:
    """A real movie that the shot `real` uses, with timecode and reel; another encoding lies elsewhere."""
    place = tmp_path / "movies"
    (place / "new").mkdir(parents=True)
    path = write_numbered_movie(place / "r.mov", 5, codec="prores422hq", timecode="01:00:00:00", reel="A001")
    plate = replace(ingest(path), first_index=1, last_index=3, first_frame=1101)
    show.production.set_shot_plate("shot-1", replace(plate, path="/gone/x.mov", sha256="0" * 64))
    show.production.set_shot_plate("shot-2", replace(plate, path="/gone/x.mov", sha256="0" * 64))
    add_shot(show, "real", plate)
    path.unlink()
    return write_numbered_movie(
        place / "new" / "r.mov", 5, codec="prores4444", timecode="01:00:00:00", reel="A001"
    )


def test_other_bytes_are_used_only_when_somebody_says_so(show: Show, client: Client, movie: Path) -> None:
    was = plate_of(show, "real")
    report = client.relink([str(movie.parent)], ["real"])
    find = find_of(report, "real")
    assert (find.certainty, find.differs, find.applied) == (Certainty.PROBABLE, "", False)
    assert "--accept-unverified" in find.why_not and report.missing == 1 and plate_of(show, "real") == was
    shot = show.production.shot("real")
    show.production.set_shot_faces(shot.id, "shots/shot-1/faces.safetensors", "f" * 64)
    assert find_of(client.relink([str(movie.parent)], ["real"], accept_unverified=True), "real").applied
    now = show.production.shot("real")
    assert now.plate.sha256 == sha256_of(movie) and now.plate.path == str(movie)
    assert now.plate.pixel_format != was.pixel_format and now.plate.file_bytes == movie.stat().st_size
    kept = ("first_index", "last_index", "first_frame", "rate", "start_timecode", "reel", "width", "height")
    assert all(getattr(now.plate, name) == getattr(was, name) for name in kept)
    assert (now.faces, now.faces_sha256) == ("", "")  # they were found in other pictures
    entry = [entry for entry in client.custody_entries(limit=100) if entry.event == "media.relinked"][-1]
    assert (entry.facts["by"], entry.facts["was_sha256"]) == ("probable", was.sha256)
    assert client.missing_media(["real"]) == []


def test_what_was_rendered_keeps_its_plate(show: Show, client: Client, movie: Path) -> None:
    shot = show.production.shot("real")
    job, _ = show.production.create_job(ExtractSpec(shot_id=shot.id), new_id())
    report = client.relink([str(movie.parent)], ["real"], accept_unverified=True)
    assert "under way" in find_of(report, "real").why_not and report.missing == 1
    show.studio.cancel_job(job.id)
    add_take(show.production, shot, "consent")
    report = client.relink([str(movie.parent)], ["real"], accept_unverified=True)
    assert "has takes" in find_of(report, "real").why_not and plate_of(show, "real") == shot.plate


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"count": 4}, "pictures 4 instead of 5"),
        ({"timecode": "02:00:00:00"}, "timecode 02:00:00:00 instead of 01:00:00:00"),
        ({"reel": "B002"}, "reel B002 instead of A001"),
        ({"size_wh": (128, 48)}, "size 128x48 instead of 64x48"),
    ],
)
def test_another_clip_of_that_name_is_never_used(
    show: Show, client: Client, movie: Path, changes: dict[str, object], differs: str
) -> None:
    what = {"count": 5, "codec": "prores422hq", "timecode": "01:00:00:00", "reel": "A001", **changes}
    count = what.pop("count")
    write_numbered_movie(movie, count, **what)  # type: ignore[arg-type]
    report = client.relink([str(movie.parent)], ["real"], accept_unverified=True)
    find = find_of(report, "real")
    assert (find.certainty, find.differs, find.applied) == (Certainty.OTHER, differs, False)
    assert report.missing == 1


def test_two_that_are_as_good_are_none(client: Client, movie: Path) -> None:
    (movie.parent / "copy").mkdir()
    shutil.copy(movie, movie.parent / "copy" / "r.mov")
    find = find_of(client.relink([str(movie.parent)], ["real"], accept_unverified=True), "real")
    assert find.certainty is Certainty.OTHER and "several are as good" in find.differs and not find.applied
    movie.write_bytes(b"no movie")
    (movie.parent / "copy" / "r.mov").unlink()
    find = find_of(client.relink([str(movie.parent)], ["real"], accept_unverified=True), "real")
    assert "cannot be read" in find.differs and not find.applied


def test_the_verbs_tell_and_exit_by_what_is_missing(show: Show, disk: Path) -> None:
    (disk / "a.mov").rename(disk / "b.mov")
    with running(show.studio) as server:
        environment = {"UNDERSTUDY_SERVER": server.address, "UNDERSTUDY_TOKEN": TOKEN}

        def verb(*words: str) -> tuple[int, object]:
            done = CliRunner().invoke(understudy_command, ["--json", "media", *words], env=environment)
            return done.exit_code, json.loads(done.stdout)

        code, found = verb("missing")
        assert code == 3 and found[0]["path"] == str(disk / "a.mov")  # type: ignore[index]
        code, report = verb("relink", "/Volumes/plates", "--path-map", f"/Volumes/plates={disk}")
        assert code == 0 and report["finds"][0]["applied"] is True  # type: ignore[index,call-overload]
        assert verb("missing") == (0, [])
