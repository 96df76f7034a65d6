"""A stand-in for Nuke's module `nuke`, with what is documented or was reported of it. It draws nothing.

What it holds to, and where that is from:

- `types-nuke` 13.2 and Nuke's Python reference: the calls and their arguments.
- The Read node's reference: `start at` shows the first frame of its range at the number given; `offset` is
  added to the script's frame to get the file's; an empty expression reads the file's frame of that number.
- Changing a Read's file sets its ranges anew when the interface is up; `fromUserText` also stretches the
  script's own range. An adapter that sets the ranges first, or types the file, fails here.
- `allNodes` lists the newest first. `setName` makes a name unique with a number. A node that was deleted
  raises ValueError, a knob that is not there NameError.
- Text knobs that are evaluated (`file`, `label`) would run `[...]`; the fake refuses such a value.
"""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from understudy.domain.time import Timecode

Table = dict[str, Any]

NUKE_VERSION_STRING = "15.1v3"
INVISIBLE, INPUTS, HIDDEN_INPUTS = 1, 1, 2
WRITE_NON_DEFAULT_ONLY, TO_SCRIPT, WRITE_USER_KNOB_DEFS = 2, 8, 32

_READ_DEFAULTS: Table = {
    "file": "", "proxy": "", "first": 1, "last": 1, "origfirst": 1, "origlast": 1,
    "frame_mode": "expression", "frame": "", "disable": False, "colorspace": "default", "label": "",
    "before": "hold", "after": "hold",
}  # fmt: skip
_ROOT_DEFAULTS: Table = {
    "fps": 24.0,
    "first_frame": 1,
    "last_frame": 100,
    "project_directory": "",
    "name": "",
}
_EVALUATED = ("file", "proxy", "label", "project_directory")
_SPACES = ["default", "ACES - ACEScg\tACES/ACEScg", "Output - Rec.709\tOutput/Rec.709"]


class Knob:
    """A value with a name; `added` by a script, not the node's own."""

    def __init__(self, name: str, value: Any = "", *, added: bool = False) -> None:
        self._name, self._value, self._default = name, value, value
        self.added, self.flags = added, 0
        self.owner: Node | None = None

    def name(self) -> str:
        return self._name

    def value(self) -> Any:
        return self._value

    getValue = value

    def setValue(self, value: Any) -> bool:
        if isinstance(self._default, str) and not isinstance(value, str):
            raise TypeError(f"{self._name} takes a text")
        if self._name in _EVALUATED and "[" in value:
            raise RuntimeError(f"{self._name}: invalid command in {value!r}")
        changed = value != self._value
        self._value = value
        if self.owner is not None and changed:
            self.owner.knob_changed(self)
        return True

    def fromUserText(self, text: str) -> None:
        self.setValue(text.split(" ")[0])
        if self.owner is not None:
            script.root.knobs_["last_frame"].setValue(
                max(script.root["last_frame"].value(), self.owner["last"].value())
            )

    def setFlag(self, flag: int) -> None:
        self.flags |= flag

    def values(self) -> list[str]:
        if self._name != "colorspace":
            raise AttributeError("values")
        return list(_SPACES)

    def is_default(self) -> bool:
        return bool(self._value == self._default)


class String_Knob(Knob):
    def __init__(self, name: str, label: str = "", value: str = "") -> None:
        super().__init__(name, value, added=True)


class Node:
    """A node of the script. What a deleted one is asked raises ValueError."""

    def __init__(self, kind: str, defaults: Table, name: str) -> None:
        self.kind, self.name_, self.gone = kind, name, False
        self.knobs_ = {key: Knob(key, value) for key, value in defaults.items()}
        for knob in self.knobs_.values():
            knob.owner = self
        self.place, self.selected_ = [0, 0], False
        self.inputs_: list[Node | None] = []

    def _here(self) -> None:
        if self.gone:
            raise ValueError("A PythonObject is not attached to a node")

    def Class(self) -> str:
        self._here()
        return self.kind

    def name(self) -> str:
        self._here()
        return self.name_

    fullName = name

    def setName(self, name: str) -> None:
        self._here()
        if re.search(r"\W", name, re.ASCII) or not name or name[0].isdigit():
            raise ValueError(f"{name!r} is no name for a node")
        self.name_ = ""
        self.name_ = script.free_name(name)

    def knob(self, name: str) -> Knob | None:
        self._here()
        return self.knobs_.get(name)

    def __getitem__(self, name: str) -> Knob:
        found = self.knob(name)
        if found is None:
            raise NameError(f"knob {name} does not exist")
        return found

    def addKnob(self, knob: Knob) -> None:
        self._here()
        knob.owner = self
        self.knobs_[knob.name()] = knob

    def removeKnob(self, knob: Knob) -> None:
        if not knob.added:
            raise ValueError("only knobs that were added can be removed")
        del self.knobs_[knob.name()]

    def knob_changed(self, knob: Knob) -> None:
        """Nuke's own reaction: a Read whose file changed reads that file's range."""
        if self.kind == "Read" and knob.name() == "file":
            fact = self.fact()
            number = fact["number"] if fact else 1
            last = number + fact["frames"] - 1 if fact else 1
            for key, value in (("first", number), ("last", last), ("origfirst", number), ("origlast", last)):
                self.knobs_[key].setValue(value)

    def fact(self) -> Table | None:
        return script.files.get(str(self["file"].value()))

    def _first(self) -> int:
        mode, said, first = self["frame_mode"].value(), self["frame"].value().strip(), self["first"].value()
        if mode in ("start at", "offset") and not re.fullmatch(r"[+-]?\d*", said):
            return int(first)
        if mode == "start at" and said:
            return int(said)
        if mode == "offset" and said:
            return int(first) - int(said)
        found = re.fullmatch(r"frame([+-]\d+)", said.replace(" ", ""))
        return int(first) - int(found.group(1)) if found else int(first)

    def firstFrame(self) -> int:
        self._here()
        return self._first() + script.misplaces

    def lastFrame(self) -> int:
        return self.firstFrame() + int(self["last"].value()) - int(self["first"].value())

    def metadata(self, key: str, time: int | None = None) -> Any:
        fact = self.fact()
        if fact is None or key not in ("input/frame_rate", "input/timecode", "exr/reelName"):
            return None
        if key == "input/frame_rate":
            return round(float(Fraction(fact["rate"])), 3)
        if key == "exr/reelName":
            return fact["reel"] or None
        if fact["start"] is None:
            return None
        at = script.frame_ if time is None else time
        shown = self["first"].value() + at - self._first()
        frame = fact["start"] + shown - fact["number"]
        return str(Timecode(frame, Fraction(fact["rate"]), fact["drop_frame"]))

    def setSelected(self, selected: bool) -> None:
        self.selected_ = selected

    def isSelected(self) -> bool:
        return self.selected_

    def xpos(self) -> int:
        return int(self.place[0])

    def ypos(self) -> int:
        return int(self.place[1])

    def setXYpos(self, x: int, y: int) -> None:
        self.place = [x, y]

    def inputs(self) -> int:
        return len(self.inputs_)

    def input(self, number: int) -> Node | None:
        found = self.inputs_[number] if number < len(self.inputs_) else None
        return None if found is None or found.gone else found

    def setInput(self, number: int, node: Node | None) -> bool:
        self.inputs_ += [None] * (number + 1 - len(self.inputs_))
        self.inputs_[number] = node
        return True

    def dependent(self, what: int = INPUTS | HIDDEN_INPUTS) -> list[Node]:
        return [one for one in script.nodes if any(each is self for each in one.inputs_)]

    def writeKnobs(self, flags: int = 0) -> str:
        lines = []
        for knob in self.knobs_.values():
            if knob.added and flags & WRITE_USER_KNOB_DEFS:
                lines.append(f"addUserKnob {knob.name()}")
            if not knob.is_default() or knob.added:
                lines.append(f"{knob.name()} {shlex.quote(repr(knob.value()))}")
        return "\n".join(lines)

    def readKnobs(self, text: str) -> None:
        for line in text.split("\n"):
            words = shlex.split(line)
            if words[:1] == ["addUserKnob"]:
                self.addKnob(String_Knob(words[1]))
            elif len(words) == 2 and words[0] in self.knobs_:
                knob = self.knobs_[words[0]]
                knob._value = int(words[1]) if words[1].lstrip("-").isdigit() else _literal(words[1])

    def resetKnobsToDefault(self) -> None:
        for knob in self.knobs_.values():
            knob._value = knob._default


def _literal(text: str) -> Any:
    return {"True": True, "False": False}.get(text, text[1:-1])


class Root(Node):
    def name(self) -> str:
        return str(self.knobs_["name"].value() or "Root")


class Script:
    """One script; `misplaces` makes every Read claim to lie so many frames later than its knobs say."""

    def __init__(self) -> None:
        self.root = Root("Root", _ROOT_DEFAULTS, "Root")
        self.nodes: list[Node] = []
        self.files: dict[str, Table] = {}
        self.frame_, self.modified, self.misplaces = 1, False, 0
        self.undo_names: list[str] = []
        self.undo_depth = 0
        self.pasted: list[tuple[str, list[str]]] = []

    def free_name(self, name: str) -> str:
        taken = {node.name_ for node in self.nodes}
        stem, number = name.rstrip("0123456789"), 1
        while name in taken:
            name, number = f"{stem}{number}", number + 1
        return name

    def reloaded(self) -> Script:
        """What comes back from the file: values, names, places and connections, and no open undo."""
        fresh = copy.deepcopy(self)
        fresh.nodes = sorted(fresh.nodes, key=lambda node: node.name_)  # the file's own order
        fresh.undo_names = []
        return fresh


script = Script()


class Undo:
    @staticmethod
    def begin(name: str) -> None:
        if script.undo_depth:
            raise RuntimeError("an undo is open already")
        script.undo_depth += 1
        script.undo_names.append(name)

    @staticmethod
    def end() -> None:
        script.undo_depth -= 1


class _Nodes:
    def __getattr__(self, kind: str) -> Callable[[], Node]:
        def make() -> Node:
            node = Node(
                kind, _READ_DEFAULTS if kind == "Read" else {"label": ""}, script.free_name(f"{kind}1")
            )
            script.nodes.insert(0, node)
            return node

        return make


nodes = _Nodes()


def allNodes(kind: str | None = None, group: Node | None = None) -> list[Node]:
    return [node for node in script.nodes if kind in (None, node.kind)]


def root() -> Node:
    return script.root


def toNode(name: str) -> Node | None:
    return next((node for node in script.nodes if node.name_ == name), None)


def delete(node: Node) -> None:
    node._here()
    node.gone = True
    script.nodes.remove(node)


def selectedNodes(kind: str | None = None) -> list[Node]:
    return [node for node in allNodes(kind) if node.selected_]


def nodePaste(path: str) -> None:
    """Keeps the text and what was selected; Nuke would hang the nodes below that."""
    with open(path, encoding="utf-8") as file:
        script.pasted.append((file.read(), [node.name_ for node in selectedNodes()]))


def frame(number: int | None = None) -> int:
    if number is not None:
        script.frame_ = number
    return script.frame_


def modified(state: bool | None = None) -> bool:
    if state is not None:
        script.modified = state
    return script.modified


def pasted(node: Node) -> Node:
    """What copy and paste make: every knob comes along, also what other tools keep in them."""
    made = copy.copy(node)
    made.knobs_ = {key: copy.copy(knob) for key, knob in node.knobs_.items()}
    for knob in made.knobs_.values():
        knob.owner = made
    made.name_, made.place, made.inputs_ = script.free_name(node.name_), [node.place[0] + 20, 20], []
    script.nodes.insert(0, made)
    return made
