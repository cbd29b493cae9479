from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.safeguards.guard.shown import Abridged


class GrantOut(BaseModel):
    """A record that the actor held as they came to a file: a break_glass, a cover, an agreement."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    kind: str
    id: UUID
    stands_for: UUID | None = Field(default=None, alias="for")  # in whose place the actor stood


class Reasoned(BaseModel):
    """Why it was done: for what the actor's office is there, by which law, and how they came to it.

    `relation`: all relationships by which the policy opens the action, the widest first.
    """

    purpose: str | None = None
    basis: str | None = None
    relation: str | None = None
    grants: list[GrantOut] = []


class TechnicalEventOut(BaseModel):
    """For who runs the system: sign-ins, and what was done to accounts and units."""

    id: UUID
    created_at: str
    actor_id: UUID | None
    role: str | None
    action: str
    outcome: str


class EventSummaryOut(TechnicalEventOut):
    """For who leads: what was done on a case of theirs and by whom; not to which record."""

    file_id: UUID


class EventOut(Abridged):
    """Names and identifiers; no values, no addresses."""

    summary: ClassVar[type[BaseModel]] = EventSummaryOut
    summary_for: ClassVar[Mapping[str, type[BaseModel]]] = {"administrator": TechnicalEventOut}

    id: UUID
    created_at: str
    actor_id: UUID | None
    role: str | None
    action: str
    route: str
    outcome: str
    code: str | None
    file_id: UUID | None
    asked_id: UUID | None
    record_class: str | None
    record: str | None
    record_id: UUID | None
    record_version: int | None
    request_id: UUID
    policy: str
    purpose: str | None  # of the actor's office
    basis: str | None
    relation: str | None  # by which the policy opens the action
    detail: dict[str, Any]
    chain: str | None
    seq: int | None
    hash: str | None


class CheckpointOut(BaseModel):
    """What the log of all events signed last; `note` is a C2SP tlog-checkpoint, to the letter."""

    origin: str | None = None  # the name of the log; null before anything was signed
    size: int  # events
    root: str  # SHA-256 in base64
    signed_at: str | None = None
    note: str | None = None
    witnessed: str | None = None  # the last note that witnesses signed as well
    keys: list[str]  # name+id+key; hold them against those that you were given


class ProofOut(BaseModel):
    """That an event is in the log; `proof` is a c2sp.org/tlog-proof@v1, to the letter."""

    event_id: UUID
    index: int
    size: int
    entry: dict[str, Any]  # what the log has of the event: its leaf hashes this, canonically
    proof: str


class BundleItemOut(BaseModel):
    """An event of the file, that it is in the log, and the version that it wrote."""

    event: dict[str, Any] | None = None  # what the log has of it, to be hashed canonically
    withheld: dict[str, Any] | None = None  # instead of it: its place in its chain, and hashes
    index: int  # in the log
    proof: list[str]  # hashes in base64, from the leaf's sibling up
    version: dict[str, Any] | None = None  # fields with their salts, and the hashes of all
    redacted: str | None = None  # `class`: no field is told; `fields`: some are not


class BundleOut(BaseModel):
    """For `casework-verify case`; an item a line."""

    checkpoint: str
    file_id: UUID
    made_at: str
    made_for: UUID
    policy: str
    items: list[BundleItemOut]
    events: int
    sha256: str  # of all bytes before the line that says this


class AccessSummaryOut(BaseModel):
    """For who leads: who on the team opened a case of theirs."""

    event_id: UUID
    at: str
    actor_id: UUID | None
    role: str | None
    action: str
    outcome: str


class AccessOut(Reasoned, Abridged):
    """Who looked at a case, or was refused: at which record, or at how many of a list."""

    summary: ClassVar[type[BaseModel]] = AccessSummaryOut

    event_id: UUID
    at: str
    actor_id: UUID | None
    role: str | None
    action: str
    route: str
    outcome: str
    code: str | None
    record: str | None
    record_class: str | None  # of the version that was shown
    record_id: UUID | None
    version: int | None
    shown: int | Literal["all"] | None = None  # rows of the answer, of this case or others
    as_of: str | None = None  # the moment of the past that was asked for
    rights_as_of: bool = False  # whether it was asked, too, who could have read it then


class TimelineEntryOut(BaseModel):
    """Of the trail: what was done by whom to which record; `/history` tells the values."""

    event_id: UUID
    at: str
    actor_id: UUID | None  # null: an operator's command
    role: str | None
    action: str
    record: str
    record_id: UUID
    record_class: str
    version: int
    fields: list[str]  # that were set, as far as the caller may read them


class Link(BaseModel):
    rev: int
    hash: str


class HistoryEntryOut(Reasoned):
    event_id: UUID
    at: str
    actor_id: UUID | None
    action: str
    record_class: str
    record: str
    record_id: UUID
    version: int
    changes: list[dict[str, Any]]
    reason: str | None
    chain: Link


class HistoryOut(BaseModel):
    items: list[HistoryEntryOut]
    next: str | None = None
