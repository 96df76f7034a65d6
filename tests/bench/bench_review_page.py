"""How quick the review room is for an artist: python -m tests.bench.bench_review_page

A real Chromium (software GL) on the real gateway and server. Two synthetic plates of 8-bit long-GOP H.264
carry their frame number as a bar code, which is read back from the canvas after every step: a step counts
only when the picture on the screen is the frame whose number is shown.

"drawn" is from the keydown event to the picture on the canvas, a pixel read back; "fetched" is the part of it
that the gateway and the server took; "uncached" steps have the page's reading ahead held off. Memory is the
proportional set size of all of Chromium's processes.

Painting is measured by tests.bench.bench_review_brush.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from tests.chromium import FLAGS
from tests.drawn_tracks import drawn_faces

from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.shot import Shot
from understudy.domain.time import FrameRange
from understudy.stages.ingest import ingest
from understudy.store.production import Production

BITS = 16
# Run in the page: keydown starts the clock, the stage's own event ends it; then the bar code is read.
MEASURE = """
(() => {
  const measured = [];
  let started = 0;
  performance.setResourceTimingBufferSize(5000);
  addEventListener("keydown", () => { started = performance.now(); }, true);
  addEventListener("stage", (event) => {
    const called = performance.now() - started;
    const { frame, view } = event.detail;
    const canvas = document.querySelector("canvas.stage-picture");
    const ratio = devicePixelRatio, width = WIDTH * view.scale, height = HEIGHT * view.scale;
    const row = Math.round((view.y + height * 0.985) * ratio);
    const bar = canvas.getContext("2d").getImageData(0, row, canvas.width, 1).data;
    const drawn = performance.now() - started;
    let number = 0;
    for (let bit = 0; bit < BITS; bit++) {
      const x = Math.round((view.x + (width * (bit + 0.5)) / BITS) * ratio);
      if (bar[4 * x + 1] > 128) number |= 1 << bit;
    }
    const entry =
      performance.getEntriesByType("resource").findLast((one) => one.name.includes(`/${frame}.jpg`));
    const fetched = entry && entry.startTime >= started ? entry.duration : 0;
    measured.push({ frame, number: number + 1001, called, drawn, fetched, at: performance.now() });
  });
  window.measured = measured;
  const asked = window.fetch;
  window.fetch = (address, options) => window.heldOff && options?.priority === "low"
    ? Promise.reject(new TypeError("held off")) : asked(address, options);
})();
"""


def measuring(width: int, height: int) -> str:
    """The script that measures pictures of this size."""
    return MEASURE.replace("WIDTH", str(width)).replace("HEIGHT", str(height)).replace("BITS", str(BITS))


def write_movie(path: Path, count: int, width: int, height: int) -> Path:
    """Moving texture of a photograph's fineness, and the frame's index as a bar code along the lower edge."""
    rng = np.random.default_rng(3)
    texture = np.kron(rng.integers(40, 210, (height // 24 + 2, width // 24 + 2)), np.ones((24, 24)))
    grain = rng.integers(-5, 6, texture.shape)
    large = np.clip(texture + grain, 16, 235).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(
            "libx264", rate=24, options={"preset": "ultrafast", "crf": "20", "g": "48", "bf": "2"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        for index in range(count):
            luma = large[index % 24 : index % 24 + height, :width].copy()
            bits = np.array([235 if index >> bit & 1 else 16 for bit in range(BITS)], np.uint8)
            luma[-height // 30 :] = np.repeat(bits, -(-width // BITS))[:width]
            chroma = np.full((height // 2, width), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(
                np.vstack([luma, chroma.reshape(height // 2, width)]), format="yuv420p"
            )
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_production(folder: Path, frames: int, many: int, *, size: tuple[int, int] = (1920, 1080)) -> None:
    """A production with a shot `step` of this size and a long shot `long`, with a face in every frame."""
    Production.create(folder, "Bench")
    movies = folder.parent
    plates = {
        "step": ingest(write_movie(movies / "step.mp4", frames, *size)),
        "long": ingest(write_movie(movies / "long.mp4", many, 640, 360)),
    }
    with Production.open(folder) as production:
        person = production.add_person("Rowan").id
        for name, plate in plates.items():
            target = folder / "shots" / name / "faces.safetensors"
            target.parent.mkdir(parents=True, exist_ok=True)
            span = FrameRange(plate.first_frame, plate.first_frame + plate.last_index)
            save_faces(drawn_faces({0: span}), target)
            production.add_shot(
                Shot(
                    id=name,
                    name=name,
                    person_id=person,
                    role="plate",
                    plate=plate,
                    faces=production.relative(target),
                    faces_sha256=sha256_of(target),
                )
            )


@contextmanager
def review_room(folder: Path) -> Iterator[str]:
    """A running `understudy review` on one production; gives the link that lets a browser in."""
    command = [
        sys.executable,
        "-m",
        "understudy",
        "--json",
        "review",
        str(folder),
        "--no-browser",
        "--name",
        "Ada",
    ]
    environment = {**os.environ, "UNDERSTUDY_STATE": str(folder.parent / "state")}
    places = ["--home", str(folder.parent / "home"), "--address", "127.0.0.1:0"]
    with subprocess.Popen([*command, *places], stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["link"]
        finally:
            process.terminate()
            process.wait(30)
            if (server := folder / "server.json").exists():
                os.kill(json.loads(server.read_text())["pid"], signal.SIGTERM)


class Room:
    """Fresh browsers that were let into the room; the link lets only the first one in."""

    def __init__(self, chromium: Any, link: str, size: tuple[int, int]) -> None:
        self._chromium, self._link, self._size = chromium, link, size
        self._entered: Any = None

    @contextmanager
    def page(self, shot: str) -> Iterator[Any]:
        """A browser of its own that looks at a shot."""
        browser = self._chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        viewport = {"width": self._size[0], "height": self._size[1]}
        context = browser.new_context(viewport=viewport, storage_state=self._entered)
        page = context.new_page()
        page.add_init_script(measuring(1920, 1080))
        if self._entered is None:
            page.goto(self._link)
            page.wait_for_timeout(2500)  # the production's server starts
            self._entered = context.storage_state()
        page.goto(f"{self._link.partition('/enter')[0]}/p/bench/shots/{shot}")
        wait_for_picture(page)
        page.wait_for_timeout(2000)
        yield page
        browser.close()


def pss_mib(program: str = "chromium") -> float:
    """Proportional set size of Chromium's processes that this one started, directly or not."""
    parents: dict[int, int] = {}
    sizes: dict[int, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if program in (process / "cmdline").read_text():
                rollup = (process / "smaps_rollup").read_text()
                sizes[int(process.name)] = int(rollup.split("Pss:")[1].split()[0]) / 1024
        except (OSError, IndexError):
            continue  # it ended while we looked
    return sum(size for pid, size in sizes.items() if _is_ours(pid, parents))


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False


def wait_for_picture(page: Any, count: int = 0) -> None:
    """Until more than so many pictures were shown. The page's policy allows no polling of expressions."""
    page.evaluate(
        """count => new Promise((done) => {
          const look = () => (window.measured.length > count ? done() : setTimeout(look, 5));
          look();
        })""",
        count,
    )


def press(page: Any, key: str, rest_ms: int) -> dict[str, float]:
    """One key; what was measured of the frame that it brought, once that is on the screen."""
    before = page.evaluate("measured.length")
    page.keyboard.press(key)
    wait_for_picture(page, before)
    page.wait_for_timeout(rest_ms)
    step = page.evaluate("measured.at(-1)")
    assert step["frame"] == step["number"], f"frame {step['frame']} shows the picture of {step['number']}"
    return dict(step)


def steps(page: Any, label: str, key: str, count: int, *, rest_ms: int = 120) -> None:
    measured = [press(page, key, rest_ms) for _ in range(count)]
    drawn, called, fetched = (
        sorted(step[name] for step in measured) for name in ("drawn", "called", "fetched")
    )
    figures = [statistics.median(drawn), drawn[int(0.95 * (count - 1))], statistics.median(called)]
    figures.append(statistics.median(fetched))
    print(f"| {label} | {' | '.join(f'{figure:.1f}' for figure in figures)} | {count} of {count} |")


def measure_steps(page: Any, count: int) -> None:
    print("| one 1080p frame, ms | drawn median | p95 | draw call | fetched | right frame |")
    print("|---|---|---|---|---|---|")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)
    steps(page, "on, read ahead", "ArrowRight", count)
    steps(page, "back, seen before", "ArrowLeft", count)
    for label, key, middle in (("on, uncached", "ArrowRight", 100), ("back, uncached", "ArrowLeft", 200)):
        page.evaluate("heldOff = true")
        for _ in range(middle // 10):
            press(page, "Shift+ArrowRight", 0)
        steps(page, label, key, count)
        page.evaluate("heldOff = false")


def measure_memory(page: Any, frames: int) -> None:
    page.wait_for_timeout(3000)
    before = pss_mib()
    for _ in range(frames):
        press(page, "ArrowRight", 0)
    page.wait_for_timeout(2000)
    print(f"\n{frames} cached 1080p frames: Chromium grew from {before:.0f} to {pss_mib():.0f} MiB")


def measure_long(page: Any, count: int) -> None:
    opened, address = [], page.url
    for _ in range(3):
        page.goto("about:blank")
        page.goto(address)
        wait_for_picture(page)
        page.wait_for_selector(".thumb-picture", timeout=30_000)
        opened.append((page.evaluate("measured[0].at"), page.evaluate("performance.now()")))
    first, strip = (statistics.median(column) / 1000 for column in zip(*opened, strict=True))
    print(
        f"\na shot of {count} frames: its first frame after {first:.2f} s, its filmstrip after {strip:.2f} s"
    )
    page.wait_for_timeout(1500)
    gaps = page.evaluate(
        """() => new Promise((done) => {
          const strip = document.querySelector(".filmstrip"), gaps = [];
          let before = performance.now();
          const tick = (now) => {
            gaps.push(now - before);
            before = now;
            strip.scrollLeft += 240;
            if (gaps.length < 120) requestAnimationFrame(tick);
            else done(gaps.slice(1).sort((a, b) => a - b));
          };
          requestAnimationFrame(tick);
        })"""
    )
    late = gaps[int(0.95 * len(gaps))]
    print(f"scrolling its filmstrip: {statistics.median(gaps):.1f} ms between pictures, p95 {late:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=420, help="of the 1080p shot")
    parser.add_argument("--many", type=int, default=10_000, help="of the long shot")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--cached", type=int, default=300, help="frames whose memory is measured")
    parser.add_argument("--size", default="1600x900", help="of the window")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    width, height = (int(text) for text in asked.size.split("x"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bench"
        started = time.perf_counter()
        make_production(folder, asked.frames, asked.many)
        print(f"made the plates in {time.perf_counter() - started:.0f} s")
        with review_room(folder) as link, sync_playwright() as running:
            room = Room(running.chromium, link, (width, height))
            with room.page("step") as page:
                measure_steps(page, asked.steps)
            with room.page("step") as page:
                measure_memory(page, asked.cached)
            with room.page("long") as page:
                measure_long(page, asked.many)


if __name__ == "__main__":
    main()
