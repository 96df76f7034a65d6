"""Links into the review room: a one-time invitation that opens it at a shot's frame."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from understudy.domain.errors import BadSettings
from understudy.domain.outside_text import json_value
from understudy_bridge.core.errors import RoomAway

_TIMEOUT_S = 10.0
_MOST_BYTES = 1 << 20


class ReviewRoom:
    """The room at an address, "" where there is none; `token` is what it knows the bridge by."""

    def __init__(self, address: str, token: str) -> None:
        """Raises: BadSettings."""
        self._address, self._token = address.rstrip("/"), token
        parts = urlsplit(self._address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path):
            raise BadSettings(f"{address!r} is no review room's address; write http://127.0.0.1:8420")

    def link(self, production: tuple[str, str], shot: str, frame: int | None) -> str:
        """A link that lets one browser in, at a shot of a production (its id and name) and one of its frames.

        Raises: RoomAway.
        """
        if not self._address:
            raise RoomAway(
                "the bridge knows no review room; start one with `understudy review`, and the bridge with "
                "--room and the address that it prints"
            )
        key = self._key_of(*production)
        page = f"/p/{quote(key, safe='')}/shots/{quote(shot, safe='')}"
        told = self._ask("POST", "/api/invite", {"next": page if frame is None else f"{page}/{frame}"})
        url = told.get("url") if isinstance(told, dict) else None
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise RoomAway(
                f"what answers at {self._address} is no review room; start the bridge with its address"
            )
        return url

    def _key_of(self, production_id: str, name: str) -> str:
        """The word that stands for the production in the room's addresses."""
        listed = self._ask("GET", "/api/productions")
        known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        named = [str(one.get("key", "")) for one in known if one.get("name") == name]
        for key in named if len(named) > 1 else ():
            told = self._ask("GET", f"/api/p/{quote(key, safe='')}")
            if isinstance(told, dict) and told.get("id") == production_id:
                return key
        if not named:
            raise RoomAway(
                f"the review room at {self._address} does not show the production {name}; start it with "
                "that production's folder"
            )
        return named[0]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        parts = urlsplit(self._address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        headers = {
            "Authorization": f"Bearer {self._token}",
            "X-Understudy": "1",
            "Accept": "application/json",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            line = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
            try:
                line.request(method, path, json.dumps(body) if body is not None else None, headers)
                with line.getresponse() as answer:
                    text = answer.read(_MOST_BYTES)
            finally:
                line.close()
            told = json_value(text) if text else None
        except (OSError, http.client.HTTPException, ValueError) as cause:
            raise RoomAway(
                f"no review room answers at {self._address} ({cause}); start it with `understudy review`"
            ) from cause
        if answer.status == 401:
            raise RoomAway(
                f"the review room at {self._address} does not know this bridge; start both as the same user, "
                "or give both the same UNDERSTUDY_REVIEW_TOKEN"
            )
        if answer.status >= 400:
            said = told.get("message", "") if isinstance(told, dict) else ""
            raise RoomAway(f"the review room at {self._address} refused: {answer.status} {said}")
        return told
