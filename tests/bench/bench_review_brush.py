"""How quick the brush of the review room is: python -m tests.bench.bench_review_brush

In a real Chromium (software GL). "segment" is one piece of a stroke drawn into a mask, with what an undo
needs kept; "undo" puts a stroke of 60 pieces back, checked to the bit. Then on the real gateway and server a
mouse paints on a plate: from the pointer's event to the mask being sent to the card, and to the draw call.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.bench_review_page import review_room, write_movie
from tests.chromium import FLAGS, page_modules
from tests.drawn_tracks import drawn_faces

from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.shot import Shot
from understudy.domain.time import FrameRange
from understudy.stages.ingest import ingest
from understudy.store.production import Production

SEGMENTS = """async ([width, height, radius, pieces]) => {
  const m = await import("/page/tools/matte/brush.js");
  const mask = { width, height, data: new Uint8Array(width * height) };
  for (let at = 0; at < mask.data.length; at++) mask.data[at] = (at * 2654435761) >>> 24;
  const before = mask.data.slice();
  const brush = m.brushOf(radius, 0.5, false);
  const drawn = [], undone = [];
  for (let stroke = 0; stroke < 6; stroke++) {
    const tiles = new m.Tiles();
    let x = width * 0.2, y = height * (0.2 + 0.1 * stroke);
    for (let piece = 0; piece < pieces; piece++) {
      const segment = [x, y, x + 22, y + 14 * Math.sin(piece / 5)];
      const started = performance.now();
      tiles.keep(mask, m.reachOf(mask, segment, brush));
      m.drawSegment(mask, segment, brush);
      if (stroke) drawn.push(performance.now() - started); // the first one warms the program up
      [, , x, y] = segment;
    }
    const started = performance.now();
    tiles.restore(mask);
    undone.push(performance.now() - started);
  }
  return { drawn, undone, exact: mask.data.every((value, at) => value === before[at]) };
}"""
# Run in the page: what the card is given, and when, after a pointer event.
WATCH = """
(() => {
  const gl = WebGL2RenderingContext.prototype;
  window.uploaded = [];
  window.called = [];
  let moved = 0, waits = false;
  addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
  const upload = gl.texSubImage2D, draw = gl.drawArrays;
  gl.texSubImage2D = function (...given) {
    upload.apply(this, given);
    if (given.length > 9 && moved) { window.uploaded.push(performance.now() - moved); waits = true; }
  };
  gl.drawArrays = function (...given) {
    draw.apply(this, given);
    if (waits) window.called.push(performance.now() - moved);
    waits = false;
  };
})();
"""


def row(label: str, times: Sequence[float]) -> None:
    ranked = sorted(times)
    late = ranked[int(0.95 * (len(ranked) - 1))]
    print(f"| {label} | {statistics.median(ranked):.2f} | {late:.2f} | {len(ranked)} |")


def measure_segments() -> None:
    with page_modules() as page:
        for width, height, radius in (
            (1920, 1080, 30),
            (1920, 1080, 100),
            (3840, 2160, 60),
            (3840, 2160, 150),
        ):
            told = page.evaluate(SEGMENTS, [width, height, radius, 60])
            assert told["exact"], "an undo changed the mask"
            row(f"segment, {width}x{height}, radius {radius}", told["drawn"])
            row(f"undo, {width}x{height}, radius {radius}", told["undone"])


def make_production(folder: Path, width: int, height: int) -> None:
    Production.create(folder, "Bench")
    plate = ingest(write_movie(folder.parent / "paint.mp4", 8, width, height))
    with Production.open(folder) as production:
        person = production.add_person("Rowan").id
        target = folder / "shots" / "paint" / "faces.safetensors"
        target.parent.mkdir(parents=True)
        save_faces(
            drawn_faces({0: FrameRange(plate.first_frame, plate.first_frame + plate.last_index)}), target
        )
        shot = Shot(
            id="paint", name="paint", person_id=person, role="plate", plate=plate,
            faces=production.relative(target), faces_sha256=sha256_of(target),
        )  # fmt: skip
        production.add_shot(shot)


def paint(page: Any, strokes: int) -> None:
    box = page.locator(".stage-over").bounding_box()
    middle, wide = box["y"] + box["height"] / 2, box["width"] * 0.5
    for stroke in range(strokes):
        left = box["x"] + box["width"] * 0.25
        page.mouse.move(left, middle + 14 * stroke)
        page.mouse.down()
        for step in range(1, 21):
            page.mouse.move(left + wide * step / 20, middle + 14 * stroke + 6 * (step % 3))
        page.mouse.up()
        page.wait_for_timeout(400)


def measure_page(width: int, height: int, radius: float) -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bench"
        make_production(folder, width, height)
        with review_room(folder) as link, sync_playwright() as running:
            chromium = running.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
            page = chromium.new_page(viewport={"width": 1600, "height": 900})
            page.add_init_script(WATCH)
            page.goto(link)
            page.wait_for_timeout(2500)
            brush = json.dumps({"radius": radius, "softness": 0.5})
            page.evaluate("(brush) => localStorage.setItem('understudy.brush', brush)", brush)
            page.goto(f"{link.partition('/enter')[0]}/p/bench/shots/paint/1003/matte")
            page.get_by_text("the matte of this frame with your strokes").wait_for(timeout=60_000)
            page.wait_for_timeout(1500)
            paint(page, 1)  # the first one warms the program up
            page.evaluate("uploaded.length = called.length = 0")
            paint(page, 4)
            row(
                f"pointer to mask on the card, {width}x{height}, radius {radius:g}", page.evaluate("uploaded")
            )
            row(f"pointer to draw call, {width}x{height}, radius {radius:g}", page.evaluate("called"))
            chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only-segments", action="store_true", help="leave the page out")
    asked = parser.parse_args()
    print("| brush, ms | median | p95 | measured |")
    print("|---|---|---|---|")
    measure_segments()
    if not asked.only_segments:
        measure_page(1920, 1080, 60)
        measure_page(3840, 2160, 150)


if __name__ == "__main__":
    main()
