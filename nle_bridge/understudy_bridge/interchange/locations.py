"""Paths of media as timeline files write them: URLs in several dialects, to plain paths and back.

Paths are kept with forward slashes: /mnt/show/a.mov, P:/show/a.mov, //filer/show/a.mov, media/a.mov.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_DRIVE = re.compile(r"^/?([A-Za-z])[:|]/")
_SAFE = "/:-._~!$&'()+,;=@"


def path_of_url(url: str) -> str:
    """The path that a `file:` URL means; anything else as it is, with forward slashes on a drive or share."""
    if not url.lower().startswith("file:"):
        windows = re.match(r"^([A-Za-z]:\\|\\\\)", url)
        return url.replace("\\", "/") if windows else url
    rest = url[5:]
    host = ""
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        rest = slash + rest
    path = unquote(rest)
    if _DRIVE.match(path):
        return path.lstrip("/").replace("|", ":", 1)
    if host and host.lower() != "localhost" and not re.fullmatch(r"127\.0\.0\.1", host):
        return f"//{unquote(host)}{path}"
    return path


def url_of_path(path: str, *, host: str = "") -> str:
    """A `file:` URL for an absolute path; a relative path, or another kind of URL, stays as it is."""
    if path.startswith("//"):
        return "file:" + quote(path, safe=_SAFE)
    if path.startswith("/"):
        return f"file://{host}" + quote(path, safe=_SAFE)
    if _DRIVE.match(path):
        return f"file://{host}/" + quote(path, safe=_SAFE)
    return path


def file_name(path: str) -> str:
    """The last part of a path, whichever way its slashes lean."""
    return re.split(r"[\\/]", path)[-1]
