"""Jobs: asked for, watched, cancelled, and the settings that they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.errors import BadInput
from understudy.domain.job import EventKind, JobKind, JobState
from understudy.domain.job_spec import SPECS, JobSpec, spec_from_table
from understudy.domain.plain import to_plain
from understudy_review.asked import Asked
from understudy_review.room import answer, author_of, client_of, jpeg, json_text, room_of


def list_jobs(request: Request) -> Response:
    """?states=running,queued -> [job]"""
    return answer(client_of(request).jobs(Asked.of_query(request).words("states", JobState)))


def create_job(request: Request, asked: Asked) -> Response:
    """{kind, spec, request_id} -> job; the same request_id gives the same job again"""
    kind = asked.word("kind", JobKind)
    spec = _spec(request, kind, asked.table("spec"))
    job = client_of(request).create_job(spec, asked.text("request_id", most=200))
    room_of(request).live.tell_job(request.path_params["p"], job)
    return answer(job, 201)


def get_job(request: Request) -> Response:
    return answer(client_of(request).job(request.path_params["j"]))


def cancel_job(request: Request, asked: Asked) -> Response:
    return answer(client_of(request).cancel_job(request.path_params["j"]))


def retry_job(request: Request, asked: Asked) -> Response:
    job = client_of(request).retry_job(request.path_params["j"])
    room_of(request).live.tell_job(request.path_params["p"], job)
    return answer(job)


def list_events(request: Request) -> Response:
    """?after=&kinds=losses,note&limit= -> [event]"""
    asked = Asked.of_query(request)
    events = client_of(request).events(
        request.path_params["j"],
        asked.whole("after", 0),
        asked.words("kinds", EventKind),
        asked.whole("limit", 1000, least=1, most=5000),
    )
    return answer(events)


def get_log(request: Request) -> Response:
    """?offset=&limit= -> {text, offset, next_offset}; an offset below 0 counts from the end"""
    asked = Asked.of_query(request)
    part = client_of(request).log(
        request.path_params["j"],
        asked.whole("offset", -65536, least=-(2**31), most=2**31 - 1),
        asked.whole("limit", 65536, least=1, most=2**20),
    )
    return answer(part)


def get_preview(request: Request) -> Response:
    """?sequence= -> JPEG; never kept, since the consent that it rests on can end"""
    sequence = Asked.of_query(request).whole("sequence", 0)
    picture = client_of(request).job_preview(request.path_params["j"], sequence)
    return jpeg(picture, {})


def list_settings(request: Request) -> Response:
    """?preset= -> {settings, presets}

    A setting is {name, type, default_json, choices, least, most, help, adjustable}.
    """
    preset = Asked.of_query(request).text("preset", "")
    told = client_of(request).settings(request.path_params["kind"], preset)
    settings = [
        {
            "name": one.name,
            "type": one.type,
            "default_json": json_text(to_plain(one.default)),
            "choices": one.choices,
            "least": one.least,
            "most": one.most,
            "help": one.help,
            "adjustable": one.adjustable,
        }
        for one in told.settings
    ]
    return answer({"settings": settings, "presets": told.presets})


def _spec(request: Request, kind: JobKind, table: Mapping[str, Any]) -> JobSpec:
    """The request's spec; who asks for it is known. Raises: BadInput, BadSettings."""
    cls = SPECS[kind]
    hints = get_type_hints(cls)
    told = dict(table)
    if any(field.name == "author" for field in fields(cls)):
        told["author"] = author_of(request)
    for name, value in told.items():
        if name in hints and not _is_a(value, hints[name]):
            raise BadInput(f"{name} of the {kind} request is of the wrong type")
    return spec_from_table(kind, told)


def _is_a(value: Any, hint: Any) -> bool:
    """Whether JSON data can stand for a field of a job's spec."""
    if isinstance(hint, UnionType):
        return any(_is_a(value, part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_is_a(part, get_args(hint)[0]) for part in value)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(_is_a(part, get_args(hint)[1]) for part in value.values())
    if hint in (int, float):
        return isinstance(value, hint) and not isinstance(value, bool)
    return isinstance(value, hint)
