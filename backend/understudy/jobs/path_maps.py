"""Path maps applied to what comes from other machines: a client's request, a bundle made by another host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from understudy.domain.job_spec import JobSpec
from understudy.domain.path_map import PathMap
from understudy.jobs.bundle import Bundle

PATH_FIELDS = frozenset(
    {
        "path", "folder", "output", "earlier", "landmarks", "faces", "facesets", "start_from",
        "checkpoint", "solved", "layers", "take_folder", "true_replacement", "true_matte", "truth",
    }
)  # fmt: skip
"""Fields of requests and of work that hold a path, or a table of them."""


def spec_here(spec: JobSpec, path_map: PathMap) -> JobSpec:
    """The request with this machine's paths. `start_from` of a request is a model's name and stays."""
    named = {field.name for field in fields(spec)} & PATH_FIELDS - {"start_from"}
    said = {name: _here(getattr(spec, name), path_map) for name in named}
    return replace(spec, **said)  # type: ignore[arg-type]


def bundle_here(bundle: Bundle, path_map: PathMap) -> Bundle:
    """The bundle with this machine's paths, its grant being checked already: it is for the bundle as made."""
    if not path_map.rules:
        return bundle
    inputs = tuple(replace(item, path=path_map.here(item.path)) for item in bundle.inputs)
    return replace(bundle, inputs=inputs, work=_table_here(bundle.work, path_map))


def _table_here(table: Mapping[str, object], path_map: PathMap) -> dict[str, object]:
    return {
        name: _here(value, path_map) if name in PATH_FIELDS else _within(value, path_map)
        for name, value in table.items()
    }


def _within(value: object, path_map: PathMap) -> object:
    if isinstance(value, Mapping):
        return _table_here(value, path_map)
    if isinstance(value, list | tuple):
        return [_within(item, path_map) for item in value]
    return value


def _here(value: object, path_map: PathMap) -> object:
    """A path or a table of paths; anything else under such a name is no path."""
    if isinstance(value, str):
        return path_map.here(value)
    if isinstance(value, Mapping):
        return {key: path_map.here(item) if isinstance(item, str) else item for key, item in value.items()}
    return _within(value, path_map)
