from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FaceChoice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_CHOICE_UNSPECIFIED: _ClassVar[FaceChoice]
    FACE_CHOICE_CHOSEN: _ClassVar[FaceChoice]
    FACE_CHOICE_DROPPED: _ClassVar[FaceChoice]
    FACE_CHOICE_FILLED: _ClassVar[FaceChoice]
    FACE_CHOICE_UNCLEAR: _ClassVar[FaceChoice]
    FACE_CHOICE_CUT_OFF: _ClassVar[FaceChoice]
    FACE_CHOICE_BLURRED: _ClassVar[FaceChoice]
    FACE_CHOICE_DUPLICATE: _ClassVar[FaceChoice]
    FACE_CHOICE_SPARE: _ClassVar[FaceChoice]
FACE_CHOICE_UNSPECIFIED: FaceChoice
FACE_CHOICE_CHOSEN: FaceChoice
FACE_CHOICE_DROPPED: FaceChoice
FACE_CHOICE_FILLED: FaceChoice
FACE_CHOICE_UNCLEAR: FaceChoice
FACE_CHOICE_CUT_OFF: FaceChoice
FACE_CHOICE_BLURRED: FaceChoice
FACE_CHOICE_DUPLICATE: FaceChoice
FACE_CHOICE_SPARE: FaceChoice

class ListFacesRequest(_message.Message):
    __slots__ = ("person_id", "shot_ids")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, person_id: _Optional[str] = ..., shot_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListFacesResponse(_message.Message):
    __slots__ = ("shot_ids", "revisions", "shots", "frames", "tracks", "yaw_deg", "pitch_deg", "roll_deg", "mouth_open", "eyes_closed", "smile", "sharpness", "likeness", "presence", "alike_order", "choices", "lacking")
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    ROLL_DEG_FIELD_NUMBER: _ClassVar[int]
    MOUTH_OPEN_FIELD_NUMBER: _ClassVar[int]
    EYES_CLOSED_FIELD_NUMBER: _ClassVar[int]
    SMILE_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    LIKENESS_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    ALIKE_ORDER_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    LACKING_FIELD_NUMBER: _ClassVar[int]
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    revisions: _containers.RepeatedScalarFieldContainer[int]
    shots: _containers.RepeatedScalarFieldContainer[int]
    frames: _containers.RepeatedScalarFieldContainer[int]
    tracks: _containers.RepeatedScalarFieldContainer[int]
    yaw_deg: _containers.RepeatedScalarFieldContainer[float]
    pitch_deg: _containers.RepeatedScalarFieldContainer[float]
    roll_deg: _containers.RepeatedScalarFieldContainer[float]
    mouth_open: _containers.RepeatedScalarFieldContainer[float]
    eyes_closed: _containers.RepeatedScalarFieldContainer[float]
    smile: _containers.RepeatedScalarFieldContainer[float]
    sharpness: _containers.RepeatedScalarFieldContainer[float]
    likeness: _containers.RepeatedScalarFieldContainer[float]
    presence: _containers.RepeatedScalarFieldContainer[float]
    alike_order: _containers.RepeatedScalarFieldContainer[int]
    choices: _containers.RepeatedScalarFieldContainer[FaceChoice]
    lacking: str
    def __init__(self, shot_ids: _Optional[_Iterable[str]] = ..., revisions: _Optional[_Iterable[int]] = ..., shots: _Optional[_Iterable[int]] = ..., frames: _Optional[_Iterable[int]] = ..., tracks: _Optional[_Iterable[int]] = ..., yaw_deg: _Optional[_Iterable[float]] = ..., pitch_deg: _Optional[_Iterable[float]] = ..., roll_deg: _Optional[_Iterable[float]] = ..., mouth_open: _Optional[_Iterable[float]] = ..., eyes_closed: _Optional[_Iterable[float]] = ..., smile: _Optional[_Iterable[float]] = ..., sharpness: _Optional[_Iterable[float]] = ..., likeness: _Optional[_Iterable[float]] = ..., presence: _Optional[_Iterable[float]] = ..., alike_order: _Optional[_Iterable[int]] = ..., choices: _Optional[_Iterable[_Union[FaceChoice, str]]] = ..., lacking: _Optional[str] = ...) -> None: ...

class FaceName(_message.Message):
    __slots__ = ("shot_id", "frame", "track")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    frame: int
    track: int
    def __init__(self, shot_id: _Optional[str] = ..., frame: _Optional[int] = ..., track: _Optional[int] = ...) -> None: ...

class GetFacePicturesRequest(_message.Message):
    __slots__ = ("faces", "size_px")
    FACES_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[FaceName]
    size_px: int
    def __init__(self, faces: _Optional[_Iterable[_Union[FaceName, _Mapping]]] = ..., size_px: _Optional[int] = ...) -> None: ...

class GetFacePicturesResponse(_message.Message):
    __slots__ = ("jpeg", "columns")
    JPEG_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    columns: int
    def __init__(self, jpeg: _Optional[bytes] = ..., columns: _Optional[int] = ...) -> None: ...

class GetCoverageRequest(_message.Message):
    __slots__ = ("performer_id", "donor_id")
    PERFORMER_ID_FIELD_NUMBER: _ClassVar[int]
    DONOR_ID_FIELD_NUMBER: _ClassVar[int]
    performer_id: str
    donor_id: str
    def __init__(self, performer_id: _Optional[str] = ..., donor_id: _Optional[str] = ...) -> None: ...

class Coverage(_message.Message):
    __slots__ = ("person_id", "poses", "mouth_open", "eyes_closed", "smile")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    POSES_FIELD_NUMBER: _ClassVar[int]
    MOUTH_OPEN_FIELD_NUMBER: _ClassVar[int]
    EYES_CLOSED_FIELD_NUMBER: _ClassVar[int]
    SMILE_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    poses: _containers.RepeatedScalarFieldContainer[int]
    mouth_open: _containers.RepeatedScalarFieldContainer[int]
    eyes_closed: _containers.RepeatedScalarFieldContainer[int]
    smile: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, person_id: _Optional[str] = ..., poses: _Optional[_Iterable[int]] = ..., mouth_open: _Optional[_Iterable[int]] = ..., eyes_closed: _Optional[_Iterable[int]] = ..., smile: _Optional[_Iterable[int]] = ...) -> None: ...

class GetCoverageResponse(_message.Message):
    __slots__ = ("yaw_edges_deg", "pitch_edges_deg", "performer", "donor", "lacking")
    YAW_EDGES_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_EDGES_DEG_FIELD_NUMBER: _ClassVar[int]
    PERFORMER_FIELD_NUMBER: _ClassVar[int]
    DONOR_FIELD_NUMBER: _ClassVar[int]
    LACKING_FIELD_NUMBER: _ClassVar[int]
    yaw_edges_deg: _containers.RepeatedScalarFieldContainer[float]
    pitch_edges_deg: _containers.RepeatedScalarFieldContainer[float]
    performer: Coverage
    donor: Coverage
    lacking: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, yaw_edges_deg: _Optional[_Iterable[float]] = ..., pitch_edges_deg: _Optional[_Iterable[float]] = ..., performer: _Optional[_Union[Coverage, _Mapping]] = ..., donor: _Optional[_Union[Coverage, _Mapping]] = ..., lacking: _Optional[_Iterable[str]] = ...) -> None: ...
