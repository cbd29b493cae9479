from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.safeguards.access.policy import Reach

Right = Literal["read", "create", "change", "approve", "summary"]
Reason = Literal[
    # a relationship to the case that is not there
    "jurisdiction",
    "unit",
    "line",
    "team",
    "track",  # you are on the team for another track alone
    "docket",
    "supervision",
    "agreement",  # in force with you, naming the class
    "consent",  # nor another legal basis on the case, for what an agreement with you names
    "disclosure",  # nothing of it is disclosed to you
    "self",  # it is not about you
    # what else there may be
    "only_by_disclosure",
    "break_glass_possible",
    "sealed",
    "not_for_role",  # no line of the policy gives it
    "never",  # no line of the policy ever will
]


class GrantOut(BaseModel):
    """`holds`: whether the relationship is there; null where no case was named."""

    reach: Reach
    rights: list[Right]
    holds: bool | None


class RefusedOut(BaseModel):
    right: Right
    reasons: list[Reason]


class ClassOut(BaseModel):
    record_class: str
    may: list[Right]
    refused: list[RefusedOut]
    grants: list[GrantOut]


class ActionOut(BaseModel):
    """An action reaches the case by any of its classes; which of them, `record_classes` says.

    `in_summary`: those of which only a summary is shown, where the answer has one.
    """

    action: str
    may: bool
    record_classes: list[str]
    in_summary: list[str]
    reasons: list[Reason]


class PermissionsOut(BaseModel):
    """Without `case_id`, `may` and `refused` are as if every relationship were there."""

    role: str
    case_id: UUID | None
    sealed: bool
    classes: list[ClassOut]
    actions: list[ActionOut]
