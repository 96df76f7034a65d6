from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TakeFrameState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TAKE_FRAME_STATE_UNSPECIFIED: _ClassVar[TakeFrameState]
    TAKE_FRAME_STATE_MISSING: _ClassVar[TakeFrameState]
    TAKE_FRAME_STATE_CURRENT: _ClassVar[TakeFrameState]
    TAKE_FRAME_STATE_CHANGED: _ClassVar[TakeFrameState]
TAKE_FRAME_STATE_UNSPECIFIED: TakeFrameState
TAKE_FRAME_STATE_MISSING: TakeFrameState
TAKE_FRAME_STATE_CURRENT: TakeFrameState
TAKE_FRAME_STATE_CHANGED: TakeFrameState

class Take(_message.Message):
    __slots__ = ("id", "shot_id", "version", "model_ids", "people", "path", "frames", "job_id", "marked")
    ID_FIELD_NUMBER: _ClassVar[int]
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_IDS_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    MARKED_FIELD_NUMBER: _ClassVar[int]
    id: str
    shot_id: str
    version: int
    model_ids: _containers.RepeatedScalarFieldContainer[str]
    people: _containers.RepeatedScalarFieldContainer[str]
    path: str
    frames: str
    job_id: str
    marked: bool
    def __init__(self, id: _Optional[str] = ..., shot_id: _Optional[str] = ..., version: _Optional[int] = ..., model_ids: _Optional[_Iterable[str]] = ..., people: _Optional[_Iterable[str]] = ..., path: _Optional[str] = ..., frames: _Optional[str] = ..., job_id: _Optional[str] = ..., marked: bool = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("id", "take_id", "path", "manifest", "people", "job_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    take_id: str
    path: str
    manifest: str
    people: _containers.RepeatedScalarFieldContainer[str]
    job_id: str
    def __init__(self, id: _Optional[str] = ..., take_id: _Optional[str] = ..., path: _Optional[str] = ..., manifest: _Optional[str] = ..., people: _Optional[_Iterable[str]] = ..., job_id: _Optional[str] = ...) -> None: ...

class ListTakesRequest(_message.Message):
    __slots__ = ("shot_id",)
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    def __init__(self, shot_id: _Optional[str] = ...) -> None: ...

class ListTakesResponse(_message.Message):
    __slots__ = ("takes",)
    TAKES_FIELD_NUMBER: _ClassVar[int]
    takes: _containers.RepeatedCompositeFieldContainer[Take]
    def __init__(self, takes: _Optional[_Iterable[_Union[Take, _Mapping]]] = ...) -> None: ...

class GetTakeRequest(_message.Message):
    __slots__ = ("take_id",)
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    def __init__(self, take_id: _Optional[str] = ...) -> None: ...

class GetTakeResponse(_message.Message):
    __slots__ = ("take",)
    TAKE_FIELD_NUMBER: _ClassVar[int]
    take: Take
    def __init__(self, take: _Optional[_Union[Take, _Mapping]] = ...) -> None: ...

class ListDeliveriesRequest(_message.Message):
    __slots__ = ("take_id",)
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    def __init__(self, take_id: _Optional[str] = ...) -> None: ...

class ListDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries",)
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[Delivery]
    def __init__(self, deliveries: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ...) -> None: ...

class ListTakeFramesRequest(_message.Message):
    __slots__ = ("take_id",)
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    def __init__(self, take_id: _Optional[str] = ...) -> None: ...

class ListTakeFramesResponse(_message.Message):
    __slots__ = ("first_frame", "states", "versions", "revision")
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    first_frame: int
    states: _containers.RepeatedScalarFieldContainer[TakeFrameState]
    versions: _containers.RepeatedScalarFieldContainer[str]
    revision: int
    def __init__(self, first_frame: _Optional[int] = ..., states: _Optional[_Iterable[_Union[TakeFrameState, str]]] = ..., versions: _Optional[_Iterable[str]] = ..., revision: _Optional[int] = ...) -> None: ...
