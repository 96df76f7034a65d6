"""Path maps: prefixes of other systems lead here and back, and nothing else is touched."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from understudy.app import path_map as path_map_of
from understudy.app import read_environment
from understudy.cli.path_maps import path_map_option
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings
from understudy.domain.job import JobKind
from understudy.domain.job_spec import DeliverSpec, EvaluateSpec, IngestSpec, TrainSpec
from understudy.domain.path_map import PathMap, Rule, is_foreign, rule_of, rules_of
from understudy.jobs.bundle import Bundle, InputFile
from understudy.jobs.path_maps import PATH_FIELDS, bundle_here, spec_here
from understudy.work import WORKS, IngestWork

HOUSE = PathMap(
    (
        Rule("P:\\show", "/mnt/show"),
        Rule("P:\\show\\scans", "/mnt/scans"),
        Rule("\\\\filer\\show", "/mnt/show"),
        Rule("/Volumes/show", "/mnt/show"),
    )
)

NAMES = st.text("abAZ09 ._-ä#%$", min_size=1, max_size=6).filter(lambda name: name.strip(" .") != "")
PARTS = st.lists(NAMES, max_size=4).map(tuple)
ROOTS = ("P:", "Q:", "\\\\filer\\show", "\\\\filer\\plates", "/")


@st.composite
def places(draw: st.DrawFn, *, least: int = 0) -> str:
    root = draw(st.sampled_from(ROOTS))
    parts = draw(st.lists(NAMES, min_size=least, max_size=3))
    if root == "/":
        return "/" + "/".join(parts)
    return "\\".join([root, *parts]) + ("\\" if not parts and root.endswith(":") else "")


MAPS = st.lists(st.builds(Rule, places(least=1), places(least=1)), max_size=4).map(
    lambda r: PathMap(tuple(r))
)


def below(place: str, parts: tuple[str, ...]) -> str:
    return (
        (place.rstrip("/") + "".join(f"/{part}" for part in parts))
        if place.startswith("/")
        else ("\\".join([place.rstrip("\\"), *parts]))
    )


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("P:\\show\\sh010\\a.mov", "/mnt/show/sh010/a.mov"),
        ("p:/SHOW/sh010/A.mov", "/mnt/show/sh010/A.mov"),
        ("P:\\show", "/mnt/show"),
        ("P:\\show\\", "/mnt/show"),
        ("P:\\Show\\Scans\\a.####.exr", "/mnt/scans/a.####.exr"),  # the longest prefix
        ("\\\\FILER\\Show\\a.mov", "/mnt/show/a.mov"),
        ("//filer/show/a.mov", "/mnt/show/a.mov"),
        ("\\\\?\\UNC\\filer\\show\\a.mov", "/mnt/show/a.mov"),
        ("\\\\?\\P:\\show\\a.mov", "/mnt/show/a.mov"),
        ("/Volumes/show/./x/../a.mov", "/mnt/show/a.mov"),
        ("P:\\show\\..\\..\\..\\show\\a.mov", "/mnt/show/a.mov"),
    ],
)
def test_known_prefixes_lead_here(path: str, here: str) -> None:
    assert HOUSE.here(path) == here


@pytest.mark.parametrize(
    "path",
    [
        "", "a.mov", "show\\a.mov", "P:show\\a.mov", "P:\\shows\\a.mov", "Q:\\show\\a.mov", "/mnt/show/a.mov",
        "/volumes/show/a.mov", "/Volumes/shows/a.mov", "\\\\filer\\other\\a.mov", "\\\\filer", "\\\\?\\x",
        "P:\\show\\..\\secret\\a.mov", "/Volumes/show/../../etc/passwd", "P:\\show\\..",
    ],
)  # fmt: skip
def test_others_are_left_alone(path: str) -> None:
    assert HOUSE.here(path) == path


@given(places(least=1), places(least=1), PARTS)
def test_a_rule_and_its_inverse_are_the_identity(source: str, target: str, rest: tuple[str, ...]) -> None:
    rules = PathMap((Rule(source, target),))
    assert rules.here(below(source, rest)) == below(target, rest)
    assert rules.there(below(target, rest)) == below(source, rest)


@given(MAPS, PARTS)
def test_the_inverse_of_many_rules_leads_back_to_the_same_file(rules: PathMap, rest: tuple[str, ...]) -> None:
    for rule in rules.rules:
        here = rules.here(below(rule.source, rest))
        assert rules.here(rules.there(here)) == here


@given(MAPS, places(), PARTS)
def test_what_no_rule_covers_stays_to_the_letter(rules: PathMap, place: str, rest: tuple[str, ...]) -> None:
    path = below(place, rest) + "/./"
    sources = [Rule(rule.source, "/x").places()[0] for rule in rules.rules]
    whole = Rule(path, "/x").places()[0]
    if all(whole.below(source) is None for source in sources):
        assert rules.here(path) == path


@given(places(least=1), places(least=1), st.lists(NAMES | st.just(".."), max_size=6))
def test_none_climbs_out(source: str, target: str, rest: list[str]) -> None:
    path = below(source, tuple(rest))
    here = PathMap((Rule(source, target),)).here(path)
    if here != path:
        assert ".." not in here.replace("\\", "/").split("/")
        assert Rule(here, "/x").places()[0].below(Rule(target, "/x").places()[0]) is not None


@pytest.mark.parametrize("name", ["a\\..\\..\\b", "a:b", ".. ", "...", "a\nb"])
def test_names_that_windows_would_read_otherwise_stay(name: str) -> None:
    path = f"/mnt/show/{name}"
    assert PathMap((Rule("/mnt/show", "P:\\show"),)).here(path) == path
    assert HOUSE.there(path) == path or HOUSE.there(path).startswith("/Volumes/show/")


def test_what_is_absolute_elsewhere() -> None:
    assert is_foreign("P:\\a", windows=False) and is_foreign("\\\\f\\s\\a", windows=False)
    assert is_foreign("/a", windows=True)
    assert not any(is_foreign(path, windows=False) for path in ("/a", "a", "P:a", "a\\b", ""))


@pytest.mark.parametrize("text", ["", "P:\\show", "show=/mnt/show", "/a=b", "=/a", "/a=", "\\\\filer=/a"])
def test_rules_that_are_none(text: str) -> None:
    with pytest.raises(BadSettings):
        rule_of(text)


PLACE = {"windows": ["P:\\show", "\\\\filer\\show"], "macos": "/Volumes/show", "linux": "/mnt/show"}


def test_one_file_for_every_system_of_the_house() -> None:
    linux, macos, windows = (
        PathMap(rules_of({"place": [PLACE]}, system=system)) for system in ("linux", "macos", "windows")
    )
    assert linux.here("\\\\filer\\show\\a") == macos.there("/Volumes/show/a").replace(
        "P:\\show\\", "/mnt/show/"
    )
    assert linux.here("/Volumes/show/a") == "/mnt/show/a" and macos.here("/mnt/show/a") == "/Volumes/show/a"
    assert windows.here("/mnt/show/a") == windows.here("\\\\FILER\\show\\a") == "P:\\show\\a"
    assert rules_of({"place": [{"windows": "P:\\x", "macos": "/Volumes/x"}]}, system="linux") == ()


@pytest.mark.parametrize(
    "table",
    [{"maps": {}}, {"map": []}, {"map": {"/a": 3}}, {"map": {"a": "/b"}}, {"place": {}}, {"place": ["/a"]},
     {"place": [{"beos": "/a"}]}, {"place": [{"linux": [["/a"]]}]}],
)  # fmt: skip
def test_files_that_are_none(table: dict[str, object]) -> None:
    with pytest.raises(BadSettings):
        rules_of(table, system="linux")


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_the_environment_names_a_file_and_the_command_line_goes_before_it(
    tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"paths{suffix}"
    file.write_text(
        '[map]\n"/Volumes/a" = "/mnt/a"\n"/Volumes/b" = "/mnt/b"\n'
        if suffix == ".toml"
        else json.dumps({"map": {"/Volumes/a": "/mnt/a", "/Volumes/b": "/mnt/b"}})
    )
    environment = read_environment({"UNDERSTUDY_PATH_MAP": str(file)})
    found = path_map_of(environment, ["/Volumes/a=/data/a"])
    assert (found.here("/Volumes/a/x"), found.here("/Volumes/b/x")) == ("/data/a/x", "/mnt/b/x")
    assert path_map_of(read_environment({})).rules == ()
    file.write_bytes(b"\xff[")
    with pytest.raises(BadSettings, match="no path map"):
        path_map_of(environment)
    file.unlink()
    with pytest.raises(BadSettings, match="cannot read"):
        path_map_of(environment)


def test_the_option_reaches_the_verb_and_paths_of_requests(tmp_path: Path) -> None:
    @click.command()
    @click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
    @path_map_option
    @session
    def verb(session: Session, paths: tuple[Path, ...]) -> None:
        for path in paths:
            click.echo(session.path_for_server(path))

    begun = Session(environment=read_environment({}), production=None, as_json=False)
    here = tmp_path.resolve()
    arguments = [
        "--path-map",
        f"{here}=/mnt/x",
        "--path-map",
        "P:\\s=/mnt/s",
        f"{tmp_path}/a/../b",
        "p:\\S\\c",
        "Q:\\d",
    ]
    answered = CliRunner().invoke(verb, arguments, obj=begun)
    assert answered.output.split() == ["/mnt/x/b", "/mnt/s/c", "Q:\\d"], answered.output


# What jobs make of it


def test_requests_come_in_with_this_machines_paths() -> None:
    spec = IngestSpec(path="P:\\show\\a.####.exr", name="P:\\show", person_id="p")
    assert spec_here(spec, HOUSE) == replace(spec, path="/mnt/show/a.####.exr")
    deliver = DeliverSpec(take_id="t", folder="/Volumes/show/out")
    assert spec_here(deliver, HOUSE) == replace(deliver, folder="/mnt/show/out")
    truth = EvaluateSpec(take_id="t", truth={"matte": "P:\\show\\m.mov"})
    assert spec_here(truth, HOUSE).truth == {"matte": "/mnt/show/m.mov"}  # type: ignore[union-attr]
    train = TrainSpec(name="/Volumes/show", people=("a", "b"), shot_ids=())
    assert spec_here(train, HOUSE) == train


def test_a_bundle_of_another_machine() -> None:
    made = Bundle(
        job_id="j",
        kind=JobKind.CONVERT,
        production_id="/Volumes/show",
        needs=(),
        inputs=(InputFile(path="/Volumes/show/a.mov", sha256="0"),),
        work={
            "take_id": "/Volumes/show/t",
            "shot": {"plate": {"path": "/Volumes/show/a.mov"}, "layers": {"/Volumes/show": "P:\\show\\l"}},
            "bindings": [{"track": 1, "checkpoint": "\\\\filer\\show\\m"}],
            "config": {"start_from": "starter"},
            "folder": "/elsewhere",
        },
    )
    here = bundle_here(made, HOUSE)
    assert here.inputs == (InputFile(path="/mnt/show/a.mov", sha256="0"),)
    assert here.work == {
        "take_id": "/Volumes/show/t",
        "shot": {"plate": {"path": "/mnt/show/a.mov"}, "layers": {"/Volumes/show": "/mnt/show/l"}},
        "bindings": [{"track": 1, "checkpoint": "/mnt/show/m"}],
        "config": {"start_from": "starter"},
        "folder": "/elsewhere",
    }
    assert here.production_id == "/Volumes/show" and bundle_here(made, PathMap()) is made


NO_PATHS = frozenset(
    {
        "sha256", "codec", "pixel_format", "start_timecode", "reel", "primaries", "transfer", "matrix",
        "space", "colour_space", "shot_id", "shot_name", "person_id", "people", "name", "model_id",
        "model_ids", "take_id", "title", "faces_sha256", "landmarks_sha256", "solved_sha256",
        "checkpoint_sha256", "path_sha256",
        "source", "channel", "what", "format", "dropped",
    }
)  # fmt: skip


def texts_of(record: Any) -> set[str]:
    """Names of all fields with text in a record and the records within; settings have their own rules."""
    found: set[str] = set()
    for name, hint in get_type_hints(record).items():
        if name not in {field.name for field in fields(record)}:
            continue
        inner = [hint, *get_args(hint), *(deep for part in get_args(hint) for deep in get_args(part))]
        if str in inner:
            found.add(name)
        for part in inner:
            if is_dataclass(part) and not part.__module__.endswith(".config"):
                found |= texts_of(part)
    return found


@pytest.mark.parametrize("kind", list(JobKind))
def test_every_text_of_a_work_is_known_to_be_a_path_or_none(kind: JobKind) -> None:
    """A new field of a work record must be listed: else a path in it would not be mapped on a farm."""
    assert texts_of(WORKS[kind]) - PATH_FIELDS <= NO_PATHS
    assert not NO_PATHS & PATH_FIELDS and texts_of(IngestWork) >= {"path"}
