"""Pictures, strips of pictures, pixel values and sound.

A picture with a version in its address stays as it is for ever; when the backend has another one, the answer
is 409 with the version that it has. The version `now` is whatever there is.
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
_FOR_AN_HOUR = "private, max-age=3600"
_PLATE_VERSION = 16  # so many characters of the file's hash


def plate_picture(request: Request) -> Response:
    """?w= -> JPEG of a shot's plate, X-Version"""
    asked, path = Asked.of_query(request), request.path_params
    picture = client_of(request).frame_picture(
        shot_id=path["s"], frame=path["frame"], layer=Layer.PLATE, max_width_px=asked.whole("w", 0)
    )
    return _versioned(picture, path["version"])


def take_picture(request: Request) -> Response:
    """?w= -> JPEG of a take's layer, X-Version"""
    asked, path = Asked.of_query(request), request.path_params
    picture = client_of(request).frame_picture(
        take_id=path["t"],
        frame=path["frame"],
        layer=Asked(path, typed=True).word("layer", Layer),
        max_width_px=asked.whole("w", 0),
    )
    return _versioned(picture, path["version"])


def _versioned(picture: FramePicture, wanted: str) -> Response:
    headers = {"x-version": picture.version}
    if wanted == NOW:
        return jpeg(picture.jpeg, headers)
    if wanted == picture.version:
        return jpeg(picture.jpeg, headers, cache=FOR_EVER)
    return _changed(picture.version, headers)


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
    return _strip(strip, cache="no-store" if path["tag"] == NOW else _FOR_AN_HOUR)


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
