"""How quickly a frame's matte is made: what an artist waits for after a stroke.

    python -m tests.bench.bench_matte
    python -m tests.bench.bench_matte --size 3840x2160 --face 1000

A synthetic face of `--face` px; ten strokes of eighty points, a feathered spline and a matte layer. Medians.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from tests.drawn_plates import mesh_in_plate

from understudy.config import ConvertConfig
from understudy.domain.edit import Curve, Mode
from understudy.domain.frame import Rect
from understudy.domain.solved import FramePlan, LayerUse, Shape, Stroke
from understudy.matte.drawing import keep_and_cut
from understudy.matte.edges import despill
from understudy.matte.frame_matte import frame_matte
from understudy.matte.layer import read_layer, write_layer_frame


def median_ms(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def strokes(rect: Rect, face_px: int, softness: float) -> tuple[Stroke, ...]:
    rng = np.random.default_rng(1)
    drawn = []
    for number in range(10):
        t = np.linspace(0, 3, 80) + number
        x = rect.x + rect.width * rng.uniform(0.3, 0.7) + 0.16 * face_px * np.cos(t)
        y = rect.y + rect.height * rng.uniform(0.3, 0.7) + 0.12 * face_px * np.sin(t)
        drawn.append(
            Stroke(
                mode=Mode.EXCLUDE if number % 2 else Mode.INCLUDE,
                points=tuple(np.stack([x, y], 1).ravel()),
                radius_px=0.036 * face_px,
                softness=softness,
            )
        )
    return tuple(drawn)


def spline(rect: Rect) -> Shape:
    corners = np.array([[0.3, 0.4], [0.6, 0.3], [0.8, 0.5], [0.6, 0.8], [0.35, 0.7]])
    points = corners * [rect.width, rect.height] + [rect.x, rect.y]
    return Shape(
        name="hand",
        mode=Mode.EXCLUDE,
        points=tuple(points.ravel()),
        curve=Curve.SPLINE,
        feather_px=6,
        keyed=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--face", type=int, default=400, help="height of the face in pixels")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    width, height = (int(part) for part in options.size.split("x"))
    window, face_px = Rect(0, 0, width, height), options.face
    side = round(1.25 * face_px)
    rect = Rect((width - side) // 2, (height - side) // 2, side, side)
    face = mesh_in_plate((width / 2, height / 2), face_px)
    soft = strokes(rect, face_px, 0.5)
    plan = FramePlan(strokes=soft, shapes=(spline(rect),))
    config = ConvertConfig()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        _, cut = keep_and_cut(plan, rect)

        def write() -> None:
            write_layer_frame(folder, 1001, cut, rect, outside=0, display_window=window, people=())

        with_layer = FramePlan(
            expression="face - hand + keep - cut",
            strokes=soft,
            layers=(LayerUse(name="hand", layer_id="hand"),),
        )

        def whole(plan: FramePlan, where: Rect) -> Callable[[], object]:
            return lambda: (
                frame_matte(plan, [face], where, frame=1001, layers={"hand": folder}, config=config).matte_HW
            )

        opened = 1 - cut
        colour, plate = (np.random.default_rng(k).random((side, side, 3), np.float32) for k in (1, 2))
        rows: list[tuple[str, Callable[[], object]]] = [
            ("10 soft strokes", lambda: keep_and_cut(FramePlan(strokes=soft), rect)),
            ("10 hard strokes", lambda: keep_and_cut(FramePlan(strokes=strokes(rect, face_px, 0)), rect)),
            ("1 feathered spline", lambda: keep_and_cut(FramePlan(shapes=(spline(rect),)), rect)),
            ("hull alone", whole(FramePlan(), rect)),
            ("hull, strokes, spline", whole(plan, rect)),
            ("write a layer's frame", write),
            ("read a layer's frame", lambda: read_layer(folder, 1001, rect)),
            ("hull, strokes, layer", whole(with_layer, rect)),
            ("hull, strokes, spline on the whole plate", whole(plan, window)),
            ("despill", lambda: despill(colour, opened, opened, plate, 1.0)),
        ]
        print(f"{width}x{height}, face {face_px} px, rect {side}x{side}, {options.threads} thread(s)")
        for name, work in rows:
            print(f"{name:42} {median_ms(work, options.rounds):7.1f} ms")


if __name__ == "__main__":
    main()
