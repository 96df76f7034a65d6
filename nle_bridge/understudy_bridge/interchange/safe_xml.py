"""XML from outside as plain nodes with line numbers: no entities, no other documents, no endless nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import MOST_FRAMES

MOST_BYTES = 256 << 20
MOST_DEPTH = 200
MOST_NODES = 5_000_000
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(kw_only=True, slots=True)
class Node:
    """One element: its tag, attributes, text, children, and the line it begins on."""

    tag: str
    text: str = ""
    line: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def find(self, *tags: str) -> Node | None:
        """The first child of a tag, its first child of the next ..."""
        node: Node | None = self
        for tag in tags:
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def all(self, tag: str) -> Iterator[Node]:
        return (child for child in self.children if child.tag == tag)

    def said(self, *tags: str) -> str:
        """The text of a child below, "" without one."""
        node = self.find(*tags)
        return node.text.strip() if node else ""

    def number(self, tag: str) -> int | None:
        """The whole number that a child holds. Raises: BadInterchange."""
        child = self.find(tag)
        if child is None or not child.text.strip():
            return None
        text = child.text.strip()
        if (
            not re.fullmatch(r"[+-]?\d{1,15}(\.0+)?", text)
            or abs(value := int(text.partition(".")[0])) > MOST_FRAMES
        ):
            raise BadInterchange(f"line {child.line}, <{tag}>: {text[:40]!r} is no whole number of frames")
        return value

    def add(self, tag: str, text: object = "", **attributes: str) -> Node:
        """Append a child."""
        child = Node(tag=tag, text=str(text), attributes=attributes)
        self.children.append(child)
        return child


def parse_xml(data: bytes, name: str) -> Node:
    """The root element. Raises: BadInterchange with the line."""
    if len(data) > MOST_BYTES:
        raise BadInterchange(f"{name} has more than {MOST_BYTES >> 20} MiB; that is no timeline")
    parser = expat.ParserCreate()
    root = Node(tag="")
    stack, count = [root], 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        line = parser.CurrentLineNumber
        if len(stack) > MOST_DEPTH or count > MOST_NODES:
            raise BadInterchange(
                f"{name}, line {line}, <{tag[:40]}>: nested too deeply, or too long, for a timeline"
            )
        node = Node(tag=tag, line=line, attributes=attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def text(data: str) -> None:
        stack[-1].text += data

    def doctype(tag: str, system: str | None, public: str | None, has_subset: bool) -> None:
        if has_subset or system or public:
            raise BadInterchange(
                f"{name}, line {parser.CurrentLineNumber}: its DOCTYPE declares things or names another "
                "document; export the timeline again from the editor"
            )

    def entity(*_: object) -> None:
        raise BadInterchange(f"{name}, line {parser.CurrentLineNumber}: entities are not accepted")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as cause:
        raise BadInterchange(f"{name} is no XML, or is cut off: {cause}") from cause
    return root.children[0]


def xml_text(node: Node, indent: str = "") -> str:
    """An element as indented XML; characters that XML has no way to write are left out."""
    attributes = "".join(f" {key}={quoteattr(clean(value))}" for key, value in node.attributes.items())
    if not node.children:
        inner = escape(clean(node.text)) if node.text.strip() else ""
        end = f">{inner}</{node.tag}>" if inner else "/>"
        return f"{indent}<{node.tag}{attributes}{end}\n"
    parts = [f"{indent}<{node.tag}{attributes}>\n"]
    parts += [xml_text(child, indent + "  ") for child in node.children]
    parts.append(f"{indent}</{node.tag}>\n")
    return "".join(parts)


def clean(text: str) -> str:
    """A text with the characters only that XML can hold."""
    return _NOT_IN_XML.sub("", text)
