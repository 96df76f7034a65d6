"""One sound file of every kind that Understudy reads, with what reads it, and ways to spoil its bytes."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio
from tests.drawn_takes import SWAPPER
from tests.media_samples import sample_layers, write_movie_with_sound, write_numbered_movie
from tests.solved_faces import done, faces_of
from tests.tiny_onnx import write_colour_parser

from understudy.cli.edits import read_actions
from understudy.cli.job_verbs import read_settings
from understudy.config import TrainConfig, settings_from
from understudy.domain.edit import Mark, MarkFrames
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import load_faces, save_faces
from understudy.domain.frame import Rect
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.plain import from_json, to_json
from understudy.domain.server_file import ServerLocation, read_server_file, write_server_file
from understudy.domain.solved import load_solved, save_solved
from understudy.domain.time import FrameRange
from understudy.matte.face_parser import load_parser
from understudy.matte.layer import finish_layer, layer_index, layer_path, read_layer, write_layer_frame
from understudy.media.layers import layers_path, read_layers, write_layers
from understudy.media.sequence import channel_names, read_channel
from understudy.media.video import open_plate
from understudy.networks.checkpoint import load_swapper, save
from understudy.recipe import read_recipe
from understudy.solve import solve
from understudy.stages.ingest import ingest

RECT = Rect(0, 0, 48, 32)
SKIN_OR_NOT = ([[0.0, 0, 0], [80.0, 0, 0]], [0.0, -56.0])


@dataclass(frozen=True, slots=True)
class Kind:
    """How a sound file is made in a folder, what reads it, and whether it is text."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    is_text: bool = False
    is_slow: bool = False


# Text


def _recipe(folder: Path) -> Path:
    (folder / "a.mov").write_bytes(b"")
    target = folder / "recipe.toml"
    person = (
        'consent = { basis = "synthetic", uses = ["train"], description = "x", valid_to = 2030-01-01 }\n'
        'clips = [{ path = "a.mov", in = 0, out = 10 }]\n'
    )
    target.write_text(
        f'[production]\nfolder = "out"\nname = "Film"\n[people.a]\n{person}[people.b]\n{person}'
        '[shot]\npath = "a.mov"\nname = "sh010"\nfirst_frame = 1001\nperformer = "a"\ndonor = "b"\n'
        'frames = "1001-1010x2"\n[train]\npreset = "quick"\nminutes = 6.5\n[convert]\nstrength = 0.5\n'
        '[deliver]\nmovies = ["h264"]\nexr = true\n'
    )
    return target


def _settings(folder: Path) -> Path:
    target = folder / "train.toml"
    target.write_text('family = "quick"\nsize_px = 96\nbatch = 16\nminutes = 4.5\nlearning_rate = 1e-3\n')
    return target


def _consent(folder: Path) -> Path:
    consent = Consent(
        id="c1", person_id="p1", production_id="q1", basis=Basis.EVALUATION, uses=frozenset(Use),
        valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1), description="clips",
        footage=(("a" * 64, "CC-BY"),),
    )  # fmt: skip
    target = folder / "consent.json"
    target.write_text(to_json(consent))
    return target


def _edits(folder: Path) -> Path:
    stroke = {
        "kind": "paint_stroke",
        "frame": 1001,
        "mode": "exclude",
        "points": [1, 2, 3, 4],
        "radius_px": 5,
    }
    crop = {"kind": "place_crop", "track": 0, "frame": 1002, "centre_x": 1.5, "centre_y": 2, "side_px": 90,
            "angle_deg": 3}  # fmt: skip
    target = folder / "edits.json"
    target.write_text(json.dumps([stroke, crop]))
    return target


def _server_file(folder: Path) -> Path:
    write_server_file(folder, ServerLocation(address="127.0.0.1:1", token="t", pid=1, certificate=""))
    return folder / "server.json"


def _layer_index(folder: Path) -> Path:
    _layer(folder)
    finish_layer(folder, [1001], origin="propagate", people=["p1"])
    return folder / "layer.json"


# Tensors


def _faces(folder: Path) -> Path:
    save_faces(faces_of({0: range(1001, 1005)}), folder / "faces.safetensors")
    return folder / "faces.safetensors"


def _solved(folder: Path) -> Path:
    entries: list[EditEntry] = done(MarkFrames(first=1001, last=1002, mark=Mark.APPROVED, note="good"))
    solved = solve(faces_of({0: range(1001, 1005)}), entries, frames=FrameRange(1001, 1004))
    save_solved(solved, folder / "solved.safetensors")
    return folder / "solved.safetensors"


def _checkpoint(folder: Path) -> Path:
    weights = {f"model/{name}": tensor for name, tensor in SWAPPER.model.state_dict().items()}
    save(folder / "model.safetensors", SWAPPER.card, weights)
    return folder / "model.safetensors"


def _parser(folder: Path) -> Path:
    return write_colour_parser(folder / "parser.onnx", *SKIN_OR_NOT)


def _load_checkpoint(path: Path) -> object:
    return load_swapper(path, SWAPPER.device)


# Pictures


def _layers(folder: Path) -> Path:
    target = layers_path(folder, 1001)
    write_layers(sample_layers(1001, RECT), target, display_window=RECT, settings_sha256="a", people=("p1",))
    return target


def _layer(folder: Path) -> Path:
    matte = np.linspace(0, 1, RECT.width * RECT.height, dtype=np.float32).reshape(RECT.height, RECT.width)
    write_layer_frame(folder, 1001, matte, RECT, outside=0.0, display_window=RECT, people=["p1"])
    return layer_path(folder, 1001)


def _read_matte_layer(path: Path) -> object:
    return read_layer(path.parent, 1001, RECT)


def _read_matte_picture(path: Path) -> object:
    return [read_channel(path, name, (RECT.width, RECT.height)) for name in channel_names(path)]


def _exr(folder: Path) -> Path:
    pixels = np.random.default_rng(1).random((RECT.height, RECT.width, 3)).astype(np.float16)
    header: dict[str, object] = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"RGB": pixels}) as file:
        file.write(str(folder / "plate.1001.exr"))
    return folder / "plate.1001.exr"


def _plain(name: str, kind: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        target = folder / f"plate.1001.{name}"
        spec = oiio.ImageSpec(RECT.width, RECT.height, 3, kind)
        pixels = np.random.default_rng(1).integers(0, 255, (RECT.height, RECT.width, 3)).astype(kind)
        out = oiio.ImageOutput.create(str(target))
        assert out.open(str(target), spec) and out.write_image(pixels) and out.close()
        return target

    return make


# Movies


def _movie(folder: Path) -> Path:
    return write_numbered_movie(folder / "plate.mov", 6)


def _movie_with_sound(folder: Path) -> Path:
    return write_movie_with_sound(folder / "plate.mp4", 6)


def _ingest_and_read(path: Path) -> object:
    plate = ingest(path)
    return [shown.picture.rgb8().sum() for shown in open_plate(plate).frames(plate.frames)]


KINDS: dict[str, Kind] = {
    "recipe": Kind(_recipe, read_recipe, True),
    "settings": Kind(
        _settings, lambda path: settings_from(TrainConfig, read_settings(path, ()), where="train"), True
    ),
    "consent": Kind(_consent, lambda path: from_json(Consent, path.read_bytes()), True),
    "edits": Kind(_edits, read_actions, True),
    "server file": Kind(_server_file, lambda path: read_server_file(path.parent), True),
    "layer index": Kind(_layer_index, lambda path: layer_index(path.parent), True),
    "faces": Kind(_faces, load_faces),
    "solved shot": Kind(_solved, load_solved),
    "checkpoint": Kind(_checkpoint, _load_checkpoint, is_slow=True),
    "parser": Kind(_parser, lambda path: load_parser(path, (1,)), is_slow=True),
    "layers": Kind(_layers, read_layers),
    "matte layer": Kind(_layer, _read_matte_layer),
    "matte picture": Kind(_plain("png", "uint8"), _read_matte_picture),
    "EXR plate": Kind(_exr, _ingest_and_read),
    "DPX plate": Kind(_plain("dpx", "uint16"), _ingest_and_read),
    "TIFF plate": Kind(_plain("tif", "uint16"), _ingest_and_read),
    "PNG plate": Kind(_plain("png", "uint16"), _ingest_and_read),
    "movie": Kind(_movie, _ingest_and_read),
    "movie with sound": Kind(_movie_with_sound, _ingest_and_read),
}

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 60000, 10 * 2**30,
            2**62, 2**63 - 1, 2**64 - 1)  # fmt: skip
WORDS = (
    '"' + "A" * 70_000 + '"', "[" * 50_000, '{"a":' * 20_000, "1e999", "-1", "9" * 400, "nan", "null", "true",
    '"../../etc/passwd"', '"\\u0000"', "[]", "{}", '"\\ud800"', "2026-02-30", "0x", "'''", "# x\n",
)  # fmt: skip


def spoiled(data: bytes, seed: int, *, is_text: bool) -> bytes:
    """The file with something wrong: cut off, flipped, overwritten, spliced, or a value replaced."""
    chance = random.Random(seed)
    if not data:
        return data
    spoil = chance.choice(_TEXT if is_text and seed % 3 else _BYTES)
    return spoil(data, chance)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _flip(data: bytes, chance: random.Random) -> bytes:
    bad = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        bad[_place(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(bad)


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    """A whole number somewhere, mostly near the beginning where sizes are, becomes an extreme one."""
    bad, at = bytearray(data), _place(data, chance)
    width, order = chance.choice([(1, "B"), (2, "H"), (4, "I"), (8, "Q")])
    value = chance.choice(EXTREMES) % (1 << (8 * width))
    written = struct.pack(chance.choice("<>") + order, value)
    bad[at : at + width] = written
    return bytes(bad[: len(data)])


def _splice(data: bytes, chance: random.Random) -> bytes:
    first, second, third = sorted(chance.randrange(len(data) + 1) for _ in range(3))
    return data[:second] + data[first:third] + chance.randbytes(chance.choice([0, 1, 100])) + data[third:]


def _zeros(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes(min(len(data) - at, chance.choice([1, 16, 4096]))) + data[at + 4096 :]


def _replace_value(data: bytes, chance: random.Random) -> bytes:
    """Something between two separators becomes a hostile word."""
    ends = [i for i, byte in enumerate(data) if byte in b' ,:=[]{}\n"']
    first = chance.randrange(max(1, len(ends) - 1))
    start, end = ends[first] + 1, ends[min(first + chance.choice([1, 1, 2, 4]), len(ends) - 1)]
    return data[:start] + chance.choice(WORDS).encode() + data[max(start, end) :]


def _place(data: bytes, chance: random.Random) -> int:
    reach = chance.choice([64, 512, 4096, len(data)])
    return chance.randrange(min(reach, len(data)))


_BYTES = (_cut, _flip, _flip, _overwrite, _overwrite, _overwrite, _splice, _zeros)
_TEXT = (_cut, _replace_value, _replace_value, _replace_value, _splice)
