"""What requests about mattes and exports mean for a shot, who is asked, and what is taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.matte_show import Show, open_show, shape, tools, write_layer
from tests.solved_faces import faces_of, layout

from understudy import pipeline
from understudy.domain.edit import AddFace, MergeTracks, Mode, PaintStroke, RemoveFaces, UseLayer
from understudy.domain.edit_stack import Step, stack_of
from understudy.domain.errors import (
    BadEdit,
    BadInput,
    BadLabels,
    BadMatte,
    BadSettings,
    ConsentForeign,
    ConsentMissing,
    ConsentRevoked,
    EditConflict,
    FrameOutOfRange,
    NotFound,
    Stopped,
    UnderstudyError,
)
from understudy.domain.face import EMBEDDING, save_faces
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job import Job
from understudy.domain.job_spec import (
    ExportSpec,
    ImportMatteSpec,
    JobSpec,
    MatteNetSpec,
    ParseMatteSpec,
    PropagateSpec,
)
from understudy.domain.people import Basis, Need, Use
from understudy.domain.solved import load_solved
from understudy.jobs.intake import take_in
from understudy.jobs.intake_mattes import runs_of
from understudy.jobs.resolve import resolve
from understudy.jobs.solved_shot import performers_on, solve_shot, solved_plate
from understudy.work import (
    ExportWork,
    ImportMatteWork,
    MatteNetWork,
    ParseMatteWork,
    PropagateWork,
    SolvedPlate,
    Work,
)


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    with open_show(tmp_path) as opened:
        yield opened


def spec_of(kind: str, show: Show) -> JobSpec:
    network = show.folder / "parser.onnx"
    network.write_bytes(b"onnx")
    specs: dict[str, JobSpec] = {
        "propagate": PropagateSpec(shot_id=show.shot.id),
        "matte_net": MatteNetSpec(shot_id=show.shot.id),
        "import_matte": ImportMatteSpec(shot_id=show.shot.id, path=str(show.folder / "m.####.exr")),
        "parse_matte": ParseMatteSpec(shot_id=show.shot.id, path=str(network)),
        "export": ExportSpec(shot_id=show.shot.id),
    }
    return specs[kind]


KINDS = ("propagate", "matte_net", "import_matte", "parse_matte", "export")


# The solved shot in a bundle


def test_a_solved_shot_is_kept_by_its_content(show: Show) -> None:
    first = solved_plate(show.shot, show.production)
    assert solved_plate(show.shot, show.production) == first
    show.edit(shape(1003))
    second = solved_plate(show.shot, show.production)
    assert second.solved != first.solved and Path(first.solved).exists()
    assert Path(second.solved).name.startswith("1-")
    assert second.solved_sha256 == sha256_of(Path(second.solved))
    assert load_solved(Path(second.solved)).plan(1003).keyed
    assert second.people == (show.shot.person_id,)


def test_before_extraction_nothing_is_solved(show: Show) -> None:
    with pytest.raises(BadInput, match="extract"):
        solve_shot(replace(show.shot, faces=""), show.production)


def with_a_guest(show: Show) -> str:
    """Beside the performer another person is seen in the shot, on track 1, who has footage of their own."""
    faces = faces_of({0: range(1001, 1011), 1: range(1001, 1005)})
    faces.embedding_ND[:] = np.eye(2, EMBEDDING, dtype=np.float32)[faces.track]
    guest = show.production.add_person("guest")
    own = replace(show.shot, id=new_id(), name="guest_learn", person_id=guest.id, role="learn")
    show.production.add_shot(own)
    for shot, theirs in ((show.shot, faces), (own, faces.of_track(1))):
        target = show.production.folder / "shots" / shot.id / "faces.safetensors"
        save_faces(theirs, target)
        show.production.set_shot_faces(shot.id, show.production.relative(target), sha256_of(target))
    return guest.id


@pytest.mark.parametrize("way", ["untouched", "merged", "drawn anew"])
def test_whoever_is_known_under_an_artists_faces_is_asked(show: Show, way: str) -> None:
    guest = with_a_guest(show)
    shot = show.production.shot(show.shot.id)
    drawn = tuple((layout()[:, :2].astype(float) + np.array([100, 350])).ravel().tolist())
    track = 9 if way == "drawn anew" else 0
    if way == "merged":  # the guest is seen where the performer is not
        show.edit(RemoveFaces(track=0, first=1001, last=1004), MergeTracks(track=0, other=1))
    if way == "drawn anew":
        show.edit(RemoveFaces(track=1, first=1001, last=1004), AddFace(track=9, frame=1001, landmarks=drawn))
    people = performers_on(solve_shot(shot, show.production), shot, show.production, tracks=(track,))
    assert people == ((show.shot.person_id,) if way == "untouched" else (show.shot.person_id, guest))


# Each kind


def test_propagation_starts_from_the_keyed_frames(show: Show) -> None:
    show.edit(shape(1003), shape(1007))
    work = show.work(PropagateSpec(shot_id=show.shot.id, settings={"drift_limit": 0.3}))
    assert isinstance(work, PropagateWork)
    assert (work.keys, work.frames) == ((1003, 1007), tuple(show.shot.plate.frames))
    assert work.config.drift_limit == 0.3
    assert Path(work.folder) == show.production.folder / "mattes" / show.shot.id / "job-id"
    some = show.work(PropagateSpec(shot_id="plate", keys="1007", frames="1005-1009"))
    assert isinstance(some, PropagateWork)
    assert (some.keys, some.frames) == ((1007,), (1005, 1006, 1007, 1008, 1009))


def test_a_net_learns_from_keyed_frames_of_several_shots(show: Show) -> None:
    show.edit(shape(1002), shape(1009))
    second = replace(show.shot, id=new_id(), name="second")
    show.production.add_shot(second)
    show.production.append_edits(second.id, [(Step.DO, shape(1004))], author="ann", request_id=new_id())
    work = show.work(MatteNetSpec(shot_id=show.shot.id, also=("second", show.shot.id), frames="1001-1004"))
    assert isinstance(work, MatteNetWork)
    assert [(entry.shot.shot_name, entry.labels) for entry in work.shots] == [
        ("plate", (1002, 1009)),
        ("second", (1004,)),
    ]
    assert work.frames == (1001, 1002, 1003, 1004)
    chosen = show.work(MatteNetSpec(shot_id=show.shot.id, labels="1009"))
    assert isinstance(chosen, MatteNetWork)
    assert chosen.shots[0].labels == (1009,)


def test_a_net_goes_on_from_an_earlier_one(show: Show) -> None:
    show.edit(shape(1002))
    layer = show.layer((1001, 1002))
    with pytest.raises(BadMatte, match="has no net"):
        show.work(MatteNetSpec(shot_id=show.shot.id, start_from=layer.id))
    net = show.production.path(layer.path) / "net.safetensors"
    net.write_bytes(b"weights")
    guest = show.production.add_person("guest")
    show.production.add_matte_layer(replace(layer, people=(show.shot.person_id, guest.id)))
    resolved = resolve(MatteNetSpec(shot_id=show.shot.id, start_from=layer.id), "job-id", show.production)
    assert {need.person_id for need in resolved.needs} == {show.shot.person_id, guest.id}
    assert resolved.work.people == tuple(resolved.footage)  # type: ignore[union-attr]
    assert resolved.marked, "a net that nobody can account for carries the mark"
    assert isinstance(resolved.work, MatteNetWork)
    assert resolved.work.start_from == str(net)
    assert (str(net), sha256_of(net)) in {(file.path, file.sha256) for file in resolved.inputs}


def test_mattes_from_elsewhere(show: Show) -> None:
    brought = show.work(replace_spec(spec_of("import_matte", show), channel="hand.A", invert=True))
    assert isinstance(brought, ImportMatteWork)
    assert (brought.channel, brought.invert) == ("hand.A", True)
    spec = replace_spec(spec_of("parse_matte", show), classes=(2, 1, 2), settings={"crop_type": "whole"})
    resolved = resolve(spec, "job-id", show.production)
    parsed = resolved.work
    assert isinstance(parsed, ParseMatteWork)
    assert (parsed.classes, parsed.crop_type) == ((2, 1), "whole")
    assert parsed.path_sha256 in {file.sha256 for file in resolved.inputs}


def replace_spec(spec: JobSpec, **changes: object) -> JobSpec:
    return replace(spec, **changes)  # type: ignore[arg-type]


def test_exports_go_below_the_production_or_where_they_are_told(show: Show) -> None:
    inside = show.work(ExportSpec(shot_id=show.shot.id, what="alignments", format="nk", frames="1002-1003"))
    assert isinstance(inside, ExportWork)
    assert Path(inside.folder).parent == show.production.folder / "exports"
    assert inside.frames == (1002, 1003)
    outside = show.work(ExportSpec(shot_id=show.shot.id, folder=str(show.folder / "comp")))
    assert isinstance(outside, ExportWork)
    assert Path(outside.folder).parent == show.folder / "comp"


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_is_read_is_named_with_its_hash(show: Show, kind: str) -> None:
    show.edit(shape(1003))
    layer = show.layer((1001, 1002))
    resolved = resolve(spec_of(kind, show), "job-id", show.production)
    named = {file.path: file.sha256 for file in resolved.inputs}
    solved = solved_plate(show.shot, show.production)
    index = show.production.path(layer.path) / "layer.json"
    assert named[show.shot.plate.path] == show.shot.plate.sha256
    assert named[solved.solved] == solved.solved_sha256
    assert named[str(index)] == sha256_of(index)
    assert plate_of(resolved.work).layers == {layer.id: str(index.parent)}
    assert resolved.needs == (Need(person_id=show.shot.person_id, use=Use.REPLACE),)
    assert resolved.footage == {show.shot.person_id: frozenset({show.shot.plate.sha256})}


def plate_of(work: Work) -> SolvedPlate:
    if isinstance(work, MatteNetWork):
        return work.shots[0].shot
    assert isinstance(work, PropagateWork | ImportMatteWork | ParseMatteWork | ExportWork)
    return work.shot


# What is refused


Wrong = tuple[Callable[[str], JobSpec], type[UnderstudyError], str]
WRONG: dict[str, Wrong] = {
    "no such shot": (lambda shot: PropagateSpec(shot_id="nowhere"), NotFound, "nowhere"),
    "nothing keyed": (lambda shot: PropagateSpec(shot_id=shot), BadMatte, "no keyed frame"),
    "a key outside": (lambda shot: PropagateSpec(shot_id=shot, keys="1400"), FrameOutOfRange, "1400"),
    "frames outside": (
        lambda shot: PropagateSpec(shot_id=shot, keys="1003", frames="990-1003"),
        FrameOutOfRange,
        "990",
    ),
    "a bare key": (lambda shot: PropagateSpec(shot_id=shot, keys="1004"), BadMatte, "frames 1004"),
    "an unknown source": (lambda shot: PropagateSpec(shot_id=shot, source="hull"), BadSettings, "hull"),
    "a taken name": (lambda shot: PropagateSpec(shot_id=shot, name="cut"), BadEdit, "cut"),
    "an unknown setting": (
        lambda shot: PropagateSpec(shot_id=shot, settings={"drift": 1}),
        BadSettings,
        r"propagate\.drift",
    ),
    "no labels": (lambda shot: MatteNetSpec(shot_id=shot), BadLabels, "no keyed frame"),
    "a net of no layer": (
        lambda shot: MatteNetSpec(shot_id=shot, labels="1001", start_from="nothing"),
        NotFound,
        "nothing",
    ),
    "no net to apply": (
        lambda shot: MatteNetSpec(shot_id=shot, settings={"minutes": 0}),
        BadSettings,
        "which net",
    ),
    "an unkeyed other shot": (
        lambda shot: MatteNetSpec(shot_id=shot, labels="1001", also=("bare",)),
        BadLabels,
        "bare",
    ),
    "a relative sequence": (
        lambda shot: ImportMatteSpec(shot_id=shot, path="m.#.exr"),
        BadSettings,
        "absolute",
    ),
    "a wrong operator": (
        lambda shot: ImportMatteSpec(shot_id=shot, path="/m.#.exr", operator="x"),
        BadEdit,
        "operator",
    ),
    "a relative parser": (lambda shot: ParseMatteSpec(shot_id=shot, path="p.onnx"), BadSettings, "absolute"),
    "no parser there": (lambda shot: ParseMatteSpec(shot_id=shot, path="/no/p.onnx"), BadInput, "no file"),
    "no classes": (
        lambda shot: ParseMatteSpec(shot_id=shot, path="/p.onnx", classes=()),
        BadSettings,
        "class",
    ),
    "an unknown export": (lambda shot: ExportSpec(shot_id=shot, what="meshes"), BadSettings, "meshes"),
    "a wrong format": (lambda shot: ExportSpec(shot_id=shot, format="nk"), BadSettings, "exr or png"),
    "a relative folder": (lambda shot: ExportSpec(shot_id=shot, folder="comp"), BadSettings, "absolute"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_are_named(show: Show, name: str) -> None:
    make, error, words = WRONG[name]
    show.production.add_shot(replace(show.shot, id=new_id(), name="bare"))
    with pytest.raises(error, match=words):
        show.work(make(show.shot.id))


def test_an_export_does_not_go_into_the_productions_own_folders(show: Show) -> None:
    with pytest.raises(BadSettings, match="production's own"):
        show.work(ExportSpec(shot_id=show.shot.id, folder=str(show.production.folder / "keys")))


# Consent


@pytest.mark.parametrize("kind", KINDS)
def test_without_consent_nothing_is_made(show: Show, kind: str) -> None:
    show.edit(shape(1003))
    spec = spec_of(kind, show)
    with pytest.raises(ConsentMissing, match="performer"):
        show.studio.create_job(spec, new_id())
    consent = show.consent()
    show.studio.create_job(spec, new_id())
    show.studio.revoke_consent(consent.id, "left the show")
    with pytest.raises(ConsentRevoked):
        show.studio.create_job(spec, new_id())


def test_evaluation_footage_is_exported_to_the_scratch_folder_only(show: Show) -> None:
    footage = ((show.shot.plate.sha256, "a public clip"),)
    show.consent(basis=Basis.EVALUATION, footage=footage)
    work = show.work(ExportSpec(shot_id=show.shot.id))
    assert isinstance(work, ExportWork)
    assert Path(work.folder).parent == show.production.folder / "scratch"
    show.studio.create_job(ExportSpec(shot_id=show.shot.id), new_id())
    with pytest.raises(ConsentForeign, match="scratch"):
        show.studio.create_job(ExportSpec(shot_id=show.shot.id, folder=str(show.folder)), new_id())


def test_the_mark_of_a_net_stays_on_what_its_layer_is_used_for(show: Show) -> None:
    show.consent()
    layer = show.layer((1001, 1002))
    show.production.add_matte_layer(replace(layer, origin="matte_net"))  # nobody can tell what it learnt
    assert not resolve(ExportSpec(shot_id=show.shot.id), "job-id", show.production).marked, "not used yet"
    show.edit(UseLayer(name="net", layer_id=layer.id, first=1001, last=1002))
    asked = ExportSpec(shot_id=show.shot.id)
    resolved = resolve(asked, "job-id", show.production)
    assert resolved.marked and isinstance(resolved.work, ExportWork)
    assert Path(resolved.work.folder).parent == show.production.folder / "scratch"
    with pytest.raises(ConsentForeign, match="scratch"):
        show.studio.create_job(replace(asked, folder=str(show.folder)), new_id())
    show.edit(shape(1002))
    assert resolve(PropagateSpec(shot_id=show.shot.id), "job-id", show.production).marked


# Taking in


def finished(show: Show, spec: PropagateSpec, frames: tuple[int, ...]) -> tuple[Job, Work]:
    show.consent()
    job = show.studio.create_job(spec, new_id())
    work = resolve(spec, job.id, show.production).work
    assert isinstance(work, PropagateWork)
    write_layer(Path(work.folder), frames)
    return job, work


def test_a_layer_is_taken_in_once_and_used_where_it_has_frames(show: Show) -> None:
    show.edit(PaintStroke(frame=1003, mode=Mode.EXCLUDE, points=(70, 60), radius_px=9))
    spec = PropagateSpec(shot_id=show.shot.id, name="hand", author="ben")
    job, work = finished(show, spec, (1002, 1003, 1004, 1007, 1008))
    result = take_in(job, work, {}, show.production)
    assert take_in(job, work, {}, show.production) == result
    entries = show.production.edits(show.shot.id)[1:]
    assert [entry.action for entry in entries] == [
        UseLayer(name="hand", layer_id=job.id, first=1002, last=1004, operator="-"),
        UseLayer(name="hand", layer_id=job.id, first=1007, last=1008, operator="-"),
    ]
    assert {entry.author for entry in entries} == {"ben"}
    (layer,) = show.production.matte_layers(show.shot.id)
    assert (layer.id, layer.name, layer.frames, layer.job_id) == (
        job.id,
        "hand",
        "1002-1004,1007-1008",
        job.id,
    )
    assert result["layer_id"] == job.id and result["notes"] == ["stopped at 1008"]
    assert result["worst"][0] == {"frame": 1008, "score": 0.08}  # type: ignore[index]
    show.production.append_edits(show.shot.id, [(Step.UNDO, None)], author="ben", request_id=new_id())
    take_in(job, work, {}, show.production)
    assert len(stack_of(show.production.edits(show.shot.id)).done) == 2, "an undone layer came back"


def test_a_layer_can_be_made_without_being_used(show: Show) -> None:
    show.edit(shape(1003))
    job, work = finished(show, PropagateSpec(shot_id=show.shot.id, apply=False), (1003, 1004))
    assert take_in(job, work, {}, show.production)["applied"] is False
    assert len(show.production.edits(show.shot.id)) == 1
    assert [layer.id for layer in show.production.matte_layers()] == [job.id]


def test_what_was_stopped_half_way_is_kept_and_gone_on_from(show: Show) -> None:
    for frame in show.shot.plate.frames:
        picture = np.full((120, 160), frame - 1000, np.uint8)
        cv2.imwrite(str(show.folder / f"hand.{frame}.png"), picture)
    spec = ImportMatteSpec(shot_id=show.shot.id, path=str(show.folder / "hand.####.png"))
    show.consent()
    job = show.studio.create_job(spec, new_id())
    work = resolve(spec, job.id, show.production).work
    assert isinstance(work, ImportMatteWork)
    asked = iter([False, False, False])
    with pytest.raises(Stopped):
        pipeline.run(work, tools(show, stopping=lambda: next(asked, True)))
    frames = sorted(Path(work.folder).glob("matte.*.exr"))
    kept = {path.name: path.stat().st_mtime_ns for path in frames}
    assert len(kept) == 3
    with pytest.raises(BadMatte, match="no finished matte layer"):
        take_in(job, work, {}, show.production)
    assert show.production.edits(show.shot.id) == [] and show.production.matte_layers() == []
    told = pipeline.run(work, tools(show, stopping=lambda: False))
    assert told["frames"] == "1001-1010"
    assert {name: (Path(work.folder) / name).stat().st_mtime_ns for name in kept} == kept
    assert take_in(job, work, told, show.production)["frames"] == "1001-1010"


@pytest.mark.parametrize(("source", "operator"), [("cut", "-"), ("keep", "+"), ("matte", "&")])
def test_what_was_carried_says_how_it_joins(show: Show, source: str, operator: str) -> None:
    show.edit(shape(1003))
    job, work = finished(show, PropagateSpec(shot_id=show.shot.id, source=source), (1004,))
    take_in(job, work, {}, show.production)
    entry = show.production.edits(show.shot.id)[1]
    assert isinstance(entry.action, UseLayer)
    assert (entry.action.operator, entry.author) == (operator, "understudy")


def test_a_carried_shape_is_taken_off_where_the_layer_takes_its_place(show: Show) -> None:
    show.edit(shape(1003), replace(shape(1003), shape="hair", mode=Mode.INCLUDE))
    job, work = finished(show, PropagateSpec(shot_id=show.shot.id, name="carried"), (1004, 1005, 1006, 1007))
    show.edit(shape(1006))  # drawn while the job ran
    take_in(job, work, {}, show.production)
    solved = solve_shot(show.shot, show.production)
    seen = {
        frame: ({drawn.name for drawn in solved.plan(frame).shapes}, len(solved.plan(frame).layers))
        for frame in (1003, 1004, 1006, 1007)
    }
    assert seen == {
        1003: ({"hand", "hair"}, 0),
        1004: ({"hair"}, 1),
        1006: ({"hand", "hair"}, 0),
        1007: ({"hair"}, 1),
    }


def test_what_a_job_applied_is_undone_and_redone_at_once(show: Show) -> None:
    show.edit(shape(1003))
    before = solve_shot(show.shot, show.production).plans
    job, work = finished(show, PropagateSpec(shot_id=show.shot.id, author="ben"), (1001, 1002, 1004, 1005))
    take_in(job, work, {}, show.production)
    after = solve_shot(show.shot, show.production).plans
    assert after[1004].layers and not after[1004].shapes
    revision = show.production.edit_revision(show.shot.id)
    undone = show.studio.undo_edit("plate", author="ben", seen_revision=revision, request_id="undo")
    assert solve_shot(show.shot, show.production).plans == before
    again = show.studio.undo_edit("plate", author="ben", seen_revision=revision, request_id="undo")
    assert again == undone, "the same request undid twice"
    show.studio.redo_edit("plate", author="ben", seen_revision=undone.revision, request_id="redo")
    assert solve_shot(show.shot, show.production).plans == after
    show.edit(shape(1008))
    with pytest.raises(EditConflict, match="ann"):
        show.studio.undo_edit("plate", author="ben", seen_revision=undone.revision, request_id="more")


def test_the_layers_of_a_shot_are_listed_with_their_doubts(show: Show) -> None:
    assert show.studio.shot_mattes(show.shot.id).layers == ()
    show.edit(shape(1003))
    job, work = finished(show, PropagateSpec(shot_id=show.shot.id, name="hand"), (1004, 1005, 1006))
    take_in(job, work, {}, show.production)
    unused = show.layer((1009,), "other")
    found = show.studio.shot_mattes("plate")
    assert found.keyed == "1003"
    assert [entry.layer.id for entry in found.layers] == [job.id, unused.id]
    assert [entry.used for entry in found.layers] == ["1004-1006", ""]
    assert [worst.frame for worst in found.layers[0].worst] == [1006, 1005, 1004]


def test_runs() -> None:
    assert runs_of([1, 2, 3, 7, 9, 10]) == [[1, 2, 3], [7], [9, 10]]
    assert runs_of([]) == []
