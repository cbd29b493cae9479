from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, computed_field

from app.casework.alerts.models import Alert
from app.registry.pathways.catalogue import catalogue
from app.registry.staff.schemas import Role
from app.safeguards.guard.shown import In, Out

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(catalogue().alerts)]  # practice is data: which kinds there are, too
Status = Literal["open", "acknowledged", "closed"]
Outcome = Literal["dealt_with", "handed_over", "false_alarm"]


class AlertIn(In):
    """No text: what is behind an alert is said where it belongs, never here."""

    id: UUID | None = None
    kind: Kind
    assignee_id: UUID | None = None


class AlertEscalationIn(In):
    to: Annotated[
        Role | None, Field(description="a role; that of the alert's kind, if left out")
    ] = None


class AlertClosureIn(In):
    outcome: Outcome


class AlertOut(Out):
    of: ClassVar = Alert
    order: ClassVar = ("due_at", "id")

    case_id: UUID
    kind: str
    discipline: str
    assignee_id: UUID | None
    status: Status
    raised_by: UUID
    due_at: datetime
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    escalated_to: str | None
    escalated_by: UUID | None
    escalated_at: datetime | None
    closed_by: UUID | None
    closed_at: datetime | None
    outcome: Outcome | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def text(self) -> str:
        """All that an alert says."""
        return catalogue().alerts[self.kind].title.say("en")
