from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MatteLayer(_message.Message):
    __slots__ = ("id", "shot_id", "name", "origin", "path", "frames", "people", "job_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    shot_id: str
    name: str
    origin: str
    path: str
    frames: str
    people: _containers.RepeatedScalarFieldContainer[str]
    job_id: str
    def __init__(self, id: _Optional[str] = ..., shot_id: _Optional[str] = ..., name: _Optional[str] = ..., origin: _Optional[str] = ..., path: _Optional[str] = ..., frames: _Optional[str] = ..., people: _Optional[_Iterable[str]] = ..., job_id: _Optional[str] = ...) -> None: ...

class FrameScore(_message.Message):
    __slots__ = ("frame", "score")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    frame: int
    score: float
    def __init__(self, frame: _Optional[int] = ..., score: _Optional[float] = ...) -> None: ...

class MatteLayerSummary(_message.Message):
    __slots__ = ("layer", "used", "worst")
    LAYER_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    WORST_FIELD_NUMBER: _ClassVar[int]
    layer: MatteLayer
    used: str
    worst: _containers.RepeatedCompositeFieldContainer[FrameScore]
    def __init__(self, layer: _Optional[_Union[MatteLayer, _Mapping]] = ..., used: _Optional[str] = ..., worst: _Optional[_Iterable[_Union[FrameScore, _Mapping]]] = ...) -> None: ...

class FrameMeasure(_message.Message):
    __slots__ = ("frame", "trouble", "reasons", "values")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    FRAME_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    frame: int
    trouble: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    values: _containers.ScalarMap[str, float]
    def __init__(self, frame: _Optional[int] = ..., trouble: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ..., values: _Optional[_Mapping[str, float]] = ...) -> None: ...

class TakeMeasures(_message.Message):
    __slots__ = ("take_id", "job_id", "folder", "contact_sheet", "frames")
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    CONTACT_SHEET_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    job_id: str
    folder: str
    contact_sheet: str
    frames: _containers.RepeatedCompositeFieldContainer[FrameMeasure]
    def __init__(self, take_id: _Optional[str] = ..., job_id: _Optional[str] = ..., folder: _Optional[str] = ..., contact_sheet: _Optional[str] = ..., frames: _Optional[_Iterable[_Union[FrameMeasure, _Mapping]]] = ...) -> None: ...

class ListMatteLayersRequest(_message.Message):
    __slots__ = ("shot_id",)
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    def __init__(self, shot_id: _Optional[str] = ...) -> None: ...

class ListMatteLayersResponse(_message.Message):
    __slots__ = ("layers", "keyed")
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    KEYED_FIELD_NUMBER: _ClassVar[int]
    layers: _containers.RepeatedCompositeFieldContainer[MatteLayerSummary]
    keyed: str
    def __init__(self, layers: _Optional[_Iterable[_Union[MatteLayerSummary, _Mapping]]] = ..., keyed: _Optional[str] = ...) -> None: ...

class GetMeasuresRequest(_message.Message):
    __slots__ = ("take_id", "frames", "limit", "by_frame")
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    BY_FRAME_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    frames: str
    limit: int
    by_frame: bool
    def __init__(self, take_id: _Optional[str] = ..., frames: _Optional[str] = ..., limit: _Optional[int] = ..., by_frame: bool = ...) -> None: ...

class GetMeasuresResponse(_message.Message):
    __slots__ = ("measures",)
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    measures: TakeMeasures
    def __init__(self, measures: _Optional[_Union[TakeMeasures, _Mapping]] = ...) -> None: ...
