"""The page itself: static files beside this module, no build step."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).resolve().parent / "page"

# What a machine's own tables say may be anything, and a browser runs no script of another type.
for _type, _suffix in (
    ("text/javascript", ".js"),
    ("text/css", ".css"),
    ("image/svg+xml", ".svg"),
    ("font/woff2", ".woff2"),
    ("text/plain", ".txt"),
):
    mimetypes.add_type(_type, _suffix)


class PageFiles(StaticFiles):
    """Files below `page/`; a browser asks each time whether its copy still holds, so that upgrades show."""

    def __init__(self) -> None:
        super().__init__(directory=PAGE)

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["cache-control"] = "no-cache"
        return answer


def index(request: Request) -> Response:
    """The one HTML page, for every address that the page itself understands."""
    return FileResponse(PAGE / "index.html", media_type="text/html", headers={"cache-control": "no-store"})


def nothing(request: Request) -> Response:
    """The page again, which says that there is nothing at this address."""
    answer = index(request)
    answer.status_code = 404
    return answer
