from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MediaState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEDIA_STATE_UNSPECIFIED: _ClassVar[MediaState]
    MEDIA_STATE_AWAY: _ClassVar[MediaState]
    MEDIA_STATE_CHANGED: _ClassVar[MediaState]

class Certainty(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTAINTY_UNSPECIFIED: _ClassVar[Certainty]
    CERTAINTY_HASH: _ClassVar[Certainty]
    CERTAINTY_PROBABLE: _ClassVar[Certainty]
    CERTAINTY_OTHER: _ClassVar[Certainty]
MEDIA_STATE_UNSPECIFIED: MediaState
MEDIA_STATE_AWAY: MediaState
MEDIA_STATE_CHANGED: MediaState
CERTAINTY_UNSPECIFIED: Certainty
CERTAINTY_HASH: Certainty
CERTAINTY_PROBABLE: Certainty
CERTAINTY_OTHER: Certainty

class MissingPlate(_message.Message):
    __slots__ = ("shot_ids", "shots", "path", "state", "sha256", "file_bytes", "frames", "rate", "start_timecode", "reel", "detail")
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FILE_BYTES_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    REEL_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    shots: _containers.RepeatedScalarFieldContainer[str]
    path: str
    state: MediaState
    sha256: str
    file_bytes: int
    frames: int
    rate: str
    start_timecode: str
    reel: str
    detail: str
    def __init__(self, shot_ids: _Optional[_Iterable[str]] = ..., shots: _Optional[_Iterable[str]] = ..., path: _Optional[str] = ..., state: _Optional[_Union[MediaState, str]] = ..., sha256: _Optional[str] = ..., file_bytes: _Optional[int] = ..., frames: _Optional[int] = ..., rate: _Optional[str] = ..., start_timecode: _Optional[str] = ..., reel: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class RelinkFind(_message.Message):
    __slots__ = ("shots", "was", "path", "certainty", "differs", "applied", "why_not")
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    WAS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CERTAINTY_FIELD_NUMBER: _ClassVar[int]
    DIFFERS_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    shots: _containers.RepeatedScalarFieldContainer[str]
    was: str
    path: str
    certainty: Certainty
    differs: str
    applied: bool
    why_not: str
    def __init__(self, shots: _Optional[_Iterable[str]] = ..., was: _Optional[str] = ..., path: _Optional[str] = ..., certainty: _Optional[_Union[Certainty, str]] = ..., differs: _Optional[str] = ..., applied: bool = ..., why_not: _Optional[str] = ...) -> None: ...

class RelinkReport(_message.Message):
    __slots__ = ("finds", "missing", "looked_at", "hashed_bytes", "complete")
    FINDS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    HASHED_BYTES_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    finds: _containers.RepeatedCompositeFieldContainer[RelinkFind]
    missing: int
    looked_at: int
    hashed_bytes: int
    complete: bool
    def __init__(self, finds: _Optional[_Iterable[_Union[RelinkFind, _Mapping]]] = ..., missing: _Optional[int] = ..., looked_at: _Optional[int] = ..., hashed_bytes: _Optional[int] = ..., complete: bool = ...) -> None: ...

class FileChunks(_message.Message):
    __slots__ = ("name", "size", "sha256", "chunks")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: int
    sha256: str
    chunks: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, name: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ..., chunks: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ClipManifest(_message.Message):
    __slots__ = ("name", "files")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    name: str
    files: _containers.RepeatedCompositeFieldContainer[FileChunks]
    def __init__(self, name: _Optional[str] = ..., files: _Optional[_Iterable[_Union[FileChunks, _Mapping]]] = ...) -> None: ...

class ListMissingRequest(_message.Message):
    __slots__ = ("shot_ids",)
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, shot_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListMissingResponse(_message.Message):
    __slots__ = ("looked_at", "plate")
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    looked_at: int
    plate: MissingPlate
    def __init__(self, looked_at: _Optional[int] = ..., plate: _Optional[_Union[MissingPlate, _Mapping]] = ...) -> None: ...

class RelinkRequest(_message.Message):
    __slots__ = ("folders", "shot_ids", "dry_run", "accept_unverified")
    FOLDERS_FIELD_NUMBER: _ClassVar[int]
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_UNVERIFIED_FIELD_NUMBER: _ClassVar[int]
    folders: _containers.RepeatedScalarFieldContainer[str]
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    dry_run: bool
    accept_unverified: bool
    def __init__(self, folders: _Optional[_Iterable[str]] = ..., shot_ids: _Optional[_Iterable[str]] = ..., dry_run: bool = ..., accept_unverified: bool = ...) -> None: ...

class SearchStep(_message.Message):
    __slots__ = ("looked_at", "hashed_bytes")
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    HASHED_BYTES_FIELD_NUMBER: _ClassVar[int]
    looked_at: int
    hashed_bytes: int
    def __init__(self, looked_at: _Optional[int] = ..., hashed_bytes: _Optional[int] = ...) -> None: ...

class RelinkResponse(_message.Message):
    __slots__ = ("step", "report")
    STEP_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    step: SearchStep
    report: RelinkReport
    def __init__(self, step: _Optional[_Union[SearchStep, _Mapping]] = ..., report: _Optional[_Union[RelinkReport, _Mapping]] = ...) -> None: ...

class FindChunksRequest(_message.Message):
    __slots__ = ("clip",)
    CLIP_FIELD_NUMBER: _ClassVar[int]
    clip: ClipManifest
    def __init__(self, clip: _Optional[_Union[ClipManifest, _Mapping]] = ...) -> None: ...

class FindChunksResponse(_message.Message):
    __slots__ = ("missing", "path", "sha256")
    MISSING_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    missing: _containers.RepeatedScalarFieldContainer[bytes]
    path: str
    sha256: str
    def __init__(self, missing: _Optional[_Iterable[bytes]] = ..., path: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class ChunkHeader(_message.Message):
    __slots__ = ("sha256", "size")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    size: int
    def __init__(self, sha256: _Optional[bytes] = ..., size: _Optional[int] = ...) -> None: ...

class PutChunksRequest(_message.Message):
    __slots__ = ("header", "data")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    header: ChunkHeader
    data: bytes
    def __init__(self, header: _Optional[_Union[ChunkHeader, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class PutChunksResponse(_message.Message):
    __slots__ = ("chunks", "size")
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    chunks: int
    size: int
    def __init__(self, chunks: _Optional[int] = ..., size: _Optional[int] = ...) -> None: ...

class AssembleRequest(_message.Message):
    __slots__ = ("clip",)
    CLIP_FIELD_NUMBER: _ClassVar[int]
    clip: ClipManifest
    def __init__(self, clip: _Optional[_Union[ClipManifest, _Mapping]] = ...) -> None: ...

class PutTogether(_message.Message):
    __slots__ = ("path", "sha256")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class AssembleResponse(_message.Message):
    __slots__ = ("done_bytes", "clip")
    DONE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    done_bytes: int
    clip: PutTogether
    def __init__(self, done_bytes: _Optional[int] = ..., clip: _Optional[_Union[PutTogether, _Mapping]] = ...) -> None: ...

class GetManifestRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class PulledWork(_message.Message):
    __slots__ = ("kind", "title", "files", "size")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    title: str
    files: int
    size: int
    def __init__(self, kind: _Optional[str] = ..., title: _Optional[str] = ..., files: _Optional[int] = ..., size: _Optional[int] = ...) -> None: ...

class GetManifestResponse(_message.Message):
    __slots__ = ("work", "file")
    WORK_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    work: PulledWork
    file: FileChunks
    def __init__(self, work: _Optional[_Union[PulledWork, _Mapping]] = ..., file: _Optional[_Union[FileChunks, _Mapping]] = ...) -> None: ...

class GetChunksRequest(_message.Message):
    __slots__ = ("id", "name", "first_chunk")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    first_chunk: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., first_chunk: _Optional[int] = ...) -> None: ...

class GetChunksResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
