"""Looks at the frame in hand: whose consent they need, and the task for the preview worker.

Only layers that show a replaced face need a model and pass the gate, every time. The custody log gets the
answer once per people and footage, and again when it changes: a look may be many a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import Protocol

from understudy.config import ConvertConfig, settings_from
from understudy.domain.edit import (
    AddFace,
    BindTrack,
    ClearMatte,
    MergeTracks,
    RemoveFaces,
    SplitTrack,
    UseLayer,
)
from understudy.domain.edit_stack import EditEntry, entry_to_table, stack_of
from understudy.domain.errors import BadInput, ConsentRefused, Transient
from understudy.domain.job_spec import ConvertSpec
from understudy.domain.people import Need
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.shot import Shot
from understudy.domain.summary import Decision, Layer
from understudy.jobs.previewer import Previewer
from understudy.jobs.resolve import Drawing, resolve_drawing
from understudy.jobs.resolved import Footage
from understudy.jobs.solved_shot import solve_shot
from understudy.store.production import Production
from understudy.work import PreviewTask

_SHOWS_A_REPLACED_FACE = frozenset({Layer.REPLACED, Layer.RAW})
_CHANGES_THE_ANSWER = (AddFace, RemoveFaces, MergeTracks, SplitTrack, BindTrack, UseLayer, ClearMatte)
_DRAWINGS_KEPT = 256
_MOST_TRIES = 5


class Gate(Protocol):
    """The consent gate of the backend; `log` False leaves the custody log alone."""

    def __call__(
        self,
        needs: tuple[Need, ...],
        footage: Footage,
        *,
        event: str,
        about: dict[str, str],
        log: bool = True,
    ) -> Decision: ...


class Previews:
    """Answers `PreviewRequest`s for one production."""

    def __init__(self, production: Production, previewer: Previewer, *, gate: Gate) -> None:
        self._production, self._previewer, self._gate = production, previewer, gate
        self._drawings: dict[Hashable, Drawing] = {}
        self._entries: dict[str, list[EditEntry]] = {}
        self._answered: dict[Hashable, str] = {}
        self._guard = threading.Lock()

    def forget(self) -> None:
        """Keep nothing in memory of what was looked at, since somebody was purged."""
        with self._guard:
            self._drawings.clear()
            self._entries.clear()
            self._answered.clear()
        self._previewer.forget()

    def stop(self) -> None:
        self._previewer.stop()

    def show(self, request: PreviewRequest) -> PreviewPicture:
        """Raises: Superseded, NotFound, FrameOutOfRange, BadInput, BadMatte, BadSettings, ConsentRefused."""
        began = time.monotonic()
        shot = self._production.shot(request.shot_id)
        shot.plate.index_of(request.frame)
        if not shot.faces:
            raise BadInput(f"shot {shot.name} has no faces yet; run `understudy extract {shot.name}` first")

        def edits_after(revision: int) -> list[dict[str, object]]:
            return [entry_to_table(entry) for entry in self._production.edits(shot.id, revision)]

        for _ in range(_MOST_TRIES):
            answer = self._answer_to(shot)
            task = self._task(request, shot, answer)
            if task is None:
                continue
            jpeg, revision = self._previewer.show(request.session, task, edits_after)
            # whatever it shows, it must be what the gate was asked about
            if not task.bindings or self._answer_to(shot, up_to=revision) == answer:
                return PreviewPicture(jpeg=jpeg, revision=revision, seconds=time.monotonic() - began)
        raise Transient(f"somebody is changing the tracks of shot {shot.name} right now; look again")

    def _task(self, request: PreviewRequest, shot: Shot, answer: tuple[int, ...]) -> PreviewTask | None:
        """The look that is asked for; None when the edits changed the gate's answer meanwhile."""
        drawing, marked = None, False
        if request.layer in _SHOWS_A_REPLACED_FACE:
            if not request.model_id:
                raise BadInput(f"the layer {request.layer} needs a model; name one")
            drawing = self._drawing(request, shot, answer)
            if drawing is None:
                return None
            marked = self._allowed(drawing, shot).marked or drawing.marked
        return PreviewTask(
            shot_id=shot.id,
            plate=shot.plate,
            faces=str(self._production.path(shot.faces)),
            faces_sha256=shot.faces_sha256,
            edits_after=0,
            edits=[],
            frame=request.frame,
            layer=request.layer,
            bindings=drawing.bindings if drawing else (),
            config=settings_from(ConvertConfig, request.settings, where="convert"),
            layers={
                layer.id: str(self._production.path(layer.path))
                for layer in self._production.matte_layers(shot.id)
            },
            marked=marked,
            max_width_px=request.max_width_px,
            tried=request.tried,
        )

    def _drawing(self, request: PreviewRequest, shot: Shot, answer: tuple[int, ...]) -> Drawing | None:
        """What is drawn on whom, for the edits that `answer` stands for; None when they have changed."""
        name = (
            shot.id,
            shot.faces_sha256,
            self._production.model(request.model_id).id,
            tuple(sorted(request.bindings.items())),
            answer,
        )
        with self._guard:
            found = self._drawings.get(name)
        if found is None:
            spec = ConvertSpec(shot_id=shot.id, model_id=request.model_id, bindings=request.bindings)
            found = resolve_drawing(spec, shot, solve_shot(shot, self._production), self._production)
            if self._answer_to(shot) != answer:
                return None
            with self._guard:
                if len(self._drawings) >= _DRAWINGS_KEPT:
                    self._drawings.clear()
                self._drawings[name] = found
        return found

    def _answer_to(self, shot: Shot, *, up_to: int | None = None) -> tuple[int, ...]:
        """Revisions of the edits that decide whom the gate is asked about: who is where, the layers used.

        Of those that stand now, or stood at revision `up_to`.
        """
        with self._guard:
            entries = self._entries.setdefault(shot.id, [])
            entries += self._production.edits(shot.id, entries[-1].revision if entries else 0)
            standing = stack_of(entries if up_to is None else entries[:up_to]).done
        return tuple(entry.revision for entry in standing if isinstance(entry.action, _CHANGES_THE_ANSWER))

    def _allowed(self, drawing: Drawing, shot: Shot) -> Decision:
        """The gate's decision; it is logged when it is not the one these people got before."""
        about = {"shot_id": shot.id}
        key = (drawing.needs, shot.id)
        try:
            decision = self._gate(drawing.needs, drawing.footage, event="preview", about=about, log=False)
            answer = " ".join(decision.consent_ids)
        except ConsentRefused as refusal:
            answer = type(refusal).__name__
            if self._is_news(key, answer):
                self._gate(drawing.needs, drawing.footage, event="preview", about=about)
            raise
        if self._is_news(key, answer):
            self._gate(drawing.needs, drawing.footage, event="preview", about=about)
        return decision

    def _is_news(self, key: Hashable, answer: str) -> bool:
        with self._guard:
            before, self._answered[key] = self._answered.get(key), answer
        return before != answer
