"""How soon an artist sees the effect of an edit, through a real server.

    python -m tests.bench.bench_preview [PRODUCTION]

PRODUCTION (default demo/out, as `make demo` leaves it) is copied first; its newest plate and model are used.
A round adds one edit and asks for the frame in hand: `edit` is the adding, `look` the picture, both as a
client sees them. With --hd the plate is enlarged to 1920x1080 first, and extracted again.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.running_backend import RunningBackend

from understudy.domain.edit import Action, KeyShape, Mode, MoveLandmarks, PaintStroke, SmoothAlignments
from understudy.domain.job_spec import ExtractSpec, IngestSpec
from understudy.domain.preview import PreviewRequest
from understudy.domain.shot import Shot
from understudy.domain.summary import Layer

ROOT = Path(__file__).resolve().parent.parent.parent
_SESSION = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("production", type=Path, nargs="?", default=ROOT / "demo" / "out")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--hd", action="store_true", help="Enlarge the plate to 1920x1080.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "production"
        shutil.copytree(arguments.production, folder)
        backend = RunningBackend.start(folder)
        try:
            shot = next(shot for shot in reversed(backend.client.shots()) if shot.role == "plate")
            if arguments.hd:
                shot = _enlarged(backend, shot, Path(scratch))
            _measure(backend, shot, arguments.rounds)
        finally:
            backend.stop()


def _enlarged(backend: RunningBackend, shot: Shot, scratch: Path) -> Shot:
    target = scratch / "hd.mov"
    with av.open(shot.plate.path) as source, av.open(str(target), "w") as movie:
        stream = movie.add_stream("prores_ks", rate=Fraction(shot.plate.rate), options={"profile": "3"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv422p10le"
        for frame in source.decode(video=0):
            movie.mux(stream.encode(frame.reformat(1920, 1080, "yuv422p10le", interpolation="BICUBIC")))
        movie.mux(stream.encode(None))
    ingested = backend.do(IngestSpec(path=str(target), name="hd", person_id=shot.person_id))
    backend.do(ExtractSpec(shot_id=str(ingested.result["shot_id"])))
    return backend.client.shot(str(ingested.result["shot_id"]))


def _measure(backend: RunningBackend, shot: Shot, rounds: int) -> None:
    client = backend.client
    model = client.models()[-1].id
    frame = shot.plate.first_frame + len(shot.plate.frames) // 2
    client.add_edits(shot.id, [SmoothAlignments()], author="bench", seen_revision=0)
    size = f"{shot.plate.width}x{shot.plate.height}"
    print(f"{size}, frame {frame}, {rounds} rounds, milliseconds (median, worst)")
    for name, layer, drawn_by in (
        ("plate", Layer.PLATE, ""),
        ("crop", Layer.CROP, ""),
        ("matte in false colour", Layer.OVERLAY, ""),
        ("replaced, with the network", Layer.REPLACED, model),
    ):
        request = PreviewRequest(
            session=_SESSION, shot_id=shot.id, frame=frame, layer=layer, model_id=drawn_by, max_width_px=1280
        )
        for _ in range(2):
            client.preview_frame(request)  # warm
        edits, looks = [], []
        for number in range(rounds):
            revision = client.edits(shot.id).revision
            began = time.perf_counter()
            client.add_edits(shot.id, [_edit(shot, frame, number)], author="bench", seen_revision=revision)
            between = time.perf_counter()
            client.preview_frame(request)
            edits.append(1000 * (between - began))
            looks.append(1000 * (time.perf_counter() - between))
        both = [edit + look for edit, look in zip(edits, looks, strict=True)]
        print(f"{name:28} edit {_told(edits)}   look {_told(looks)}   both {_told(both)}")


def _edit(shot: Shot, frame: int, number: int) -> Action:
    """Strokes, a shape and landmark keys in turn."""
    x, y = shot.plate.width / 2 + number, shot.plate.height / 2
    if number % 3 == 0:
        path = np.stack([np.linspace(x, x + 60, 30), y + 8 * np.sin(np.arange(30))], axis=1)
        points = tuple(float(v) for v in path.ravel())
        return PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=points, radius_px=12)
    if number % 3 == 1:
        square = (x, y, x + 40, y, x + 40, y + 40, x, y + 40)
        return KeyShape(shape="hand", frame=frame, mode=Mode.EXCLUDE, points=square)
    return MoveLandmarks(track=0, frame=frame, points=(61, 291), to=(x, y, x + 40, y))


def _told(values: list[float]) -> str:
    return f"{statistics.median(values):6.1f} {max(values):6.1f}"


if __name__ == "__main__":
    main()
