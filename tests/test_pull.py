"""Work that is pulled: whole, going on where it broke off, with consent alone, never from or to elsewhere."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from tests.edit_show import Show
from tests.rendered_takes import add_take
from tests.running_backend import ROOT
from tests.serving import TOKEN, running

from understudy.client import Client, pulling
from understudy.domain import errors
from understudy.domain.artefact import Delivery, Take
from understudy.domain.chunks import CHUNK_BYTES, FileChunks, chunked
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobState
from understudy.domain.job_spec import ExportSpec
from understudy.domain.media import PulledWork, Transferred
from understudy.domain.people import Basis, Consent, Use
from understudy.jobs.bundle import read_bundle
from understudy.rpc.server import RunningServer
from understudy.trust.credentials import seal_delivery, verify_delivery

LONG = 3 * CHUNK_BYTES + 777


@dataclass(frozen=True)
class House:
    """A production with a take of three files, one of them of several pieces, and its server."""

    show: Show
    consent: Consent
    take: Take
    folder: Path
    server: RunningServer
    client: Client

    def delivery(self, take: Take, folder: Path) -> Delivery:
        """A sealed delivery of two files in `folder`, as a job leaves it; a third file lies beside them."""
        production, job_id = self.show.production, take.job_id
        folder.mkdir(parents=True)
        (folder / "sh010.exr").write_bytes(b"beauty")
        (folder / "notes.txt").write_bytes(b"for the compositor")
        manifest = seal_delivery(
            folder,
            production.key,
            keys_folder=production.folder / "keys",
            take=take,
            title="sh010",
            plate=self.show.shot.plate,
            models=[],
            consents=[self.consent],
            custody_head=production.custody.head,
            files=["sh010.exr", "notes.txt"],
        )
        (folder / "private.txt").write_bytes(b"not delivered")
        made = Delivery(
            id=new_id(), take_id=take.id, path=str(folder), manifest=str(manifest), people=(), job_id=job_id
        )
        return production.add_delivery(made)

    def export(self) -> str:
        """A finished export job; its grant is the take's."""
        production = self.show.production
        job, _ = production.create_job(ExportSpec(shot_id=self.show.shot.id), new_id())
        folder = production.folder / "exports" / "sh010_mattes"
        folder.mkdir()
        (folder / "m.1001.exr").write_bytes(b"matte")
        (folder / "other.txt").write_bytes(b"beside it")
        shutil.copytree(production.folder / "jobs" / self.take.job_id, production.folder / "jobs" / job.id)
        production.move_job(job.id, JobState.RUNNING)
        result: dict[str, object] = {"folder": str(folder), "files": ["m.1001.exr"]}
        production.move_job(job.id, JobState.DONE, result=result)
        return job.id

    def events(self) -> list[str]:
        return [entry.event for entry in self.client.custody_entries(limit=1000)]


@pytest.fixture
def house(show: Show) -> Iterator[House]:
    consent = show.studio.record_consent(
        Consent(
            id="",
            person_id=show.performer.id,
            production_id="",
            basis=Basis.SYNTHETIC,
            uses=frozenset({Use.REPLACE, Use.DELIVER}),
            valid_from=date(2020, 1, 1),
            valid_to=date(2090, 1, 1),
            description="A drawn performer.",
        )
    )
    take = add_take(show.production, show.shot, consent.id)
    folder = show.production.path(take.path)
    (folder / "raw").mkdir()
    for name, data in (("a.1001.exr", b"one"), ("a.1002.exr", b"two" * 100)):
        (folder / name).write_bytes(data)
    (folder / "raw" / "long.exr").write_bytes(random.Random(5).randbytes(LONG))
    (folder / ".a.1003.part.exr").write_bytes(b"half")
    with running(show.studio, max_workers=32) as server, Client(server.address, TOKEN) as client:
        yield House(show, consent, take, folder, server, client)


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def taken(house: House) -> dict[str, bytes]:
    return {name: data for name, data in tree(house.folder).items() if not name.startswith(".")}


def test_a_take_comes_whole_and_once(house: House, tmp_path: Path) -> None:
    size = sum(map(len, taken(house).values()))
    fetched = house.client.pull(house.take.id, tmp_path / "out")
    assert tree(tmp_path / "out") == taken(house)
    assert fetched == Transferred(
        path=str(tmp_path / "out"), sha256="", files=3, moved_bytes=size, kept_bytes=0
    )
    again = house.client.pull(house.take.id, tmp_path / "out")
    assert (again.moved_bytes, again.kept_bytes) == (0, size)
    (house.folder / "a.1001.exr").write_bytes(b"ONE")  # rendered again
    (tmp_path / "out" / "notes.txt").write_bytes(b"mine")
    third = house.client.pull(house.take.id, tmp_path / "out")
    assert third.moved_bytes == 3 and (tmp_path / "out" / "a.1001.exr").read_bytes() == b"ONE"
    assert (tmp_path / "out" / "notes.txt").read_bytes() == b"mine"
    assert house.events().count("take.pulled") == 3


def test_what_broke_off_goes_on_behind_its_last_whole_piece(house: House, tmp_path: Path) -> None:
    whole = (house.folder / "raw" / "long.exr").read_bytes()
    place = tmp_path / "out" / "raw"
    place.mkdir(parents=True)
    partial = place / ".long.exr.part"
    partial.write_bytes(whole[: CHUNK_BYTES + 5])
    fetched = house.client.pull(house.take.id, tmp_path / "out")
    assert fetched.moved_bytes == 303 + LONG - CHUNK_BYTES
    assert tree(tmp_path / "out") == taken(house)
    (place / "long.exr").unlink()
    partial.write_bytes(whole[:7] + b"\0" + whole[8:])  # a bad disk, in the first piece
    fetched = house.client.pull(house.take.id, tmp_path / "out")
    assert fetched.moved_bytes == LONG and tree(tmp_path / "out") == taken(house)
    (place / "long.exr").unlink()
    partial.write_bytes(whole + b"and more")
    fetched = house.client.pull(house.take.id, tmp_path / "out")
    assert fetched.moved_bytes == 0 and tree(tmp_path / "out") == taken(house)


@pytest.mark.slow
def test_a_killed_pull_goes_on(house: House, tmp_path: Path) -> None:
    environment = {**os.environ, "UNDERSTUDY_SERVER": house.server.address, "UNDERSTUDY_TOKEN": TOKEN}
    (house.folder / "raw" / "long.exr").write_bytes(random.Random(6).randbytes(16 * CHUNK_BYTES))
    out = tmp_path / "out"
    program = [sys.executable, "-m", "understudy", "--json", "pull", house.take.id, str(out)]
    process = subprocess.Popen(program, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    partial = out / "raw" / ".long.exr.part"
    while process.poll() is None and not (partial.exists() and partial.stat().st_size >= CHUNK_BYTES):
        pass
    process.kill()
    process.wait()
    there = partial.stat().st_size // CHUNK_BYTES * CHUNK_BYTES if partial.exists() else 0
    assert there >= CHUNK_BYTES and not (out / "raw" / "long.exr").exists()
    done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f'"moved_bytes": {16 * CHUNK_BYTES - there}' in done.stdout
    assert tree(out) == taken(house)


def test_a_delivery_is_what_its_manifest_lists(house: House, tmp_path: Path) -> None:
    for place in (house.show.production.folder / "deliveries" / "d", tmp_path / "elsewhere" / "d"):
        delivery = house.delivery(house.take, place)
        fetched = house.client.pull(delivery.id, tmp_path / "out" / delivery.id)
        out = Path(fetched.path)
        assert {"sh010.exr", "notes.txt", "manifest.json", "manifest.sig"} <= set(tree(out))
        assert "private.txt" not in tree(out)
        assert verify_delivery(out, house.show.production.public_key).unlisted == ()
        with pytest.raises(errors.NotFound):
            list(house.show.studio.pulling.chunks(delivery.id, "private.txt", 0))
        (place / "manifest.sig").write_text("forged")
        with pytest.raises(errors.BadRecord, match="altered"):
            house.client.pull(delivery.id, tmp_path / "other")
        shutil.rmtree(place)
        with pytest.raises(errors.NotFound, match="away"):
            list(house.show.studio.pulling.chunks(delivery.id, "sh010.exr", 0))


def test_an_export_is_what_its_job_made(house: House, tmp_path: Path) -> None:
    house.client.pull(house.export(), tmp_path / "out")
    assert tree(tmp_path / "out") == {"m.1001.exr": b"matte"}
    with pytest.raises(errors.NotFound, match="no take, delivery or finished export"):
        house.client.pull(house.take.job_id, tmp_path / "out")
    with pytest.raises(errors.NotFound):
        house.client.pull("nothing", tmp_path / "out")
    with pytest.raises(errors.BadInput, match="which take"):
        house.client.pull("", tmp_path / "out")


# Consent


def test_nothing_is_given_without_consent(house: House, tmp_path: Path) -> None:
    delivery = house.delivery(house.take, tmp_path / "d")
    export = house.export()
    house.show.studio.revoke_consent(house.consent.id, "changed my mind")
    for identifier in (house.take.id, delivery.id, export):
        with pytest.raises(errors.ConsentRevoked):
            house.client.pull(identifier, tmp_path / "out")
    with pytest.raises(errors.ConsentRevoked):
        next(house.show.studio.pulling.chunks(house.take.id, "a.1001.exr", 0))
    assert not (tmp_path / "out").exists() and "take.pulled" not in house.events()


def test_a_consent_that_is_withdrawn_in_the_middle_ends_it(house: House, tmp_path: Path) -> None:
    def told(what: str, done: int, total: int) -> None:
        if done > 303 and house.consent.id in {c.id for c in house.client.consents() if not c.revoked_at}:
            house.show.studio.revoke_consent(house.consent.id, "changed my mind")

    (house.folder / "raw" / "long.exr").write_bytes(bytes(30 * CHUNK_BYTES))
    with pytest.raises(errors.ConsentRevoked):
        house.client.pull(house.take.id, tmp_path / "out", told=told)
    assert not (tmp_path / "out" / "raw" / "long.exr").exists()


def test_marked_work_stays_in_the_house(house: House, tmp_path: Path) -> None:
    marked = add_take(house.show.production, house.show.shot, house.consent.id, marked=True)
    (house.show.production.path(marked.path) / "a.exr").write_bytes(b"one")
    with pytest.raises(errors.ConsentForeign, match="evaluation licence"):
        house.client.pull(marked.id, tmp_path / "out")
    assert read_bundle(house.show.production.folder / "jobs" / marked.job_id)[1].marked


# Elsewhere


HOSTILE = [
    "../../custody.jsonl", "/etc/passwd", "..", "", ".", ".a.1003.part.exr", "raw/../a.1001.exr", "raw",
    "raw/", "a.1001.exr/", "link.exr", "away/a.exr", "a\0b", "raw\\long.exr", "x" * 5000, "none.exr",
]  # fmt: skip


def test_no_name_leads_out_of_the_work(house: House, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "a.exr").write_bytes(b"secret")
    (house.folder / "link.exr").symlink_to(tmp_path / "away" / "a.exr")
    (house.folder / "away").symlink_to(tmp_path / "away")
    for name in HOSTILE:
        with pytest.raises(errors.NotFound):
            list(house.show.studio.pulling.chunks(house.take.id, name, 0))
    fetched = house.client.pull(house.take.id, tmp_path / "out")
    assert fetched.files == 3 and set(tree(tmp_path / "out")) == {"a.1001.exr", "a.1002.exr", "raw/long.exr"}


def test_places_in_a_file_that_are_none(house: House) -> None:
    chunks = house.show.studio.pulling.chunks
    with pytest.raises(errors.BadInput, match="no piece -1"):
        list(chunks(house.take.id, "a.1001.exr", -1))
    for beyond in (1, 2**62):
        with pytest.raises(errors.BadInput, match="no piece"):
            list(chunks(house.take.id, "a.1001.exr", beyond))
    assert (
        b"".join(chunks(house.take.id, "raw/long.exr", 3))
        == (house.folder / "raw/long.exr").read_bytes()[-777:]
    )


class Liar:
    """Stands for what a hostile server announces."""

    def __init__(self, *files: FileChunks, data: bytes = b"abc", count: int = 0) -> None:
        self._files, self._data, self._count = files, data, count or len(files)

    def manifest(self, identifier: str) -> Iterator[PulledWork | FileChunks]:
        yield PulledWork(kind="take", title="t", files=self._count, size=3)
        yield from self._files

    def chunks(self, identifier: str, name: str, first_chunk: int) -> Iterator[bytes]:
        yield self._data


def announced(name: str, *, size: int = 3, chunks: tuple[bytes, ...] = ()) -> FileChunks:
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of abc
    return FileChunks(name=name, size=size, sha256=sha256, chunks=chunks)


LIES = (
    Liar(announced("../a.exr")),
    Liar(announced("/tmp/a.exr")),
    Liar(announced("a/../../b.exr")),
    Liar(announced(".bashrc")),
    Liar(announced("C:a.exr")),
    Liar(announced("a\\b.exr")),
    Liar(announced("")),
    Liar(announced("a.exr", size=-3)),
    Liar(announced("a.exr", size=2**62)),
    Liar(announced("a.exr", chunks=(b"x",))),
    Liar(replace(announced("a.exr"), sha256="zz")),
    Liar(announced("a.exr"), announced("A.exr")),
    Liar(announced("a.exr"), count=2),
)


def test_a_hostile_server_writes_nowhere(house: House, tmp_path: Path) -> None:
    before = tree(tmp_path)
    for lie in LIES:
        house.show.studio.pulling = lie  # type: ignore[assignment]
        with pytest.raises(errors.BadRecord):
            house.client.pull("x", tmp_path / "out")
    house.show.production.checkpoint()
    assert tree(tmp_path).keys() == before.keys()


@pytest.mark.parametrize("data", [b"abd", b"ab", b"", b"abcd"])
def test_other_bytes_than_announced_never_get_the_files_name(
    house: House, tmp_path: Path, data: bytes
) -> None:
    house.show.studio.pulling = Liar(announced("a.exr"), data=data)  # type: ignore[assignment]
    with pytest.raises(errors.Transient, match="pull again"):
        house.client.pull("x", tmp_path / "out", patience_s=0.1)
    assert not (tmp_path / "out" / "a.exr").exists()


def test_two_pulls_do_not_write_one_file(house: House, tmp_path: Path) -> None:
    refused = []

    def told(what: str, done: int, total: int) -> None:
        if done > 303 and not refused:
            with pytest.raises(errors.Conflict, match="another pull") as failed:
                house.client.pull(house.take.id, tmp_path / "out")
            refused.append(failed)

    house.client.pull(house.take.id, tmp_path / "out", told=told)
    assert refused and tree(tmp_path / "out") == taken(house)


def test_a_file_that_another_pull_just_ended_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, target = tmp_path / ".a.exr.part", tmp_path / "a.exr"
    part.write_bytes(b"whole")
    opened = os.open

    def opening(path: Path, flags: int, mode: int) -> int:
        descriptor = opened(path, flags, mode)
        part.rename(target)  # the other one ends between our look at the file and our lock
        return descriptor

    monkeypatch.setattr(os, "open", opening)
    with pytest.raises(errors.Transient, match="pull again"), pulling._alone(part) as file:
        file.truncate(0)
    assert target.read_bytes() == b"whole"


def test_a_file_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "one").write_bytes(bytes(CHUNK_BYTES))
    (tmp_path / "two").write_bytes(bytes(CHUNK_BYTES + 1))
    for name, count in (("empty", 0), ("one", 0), ("two", 2)):
        heard: list[int] = []
        file = chunked(tmp_path / name, name, heard.append)
        assert file.sha256 == sha256_of(tmp_path / name) and len(file.chunks) == count
        assert sum(heard) == file.size == (tmp_path / name).stat().st_size
