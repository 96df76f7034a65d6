from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Production(_message.Message):
    __slots__ = ("id", "name", "folder", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    folder: str
    version: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., folder: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class GetProductionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProductionResponse(_message.Message):
    __slots__ = ("production",)
    PRODUCTION_FIELD_NUMBER: _ClassVar[int]
    production: Production
    def __init__(self, production: _Optional[_Union[Production, _Mapping]] = ...) -> None: ...
