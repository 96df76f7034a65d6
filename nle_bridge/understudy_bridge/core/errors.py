"""The bridge's own errors, branches of the one tree in `understudy.domain.errors`."""

from __future__ import annotations

from understudy.domain.errors import BadInput, Conflict, NotFound, Transient


class BadInterchange(BadInput):
    """A timeline file is damaged or says something that cannot be; the message names the line or element."""


class ShotRefused(BadInput):
    """A shot cannot be sent as it lies on the timeline; the message says why and what to do."""


class TakeTooShort(BadInput):
    """A take lacks frames that the cut shows now."""


class Occupied(Conflict):
    """Something else lies where a take should go; nothing was changed."""


class ClipChanged(Conflict):
    """A clip shows other media than it did when its shot was sent."""


class MediumChanged(Conflict):
    """The backend finds another medium at a path than the editor shows."""


class RoomAway(Transient):
    """No review room answers, or it does not know the bridge."""


class NotOnTimeline(NotFound):
    """The timeline has no such clip or no take of such a shot."""
