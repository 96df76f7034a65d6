"""Presets: which model, which handles and which delivery a sending gets, from a file or from the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.domain.artefact import Model
from understudy.domain.errors import BadSettings, NotFound
from understudy.domain.outside_text import toml_table
from understudy.domain.people import Person
from understudy.domain.time import FIRST_FRAME

MOVIES = ("prores422hq", "prores4444", "dnxhr_hqx", "dnxhr_444", "h264", "h265")
FRAMES = "frames"  # the plate's own kind of picture sequence instead of a movie
MOST_HANDLES = 1000
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A preset as it was written.

    model: a model's name or id. handles: frames before and after the cut. movie: of `MOVIES`, or "frames".
    folder: where deliveries go, as the backend calls it; "" below the production. first_frame: the number of
    the plate's first frame, handles included. colour_space: of plates that do not say it. convert, extract:
    settings of those jobs.
    """

    name: str
    model: str
    handles: tuple[int, int] = (8, 8)
    movie: str = MOVIES[0]
    folder: str = ""
    first_frame: int = FIRST_FRAME
    colour_space: str = ""
    convert: dict[str, object] = field(default_factory=dict)
    extract: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name or not self.model:
            raise BadSettings("a preset needs `name` and `model`")
        if not all(0 <= count <= MOST_HANDLES for count in self.handles):
            raise BadSettings(f"preset {self.name}: handles are two whole numbers of 0 to {MOST_HANDLES}")
        if self.movie not in (*MOVIES, FRAMES):
            raise BadSettings(
                f"preset {self.name}: there is no movie {self.movie!r}; known: {', '.join((*MOVIES, FRAMES))}"
            )
        if not 0 <= self.first_frame <= 10_000_000:
            raise BadSettings(f"preset {self.name}: first_frame {self.first_frame} is not possible")


_TYPES: Mapping[str, type] = {
    "name": str,
    "model": str,
    "handles": list,
    "movie": str,
    "folder": str,
    "first_frame": int,
    "colour_space": str,
    "convert": dict,
    "extract": dict,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A recipe with the model that it names, as far as there is one. `message` says why it is not ready."""

    recipe: Recipe
    model: Model | None = None
    performer: Person | None = None
    donor: Person | None = None
    message: str = ""

    def table(self, message: str = "") -> dict[str, Any]:
        """`Preset` of `docs/bridge.md`; `message` stands in the way besides its own."""
        told = self.message or message
        return {
            "name": self.recipe.name,
            "model": self.recipe.model,
            "performer": self.performer.name if self.performer else "",
            "donor": self.donor.name if self.donor else "",
            "handles": list(self.recipe.handles),
            "movie": self.recipe.movie,
            "ready": not told,
            "message": told,
        }


def read_presets(path: Path) -> tuple[Recipe, ...]:
    """The presets of a TOML file: a list of tables `[[preset]]`. Raises: BadSettings."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadSettings(f"{path} is too long for a file of presets")
        table = toml_table(path.read_text("utf-8"))
    except (OSError, ValueError) as cause:
        raise BadSettings(f"{path} cannot be read as presets: {cause}") from cause
    listed = table.get("preset", [])
    if set(table) - {"preset"} or not isinstance(listed, list) or not listed:
        raise BadSettings(
            f"{path} has no presets; write tables [[preset]] with name and model, and no others"
        )
    found = tuple(_recipe(one, f"{path}, preset {number}") for number, one in enumerate(listed, 1))
    names = [recipe.name for recipe in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadSettings(f"{path} has the preset {twice!r} twice; give each a name of its own")
    return found


def _recipe(table: object, where: str) -> Recipe:
    if not isinstance(table, Mapping):
        raise BadSettings(f"{where} is no table; write [[preset]] above it")
    for key, value in table.items():
        if key not in _TYPES:
            raise BadSettings(f"{where}: unknown key {key!r}; known: {', '.join(_TYPES)}")
        if type(value) is not _TYPES[key]:
            raise BadSettings(f"{where}: {key} is {value!r}; it must be of type {_TYPES[key].__name__}")
    if missing := [key for key in ("name", "model") if not table.get(key)]:
        raise BadSettings(f"{where} lacks {missing[0]}")
    said = dict(table)
    if "handles" in said:
        handles = said["handles"]
        if len(handles) != 2 or not all(type(count) is int for count in handles):
            raise BadSettings(f"{where}: handles are two whole numbers, such as [8, 8]")
        said["handles"] = tuple(handles)
    return Recipe(**said)


def recipes_of(models: Sequence[Model]) -> tuple[Recipe, ...]:
    """One preset a model where nobody wrote any; of models of one name the newest counts."""
    newest = {model.name: model for model in models}
    return tuple(Recipe(name=model.name, model=model.name) for model in newest.values())


def preset_of(recipe: Recipe, models: Sequence[Model], people: Sequence[Person]) -> Preset:
    """The recipe with its model and people, or with what is missing."""
    try:
        model = model_named(recipe.model, models)
    except NotFound as missing:
        return Preset(recipe=recipe, message=str(missing))
    if model.iterations < 1:
        message = f"the model {model.name} was never trained; train it first"
        return Preset(recipe=recipe, model=model, message=message)
    known = {person.id: person for person in people}
    performer, donor = (known.get(one) for one in model.people[:2])
    if performer is None or donor is None:
        message = f"the production does not know the people of the model {model.name} any more; train another"
        return Preset(recipe=recipe, model=model, message=message)
    return Preset(recipe=recipe, model=model, performer=performer, donor=donor)


def model_named(name: str, models: Sequence[Model]) -> Model:
    """The model of an id, or the newest of a name. Raises: NotFound."""
    found = [model for model in models if name in (model.id, model.name)]
    if not found:
        raise NotFound(f"the production has no model {name!r}; train it, or name another in the preset")
    return max(found, key=lambda model: model.id)
