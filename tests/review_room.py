"""A real gateway on loopback for tests, before a backend that lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from tests.serving import TOKEN

from understudy.client import Client
from understudy.domain.errors import NotFound
from understudy.domain.known_production import KnownProduction, ProductionState
from understudy.domain.listening import address_of
from understudy.domain.server_file import ServerLocation
from understudy_review.access import Access
from understudy_review.app import create_app
from understudy_review.house import House
from understudy_review.serving import listen, server_of

KEY = "pilot"
BRIDGE_TOKEN = "bridge-token"
WRITE = {"x-understudy": "1"}


class OneProduction:
    """A house with one production, whose server may move."""

    can_create = False

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Client | None = None

    def productions(self) -> Sequence[KnownProduction]:
        return [KnownProduction(key=KEY, name="Pilot", folder="/p", state=ProductionState.OPEN)]

    def create(self, name: str) -> str:
        raise NotFound("nothing is made here")

    def open(self, key: str) -> None:
        self.client(key)

    def client(self, key: str) -> Client:
        if key != KEY:
            raise NotFound(f"there is no production {key}")
        if self._client is None:
            self._client = self.new_client(key)
        return self._client

    def new_client(self, key: str) -> Client:
        client = Client(self.address, TOKEN)
        client._connection._locate = lambda: ServerLocation(address=self.address, token=TOKEN)
        return client


@dataclass(frozen=True, kw_only=True)
class RunningRoom:
    """A gateway that answers at `base`."""

    base: str
    access: Access

    @contextmanager
    def browser(self, author: str = "Ada") -> Iterator[httpx.Client]:
        """A browser that was let in: it keeps cookies, and says where its requests come from."""
        own = {"origin": self.base, **WRITE}
        with httpx.Client(base_url=self.base, headers=own, timeout=30) as browser:
            entered = browser.get(self.access.link("", author=author))
            assert entered.status_code == 303, entered.text
            yield browser

    def stranger(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=30)


@contextmanager
def running_room(house: House, access: Access | None = None) -> Iterator[RunningRoom]:
    access = access or Access(token=BRIDGE_TOKEN, author="Owner")
    listening = listen("127.0.0.1:0", tls=False)
    host, port = address_of(listening)
    up = threading.Event()
    server = server_of(create_app(house, access), started=up.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="review room")
    thread.start()
    try:
        assert up.wait(10)
        yield RunningRoom(base=f"http://{host}:{port}", access=access)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()
        assert not thread.is_alive(), "the gateway did not end"
