from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.casework.disclosures.models import Disclosure
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import COUNTED, Day, In, Out, Summary, words

Ground = Literal[
    "consent",
    "court_order",
    "statute",
    "imminent_harm",
    "child_abuse_duty",
    "data_subject_access",
    "complaint",
]
Requester = Literal[
    "court", "prosecution", "police", "authority", "organisation", "representative", "person"
]
Status = Literal["proposed", "checked", "issued", "denied"]
Name = Annotated[str, words(2, 200)]
Code = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
FieldNames = Annotated[list[FieldName], Field(min_length=1, max_length=60)]


class Document(In):
    """The paper that the ground stands on."""

    authority: Name
    reference: Annotated[str, words(1, 100)]
    dated_on: Day


class ItemIn(In):
    """A record of this case, or of its person; without `version`, as it will be when issued."""

    record: Code
    record_id: UUID
    version: Annotated[int, Field(ge=1, le=1_000_000), COUNTED] | None = None
    fields: FieldNames


class InformedIn(In):
    """When the person was told; or why not, and when this is looked at again."""

    person_informed_on: Day | None = None
    not_informed_reason: Text | None = None
    inform_review_on: Day | None = None


class DisclosureIn(InformedIn):
    """`recipient_id`: where it is a user, whose role has such records by disclosure (Q).

    To anybody else the extract is handed over. Ground consent names a consent of the scope
    `disclosure`; every other ground a document.
    """

    id: UUID | None = None
    requester: Name
    requester_kind: Requester
    purpose: Text
    ground: Ground
    document: Document | None = None
    consent_id: UUID | None = None
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=50)]
    recipient: Name
    recipient_id: UUID | None = None
    deadline: Day
    available_until: Day


class ApprovedIn(In):
    record: Code
    record_id: UUID
    fields: FieldNames


class ApprovalIn(In):
    """`items`: what of it is approved, where that is not all."""

    reason: Text
    items: Annotated[list[ApprovedIn], Field(min_length=1, max_length=50)] | None = None


class DenialIn(In):
    reason: Text


class ItemOut(BaseModel):
    """Names alone: which record, of which classes, and which of its fields."""

    record: str
    record_id: UUID
    version: int | None
    record_classes: list[str]
    fields: list[str]


class DisclosureSummary(Summary):
    """What a recipient is told beside the extract: not who asked, who decided, or why; nor its
    number, which counts what others were given."""

    of: ClassVar = Disclosure

    case_id: UUID
    status: Status
    ground: Ground
    items: list[ItemOut]
    recipient: str
    recipient_id: UUID | None
    available_until: date


class DisclosureOut(Out):
    """A line of the ledger: who asked, what was given to whom, on what ground, by whose word."""

    of: ClassVar = Disclosure
    summary: ClassVar = DisclosureSummary

    case_id: UUID
    author_id: UUID
    status: Status
    requester: str
    requester_kind: Requester
    purpose: str
    ground: Ground
    authority: str | None
    reference: str | None
    dated_on: date | None
    consent_id: UUID | None
    items: list[ItemOut]
    recipient: str
    recipient_id: UUID | None
    deadline: date
    available_until: date
    person_informed_on: date | None
    not_informed_reason: str | None
    inform_review_on: date | None
    checked_by: UUID | None
    checked_at: datetime | None
    checked_reason: str | None
    decided_by: UUID | None
    decided_at: datetime | None
    decided_reason: str | None
    number: int | None


class ExtractOut(BaseModel):
    """`sha256` is that of the UTF-8 bytes of `content`, and was checked before it was told."""

    id: UUID
    disclosure_id: UUID
    available_until: date
    sha256: str
    content: str
