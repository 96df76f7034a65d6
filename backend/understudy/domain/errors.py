"""Every error a user can meet, with its exit code and its gRPC status, in one tree.

    UnderstudyError                       exit  status
    +- BadSettings                          2   INVALID_ARGUMENT
    +- BadInput                             3   INVALID_ARGUMENT
    |  +- UnreadableMedia  FrameOutOfRange  NoFaceFound  TrackNotFound
    |  +- BadFaceset  BadCheckpoint  WrongModelFamily  BadBundle  BadRecord
    |  +- BadEdit  BadMatte  BadLabels
    |  +- ModelFileMissing  ModelFileCorrupt  NotWritable
    +- NotFound                             3   NOT_FOUND
    +- Conflict                             3   FAILED_PRECONDITION
    |  +- ProductionInUse  JobStateConflict  EditConflict  NothingToUndo  Superseded
    +- NotAuthenticated                     3   UNAUTHENTICATED
    |  +- TokenExpired  TokenRevoked
    +- NotAllowed                           3   PERMISSION_DENIED
    +- ConsentRefused                       3   PERMISSION_DENIED
    |  +- ConsentMissing  ConsentExpired  ConsentRevoked  ConsentForeign  GrantInvalid
    +- CustodyBroken                        1   DATA_LOSS
    +- RenderError                          1   INTERNAL
    |  +- FramesFailed  TrainingDiverged
    +- Transient                           75   UNAVAILABLE
    |  +- ServerUnreachable  DeviceOutOfMemory  DiskFull  MediaAway
    |  +- TooManyCalls                     75   RESOURCE_EXHAUSTED
    +- Stopped                            143   CANCELLED

An error says what was wrong and what to do about it. It crosses the wire by its class name, so
the client raises the same class that the backend raised. Exit codes follow what render farms
expect: 3 is not worth a retry, 75 (EX_TEMPFAIL) is, 143 means "asked to stop, frames are whole".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class UnderstudyError(Exception):
    """Something went wrong that the user can understand and act upon."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[str] = "INTERNAL"


class BadSettings(UnderstudyError):
    """A setting is unknown, of the wrong type or out of range."""

    exit_code = 2
    status = "INVALID_ARGUMENT"


class BadInput(UnderstudyError):
    """An input is missing or not what it should be; trying again will not help."""

    exit_code = 3
    status = "INVALID_ARGUMENT"


class UnreadableMedia(BadInput):
    """A movie or picture cannot be opened or ends too early."""


class FrameOutOfRange(BadInput):
    """A frame was asked for that the plate does not have."""


class NoFaceFound(BadInput):
    """No usable face was found where one was needed."""


class TrackNotFound(BadInput):
    """A shot has no such track."""


class BadFaceset(BadInput):
    """A faceset is damaged, or does not fit the model it was given to."""


class BadCheckpoint(BadInput):
    """A checkpoint is damaged or was not written by Understudy."""


class WrongModelFamily(BadInput):
    """A checkpoint belongs to another family or another shape of network."""


class BadBundle(BadInput):
    """A job bundle is damaged, incomplete, or its inputs changed after it was made."""


class BadRecord(BadInput):
    """A record (person, consent, shot) lacks something or contradicts itself."""


class BadEdit(BadInput):
    """An edit contradicts itself, or names a frame or track that is not there."""


class BadMatte(BadInput):
    """A matte, its expression or the network that is to make it does not fit the shot."""


class BadLabels(BadInput):
    """The keyed frames do not suffice to learn mattes from, or contradict each other."""


class ModelFileMissing(BadInput):
    """A pinned model file was found in none of its places."""


class ModelFileCorrupt(BadInput):
    """A model file does not have the hash it is pinned to."""


class NotWritable(BadInput):
    """A file or folder cannot be written: its rights or its disk forbid it."""


class NotFound(UnderstudyError):
    """There is no such person, shot, job, model or take in this production."""

    exit_code = 3
    status = "NOT_FOUND"


class Conflict(UnderstudyError):
    """The request does not fit the present state."""

    exit_code = 3
    status = "FAILED_PRECONDITION"


class ProductionInUse(Conflict):
    """Another server has this production open."""


class JobStateConflict(Conflict):
    """A job cannot make this move from the state it is in."""


class EditConflict(Conflict):
    """Somebody else changed the same thing meanwhile; the message says who, where and what."""


class NothingToUndo(Conflict):
    """The undo or redo stack of the shot is empty."""


class NotAuthenticated(UnderstudyError):
    """The access token or the certificate is missing or wrong."""

    exit_code = 3
    status = "UNAUTHENTICATED"


class TokenExpired(NotAuthenticated):
    """The access token's time is over."""


class TokenRevoked(NotAuthenticated):
    """The access token was withdrawn."""


class NotAllowed(UnderstudyError):
    """The access token does not allow this."""

    exit_code = 3
    status = "PERMISSION_DENIED"


class ConsentRefused(UnderstudyError):
    """The work is not covered by a consent record."""

    exit_code = 3
    status = "PERMISSION_DENIED"


class ConsentMissing(ConsentRefused):
    """Nobody recorded a consent for this person."""


class ConsentExpired(ConsentRefused):
    """The consent's term is over, or has not begun."""


class ConsentRevoked(ConsentRefused):
    """The consent was withdrawn."""


class ConsentForeign(ConsentRefused):
    """The consent names another production, another use or another footage."""


class GrantInvalid(ConsentRefused):
    """A bundle's consent grant is forged, altered or out of date."""


class CustodyBroken(UnderstudyError):
    """The custody log was altered or cut."""

    status = "DATA_LOSS"


class RenderError(UnderstudyError):
    """The work began and could not be finished."""


class FramesFailed(RenderError):
    """Some frames of a shot could not be made; the message names them."""


class TrainingDiverged(RenderError):
    """The loss became infinite or undefined; the last good state was kept."""


class Transient(UnderstudyError):
    """A passing trouble: the same work may succeed later or elsewhere."""

    exit_code = 75
    status = "UNAVAILABLE"


class ServerUnreachable(Transient):
    """No backend answers at the address."""


class DeviceOutOfMemory(Transient):
    """The compute device has no memory left for this work."""


class DiskFull(Transient):
    """There is no room left to write the result."""


class TooManyCalls(Transient):
    """One peer or one token asks for more at once than its share."""

    status = "RESOURCE_EXHAUSTED"


class MediaAway(Transient):
    """A clip or another input is not where it was; its disk or file server may be away."""


class Superseded(Conflict):
    """A newer request of the same session took this one's place; there is nothing to mend."""


class Stopped(UnderstudyError):
    """The work was asked to stop; everything finished so far is whole."""

    exit_code = 143
    status = "CANCELLED"


def _tree(root: type[UnderstudyError]) -> Iterator[type[UnderstudyError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def error_named(name: str, message: str) -> UnderstudyError:
    """Rebuild an error that crossed the wire or an event spool; unknown names become the root."""
    classes = {cls.__name__: cls for cls in _tree(UnderstudyError)}
    return classes.get(name, UnderstudyError)(message)
