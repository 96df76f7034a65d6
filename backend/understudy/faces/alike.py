"""Which faces of one person look alike: their likeness to the whole, and an order in which neighbours do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.domain.face import ShotFaces
from understudy.faces.roi import Float

POSE_SCALE_DEG = 15.0  # so much turning counts like one whole expression coming up
_DIMENSIONS = 16  # in which faces are compared when they are put in order
_MOST_CHAINED = 3000  # of more, so many are put in order and the others go to their nearest
_STEPS_MENDED = 400  # of the longest steps that a chain is left with

Order = npt.NDArray[np.int32]
_Rows = npt.NDArray[np.intp]


def likeness(embedding_ND: Float) -> Float:
    """Cosine of each embedding to the mean of all, (N,); 0 for a face without one."""
    mean = embedding_ND.sum(axis=0, dtype=np.float64)
    cosine = embedding_ND @ (mean / max(float(np.linalg.norm(mean)), 1e-12))
    return np.asarray(np.clip(cosine, -1, 1), np.float32)


def look_features(*shots: ShotFaces) -> Float:
    """Pose, expression and identity of each face of some shots in comparable units, (N,F)."""
    embedding = np.concatenate([faces.embedding_ND for faces in shots])
    known = np.any(embedding != 0, axis=1)
    if known.any():
        embedding[~known] = embedding[known].mean(axis=0)
    pose = np.concatenate([faces.pose_N3 for faces in shots]) / POSE_SCALE_DEG
    expression = np.concatenate([faces.expression_NE for faces in shots])
    return np.asarray(np.nan_to_num(np.concatenate([pose, expression, embedding], axis=1)), np.float32)


def alike_order(features_NF: Float) -> Order:
    """Each row's place in an order in which neighbours differ little, (N,). The same rows, the same order.

    Always on to the nearest row not yet visited, from an outermost one; then the longest steps are mended by
    turning stretches round and moving single rows.
    """
    count = len(features_NF)
    if count < 3:
        return np.arange(count, dtype=np.int32)
    points_ND = _main_directions(features_NF)
    if count <= _MOST_CHAINED:
        order = _mended(points_ND, _chain(points_ND))
    else:
        anchors = np.linspace(0, count - 1, _MOST_CHAINED).round().astype(np.intp)
        chained = anchors[_mended(points_ND[anchors], _chain(points_ND[anchors]))]
        order = _along(points_ND, chained)
    places = np.empty(count, np.int32)
    places[order] = np.arange(count, dtype=np.int32)
    return places


def _main_directions(features_NF: Float) -> Float:
    """The rows in the few directions in which they differ most, (N,D), the first one first."""
    centred = features_NF.astype(np.float64) - features_NF.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    main_FD = directions[:, ::-1][:, :_DIMENSIONS]
    largest = np.abs(main_FD).argmax(axis=0)
    main_FD = main_FD * np.sign(main_FD[largest, np.arange(main_FD.shape[1])])  # either sign would do
    return np.ascontiguousarray(centred @ main_FD, np.float32)


def _chain(points_ND: Float) -> _Rows:
    """Rows in the order of always going on to the nearest one left."""
    count = len(points_ND)
    order = np.zeros(count, np.intp)
    squares = (points_ND * points_ND).sum(axis=1)
    here = int(points_ND[:, 0].argmin())
    for at in range(count):
        order[at] = here
        squares[here] = np.inf
        here = int((squares - 2.0 * (points_ND @ points_ND[here])).argmin())
    return order


def _mended(points_ND: Float, order: _Rows) -> _Rows:
    """The chain with its longest steps made shorter where that makes the whole shorter."""
    if len(order) < 4:
        return order
    for mend in (_turn_round, _move_one):
        path = points_ND[order]
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        longest = order[:-1][np.argsort(-steps, kind="stable")[:_STEPS_MENDED]]
        for row in longest:
            order = mend(points_ND, order, int(np.flatnonzero(order == row)[0]))
    return order


def _turn_round(points_ND: Float, order: _Rows, at: int) -> _Rows:
    """Reverse the stretch that begins or ends with the step from `at` where that gains most."""
    if at + 1 >= len(order):
        return order
    path = points_ND[order]
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    from_here = np.linalg.norm(path[:-1] - path[at], axis=1)
    from_next = np.linalg.norm(path[1:] - path[at + 1], axis=1)
    gain = steps[at] + steps - from_here - from_next
    gain[max(0, at - 1) : at + 2] = -np.inf
    other = int(gain.argmax())
    if gain[other] <= 1e-6:
        return order
    first, last = min(at, other) + 1, max(at, other) + 1
    return np.concatenate([order[:first], order[first:last][::-1], order[last:]])


def _move_one(points_ND: Float, order: _Rows, at: int) -> _Rows:
    """Put the row at `at` between two others where that gains most."""
    rest = np.delete(order, at)
    path, point = points_ND[rest], points_ND[order[at]]
    reach = np.linalg.norm(path - point, axis=1)
    detour = reach[:-1] + reach[1:] - np.linalg.norm(np.diff(path, axis=0), axis=1)
    ends = np.concatenate([reach[:1], detour, reach[-1:]])  # before the first, between, after the last
    best = int(ends.argmin())
    return np.insert(rest, best, order[at]) if ends[best] < ends[at] - 1e-6 else order


def _along(points_ND: Float, chained: _Rows) -> _Rows:
    """All rows, each beside its nearest of those in order, sorted along the way there."""
    path = points_ND[chained]
    squares = (path * path).sum(axis=1)
    nearest = np.concatenate([(squares - 2.0 * (part @ path.T)).argmin(axis=1) for part in _parts(points_ND)])
    way = np.gradient(path, axis=0)
    along = ((points_ND - path[nearest]) * way[nearest]).sum(axis=1)
    return np.lexsort((along, nearest))


def _parts(points_ND: Float) -> list[Float]:
    return [points_ND[start : start + 1000] for start in range(0, len(points_ND), 1000)]
