"""Pictures of faces that are made beforehand, and when they are not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.test_curating import found_in

from understudy.demo.tiny_shot import TinyShot
from understudy.demo.truth import truth_path
from understudy.domain.errors import UnreadableMedia
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.face_shelf import FaceShelf, FoundFaces
from understudy.stages.ingest import ingest


@pytest.fixture
def found(tiny_shot: TinyShot, tmp_path: Path) -> FoundFaces:
    """A copy of the footage that may be taken away."""
    movie = tmp_path / tiny_shot.donor_learn.name
    movie.write_bytes(tiny_shot.donor_learn.read_bytes())
    truth_path(movie).write_bytes(truth_path(tiny_shot.donor_learn).read_bytes())
    return FoundFaces(ingest(movie), sha256_of(movie), found_in(movie, 2))


@pytest.fixture
def shelf() -> Iterator[FaceShelf]:
    made = FaceShelf()
    yield made
    made.forget()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_the_others_of_a_shot_are_made_while_somebody_looks(shelf: FaceShelf, found: FoundFaces) -> None:
    first = shelf.pictures(found, [5, 3], 64)
    assert sorted(first) == [3, 5] and first[3].shape == (64, 64, 3)
    wait_for(lambda: len(shelf) == 24)
    Path(found.plate.path).unlink()
    rest = shelf.pictures(found, range(24), 64)
    assert np.array_equal(rest[5], first[5]) and len({picture.tobytes() for picture in rest.values()}) == 24
    with pytest.raises(UnreadableMedia):
        shelf.pictures(found, [1], 65)


def test_sizes_do_not_stand_in_for_each_other(shelf: FaceShelf, found: FoundFaces) -> None:
    assert shelf.pictures(found, [0], 32)[0].shape == (32, 32, 3)
    assert shelf.pictures(found, [0], 48)[0].shape == (48, 48, 3)
    wait_for(lambda: len(shelf) == 48)


def test_nothing_is_made_once_nobody_looks_any_more(found: FoundFaces) -> None:
    shelf = FaceShelf(idle_s=0.0)
    shelf.pictures(found, [7], 64)
    wait_for(lambda: not any(thread.name == "faces" for thread in threading.enumerate()))
    assert len(shelf) < 24
    shelf.pictures(found, [9], 64)  # and it can be woken
    wait_for(lambda: shelf._thread is None)
    shelf.forget()


def test_the_shelf_is_bounded_and_what_is_ahead_takes_a_part_of_it(found: FoundFaces) -> None:
    whole = FaceShelf()
    whole.pictures(found, range(24), 64)
    one = max(len(coded) for _, coded in whole._shelf.items())
    small = FaceShelf(most_bytes=6 * one)
    small.pictures(found, [0], 64)
    wait_for(lambda: small._thread is None)
    assert 2 <= len(small) <= 8
    assert len(small.pictures(found, range(24), 64)) == 24  # what does not fit is made all the same
    for shelf in (whole, small):
        shelf.forget()


def test_what_is_forgotten_does_not_come_back(shelf: FaceShelf, found: FoundFaces) -> None:
    threads = [threading.Thread(target=shelf.pictures, args=(found, range(24), size)) for size in (64, 80)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(shelf) > 0)
    shelf.forget()
    for thread in threads:
        thread.join()
    time.sleep(0.05)
    assert len(shelf) == 0 and not any(thread.name == "faces" for thread in threading.enumerate())


def test_a_program_may_end_while_pictures_are_made(found: FoundFaces, tmp_path: Path) -> None:
    save_faces(found.faces, tmp_path / "faces.safetensors")
    program = (
        "import sys; from pathlib import Path\n"
        "from understudy.domain.face import load_faces\n"
        "from understudy.face_shelf import FaceShelf, FoundFaces\n"
        "from understudy.stages.ingest import ingest\n"
        "found = FoundFaces(ingest(Path(sys.argv[1])), 'a', load_faces(Path(sys.argv[2])))\n"
        "print(len(FaceShelf().pictures(found, [3], 256)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, found.plate.path, tmp_path / "faces.safetensors"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"1", b"")
