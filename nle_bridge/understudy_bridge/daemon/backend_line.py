"""The daemon's one connection to the backend, opened when it is needed and there is a backend."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from understudy.client import Client
from understudy.domain.errors import ServerUnreachable, Transient, UnderstudyError


class BackendLine:
    """Used from many threads. `connect` raises ServerUnreachable while nobody serves the production."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._guard = threading.Lock()
        self._client: Client | None = None
        self._closed = False

    def client(self) -> Client:
        """Raises: ServerUnreachable, BadSettings."""
        with self._guard:
            if self._closed:
                raise ServerUnreachable("the bridge is ending; its jobs go on in the backend")
            if self._client is None:
                self._client = self._connect()
            return self._client

    def hello(self) -> dict[str, Any]:
        """How the backend is: {state: up, away or refused, address, message, production}."""
        told: dict[str, Any] = {"state": "up", "address": "", "message": "", "production": None}
        try:
            client = self.client()
            told["address"] = client.address
            production = client.get_production()
        except Transient as away:
            return {**told, "state": "away", "message": str(away)}
        except UnderstudyError as refusal:
            return {**told, "state": "refused", "message": str(refusal)}
        return {**told, "production": {"id": production.id, "name": production.name}}

    def close(self) -> None:
        with self._guard:
            self._closed = True
            if self._client is not None:
                self._client.close()
