from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Use(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USE_UNSPECIFIED: _ClassVar[Use]
    USE_TRAIN: _ClassVar[Use]
    USE_REPLACE: _ClassVar[Use]
    USE_LIKENESS: _ClassVar[Use]
    USE_DELIVER: _ClassVar[Use]

class Basis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BASIS_UNSPECIFIED: _ClassVar[Basis]
    BASIS_RELEASE: _ClassVar[Basis]
    BASIS_ESTATE: _ClassVar[Basis]
    BASIS_SYNTHETIC: _ClassVar[Basis]
    BASIS_EVALUATION: _ClassVar[Basis]
USE_UNSPECIFIED: Use
USE_TRAIN: Use
USE_REPLACE: Use
USE_LIKENESS: Use
USE_DELIVER: Use
BASIS_UNSPECIFIED: Basis
BASIS_RELEASE: Basis
BASIS_ESTATE: Basis
BASIS_SYNTHETIC: Basis
BASIS_EVALUATION: Basis

class LicensedClip(_message.Message):
    __slots__ = ("sha256", "source")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    source: str
    def __init__(self, sha256: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ("id", "person_id", "production_id", "basis", "uses", "valid_from", "valid_to", "description", "document_sha256", "reference", "footage", "revoked_at", "revoked_why")
    ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCTION_ID_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    FOOTAGE_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_WHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    person_id: str
    production_id: str
    basis: Basis
    uses: _containers.RepeatedScalarFieldContainer[Use]
    valid_from: str
    valid_to: str
    description: str
    document_sha256: str
    reference: str
    footage: _containers.RepeatedCompositeFieldContainer[LicensedClip]
    revoked_at: str
    revoked_why: str
    def __init__(self, id: _Optional[str] = ..., person_id: _Optional[str] = ..., production_id: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ..., uses: _Optional[_Iterable[_Union[Use, str]]] = ..., valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ..., description: _Optional[str] = ..., document_sha256: _Optional[str] = ..., reference: _Optional[str] = ..., footage: _Optional[_Iterable[_Union[LicensedClip, _Mapping]]] = ..., revoked_at: _Optional[str] = ..., revoked_why: _Optional[str] = ...) -> None: ...

class Need(_message.Message):
    __slots__ = ("person_id", "use")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    use: Use
    def __init__(self, person_id: _Optional[str] = ..., use: _Optional[_Union[Use, str]] = ...) -> None: ...

class ConsentDecision(_message.Message):
    __slots__ = ("consent_ids", "marked")
    CONSENT_IDS_FIELD_NUMBER: _ClassVar[int]
    MARKED_FIELD_NUMBER: _ClassVar[int]
    consent_ids: _containers.RepeatedScalarFieldContainer[str]
    marked: bool
    def __init__(self, consent_ids: _Optional[_Iterable[str]] = ..., marked: bool = ...) -> None: ...

class RecordConsentRequest(_message.Message):
    __slots__ = ("consent",)
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    consent: Consent
    def __init__(self, consent: _Optional[_Union[Consent, _Mapping]] = ...) -> None: ...

class RecordConsentResponse(_message.Message):
    __slots__ = ("consent",)
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    consent: Consent
    def __init__(self, consent: _Optional[_Union[Consent, _Mapping]] = ...) -> None: ...

class RevokeConsentRequest(_message.Message):
    __slots__ = ("consent_id", "why")
    CONSENT_ID_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    consent_id: str
    why: str
    def __init__(self, consent_id: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class RevokeConsentResponse(_message.Message):
    __slots__ = ("consent",)
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    consent: Consent
    def __init__(self, consent: _Optional[_Union[Consent, _Mapping]] = ...) -> None: ...

class ListConsentsRequest(_message.Message):
    __slots__ = ("person_id",)
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    def __init__(self, person_id: _Optional[str] = ...) -> None: ...

class ListConsentsResponse(_message.Message):
    __slots__ = ("consents",)
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    consents: _containers.RepeatedCompositeFieldContainer[Consent]
    def __init__(self, consents: _Optional[_Iterable[_Union[Consent, _Mapping]]] = ...) -> None: ...

class CheckConsentRequest(_message.Message):
    __slots__ = ("needs",)
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    needs: _containers.RepeatedCompositeFieldContainer[Need]
    def __init__(self, needs: _Optional[_Iterable[_Union[Need, _Mapping]]] = ...) -> None: ...

class CheckConsentResponse(_message.Message):
    __slots__ = ("decision",)
    DECISION_FIELD_NUMBER: _ClassVar[int]
    decision: ConsentDecision
    def __init__(self, decision: _Optional[_Union[ConsentDecision, _Mapping]] = ...) -> None: ...
