"""How long one waits for faces, their pictures and the coverage map: python -m tests.bench.bench_facesets

Faces by formula for the lists; the donor's demo footage enlarged to 1080p long-GOP H.264 for the pictures.
A real server and client on this machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.serving import TOKEN, running
from tests.test_curate import faces_at
from tests.test_curating import found_in
from tests.test_store import shot_of

from understudy.client import Client
from understudy.domain.edit import CurateFaces
from understudy.domain.face import ShotFaces, save_faces
from understudy.domain.facesets import FaceName
from understudy.domain.files import sha256_of
from understudy.domain.shot import Shot
from understudy.jobs.previewer import Previewer
from understudy.stages.ingest import ingest
from understudy.store.production import Production
from understudy.studio import Studio

ROOT = Path(__file__).resolve().parents[2]
FOOTAGE = ROOT / "demo" / "footage" / "mira_learn.mov"
ENLARGED = 3


def performance(count: int) -> ShotFaces:
    """Faces that change step by step in many ways, as in a performance; most are near-duplicates."""
    random = np.random.default_rng(1)
    faces = faces_at([(960 + 200 * np.sin(n / 37), 540.0) for n in range(count)], size_px=300)
    ways = np.cumsum(random.normal(0, 0.5, (count, 6)), axis=0)
    ways /= 1 + np.abs(ways) / 8
    shapes = random.normal(0, 1, (6, 478, 3)).astype(np.float32)
    landmarks = faces.landmarks_NK3
    for way, shape in zip(ways.T.astype(np.float32), shapes, strict=True):
        landmarks += way[:, None, None] * shape
    embedding = random.normal(0, 0.05, (count, 128)).astype(np.float32)
    embedding[:, 0] += 1
    return replace(
        faces,
        embedding_ND=embedding / np.linalg.norm(embedding, axis=1, keepdims=True),
        expression_NE=np.clip(ways @ random.normal(0, 0.03, (6, 52)) + 0.3, 0, 1).astype(np.float32),
        pose_N3=(ways[:, :3] * 5).astype(np.float32),
        sharpness=random.uniform(0.5, 1, count).astype(np.float32),
    )


def enlarged(target: Path) -> Path:
    """The demo footage in 1080p, a key frame every 250."""
    with av.open(str(FOOTAGE)) as source, av.open(str(target), "w") as movie:
        stream = movie.add_stream("libx264", Fraction(24), options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for frame in source.decode(video=0):
            big = frame.reformat(1920, 1080, "yuv420p")
            big.pts = None
            movie.mux(stream.encode(big))
        movie.mux(stream.encode(None))
    return target


def add_shot(production: Production, shot: Shot, faces: ShotFaces) -> None:
    production.add_shot(shot)
    target = production.folder / "shots" / shot.id / "faces.safetensors"
    save_faces(faces, target)
    production.set_shot_faces(shot.id, production.relative(target), sha256_of(target))


def timed(label: str, call: Callable[[], object]) -> None:
    start = time.perf_counter()
    call()
    print(f"{label:<52}{(time.perf_counter() - start) * 1000:8.0f} ms")


def lists(production: Production, client: Client, count: int) -> None:
    who = production.add_person(f"Of {count}")
    plate = replace(shot_of(who.id).plate, file_frames=count, first_index=0, last_index=count - 1)
    name = f"of{count}"
    add_shot(
        production,
        Shot(id=name, name=name, person_id=who.id, role="learn", plate=plate),
        performance(count),
    )
    timed(f"{count} faces listed, first time", lambda: client.person_faces(who.id))
    timed(f"{count} faces listed again", lambda: client.person_faces(who.id))
    drop = CurateFaces(track=0, frames="1101-1150", keep=False)
    timed("  dropping 50 of them", lambda: client.add_edits(name, [drop], author="A", seen_revision=0))
    timed("  listed after that", lambda: client.person_faces(who.id))
    timed("  against another person", lambda: client.coverage(who.id, "Mira"))


def pictures(client: Client, shot: str) -> None:
    for label, frames in (
        ("128 pictures of 96 px, one frame after the other", range(1001, 1129)),
        ("the same again", range(1001, 1129)),
        ("32 pictures of 96 px, every sixth frame", range(1001, 1192, 6)),
        ("32 pictures of 97 px, every sixth frame", range(1001, 1192, 6)),
    ):
        size = 97 if "97" in label else 96
        names = [FaceName(shot_id=shot, frame=frame, track=0) for frame in frames]
        timed(label, lambda names=names, size=size: client.face_pictures(names, size))  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, nargs="*", default=[2000, 20_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Production.create(Path(folder) / "film", "The Film")
        with Production.open(Path(folder) / "film") as production:
            mira = production.add_person("Mira")
            plate = ingest(enlarged(Path(folder) / "mira.mp4"))
            found = found_in(FOOTAGE, 2)
            found = replace(found, landmarks_NK3=found.landmarks_NK3 * ENLARGED)
            shot = Shot(id="mira", name="mira", person_id=mira.id, role="learn", plate=plate)
            add_shot(production, shot, found)
            previewer = Previewer(["true"], {}, log_file=Path(folder) / "previews.txt")
            studio = Studio(
                production, worker_command=lambda _: [], worker_environment={}, previewer=previewer
            )
            with running(studio) as server, Client(server.address, TOKEN) as client:
                for count in asked.faces:
                    lists(production, client, count)
                pictures(client, "mira")


if __name__ == "__main__":
    main()
