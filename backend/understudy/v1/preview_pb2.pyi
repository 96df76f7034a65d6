from google.protobuf import struct_pb2 as _struct_pb2
from understudy.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

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

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_UNSPECIFIED: _ClassVar[Encoding]
    ENCODING_CODE: _ClassVar[Encoding]
    ENCODING_LINEAR: _ClassVar[Encoding]
LAYER_UNSPECIFIED: Layer
LAYER_PLATE: Layer
LAYER_REPLACED: Layer
LAYER_MATTE: Layer
LAYER_OVERLAY: Layer
LAYER_CROP: Layer
LAYER_RAW: Layer
ENCODING_UNSPECIFIED: Encoding
ENCODING_CODE: Encoding
ENCODING_LINEAR: Encoding

class GetJobPreviewRequest(_message.Message):
    __slots__ = ("job_id", "sequence")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    sequence: int
    def __init__(self, job_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

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
    __slots__ = ("jpeg", "version")
    JPEG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    version: str
    def __init__(self, jpeg: _Optional[bytes] = ..., version: _Optional[str] = ...) -> None: ...

class PreviewFrameRequest(_message.Message):
    __slots__ = ("session", "shot_id", "frame", "layer", "model_id", "bindings", "settings", "max_width_px", "tried")
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
    TRIED_FIELD_NUMBER: _ClassVar[int]
    session: str
    shot_id: str
    frame: int
    layer: Layer
    model_id: str
    bindings: _containers.ScalarMap[str, str]
    settings: _struct_pb2.Struct
    max_width_px: int
    tried: _struct_pb2.Struct
    def __init__(self, session: _Optional[str] = ..., shot_id: _Optional[str] = ..., frame: _Optional[int] = ..., layer: _Optional[_Union[Layer, str]] = ..., model_id: _Optional[str] = ..., bindings: _Optional[_Mapping[str, str]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., max_width_px: _Optional[int] = ..., tried: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class PreviewFrameResponse(_message.Message):
    __slots__ = ("jpeg", "revision", "seconds")
    JPEG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    revision: int
    seconds: float
    def __init__(self, jpeg: _Optional[bytes] = ..., revision: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class GetPixelsRequest(_message.Message):
    __slots__ = ("shot_id", "take_id", "frame", "layer", "x", "y", "width", "height", "encoding")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    take_id: str
    frame: int
    layer: Layer
    x: int
    y: int
    width: int
    height: int
    encoding: Encoding
    def __init__(self, shot_id: _Optional[str] = ..., take_id: _Optional[str] = ..., frame: _Optional[int] = ..., layer: _Optional[_Union[Layer, str]] = ..., x: _Optional[int] = ..., y: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., encoding: _Optional[_Union[Encoding, str]] = ...) -> None: ...

class GetPixelsResponse(_message.Message):
    __slots__ = ("x", "y", "width", "height", "channels", "halfs", "version", "bit_depth")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HALFS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BIT_DEPTH_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    width: int
    height: int
    channels: int
    halfs: bytes
    version: str
    bit_depth: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., channels: _Optional[int] = ..., halfs: _Optional[bytes] = ..., version: _Optional[str] = ..., bit_depth: _Optional[int] = ...) -> None: ...

class GetStripRequest(_message.Message):
    __slots__ = ("shot_id", "take_id", "frames", "height_px")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    take_id: str
    frames: _containers.RepeatedScalarFieldContainer[int]
    height_px: int
    def __init__(self, shot_id: _Optional[str] = ..., take_id: _Optional[str] = ..., frames: _Optional[_Iterable[int]] = ..., height_px: _Optional[int] = ...) -> None: ...

class GetStripResponse(_message.Message):
    __slots__ = ("jpeg", "width_px")
    JPEG_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    width_px: int
    def __init__(self, jpeg: _Optional[bytes] = ..., width_px: _Optional[int] = ...) -> None: ...

class GetSoundRequest(_message.Message):
    __slots__ = ("shot_id", "frames")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    frames: _time_pb2.FrameRange
    def __init__(self, shot_id: _Optional[str] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ...) -> None: ...

class GetSoundResponse(_message.Message):
    __slots__ = ("wav",)
    WAV_FIELD_NUMBER: _ClassVar[int]
    wav: bytes
    def __init__(self, wav: _Optional[bytes] = ...) -> None: ...
