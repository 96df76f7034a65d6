"""What decides how each frame of a take looks, hashed frame by frame.

A frame depends on its own plate, faces and plan, and through the window on the faces and mattes of its
neighbours, whose colours and pictures steady it. So after an edit exactly the frames whose hash changed are
rendered again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from understudy.config import ConvertConfig
from understudy.domain.errors import BadMatte
from understudy.domain.plain import to_plain
from understudy.domain.shot import Plate
from understudy.domain.solved import DEFAULT_PLAN, FramePlan, LayerUse, SolvedShot
from understudy.matte.expression import parse, sources_of
from understudy.matte.frame_matte import with_adjustments
from understudy.matte.layer import LayerIndex, layer_index
from understudy.media.colour_space import colour_facts
from understudy.stages.convert.neighbours import reach_of, with_neighbours

ALGORITHM = 7

_DOES_NOT_CHANGE_THE_RESULT = ("batch", "device", "threads")
_MOVES_THE_FRONT = ("edge_erode_px", "edge_feather_px", "edge_feather")
_MOVES_THE_OUTLINE = ("erode_px", "feather_px")
_FACES = ("face", "hull", "learned")


def frame_fingerprints(
    plate: Plate,
    solved: SolvedShot,
    bound: Mapping[int, tuple[str, str]],
    config: ConvertConfig,
    frames: tuple[int, ...],
    layers: Mapping[str, Path],
) -> dict[int, str]:
    """The hash of each frame; `bound`: track -> (person id, checkpoint SHA-256), `layers`: id -> folder.

    Where the plate lies does not count, nor do batch, device and threads. Raises: BadMatte for a layer that
    is gone.
    """
    whole = _whole(plate, config)
    mattes = _Mattes(solved, {name: layer_index(folder) for name, folder in _used(solved, layers).items()})
    faces = _face_keys(solved, bound)
    tracks: dict[int, frozenset[int]] = {}
    for frame, track in faces:
        tracks[frame] = tracks.get(frame, frozenset()) | {track}
    found = {}
    for frame in frames:
        plan = solved.plan(frame)
        if plan.hold or frame not in tracks:  # nothing is replaced, whatever is drawn or goes on around it
            found[frame] = hashlib.sha256(whole + b"plate").hexdigest()
            continue
        seen = with_neighbours((frame,), tracks, solved.faces.cuts, _reach(config, plan))
        digest = hashlib.sha256(whole)
        digest.update(_plan_key(plan, mattes.key(frame)))
        digest.update(_json([[track, *bound[track]] for track in sorted(tracks[frame])]))
        for other in seen:
            for track in sorted(tracks.get(other, frozenset()) & tracks[frame]):
                digest.update(other.to_bytes(8, "big", signed=True))
                digest.update(faces[other, track])
            digest.update(mattes.key(other))
        found[frame] = digest.hexdigest()
    return found


def _reach(config: ConvertConfig, plan: FramePlan) -> Callable[[int], int]:
    frames = reach_of(with_adjustments(config, plan))
    return lambda _: frames


def _whole(plate: Plate, config: ConvertConfig) -> bytes:
    settings = {
        name: value for name, value in asdict(config).items() if name not in _DOES_NOT_CHANGE_THE_RESULT
    }
    colour = colour_facts(plate.colour)
    source = [plate.sha256, plate.first_index, plate.first_frame, plate.rotation_deg, colour]
    if plate.pixel_aspect != 1:  # square pixels have the hash they always had
        source.append(str(plate.pixel_aspect))
    if plate.conformed:
        source.append(f"conformed to {plate.rate}")
    return _json([ALGORITHM, source, settings])


def _face_keys(solved: SolvedShot, bound: Mapping[int, object]) -> dict[tuple[int, int], bytes]:
    """A hash per bound face of all that conversion reads of it."""
    faces, keys = solved.faces, {}
    for row in np.flatnonzero(np.isin(faces.track, list(bound))):
        digest = hashlib.sha256(faces.landmarks_NK3[row].tobytes())
        digest.update(solved.square_N4[row].tobytes())
        digest.update(faces.presence[row].tobytes() + faces.filled[row].tobytes())
        keys[int(faces.frame[row]), int(faces.track[row])] = digest.digest()
    return keys


class _Mattes:
    """A hash per frame of the shapes, strokes and layers that make its matte; frames without have none."""

    def __init__(self, solved: SolvedShot, layers: Mapping[str, LayerIndex]) -> None:
        self._solved, self._layers = solved, layers
        self._keys: dict[int, bytes] = {}

    def key(self, frame: int) -> bytes:
        plan = self._solved.plan(frame)
        if not (plan.shapes or plan.strokes or plan.layers):
            return b""
        if frame not in self._keys:
            used = [
                [use.name, _sha256_at(self._layers[use.layer_id], frame, use.name)] for use in _named(plan)
            ]
            shapes = [[one.mode, one.points, one.curve, one.feather_px] for one in plan.shapes]
            drawn = [plan.expression, shapes, to_plain(plan.strokes), used, _edge_settings(plan)]
            self._keys[frame] = hashlib.sha256(_json(drawn)).digest()
        return self._keys[frame]


def _edge_settings(plan: FramePlan) -> dict[str, float | str]:
    """What the frame's own settings do to what is in front of the face: its neighbours' colours see it."""
    names: tuple[str, ...] = _MOVES_THE_FRONT
    if any(step.operator == "+" and step.source in _FACES for step in parse(plan.expression)[1:]):
        names += _MOVES_THE_OUTLINE
    return {name: plan.settings[name] for name in names if name in plan.settings}


def _named(plan: FramePlan) -> list[LayerUse]:
    """The layers that the frame's expression names; others are at hand and say nothing."""
    names = sources_of(plan.expression)
    return [use for use in plan.layers if use.name in names]


def _plan_key(plan: FramePlan, matte: bytes) -> bytes:
    if plan == DEFAULT_PLAN:
        return b""
    return _json([plan.settings, plan.strength, plan.expression]) + matte


def _used(solved: SolvedShot, layers: Mapping[str, Path]) -> dict[str, Path]:
    names = {use.layer_id: use.name for plan in solved.plans.values() for use in _named(plan)}
    if gone := sorted(set(names) - set(layers)):
        raise BadMatte(f"the matte layer {names[gone[0]]!r} ({gone[0]}) is not in this production any more")
    return {layer: layers[layer] for layer in sorted(names)}


def _sha256_at(layer: LayerIndex, frame: int, name: str) -> str:
    if frame not in layer.frames:
        raise BadMatte(f"the matte layer {name!r} has no frame {frame}; make it there or take it off")
    return layer.frames[frame].sha256


def _json(facts: object) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()
