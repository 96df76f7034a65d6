"""What an artist did reaches the journal once, in order, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.chromium import ADDRESS, page_modules

# A server that answers as told: {"error": ...}, or the next revision for every change it takes.
SERVER = """
window.taken = []; window.script = [];
window.fetch = async (address, options) => {
    const told = window.script.shift() ?? {};
    if (told.lost) throw new TypeError("no line");
    const body = JSON.parse(options.body);
    window.asked = (window.asked ?? []).concat([{ kind: address.split("/").at(-1), ...body }]);
    if (told.error) return Response.json({ error: told.error, message: told.error }, { status: told.status });
    const before = window.taken.findIndex((one) => one.request_id === body.request_id);
    if (before < 0) window.taken.push(body);
    const revision = (told.others ?? 0) + (before < 0 ? window.taken.length : before + 1);
    if (told.answerLost) throw new TypeError("no line");
    return Response.json({ entries: [{ revision }], revision });
};
null;
"""


@pytest.fixture
def page() -> Iterator[Any]:
    with page_modules() as page:
        page.evaluate(SERVER)
        page.evaluate(
            """async () => {
                const { Outbox } = await import("/page/core/outbox.js");
                window.Outbox = Outbox;
                window.outbox = await Outbox.open("show", "shot");
                window.mark = (first) => [{ kind: "mark_frames", first, last: first, mark: "approved" }];
                window.settle = (work) => work.then((answer) => answer.revision, (error) => error.name);
            }"""
        )
        yield page


def frames_taken(page: Any) -> list[int]:
    return list(page.evaluate("window.taken.map((one) => one.actions[0].first)"))


def test_changes_arrive_once_and_in_order_over_a_bad_line(page: Any) -> None:
    answers = page.evaluate(
        """async () => {
            window.script = [{ lost: true }, { answerLost: true }, {}, { error: "Unavailable", status: 503 }];
            return Promise.all([1, 2, 3].map((frame) => settle(outbox.post("edits", mark(frame), 0))));
        }"""
    )
    assert answers == [1, 2, 3]
    assert frames_taken(page) == [1, 2, 3]
    assert page.evaluate("outbox.state") == "saved"


def test_what_follows_an_own_change_has_seen_it(page: Any) -> None:
    page.evaluate(
        """async () => {
            const done = [outbox.post("edits", mark(1), 4), outbox.post("undo", [], 4)];
            window.script = [{ others: 4 }, { others: 4 }];
            await Promise.all(done);
        }"""
    )
    assert page.evaluate("window.asked.map((one) => one.seen_revision)") == [4, 5]


def test_what_follows_somebody_elses_change_has_not_seen_it(page: Any) -> None:
    page.evaluate(
        """async () => {
            window.script = [{ others: 6 }, { others: 6 }];
            await Promise.all([outbox.post("edits", mark(1), 4), outbox.post("undo", [], 4)]);
        }"""
    )
    assert page.evaluate("window.asked.map((one) => one.seen_revision)") == [4, 4]


def test_a_conflict_keeps_the_change_until_the_artist_decides(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            window.script = [{ error: "EditConflict", status: 409 }];
            const first = await settle(outbox.post("edits", mark(1), 0));
            void settle(outbox.post("edits", mark(2), 0));
            const held = [first, outbox.state, outbox.unsent, window.taken.length];
            await outbox.resend(7);
            return [...held, outbox.state];
        }"""
    )
    assert found == ["EditConflict", "refused", 2, 0, "saved"]
    assert frames_taken(page) == [1, 2]
    assert page.evaluate("window.taken[0].seen_revision") == 7


def test_a_change_that_makes_no_sense_does_not_hold_up_the_others(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            window.script = [{ error: "BadEdit", status: 400 }];
            return Promise.all([1, 2].map((frame) => settle(outbox.post("edits", mark(frame), 0))));
        }"""
    )
    assert found == ["BadEdit", 1]
    assert frames_taken(page) == [2]


def test_a_closed_tab_loses_nothing(page: Any) -> None:
    page.evaluate(
        """async () => {
            window.script = Array.from({ length: 50 }, () => ({ lost: true }));
            void settle(outbox.post("edits", mark(1), 0));
            void settle(outbox.post("edits", mark(2), 0));
            await new Promise((later) => setTimeout(later, 100));
        }"""
    )
    page.goto(f"{ADDRESS}/another")
    page.evaluate(SERVER)
    page.evaluate(
        """async () => {
            const { Outbox } = await import("/page/core/outbox.js");
            const outbox = await Outbox.open("show", "shot");
            while (outbox.state !== "saved") await new Promise((later) => setTimeout(later, 20));
        }"""
    )
    assert frames_taken(page) == [1, 2]


def test_a_browser_that_keeps_nothing_still_sends(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            const full = () => { throw new DOMException("no room", "QuotaExceededError"); };
            IDBObjectStore.prototype.put = full;
            const answer = await settle(outbox.post("edits", mark(1), 0));
            const kept = outbox.kept;
            IDBDatabase.prototype.transaction = full;
            const later = await settle(outbox.post("edits", mark(2), 0));
            indexedDB.open = full;
            const { Outbox } = await import("/page/core/outbox.js");
            const another = await Outbox.open("show", "another");
            const third = await settle(another.post("edits", mark(3), 0));
            return [answer, kept, later, third, outbox.state, another.state];
        }"""
    )
    assert found == [1, False, 2, 3, "saved", "saved"]
    assert frames_taken(page) == [1, 2, 3]


def test_an_answer_that_breaks_off_is_asked_for_again(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            const whole = window.fetch;
            let broken = 0;
            window.fetch = async (...asked) => {
                const answer = await whole(...asked);
                return broken++ ? answer : new Response('{"entries": [');
            };
            return [await settle(outbox.post("edits", mark(1), 0)), outbox.state];
        }"""
    )
    assert found == [1, "saved"]
    assert frames_taken(page) == [1]


def test_a_change_is_not_dropped_while_its_production_is_not_there(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            window.script = [{ error: "ProductionInUse", status: 409 }];
            const answer = await settle(outbox.post("edits", mark(1), 0));
            const held = outbox.unsent;
            await outbox.resend(0);
            return [answer, held, outbox.state];
        }"""
    )
    assert found == ["ProductionInUse", 1, "saved"]
    assert frames_taken(page) == [1]


def test_what_another_tab_settled_is_not_made_twice(page: Any) -> None:
    found = page.evaluate(
        """async () => {
            window.script = [{ error: "EditConflict", status: 409 }];
            await settle(outbox.post("edits", mark(1), 0));
            const { Outbox } = await import("/page/core/outbox.js");
            const another = await Outbox.open("show", "shot");
            await another.resend(1);
            await outbox.resend(1);
            return [another.state, outbox.state, outbox.unsent];
        }"""
    )
    assert found == ["saved", "saved", 0]
    assert frames_taken(page) == [1]
