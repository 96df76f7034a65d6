"""Timeline files that are cut off, spoilt or made to do harm: a named error that says where."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from tests.bridge_timelines import fixed_timeline

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.interchange.edl import edl_of_text
from understudy_bridge.interchange.edl_write import edl_text
from understudy_bridge.interchange.fcp7_xml import fcp7_of_bytes, fcp7_text
from understudy_bridge.interchange.formats import read_timeline
from understudy_bridge.interchange.otio_file import otio_of_text, otio_text

RATE = Fraction(24)
EVENT = "001  A001     V     C        01:00:00:00 01:00:02:00 01:00:00:00 01:00:02:00\n"
HEAD = "TITLE: T\nFCM: NON-DROP FRAME\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + EVENT[:60], "line 3"),
        (HEAD + EVENT.replace("01:00:02:00", "01:00:02:24", 1), "line 3.*out of range"),
        (HEAD + EVENT.replace(" C  ", " D  "), "line 3.*length"),
        (HEAD + EVENT.replace(" C  ", " K  "), "line 3"),
        (HEAD + EVENT + "M2   A001  x\n", "line 4.*M2"),
        (HEAD + "M2   A001   024.0   01:00:00:00\n" + EVENT, "line 3.*before any event"),
        (HEAD + EVENT + EVENT, "line 4.*before the one before it ends"),
        (HEAD + EVENT.replace(" C       ", " D    999"), "line 3.*longer"),
        ("FCM: DROP FRAME\n" + EVENT, "drop-frame"),
        ("FCM: SOMETIMES\n" + EVENT, "line 1.*FCM"),
        (HEAD + EVENT.replace("01:00:00:00", "01:00:00;00", 1), "line 3"),
        (HEAD + EVENT.replace("01:00:00:00 01:00:02:00\n", "01:00:04:00 01:00:02:00\n"), "line 3"),
        (HEAD + "*" + "x" * 30_000, "line 3.*longer"),
        ("hello", "no EDL"),
        ("TITLE: x\0y", "no EDL"),
    ],
)
def test_edls_that_are_wrong(text: str, says: str) -> None:
    with pytest.raises(BadInterchange, match=says):
        edl_of_text(text, "t.edl", rate=RATE)


def test_an_edl_must_be_told_its_rate() -> None:
    with pytest.raises(BadInterchange, match="--rate"):
        edl_of_text(HEAD + EVENT, "t.edl")


def test_dropped_labels_do_not_exist() -> None:
    text = "FCM: DROP FRAME\n" + EVENT.replace("01:00:00:00", "01:01:00:00", 1)
    with pytest.raises(BadInterchange, match=r"line 2.*does not exist"):
        edl_of_text(text, "t.edl", rate=Fraction(30000, 1001))


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE xmeml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xmeml version="5"><sequence><name>&b;</name></sequence></xmeml>"""
OUTSIDE = b'<!DOCTYPE xmeml SYSTEM "file:///etc/passwd"><xmeml/>'
XML = fcp7_text(fixed_timeline(), [])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (BOMB, "line 2.*DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        (b"<xmeml>&undeclared;</xmeml>", "no XML"),
        (b"<a>" * 300 + b"</a>" * 300, "line 1.*nested too deeply"),
        (b"<html/>", "<html>"),
        (b"<xmeml/>", "no <sequence>"),
        (b"", "no XML"),
        (XML[: len(XML) // 2].encode(), "no XML"),
        (XML.replace("<timebase>24</timebase>", "<timebase>0</timebase>", 1).encode(), "line 7, <rate>"),
        (
            XML.replace("<timebase>24</timebase>", "<timebase>many</timebase>", 1).encode(),
            "line 8, <timebase>",
        ),
        (re.sub("<start>96</start>", "<start>1e400</start>", XML).encode(), "<start>.*no whole number"),
        (re.sub("<start>96</start>", "<start>99999999999999</start>", XML).encode(), "<start>"),
        (re.sub("<start>96</start>", "<start>-1</start>", XML).encode(), "<clipitem>.*no transition"),
        (re.sub("<start>96</start>", "<start>90</start>", XML).encode(), "<clipitem>.*before"),
        (re.sub("<end>144</end>", "<end>3</end>", XML).encode(), "<clipitem>.*ends at 3"),
    ],
)
def test_xml_that_is_wrong_or_dangerous(data: bytes, says: str) -> None:
    with pytest.raises(BadInterchange, match=says):
        fcp7_of_bytes(data, "t.xml")


def test_a_timeline_nested_in_itself() -> None:
    inner = '<clipitem><start>0</start><end>9</end><sequence id="s"/></clipitem>'
    text = (
        '<xmeml><sequence id="s"><rate><timebase>24</timebase></rate><media><video><track>'
        f"{inner}</track></video></media></sequence></xmeml>"
    )
    with pytest.raises(BadInterchange, match=r"<sequence>.*nested in itself"):
        fcp7_of_bytes(text.encode(), "t.xml")


OTIO = otio_text(fixed_timeline())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 300_000, "line 1.*nested"),
        (OTIO[: len(OTIO) // 2], "cut off"),
        ("", "cut off"),
        ("[1]", "no object"),
        ('{"OTIO_SCHEMA":"Clip.2","name":"a"}', "Clip"),
        ('{"OTIO_SCHEMA":"Nobody.1"}', "not a Timeline"),
        ('{"OTIO_SCHEMA":"Timeline.1","name":3}', "cut off"),
        (OTIO.replace('"value": 86424.0', '"value": 1e300'), r"tracks\[0\]\[0\].*no frame number"),
        (OTIO.replace('"value": 48.0', '"value": -48.0'), r"tracks\[0\]\[0\].*less than nothing"),
        (OTIO.replace('"rate": 23.976023976023978', '"rate": 0.0'), "0.0 frames per second"),
        (OTIO.replace('"in_offset"', '"out_offsets"'), "cut off"),
    ],
)
def test_otio_that_is_wrong_or_dangerous(text: str, says: str) -> None:
    with pytest.raises(BadInterchange, match=says):
        otio_of_text(text, "t.otio")


def test_stacks_in_stacks_have_an_end() -> None:
    item: dict[str, object] = {"OTIO_SCHEMA": "Stack.1", "name": "", "children": []}
    for _ in range(40):
        item = {
            "OTIO_SCHEMA": "Stack.1",
            "name": "",
            "children": [{"OTIO_SCHEMA": "Track.1", "children": [item]}],
        }
    text = json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": "t", "tracks": item})
    with pytest.raises(BadInterchange, match="nested"):
        otio_of_text(text, "t.otio")


@pytest.mark.parametrize("kind", ["otio", "edl", "xml"])
def test_whatever_is_spoilt_the_error_has_its_name(kind: str) -> None:
    """Bytes changed, cut out and doubled, at random but the same every time."""
    sequence = fixed_timeline()
    texts = {"otio": otio_text(sequence), "edl": edl_text(sequence, sequence.tracks[0], []), "xml": XML}
    chance = random.Random(6)
    refused = 0
    for _ in range(150):
        letters = list(texts[kind])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(letters))
            letters[at : at + chance.randint(0, 3)] = chance.choices(
                '0199-;:.<>"{}[], eCDMN\n', k=chance.randint(0, 4)
            )
        text = "".join(letters)
        try:
            if kind == "otio":
                otio_of_text(text, "t")
            elif kind == "edl":
                edl_of_text(text, "t", rate=RATE)
            else:
                fcp7_of_bytes(text.encode(), "t")
        except BadInterchange:
            refused += 1
    assert refused


@pytest.mark.parametrize("suffix", [".otio", ".edl", ".xml", ".aaf"])
def test_files_that_are_not_there_or_no_text(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    with pytest.raises(BadInterchange):
        read_timeline(path, rate=RATE)
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(BadInterchange):
        read_timeline(path, rate=RATE)


def test_unknown_suffixes_and_formats_that_are_written_only(tmp_path: Path) -> None:
    with pytest.raises(BadInterchange, match=r"\.otio"):
        read_timeline(tmp_path / "t.prproj")
    with pytest.raises(BadInterchange, match="written only"):
        read_timeline(tmp_path / "t.fcpxml")
