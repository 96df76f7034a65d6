"""Every record survives the wire, what is not valid is refused, and the generated code fits the protos."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy import wire
from understudy.config import TrainConfig, settings_from
from understudy.domain import (
    access,
    artefact,
    chunks,
    frame,
    job,
    job_spec,
    job_views,
    media,
    people,
    pictures,
    preview,
    shot,
    summary,
    take_frames,
)
from understudy.domain.edit import ADJUSTABLE
from understudy.domain.errors import BadRecord, BadSettings
from understudy.domain.time import FrameRange
from understudy.v1 import (
    access_pb2,
    consent_pb2,
    jobs_pb2,
    mattes_pb2,
    media_pb2,
    preview_pb2,
    shots_pb2,
    takes_pb2,
    time_pb2,
)
from understudy.wire import access as access_wire
from understudy.wire import consent as consent_wire
from understudy.wire import custody as custody_wire
from understudy.wire import job_specs as spec_wire
from understudy.wire import job_views as view_wire
from understudy.wire import jobs as job_wire
from understudy.wire import mattes as matte_wire
from understudy.wire import media as media_wire
from understudy.wire import models as model_wire
from understudy.wire import people as people_wire
from understudy.wire import pictures as pictures_wire
from understudy.wire import preview as preview_wire
from understudy.wire import production as production_wire
from understudy.wire import shots as shot_wire
from understudy.wire import tables as table_wire
from understudy.wire import takes as take_wire
from understudy.wire import time as time_wire
from understudy.wire.named import fill_message, read_message

INTS = st.integers(-(2**63), 2**63 - 1)
SMALL_INTS = st.integers(-(2**31), 2**31 - 1)
NUMBERS = st.floats(allow_nan=False)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)
TRIED = st.dictionaries(st.sampled_from(sorted(ADJUSTABLE)), NUMBERS | st.text(max_size=8), max_size=4)
RATES = st.builds(Fraction, st.integers(-(2**62), 2**62), st.integers(1, 2**62))
RANGES = st.tuples(INTS, INTS).map(lambda ends: FrameRange(min(ends), max(ends)))
LEAF_STRATEGIES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: INTS,
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
    float: NUMBERS,
    object: VALUES,
    Fraction: RATES,
    date: st.dates(),
}


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if hint in LEAF_STRATEGIES:
        return LEAF_STRATEGIES[hint]
    if is_dataclass(hint):
        return records(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if arg is type(None) else of_type(arg) for arg in args))
    if origin is frozenset:
        return st.frozensets(of_type(args[0]))
    if origin is dict:
        return st.dictionaries(of_type(args[0]), of_type(args[1]), max_size=3)
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(of_type(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of_type, args))
    raise AssertionError(f"no strategy for {hint}")


def records(cls: Any, **overrides: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    return st.builds(cls, **{f.name: of_type(hints[f.name]) for f in fields(cls)} | overrides)


ROLES = st.sampled_from(["plate", "learn"])
SPECS: dict[Any, st.SearchStrategy[Any]] = {
    job_spec.IngestSpec: records(job_spec.IngestSpec, role=ROLES),
    **{
        cls: records(cls)
        for cls in (
            job_spec.ExtractSpec,
            job_spec.TrainSpec,
            job_spec.ConvertSpec,
            job_spec.DeliverSpec,
            job_spec.EvaluateSpec,
            job_spec.PropagateSpec,
            job_spec.MatteNetSpec,
            job_spec.ImportMatteSpec,
            job_spec.ParseMatteSpec,
            job_spec.ExportSpec,
            job_spec.MeasureSpec,
        )
    },
}
ANY_SPEC = st.one_of(*SPECS.values())


@st.composite
def jobs(draw: st.DrawFn) -> Any:
    spec = draw(ANY_SPEC)
    table = {k: list(v) if isinstance(v, tuple) else v for k, v in job_spec.spec_to_table(spec).items()}
    return draw(records(job.Job, kind=st.just(spec.kind), spec=st.just(table)))


@st.composite
def tracks(draw: st.DrawFn) -> Any:
    frames = draw(RANGES)
    return draw(records(summary.TrackSummary, first=st.just(frames.first), last=st.just(frames.last)))


Pair = tuple[st.SearchStrategy[Any], Callable[[Any], Any], Callable[[Any], Any]]
PAIRS: dict[str, Pair] = {
    "table": (TABLES, table_wire.table_to_wire, table_wire.table_from_wire),
    "rate": (RATES, time_wire.rate_to_wire, time_wire.rate_from_wire),
    "frame_range": (RANGES, time_wire.frame_range_to_wire, time_wire.frame_range_from_wire),
    "production": (
        records(summary.ProductionInfo),
        production_wire.production_to_wire,
        production_wire.production_from_wire,
    ),
    "person": (records(people.Person), people_wire.person_to_wire, people_wire.person_from_wire),
    "purge_report": (
        records(summary.PurgeReport),
        people_wire.purge_report_to_wire,
        people_wire.purge_report_from_wire,
    ),
    "use": (of_type(people.Use), consent_wire.use_to_wire, consent_wire.use_from_wire),
    "basis": (of_type(people.Basis), consent_wire.basis_to_wire, consent_wire.basis_from_wire),
    "consent": (records(people.Consent), consent_wire.consent_to_wire, consent_wire.consent_from_wire),
    "need": (records(people.Need), consent_wire.need_to_wire, consent_wire.need_from_wire),
    "decision": (records(summary.Decision), consent_wire.decision_to_wire, consent_wire.decision_from_wire),
    "role": (ROLES, shot_wire.role_to_wire, shot_wire.role_from_wire),
    "colour_tags": (
        records(frame.ColourTags),
        shot_wire.colour_tags_to_wire,
        shot_wire.colour_tags_from_wire,
    ),
    "scope": (st.sampled_from(access.Scope), access_wire.scope_to_wire, access_wire.scope_from_wire),
    "access_token": (
        records(access.AccessToken),
        access_wire.access_token_to_wire,
        access_wire.access_token_from_wire,
    ),
    "new_token": (records(access.NewToken), access_wire.new_token_to_wire, access_wire.new_token_from_wire),
    "caller": (records(access.Caller), access_wire.caller_to_wire, access_wire.caller_from_wire),
    "audio_info": (records(shot.AudioInfo), shot_wire.audio_info_to_wire, shot_wire.audio_info_from_wire),
    "pixel_window": (
        records(frame.Rect),
        shot_wire.pixel_window_to_wire,
        shot_wire.pixel_window_from_wire,
    ),
    "plate": (records(shot.Plate), shot_wire.plate_to_wire, shot_wire.plate_from_wire),
    "shot": (records(shot.Shot, role=ROLES), shot_wire.shot_to_wire, shot_wire.shot_from_wire),
    "track_summary": (tracks(), shot_wire.track_summary_to_wire, shot_wire.track_summary_from_wire),
    "ingest_spec": (
        SPECS[job_spec.IngestSpec],
        spec_wire.ingest_spec_to_wire,
        spec_wire.ingest_spec_from_wire,
    ),
    "job_spec": (ANY_SPEC, spec_wire.job_spec_to_wire, spec_wire.job_spec_from_wire),
    "job_state": (of_type(job.JobState), job_wire.job_state_to_wire, job_wire.job_state_from_wire),
    "event_kind": (of_type(job.EventKind), job_wire.event_kind_to_wire, job_wire.event_kind_from_wire),
    "job": (jobs(), job_wire.job_to_wire, job_wire.job_from_wire),
    "event": (records(job.Event), job_wire.event_to_wire, job_wire.event_from_wire),
    "model": (records(artefact.Model), model_wire.model_to_wire, model_wire.model_from_wire),
    "take": (records(artefact.Take), take_wire.take_to_wire, take_wire.take_from_wire),
    "delivery": (records(artefact.Delivery), take_wire.delivery_to_wire, take_wire.delivery_from_wire),
    "shot_mattes": (
        records(summary.ShotMattes),
        matte_wire.shot_mattes_to_wire,
        matte_wire.shot_mattes_from_wire,
    ),
    "take_measures": (
        records(summary.TakeMeasures),
        matte_wire.take_measures_to_wire,
        matte_wire.take_measures_from_wire,
    ),
    "preview_request": (
        records(preview.PreviewRequest, settings=TABLES, tried=TRIED, max_width_px=st.integers(0, 2**31 - 1)),
        preview_wire.preview_request_to_wire,
        preview_wire.preview_request_from_wire,
    ),
    "preview_picture": (
        records(preview.PreviewPicture),
        preview_wire.preview_picture_to_wire,
        preview_wire.preview_picture_from_wire,
    ),
    "frame_picture": (
        records(pictures.FramePicture),
        pictures_wire.frame_picture_to_wire,
        pictures_wire.frame_picture_from_wire,
    ),
    "pixels": (
        records(
            pictures.Pixels,
            **dict.fromkeys(("x", "y", "width", "height", "channels", "bit_depth"), SMALL_INTS),
        ),
        pictures_wire.pixels_to_wire,
        pictures_wire.pixels_from_wire,
    ),
    "strip": (
        records(pictures.Strip, width_px=SMALL_INTS),
        pictures_wire.strip_to_wire,
        pictures_wire.strip_from_wire,
    ),
    "encoding": (
        of_type(pictures.Encoding),
        pictures_wire.encoding_to_wire,
        pictures_wire.encoding_from_wire,
    ),
    "layer": (of_type(summary.Layer), preview_wire.layer_to_wire, preview_wire.layer_from_wire),
    "custody_entry": (
        records(summary.CustodyEntry),
        custody_wire.custody_entry_to_wire,
        custody_wire.custody_entry_from_wire,
    ),
    "setting": (
        records(job_views.Setting),
        view_wire.setting_to_wire,
        view_wire.setting_from_wire,
    ),
    "setting_list": (
        records(job_views.SettingList),
        view_wire.setting_list_to_wire,
        view_wire.setting_list_from_wire,
    ),
    "take_frames": (
        records(take_frames.TakeFrames),
        take_wire.take_frames_to_wire,
        take_wire.take_frames_from_wire,
    ),
    "custody_state": (
        records(summary.CustodyState),
        custody_wire.custody_state_to_wire,
        custody_wire.custody_state_from_wire,
    ),
    **{
        name: (
            records(cls),
            getattr(media_wire, f"{name}_to_wire"),
            getattr(media_wire, f"{name}_from_wire"),
        )
        for name, cls in {
            "missing_plate": media.MissingPlate,
            "search_step": media.SearchStep,
            "relink_report": media.RelinkReport,
            "file_chunks": chunks.FileChunks,
            "clip_manifest": chunks.ClipManifest,
            "pulled_work": media.PulledWork,
        }.items()
    },
}


def named(strategy: st.SearchStrategy[Any], cls: type[Any], message: type[Message]) -> Pair:
    """The pair that goes by the names of the fields."""
    return strategy, lambda record: fill_message(message(), record), lambda sent: read_message(cls, sent)


NAMED: dict[str, Pair] = {
    **{
        cls.__name__: named(strategy, cls, getattr(jobs_pb2, cls.__name__))
        for cls, strategy in SPECS.items()
        if cls is not job_spec.IngestSpec  # its role is an enum on the wire alone
    },
    **{
        cls.__name__: named(records(cls), cls, getattr(mattes_pb2, cls.__name__))
        for cls in (artefact.MatteLayer, summary.MatteLayerSummary, summary.FrameMeasure)
    },
}


@pytest.mark.parametrize("name", [*PAIRS, *NAMED])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    strategy, to_wire, from_wire = {**PAIRS, **NAMED}[name]
    record = data.draw(strategy)
    message = to_wire(record)
    if isinstance(message, Message):
        message = type(message).FromString(message.SerializeToString())
    assert from_wire(message) == record


def test_every_converter_has_a_pair_here() -> None:
    found = set()
    for module in pkgutil.iter_modules(wire.__path__):
        names = vars(importlib.import_module(f"understudy.wire.{module.name}"))
        found |= {name.removesuffix("_to_wire") for name in names if name.endswith("_to_wire")}
    tested_apart = {"edit_action", "edit_entry", "edit_list", "edits_added", "solved_frames", "curves"}
    tested_apart |= {"timeline", "coverage_report", "face_name", "face_pictures", "person_faces"}
    assert found - {"enum", "_value"} == set(PAIRS) | tested_apart


@pytest.mark.parametrize(
    ("wire_enum", "cls"),
    [
        (consent_pb2.Use, people.Use),
        (consent_pb2.Basis, people.Basis),
        (jobs_pb2.JobState, job.JobState),
        (jobs_pb2.EventKind, job.EventKind),
        (preview_pb2.Layer, summary.Layer),
        (takes_pb2.TakeFrameState, take_frames.TakeFrameState),
        (preview_pb2.Encoding, pictures.Encoding),
        (media_pb2.MediaState, media.MediaState),
        (media_pb2.Certainty, media.Certainty),
        (access_pb2.Scope, access.Scope),
    ],
)
def test_enums_have_the_same_members_on_both_sides(wire_enum: EnumTypeWrapper, cls: type[StrEnum]) -> None:
    prefix = wire_enum.Name(0).removesuffix("UNSPECIFIED")
    members = {name.removeprefix(prefix) for name in wire_enum.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
    assert members == set(cls.__members__)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: consent_wire.use_from_wire(0),
        lambda: job_wire.job_state_from_wire(99),
        lambda: shot_wire.role_from_wire(shots_pb2.SHOT_ROLE_UNSPECIFIED),
        lambda: shot_wire.role_to_wire("hero"),
        lambda: time_wire.rate_from_wire(time_pb2.Rate(numerator=24)),
        lambda: spec_wire.job_spec_from_wire(jobs_pb2.JobSpec()),
        lambda: consent_wire.consent_from_wire(
            consent_pb2.Consent(
                basis=consent_pb2.BASIS_ESTATE, valid_from="2026-13-01", valid_to="2027-01-01"
            )
        ),
    ],
)
def test_nonsense_is_refused(refused: Callable[[], object]) -> None:
    with pytest.raises(BadRecord):
        refused()


@pytest.mark.parametrize("value", [2**53 + 1, Path("/plates"), b"bytes"])
def test_a_table_refuses_what_it_cannot_carry(value: object) -> None:
    with pytest.raises(BadSettings, match="learning"):
        table_wire.table_to_wire({"learning": value})


def test_settings_keep_their_types_on_the_way() -> None:
    table = {"size_px": 96, "family": "quick", "warp": 2.0, "learning_rate": 1e-4, "batch": 4}
    arrived = table_wire.table_from_wire(table_wire.table_to_wire(table))
    assert type(arrived["size_px"]) is int
    assert settings_from(TrainConfig, arrived, where="train") == settings_from(
        TrainConfig, table, where="train"
    )


def test_generated_code_fits_the_protos() -> None:
    """Also lints the protos, and compares them with those that older clients know."""
    root = Path(__file__).parent.parent
    check = subprocess.run(
        ["scripts/generate_protos.sh", "--check"],
        cwd=root,
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
