"""What jobs told, their logs while they are written, and the settings each kind of job has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_show import Show
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.config import PRESETS, ConvertConfig, CurateConfig, TrainConfig, settings_from
from understudy.declared import Declaration, declarations
from understudy.domain import errors
from understudy.domain.edit import ADJUSTABLE
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, EventKind, Job, JobState
from understudy.domain.job_spec import ExtractSpec
from understudy.domain.job_views import MAX_LOG_BYTES, LogPart
from understudy.jobs.job_log import LOG_NAME, read_log
from understudy.jobs.setting_list import CONFIGS, list_settings


@pytest.fixture
def client(show: Show) -> Iterator[Client]:
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        yield client


def job_of(show: Show) -> Job:
    return show.production.create_job(ExtractSpec(shot_id="shot-1"), new_id())[0]


def log_of(show: Show, job: Job) -> Path:
    path = show.production.folder / "jobs" / job.id / LOG_NAME
    path.parent.mkdir(exist_ok=True)
    return path


# Events


def test_events_are_listed_from_a_number_on_and_by_kind(show: Show, client: Client) -> None:
    job = job_of(show)
    told = [
        Event(kind=EventKind.LOSSES, done=n, values={"ssim": n / 7}) if n % 2 else Event(kind=EventKind.NOTE)
        for n in range(20)
    ]
    show.production.append_events(job.id, told)
    every = client.events(job.id)
    assert [event.sequence for event in every] == list(range(1, 22)) and every[0].message == "queued"
    losses = client.events(job.id, kinds=[EventKind.LOSSES])
    assert [event.done for event in losses] == list(range(1, 20, 2)) and losses[3].values == {"ssim": 1.0}
    two = client.events(job.id, 4, {EventKind.LOSSES, EventKind.STATE}, limit=2)
    assert [event.sequence for event in two] == [5, 7]
    assert client.events(job.id, after_sequence=21) == []
    assert client.events(job.id[:-2]) == every  # by a beginning of the id


def test_more_events_than_one_message_holds_come_one_after_the_other(show: Show, client: Client) -> None:
    job = job_of(show)
    long = "a long line " * 4000
    show.production.append_events(job.id, [Event(kind=EventKind.NOTE, message=long)] * 100)
    found = client.events(job.id, kinds=[EventKind.NOTE])
    assert [event.sequence for event in found] == list(range(2, 102)) and found[-1].message == long
    assert len(client.events(job.id, limit=7)) == 7
    show.production.append_events(job.id, [Event(kind=EventKind.LOSSES, done=n) for n in range(5500)])
    assert [event.done for event in client.events(job.id, 101, limit=6000)] == list(range(5500))
    with pytest.raises(errors.NotFound, match="nothing"):
        client.events("nothing")


# Logs


def test_a_log_is_read_on_while_it_is_written(show: Show, client: Client) -> None:
    job = job_of(show)
    with pytest.raises(errors.NotFound, match="no log"):
        client.log(job.id)
    log = log_of(show, job)
    log.write_bytes(b"one\ntwo\nthr")
    assert client.log(job.id) == LogPart(text="one\ntwo\n", offset=0, next_offset=8)
    assert client.log(job.id, 8) == LogPart(text="", offset=8, next_offset=8)
    with log.open("ab") as more:
        more.write("ee\nfür Ann\n".encode())
    assert client.log(job.id, 8) == LogPart(text="three\nfür Ann\n", offset=8, next_offset=23)
    assert client.log(job.id, -12) == LogPart(text="für Ann\n", offset=14, next_offset=23)
    assert client.log(job.id, 0, 9) == LogPart(text="one\ntwo\n", offset=0, next_offset=8)
    assert client.log(job.id, 1000) == LogPart(text="", offset=23, next_offset=23)
    with pytest.raises(errors.BadInput, match="2000000"):
        client.log(job.id, 0, 2_000_000)


def test_the_last_words_of_a_job_that_ended_are_told_without_a_line_end(show: Show, client: Client) -> None:
    job = job_of(show)
    log_of(show, job).write_bytes(b"begun\nkilled")
    assert client.log(job.id).text == "begun\n"
    show.production.move_job(job.id, JobState.CANCELLED)
    assert client.log(job.id).text == "begun\nkilled"
    assert client.log(job.id, -3) == LogPart(text="", offset=12, next_offset=12)


def test_a_line_that_is_too_long_ends_nobodys_reading(tmp_path: Path) -> None:
    log = tmp_path / LOG_NAME
    log.write_bytes(b"short\n" + b"x" * 100 + b"\nend\n")
    told, offset = [], 0
    for _ in range(20):
        part = read_log(log, offset=offset, limit=30, ended=False)
        told.append(part.text)
        offset = part.next_offset
    assert offset == 111 and "".join(told) == "short\n" + "x" * 30 + "end\n"
    log.write_bytes(b"\xff\xfe\n" * 10)
    assert read_log(log, offset=0, limit=MAX_LOG_BYTES, ended=True).text.count("\n") == 10


@given(st.lists(st.text("ab é\n", max_size=9), max_size=9), st.integers(9, 40), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_log_make_the_whole(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], limit: int, ended: bool
) -> None:
    log = tmp_path_factory.getbasetemp() / LOG_NAME
    text = "".join(line.replace("\n", "") + "\n" for line in lines)
    log.write_text(text)
    told, offset = "", 0
    for _ in range(len(text) + 1):
        part = read_log(log, offset=offset, limit=max(limit, 20), ended=ended)
        assert part.offset == offset and part.text.endswith("\n" if part.text and not ended else "")
        told, offset = told + part.text, part.next_offset
    assert told == text


# Settings


@pytest.mark.parametrize("kind", CONFIGS)
def test_every_setting_says_what_it_is(client: Client, kind: str) -> None:
    listed = client.settings(kind)
    record = CONFIGS[kind]()
    assert [setting.name for setting in listed.settings] == [field.name for field in fields(record)]
    for setting in listed.settings:
        assert setting.help.endswith(".") and len(setting.help) < 100
        default = getattr(record, setting.name)
        assert setting.default == (list(default) if isinstance(default, tuple) else default)
        assert (
            setting.type
            == {float: "number", int: "integer", bool: "switch", str: "word", tuple: "list"}[type(default)]
        )
        if setting.choices:
            assert set(default if isinstance(default, tuple) else [default]) <= set(setting.choices)
        assert setting.adjustable == (kind == "convert" and setting.name in ADJUSTABLE)


def test_limits_and_choices_are_those_that_are_checked(client: Client) -> None:
    convert = {setting.name: setting for setting in client.settings("convert").settings}
    assert (convert["erode_px"].least, convert["erode_px"].most) == (-256, 256)
    assert convert["blend"].choices == ("pyramid", "alpha") and convert["blend"].least is None
    assert set(convert) >= ADJUSTABLE
    deliver = {setting.name: setting for setting in client.settings("deliver").settings}
    assert deliver["movies"].choices == (
            "h264", "h265", "prores422hq", "prores4444", "dnxhr_hqx", "dnxhr_444",
        )  # fmt: skip
    rate = next(s for s in client.settings("train").settings if s.name == "learning_rate")
    assert (rate.type, rate.least, rate.most) == ("number", 0, 1)


@pytest.mark.parametrize("kind", CONFIGS)
def test_no_number_beyond_its_limits_is_taken(kind: str) -> None:
    for name, declared in declarations(CONFIGS[kind]).items():
        beyond = [
            *([declared.least - 1] if declared.least is not None else []),
            *([declared.most + 1] if declared.most is not None else []),
            *([declared.above] if declared.above is not None else []),
            *([declared.below] if declared.below is not None else []),
        ]
        for value in beyond:
            with pytest.raises(errors.BadSettings, match=rf"{kind}\.{name} must be "):
                replace(CONFIGS[kind](), **{name: value})


def test_presets_are_named_and_give_their_values(client: Client) -> None:
    plain = client.settings("train")
    assert plain.presets == tuple(PRESETS)
    quick = {setting.name: setting.default for setting in client.settings("train", "quick").settings}
    assert settings_from(TrainConfig, quick, where="train") == settings_from(
        TrainConfig, PRESETS["quick"], where="train"
    )
    assert quick != {setting.name: setting.default for setting in plain.settings}
    assert client.settings("convert").presets == ()


def test_kinds_without_settings_and_unknown_ones(client: Client) -> None:
    assert client.settings("ingest") == client.settings("measure") == list_settings("export")
    assert client.settings("ingest").settings == ()
    for kind, preset, says in (
        ("cook", "", "cook"),
        ("train", "slow", "slow"),
        ("convert", "quick", "quick"),
    ):
        with pytest.raises(errors.BadSettings, match=says):
            client.settings(kind, preset)
    with pytest.raises(errors.BadInput, match="which kind"):
        client.settings("")


@pytest.mark.parametrize(
    ("declaration", "words", "good", "bad"),
    [
        (Declaration(least=1), "at least 1", 1, 0.5),
        (Declaration(least=0), "0 or more", 0, -1),
        (Declaration(above=0), "above 0", 0.1, 0),
        (Declaration(above=0, below=1), "between 0 and 1", 0.5, 1),
        (Declaration(above=0, most=1), "above 0 and at most 1", 1, 0),
        (Declaration(least=-2, most=2.5), "-2..2.5", 2.5, 2.6),
        (Declaration(least=32, most=512, multiple=16), "32..512, a multiple of 16", 96, 100),
        (Declaration(least=0, most=1), "0..1", 1, float("nan")),
    ],
)
def test_limits_in_words(declaration: Declaration, words: str, good: float, bad: float) -> None:
    assert declaration.limits == words
    assert declaration.allows(good) and not declaration.allows(bad)


def test_a_setting_of_the_wrong_size_is_named() -> None:
    wrong: list[tuple[type[Any], str, dict[str, object], str]] = [
        (ConvertConfig, "convert", {"grain": 1.5}, r"convert\.grain must be 0\.\.1"),
        (TrainConfig, "train", {"weight_l1": -1.0}, r"train\.weight_l1 must be 0 or more"),
        (CurateConfig, "curate", {"max_crops": 0}, r"curate\.max_crops must be at least 1"),
        (TrainConfig, "train", {"size_px": 96}, "the original family needs"),
    ]
    for cls, where, table, says in wrong:
        with pytest.raises(errors.BadSettings, match=says):
            settings_from(cls, table, where=where)
