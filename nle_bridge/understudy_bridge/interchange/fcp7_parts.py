"""Parts of FCP7 XML that reading and writing share: rates, timecode, our own note, the time remap filter."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from understudy.domain.errors import BadSettings
from understudy.domain.outside_text import json_value
from understudy.domain.time import Timecode
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import can_drop, nominal, timecode_text
from understudy_bridge.core.timeline import Retime
from understudy_bridge.interchange.safe_xml import Node

FORMAT = "fcp7"
_OURS = "understudy "


def add_rate(node: Node, rate: Fraction) -> None:
    """<rate>. Raises: BadInterchange for a rate that the format cannot say."""
    if rate.denominator not in (1, 1001) or (rate.denominator == 1001 and rate.numerator % 1000):
        raise BadInterchange(f"FCP7 XML cannot say a rate of {rate} frames per second; write .otio")
    child = node.add("rate")
    child.add("timebase", nominal(rate))
    child.add("ntsc", "TRUE" if rate.denominator == 1001 else "FALSE")


def rate_of(node: Node, otherwise: Fraction | None) -> Fraction:
    """The rate that an element says, else its parent's. Raises: BadInterchange."""
    child = node.find("rate")
    timebase = child.number("timebase") if child else None
    if child is None or timebase is None:
        if otherwise is None:
            raise BadInterchange(f"line {node.line}, <{node.tag}>: it does not say its rate")
        return otherwise
    if not 0 < timebase <= 1000:
        raise BadInterchange(f"line {child.line}, <rate>: {timebase} frames per second are not possible")
    ntsc = child.said("ntsc").upper() == "TRUE"
    return Fraction(timebase * 1000, 1001) if ntsc else Fraction(timebase)


def add_timecode(node: Node, frame: int, rate: Fraction, drop_frame: bool, reel: str = "") -> None:
    drop = drop_frame and can_drop(rate)
    child = node.add("timecode")
    add_rate(child, rate)
    child.add("string", timecode_text(frame, rate, drop))
    child.add("frame", frame)
    child.add("displayformat", "DF" if drop else "NDF")
    if reel:
        child.add("reel").add("name", reel)


def timecode_of(node: Node, rate: Fraction, notes: list[str]) -> tuple[int | None, bool]:
    """The first frame that a <timecode> says, and whether it counts drop-frame; its number goes first."""
    child = node.find("timecode")
    if child is None:
        return None, False
    own = rate_of(child, rate)
    text, frame = child.said("string"), child.number("frame")
    drop = (child.said("displayformat").upper() == "DF" or ";" in text) and can_drop(own)
    if not text:
        return frame, drop
    try:
        counted = Timecode.parse(text[:-3] + (";" if drop else ":") + text[-2:], own).count
    except BadSettings as cause:
        if frame is None:
            raise BadInterchange(f"line {child.line}, <timecode>: {cause}") from cause
        return frame, drop
    if frame is not None and counted != frame and frame < Timecode(0, own, drop).frames_per_day:
        notes.append(
            f"line {child.line}, <timecode>: {text} is frame {counted}, not {frame}; the number is taken"
        )
    return (counted if frame is None else frame), drop


def add_ours(node: Node, said: Mapping[str, Any]) -> None:
    """Our note, in the two places that editors keep when they write a clip again."""
    text = _OURS + json.dumps(said, sort_keys=True, separators=(",", ":"))
    node.add("logginginfo").add("lognote", text)
    node.add("comments").add("mastercomment1", text)


def ours_of(node: Node) -> dict[str, Any]:
    """Our note, wherever in the logging fields it lies now."""
    for place in ("logginginfo", "comments"):
        parent = node.find(place)
        for child in parent.children if parent else ():
            if child.text.strip().startswith(_OURS):
                try:
                    value = json_value(child.text.strip()[len(_OURS) :])
                except ValueError:
                    continue
                if isinstance(value, dict):
                    return value
    return {}


def add_time_remap(node: Node, retime: Retime) -> None:
    """The time remap filter of a constant speed."""
    effect = node.add("filter").add("effect")
    for tag, text in (
        ("name", "Time Remap"),
        ("effectid", "timeremap"),
        ("effectcategory", "motion"),
        ("effecttype", "motion"),
        ("mediatype", "video"),
    ):
        effect.add(tag, text)
    percent = float(abs(retime.speed) * 100)
    for key, value in (
        ("variablespeed", "0"),
        ("speed", f"{percent:.10g}"),
        ("reverse", "TRUE" if retime.speed < 0 else "FALSE"),
        ("frameblending", "FALSE"),
    ):
        parameter = effect.add("parameter")
        parameter.add("parameterid", key)
        parameter.add("name", key)
        parameter.add("value", value)


def time_remap_of(filter_node: Node) -> Retime | None:
    """What a <filter> does to time, None when it is another effect. Raises: BadInterchange."""
    effect = filter_node.find("effect")
    if effect is None or effect.said("effectid").lower() != "timeremap":
        return None
    said = {one.said("parameterid").lower(): one.said("value") for one in effect.all("parameter")}
    if said.get("variablespeed", "0").strip() not in ("0", "FALSE", ""):
        return Retime(curve="a time remap whose speed changes")
    text = said.get("speed", "100")
    if not re.fullmatch(r"[+-]?\d{1,7}(\.\d{1,20})?(e[+-]?\d{1,2})?", text) or not math.isfinite(float(text)):
        raise BadInterchange(f"line {effect.line}, <effect>: {text[:40]!r} is no speed")
    if abs(float(text)) > 1_000_000:
        raise BadInterchange(f"line {effect.line}, <effect>: a speed of {text} % is not possible")
    speed = (Fraction(text) / 100).limit_denominator(100_000)
    return Retime(speed=-abs(speed) if said.get("reverse", "FALSE").upper() == "TRUE" else speed)
