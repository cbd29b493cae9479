"""The vocabulary of practice: what a track, a pathway and a programme phase are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Who = Literal["any", "adult", "child"]
Unit = Literal["hours", "days", "months"]
Calendar = Literal["elapsed", "working"]
StartKind = Literal["state", "milestone", "event"]

ROLES = tuple(
    [
        "social_worker",
        "supervisor",
        "coordinator",
        "centre_manager",
        "psychologist",
        "health_worker",
        "educator",
        "child_protection_officer",
        "legal_officer",
        "defence_lawyer",
        "prosecutor",
        "probation_officer",
        "security_assessor",
        "religious_counsellor",
        "livelihoods_officer",
        "partner",
        "auditor",
        "data_protection_officer",
        "statistician",
        "administrator",
    ]
)
RECORD_CLASSES = tuple(
    [
        "identity",
        "identifiers",
        "location",
        "family",
        "justice",
        "child_justice",
        "civil_documents",
        "security",
        "clinical",
        "therapy_notes",
        "psychosocial_notes",
        "health",
        "protection",
        "education",
        "livelihood",
        "faith_counselling",
        "pathway",
        "plan",
        "referral",
        "conference",
        "audit",
        "statistics",
    ]
)
PILLARS = ("prosecution", "rehabilitation", "reintegration")

# What starts a timer and is neither a state nor a milestone: it happens more than once in a case.
EVENTS = (
    "custody_started",
    "pretrial_detention_started",
    "placement_started",
    "safety_alert_raised",
    "contact_held",
    "referral_sent",
    "break_glass_opened",
    "consent_given",
    "adulthood_reached",
    "case_closed",
)
# Some timers run only under a condition that the caller knows.
CONDITIONS = (
    "unaccompanied",
    "need_high",
    "need_medium",
    "need_low",
    "referral_urgent",
    "referral_normal",
)


@dataclass(frozen=True)
class Title:
    """One label in several languages; `en` is always among them."""

    by_language: Mapping[str, str]

    def say(self, language: str) -> str:
        """The label for a BCP 47 tag: the tag itself, then its language, then English."""
        tags = {tag.lower(): text for tag, text in self.by_language.items()}
        wanted = language.lower()
        return tags.get(wanted) or tags.get(wanted.split("-")[0]) or tags["en"]


@dataclass(frozen=True)
class Span:
    """A length of time; days and months are those of the calendar, hours those of the clock."""

    amount: int
    unit: Unit


@dataclass(frozen=True)
class State:
    code: str
    title: Title
    ends: bool  # the work is over; what may still follow is law (sealing) or a new beginning
    attends: bool  # the person comes to what is offered


@dataclass(frozen=True)
class Transition:
    origins: tuple[str, ...]
    to: str
    roles: tuple[str, ...]
    reason: bool  # a reason must be given
    decided_by: bool  # the person or body that decided must be named
    gate: tuple[str, ...]  # milestones that must have been reached before
    child_gate: tuple[str, ...]  # further ones where the person counts as a child
    who: Who
    own_choice: bool  # the person's own will: never gated, never to be justified
    by_body: bool = False  # a court or panel decides: whoever records it is not the decider


@dataclass(frozen=True)
class Start:
    kind: StartKind
    code: str


@dataclass(frozen=True)
class Timer:
    rule: str  # identifier of the deadline, for example D07
    title: Title
    starts: Start
    due: Span
    child_due: Span | None
    calendar: Calendar
    who: Who
    when: str | None  # runs only under this condition
    not_before: Span | None
    repeats: bool  # starts again when it was met
    met_by: str | None  # milestone that ends it


class Classed:
    """What is of another record class where a child is concerned."""

    record_class: str
    child_record_class: str

    def class_for(self, child: bool) -> str:
        return self.child_record_class if child else self.record_class


@dataclass(frozen=True)
class Track(Classed):
    code: str
    version: int
    digest: str
    title: Title
    pillar: str
    lead: str  # the role that makes the first move
    voluntary: bool
    record_class: str
    child_record_class: str
    start: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    timers: Mapping[str, Timer]

    def find(self, state: str, to: str) -> Transition | None:
        return next((t for t in self.transitions if state in t.origins and t.to == to), None)

    def attending(self, state: str) -> bool | None:
        """All that a summary says of a state; null for tracks of which it says nothing."""
        said = any(one.attends for one in self.states.values())
        return self.states[state].attends if said else None


@dataclass(frozen=True)
class Gate:
    """Milestones that a jurisdiction or pathway asks for beyond those of the track itself."""

    track: str
    origin: str
    to: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class Milestone(Classed):
    code: str
    title: Title
    meaning: Title
    record_class: str
    child_record_class: str
    by: tuple[str, ...]  # roles that may state it by hand; none: only the record behind it does


@dataclass(frozen=True)
class AlertKind:
    code: str
    title: Title  # all that an alert ever says
    record_class: str
    discipline: str  # the role that must act
    acknowledge: Span
    escalate_to: str
    starts: str | None  # the event that it is, for timers


@dataclass(frozen=True)
class SpecialRule:
    code: str
    title: Title


@dataclass(frozen=True)
class Decision:
    """Who decides that a person is on a pathway, and what must be written down."""

    body: str
    title: Title
    roles: tuple[str, ...]  # who may record the decision
    members: int  # the fewest people who may sit
    reason: bool


@dataclass(frozen=True)
class Pathway:
    code: str
    version: int
    digest: str
    title: Title
    who: Who
    opens: tuple[str, ...]
    offers: tuple[str, ...]  # voluntary tracks, opened as an offer
    forbids: tuple[str, ...]
    overlays: tuple[str, ...]  # an overlay needs one of these beside it
    coexists: tuple[str, ...]
    rules: tuple[str, ...]
    needs_macr: bool
    counted: bool  # as a returnee, in statistics
    decision: Decision
    gates: tuple[Gate, ...]

    @property
    def overlay(self) -> bool:
        return bool(self.overlays)


@dataclass(frozen=True)
class Phase:
    code: str
    title: Title
    begins: bool  # a case may be opened in it
    ends: bool


@dataclass(frozen=True)
class ChecklistItem:
    code: str
    title: Title
    who: Who
    except_for: tuple[str, ...]  # closure reasons that make it pointless
    milestone: str | None  # met once this was reached
    nothing_open: str | None  # met while no record of this kind is open
    or_reason: bool  # met, too, by a reason why it is not so


@dataclass(frozen=True)
class Intake:
    """The tracks that a case begins with, and the state in which who has arrived begins."""

    adult: tuple[str, ...]
    child: tuple[str, ...]
    at: Mapping[str, str]


@dataclass(frozen=True)
class Phases:
    """The programme phases, a roll-up that a named person decides, and how a case closes."""

    version: int
    digest: str
    phases: Mapping[str, Phase]
    transitions: tuple[Transition, ...]
    closure_reasons: Mapping[str, Title]
    checklist: tuple[ChecklistItem, ...]
    intake: Intake

    def find(self, phase: str, to: str) -> Transition | None:
        return next((t for t in self.transitions if phase in t.origins and t.to == to), None)
