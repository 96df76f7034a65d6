"""How things stand in a production: tracks, mattes, takes frame by frame, what jobs told; clips coming in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from understudy.domain.artefact import Take
from understudy.domain.face import load_faces
from understudy.domain.job import FINAL, Event, EventKind
from understudy.domain.job_views import LogPart, SettingList
from understudy.domain.summary import ShotMattes, StoredClip, TakeMeasures, TrackSummary
from understudy.domain.take_frames import TakeFrames
from understudy.jobs.job_log import LOG_NAME, read_log
from understudy.jobs.mattes import shot_mattes, take_measures
from understudy.jobs.setting_list import list_settings
from understudy.jobs.take_frames import TakeStates
from understudy.jobs.tracks import summarise
from understudy.media.layer_headers import LayerHeaders
from understudy.solving import Solver
from understudy.store.clips import Clips
from understudy.store.production import Production


class Viewing:
    """Implements `rpc.state_backend.StateBackend` over one production. Used from many threads."""

    still_allowed: Callable[[Take], None]
    """Raises a ConsentRefused for a take that may not be looked at any more."""

    def __init__(
        self, production: Production, solver: Solver, headers: LayerHeaders, most_upload_bytes: int
    ) -> None:
        self._production, self.solver = production, solver
        self._take_states = TakeStates(production, headers)
        self.clips = Clips(production.folder, most_bytes=most_upload_bytes)

    def tracks(self, shot_id: str) -> Sequence[TrackSummary]:
        """Raises: NotFound."""
        shot = self._production.shot(shot_id)
        return summarise(load_faces(self._production.path(shot.faces))) if shot.faces else ()

    def shot_mattes(self, shot_id: str) -> ShotMattes:
        """Raises: NotFound."""
        shot = self._production.shot(shot_id)
        return shot_mattes(shot, self.solver.solved(shot), self._production)

    def take_measures(
        self, take_id: str, *, frames: str = "", limit: int = 1000, by_frame: bool = False
    ) -> TakeMeasures:
        """Raises: NotFound."""
        take = self._production.take(take_id)
        return take_measures(take, self._production, frames=frames, limit=limit, by_frame=by_frame)

    def take_frames(self, take_id: str) -> TakeFrames:
        """Raises: NotFound, ConsentRefused, BadBundle."""
        take = self._production.take(take_id)
        self.still_allowed(take)
        shot = self._production.shot(take.shot_id)
        return self._take_states.frames(take, shot, self.solver.solved(shot))

    def forget_takes(self) -> None:
        """Keep nothing in memory of what was looked at, since somebody was purged."""
        self._take_states.forget()

    def events(
        self, job_id: str, after_sequence: int = 0, *, kinds: Collection[EventKind] = (), limit: int = 1000
    ) -> list[Event]:
        """Raises: NotFound."""
        job = self._production.job(job_id)
        return self._production.events(job.id, after_sequence, limit, kinds=kinds)

    def job_log(self, job_id: str, *, offset: int, limit: int) -> LogPart:
        """Raises: NotFound, BadInput."""
        job = self._production.job(job_id)
        log = self._production.folder / "jobs" / job.id / LOG_NAME
        return read_log(log, offset=offset, limit=limit, ended=job.state in FINAL)

    def settings(self, kind: str, preset: str = "") -> SettingList:
        """Raises: BadSettings."""
        return list_settings(kind, preset)

    def put_clip(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        """Raises: BadInput, DiskFull."""
        return self.clips.put(name, size, chunks)
