"""Pictures, strips of pictures, pixel values and sound.

A picture with a version in its address stays as it is for ever; when the backend has another one, the answer
is 409 with the version that it has. The version `now` is whatever there is. A browser that has a picture of a
take asks each time whether it may still show it, since the consent that it rests on can end.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from understudy.domain.errors import BadInput
from understudy.domain.frame import Rect
from understudy.domain.pictures import (
    MAX_PIXELS_SIDE_PX,
    MAX_STRIP_FRAMES,
    STRIP_HEIGHTS_PX,
    Encoding,
    FramePicture,
    Strip,
)
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy_review.asked import Asked
from understudy_review.room import client_of, jpeg

NOW = "now"
FOR_EVER = "private, max-age=31536000, immutable"
WHILE_ALLOWED = "private, no-cache"
_PLATE_VERSION = 16  # so many characters of the file's hash


def plate_picture(request: Request) -> Response:
    """?w= -> JPEG of a shot's plate, X-Version"""
    asked, path = Asked.of_query(request), request.path_params
    picture = client_of(request).frame_picture(
        shot_id=path["s"], frame=_frame(request), layer=Layer.PLATE, max_width_px=asked.whole("w", 0)
    )
    return _versioned(picture, path["version"], cache=FOR_EVER)


def take_picture(request: Request) -> Response:
    """?w= -> JPEG of a take's layer, X-Version"""
    asked, path = Asked.of_query(request), request.path_params
    picture = client_of(request).frame_picture(
        take_id=path["t"],
        frame=_frame(request),
        layer=Asked(path, typed=True).word("layer", Layer),
        max_width_px=asked.whole("w", 0),
    )
    if request.headers.get("if-none-match") == _tag(picture.version) == _tag(path["version"]):
        return Response(
            status_code=304, headers={"cache-control": WHILE_ALLOWED, "etag": _tag(picture.version)}
        )
    return _versioned(picture, path["version"], cache=WHILE_ALLOWED)


def _frame(request: Request) -> int:
    return Asked(request.path_params, typed=False).whole("frame")


def _versioned(picture: FramePicture, wanted: str, *, cache: str) -> Response:
    headers = {"x-version": picture.version}
    if wanted == NOW:
        return jpeg(picture.jpeg, headers)
    if wanted == picture.version:
        return jpeg(picture.jpeg, {**headers, "etag": _tag(picture.version)}, cache=cache)
    return _changed(picture.version, headers)


def _tag(version: str) -> str:
    return f'"{version}"'


def _changed(version: str, headers: dict[str, str]) -> Response:
    message = "the picture is another one now; ask for its new version"
    body = {"error": "VersionChanged", "message": message, "version": version}
    return JSONResponse(body, 409, {"cache-control": "no-store", **headers})


def plate_strip(request: Request) -> Response:
    """?frames=1001,1037&h=64 -> one JPEG, X-Width-Px each"""
    path, client = request.path_params, client_of(request)
    version = client.shot(path["s"]).plate.sha256[:_PLATE_VERSION]
    if path["version"] not in (NOW, version):
        return _changed(version, {"x-version": version})
    frames, height_px = _of_strip(request)
    strip = client.strip(shot_id=path["s"], frames=frames, height_px=height_px)
    return _strip(strip, cache="no-store" if path["version"] == NOW else FOR_EVER)


def take_strip(request: Request) -> Response:
    """?frames=1001,1037&h=64 -> one JPEG, X-Width-Px each; `tag`: the page's word for what it expects"""
    path = request.path_params
    frames, height_px = _of_strip(request)
    strip = client_of(request).strip(take_id=path["t"], frames=frames, height_px=height_px)
    return _strip(strip, cache="no-store")


def _of_strip(request: Request) -> tuple[tuple[int, ...], int]:
    asked = Asked.of_query(request)
    frames = asked.wholes("frames", most=MAX_STRIP_FRAMES)
    if not frames:
        raise BadInput("frames is missing")
    least, most = STRIP_HEIGHTS_PX
    return frames, asked.whole("h", 64, least=least, most=most)


def _strip(strip: Strip, *, cache: str) -> Response:
    return jpeg(strip.jpeg, {"x-width-px": str(strip.width_px)}, cache=cache)


def pixels(request: Request, asked: Asked) -> Response:
    """{shot_id | take_id, frame, layer, x, y, width, height, encoding} -> half floats, X-Rect, X-Bit-Depth"""
    if ("shot_id" in asked) == ("take_id" in asked):
        raise BadInput("say shot_id or take_id, one of the two")
    far = {"least": -(2**20), "most": 2**20}
    rect = Rect(
        asked.whole("x", **far),
        asked.whole("y", **far),
        asked.whole("width", least=1, most=MAX_PIXELS_SIDE_PX),
        asked.whole("height", least=1, most=MAX_PIXELS_SIDE_PX),
    )
    given = client_of(request).pixels(
        shot_id=asked.text("shot_id", ""),
        take_id=asked.text("take_id", ""),
        frame=asked.whole("frame"),
        layer=asked.word("layer", Layer),
        rect=rect,
        encoding=asked.word("encoding", Encoding, Encoding.CODE),
    )
    headers = {
        "cache-control": "no-store",
        "x-rect": f"{given.x},{given.y},{given.width},{given.height},{given.channels}",
        "x-bit-depth": str(given.bit_depth),
        "x-version": given.version,
    }
    return Response(given.halfs, media_type="application/octet-stream", headers=headers)


def sound(request: Request) -> Response:
    """?first=&last= -> WAV; 204 where the plate is silent"""
    asked = Asked.of_query(request)
    frames = FrameRange(asked.whole("first"), asked.whole("last"))
    wav = client_of(request).sound(request.path_params["s"], frames)
    if not wav:
        return Response(status_code=204, headers={"cache-control": "no-store"})
    return Response(wav, media_type="audio/wav", headers={"cache-control": "private, max-age=3600"})
