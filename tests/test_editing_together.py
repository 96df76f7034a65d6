"""Edits of several people at once: nothing is lost, nothing added twice, and followers hear of all."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edit_show import Show, crop, mark, move
from tests.running_backend import wait_until
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.edit import Action, MarkFrames, PlaceCrop
from understudy.domain.identifiers import new_id
from understudy.store.purge import purge_person
from understudy.studio import Studio


def test_a_repeated_request_adds_once_even_after_a_restart(show: Show) -> None:
    def ask(studio: Studio, *actions: Action, author: str = "Ann") -> int:
        return studio.add_edits("sh010", actions, author=author, seen_revision=0, request_id="r-1").revision

    assert ask(show.studio, mark(1001), crop(1002)) == 2
    show.add(crop(1002), author="Bo")
    assert ask(show.studio, mark(1001), crop(1002)) == 2  # it is not measured against Bo's a second time
    again = show.reopen()
    try:
        assert ask(again.studio, mark(1001), crop(1002)) == 2 and again.studio.edits("sh010").revision == 3
        for other in ([mark(1009)], [mark(1001)]):
            with pytest.raises(errors.Conflict, match="r-1"):
                ask(again.studio, *other)
        with pytest.raises(errors.Conflict, match="r-1"):
            ask(again.studio, mark(1001), crop(1002), author="Bo")
    finally:
        again.production.close()


def test_a_conflict_is_named_and_nothing_is_lost(show: Show) -> None:
    show.add(crop(1010), author="Bo", seen=0)
    with pytest.raises(errors.EditConflict, match=r"Bo changed track 0 on frame 1010 at 20.*revision 1\b"):
        show.add(move(1010), mark(1050), seen=0)
    assert show.studio.edits("sh010").revision == 1
    show.add(move(1011), mark(1050), seen=0)
    show.add(move(1010), seen=1)
    assert show.studio.edits("sh010").standing == (1, 2, 3, 4)


def test_two_clients_at_once_lose_nothing(show: Show) -> None:
    """Each marks its own frames as fast as it can; both also fight for one frame, knowingly."""
    made: dict[str, list[int]] = {"Ann": [], "Bo": []}
    conflicts = dict.fromkeys(made, 0)

    with (
        running(show.studio) as server,
        Client(server.address, TOKEN) as one,
        Client(server.address, TOKEN) as two,
    ):

        def work(client: Client, author: str, first: int) -> None:
            seen = 0
            for frame in range(first, first + 25):
                for action in (mark(frame), crop(1100)):
                    while True:
                        try:
                            added = client.add_edits("sh010", [action], author=author, seen_revision=seen)
                            break
                        except errors.EditConflict as conflict:
                            assert "track 0 on frame 1100" in str(conflict) and isinstance(action, PlaceCrop)
                            conflicts[author] += 1
                            seen = client.edits("sh010").revision
                    made[author].append(added.revision)

        threads = [
            threading.Thread(target=work, args=(one, "Ann", 1001)),
            threading.Thread(target=work, args=(two, "Bo", 1051)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        listed = one.edits("sh010")
    assert listed.revision == 100 and sorted(made["Ann"] + made["Bo"]) == list(range(1, 101))
    assert listed.standing == tuple(range(1, 101))
    for author, first in (("Ann", 1001), ("Bo", 1051)):
        own = [
            e.action.first for e in listed.entries if e.author == author and isinstance(e.action, MarkFrames)
        ]
        assert own == list(range(first, first + 25))
    assert conflicts["Ann"] + conflicts["Bo"] > 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=st.lists(st.sampled_from(["do", "do", "undo", "redo"]), max_size=25))
def test_the_undo_stack_is_kept_on_disk(show: Show, presses: list[str]) -> None:
    begin = show.studio.edits("sh010").standing
    past, future = list(begin), list[int]()
    for press in presses:
        seen = show.studio.edits("sh010").revision
        who = {"author": "Ann", "seen_revision": seen, "request_id": new_id()}
        if press == "do":
            past.append(show.add(mark(1001)))
            future = []
        elif press == "undo" and past:
            show.studio.undo_edit("sh010", **who)  # type: ignore[arg-type]
            future.append(past.pop())
        elif press == "redo" and future:
            show.studio.redo_edit("sh010", **who)  # type: ignore[arg-type]
            past.append(future.pop())
        assert list(show.studio.edits("sh010").standing) == past


def test_a_follower_hears_others_and_the_end_of_the_shot(show: Show) -> None:
    show.add(mark(1001))
    heard: list[tuple[int, str]] = []
    ended: list[BaseException] = []
    with running(show.studio) as server, Client(server.address, TOKEN) as client:

        def follow() -> None:
            try:
                for entry in client.watch_edits("sh010", 1):
                    heard.append((entry.revision, entry.author))
            except errors.UnderstudyError as error:
                ended.append(error)

        follower = threading.Thread(target=follow)
        follower.start()
        show.add(mark(1002), author="Bo")
        show.undo("Bo")
        wait_until(lambda: len(heard) == 2, seconds=10)
        purge_person(show.production, show.performer.id)
        follower.join(10)
        assert not follower.is_alive()
        with pytest.raises(errors.NotFound):
            next(client.watch_edits("sh010"))
    assert heard == [(2, "Bo"), (3, "Bo")]
    assert isinstance(ended[0], errors.NotFound)


def test_following_from_a_revision_to_come_is_refused(show: Show) -> None:
    with pytest.raises(errors.BadInput, match="revision 5"):
        next(show.studio.watch_edits("sh010", 5, lambda: True))
