from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.households.models import Household, HouseholdMember
from app.safeguards.guard.shown import Children, Day, In, Out, Summary, words

Reason = Annotated[str, words(3, 2000)]
# What somebody is in the household: of its head, where the source says it.
Part = Literal[
    "head",
    "spouse",
    "parent",
    "child",
    "step_child",
    "sibling",
    "grandparent",
    "grandchild",
    "guardian",
    "ward",
    "other_relative",
    "unrelated",
    "member",
]


class MemberIn(In):
    person_id: UUID
    part: Part = "member"
    since: Day | None = None
    reason: Reason = "lived together when the household was recorded"


class HouseholdIn(In):
    """Formed by at least one person, through whom it is seen."""

    id: UUID | None = None
    label: Annotated[str, words(1, 200)] | None = None
    formed_on: Day | None = None
    members: Annotated[list[MemberIn], Field(min_length=1, max_length=50)]


class JoinIn(MemberIn):
    id: UUID | None = None
    reason: Reason


class LeaveIn(In):
    until: Day | None = None
    reason: Reason


class MemberSummary(Summary):
    """As what somebody lived there, and when; not who."""

    of: ClassVar = HouseholdMember
    order: ClassVar = ("since", "id")

    part: str
    since: date
    until: date | None


class MemberOut(Out):
    of: ClassVar = HouseholdMember
    order: ClassVar = ("since", "id")
    summary: ClassVar = MemberSummary

    person_id: UUID
    part: str
    since: date
    until: date | None
    reason: str
    left_reason: str | None


class HouseholdSummary(Summary):
    """Who is out of reach is not in it either."""

    of: ClassVar = Household

    formed_on: date
    members: Annotated[list[MemberSummary], Children("household_id")]


class HouseholdOut(Out):
    """Members whom the caller may not see are not in the list, nor counted anywhere."""

    of: ClassVar = Household
    summary: ClassVar = HouseholdSummary

    label: str | None
    formed_on: date
    operation_id: UUID | None
    members: Annotated[list[MemberOut | MemberSummary], Children("household_id")]
