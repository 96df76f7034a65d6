"""Purging a person: everything that shows them goes, everything else stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from understudy.domain.artefact import Delivery, Faceset, Model, Take
from understudy.domain.errors import Conflict, NotFound
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import ConvertSpec, ExtractSpec, TrainSpec
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.shot import Plate, Shot
from understudy.store.production import Production
from understudy.store.purge import purge_person


def put(production: Production, relative: str, content: str = "pixels") -> str:
    path = production.folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return relative


def shot_of(person_id: str, name: str, plate: Path) -> Shot:
    record = Plate(
        path=str(plate),
        sha256="b" * 64,
        width=64,
        height=64,
        rate=Fraction(24),
        file_frames=9,
        first_index=0,
        last_index=8,
    )
    return Shot(
        id=f"id-of-{name}",
        name=name,
        person_id=person_id,
        role="plate",
        plate=record,
        faces=f"shots/{name}/f",
    )


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    """Ann is in shot a, Bob in shot b; model ab draws both, model bb only Bob."""
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as opened:
        fill(opened, tmp_path)
        yield opened


def fill(production: Production, outside: Path) -> None:
    ids = {name: production.add_person(name).id for name in ("Ann", "Bob")}
    for name, shot in (("Ann", "a"), ("Bob", "b")):
        plate = outside / f"{shot}.mov"
        plate.write_text("plate")
        production.add_consent(consent_of(production, ids[name]))
        production.add_shot(shot_of(ids[name], shot, plate))
        put(production, f"shots/{shot}/f")
        faceset = Faceset(
            id=f"f-{shot}",
            person_id=ids[name],
            path=put(production, f"facesets/{shot}/x"),
            sha256="",
            crops=1,
        )
        production.add_faceset(faceset)
        production.create_job(
            ExtractSpec(shot_id=f"id-of-{shot}"), f"extract-{shot}", job_id=f"extract-{shot}"
        )
    for model, people in (("ab", ("Ann", "Bob")), ("bb", ("Bob", "Bob"))):
        spec = TrainSpec(name=model, people=tuple(ids[p] for p in people), shot_ids=("id-of-b",))
        job, _ = production.create_job(spec, f"train-{model}", job_id=f"train-{model}")
        production.add_model(
            Model(
                id=f"m-{model}",
                name=model,
                family="shared",
                size_px=64,
                people=spec.people,
                path=put(production, f"models/{model}/checkpoint.safetensors"),
                sha256="",
                iterations=1,
                job_id=job.id,
            )
        )
        put(production, f"jobs/{job.id}/preview.jpg")
        production.append_events(job.id, [Event(kind=EventKind.PREVIEW, path="preview.jpg")])
        add_take(production, model, spec.people)
    put(production, "scratch/notes.json", f'{{"about": "{ids["Ann"]}"}}')
    put(production, f"scratch/{ids['Ann']}/crop.png")
    put(production, "scratch/bobs.json", f'{{"about": "{ids["Bob"]}"}}')
    for job in production.jobs():
        production.move_job(job.id, JobState.CANCELLED)


def consent_of(production: Production, person_id: str) -> Consent:
    return Consent(
        id=f"consent-{person_id}",
        person_id=person_id,
        production_id=production.production_id,
        basis=Basis.RELEASE,
        uses=frozenset(Use),
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
        description="a stunt in reel two by the tall one",
        document_sha256="a" * 64,
    )


def add_take(production: Production, model: str, people: tuple[str, ...]) -> None:
    take = Take(
        id=f"t-{model}",
        shot_id="id-of-b",
        version=production.next_version("id-of-b"),
        model_ids=(f"m-{model}",),
        people=people,
        path=f"takes/{model}",
        frames="1001-1009",
        job_id=f"train-{model}",
        marked=False,
    )
    production.add_take(take)
    put(production, f"takes/{model}/beauty.1001.exr")
    manifest = put(production, f"deliveries/{model}/manifest.json")
    production.add_delivery(
        Delivery(
            id=f"d-{model}",
            take_id=take.id,
            path=f"deliveries/{model}",
            manifest=manifest,
            people=people,
            job_id=f"train-{model}",
        )
    )


def files(production: Production) -> set[str]:
    tops = ("shots", "facesets", "models", "takes", "deliveries", "scratch", "jobs")
    found = (path for top in tops for path in (production.folder / top).rglob("*") if path.is_file())
    return {path.relative_to(production.folder).as_posix() for path in found}


def test_everything_of_the_person_goes_and_nothing_else(production: Production, tmp_path: Path) -> None:
    ann, bob = production.person("Ann"), production.person("Bob")
    report = purge_person(production, ann.id)
    assert files(production) == {
        "shots/b/f",
        "facesets/b/x",
        "models/bb/checkpoint.safetensors",
        "takes/bb/beauty.1001.exr",
        "deliveries/bb/manifest.json",
        "jobs/train-bb/preview.jpg",
        "scratch/bobs.json",
    }
    assert {job.id for job in production.jobs()} == {"extract-b", "train-bb"}
    assert [shot.name for shot in production.shots()] == ["b"]
    assert [model.name for model in production.models()] == ["bb"]
    assert [take.id for take in production.takes()] == ["t-bb"]
    assert [delivery.id for delivery in production.deliveries()] == ["d-bb"]
    assert production.people() == [bob] and [c.person_id for c in production.consents()] == [bob.id]
    assert report.outside == (str(tmp_path / "a.mov"),) and (tmp_path / "a.mov").exists()
    assert "takes/ab" in report.paths and f"scratch/{ann.id}" in report.paths
    # shot, faceset, model, take, delivery, consent; the jobs extract-a and train-ab; 2 + 3 events
    assert report.rows == 13


def test_the_name_is_gone_and_the_id_stays(production: Production) -> None:
    ann = production.person("Ann")
    purge_person(production, ann.id)
    with pytest.raises(NotFound, match="was purged at 2"):
        production.person(ann.id)
    with pytest.raises(NotFound):
        production.person("Ann")
    entries = production.custody.entries()
    assert [entry.event for entry in entries[-2:]] == ["purge.begun", "purge.done"]
    assert entries[-2].facts == {"person_id": ann.id, "consents": {f"consent-{ann.id}": "a" * 64}}
    assert "Ann" not in (production.folder / "custody.jsonl").read_text()
    assert production.add_person("Ann").id != ann.id


def test_deleted_text_is_not_left_in_the_database_files(production: Production) -> None:
    for name in ("Ann", "Bob"):
        purge_person(production, production.person(name).id)
    for path in production.folder.glob("production.db*"):
        assert b"stunt in reel two" not in path.read_bytes()


def test_a_running_job_stands_in_the_way(production: Production) -> None:
    ann = production.person("Ann")
    before = files(production)
    job, _ = production.create_job(ConvertSpec(shot_id="b", model_id="ab"), "r9")  # by their names
    with pytest.raises(Conflict, match=job.id):
        purge_person(production, ann.id)
    assert files(production) == before and production.person("Ann") == ann
    production.move_job(job.id, JobState.CANCELLED)
    purge_person(production, "Ann")
    assert job.id not in {left.id for left in production.jobs()}


def test_an_interrupted_purge_can_be_run_again(production: Production) -> None:
    for relative in ("takes/ab/beauty.1001.exr", "shots/a/f"):
        (production.folder / relative).unlink()
    purge_person(production, "Ann")
    assert len(production.people()) == 1


def test_records_that_point_outside_delete_nothing_there(production: Production, tmp_path: Path) -> None:
    ann = production.person("Ann")
    kept = tmp_path / "client"
    kept.mkdir()
    (kept / "movie.mov").write_text("movie")
    (delivery,) = production.deliveries("t-ab")
    production.add_delivery(replace(delivery, path=str(kept)))
    (faceset,) = production.facesets(ann.id)
    production.add_faceset(replace(faceset, path="custody.jsonl"))
    report = purge_person(production, ann.id)
    assert str(kept) in report.outside and (kept / "movie.mov").exists()
    assert "custody.jsonl" in report.outside and production.custody.verify().entries == 3


def test_what_moved_along_with_the_production_goes_too(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as film:
        fill(film, tmp_path)
        for person, clip in (("Ann", "media/1/a.mov"), ("Ann", "media/2/a.##.exr"), ("Bob", "media/3/b.mov")):
            put(film, clip.replace("##", "01"))
            plate = film.folder / clip
            film.add_shot(shot_of(film.person(person).id, f"sent{clip[6]}", plate))
        put(film, "deliveries/a_v001/frame.01.exr")
        (delivery,) = film.deliveries("t-ab")
        film.add_delivery(replace(delivery, path=str(film.folder / "deliveries" / "a_v001")))
    (tmp_path / "film").rename(tmp_path / "moved")
    with Production.open(tmp_path / "moved") as film:
        report = purge_person(film, "Ann")
        left = [path.name for path in sorted((film.folder / "media").rglob("*.*"))]
    assert {"media/1/a.mov", "media/2/a.01.exr", "deliveries/a_v001"} <= set(report.paths)
    assert left == ["b.mov"] and not (tmp_path / "moved" / "deliveries" / "a_v001").exists()


def test_nobody(production: Production) -> None:
    with pytest.raises(NotFound):
        purge_person(production, "Eve")


def test_what_a_failed_job_left_behind_goes_too(production: Production) -> None:
    left = put(production, "evaluations/b_v001_123456/frame.png")
    put(production, "evaluations/b_v002_654321/frame.png")
    folder = production.folder / "evaluations" / "b_v001_123456"
    put(production, "jobs/train-ab/bundle.json", json.dumps({"work": {"folder": str(folder)}}))
    report = purge_person(production, "Ann")
    assert "evaluations/b_v001_123456" in report.paths and not (production.folder / left).exists()
    assert (production.folder / "evaluations" / "b_v002_654321" / "frame.png").exists()
