from google.protobuf import struct_pb2 as _struct_pb2
from understudy.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Interpolation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERPOLATION_UNSPECIFIED: _ClassVar[Interpolation]
    INTERPOLATION_LINEAR: _ClassVar[Interpolation]
    INTERPOLATION_HERMITE: _ClassVar[Interpolation]
    INTERPOLATION_HOLD: _ClassVar[Interpolation]

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    MODE_INCLUDE: _ClassVar[Mode]
    MODE_EXCLUDE: _ClassVar[Mode]

class Curve(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CURVE_UNSPECIFIED: _ClassVar[Curve]
    CURVE_POLYGON: _ClassVar[Curve]
    CURVE_SPLINE: _ClassVar[Curve]

class Follow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FOLLOW_UNSPECIFIED: _ClassVar[Follow]
    FOLLOW_PLATE: _ClassVar[Follow]
    FOLLOW_FACE: _ClassVar[Follow]

class Mark(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARK_UNSPECIFIED: _ClassVar[Mark]
    MARK_NONE: _ClassVar[Mark]
    MARK_APPROVED: _ClassVar[Mark]
    MARK_FLAGGED: _ClassVar[Mark]
    MARK_HOLD_PLATE: _ClassVar[Mark]

class Keyed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEYED_UNSPECIFIED: _ClassVar[Keyed]
    KEYED_LANDMARKS: _ClassVar[Keyed]
    KEYED_CROP: _ClassVar[Keyed]
    KEYED_ALL: _ClassVar[Keyed]

class Step(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_UNSPECIFIED: _ClassVar[Step]
    STEP_DO: _ClassVar[Step]
    STEP_UNDO: _ClassVar[Step]
    STEP_REDO: _ClassVar[Step]

class FaceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_STATE_UNSPECIFIED: _ClassVar[FaceState]
    FACE_STATE_MACHINE: _ClassVar[FaceState]
    FACE_STATE_SMOOTHED: _ClassVar[FaceState]
    FACE_STATE_INTERPOLATED: _ClassVar[FaceState]
    FACE_STATE_KEYED: _ClassVar[FaceState]

class MatteState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATTE_STATE_UNSPECIFIED: _ClassVar[MatteState]
    MATTE_STATE_MACHINE: _ClassVar[MatteState]
    MATTE_STATE_PROPAGATED: _ClassVar[MatteState]
    MATTE_STATE_INTERPOLATED: _ClassVar[MatteState]
    MATTE_STATE_KEYED: _ClassVar[MatteState]
INTERPOLATION_UNSPECIFIED: Interpolation
INTERPOLATION_LINEAR: Interpolation
INTERPOLATION_HERMITE: Interpolation
INTERPOLATION_HOLD: Interpolation
MODE_UNSPECIFIED: Mode
MODE_INCLUDE: Mode
MODE_EXCLUDE: Mode
CURVE_UNSPECIFIED: Curve
CURVE_POLYGON: Curve
CURVE_SPLINE: Curve
FOLLOW_UNSPECIFIED: Follow
FOLLOW_PLATE: Follow
FOLLOW_FACE: Follow
MARK_UNSPECIFIED: Mark
MARK_NONE: Mark
MARK_APPROVED: Mark
MARK_FLAGGED: Mark
MARK_HOLD_PLATE: Mark
KEYED_UNSPECIFIED: Keyed
KEYED_LANDMARKS: Keyed
KEYED_CROP: Keyed
KEYED_ALL: Keyed
STEP_UNSPECIFIED: Step
STEP_DO: Step
STEP_UNDO: Step
STEP_REDO: Step
FACE_STATE_UNSPECIFIED: FaceState
FACE_STATE_MACHINE: FaceState
FACE_STATE_SMOOTHED: FaceState
FACE_STATE_INTERPOLATED: FaceState
FACE_STATE_KEYED: FaceState
MATTE_STATE_UNSPECIFIED: MatteState
MATTE_STATE_MACHINE: MatteState
MATTE_STATE_PROPAGATED: MatteState
MATTE_STATE_INTERPOLATED: MatteState
MATTE_STATE_KEYED: MatteState

class MoveLandmarks(_message.Message):
    __slots__ = ("track", "frame", "points", "to", "interpolation", "reach_frames")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_FIELD_NUMBER: _ClassVar[int]
    REACH_FRAMES_FIELD_NUMBER: _ClassVar[int]
    track: int
    frame: int
    points: _containers.RepeatedScalarFieldContainer[int]
    to: _containers.RepeatedScalarFieldContainer[float]
    interpolation: Interpolation
    reach_frames: int
    def __init__(self, track: _Optional[int] = ..., frame: _Optional[int] = ..., points: _Optional[_Iterable[int]] = ..., to: _Optional[_Iterable[float]] = ..., interpolation: _Optional[_Union[Interpolation, str]] = ..., reach_frames: _Optional[int] = ...) -> None: ...

class PlaceCrop(_message.Message):
    __slots__ = ("track", "frame", "centre_x", "centre_y", "side_px", "angle_deg", "interpolation", "reach_frames")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    CENTRE_X_FIELD_NUMBER: _ClassVar[int]
    CENTRE_Y_FIELD_NUMBER: _ClassVar[int]
    SIDE_PX_FIELD_NUMBER: _ClassVar[int]
    ANGLE_DEG_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_FIELD_NUMBER: _ClassVar[int]
    REACH_FRAMES_FIELD_NUMBER: _ClassVar[int]
    track: int
    frame: int
    centre_x: float
    centre_y: float
    side_px: float
    angle_deg: float
    interpolation: Interpolation
    reach_frames: int
    def __init__(self, track: _Optional[int] = ..., frame: _Optional[int] = ..., centre_x: _Optional[float] = ..., centre_y: _Optional[float] = ..., side_px: _Optional[float] = ..., angle_deg: _Optional[float] = ..., interpolation: _Optional[_Union[Interpolation, str]] = ..., reach_frames: _Optional[int] = ...) -> None: ...

class RemoveKeys(_message.Message):
    __slots__ = ("track", "first", "last", "what")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    track: int
    first: int
    last: int
    what: Keyed
    def __init__(self, track: _Optional[int] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., what: _Optional[_Union[Keyed, str]] = ...) -> None: ...

class SmoothAlignments(_message.Message):
    __slots__ = ("position", "rotation", "scale", "face", "mouth", "eyes")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    MOUTH_FIELD_NUMBER: _ClassVar[int]
    EYES_FIELD_NUMBER: _ClassVar[int]
    position: float
    rotation: float
    scale: float
    face: float
    mouth: float
    eyes: float
    def __init__(self, position: _Optional[float] = ..., rotation: _Optional[float] = ..., scale: _Optional[float] = ..., face: _Optional[float] = ..., mouth: _Optional[float] = ..., eyes: _Optional[float] = ...) -> None: ...

class AddFace(_message.Message):
    __slots__ = ("track", "frame", "landmarks")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    track: int
    frame: int
    landmarks: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, track: _Optional[int] = ..., frame: _Optional[int] = ..., landmarks: _Optional[_Iterable[float]] = ...) -> None: ...

class RemoveFaces(_message.Message):
    __slots__ = ("track", "first", "last")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    track: int
    first: int
    last: int
    def __init__(self, track: _Optional[int] = ..., first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class MergeTracks(_message.Message):
    __slots__ = ("track", "other")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    track: int
    other: int
    def __init__(self, track: _Optional[int] = ..., other: _Optional[int] = ...) -> None: ...

class SplitTrack(_message.Message):
    __slots__ = ("track", "frame", "new_track")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    NEW_TRACK_FIELD_NUMBER: _ClassVar[int]
    track: int
    frame: int
    new_track: int
    def __init__(self, track: _Optional[int] = ..., frame: _Optional[int] = ..., new_track: _Optional[int] = ...) -> None: ...

class BindTrack(_message.Message):
    __slots__ = ("track", "person_id")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    track: int
    person_id: str
    def __init__(self, track: _Optional[int] = ..., person_id: _Optional[str] = ...) -> None: ...

class MarkFrames(_message.Message):
    __slots__ = ("first", "last", "mark", "note")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    mark: Mark
    note: str
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ..., mark: _Optional[_Union[Mark, str]] = ..., note: _Optional[str] = ...) -> None: ...

class AdjustConvert(_message.Message):
    __slots__ = ("first", "last", "settings")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    settings: _struct_pb2.Struct
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class KeyStrength(_message.Message):
    __slots__ = ("frame", "value", "interpolation")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_FIELD_NUMBER: _ClassVar[int]
    frame: int
    value: float
    interpolation: Interpolation
    def __init__(self, frame: _Optional[int] = ..., value: _Optional[float] = ..., interpolation: _Optional[_Union[Interpolation, str]] = ...) -> None: ...

class RemoveStrength(_message.Message):
    __slots__ = ("first", "last")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class PaintStroke(_message.Message):
    __slots__ = ("frame", "mode", "points", "radius_px", "softness")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RADIUS_PX_FIELD_NUMBER: _ClassVar[int]
    SOFTNESS_FIELD_NUMBER: _ClassVar[int]
    frame: int
    mode: Mode
    points: _containers.RepeatedScalarFieldContainer[float]
    radius_px: float
    softness: float
    def __init__(self, frame: _Optional[int] = ..., mode: _Optional[_Union[Mode, str]] = ..., points: _Optional[_Iterable[float]] = ..., radius_px: _Optional[float] = ..., softness: _Optional[float] = ...) -> None: ...

class KeyShape(_message.Message):
    __slots__ = ("shape", "frame", "mode", "points", "curve", "feather_px", "interpolation", "follow", "track")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    FEATHER_PX_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    shape: str
    frame: int
    mode: Mode
    points: _containers.RepeatedScalarFieldContainer[float]
    curve: Curve
    feather_px: float
    interpolation: Interpolation
    follow: Follow
    track: int
    def __init__(self, shape: _Optional[str] = ..., frame: _Optional[int] = ..., mode: _Optional[_Union[Mode, str]] = ..., points: _Optional[_Iterable[float]] = ..., curve: _Optional[_Union[Curve, str]] = ..., feather_px: _Optional[float] = ..., interpolation: _Optional[_Union[Interpolation, str]] = ..., follow: _Optional[_Union[Follow, str]] = ..., track: _Optional[int] = ...) -> None: ...

class RemoveShape(_message.Message):
    __slots__ = ("shape", "first", "last")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    shape: str
    first: int
    last: int
    def __init__(self, shape: _Optional[str] = ..., first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class ClearMatte(_message.Message):
    __slots__ = ("first", "last")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class UseLayer(_message.Message):
    __slots__ = ("name", "layer_id", "first", "last", "operator")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    layer_id: str
    first: int
    last: int
    operator: str
    def __init__(self, name: _Optional[str] = ..., layer_id: _Optional[str] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., operator: _Optional[str] = ...) -> None: ...

class ComposeMatte(_message.Message):
    __slots__ = ("first", "last", "expression")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    expression: str
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ..., expression: _Optional[str] = ...) -> None: ...

class CurateFaces(_message.Message):
    __slots__ = ("track", "frames", "keep")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    track: int
    frames: str
    keep: bool
    def __init__(self, track: _Optional[int] = ..., frames: _Optional[str] = ..., keep: bool = ...) -> None: ...

class EditAction(_message.Message):
    __slots__ = ("move_landmarks", "place_crop", "remove_keys", "smooth_alignments", "add_face", "remove_faces", "merge_tracks", "split_track", "bind_track", "mark_frames", "adjust_convert", "key_strength", "remove_strength", "paint_stroke", "key_shape", "remove_shape", "clear_matte", "use_layer", "compose_matte", "curate_faces")
    MOVE_LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    PLACE_CROP_FIELD_NUMBER: _ClassVar[int]
    REMOVE_KEYS_FIELD_NUMBER: _ClassVar[int]
    SMOOTH_ALIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    ADD_FACE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FACES_FIELD_NUMBER: _ClassVar[int]
    MERGE_TRACKS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_TRACK_FIELD_NUMBER: _ClassVar[int]
    BIND_TRACK_FIELD_NUMBER: _ClassVar[int]
    MARK_FRAMES_FIELD_NUMBER: _ClassVar[int]
    ADJUST_CONVERT_FIELD_NUMBER: _ClassVar[int]
    KEY_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    REMOVE_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    PAINT_STROKE_FIELD_NUMBER: _ClassVar[int]
    KEY_SHAPE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_SHAPE_FIELD_NUMBER: _ClassVar[int]
    CLEAR_MATTE_FIELD_NUMBER: _ClassVar[int]
    USE_LAYER_FIELD_NUMBER: _ClassVar[int]
    COMPOSE_MATTE_FIELD_NUMBER: _ClassVar[int]
    CURATE_FACES_FIELD_NUMBER: _ClassVar[int]
    move_landmarks: MoveLandmarks
    place_crop: PlaceCrop
    remove_keys: RemoveKeys
    smooth_alignments: SmoothAlignments
    add_face: AddFace
    remove_faces: RemoveFaces
    merge_tracks: MergeTracks
    split_track: SplitTrack
    bind_track: BindTrack
    mark_frames: MarkFrames
    adjust_convert: AdjustConvert
    key_strength: KeyStrength
    remove_strength: RemoveStrength
    paint_stroke: PaintStroke
    key_shape: KeyShape
    remove_shape: RemoveShape
    clear_matte: ClearMatte
    use_layer: UseLayer
    compose_matte: ComposeMatte
    curate_faces: CurateFaces
    def __init__(self, move_landmarks: _Optional[_Union[MoveLandmarks, _Mapping]] = ..., place_crop: _Optional[_Union[PlaceCrop, _Mapping]] = ..., remove_keys: _Optional[_Union[RemoveKeys, _Mapping]] = ..., smooth_alignments: _Optional[_Union[SmoothAlignments, _Mapping]] = ..., add_face: _Optional[_Union[AddFace, _Mapping]] = ..., remove_faces: _Optional[_Union[RemoveFaces, _Mapping]] = ..., merge_tracks: _Optional[_Union[MergeTracks, _Mapping]] = ..., split_track: _Optional[_Union[SplitTrack, _Mapping]] = ..., bind_track: _Optional[_Union[BindTrack, _Mapping]] = ..., mark_frames: _Optional[_Union[MarkFrames, _Mapping]] = ..., adjust_convert: _Optional[_Union[AdjustConvert, _Mapping]] = ..., key_strength: _Optional[_Union[KeyStrength, _Mapping]] = ..., remove_strength: _Optional[_Union[RemoveStrength, _Mapping]] = ..., paint_stroke: _Optional[_Union[PaintStroke, _Mapping]] = ..., key_shape: _Optional[_Union[KeyShape, _Mapping]] = ..., remove_shape: _Optional[_Union[RemoveShape, _Mapping]] = ..., clear_matte: _Optional[_Union[ClearMatte, _Mapping]] = ..., use_layer: _Optional[_Union[UseLayer, _Mapping]] = ..., compose_matte: _Optional[_Union[ComposeMatte, _Mapping]] = ..., curate_faces: _Optional[_Union[CurateFaces, _Mapping]] = ...) -> None: ...

class EditEntry(_message.Message):
    __slots__ = ("revision", "author", "at", "step", "action")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    author: str
    at: str
    step: Step
    action: EditAction
    def __init__(self, revision: _Optional[int] = ..., author: _Optional[str] = ..., at: _Optional[str] = ..., step: _Optional[_Union[Step, str]] = ..., action: _Optional[_Union[EditAction, _Mapping]] = ...) -> None: ...

class Stroke(_message.Message):
    __slots__ = ("mode", "points", "radius_px", "softness")
    MODE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RADIUS_PX_FIELD_NUMBER: _ClassVar[int]
    SOFTNESS_FIELD_NUMBER: _ClassVar[int]
    mode: Mode
    points: _containers.RepeatedScalarFieldContainer[float]
    radius_px: float
    softness: float
    def __init__(self, mode: _Optional[_Union[Mode, str]] = ..., points: _Optional[_Iterable[float]] = ..., radius_px: _Optional[float] = ..., softness: _Optional[float] = ...) -> None: ...

class Shape(_message.Message):
    __slots__ = ("name", "mode", "points", "curve", "feather_px", "keyed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    FEATHER_PX_FIELD_NUMBER: _ClassVar[int]
    KEYED_FIELD_NUMBER: _ClassVar[int]
    name: str
    mode: Mode
    points: _containers.RepeatedScalarFieldContainer[float]
    curve: Curve
    feather_px: float
    keyed: bool
    def __init__(self, name: _Optional[str] = ..., mode: _Optional[_Union[Mode, str]] = ..., points: _Optional[_Iterable[float]] = ..., curve: _Optional[_Union[Curve, str]] = ..., feather_px: _Optional[float] = ..., keyed: bool = ...) -> None: ...

class LayerUse(_message.Message):
    __slots__ = ("name", "layer_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    layer_id: str
    def __init__(self, name: _Optional[str] = ..., layer_id: _Optional[str] = ...) -> None: ...

class FramePlan(_message.Message):
    __slots__ = ("expression", "shapes", "strokes", "layers", "settings", "strength", "hold", "matte")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    SHAPES_FIELD_NUMBER: _ClassVar[int]
    STROKES_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    MATTE_FIELD_NUMBER: _ClassVar[int]
    expression: str
    shapes: _containers.RepeatedCompositeFieldContainer[Shape]
    strokes: _containers.RepeatedCompositeFieldContainer[Stroke]
    layers: _containers.RepeatedCompositeFieldContainer[LayerUse]
    settings: _struct_pb2.Struct
    strength: float
    hold: bool
    matte: MatteState
    def __init__(self, expression: _Optional[str] = ..., shapes: _Optional[_Iterable[_Union[Shape, _Mapping]]] = ..., strokes: _Optional[_Iterable[_Union[Stroke, _Mapping]]] = ..., layers: _Optional[_Iterable[_Union[LayerUse, _Mapping]]] = ..., settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., strength: _Optional[float] = ..., hold: bool = ..., matte: _Optional[_Union[MatteState, str]] = ...) -> None: ...

class FrameMark(_message.Message):
    __slots__ = ("mark", "note", "author")
    MARK_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    mark: Mark
    note: str
    author: str
    def __init__(self, mark: _Optional[_Union[Mark, str]] = ..., note: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class Orphan(_message.Message):
    __slots__ = ("revision", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    reason: str
    def __init__(self, revision: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Square(_message.Message):
    __slots__ = ("centre_x", "centre_y", "side_px", "angle_deg")
    CENTRE_X_FIELD_NUMBER: _ClassVar[int]
    CENTRE_Y_FIELD_NUMBER: _ClassVar[int]
    SIDE_PX_FIELD_NUMBER: _ClassVar[int]
    ANGLE_DEG_FIELD_NUMBER: _ClassVar[int]
    centre_x: float
    centre_y: float
    side_px: float
    angle_deg: float
    def __init__(self, centre_x: _Optional[float] = ..., centre_y: _Optional[float] = ..., side_px: _Optional[float] = ..., angle_deg: _Optional[float] = ...) -> None: ...

class SolvedFace(_message.Message):
    __slots__ = ("track", "frame", "state", "presence", "filled", "square", "landmarks")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    SQUARE_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    track: int
    frame: int
    state: FaceState
    presence: float
    filled: bool
    square: Square
    landmarks: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, track: _Optional[int] = ..., frame: _Optional[int] = ..., state: _Optional[_Union[FaceState, str]] = ..., presence: _Optional[float] = ..., filled: bool = ..., square: _Optional[_Union[Square, _Mapping]] = ..., landmarks: _Optional[_Iterable[float]] = ...) -> None: ...

class LandmarkCurve(_message.Message):
    __slots__ = ("point", "raw", "solved")
    POINT_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    SOLVED_FIELD_NUMBER: _ClassVar[int]
    point: int
    raw: _containers.RepeatedScalarFieldContainer[float]
    solved: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, point: _Optional[int] = ..., raw: _Optional[_Iterable[float]] = ..., solved: _Optional[_Iterable[float]] = ...) -> None: ...

class AddEditsRequest(_message.Message):
    __slots__ = ("shot_id", "author", "seen_revision", "actions", "request_id")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_REVISION_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    author: str
    seen_revision: int
    actions: _containers.RepeatedCompositeFieldContainer[EditAction]
    request_id: str
    def __init__(self, shot_id: _Optional[str] = ..., author: _Optional[str] = ..., seen_revision: _Optional[int] = ..., actions: _Optional[_Iterable[_Union[EditAction, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class AddEditsResponse(_message.Message):
    __slots__ = ("entries", "revision")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[EditEntry]
    revision: int
    def __init__(self, entries: _Optional[_Iterable[_Union[EditEntry, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class UndoEditRequest(_message.Message):
    __slots__ = ("shot_id", "author", "seen_revision", "request_id")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    author: str
    seen_revision: int
    request_id: str
    def __init__(self, shot_id: _Optional[str] = ..., author: _Optional[str] = ..., seen_revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class UndoEditResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: EditEntry
    def __init__(self, entry: _Optional[_Union[EditEntry, _Mapping]] = ...) -> None: ...

class RedoEditRequest(_message.Message):
    __slots__ = ("shot_id", "author", "seen_revision", "request_id")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    author: str
    seen_revision: int
    request_id: str
    def __init__(self, shot_id: _Optional[str] = ..., author: _Optional[str] = ..., seen_revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class RedoEditResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: EditEntry
    def __init__(self, entry: _Optional[_Union[EditEntry, _Mapping]] = ...) -> None: ...

class ListEditsRequest(_message.Message):
    __slots__ = ("shot_id", "after_revision")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    after_revision: int
    def __init__(self, shot_id: _Optional[str] = ..., after_revision: _Optional[int] = ...) -> None: ...

class ListEditsResponse(_message.Message):
    __slots__ = ("entries", "revision", "standing")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[EditEntry]
    revision: int
    standing: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, entries: _Optional[_Iterable[_Union[EditEntry, _Mapping]]] = ..., revision: _Optional[int] = ..., standing: _Optional[_Iterable[int]] = ...) -> None: ...

class WatchEditsRequest(_message.Message):
    __slots__ = ("shot_id", "after_revision")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    after_revision: int
    def __init__(self, shot_id: _Optional[str] = ..., after_revision: _Optional[int] = ...) -> None: ...

class WatchEditsResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: EditEntry
    def __init__(self, entry: _Optional[_Union[EditEntry, _Mapping]] = ...) -> None: ...

class GetSolvedRequest(_message.Message):
    __slots__ = ("shot_id", "frames", "landmarks", "plans")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    PLANS_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    frames: _time_pb2.FrameRange
    landmarks: bool
    plans: bool
    def __init__(self, shot_id: _Optional[str] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ..., landmarks: bool = ..., plans: bool = ...) -> None: ...

class GetSolvedResponse(_message.Message):
    __slots__ = ("revision", "frames", "faces", "plans", "marks", "bindings", "orphans", "asked")
    class PlansEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: FramePlan
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[FramePlan, _Mapping]] = ...) -> None: ...
    class MarksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: FrameMark
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[FrameMark, _Mapping]] = ...) -> None: ...
    class BindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: str
        def __init__(self, key: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    PLANS_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    ORPHANS_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    revision: int
    frames: _time_pb2.FrameRange
    faces: _containers.RepeatedCompositeFieldContainer[SolvedFace]
    plans: _containers.MessageMap[int, FramePlan]
    marks: _containers.MessageMap[int, FrameMark]
    bindings: _containers.ScalarMap[int, str]
    orphans: _containers.RepeatedCompositeFieldContainer[Orphan]
    asked: _time_pb2.FrameRange
    def __init__(self, revision: _Optional[int] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ..., faces: _Optional[_Iterable[_Union[SolvedFace, _Mapping]]] = ..., plans: _Optional[_Mapping[int, FramePlan]] = ..., marks: _Optional[_Mapping[int, FrameMark]] = ..., bindings: _Optional[_Mapping[int, str]] = ..., orphans: _Optional[_Iterable[_Union[Orphan, _Mapping]]] = ..., asked: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ...) -> None: ...

class GetCurvesRequest(_message.Message):
    __slots__ = ("shot_id", "track", "landmarks", "frames")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    track: int
    landmarks: _containers.RepeatedScalarFieldContainer[int]
    frames: _time_pb2.FrameRange
    def __init__(self, shot_id: _Optional[str] = ..., track: _Optional[int] = ..., landmarks: _Optional[_Iterable[int]] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ...) -> None: ...

class GetCurvesResponse(_message.Message):
    __slots__ = ("revision", "frames", "states", "raw_squares", "squares", "landmarks")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    RAW_SQUARES_FIELD_NUMBER: _ClassVar[int]
    SQUARES_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    frames: _containers.RepeatedScalarFieldContainer[int]
    states: _containers.RepeatedScalarFieldContainer[FaceState]
    raw_squares: _containers.RepeatedScalarFieldContainer[float]
    squares: _containers.RepeatedScalarFieldContainer[float]
    landmarks: _containers.RepeatedCompositeFieldContainer[LandmarkCurve]
    def __init__(self, revision: _Optional[int] = ..., frames: _Optional[_Iterable[int]] = ..., states: _Optional[_Iterable[_Union[FaceState, str]]] = ..., raw_squares: _Optional[_Iterable[float]] = ..., squares: _Optional[_Iterable[float]] = ..., landmarks: _Optional[_Iterable[_Union[LandmarkCurve, _Mapping]]] = ...) -> None: ...

class GetTimelineRequest(_message.Message):
    __slots__ = ("shot_id",)
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    def __init__(self, shot_id: _Optional[str] = ...) -> None: ...

class GetTimelineResponse(_message.Message):
    __slots__ = ("revision", "frames", "faces", "face_states", "matte_states", "marks", "flags", "strengths", "cuts", "notes", "bindings", "orphans")
    class NotesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: FrameMark
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[FrameMark, _Mapping]] = ...) -> None: ...
    class BindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: str
        def __init__(self, key: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    FACE_STATES_FIELD_NUMBER: _ClassVar[int]
    MATTE_STATES_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    STRENGTHS_FIELD_NUMBER: _ClassVar[int]
    CUTS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    ORPHANS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    frames: _time_pb2.FrameRange
    faces: bytes
    face_states: bytes
    matte_states: bytes
    marks: bytes
    flags: bytes
    strengths: bytes
    cuts: _containers.RepeatedScalarFieldContainer[int]
    notes: _containers.MessageMap[int, FrameMark]
    bindings: _containers.ScalarMap[int, str]
    orphans: _containers.RepeatedCompositeFieldContainer[Orphan]
    def __init__(self, revision: _Optional[int] = ..., frames: _Optional[_Union[_time_pb2.FrameRange, _Mapping]] = ..., faces: _Optional[bytes] = ..., face_states: _Optional[bytes] = ..., matte_states: _Optional[bytes] = ..., marks: _Optional[bytes] = ..., flags: _Optional[bytes] = ..., strengths: _Optional[bytes] = ..., cuts: _Optional[_Iterable[int]] = ..., notes: _Optional[_Mapping[int, FrameMark]] = ..., bindings: _Optional[_Mapping[int, str]] = ..., orphans: _Optional[_Iterable[_Union[Orphan, _Mapping]]] = ...) -> None: ...
