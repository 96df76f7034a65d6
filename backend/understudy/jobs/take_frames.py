"""Which frames of its shot a take has, and which of them the present edits want otherwise."""

from __future__ import annotations

from understudy.config import ConvertConfig, settings_from
from understudy.domain.artefact import Take
from understudy.domain.errors import BadBundle, BadInput, BadSettings
from understudy.domain.job_spec import ConvertSpec, spec_from_table
from understudy.domain.latest import Latest
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot
from understudy.domain.take_frames import TakeFrames, TakeFrameState
from understudy.jobs.resolve import bindings_of
from understudy.matte.layer import INDEX_NAME
from understudy.media.frame_desk import version_of
from understudy.media.layer_headers import LayerHeaders, file_stamp
from understudy.media.layers import layers_path
from understudy.stages.convert.fingerprint import frame_fingerprints
from understudy.store.production import Production

_TAKES_KEPT = 4


class TakeStates:
    """Tells how takes stand. Files and fingerprints are looked at again only when they may have changed."""

    def __init__(self, production: Production, headers: LayerHeaders) -> None:
        self._production, self._headers = production, headers
        self._wanted: Latest[tuple[object, ...], dict[int, str]] = Latest(_TAKES_KEPT)

    def forget(self) -> None:
        """Keep nothing in memory of what was looked at, since somebody was purged."""
        self._wanted.clear()
        self._headers.forget()

    def frames(self, take: Take, shot: Shot, solved: SolvedShot) -> TakeFrames:
        """How the take stands with each frame of its shot, whose faces are solved with the present edits.

        Where the edits could not be rendered at all, everything that is rendered counts as changed: a
        conversion says what is wrong. Raises: NotFound when the model is gone.
        """
        try:
            wanted = self._fingerprints(take, shot, solved)
        except (BadInput, BadSettings):
            wanted = {}
        folder = self._production.path(take.path)
        states, versions = [], []
        for frame in shot.plate.frames:
            written = self._headers.settings_of(layers_path(folder, frame))
            if written is None:
                states.append(TakeFrameState.MISSING)
            else:
                same = written == wanted.get(frame)
                states.append(TakeFrameState.CURRENT if same else TakeFrameState.CHANGED)
            versions.append(version_of(written, marked=take.marked) if written is not None else "")
        return TakeFrames(
            first_frame=shot.plate.first_frame,
            states=tuple(states),
            versions=tuple(versions),
            revision=solved.revision,
        )

    def _fingerprints(self, take: Take, shot: Shot, solved: SolvedShot) -> dict[int, str]:
        """What the job that rendered the take last would write into each frame's file now."""
        production = self._production
        spec = _how_rendered(take, production)
        model = production.model(take.model_ids[0])  # by its id: its name may be a newer one's by now
        layers = {layer.id: production.path(layer.path) for layer in production.matte_layers(shot.id)}
        stamps = tuple((name, file_stamp(folder / INDEX_NAME)) for name, folder in layers.items())
        key = (take.id, take.job_id, model.sha256, shot.faces_sha256, solved.revision, stamps)
        if (known := self._wanted.get(key)) is not None:
            return known
        bound = bindings_of(spec, shot, model, solved, production)
        made = frame_fingerprints(
            shot.plate,
            solved,
            {track: (person, model.sha256) for track, person in bound.items()},
            settings_from(ConvertConfig, spec.settings, where="convert"),
            tuple(shot.plate.frames),
            layers,
        )
        return self._wanted.put(key, made)


def _how_rendered(take: Take, production: Production) -> ConvertSpec:
    job = production.job(take.job_id)
    spec = spec_from_table(job.kind, job.spec)
    if not isinstance(spec, ConvertSpec):
        raise BadBundle(f"take {take.label} was rendered by job {job.id}, which is no conversion")
    return spec
