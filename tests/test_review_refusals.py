"""What the review room says when its token does not suffice, or its backend has too much to do."""

from __future__ import annotations

import pytest
from tests.fakes import FakeBackend
from tests.serving import TOKEN, admission, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.access import Scope
from understudy.domain.known_production import ProductionState
from understudy_review.errors import status_of
from understudy_review.house import RemoteHouse


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotAllowed, 403),
        (errors.TokenExpired, 502),
        (errors.TooManyCalls, 429),
        (errors.ServerUnreachable, 503),
    ],
)
def test_refusals_of_the_backend_have_a_status_of_their_own(
    error: type[errors.UnderstudyError], status: int
) -> None:
    assert status_of(error("no")) == status


def test_a_room_elsewhere_works_with_an_artists_token_until_it_is_revoked() -> None:
    access = admission()
    made = access.create_token("review room", Scope.ARTIST, 3600)
    with running(FakeBackend(), access=access) as server:
        house = RemoteHouse(lambda: Client(server.address, made.secret), address=server.address)
        (known,) = house.productions()
        assert known.state is ProductionState.OPEN
        client = house.client(known.key)
        assert client.people() == []
        with pytest.raises(errors.NotAllowed, match="scope admin"):
            client.revoke_consent("any", "asked for it")
        access.revoke_token("review room")
        assert house.productions()[0].state is ProductionState.UNREACHABLE
        with pytest.raises(errors.TokenRevoked, match="ask for a new one"):
            house.open(known.key)
        client.close()


def test_the_own_token_is_no_artists() -> None:
    with running(FakeBackend()) as server, Client(server.address, TOKEN) as client:
        assert client.caller().scope is Scope.ADMIN
