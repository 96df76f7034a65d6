"""The viewer's arithmetic and its drawing, in the browser that it runs in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.chromium import page_modules

from understudy.faces.align import crop_of_square, square_transform, transform_points

PLACEMENT = """async ({ aspect, square, width, height }) => {
  const { Placement } = await import("/page/viewer/placement.js");
  const place = new Placement(width, height, aspect);
  if (square) place.groundIsCrop(square);
  place.resize(900, 500);
  const corners = [place.toView(0, 0), place.toView(width, height)];
  place.zoomTo(place.view.scale * 3.7, { x: 410, y: 130 });
  const held = place.toPlate(410, 130);
  place.zoomTo(place.view.scale * 1.9, { x: 410, y: 130 });
  const still = place.toPlate(410, 130);
  const there = place.toView(321.5, 87.25);
  const back = place.toPlate(there.x, there.y);
  return { corners, held, still, back, whole: [place.view.x, place.view.y] };
}"""
# Two pictures of plain colour, drawn 8 by 4; what one pixel on the left and one on the right has afterwards.
PAINT = """async (asked) => {
  const { Painter } = await import("/page/viewer/painter.js");
  const { PlainPainter } = await import("/page/viewer/plain_painter.js");
  const plain = async (colour) => {
    const data = new Uint8ClampedArray(8 * 4 * 4);
    for (let at = 0; at < data.length; at += 4) data.set([...colour, 255], at);
    return { picture: { bitmap: await createImageBitmap(new ImageData(data, 8, 4)), width: 8, height: 4 },
      fromPlate: new DOMMatrix().scale(1 / 8, 1 / 4) };
  };
  const halfs = (values) => ({ picture: { halfs: Uint16Array.from(values), width: 8, height: 4, channels: 3 },
    fromPlate: new DOMMatrix().scale(1 / 8, 1 / 4) });
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 8, height: 4 });
  const box = { left: 0, top: 0, width: 8, height: 4 };
  const { a, b, halfA, half, plainly, ...changed } = asked;
  const layers = { a: halfA ? halfs(halfA) : await plain(a), b: b ? await plain(b) : null, c: null };
  const drawing = { pane: box, box, toPlate: new DOMMatrix(), mode: "single", ...layers, tint: Boolean(half),
    matte: half ? "mask" : null, channel: "all", exposure: 0, gamma: 1, gain: 1,
    share: 0.5, wipe: [4, 2, 1, 0], ...changed };
  if (plainly) {
    const painter = new PlainPainter(canvas, "#1c1c1c");
    painter.paint([drawing], false);
    return [1, 6].map((x) => [...painter.ctx.getImageData(x, 2, 1, 1).data.slice(0, 3)]);
  }
  const painter = new Painter(canvas);
  if (half) {
    const data = new Uint8Array(32);
    painter.setMask({ width: 8, height: 4, data });
    for (let y = 0; y < 4; y++) data.fill(255, y * 8 + 4, y * 8 + 8);
    painter.maskChanged({ x: 4, y: 0, width: 4, height: 4 });
  }
  painter.paint([drawing]);
  const { gl } = painter;
  return [1, 6].map((x) => {
    const value = new Uint8Array(4);
    gl.readPixels(x, 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, value);
    return [...value.slice(0, 3)];
  });
}"""
RED, BLUE = [200, 40, 30], [20, 60, 220]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with page_modules() as found:
        yield found


@pytest.mark.parametrize("aspect", [1, 2])
def test_a_plate_is_fitted_and_zoomed_at_the_pointer(page: Any, aspect: float) -> None:
    asked = {"aspect": aspect, "square": None, "width": 1280, "height": 720}
    found = page.evaluate(PLACEMENT, asked)
    first, last = found["corners"]
    assert (last["x"] - first["x"]) / (last["y"] - first["y"]) == pytest.approx(1280 * aspect / 720, rel=1e-3)
    assert first["x"] >= -1 and first["y"] >= -1 and last["x"] <= 901 and last["y"] <= 501
    assert found["still"]["x"] == pytest.approx(found["held"]["x"], abs=1)  # views begin at whole pixels
    assert found["back"] == pytest.approx({"x": 321.5, "y": 87.25})
    assert found["whole"] == [round(value) for value in found["whole"]]


def test_a_crop_is_laid_out_upright(page: Any) -> None:
    asked = {
        "aspect": 1,
        "square": {"x": 300, "y": 200, "side": 120, "degrees": 30},
        "width": 640,
        "height": 360,
    }
    found = page.evaluate(PLACEMENT, asked)
    assert found["back"] == pytest.approx({"x": 321.5, "y": 87.25})


def test_the_crop_lies_where_the_network_sees_it(page: Any) -> None:
    square = [311.0, 190.5, 96.0, 17.0]
    points = [[250.0, 140.0], [330.5, 260.25], [311.0, 190.5]]
    expected = transform_points(
        crop_of_square(square_transform(np.array(square)), "full", 1), np.array(points)
    )
    found = page.evaluate(
        """async ({ square, points }) => {
          const { cropSquare, cropToUnit } = await import("/page/viewer/crop.js");
          const matrix = cropToUnit(cropSquare({ faces: [{ track: 2, square }] }, 2));
          return points.map(([x, y]) => matrix.transformPoint({ x, y })).map(({ x, y }) => [x, y]);
        }""",
        {"square": square, "points": points},
    )
    assert np.allclose(found, expected, atol=1e-9)


def test_half_floats_are_read_as_they_are(page: Any) -> None:
    values = np.array([0, 1, -2.5, 0.1, 65504, 6e-8, 1e-5, np.inf], np.float16)
    found = page.evaluate(
        "async (halfs) => (await import('/page/viewer/float_face.js')).halfValue && "
        "halfs.map((await import('/page/viewer/float_face.js')).halfValue)",
        [int(half) for half in values.view(np.uint16)],
    )
    assert found == [float(value) for value in values]


def test_the_rectangle_around_a_face_stays_in_the_plate(page: Any) -> None:
    found = page.evaluate(
        """async () => {
          const { rectAround } = await import("/page/viewer/float_face.js");
          const plate = { width: 1920, height: 1080 };
          const squares = [[10, 1075, 300, 20], [900, 500, 5000, 45]].map(
            ([x, y, side, degrees]) => ({ x, y, side, degrees }));
          return [...squares, null].map((square) => rectAround(square, plate));
        }"""
    )
    for rect in found:
        assert 0 <= rect["x"] <= 1920 - rect["width"] and 0 <= rect["y"] <= 1080 - rect["height"]
        assert rect["width"] <= 1024 and rect["height"] <= 1024
    assert found[0]["x"] == 0 and found[0]["y"] + found[0]["height"] == 1080


@pytest.mark.parametrize(
    ("asked", "left", "right"),
    [
        ({}, RED, RED),
        ({"plainly": True}, RED, RED),
        ({"mode": "wipe"}, RED, BLUE),
        ({"mode": "wipe", "wipe": [4, 2, -1, 0]}, BLUE, RED),
        ({"mode": "difference", "gain": 1}, [180, 20, 190], [180, 20, 190]),
        ({"mode": "difference", "gain": 2}, [255, 40, 255], [255, 40, 255]),
        ({"mode": "blend", "share": 0.25}, [155, 45, 78], [155, 45, 78]),
        ({"channel": "r"}, [200] * 3, [200] * 3),
        ({"channel": "luma"}, [73] * 3, [73] * 3),
        ({"half": True}, RED, [128, 121, 57]),
        ({"half": True, "channel": "matte", "tint": False}, [0] * 3, [255] * 3),
        ({"gamma": 2}, [226, 101, 87], [226, 101, 87]),
    ],
)
def test_what_is_drawn(page: Any, asked: dict[str, Any], left: list[int], right: list[int]) -> None:
    found = page.evaluate(PAINT, {"a": RED, "b": BLUE, **asked})
    assert np.abs(np.array(found) - [left, right]).max() <= 1, found


@pytest.mark.parametrize(("stops", "shown"), [(0, 255), (-2, 255), (-3, 188), (-4, 137)])
def test_light_above_white_is_kept(page: Any, stops: float, shown: int) -> None:
    half = int(np.float16(4.0).view(np.uint16))
    found = page.evaluate(PAINT, {"halfA": [half] * 96, "a": RED, "exposure": stops})
    assert np.abs(np.array(found) - shown).max() <= 1


def test_every_variant_of_the_shader_compiles(page: Any) -> None:
    drawn = page.evaluate(
        """async () => {
          const { fragment, VERTEX } = await import("/page/viewer/shader.js");
          const gl = document.createElement("canvas").getContext("webgl2");
          const failed = [];
          let tried = 0;
          const compiled = (kind, source) => {
            const shader = gl.createShader(kind);
            gl.shaderSource(shader, source);
            gl.compileShader(shader);
            if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) failed.push(gl.getShaderInfoLog(shader));
            tried++;
          };
          compiled(gl.VERTEX_SHADER, VERTEX);
          for (const mode of ["single", "wipe", "difference", "blend", "onion"])
            for (const channel of ["all", "r", "g", "b", "luma", "matte"])
              for (let bits = 0; bits < 32; bits += channel === "all" ? 1 : 7) {
                const switches = ["adjusted", "tint", "smooth", "floatA", "floatB"].map(
                  (name, at) => [name, Boolean(bits & (1 << at))]);
                compiled(gl.FRAGMENT_SHADER, fragment({ mode, channel, ...Object.fromEntries(switches) }));
              }
          return { failed, tried };
        }"""
    )
    assert drawn["failed"] == [] and drawn["tried"] > 200
