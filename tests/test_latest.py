"""The memory of a few things: what is used stays, what was used longest ago goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.latest import Latest


def test_what_was_used_longest_ago_goes() -> None:
    latest: Latest[str, int] = Latest(2)
    assert latest.put("a", 1) == 1 and latest.put("b", 2) == 2
    assert latest.get("a") == 1
    latest.put("c", 3)
    assert (latest.get("a"), latest.get("b"), latest.get("c")) == (1, None, 3)
    latest.clear()
    assert latest.items() == [] and latest.get("a") is None


@given(st.integers(1, 5), st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40))
def test_it_holds_the_last_that_were_put_or_found(most: int, uses: list[tuple[bool, int]]) -> None:
    latest: Latest[int, int] = Latest(most)
    wanted: list[int] = []
    for put, key in uses:
        known = key in wanted
        if put:
            latest.put(key, 10 * key)
        else:
            assert latest.get(key) == (10 * key if known else None)
        if put or known:
            wanted = [*(other for other in wanted if other != key), key][-most:]
        assert latest.items() == [(key, 10 * key) for key in wanted]
