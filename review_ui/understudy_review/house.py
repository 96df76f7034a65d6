"""Where productions come from: any object that behaves as `House` says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from understudy.client import Client
from understudy.domain.errors import Conflict, NotFound, UnderstudyError
from understudy.domain.known_production import KnownProduction, ProductionState, slug

UNKNOWN_KEY = "production"


class House(Protocol):
    """The productions that a review room shows. Every method may be called from several threads."""

    @property
    def can_create(self) -> bool:
        """Whether productions can be made here."""
        ...

    def productions(self) -> Sequence[KnownProduction]:
        """All that are known, the one used last first."""
        ...

    def create(self, name: str) -> str:
        """Make a production and return its key. Raises: BadRecord, Conflict."""
        ...

    def open(self, key: str) -> None:
        """See to it that a server has the production open. Raises: NotFound, ServerUnreachable."""
        ...

    def client(self, key: str) -> Client:
        """The shared client of a production. Raises: NotFound, ServerUnreachable."""
        ...

    def new_client(self, key: str) -> Client:
        """A client for one purpose; who asked for it closes it. Raises: NotFound, ServerUnreachable."""
        ...


class RemoteHouse:
    """The one production of a server elsewhere."""

    def __init__(self, connect: Callable[[], Client], *, address: str) -> None:
        self._connect, self._address = connect, address
        self._guard = threading.Lock()
        self._client: Client | None = None
        self._known: KnownProduction | None = None

    @property
    def can_create(self) -> bool:
        return False

    def productions(self) -> Sequence[KnownProduction]:
        try:
            info = self._shared().get_production()
        except UnderstudyError:
            if self._known is None:
                return [
                    KnownProduction(key=UNKNOWN_KEY, name=self._address, state=ProductionState.UNREACHABLE)
                ]
            return [self._known.with_state(ProductionState.UNREACHABLE)]
        self._known = KnownProduction(
            key=slug(info.name), name=info.name, folder=info.folder, state=ProductionState.OPEN
        )
        return [self._known]

    def create(self, name: str) -> str:
        raise Conflict("productions are made on the machine that keeps them: understudy production create")

    def open(self, key: str) -> None:
        self.client(key).get_production()

    def client(self, key: str) -> Client:
        self._check(key)
        return self._shared()

    def new_client(self, key: str) -> Client:
        self._check(key)
        return self._connect()

    def _check(self, key: str) -> None:
        if self._known is None:
            self.productions()
        if self._known is not None and key not in (self._known.key, UNKNOWN_KEY):
            raise NotFound(f"there is no production {key} at {self._address}; it has {self._known.key}")

    def _shared(self) -> Client:
        with self._guard:
            if self._client is None:
                self._client = self._connect()
            return self._client
