"""A recipe: the one-command road from footage to a finished shot, as a TOML file.

    [production]
    folder = "show"                 # made when it is not there; relative to the recipe
    name = "My show"

    [people.rowan]                  # the performer seen in the plate
    consent = { basis = "release", uses = ["train", "replace"], description = "...", document = "rowan.pdf" }
    clips = [{ path = "rowan.mov", in = 0, out = 191 }]

    [people.mira]                   # the donor
    consent = { basis = "release", uses = ["train", "likeness"], description = "...", document = "mira.pdf" }
    clips = [{ path = "mira.mov" }]

    [shot]                          # or several: [[shot]]; one model serves them all
    path = "plate.mov"
    performer = "rowan"
    donor = "mira"
    first_frame = 1001              # optional, as are: name, in, out, frames
    evaluate = {}                   # optional: measure the take; truth: replacement, matte, record (paths)

    [train]
    preset = "quick"                # and any setting of TrainConfig, such as minutes = 20
    [convert]                       # any setting of ConvertConfig
    [deliver]                       # any setting of DeliverConfig, and: to = "folder"

`parse_recipe` refuses what it does not know before anything starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from understudy.config import (
    PRESETS,
    ConvertConfig,
    CurateConfig,
    DeliverConfig,
    ExtractConfig,
    TrainConfig,
    settings_from,
)
from understudy.domain.errors import BadInput, BadSettings
from understudy.domain.outside_text import toml_table
from understudy.domain.people import Basis, Use
from understudy.domain.time import parse_frames
from understudy.media.sequence_files import clip_files, is_sequence_name

Table = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """Footage with its in and out points: zero-based indices, both included."""

    path: Path
    in_index: int | None = None
    out_index: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What a person of the recipe agreed to. `document` is the signed paper; `source` says where licensed
    footage comes from (evaluation licence only; it covers the person's clips and the shot)."""

    basis: Basis
    uses: frozenset[Use]
    description: str
    valid_from: date | None = None  # today
    valid_to: date | None = None  # in a year
    document: Path | None = None
    reference: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One person of the recipe."""

    name: str
    consent: Agreement
    clips: tuple[Clip, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedShot:
    """A plate to convert. `truth`: None when the take is not to be measured, empty without truth."""

    clip: Clip
    name: str
    first_frame: int | None
    performer: str
    donor: str
    frames: str = ""
    truth: dict[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A whole job, checked. Paths are absolute. `people` are in the order in which the shots name them."""

    folder: Path
    name: str
    people: tuple[Party, ...]
    shots: tuple[PlannedShot, ...]
    preset: str = "original"
    extract: Table = field(default_factory=dict)
    curate: Table = field(default_factory=dict)
    train: Table = field(default_factory=dict)
    convert: Table = field(default_factory=dict)
    deliver: Table = field(default_factory=dict)
    deliver_to: str = ""

    def party(self, name: str) -> Party:
        return next(party for party in self.people if party.name == name)


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe file. Raises: BadInput when it is not there, BadSettings when it is wrong."""
    try:
        return parse_recipe(toml_table(path.read_text()), path.parent.resolve())
    except OSError as cause:
        raise BadInput(f"cannot read the recipe {path}: {cause.strerror}") from cause
    except ValueError as cause:
        raise BadSettings(f"the recipe {path} is not TOML: {cause}") from cause


def parse_recipe(table: Table, home: Path) -> Recipe:
    """Check a recipe's table; relative paths start at `home`. Raises: BadSettings, BadInput."""
    sections = {"production", "people", "shot", "extract", "curate", "train", "convert", "deliver"}
    _known(table, sections, "")
    production = _section(table, "production", {"folder", "name"}, needed={"folder"})
    shots = _shots(table, home)
    parties = {name: _party(name, entry, home) for name, entry in _section(table, "people", None).items()}
    for shot in shots:
        for role, name in (("performer", shot.performer), ("donor", shot.donor)):
            if name not in parties:
                raise BadSettings(f"shot.{role} is {name!r}, who is not among the people of the recipe")
    named = dict.fromkeys(name for shot in shots for name in (shot.performer, shot.donor))
    train, deliver = dict(_section(table, "train", None)), dict(_section(table, "deliver", None))
    recipe = Recipe(
        folder=home / str(production["folder"]),
        name=str(production.get("name", production["folder"])),
        people=tuple(parties[name] for name in named),
        shots=shots,
        preset=str(train.pop("preset", "original")),
        extract=_section(table, "extract", None),
        curate=_section(table, "curate", None),
        train=train,
        convert=_section(table, "convert", None),
        deliver_to=str(home / str(deliver.pop("to"))) if "to" in deliver else "",
        deliver=deliver,
    )
    _check_settings(recipe)
    return recipe


def _shots(table: Table, home: Path) -> tuple[PlannedShot, ...]:
    given = table.get("shot", [])
    entries = given if isinstance(given, list) else [given]
    shots = tuple(_shot(_typed(entry, dict, "shot"), home) for entry in entries)
    if not shots:
        raise BadSettings("the recipe lacks a shot to convert")
    if len({shot.name for shot in shots}) < len(shots):
        raise BadSettings("two shots of the recipe have one name; give each its own")
    return shots


def _shot(entry: Table, home: Path) -> PlannedShot:
    own = {"name", "performer", "donor", "first_frame", "frames", "evaluate"}
    clip = _clip(entry, home, "shot", extra=own)
    for needed in ("performer", "donor"):
        if needed not in entry:
            raise BadSettings(f"the recipe lacks shot.{needed}")
    return PlannedShot(
        clip=clip,
        name=str(entry.get("name", clip.path.stem)),
        first_frame=_typed(entry["first_frame"], int, "shot.first_frame") if "first_frame" in entry else None,
        performer=str(entry["performer"]),
        donor=str(entry["donor"]),
        frames=str(entry.get("frames", "")),
        truth=_truth(entry, home),
    )


def _check_settings(recipe: Recipe) -> None:
    if recipe.preset not in PRESETS:
        raise BadSettings(f"unknown preset {recipe.preset!r}; known: {', '.join(sorted(PRESETS))}")
    settings_from(TrainConfig, {**PRESETS[recipe.preset], **recipe.train}, where="train")
    settings_from(ExtractConfig, recipe.extract, where="extract")
    settings_from(CurateConfig, recipe.curate, where="curate")
    settings_from(ConvertConfig, recipe.convert, where="convert")
    settings_from(DeliverConfig, recipe.deliver, where="deliver")
    for shot in recipe.shots:
        if shot.frames:
            parse_frames(shot.frames)


def _party(name: str, entry: object, home: Path) -> Party:
    where = f"people.{name}"
    table = _typed(entry, dict, where)
    _known(table, {"consent", "clips"}, f"{where}.")
    if "consent" not in table:
        raise BadSettings(f"{where} has no consent; nobody is trained on or replaced without one")
    clips = _typed(table.get("clips", []), list, f"{where}.clips")
    return Party(
        name=name,
        consent=_agreement(_typed(table["consent"], dict, f"{where}.consent"), home, f"{where}.consent"),
        clips=tuple(_clip(_typed(clip, dict, f"{where}.clips"), home, f"{where}.clips") for clip in clips),
    )


def _agreement(table: Table, home: Path, where: str) -> Agreement:
    names = {"basis", "uses", "description", "valid_from", "valid_to", "document", "reference", "source"}
    _known(table, names, f"{where}.")
    if missing := sorted({"basis", "uses", "description"} - set(table)):
        raise BadSettings(f"{where} lacks {missing[0]}")
    try:
        basis, uses = Basis(table["basis"]), frozenset(Use(use) for use in table["uses"])
    except (ValueError, TypeError) as cause:
        raise BadSettings(f"{where}: {cause}; bases: {', '.join(Basis)}; uses: {', '.join(Use)}") from cause
    return Agreement(
        basis=basis,
        uses=uses,
        description=str(table["description"]),
        valid_from=_day(table, "valid_from", where),
        valid_to=_day(table, "valid_to", where),
        document=_file(home / str(table["document"]), f"{where}.document") if "document" in table else None,
        reference=str(table.get("reference", "")),
        source=str(table.get("source", "")),
    )


def _day(table: Table, name: str, where: str) -> date | None:
    value: date | None = _typed(table[name], date, f"{where}.{name}") if name in table else None
    return value


def _clip(table: Table, home: Path, where: str, *, extra: frozenset[str] | set[str] = frozenset()) -> Clip:
    _known(table, {"path", "in", "out"} | extra, f"{where}.")
    if "path" not in table:
        raise BadSettings(f"{where} lacks path")
    points = {name: _typed(table[name], int, f"{where}.{name}") for name in ("in", "out") if name in table}
    return Clip(
        path=_clip_path(home / str(table["path"]), f"{where}.path"),
        in_index=points.get("in"),
        out_index=points.get("out"),
    )


def _truth(shot: Table, home: Path) -> dict[str, str] | None:
    if "evaluate" not in shot:
        return None
    table = _typed(shot["evaluate"], dict, "shot.evaluate")
    _known(table, {"replacement", "matte", "record"}, "shot.evaluate.")
    return {name: str(_file(home / str(path), f"shot.evaluate.{name}")) for name, path in table.items()}


def _section(
    table: Table, name: str, known: set[str] | None, *, needed: frozenset[str] | set[str] = frozenset()
) -> Table:
    section: Table = _typed(table.get(name, {}), dict, name)
    if known is not None:
        _known(section, known, f"{name}.")
    if missing := sorted(needed - set(section)):
        raise BadSettings(f"the recipe lacks {name}.{missing[0]}")
    return section


def _known(table: Table, known: set[str] | frozenset[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise BadSettings(f"unknown recipe key {where}{unknown[0]}; known: {', '.join(sorted(known))}")


def _typed(value: Any, cls: type[Any], where: str) -> Any:
    if not isinstance(value, cls) or (cls is int and isinstance(value, bool)):
        raise BadSettings(f"{where} is {value!r}; it must be a {cls.__name__}")
    return value


def _clip_path(path: Path, where: str) -> Path:
    """A movie's path, or any name of a sequence."""
    if is_sequence_name(str(path)) and clip_files(path):
        return path.absolute()
    return _file(path, where)


def _file(path: Path, where: str) -> Path:
    if not path.is_file():
        raise BadInput(f"{where}: there is no file {path}")
    return path.resolve()
