from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Layer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYER_UNSPECIFIED: _ClassVar[Layer]
    LAYER_PLATE: _ClassVar[Layer]
    LAYER_REPLACED: _ClassVar[Layer]
    LAYER_MATTE: _ClassVar[Layer]
    LAYER_OVERLAY: _ClassVar[Layer]
    LAYER_CROP: _ClassVar[Layer]
    LAYER_RAW: _ClassVar[Layer]
LAYER_UNSPECIFIED: Layer
LAYER_PLATE: Layer
LAYER_REPLACED: Layer
LAYER_MATTE: Layer
LAYER_OVERLAY: Layer
LAYER_CROP: Layer
LAYER_RAW: Layer

class GetJobPreviewRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetJobPreviewResponse(_message.Message):
    __slots__ = ("jpeg",)
    JPEG_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    def __init__(self, jpeg: _Optional[bytes] = ...) -> None: ...

class GetFrameRequest(_message.Message):
    __slots__ = ("shot_id", "take_id", "frame", "layer", "max_width_px")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    take_id: str
    frame: int
    layer: Layer
    max_width_px: int
    def __init__(self, shot_id: _Optional[str] = ..., take_id: _Optional[str] = ..., frame: _Optional[int] = ..., layer: _Optional[_Union[Layer, str]] = ..., max_width_px: _Optional[int] = ...) -> None: ...

class GetFrameResponse(_message.Message):
    __slots__ = ("jpeg",)
    JPEG_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    def __init__(self, jpeg: _Optional[bytes] = ...) -> None: ...

class PreviewFrameRequest(_message.Message):
    __slots__ = ("session", "shot_id", "frame", "layer", "model_id", "bindings", "settings", "max_width_px")
    class BindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    session: str
    shot_id: str
    frame: int
    layer: Layer
    model_id: str
    bindings: _containers.ScalarMap[str, str]
    settings: _struct_pb2.Struct
    max_width_px: int
    def __init__(self, session: _Optional[str] = ..., shot_id: _Optional[str] = ..., frame: _Optional[int] = ..., layer: _Optional[_Union[Layer, str]] = ..., model_id: _Optional[str] = ..., bindings: _Optional[_Mapping[str, str]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., max_width_px: _Optional[int] = ...) -> None: ...

class PreviewFrameResponse(_message.Message):
    __slots__ = ("jpeg", "revision", "seconds")
    JPEG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    revision: int
    seconds: float
    def __init__(self, jpeg: _Optional[bytes] = ..., revision: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...
