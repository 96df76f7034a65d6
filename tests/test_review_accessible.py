"""The room by keyboard alone, for whoever hears it, and on the smallest screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.replaced_shots import PLATE
from tests.room_in_browser import OpenRoom, open_room, opened, saved, watched

pytestmark = pytest.mark.slow

ROOMS = {
    "productions": ("/", "main"),
    "steps": ("/p/show", "text=Footage and people"),
    "people": ("/p/show/people", "text=Rowan"),
    "jobs": ("/p/show/jobs", "main"),
    "faces": ("/p/show/faces", "main"),
}
TOOLS = ("look", "matte", "alignment", "curves", "convert")
FRAME = 1003

AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const told = (id) => (node) => `${id}: ${node.target} ${node.failureSummary}`;
  return found.violations.flatMap(({ id, nodes }) => nodes.map(told(id)));
}"""

# What a mouse can use; of radio buttons and of what arrows go through one is enough.
WANTED = """() => {
  const usable = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  const radios = new Set();
  const named = (one) => [one.tagName, one.getAttribute("aria-label") ?? one.title, one.innerText].join(" ");
  window.wanted = new Map([...document.querySelectorAll(usable)].filter((one) => {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({ visibilityProperty: true })) return false;
    if (one.closest("fieldset:disabled") || one.closest("[inert]")) return false;
    if (one.type !== "radio") return true;
    return !radios.has(one.name) && radios.add(one.name);
  }).map((one) => [one, named(one).slice(0, 60)]));
  window.gone = (event) => {
    const { target } = event;
    for (const one of window.wanted.keys()) {
      if (one === target || (one.type === "radio" && one.name === target.name)) window.wanted.delete(one);
    }
  };
  document.addEventListener("focusin", window.gone, true);
  document.activeElement?.blur();
  return window.wanted.size;
}"""
LEFT = """() => {
  document.removeEventListener("focusin", window.gone, true);
  return [...window.wanted].filter(([one]) => one.isConnected && !one.disabled).map(([, name]) => name);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    found = pytest.importorskip("axe_playwright_python", reason="needs `pip install axe-playwright-python`")
    return (Path(found.__file__).parent / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, replaced_show: Path) -> Iterator[OpenRoom]:
    place = tmp_path_factory.mktemp("accessible")
    shutil.copytree(replaced_show, place / "show")
    with open_room(place / "show", place) as room:
        yield room


def faults(page: Any, axe: str) -> list[str]:
    """What axe says; it comes in beside the page's own rules, which stand as they are."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return list(page.evaluate(AXE))


def unreached(page: Any) -> list[str]:
    """What the Tab key never comes to."""
    for _ in range(page.evaluate(WANTED) + 10):
        page.keyboard.press("Tab")
    return list(page.evaluate(LEFT))


def too_wide(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def shared_keys(page: Any) -> list[str]:
    """Commands that `?` marks as sharing a key with another one."""
    page.get_by_role("button", name="Keys", exact=True).click()
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    assert dialog.locator("tr").count() > 0
    shared = dialog.locator("tr", has_text="shared").all_inner_texts()
    return [str(row) for row in shared]


@pytest.mark.parametrize("name", ROOMS)
def test_rooms(room: OpenRoom, axe: str, tmp_path: Path, name: str) -> None:
    place, there = ROOMS[name]
    with room.tab(place) as page, watched(page, tmp_path):
        page.locator(there).first.wait_for()
        page.wait_for_load_state("load")
        page.wait_for_timeout(500)  # what is asked for later comes in
        assert faults(page, axe) == []
        assert too_wide(page) <= 0
        assert unreached(page) == []
        assert shared_keys(page) == []
        assert faults(page, axe) == []


def test_the_shot_room(room: OpenRoom, axe: str, tmp_path: Path) -> None:
    """All tools in one tab, with something drawn and said."""
    with room.tab(f"/p/show/shots/{PLATE}/{FRAME}/matte") as page, watched(page, tmp_path):
        opened(page, FRAME, "matte")
        page.locator(".stage").click()  # a dot of the brush
        page.keyboard.press("m")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Note").fill("see the chin")
        assert faults(page, axe) == []
        dialog.get_by_role("button", name="Keep").click()
        saved(page)
        found: dict[str, object] = {}
        for tool in TOOLS:
            page.locator(f"#tab-{tool}").click()
            opened(page, FRAME, tool)
            page.evaluate("document.querySelectorAll('.tool details').forEach((one) => (one.open = true))")
            page.wait_for_timeout(700)  # charts and lists come in
            found[f"{tool}: axe"] = faults(page, axe)
            found[f"{tool}: by Tab"] = unreached(page)
            found[f"{tool}: pixels too wide"] = too_wide(page) > 0
            found[f"{tool}: keys"] = shared_keys(page)
            found[f"{tool}: axe on the keys"] = faults(page, axe)
            page.keyboard.press("Escape")
        assert {what: told for what, told in found.items() if told} == {}
