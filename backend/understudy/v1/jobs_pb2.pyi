from google.protobuf import struct_pb2 as _struct_pb2
from understudy.v1 import shots_pb2 as _shots_pb2
from understudy.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_QUEUED: _ClassVar[JobState]
    JOB_STATE_RUNNING: _ClassVar[JobState]
    JOB_STATE_CANCELLING: _ClassVar[JobState]
    JOB_STATE_DONE: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_STATE: _ClassVar[EventKind]
    EVENT_KIND_PROGRESS: _ClassVar[EventKind]
    EVENT_KIND_LOSSES: _ClassVar[EventKind]
    EVENT_KIND_PREVIEW: _ClassVar[EventKind]
    EVENT_KIND_FRAME_FAILED: _ClassVar[EventKind]
    EVENT_KIND_NOTE: _ClassVar[EventKind]
    EVENT_KIND_RESULT: _ClassVar[EventKind]
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_QUEUED: JobState
JOB_STATE_RUNNING: JobState
JOB_STATE_CANCELLING: JobState
JOB_STATE_DONE: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_STATE: EventKind
EVENT_KIND_PROGRESS: EventKind
EVENT_KIND_LOSSES: EventKind
EVENT_KIND_PREVIEW: EventKind
EVENT_KIND_FRAME_FAILED: EventKind
EVENT_KIND_NOTE: EventKind
EVENT_KIND_RESULT: EventKind

class IngestSpec(_message.Message):
    __slots__ = ("path", "name", "person_id", "role", "first_frame", "in_index", "out_index", "colour_space", "pixel_aspect", "rate", "own_number")
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    IN_INDEX_FIELD_NUMBER: _ClassVar[int]
    OUT_INDEX_FIELD_NUMBER: _ClassVar[int]
    COLOUR_SPACE_FIELD_NUMBER: _ClassVar[int]
    PIXEL_ASPECT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    OWN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    path: str
    name: str
    person_id: str
    role: _shots_pb2.ShotRole
    first_frame: int
    in_index: int
    out_index: int
    colour_space: str
    pixel_aspect: _time_pb2.Rate
    rate: _time_pb2.Rate
    own_number: bool
    def __init__(self, path: _Optional[str] = ..., name: _Optional[str] = ..., person_id: _Optional[str] = ..., role: _Optional[_Union[_shots_pb2.ShotRole, str]] = ..., first_frame: _Optional[int] = ..., in_index: _Optional[int] = ..., out_index: _Optional[int] = ..., colour_space: _Optional[str] = ..., pixel_aspect: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., own_number: bool = ...) -> None: ...

class ExtractSpec(_message.Message):
    __slots__ = ("shot_id", "settings", "landmarks")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    settings: _struct_pb2.Struct
    landmarks: str
    def __init__(self, shot_id: _Optional[str] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., landmarks: _Optional[str] = ...) -> None: ...

class TrainSpec(_message.Message):
    __slots__ = ("name", "people", "shot_ids", "preset", "settings", "curate")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    SHOT_IDS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    CURATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    people: _containers.RepeatedScalarFieldContainer[str]
    shot_ids: _containers.RepeatedScalarFieldContainer[str]
    preset: str
    settings: _struct_pb2.Struct
    curate: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., people: _Optional[_Iterable[str]] = ..., shot_ids: _Optional[_Iterable[str]] = ..., preset: _Optional[str] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., curate: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ConvertSpec(_message.Message):
    __slots__ = ("shot_id", "model_id", "frames", "take_id", "bindings", "settings")
    class BindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    model_id: str
    frames: str
    take_id: str
    bindings: _containers.ScalarMap[str, str]
    settings: _struct_pb2.Struct
    def __init__(self, shot_id: _Optional[str] = ..., model_id: _Optional[str] = ..., frames: _Optional[str] = ..., take_id: _Optional[str] = ..., bindings: _Optional[_Mapping[str, str]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class DeliverSpec(_message.Message):
    __slots__ = ("take_id", "frames", "folder", "settings")
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    frames: str
    folder: str
    settings: _struct_pb2.Struct
    def __init__(self, take_id: _Optional[str] = ..., frames: _Optional[str] = ..., folder: _Optional[str] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class EvaluateSpec(_message.Message):
    __slots__ = ("take_id", "truth")
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    TRUTH_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    truth: _struct_pb2.Struct
    def __init__(self, take_id: _Optional[str] = ..., truth: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class PropagateSpec(_message.Message):
    __slots__ = ("shot_id", "keys", "frames", "source", "name", "author", "apply", "settings")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPLY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    keys: str
    frames: str
    source: str
    name: str
    author: str
    apply: bool
    settings: _struct_pb2.Struct
    def __init__(self, shot_id: _Optional[str] = ..., keys: _Optional[str] = ..., frames: _Optional[str] = ..., source: _Optional[str] = ..., name: _Optional[str] = ..., author: _Optional[str] = ..., apply: bool = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class MatteNetSpec(_message.Message):
    __slots__ = ("shot_id", "labels", "frames", "also", "start_from", "name", "author", "apply", "settings")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    ALSO_FIELD_NUMBER: _ClassVar[int]
    START_FROM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPLY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    labels: str
    frames: str
    also: _containers.RepeatedScalarFieldContainer[str]
    start_from: str
    name: str
    author: str
    apply: bool
    settings: _struct_pb2.Struct
    def __init__(self, shot_id: _Optional[str] = ..., labels: _Optional[str] = ..., frames: _Optional[str] = ..., also: _Optional[_Iterable[str]] = ..., start_from: _Optional[str] = ..., name: _Optional[str] = ..., author: _Optional[str] = ..., apply: bool = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ImportMatteSpec(_message.Message):
    __slots__ = ("shot_id", "path", "channel", "invert", "operator", "name", "author", "apply")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    INVERT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPLY_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    path: str
    channel: str
    invert: bool
    operator: str
    name: str
    author: str
    apply: bool
    def __init__(self, shot_id: _Optional[str] = ..., path: _Optional[str] = ..., channel: _Optional[str] = ..., invert: bool = ..., operator: _Optional[str] = ..., name: _Optional[str] = ..., author: _Optional[str] = ..., apply: bool = ...) -> None: ...

class ParseMatteSpec(_message.Message):
    __slots__ = ("shot_id", "path", "classes", "frames", "operator", "name", "author", "apply", "settings")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPLY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    path: str
    classes: _containers.RepeatedScalarFieldContainer[int]
    frames: str
    operator: str
    name: str
    author: str
    apply: bool
    settings: _struct_pb2.Struct
    def __init__(self, shot_id: _Optional[str] = ..., path: _Optional[str] = ..., classes: _Optional[_Iterable[int]] = ..., frames: _Optional[str] = ..., operator: _Optional[str] = ..., name: _Optional[str] = ..., author: _Optional[str] = ..., apply: bool = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ExportSpec(_message.Message):
    __slots__ = ("shot_id", "what", "format", "frames", "folder")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    what: str
    format: str
    frames: str
    folder: str
    def __init__(self, shot_id: _Optional[str] = ..., what: _Optional[str] = ..., format: _Optional[str] = ..., frames: _Optional[str] = ..., folder: _Optional[str] = ...) -> None: ...

class MeasureSpec(_message.Message):
    __slots__ = ("take_id", "frames", "worst")
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    WORST_FIELD_NUMBER: _ClassVar[int]
    take_id: str
    frames: str
    worst: int
    def __init__(self, take_id: _Optional[str] = ..., frames: _Optional[str] = ..., worst: _Optional[int] = ...) -> None: ...

class JobSpec(_message.Message):
    __slots__ = ("ingest", "extract", "train", "convert", "deliver", "evaluate", "propagate", "matte_net", "import_matte", "parse_matte", "export", "measure")
    INGEST_FIELD_NUMBER: _ClassVar[int]
    EXTRACT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    CONVERT_FIELD_NUMBER: _ClassVar[int]
    DELIVER_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_FIELD_NUMBER: _ClassVar[int]
    PROPAGATE_FIELD_NUMBER: _ClassVar[int]
    MATTE_NET_FIELD_NUMBER: _ClassVar[int]
    IMPORT_MATTE_FIELD_NUMBER: _ClassVar[int]
    PARSE_MATTE_FIELD_NUMBER: _ClassVar[int]
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    ingest: IngestSpec
    extract: ExtractSpec
    train: TrainSpec
    convert: ConvertSpec
    deliver: DeliverSpec
    evaluate: EvaluateSpec
    propagate: PropagateSpec
    matte_net: MatteNetSpec
    import_matte: ImportMatteSpec
    parse_matte: ParseMatteSpec
    export: ExportSpec
    measure: MeasureSpec
    def __init__(self, ingest: _Optional[_Union[IngestSpec, _Mapping]] = ..., extract: _Optional[_Union[ExtractSpec, _Mapping]] = ..., train: _Optional[_Union[TrainSpec, _Mapping]] = ..., convert: _Optional[_Union[ConvertSpec, _Mapping]] = ..., deliver: _Optional[_Union[DeliverSpec, _Mapping]] = ..., evaluate: _Optional[_Union[EvaluateSpec, _Mapping]] = ..., propagate: _Optional[_Union[PropagateSpec, _Mapping]] = ..., matte_net: _Optional[_Union[MatteNetSpec, _Mapping]] = ..., import_matte: _Optional[_Union[ImportMatteSpec, _Mapping]] = ..., parse_matte: _Optional[_Union[ParseMatteSpec, _Mapping]] = ..., export: _Optional[_Union[ExportSpec, _Mapping]] = ..., measure: _Optional[_Union[MeasureSpec, _Mapping]] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("id", "state", "request_id", "spec", "created_at", "attempt", "error", "message", "result")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: JobState
    request_id: str
    spec: JobSpec
    created_at: str
    attempt: int
    error: str
    message: str
    result: _struct_pb2.Struct
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., request_id: _Optional[str] = ..., spec: _Optional[_Union[JobSpec, _Mapping]] = ..., created_at: _Optional[str] = ..., attempt: _Optional[int] = ..., error: _Optional[str] = ..., message: _Optional[str] = ..., result: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "time", "sequence", "message", "error", "frame", "path", "unit", "done", "total", "rate", "remaining_s", "values", "texts")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class TextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    REMAINING_S_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    kind: EventKind
    time: str
    sequence: int
    message: str
    error: str
    frame: int
    path: str
    unit: str
    done: int
    total: int
    rate: float
    remaining_s: float
    values: _containers.ScalarMap[str, float]
    texts: _containers.ScalarMap[str, str]
    def __init__(self, kind: _Optional[_Union[EventKind, str]] = ..., time: _Optional[str] = ..., sequence: _Optional[int] = ..., message: _Optional[str] = ..., error: _Optional[str] = ..., frame: _Optional[int] = ..., path: _Optional[str] = ..., unit: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ..., rate: _Optional[float] = ..., remaining_s: _Optional[float] = ..., values: _Optional[_Mapping[str, float]] = ..., texts: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CreateJobRequest(_message.Message):
    __slots__ = ("request_id", "spec")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    spec: JobSpec
    def __init__(self, request_id: _Optional[str] = ..., spec: _Optional[_Union[JobSpec, _Mapping]] = ...) -> None: ...

class CreateJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[JobState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[JobState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("job_id", "after_sequence")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_sequence: int
    def __init__(self, job_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class WatchJobResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: Event
    def __init__(self, event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class RetryJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class RetryJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("job_id", "after_sequence", "kinds", "limit")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_sequence: int
    kinds: _containers.RepeatedScalarFieldContainer[EventKind]
    limit: int
    def __init__(self, job_id: _Optional[str] = ..., after_sequence: _Optional[int] = ..., kinds: _Optional[_Iterable[_Union[EventKind, str]]] = ..., limit: _Optional[int] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class GetLogRequest(_message.Message):
    __slots__ = ("job_id", "offset", "limit")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    offset: int
    limit: int
    def __init__(self, job_id: _Optional[str] = ..., offset: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class GetLogResponse(_message.Message):
    __slots__ = ("text", "offset", "next_offset")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    NEXT_OFFSET_FIELD_NUMBER: _ClassVar[int]
    text: str
    offset: int
    next_offset: int
    def __init__(self, text: _Optional[str] = ..., offset: _Optional[int] = ..., next_offset: _Optional[int] = ...) -> None: ...

class ListSettingsRequest(_message.Message):
    __slots__ = ("kind", "preset")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    kind: str
    preset: str
    def __init__(self, kind: _Optional[str] = ..., preset: _Optional[str] = ...) -> None: ...

class Setting(_message.Message):
    __slots__ = ("name", "type", "default_json", "choices", "least", "most", "help", "adjustable")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_JSON_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    HELP_FIELD_NUMBER: _ClassVar[int]
    ADJUSTABLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    default_json: str
    choices: _containers.RepeatedScalarFieldContainer[str]
    least: float
    most: float
    help: str
    adjustable: bool
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., default_json: _Optional[str] = ..., choices: _Optional[_Iterable[str]] = ..., least: _Optional[float] = ..., most: _Optional[float] = ..., help: _Optional[str] = ..., adjustable: bool = ...) -> None: ...

class ListSettingsResponse(_message.Message):
    __slots__ = ("settings", "presets")
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    PRESETS_FIELD_NUMBER: _ClassVar[int]
    settings: _containers.RepeatedCompositeFieldContainer[Setting]
    presets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, settings: _Optional[_Iterable[_Union[Setting, _Mapping]]] = ..., presets: _Optional[_Iterable[str]] = ...) -> None: ...
