"""What happens at the backend, sent to every open tab as one stream of server-sent events.

One thread a production asks how its jobs stand, and one thread a shot follows its edits, however many tabs
look on; both end with the last tab. Threads put messages into the queues of the tabs, nothing else.

    event: edit      data: entry of the shot, id: its revision
    event: job       data: {job, progress: {done, total, unit, rate, remaining_s} | null, message}
    event: jobevent  data: {job_id, ...event}: losses, previews, failed frames, notes
    event: backend   data: {up}
    event: beat      data: {}, every ten seconds, so that a dead line is noticed
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from understudy.client import Client
from understudy.domain.edit_stack import EditEntry, entry_to_table
from understudy.domain.errors import NotFound, Transient, UnderstudyError
from understudy.domain.job import Job
from understudy_review.asked import Asked
from understudy_review.errors import refusal
from understudy_review.house import House
from understudy_review.live_edits import ShotWatch
from understudy_review.live_jobs import JobWatch

BEAT_S = 10.0
MOST_TABS = 200
_MOST_WAITING = 5000
"""Messages that may wait for one tab; one that does not read is cut off and comes back by itself."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the stream."""

    kind: str
    data: Any
    id: int | None = None

    def text(self) -> bytes:
        number = "" if self.id is None else f"id: {self.id}\n"
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.kind}\n{number}data: {data}\n\n".encode()


END = Message("end", None)


class Tab:
    """The queue of one open stream, filled from any thread and emptied by its coroutine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[Message] = asyncio.Queue()

    def put(self, message: Message) -> None:
        try:
            self._loop.call_soon_threadsafe(self._put, message)
        except RuntimeError:  # the loop has ended, and with it every tab
            return

    def _put(self, message: Message) -> None:
        if self._queue.qsize() < _MOST_WAITING:
            self._queue.put_nowait(message)
        elif self._queue.qsize() == _MOST_WAITING:
            self._queue.put_nowait(END)

    async def get(self) -> Message:
        """The next message; a heartbeat when there is none for a while."""
        try:
            async with asyncio.timeout(BEAT_S):
                return await self._queue.get()
        except TimeoutError:
            return Message("beat", {})


@dataclass(slots=True)
class _Followed:
    """A production or a shot that tabs look at, and the thread that watches it for them."""

    watch: JobWatch | ShotWatch
    tabs: set[Tab] = field(default_factory=set)


class Live:
    """All open tabs. Its methods may be called from any thread."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._guard = threading.Lock()
        self._jobs: dict[str, _Followed] = {}
        self._shots: dict[tuple[str, str], _Followed] = {}
        self._tabs: set[Tab] = set()
        self.closed = False

    @property
    def tabs(self) -> int:
        return len(self._tabs)

    def tell_job(self, production: str, job: Job) -> None:
        """A job was just made or moved through this gateway: look at it, however short it may be."""
        with self._guard:
            followed = self._jobs.get(production)
        if followed and isinstance(followed.watch, JobWatch):
            followed.watch.expect(job.id)

    def close(self) -> None:
        """End every stream and thread."""
        with self._guard:
            self.closed = True
            tabs = list(self._tabs)
            watches = [followed.watch for followed in (*self._jobs.values(), *self._shots.values())]
        for tab in tabs:
            tab.put(END)
        for watch in watches:
            watch.stop()

    def join(self, tab: Tab, production: str, shot_id: str, after: int) -> None:
        """Let a tab hear of a production, and of a shot if one is named."""
        with self._guard:
            self._tabs.add(tab)
            followed = self._jobs.get(production)
            if followed is None:
                watch = JobWatch(production, self._house, self._teller(self._jobs, production))
                followed = self._jobs[production] = _Followed(watch)
                watch.start()
            followed.tabs.add(tab)
            for kind, data in followed.watch.present():
                tab.put(Message(kind, data))
            if shot_id:
                self._join_shot(tab, production, shot_id, after)

    def _join_shot(self, tab: Tab, production: str, shot_id: str, after: int) -> None:
        place = (production, shot_id)
        followed = self._shots.get(place)
        if followed is None:
            tell = self._teller(self._shots, place)
            edits = ShotWatch(shot_id, after, lambda: self._house.new_client(production), tell)
            followed = self._shots[place] = _Followed(edits)
            edits.start()
        followed.tabs.add(tab)

    def leave(self, tab: Tab, production: str, shot_id: str) -> None:
        """The tab was closed; the last one takes the thread with it."""
        with self._guard:
            self._tabs.discard(tab)
            ended = _left(self._jobs, production, tab) + _left(self._shots, (production, shot_id), tab)
        for watch in ended:
            watch.stop()

    def _teller(self, places: dict[Any, _Followed], place: Any) -> Callable[[str, Any, int | None], None]:
        """What a watching thread calls with each thing that happened."""

        def tell(kind: str, data: Any, number: int | None = None) -> None:
            with self._guard:
                followed = places.get(place)
                tabs = list(followed.tabs) if followed else []
            for tab in tabs:
                tab.put(Message(kind, data, number))

        return tell


def _left(places: dict[Any, _Followed], place: Any, tab: Tab) -> list[JobWatch | ShotWatch]:
    """Take a tab out of a place; the watches that nobody needs any more."""
    followed = places.get(place)
    if followed is None:
        return []
    followed.tabs.discard(tab)
    if followed.tabs:
        return []
    del places[place]
    return [followed.watch]


async def stream(request: Request) -> Response:
    """GET /api/p/{p}/live?shot=&after=: the stream of one tab."""
    live, house = request.app.state.room.live, request.app.state.room.house
    asked, production = Asked.of_query(request), request.path_params["p"]
    after = max(asked.whole("after", 0), _last_heard(request))
    shot_id = await run_in_threadpool(_shot_id, house, production, asked.text("shot", ""))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.method == "HEAD":  # its answer has no body, so it would never end
        return Response(media_type="text/event-stream", headers=headers)
    if live.closed or live.tabs >= MOST_TABS:
        return refusal(503, "TooManyTabs", f"more than {MOST_TABS} tabs follow this gateway")
    body = _messages(live, house, production, shot_id, after)
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


def _last_heard(request: Request) -> int:
    """What a browser says that takes a broken stream up again by itself."""
    told = request.headers.get("last-event-id", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _shot_id(house: House, production: str, shot: str) -> str:
    """The shot's id. Raises: NotFound. With the backend away it is taken at its word."""
    try:
        client = house.client(production)
        return client.shot(shot).id if shot else ""
    except Transient:
        return shot


async def _messages(
    live: Live, house: House, production: str, shot_id: str, after: int
) -> AsyncIterator[bytes]:
    tab = Tab(asyncio.get_running_loop())
    edits = _EditOrder(after)
    live.join(tab, production, shot_id, after)
    catching_up = asyncio.create_task(_catch_up(tab, house, production, shot_id, after)) if shot_id else None
    try:
        yield b"retry: 1000\n\n"
        while (message := await tab.get()) is not END:
            for ready in edits.take(message):
                yield ready.text()
    finally:
        live.leave(tab, production, shot_id)
        if catching_up:
            catching_up.cancel()


async def _catch_up(tab: Tab, house: House, production: str, shot_id: str, after: int) -> None:
    """Put everything since `after` into the tab's queue, as soon as the backend tells it."""

    def known() -> tuple[EditEntry, ...]:
        client: Client = house.client(production)
        return client.edits(shot_id, after).entries

    while True:
        try:
            entries = await run_in_threadpool(known)
        except NotFound:
            tab.put(END)
            return
        except UnderstudyError:
            await asyncio.sleep(1.0)
            continue
        tab.put(Message("caught up", entries))
        return


class _EditOrder:
    """Each edit once and in order: what was there already, then what comes; both may tell of the same."""

    def __init__(self, after: int) -> None:
        self._last = after
        self._held: dict[int, Message] | None = {}  # until the list is there

    def take(self, message: Message) -> list[Message]:
        """What may be sent now."""
        if message.kind == "caught up":
            known = {entry.revision: edit_message(entry) for entry in message.data}
            known |= self._held or {}
            self._held = None
            return [ready for number in sorted(known) for ready in self._next(number, known[number])]
        if message.kind != "edit" or message.id is None:
            return [message]
        if self._held is not None:
            self._held[message.id] = message
            return []
        return self._next(message.id, message)

    def _next(self, number: int, message: Message) -> list[Message]:
        if number <= self._last:
            return []
        self._last = number
        return [message]


def edit_message(entry: EditEntry) -> Message:
    return Message("edit", entry_to_table(entry), entry.revision)
