"""The daemon's one object: a method for each request of `docs/bridge.md`, plain tables in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import understudy
from understudy.client import Client
from understudy.domain.errors import BadInput, Conflict, NotFound
from understudy.domain.path_map import NO_MAP, PathMap
from understudy_bridge.core.shot_ref import check as check_shot
from understudy_bridge.core.timeline import MOST_FRAMES
from understudy_bridge.daemon.asked_shots import Asking, shot_asked_for, shots_asked_for
from understudy_bridge.daemon.backend_line import BackendLine
from understudy_bridge.daemon.carrying import Carrier
from understudy_bridge.daemon.journal import Journal
from understudy_bridge.daemon.media_roads import Roads, is_online
from understudy_bridge.daemon.offers import Offers
from understudy_bridge.daemon.pictures import newest_picture
from understudy_bridge.daemon.plans import Plans
from understudy_bridge.daemon.plates import cut_of
from understudy_bridge.daemon.room import ReviewRoom
from understudy_bridge.daemon.sending import Placing, Sending, Version, table_of
from understudy_bridge.daemon.sendings import Sendings
from understudy_bridge.daemon.told import Told

Table = dict[str, Any]

MOST_WAIT_S = 25.0
JOURNAL_FOLDER = "sendings"
MEDIA_FOLDER = "media"
_MOST_ID = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeSetting:
    """What a daemon is started with.

    connect: opens a connection to the backend; raises ServerUnreachable while there is none, and is asked
    again. state: the folder that keeps the journal. presets: a TOML file, None for one preset a model.
    room, room_token: address of the review room ("" without one) and the token that it knows the bridge by.
    push: clips that the backend cannot see are sent to it. media: where deliveries that this machine cannot
    see are fetched to, None for a folder beside the journal.
    """

    connect: Callable[[], Client]
    state: Path
    presets: Path | None = None
    room: str = ""
    room_token: str = ""
    path_map: PathMap = NO_MAP
    push: bool = False
    media: Path | None = None


class Bridge:
    """Everything that the daemon does but for HTTP. Used from many threads. Raises: UnderstudyError only."""

    def __init__(self, setting: BridgeSetting) -> None:
        """Take up the journal, and the sendings that were under way.

        Raises: Conflict while another daemon has the journal; BadSettings, NotWritable, DiskFull.
        """
        self._room = ReviewRoom(setting.room, setting.room_token)
        self._line = BackendLine(setting.connect)
        self._offers = Offers(self._line, setting.presets)
        self._plans = Plans()
        self._journal = Journal(setting.state / JOURNAL_FOLDER)
        self._sendings = Sendings(self._journal)
        media = setting.media or setting.state / MEDIA_FOLDER
        roads = Roads(path_map=setting.path_map, push=setting.push, media=media.absolute())
        self._carrier = Carrier(self._sendings, self._line, roads)
        self._carrier.start()

    def hello(self) -> Table:
        """{version, backend: {state, address, message, production}, notes}, whether or not it answers."""
        return {
            "version": understudy.__version__,
            "backend": self._line.hello(),
            "notes": list(self._journal.notes),
        }

    def presets(self) -> Table:
        """{presets: [Preset]}. Raises: BadSettings for a file that is wrong; ServerUnreachable."""
        return {"presets": self._offers.presets()}

    def people(self) -> Table:
        """{people: [...]}. Raises: ServerUnreachable."""
        return {"people": self._offers.people()}

    def check(self, asked: Table) -> Table:
        """{host, project, timeline, clips or marker or track, preset?} ->
        {shots: [{shot, for_people, problems}]}

        Raises: BadInterchange, NotOnTimeline, NotFound (the preset).
        """
        asking = Asking.of(asked)
        preset = self._offers.preset(asking.preset) if asking.preset else None
        problems = self._offers.problems(preset) if preset is not None else []
        handles = preset.recipe.handles if preset is not None else None
        # Many clips show one medium, and a folder of pictures is long to read.
        return {"shots": shots_asked_for(asking, handles, problems, cache(is_online))}

    def create(self, asked: Table) -> Table:
        """{request_id, project, shot, preset} -> Sending

        Raises: ShotRefused, BadInput, NotFound (the preset), Conflict (the request was for another shot).
        """
        told = Told.of(asked, "sending")
        request_id, project = told.text("request_id", None), told.text("project", None)
        shot, preset = shot_asked_for(asked.get("shot")), told.text("preset", None)
        told.done("shot")
        if not 0 < len(request_id) <= _MOST_ID or len(project) > _MOST_ID:
            raise BadInput(f"request_id and project are text of at most {_MOST_ID} characters")
        check_shot(shot, is_online=is_online)
        cut_of(shot)
        recipe = self._offers.preset(preset).recipe
        return table_of(self._sendings.create(request_id, project, shot, recipe))

    def list(self, project: str, after: int, wait_s: float) -> Table:
        """{revision, sendings}: those changed after `after`, waiting up to `wait_s` (at most 25) for one."""
        revision, found = self._sendings.since(project, after, min(max(0.0, wait_s), MOST_WAIT_S))
        return {"revision": revision, "sendings": [table_of(sending) for sending in found]}

    def get(self, sending_id: str) -> Table:
        """Raises: NotFound."""
        return table_of(self._sendings.get(sending_id))

    def cancel(self, sending_id: str) -> Table:
        """Raises: NotFound."""
        return table_of(self._sendings.cancel(sending_id))

    def retry(self, sending_id: str) -> Table:
        """Raises: NotFound, Conflict."""
        name = self._sendings.get(sending_id).recipe.name
        return table_of(self._sendings.retry(sending_id, self._offers.recipe_now(name)))

    def render(self, sending_id: str, asked: Table) -> Table:
        """{preset?} -> Sending, which renders its next version. Raises: NotFound, Conflict."""
        told = Told.of(asked, "render")
        sending = self._sendings.get(sending_id)
        preset = self._offers.preset(told.text("preset", sending.recipe.name))
        told.done()
        self._same_performer(sending, preset.performer.id if preset.performer else "")
        return table_of(self._sendings.render(sending_id, preset.recipe))

    def fetch(self, sending_id: str, asked: Table) -> Table:
        """{version} -> Sending, which delivers a version that there is. Raises: NotFound, Conflict."""
        told = Told.of(asked, "fetch")
        number = told.whole("version", None, least=1)
        told.done()
        sending = self._with_shot(sending_id)
        for take in self._line.client().takes(sending.shot_id):
            if take.version == number:
                known = sending.version(number)
                whole = known if known is not None and known.take_id == take.id else None
                version = whole or Version(version=number, take_id=take.id, state="rendered")
                return table_of(self._sendings.deliver(sending_id, version))
        raise NotFound(f"{sending.name} has no version {number}; render it first")

    def plan(self, sending_id: str, asked: Table) -> Table:
        """{timeline, capabilities?, version?, track?, remove?} -> Plan

        Raises: NotFound, NotOnTimeline, ClipChanged, ShotRefused, TakeTooShort, Occupied, BadInterchange.
        """
        told, timeline = Told.of(asked, "plan"), asked.get("timeline")
        sending, number, track = self._sendings.get(sending_id), None, None
        if asked.get("version") is not None:
            number = told.whole("version", None, least=1)
        if asked.get("track") is not None:
            track = told.whole("track", None, least=1)
        removes = told.flag("remove", False)
        told.done("timeline", "capabilities", "version", "track")
        if removes:
            return self._plans.make_removal(sending.id, sending.shot.clip_uid, timeline)
        version = sending.newest_delivered() if number is None else sending.version(number)
        if version is None or version.media is None:
            raise NotFound(_not_delivered(sending, number))
        return self._plans.make(
            sending.id,
            sending.shot,
            version.media,
            version.version,
            timeline,
            capabilities=asked.get("capabilities"),
            track=track,
        )

    def read(self, plan_id: str, asked: Table) -> Table:
        """{timeline} -> {ok, faults}. Raises: NotFound, BadInterchange."""
        reading = self._plans.read(plan_id, asked.get("timeline"))
        if reading.ok:
            placed = tuple(
                Placing(version=one["version"], track=one["track"], record_in=one["record_in"])
                for one in reading.placed
            )
            self._sendings.note_placed(reading.sending_id, placed)
        return reading.table()

    def picture(self, sending_id: str, width: int) -> bytes:
        """JPEG: the newest finished frame, else the plate's. Raises: NotFound while there is none."""
        return newest_picture(self._line.client(), self._with_shot(sending_id), width)

    def room(self, sending_id: str, asked: Table) -> Table:
        """{frame? or source?} -> {url}: the review room at a frame of the plate, or at a source frame.

        Raises: NotFound, RoomAway.
        """
        told = Told.of(asked, "room")
        frame = None if asked.get("frame") is None else told.whole("frame", None, least=-MOST_FRAMES)
        source = None if asked.get("source") is None else told.whole("source", None, least=-MOST_FRAMES)
        told.done("frame", "source")
        client, sending = self._line.client(), self._with_shot(sending_id)
        shot, production = client.shot(sending.shot_id), client.get_production()
        if source is not None:
            index = source - cut_of(sending.shot).medium_start
            frame = shot.plate.first_frame + index - shot.plate.first_index
        if frame is not None:
            frame = min(max(frame, shot.plate.frames.first), shot.plate.frames.last)
        return {"url": self._room.link((production.id, production.name), shot.name, frame)}

    def close(self) -> None:
        """End waiting calls and the threads; the jobs go on in the backend. May be called twice."""
        self._sendings.close()
        self._line.close()
        self._carrier.close()
        self._journal.close()

    def _with_shot(self, sending_id: str) -> Sending:
        sending = self._sendings.get(sending_id)
        if not sending.shot_id:
            raise NotFound(f"the backend has no shot of {sending.name} yet; wait until it is ingested")
        return sending

    def _same_performer(self, sending: Sending, performer_id: str) -> None:
        if not sending.shot_id or not performer_id:
            return
        if self._line.client().shot(sending.shot_id).person_id != performer_id:
            raise Conflict(
                f"{sending.name} shows another performer than this preset is for; send the shot anew with it"
            )


def _not_delivered(sending: Sending, number: int | None) -> str:
    if number is not None:
        return f"v{number:03d} of {sending.name} is not delivered; fetch it first"
    return f"no version of {sending.name} is delivered yet; it is {sending.state}"
