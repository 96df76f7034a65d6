"""How soon a frame can be looked at: next, previous and far frames of 1080p plates and takes.

    python -m tests.bench.bench_pictures [--steps 40]

Movies are drawn for it: H.264 with groups of 48 and of 150 pictures, and ProRes. `next` and `previous` are
steps 40 ms apart, as a held key makes them, so that working ahead shows; `step` is one step forward, 40 ms
after a jump, so that no picture was made ahead; `far` are the jumps themselves. Once as functions, once
through a server in a process of its own.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.video.stream import VideoStream
from tests.media_samples import sample_layers
from tests.rendered_takes import add_take
from tests.running_backend import RunningBackend

from understudy.domain.frame import Rect
from understudy.domain.identifiers import new_id
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.shot import Plate, Shot
from understudy.domain.summary import Layer
from understudy.media.frame_desk import FrameDesk, View
from understudy.media.layers import layers_path, write_layers
from understudy.media.probe import probe
from understudy.store.production import Production

FILMS: dict[str, tuple[str, dict[str, str], str, int]] = {
    "H.264, groups of 48": ("libx264", {"g": "48", "bf": "3", "crf": "18"}, "yuv420p", 150),
    "H.264, groups of 150": ("libx264", {"g": "150", "bf": "3", "crf": "18"}, "yuv420p", 150),
    "ProRes 422 HQ": ("prores_ks", {"profile": "3"}, "yuv422p10le", 120),
}
FACE = Rect(700, 260, 500, 520)
PAUSE_S = 0.04


class Look(Protocol):
    """Asks for one picture."""

    def __call__(self, frame: int, layer: Layer, width: int) -> object: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "production"
        shots = _make(folder, Path(scratch))
        print("milliseconds a picture: median and worst")
        for name, (shot, take) in shots.items():
            desk = FrameDesk()
            _measure(f"{name}, without a server", shot.plate, _at_desk(desk, shot, take), arguments.steps)
            desk.close()
        backend = RunningBackend.start(folder)
        try:
            for name, (shot, take) in shots.items():
                look = _through(backend, shot, take.name)
                _measure(f"{name}, through gRPC", shot.plate, look, arguments.steps)
                _measure_strips(backend, shot)
        finally:
            backend.stop()


def _at_desk(desk: FrameDesk, shot: Shot, take: Path) -> Look:
    view = View(plate=shot.plate)

    def look(frame: int, layer: Layer, width: int) -> object:
        folder = None if layer is Layer.PLATE else take
        return desk.picture(replace(view, take=folder, layer=layer, max_width_px=width), frame)

    return look


def _through(backend: RunningBackend, shot: Shot, take_id: str) -> Look:
    def look(frame: int, layer: Layer, width: int) -> object:
        source = {"shot_id": shot.id} if layer is Layer.PLATE else {"take_id": take_id}
        return backend.client.frame_picture(**source, frame=frame, layer=layer, max_width_px=width)

    return look


def _measure(title: str, plate: Plate, look: Look, steps: int) -> None:
    print(title)
    first, last = plate.frames.first, plate.frames.last
    many = min(steps, (last - first) // 4)
    began = time.perf_counter()
    look(first, Layer.PLATE, 0)
    print(f"    opening the shot {1000 * (time.perf_counter() - began):.0f}")
    forth = list(range(first + 1, first + 1 + many))
    back = list(range(last, last - many, -1))
    between = list(range(first + many + 10, last - many - 10, 3))  # nobody comes there otherwise
    random.Random(5).shuffle(between)
    for layer, width in (
        (Layer.PLATE, 0), (Layer.PLATE, 960), (Layer.REPLACED, 0), (Layer.MATTE, 0), (Layer.OVERLAY, 0),
    ):  # fmt: skip
        look_here = partial(look, layer=layer, width=width)
        told = [f"next {_told(_steps(look_here, forth))}", f"previous {_told(_steps(look_here, back))}"]
        if layer in (Layer.PLATE, Layer.REPLACED):
            part = 2 if layer is Layer.REPLACED else int(width > 0)
            far, step = _jumps(look_here, between[part::3])
            told += [f"step {_told(step)}", f"far {_told(far)}"]
        print(f"    {layer} {width or plate.width:4}: " + "   ".join(told))


def _steps(look: Callable[[int], object], frames: Sequence[int]) -> list[float]:
    return [_timed(look, frame) for frame in frames]


def _jumps(look: Callable[[int], object], frames: Sequence[int]) -> tuple[list[float], list[float]]:
    """Times of the jumps, and of one step forward after each."""
    both = [(_timed(look, frame), _timed(look, frame + 1)) for frame in frames]
    return [jump for jump, _ in both], [step for _, step in both]


def _timed(look: Callable[[int], object], frame: int) -> float:
    began = time.perf_counter()
    look(frame)
    taken = 1000 * (time.perf_counter() - began)
    time.sleep(PAUSE_S)
    return taken


def _told(taken: list[float]) -> str:
    return f"{statistics.median(taken):5.1f} {max(taken):6.1f}"


def _measure_strips(backend: RunningBackend, shot: Shot) -> None:
    frames = list(shot.plate.frames)[::37]
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        backend.client.strip(shot_id=shot.id, frames=frames, height_px=64)
        taken.append(1000 * (time.perf_counter() - began))
    print(
        f"    a strip of every 37th of {len(shot.plate.frames)} frames: {taken[0]:.0f}, again {taken[1]:.0f}"
    )


def _make(folder: Path, scratch: Path) -> dict[str, tuple[Shot, Path]]:
    """A production with a shot and a rendered take of each film."""
    Production.create(folder, "bench")
    found = {}
    with Production.open(folder) as production:
        person = production.add_person("performer")
        consent = Consent(
            id=new_id(), person_id=person.id, production_id=production.production_id, basis=Basis.SYNTHETIC,
            uses=frozenset({Use.REPLACE}), valid_from=date(2020, 1, 1), valid_to=date(2090, 1, 1),
            description="Drawn.",
        )  # fmt: skip
        production.add_consent(consent)
        for number, name in enumerate(FILMS):
            plate = _film(scratch / f"film{number}.mov", name)
            shot = Shot(id=new_id(), name=f"s{number}", person_id=person.id, role="plate", plate=plate)
            production.add_shot(shot)
            take = add_take(production, shot, consent.id)
            for frame in plate.frames:
                write_layers(
                    sample_layers(frame, FACE),
                    layers_path(production.path(take.path), frame),
                    display_window=plate.display_window,
                    settings_sha256=f"{frame:064}",
                    people=(person.id,),
                )
            found[name] = shot, production.path(take.path)
    return found


def _film(path: Path, name: str) -> Plate:
    """A soft picture that moves, with grain."""
    codec, options, pixel_format, count = FILMS[name]
    rng = np.random.default_rng(1)
    grain = rng.normal(0, 2.0, (1200, 2040)).astype(np.float32)
    across, down = np.meshgrid(np.arange(1920) / 90, np.arange(1080) / 70)
    with av.open(str(path), "w") as container:
        options = options if codec != "libx264" else {**options, "preset": "veryfast"}
        stream = cast(VideoStream, container.add_stream(codec, rate=Fraction(24), options=options))
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, pixel_format
        for index in range(count):
            x, y = (37 * index) % 120, (53 * index) % 120
            picture = 120 + 50 * np.sin(across + index / 9) * np.cos(down - index / 13)
            grey = np.clip(picture + grain[y : y + 1080, x : x + 1920], 16, 235).astype(np.uint8)
            rgb = np.stack([grey, np.roll(grey, 3, axis=1), grey[::-1]], axis=2)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return probe(path)


if __name__ == "__main__":
    main()
