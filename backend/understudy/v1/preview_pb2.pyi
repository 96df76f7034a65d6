from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Layer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYER_UNSPECIFIED: _ClassVar[Layer]
    LAYER_PLATE: _ClassVar[Layer]
    LAYER_REPLACED: _ClassVar[Layer]
    LAYER_MATTE: _ClassVar[Layer]
LAYER_UNSPECIFIED: Layer
LAYER_PLATE: Layer
LAYER_REPLACED: Layer
LAYER_MATTE: Layer

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
