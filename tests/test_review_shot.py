"""The open shot under late and odd answers: never one thing's pictures or frames for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.chromium import page_modules

# A gateway in the page: `answers` by address, later where `held` says so; what was asked is in `asked`.
GATEWAY = """async () => {
  window.EventSource = class extends EventTarget { close() {} };
  const none = btoa(String.fromCharCode(...new Uint8Array(10)));
  window.asked = []; window.held = {};
  window.takes = [1, 2].map((version) => ({ id: `t${version}`, version, shot_id: "s", model_ids: [],
    people: [], frames: "1001-1010", job_id: `j${version}`, marked: false }));
  const frames = (take) => (
    { first_frame: 1001, states: Array(10).fill("current"), versions: Array(10).fill(`of-${take}`) });
  window.answers = [
    [/\\/edits/, () => ({ entries: [], revision: 0 })],
    [/\\/timeline$/, () => ({ revision: 0, frames: { first: 1001, last: 1010 }, faces: none,
      face_states: none, matte_states: none,
      marks: none, flags: none, strengths: none, cuts: [], notes: {}, bindings: {},
      orphans: [] })],
    [/\\/takes\\/(\\w+)\\/frames$/, (take) => frames(take)],
    [/\\/takes\\/(\\w+)\\/measures/, (take) => (
      { frames: [{ frame: 1001, trouble: take === "t1" ? 0.1 : 0.2, reasons: [], values: {} }] })],
    [/\\/takes\\?/, () => window.takes],
    [/\\/open$/, () => ({})],
    [/\\/shots\\/s$/, () => ({ shot: { id: "s", name: "s", plate: { sha256: "a".repeat(64), width: 8,
      height: 4,
      rate: "24/1", first_index: 0, last_index: 9, first_frame: 1001, pixel_aspect: "1" } }, tracks: [],
      takes: window.takes })],
    [/\\/(people|models)$/, () => []],
  ];
  window.fetch = async (address) => {
    window.asked.push(address);
    for (const [name, wait] of Object.entries(held)) if (address.includes(name)) await wait;
    for (const [pattern, answer] of window.answers) {
      const match = pattern.exec(address);
      if (match) {
        const told = answer(match[1]);
        return told instanceof Response ? told : Response.json(told);
      }
    }
    return Response.json({ error: "NotFound", message: address }, { status: 404 });
  };
  const { OpenShot } = await import("/page/core/shot.js");
  window.shot = await OpenShot.open("show", "s");
  window.rest = (ms = 150) => new Promise((later) => setTimeout(later, ms));
}"""


@pytest.fixture
def page() -> Iterator[Any]:
    with page_modules() as page:
        page.evaluate(GATEWAY)
        yield page


def test_a_late_answer_is_not_taken_for_another_take(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            let go;
            held["t1/"] = new Promise((later) => (go = later));
            const first = shot.pickTake(shot.takes[0]);
            await shot.pickTake(shot.takes[1]);
            go();
            await first;
            return [shot.take.id, shot.takeVersion(1005), shot.measures.get(1001).trouble];
        }"""
    )
    assert found == ["t2", "of-t2", 0.2]


def test_a_rendering_shows_its_new_take_once_and_then_leaves_the_choice(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            takes.push({ ...takes[0], id: "t3", version: 3, job_id: "j3" });
            const job = { id: "j3", kind: "convert", state: "running", spec: { shot_id: "s" } };
            const moved = (progress) => shot.live.dispatchEvent(
                new CustomEvent("job", { detail: { job, progress, message: "" } }));
            moved(1);
            await rest();
            const shown = shot.take.id;
            await shot.pickTake(shot.takes[0]);
            moved(2);
            await rest();
            return [shown, shot.take.id];
        }"""
    )
    assert found == ["t3", "t1"]


def test_a_version_that_is_gone_is_asked_for_again_but_not_for_ever(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            const { Wanted } = await import("/page/viewer/wanted.js");
            const changed = { error: "VersionChanged", message: "another" };
            answers.unshift([/\\/pictures\\/take/, () => Response.json(changed, { status: 409 })]);
            await shot.pictures.knowTake("t1");
            const wanted = new Wanted(shot);
            let told = null;
            wanted.addEventListener("ready", ({ detail }) => (told = detail.problems.a?.name));
            const source = { kind: "take", layer: "replaced", take: "t1" };
            const wish = () => wanted.want({ frame: 1003, slots: { a: { source, frame: 1003 } }, width: 0 });
            shot.pictures.addEventListener("versions", wish);
            asked.length = 0;
            wish();
            await rest(400);
            const count = (name) => asked.filter((one) => one.includes(name)).length;
            return [told, count("pictures"), count("t1/frames")];
        }"""
    )
    assert found == ["VersionChanged", 2, 1]


def test_a_shot_that_was_left_fetches_nothing(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            shot.close();
            asked.length = 0;
            shot.pictures.readAhead({ kind: "plate" }, 1003, 1);
            const picture = await shot.pictures.picture({ kind: "plate" }, 1003).catch((error) => error.name);
            await rest(300);
            return [picture, asked];
        }"""
    )
    assert found == ["AbortError", []]


def test_the_frames_that_are_held_are_known(page: Any) -> None:
    held = page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(8, 4);
            canvas.getContext("2d").fillRect(0, 0, 8, 4);
            const blob = await canvas.convertToBlob();
            answers.unshift([/\\/pictures\\//, () => new Response(blob)]);
            const replaced = { kind: "take", layer: "replaced" };
            for (const frame of [1002, 1007]) await shot.pictures.picture({ kind: "plate" }, frame);
            await shot.pictures.picture(replaced, 1004);
            const sorted = (source) => [...shot.pictures.framesHeld(source)].sort();
            return [sorted({ kind: "plate" }), sorted(replaced)];
        }"""
    )
    assert held == [[1002, 1007], [1004]]


def test_a_frame_outside_of_the_shot_is_refused(page: Any) -> None:
    assert page.evaluate("shot.solved(2000).catch((error) => error.name)") == "RangeError"


def test_what_was_written_on_a_frame_stays_when_it_is_held(page: Any) -> None:
    actions = page.evaluate(
        """async () => {
            const { marked } = await import("/page/timeline/marks.js");
            shot.timeline.notes = { 1003: { mark: "flagged", note: "her ear", author: "Kim" } };
            const said = ({ first, last, note }) => [first, last, note];
            return [[1002, 1004], [1003, 1003], [1005, 1005]].map(([first, last]) =>
                marked(shot, { first, last }, "hold_plate").map(said));
        }"""
    )
    assert actions == [
        [[1002, 1004, ""], [1003, 1003, "her ear"]],
        [[1003, 1003, "her ear"]],
        [[1005, 1005, ""]],
    ]


def test_frames_that_are_typed_never_hang_the_page(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            const { framesIn } = await import("/page/core/time.js");
            return ["1001-1004x0", "1001-1009x4", "-3--1"].map(framesIn);
        }"""
    )
    assert found == [[1001, 1002, 1003, 1004], [1001, 1005, 1009], [-3, -2, -1]]


def test_smoothing_that_was_just_set_counts_when_the_tool_is_left(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            const { html, render, PageContext } = await import("/page/core/view.js");
            const { Smoothing } = await import("/page/tools/curves/smoothing.js");
            const sent = [];
            shot.edit = async (actions) => sent.push(...actions.map(({ kind }) => kind));
            const root = document.body.appendChild(document.createElement("div"));
            const tool = html`<${PageContext.Provider} value=${{ tell: () => {} }}>
                <${Smoothing} shot=${shot} jitters=${{}} /></${PageContext.Provider}>`;
            render(tool, root);
            await rest(50);
            root.querySelector("button").click();
            render(null, root);
            return sent;
        }"""
    )
    assert found == ["smooth_alignments"]


def test_alt_means_the_key_on_every_keyboard(page: Any) -> None:
    name = """async (event) => {
        const { keyName } = await import("/page/core/keys.js");
        return keyName(new KeyboardEvent("keydown", event));
    }"""
    keyboards: list[tuple[dict[str, Any], str]] = [
        ({"key": "®", "code": "KeyR", "altKey": True}, "Alt+R"),
        ({"key": "¡", "code": "Digit1", "altKey": True}, "Alt+1"),
        ({"key": "Dead", "code": "KeyE", "altKey": True}, "Alt+E"),
        ({"key": "a", "code": "KeyQ", "altKey": True}, "Alt+A"),
        ({"key": "ArrowLeft", "code": "ArrowLeft", "altKey": True, "shiftKey": True}, "Alt+Shift+ArrowLeft"),
    ]
    for event, written in keyboards:
        assert page.evaluate(name, event) == written


def test_an_address_never_shows_what_another_answered(page: Any) -> None:
    seen = page.evaluate(
        """async () => {
            answers.unshift([/\\/said\\/(\\w+)/, (word) => ({ word })]);
            const { html, render, useAnswer } = await import("/page/core/view.js");
            const Said = ({ word }) => {
                const { data, loading } = useAnswer(word && `/said/${word}`);
                return html`<p>${word} ${data?.word ?? "-"} ${String(loading)}</p>`;
            };
            const root = document.body.appendChild(document.createElement("div"));
            const seen = [];
            const show = async (word, ms) => {
                render(html`<${Said} word=${word} />`, root);
                await rest(ms);
                seen.push(root.textContent.trim());
            };
            await show("one", 60);
            held.two = new Promise((later) => setTimeout(later, 120));
            await show("two", 30);
            await show("two", 200);
            await show(null, 30);
            return seen;
        }"""
    )
    assert seen == ["one one false", "two - true", "two two false", "- false"]


def test_what_happens_right_after_a_drawing_is_seen(page: Any) -> None:
    told = page.evaluate(
        """async () => {
            const { html, render, useChange } = await import("/page/core/view.js");
            const target = new EventTarget();
            target.value = "before";
            const Told = () => {
                useChange(target, "change");
                return html`<p>${target.value}</p>`;
            };
            const root = document.body.appendChild(document.createElement("div"));
            render(html`<${Told} />`, root);
            target.value = "after";
            target.dispatchEvent(new Event("change"));
            await rest(100);
            return root.textContent;
        }"""
    )
    assert told == "after"
