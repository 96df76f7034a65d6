"""Access tokens: what is kept of them, when they are good, what is written down of those who are refused."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serving import TOKEN, admission
from tests.test_store import shot_of

from understudy.admission import Admission
from understudy.domain.access import Scope
from understudy.domain.edit_frames import Mark, MarkFrames
from understudy.domain.edit_stack import Step
from understudy.domain.errors import BadInput, Conflict, CustodyBroken, NotFound, TokenExpired, TokenRevoked
from understudy.domain.refusals import OTHERS, Refusals
from understudy.rpc.refusals import (
    ATTEMPTS,
    ENTRIES_AN_HOUR,
    ENTRIES_IN_ALL,
    MOST_PEERS,
    MOST_WAITING,
    Attempts,
    RefusalLog,
    peer_address,
)
from understudy.store.production import Production
from understudy.trust.asking import asked_with, asking_token_id
from understudy.trust.tokens import id_of, is_token, new_named_token, token_sha256

DAY_S = 86400


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as opened:
        yield opened


@given(st.text(max_size=80))
def test_any_text_may_be_presented(text: str) -> None:
    token_id, token = new_named_token()
    assert id_of(token) == token_id and is_token(token, token_sha256(token))
    assert not is_token(text, token_sha256(token))
    assert "_" not in id_of(text)
    assert admission().caller(text) is None


def test_scopes_include_those_before_them() -> None:
    included = {(a, b) for a in Scope for b in Scope if a.includes(b)}
    farm, artist, admin = Scope
    assert included == {(farm, farm), (artist, farm), (artist, artist), *((admin, scope) for scope in Scope)}


def test_a_token_is_good_until_its_time_is_over(clock: Clock) -> None:
    access = admission(clock.now)
    made = access.create_token(" Ana ", Scope.ARTIST, DAY_S)
    assert made.token.name == "Ana" and made.secret not in repr(made)
    caller = access.caller(made.secret)
    assert caller is not None and (caller.token_id, caller.scope) == (made.token.id, Scope.ARTIST)
    clock.pass_by(seconds=DAY_S - 1)
    access.check(caller)
    clock.pass_by(seconds=1)
    assert access.caller(made.secret) == caller  # known, though no longer good
    with pytest.raises(TokenExpired, match="'Ana' ended at 2026-03-02 00:00 UTC"):
        access.check(caller)
    access.create_token("Ana", Scope.ARTIST, DAY_S)  # the name is free again


def test_a_revoked_token_is_told_so_and_a_wrong_one_nothing(clock: Clock) -> None:
    access = admission(clock.now)
    made = access.create_token("Ana", Scope.ARTIST, DAY_S)
    caller = access.caller(made.secret)
    assert caller is not None
    with pytest.raises(Conflict, match="Ana"):
        access.create_token("Ana", Scope.FARM, DAY_S)
    revoked = access.revoke_token("Ana")
    clock.pass_by(days=1)
    assert access.revoke_token(made.token.id) == revoked == access.tokens()[0]
    with pytest.raises(TokenRevoked, match="revoked at 2026-03-01"):
        access.check(caller)
    for wrong in (
        made.secret + "x",
        made.secret[:-1],
        f"ust_{made.token.id}_",
        f"ust_{made.token.id}_{TOKEN}",
    ):
        assert access.caller(wrong) is None
    with pytest.raises(NotFound):
        access.revoke_token("nobody")


@pytest.mark.parametrize(
    ("name", "valid_s"), [("", 60), ("x" * 101, 60), ("two\nlines", 60), ("a", 0), ("a", 10**12), ("a", -5)]
)
def test_tokens_that_cannot_be(name: str, valid_s: int) -> None:
    with pytest.raises(BadInput):
        admission().create_token(name, Scope.FARM, valid_s)


def test_tokens_outlive_the_server_and_only_their_hash_is_kept(production: Production, clock: Clock) -> None:
    def opened() -> Admission:
        return Admission(production, own_token=TOKEN, audit=production.custody.append, now=clock.now)

    first = opened()
    made = first.create_token("farm node", Scope.FARM, DAY_S)
    caller = first.caller(made.secret)
    assert caller is not None
    first.was_used(caller)
    clock.pass_by(seconds=30)
    first.was_used(caller)
    again = opened()
    assert again.caller(made.secret) == caller
    assert again.tokens()[0].last_used_at == "2026-03-01T00:00:00.000+00:00"
    again.revoke_token("farm node")
    with pytest.raises(TokenRevoked):
        opened().check(caller)
    events = [(entry.event, entry.facts) for entry in production.custody.entries()[1:]]
    assert [event for event, _ in events] == ["token.created", "token.revoked"]
    assert events[0][1]["created_id"] == events[1][1]["revoked_id"] == made.token.id
    production.checkpoint()
    kept = b"".join(path.read_bytes() for path in production.folder.rglob("*") if path.is_file())
    secret = made.secret.rpartition(f"{made.token.id}_")[2].encode()
    assert secret not in kept and TOKEN.encode() not in kept
    assert token_sha256(made.secret).encode() in kept


def test_a_use_that_is_noted_late_brings_no_revoked_token_back(production: Production, clock: Clock) -> None:
    def opened() -> Admission:
        return Admission(production, own_token=TOKEN, audit=production.custody.append, now=clock.now)

    access = opened()
    made = access.create_token("Ana", Scope.ADMIN, DAY_S)
    caller = access.caller(made.secret)
    assert caller is not None
    with production.transaction():  # the database is busy, as while somebody is purged
        late = threading.Thread(target=access.was_used, args=(caller,))
        late.start()
        while not access.tokens()[0].last_used_at:
            time.sleep(0.001)
        access.revoke_token("Ana")
    late.join()
    assert opened().tokens()[0].last_used_at
    with pytest.raises(TokenRevoked):
        opened().check(caller)


def test_what_a_call_writes_carries_its_token(production: Production) -> None:
    ann = production.add_person("Ann")
    shot = production.add_shot(shot_of(ann.id))
    steps = [(Step.DO, MarkFrames(first=1001, last=1001, mark=Mark.APPROVED))]

    def asked() -> None:
        asked_with("0123456789abcdef")
        production.custody.append("purge.done", person_id="p")
        production.append_edits(shot.id, steps, author="Ann", request_id="r1")

    contextvars.copy_context().run(asked)
    assert asking_token_id() == ""
    production.append_edits(shot.id, steps, author="Ann", request_id="r2")
    assert [production.token_of_edit(shot.id, n) for n in (1, 2, 3)] == ["0123456789abcdef", "", ""]
    assert production.custody.entries()[-1].facts == {"person_id": "p", "token_id": "0123456789abcdef"}
    production.custody.verify()


def test_a_disk_that_takes_nothing_sends_nobody_away(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    access = admission(clock.now)
    made = access.create_token("Ana", Scope.FARM, DAY_S)
    caller = access.caller(made.secret)
    assert caller is not None
    access._tables._connection.execute("PRAGMA query_only = ON")
    access.was_used(caller)
    assert made.token.id in caplog.text and made.secret not in caplog.text


# Who is refused


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.7:40000", "10.0.0.7"),
        ("ipv6:%5B::1%5D:40000", "::1"),
        ("ipv6:[2001:db8:1:2:3:4:5:6]:40000", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:10.0.0.7%5D:1", "10.0.0.7"),
        ("ipv6:[fe80::1%25eth0]:9", "fe80::/64"),
        ("unix:", "unix"),
        ("", "unknown"),
        ("ipv4:nonsense", "unknown"),
    ],
)
def test_a_peer_is_its_address(peer: str, address: str) -> None:
    assert peer_address(peer) == address


def test_wrong_tokens_of_a_peer_are_counted_for_a_minute(clock: Clock) -> None:
    attempts = Attempts(clock.seconds)
    assert [attempts.one_more("a") for _ in range(ATTEMPTS + 3)] == [False] * ATTEMPTS + [True] * 3
    assert not attempts.one_more("b")
    clock.pass_by(seconds=61)
    assert not attempts.one_more("a")


def test_the_memory_of_peers_is_bounded(clock: Clock) -> None:
    attempts = Attempts(clock.seconds)
    for number in range(MOST_PEERS + 100):
        attempts.one_more(str(number))
    assert len(attempts._peers) == MOST_PEERS


def test_one_entry_a_minute_for_each_peer_and_reason(clock: Clock) -> None:
    written: list[Refusals] = []
    refusals = RefusalLog(written.append, clock.seconds)
    for second in range(180):
        for _ in range(10):
            refusals.note("10.0.0.7", "NotAuthenticated", method="/m")
        refusals.note("10.0.0.7", "NotAllowed", method="/m", token_id="t")
        refusals.flush()
        clock.pass_by(seconds=1)
        assert len(written) == 2 * (second // 60 + 1)
    refusals.flush(all_of_it=True)
    told = Counter()
    for entry in written:
        told[entry.reason, entry.token_id] += entry.count
    assert told == {("NotAuthenticated", ""): 1800, ("NotAllowed", "t"): 180}


def test_a_flood_from_everywhere_fills_neither_the_log_nor_the_memory(clock: Clock) -> None:
    written: list[Refusals] = []
    refusals = RefusalLog(written.append, clock.seconds)
    for second in range(120):
        for peer in range(50):
            refusals.note(f"peer {second} {peer}", "NotAuthenticated", method="/m")
        refusals.flush()
        clock.pass_by(seconds=1)
    assert len(written) == 2 * ENTRIES_IN_ALL
    refusals.flush(all_of_it=True)
    assert len(written) <= 2 * ENTRIES_IN_ALL + MOST_WAITING + 1
    assert sum(entry.count for entry in written) == 120 * 50
    assert written[-1].peer == OTHERS or any(entry.peer == OTHERS for entry in written)


def test_an_attack_that_lasts_leaves_few_lines_an_hour(clock: Clock) -> None:
    written: list[Refusals] = []
    refusals = RefusalLog(written.append, clock.seconds)
    for minute in range(180):
        for peer in range(20):
            refusals.note(f"peer {minute} {peer}", "NotAuthenticated", method="/m")
        refusals.flush()
        clock.pass_by(minutes=1)
    assert len(written) == 3 * ENTRIES_AN_HOUR


def test_a_log_that_cannot_be_written_stops_nobody(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def broken(refusals: Refusals) -> None:
        raise CustodyBroken("line 3: altered")

    refusals = RefusalLog(broken, clock.seconds)
    refusals.note("10.0.0.7", "NotAuthenticated", method="/m")
    refusals.flush()
    assert "line 3" in caplog.text and "10.0.0.7" in caplog.text
