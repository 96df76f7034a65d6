"""A delivery in layers for Nuke: its parts as files of their own, and the script text that wires them."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media_samples import HD, sample_layers
from tests.needed import program

from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.exr_frame import ExrDelivery, write_exr_frame
from understudy.media.layers import FaceLayers, no_face_layers
from understudy_bridge.hosts.nuke.__main__ import main
from understudy_bridge.hosts.nuke.exr_parts import BadLayers, read_parts, write_part
from understudy_bridge.hosts.nuke.layered import layers_beside, split
from understudy_bridge.hosts.nuke.script import Composite, FaceLayer, Layer, composite_text, word

PLATE = Plate(
    path="plate.mov", sha256="0" * 64, width=192, height=108, rate=Fraction(24), file_frames=50,
    first_index=2, last_index=40, colour=HD, start_timecode="01:00:00:00", reel="A001C002",
    pixel_aspect=Fraction(1),
)  # fmt: skip
RECT = Rect(40, 30, 48, 52)


def delivered(folder: Path, compression: str = "zip", without: frozenset[int] = frozenset()) -> Path:
    """Layered frames 1003 to 1006 in `folder`/exr; some of them without a face."""
    folder = folder / "exr"
    delivery = ExrDelivery(plate=PLATE, people=("p1",), compression=compression, settings_sha256="abc")
    rng = np.random.default_rng(3)
    for frame in range(1003, 1007):
        beauty = rng.random((108, 192, 3)).astype(np.float16)
        layers = no_face_layers(frame) if frame in without else with_face(frame)
        write_exr_frame(folder / f"sh010.{frame}.exr", beauty, layers, delivery)
    return folder


def with_face(frame: int) -> FaceLayers:
    faces = sample_layers(frame, RECT).faces
    replaced = np.random.default_rng(frame).random((RECT.height, RECT.width, 4)).astype(np.float16)
    return FaceLayers(
        frame=frame, rect=RECT, replaced_HW4=replaced, matte_HW=replaced[..., 3].copy(), faces=faces
    )


@pytest.mark.parametrize("compression", ["zip", "zips", "piz", "dwaa", "none"])
def test_every_part_becomes_a_file_with_the_very_pixels(tmp_path: Path, compression: str) -> None:
    folder = delivered(tmp_path, compression)
    split(folder.as_posix())
    for frame in (1003, 1006):
        with OpenEXR.File(str(folder / f"sh010.{frame}.exr")) as whole:
            for part in whole.parts:
                name = part.header["name"].replace(".", "_")
                target = tmp_path / "parts" / name / f"sh010.{name}.{frame}.exr"
                with OpenEXR.File(str(target)) as alone:
                    assert len(alone.parts) == 1
                    header = alone.header()
                    for key in ("dataWindow", "displayWindow"):
                        assert np.array_equal(header[key], part.header[key])
                    assert header["understudyPeople"] == "p1"
                    assert header["compression"] == part.header["compression"]
                    assert set(alone.channels()) == set(part.channels)
                    for key, channel in part.channels.items():
                        assert np.array_equal(alone.channels()[key].pixels, channel.pixels)


def test_what_is_there_is_not_written_again_and_what_is_new_is(tmp_path: Path) -> None:
    folder = delivered(tmp_path)
    split(folder.as_posix())
    kept = tmp_path / "parts" / "matte" / "sh010.matte.1004.exr"
    kept.write_bytes(b"as it was")
    split(folder.as_posix())
    assert kept.read_bytes() == b"as it was"
    frame = folder / "sh010.1004.exr"
    frame.write_bytes(frame.read_bytes())
    os.utime(frame, ns=(kept.stat().st_atime_ns, kept.stat().st_mtime_ns + 1))
    split(folder.as_posix())
    with OpenEXR.File(str(kept)) as file:
        assert list(file.channels()) == ["A"]
    assert not [one for one in (tmp_path / "parts").rglob(".*")]


def test_the_work_can_be_stopped_and_says_how_far_it_is(tmp_path: Path) -> None:
    folder = delivered(tmp_path)
    heard: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        heard.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        split(folder.as_posix(), told=stop)
    assert heard == [(0, 4), (1, 4), (2, 4)]
    assert len(list((tmp_path / "parts" / "beauty").iterdir())) == 2


def test_frames_without_the_face_leave_holes(tmp_path: Path) -> None:
    take = split(delivered(tmp_path, without=frozenset({1003, 1005})).as_posix())
    assert (take.beauty.first, take.beauty.last) == (1003, 1006)
    (face,) = take.faces
    assert (face.raw.first, face.raw.last) == (1004, 1006)
    assert sorted(face.corners) == [1004, 1006]


def test_the_pin_is_where_the_network_looked(tmp_path: Path) -> None:
    """The square's corners on the plate, by the map: S and T are 0 or 1 there."""
    folder = delivered(tmp_path)
    (face,) = split(folder.as_posix()).faces
    matrix = np.vstack([with_face(1003).faces[0].matrix_23, [0, 0, 1]])
    size = with_face(1003).faces[0].raw_SS3.shape[0]
    assert face.box == (0, 108 - size, size, 108)
    for (x, y), wanted in zip(face.corners[1003], [(0, size), (size, size), (size, 0), (0, 0)], strict=True):
        assert (matrix @ [x, 108 - y, 1])[:2] == pytest.approx(wanted, abs=1e-3)


def test_the_layers_of_a_take_are_found_beside_its_movie(tmp_path: Path) -> None:
    assert layers_beside((tmp_path / "sh010.mov").as_posix()) == ""
    folder = delivered(tmp_path).as_posix()
    assert layers_beside((tmp_path / "sh010.mov").as_posix()) == folder
    assert layers_beside((tmp_path / "frames" / "sh010.####.exr").as_posix()) == folder
    assert layers_beside((tmp_path / "exr" / "sh010.####.exr").as_posix()) == folder


def test_what_is_no_layered_frame_is_refused(tmp_path: Path) -> None:
    frame = delivered(tmp_path) / "sh010.1003.exr"
    alone = tmp_path / "alone.exr"
    assert write_part(frame.as_posix(), "matte", alone.as_posix())
    assert not write_part(frame.as_posix(), "no such part", (tmp_path / "none.exr").as_posix())
    with pytest.raises(BadLayers, match="not in layers"):
        read_parts(alone.as_posix())
    with pytest.raises(BadLayers, match="no numbered"):
        split(tmp_path.as_posix())
    (tmp_path / "text.exr").write_text("no picture")
    with pytest.raises(BadLayers, match="no EXR"):
        read_parts((tmp_path / "text.exr").as_posix())


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_spoilt_frames_are_refused_and_nothing_else_happens(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "spoilt"
    frame = folder / "exr" / "sh010.1003.exr"
    if not frame.exists():
        delivered(folder)
    spoilt, target = folder / "spoilt.exr", folder / "out" / "spoilt.exr"
    whole = bytearray(frame.read_bytes())
    head = 6000  # headers and tables are where a spoilt number does harm
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, head))
        whole[at : at + 4] = struct.pack("<i", data.draw(st.sampled_from([-1, 0, 1, 1 << 30, -(1 << 31)])))
    spoilt.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    target.unlink(missing_ok=True)
    try:
        written = write_part(spoilt.as_posix(), "replaced", target.as_posix())
    except BadLayers:
        written = False
    assert target.exists() == written
    assert [one.name for one in target.parent.glob(".*")] == []


TAKE = Composite(
    title='sh 010 "é" [exit] $x',
    beauty=Layer("/d/parts/beauty/a.####.exr", 1003, 1006),
    replaced=Layer("/d/it's {here}/b.####.exr", 1003, 1006),
    matte=Layer("/d/c.####.exr", 1003, 1006),
    faces=tuple(
        FaceLayer(
            track=track,
            raw=Layer(f"/d/raw{track}.####.exr", 1004, 1006),
            st=Layer(f"/d/st{track}.####.exr", 1004, 1006),
            box=(0, 76, 32, 108),
            corners={1004: [(1, 2), (3, 4), (5, 6), (7.25, 8)], 1006: [(1, 2), (3, 4), (5, 6), (7, 8)]},
        )
        for track in (1, 12)
    ),
    shift=-1000,
    space="ACEScg",
)

READER = r"""
# Every node's class is an unknown command with one argument: its knobs, a list of names and values.
set stack {}; set nodes {}; set count 0
proc quoted {text} {
    set out ""
    foreach letter [split $text ""] {
        scan $letter %c code
        if {$letter eq "\"" || $letter eq "\\"} { append out "\\$letter" 
        } elseif {$code < 32 || $code > 126} { append out [format "\\u%04x" $code]
        } else { append out $letter }
    }
    return "\"$out\""
}
proc unknown {class knobs} {
    global stack nodes count
    set inputs 1; set said {}
    foreach {name value} $knobs {
        if {$name eq "inputs"} { set inputs $value }
        lappend said "\[[quoted $name], [quoted $value]\]"
    }
    set found {}
    for {set number 0} {$number < $inputs} {incr number} {
        lappend found [lindex $stack end]; set stack [lrange $stack 0 end-1]
    }
    set said [join $said ,]; set found [join $found ,]
    lappend nodes "{\"class\": [quoted $class], \"knobs\": \[$said\], \"inputs\": \[$found\]}"
    lappend stack $count; incr count
}
proc stack {number} { global stack; return [lindex $stack end-$number] }
proc version {args} {}
proc push {node} { global stack; lappend stack $node }
set stack {-1}
source [lindex $argv 0]
fconfigure stdout -encoding utf-8
puts "\[[join $nodes ,]\]"
"""


def pasted(text: str, folder: Path) -> list[dict[str, Any]]:
    """The nodes that Nuke's script language makes of a text, with what they hang below; -1 is the plate."""
    tclsh = program("tclsh", "TCL")
    (folder / "reader.tcl").write_text(READER, encoding="utf-8")
    (folder / "script.nk").write_text(text, encoding="utf-8")
    words = [tclsh, "-encoding", "utf-8", "reader.tcl", "script.nk"]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=True, timeout=60)
    nodes: list[dict[str, Any]] = json.loads(done.stdout)
    for node in nodes:
        node["knobs"] = {name: value for name, value in node["knobs"]}
    return nodes


def test_the_script_wires_the_layers_as_a_compositor_would(tmp_path: Path) -> None:
    nodes = pasted(composite_text(TAKE), tmp_path)
    by_name = {node["knobs"].get("name", ""): node for node in nodes}
    stem = "sh_010_exit_x"

    def below(name: str) -> list[str]:
        names = [node["knobs"]["name"] for node in nodes]
        return ["plate" if one == -1 else names[one] for one in by_name[name]["inputs"]]

    assert below(f"{stem}_plate") == ["plate"]
    assert below(f"{stem}_over") == [f"{stem}_plate", f"{stem}_premult"], "B is the plate, A the face"
    assert below(f"{stem}_premult") == [f"{stem}_replaced"]
    assert below(f"{stem}_matte_rgba") == [f"{stem}_matte"]
    for track in (1, 12):
        assert below(f"{stem}_{track}_stmap") == [f"{stem}_{track}_square", f"{stem}_{track}_st"]
        assert below(f"{stem}_{track}_square") == [f"{stem}_{track}_linear"]
        assert below(f"{stem}_{track}_linear") == [f"{stem}_{track}_raw"]
        assert below(f"{stem}_{track}_pin") == [f"{stem}_{track}_linear"]
    assert by_name[f"{stem}_over"]["class"] == "Merge2"
    assert by_name[stem]["knobs"]["label"] == 'Understudy: sh 010 "é" (exit) x', "labels are run"
    assert all(node["knobs"]["name"].isascii() for node in nodes)


def test_the_knobs_say_what_was_meant(tmp_path: Path) -> None:
    nodes = {node["knobs"]["name"]: node["knobs"] for node in pasted(composite_text(TAKE), tmp_path)}
    read = nodes["sh_010_exit_x_replaced"]
    assert read["file"] == "/d/it's {here}/b.%04d.exr"
    assert (read["first"], read["last"], read["frame_mode"], read["frame"]) == (
        "1003",
        "1006",
        "start at",
        "3",
    )
    assert nodes["sh_010_exit_x_1_st"]["raw"] == "true"
    assert nodes["sh_010_exit_x_1_raw"]["on_error"] == "black"
    pin = nodes["sh_010_exit_x_12_pin"]
    assert pin["to4"] == "{curve x4 7.25 x6 7} {curve x4 8 x6 8}"
    assert [pin[f"from{number}"] for number in (1, 2, 3, 4)] == ["0 76", "32 76", "32 108", "0 108"]
    assert nodes["sh_010_exit_x_1_square"]["box"] == "0 76 32 108"


def test_a_whole_script_brings_its_plate(tmp_path: Path) -> None:
    whole = replace(TAKE, plate=Layer("/p/plate.####.exr", 1001, 1010), faces=())
    nodes = pasted(composite_text(whole), tmp_path)
    reads = [node["knobs"]["file"] for node in nodes if node["class"] == "Read"]
    assert reads[0] == "/p/plate.%04d.exr" and len(reads) == 4
    assert all(-1 not in node["inputs"] for node in nodes)


WORDS = st.text(st.characters(max_codepoint=0xFFFF, codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(texts=st.lists(WORDS, min_size=20, max_size=20))
@settings(max_examples=4, deadline=None)
def test_any_text_is_one_word(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    script = "".join(f"Dot {{\n name {word(text)}\n}}\n" for text in texts)
    nodes = pasted(script, tmp_path_factory.getbasetemp())
    assert [node["knobs"]["name"] for node in nodes] == texts


def test_a_path_that_would_be_run_is_refused() -> None:
    with pytest.raises(ValueError, match="rename"):
        composite_text(replace(TAKE, matte=Layer("/d/[exit]/c.####.exr", 1, 2)))


def test_a_script_is_written_without_nuke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = delivered(tmp_path).as_posix()
    assert main([folder, "--plate", "/p/plate.####.exr", "--frames", "1001-1010"]) == 0
    nodes = pasted(capsys.readouterr().out, tmp_path)
    plate = next(node["knobs"] for node in nodes if node["class"] == "Read")
    assert (plate["first"], plate["last"], plate["frame"]) == ("1001", "1010", "1001")
    assert [node["class"] for node in nodes].count("Read") == 6
    for words in ([folder, "--plate", "/p/a.exr", "--frames", "9-1"], [tmp_path.as_posix()]):
        assert main(words) == 1
    said = capsys.readouterr()
    assert said.out == "" and "no range" in said.err and "no numbered EXR" in said.err
