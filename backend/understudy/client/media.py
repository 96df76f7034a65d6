"""The verbs on media: plates that moved, clips sent to the server, work fetched from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from understudy.client.connection import Connection
from understudy.client.patience import PATIENCE_S
from understudy.client.pulling import pull
from understudy.client.pushing import Told, push
from understudy.domain.errors import Transient
from understudy.domain.media import MissingPlate, RelinkReport, SearchStep, Transferred
from understudy.v1 import media_pb2 as pb
from understudy.wire.media import missing_plate_from_wire, relink_report_from_wire, search_step_from_wire


class MediaCalls:
    """The part of a client that finds media again and moves files.

    Whatever breaks off goes on with the pieces that are not there yet: after a dropped line or a restart of
    the server by itself, after this program ended when it is called again.
    """

    _connection: Connection

    def missing_media(
        self, shot_ids: Sequence[str] = (), looked_at: Callable[[int], None] = lambda count: None
    ) -> list[MissingPlate]:
        """Plates of some shots, or of all, that are away or changed. Raises: NotFound, Transient."""
        request = pb.ListMissingRequest(shot_ids=shot_ids)
        found = []
        for told in self._connection.stream("MediaService/ListMissing", request, pb.ListMissingResponse):
            if told.WhichOneof("part") == "plate":
                found.append(missing_plate_from_wire(told.plate))
            else:
                looked_at(told.looked_at)
        return found

    def relink(
        self,
        folders: Sequence[str],
        shot_ids: Sequence[str] = (),
        *,
        dry_run: bool = False,
        accept_unverified: bool = False,
        step: Callable[[SearchStep], None] = lambda step: None,
    ) -> RelinkReport:
        """Look for missing plates in folders of the server (none: its own media), and use what is found.

        A clip with other bytes is used only when `accept_unverified`.
        Raises: NotFound, BadSettings, Transient.
        """
        request = pb.RelinkRequest(
            folders=folders, shot_ids=shot_ids, dry_run=dry_run, accept_unverified=accept_unverified
        )
        for told in self._connection.stream("MediaService/Relink", request, pb.RelinkResponse):
            if told.WhichOneof("part") == "report":
                return relink_report_from_wire(told.report)
            step(search_step_from_wire(told.step))
        raise Transient("the search ended without a word; try again")

    def push_clip(
        self,
        name: str,
        files: Sequence[Path],
        *,
        told: Told = lambda what, done, total: None,
        patience_s: float = PATIENCE_S,
    ) -> Transferred:
        """Send a movie, or the files of a sequence named as "plate.####.exr". Only what is not there is sent.

        Raises: BadInput, DiskFull, OSError; Transient when the server is away for longer than `patience_s`.
        """
        return push(self._connection, name, files, told=told, patience_s=patience_s)

    def pull(
        self,
        identifier: str,
        folder: Path,
        *,
        told: Told = lambda what, done, total: None,
        patience_s: float = PATIENCE_S,
    ) -> Transferred:
        """Fetch a take, a delivery or an export into a folder; what is there already is not fetched again.

        Raises: NotFound, ConsentRefused, BadRecord, DiskFull, NotWritable, Conflict; Transient when the
        server is away for longer than `patience_s`.
        """
        return pull(self._connection, identifier, folder, told=told, patience_s=patience_s)
