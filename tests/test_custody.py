"""The custody log: whatever is changed, cut or added afterwards is seen."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from understudy.domain.errors import BadRecord, CustodyBroken, NotFound
from understudy.trust.custody import FIRST_PREVIOUS, CustodyLog, anchor_path, verify
from understudy.trust.keys import PRIVATE_NAME, create_keys, load_private_key, load_public_key
from understudy.trust.tokens import is_token, new_token, token_sha256

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()


def log_of(folder: Path, entries: int = 4) -> CustodyLog:
    log = CustodyLog.create(folder / "custody.jsonl", KEY)
    for number in range(entries):
        log.append("consent.decided", consent_ids=[f"c{number}"], allowed=True, text='"quoted" é \n')
    return log


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log_of(tmp_path_factory.mktemp("custody")).path


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    head = log.append("take.rendered", take_id="t1")
    assert log.verify().entries == 5 and log.verify().head == log.head == head
    assert [entry.sequence for entry in log.entries()] == [1, 2, 3, 4, 5]
    assert [entry.event for entry in log.entries(after=4)] == ["take.rendered"]
    assert log.entries(after=1, limit=2)[0].facts["consent_ids"] == ["c1"]
    assert CustodyLog(log.path, KEY).append("again") != head and verify(log.path, PUBLIC).entries == 6


def test_an_empty_log_holds_and_is_never_begun_anew(tmp_path: Path) -> None:
    log = log_of(tmp_path, entries=0)
    assert (log.verify().entries, log.head) == (0, FIRST_PREVIOUS)
    with pytest.raises(CustodyBroken, match="already"):
        CustodyLog.create(log.path, KEY)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_found(written: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(written.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] = data.draw(st.integers(0, 255).filter(lambda value: value != content[position]))
    line = written.read_bytes()[:position].count(b"\n") + 1
    copy = tmp_path / "custody.jsonl"
    copy.write_bytes(content)
    shutil.copy(anchor_path(written), anchor_path(copy))
    with pytest.raises(CustodyBroken, match=f"line {line}:"):
        verify(copy, PUBLIC)
    with pytest.raises(CustodyBroken):
        CustodyLog(copy, KEY).append("more")
    assert copy.read_bytes() == content  # nobody builds on a broken log, nor mends it in silence


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keep=st.integers(0, 3000))
@example(keep=0)
def test_a_cut_tail_is_found(written: Path, tmp_path: Path, keep: int) -> None:
    content = written.read_bytes()
    copy = tmp_path / "custody.jsonl"
    copy.write_bytes(content[: min(keep, len(content) - 1)])
    shutil.copy(anchor_path(written), anchor_path(copy))
    with pytest.raises(CustodyBroken, match="checkpoint covers 4 lines"):
        verify(copy, PUBLIC)


def test_a_chain_written_anew_is_found(tmp_path: Path) -> None:
    """Whoever has no key can make a chain that hashes, but no checkpoint for it."""
    honest = log_of(tmp_path)
    (tmp_path / "forged").mkdir()
    forger = CustodyLog.create(tmp_path / "forged" / "custody.jsonl", Ed25519PrivateKey.generate())
    for _ in range(4):
        forger.append("nothing happened")
    shutil.copy(forger.path, honest.path)
    with pytest.raises(CustodyBroken, match="another hash"):
        verify(honest.path, PUBLIC)
    shutil.copy(anchor_path(forger.path), anchor_path(honest.path))
    with pytest.raises(CustodyBroken, match="not signed"):
        verify(honest.path, PUBLIC)


def test_swapped_removed_and_added_lines_are_found(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    lines = log.path.read_bytes().splitlines(keepends=True)
    for bad, number in (
        ([lines[0], lines[2], lines[1], lines[3]], 2),
        ([*lines[:1], *lines[2:]], 2),
        ([*lines, lines[3]], 5),
        ([lines[0], b"\n", *lines[1:]], 2),
    ):
        log.path.write_bytes(b"".join(bad))
        with pytest.raises(CustodyBroken, match=f"line {number}:"):
            verify(log.path, PUBLIC)


def crash_before_checkpoint(tmp_path: Path, lines: int) -> CustodyLog:
    """The state after a crash: `lines` more lines in the log than its checkpoint knows."""
    log = log_of(tmp_path)
    old = anchor_path(log.path).read_bytes()
    for _ in range(lines):
        log.append("unacknowledged")
    anchor_path(log.path).write_bytes(old)
    return CustodyLog(log.path, KEY)


def test_a_whole_line_before_the_checkpoint_is_kept(tmp_path: Path) -> None:
    log = crash_before_checkpoint(tmp_path, 1)
    assert log.verify().entries == 5
    log.append("next")
    assert [entry.event for entry in log.entries(after=4)] == ["unacknowledged", "next"]


def test_more_lines_than_a_crash_can_leave_are_refused(tmp_path: Path) -> None:
    log = crash_before_checkpoint(tmp_path, 2)
    with pytest.raises(CustodyBroken, match="line 6: lines follow"):
        log.verify()


@pytest.mark.parametrize("torn", [b"{", b'{"event":"x","facts":', b"\xff\xfe"])
def test_a_torn_line_is_reported_and_cut_off(tmp_path: Path, torn: bytes) -> None:
    log = log_of(tmp_path)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + torn)
    assert log.verify() == verify(log.path, PUBLIC)
    assert log.verify().torn_bytes == len(torn) and log.verify().entries == 4
    log.append("next")
    assert log.path.read_bytes().startswith(whole)
    repaired, following = log.entries(after=4)
    assert (repaired.event, repaired.facts) == ("custody.repaired", {"cut_bytes": len(torn)})
    assert following.event == "next" and log.verify().torn_bytes == 0


def test_a_lost_log_or_checkpoint_is_reported(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    anchor_path(log.path).unlink()
    with pytest.raises(CustodyBroken, match="gone"):
        log.verify()
    log.path.unlink()
    with pytest.raises(CustodyBroken, match="gone"):
        log.append("next")


def test_threads_and_handles_share_one_chain(tmp_path: Path) -> None:
    log_of(tmp_path, entries=0)

    def write(name: str) -> None:
        log = CustodyLog(tmp_path / "custody.jsonl", KEY)
        for _ in range(8):
            log.append(name)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = CustodyLog(tmp_path / "custody.jsonl", KEY).entries()
    assert sorted(entry.event for entry in entries) == ["a"] * 8 + ["b"] * 8 + ["c"] * 8


def test_keys_are_private_and_checked(tmp_path: Path) -> None:
    create_keys(tmp_path)
    private = tmp_path / PRIVATE_NAME
    assert private.stat().st_mode & 0o777 == 0o600
    key = load_private_key(tmp_path)
    load_public_key(tmp_path).verify(key.sign(b"x"), b"x")
    private.chmod(0o644)
    with pytest.raises(BadRecord, match="chmod 600"):
        load_private_key(tmp_path)
    private.write_bytes(b"nonsense")
    private.chmod(0o600)
    with pytest.raises(BadRecord, match="not a private key"):
        load_private_key(tmp_path)
    with pytest.raises(NotFound):
        load_public_key(tmp_path / "elsewhere.pub")


def test_tokens() -> None:
    token = new_token()
    assert len(token) >= 43 and token != new_token()
    assert is_token(token, token_sha256(token))
    assert not is_token(token + "x", token_sha256(token)) and not is_token("", token_sha256(token))
