from understudy.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ShotRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHOT_ROLE_UNSPECIFIED: _ClassVar[ShotRole]
    SHOT_ROLE_PLATE: _ClassVar[ShotRole]
    SHOT_ROLE_LEARN: _ClassVar[ShotRole]
SHOT_ROLE_UNSPECIFIED: ShotRole
SHOT_ROLE_PLATE: ShotRole
SHOT_ROLE_LEARN: ShotRole

class ColourTags(_message.Message):
    __slots__ = ("primaries", "transfer", "matrix", "full_range", "space")
    PRIMARIES_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    MATRIX_FIELD_NUMBER: _ClassVar[int]
    FULL_RANGE_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    primaries: str
    transfer: str
    matrix: str
    full_range: bool
    space: str
    def __init__(self, primaries: _Optional[str] = ..., transfer: _Optional[str] = ..., matrix: _Optional[str] = ..., full_range: bool = ..., space: _Optional[str] = ...) -> None: ...

class PixelWindow(_message.Message):
    __slots__ = ("x", "y", "width", "height")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    width: int
    height: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class AudioInfo(_message.Message):
    __slots__ = ("codec", "sample_rate", "channels")
    CODEC_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    codec: str
    sample_rate: int
    channels: int
    def __init__(self, codec: _Optional[str] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...

class Plate(_message.Message):
    __slots__ = ("path", "sha256", "width", "height", "rate", "file_frames", "first_index", "last_index", "first_frame", "codec", "pixel_format", "bit_depth", "rotation_deg", "pixel_aspect", "variable_rate", "colour", "start_timecode", "reel", "audio", "sequence_start", "data_window", "conformed", "file_bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    FILE_FRAMES_FIELD_NUMBER: _ClassVar[int]
    FIRST_INDEX_FIELD_NUMBER: _ClassVar[int]
    LAST_INDEX_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    PIXEL_FORMAT_FIELD_NUMBER: _ClassVar[int]
    BIT_DEPTH_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DEG_FIELD_NUMBER: _ClassVar[int]
    PIXEL_ASPECT_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_RATE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    REEL_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_START_FIELD_NUMBER: _ClassVar[int]
    DATA_WINDOW_FIELD_NUMBER: _ClassVar[int]
    CONFORMED_FIELD_NUMBER: _ClassVar[int]
    FILE_BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    width: int
    height: int
    rate: _time_pb2.Rate
    file_frames: int
    first_index: int
    last_index: int
    first_frame: int
    codec: str
    pixel_format: str
    bit_depth: int
    rotation_deg: int
    pixel_aspect: _time_pb2.Rate
    variable_rate: bool
    colour: ColourTags
    start_timecode: str
    reel: str
    audio: AudioInfo
    sequence_start: int
    data_window: PixelWindow
    conformed: bool
    file_bytes: int
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., file_frames: _Optional[int] = ..., first_index: _Optional[int] = ..., last_index: _Optional[int] = ..., first_frame: _Optional[int] = ..., codec: _Optional[str] = ..., pixel_format: _Optional[str] = ..., bit_depth: _Optional[int] = ..., rotation_deg: _Optional[int] = ..., pixel_aspect: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., variable_rate: bool = ..., colour: _Optional[_Union[ColourTags, _Mapping]] = ..., start_timecode: _Optional[str] = ..., reel: _Optional[str] = ..., audio: _Optional[_Union[AudioInfo, _Mapping]] = ..., sequence_start: _Optional[int] = ..., data_window: _Optional[_Union[PixelWindow, _Mapping]] = ..., conformed: bool = ..., file_bytes: _Optional[int] = ...) -> None: ...

class Shot(_message.Message):
    __slots__ = ("id", "name", "person_id", "role", "plate", "faces", "faces_sha256")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    FACES_SHA256_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    person_id: str
    role: ShotRole
    plate: Plate
    faces: str
    faces_sha256: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., person_id: _Optional[str] = ..., role: _Optional[_Union[ShotRole, str]] = ..., plate: _Optional[_Union[Plate, _Mapping]] = ..., faces: _Optional[str] = ..., faces_sha256: _Optional[str] = ...) -> None: ...

class TrackSummary(_message.Message):
    __slots__ = ("track", "frames", "faces", "filled", "mean_presence")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    MEAN_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    track: int
    frames: _time_pb2.FrameRange
    faces: int
    filled: int
    mean_presence: float
    def __init__(self, track: _Optional[int] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ..., faces: _Optional[int] = ..., filled: _Optional[int] = ..., mean_presence: _Optional[float] = ...) -> None: ...

class GetShotRequest(_message.Message):
    __slots__ = ("shot_id",)
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    def __init__(self, shot_id: _Optional[str] = ...) -> None: ...

class GetShotResponse(_message.Message):
    __slots__ = ("shot",)
    SHOT_FIELD_NUMBER: _ClassVar[int]
    shot: Shot
    def __init__(self, shot: _Optional[_Union[Shot, _Mapping]] = ...) -> None: ...

class ListShotsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListShotsResponse(_message.Message):
    __slots__ = ("shots",)
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    def __init__(self, shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ...) -> None: ...

class ListTracksRequest(_message.Message):
    __slots__ = ("shot_id",)
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    def __init__(self, shot_id: _Optional[str] = ...) -> None: ...

class ListTracksResponse(_message.Message):
    __slots__ = ("tracks",)
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[TrackSummary]
    def __init__(self, tracks: _Optional[_Iterable[_Union[TrackSummary, _Mapping]]] = ...) -> None: ...

class ClipHeader(_message.Message):
    __slots__ = ("name", "size")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: int
    def __init__(self, name: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class PutClipRequest(_message.Message):
    __slots__ = ("header", "data")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    header: ClipHeader
    data: bytes
    def __init__(self, header: _Optional[_Union[ClipHeader, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class PutClipResponse(_message.Message):
    __slots__ = ("path", "sha256")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...
