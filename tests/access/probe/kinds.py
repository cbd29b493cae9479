"""A record of each class without a kind of its own: its table, schemas, routes and policy.

Importing this makes them part of the application, so it is done in a process of its own.
"""
# The annotations of the handlers are made, for each kind.
# mypy: disable-error-code="valid-type,no-any-return"

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app import main
from app.core.paging import Paged
from app.registry.cases.models import CaseRecord
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import In, Out, Page, Shown, Summary
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.vault.sealed import sealed
from tests.access.cells.rights import RIGHTS

NAMES = ("referral", "conference", "statistics")
RIGHTS_OF_VERBS = {"read": "R", "add": "C", "amend": "U", "approve": "A"}


def shown_in_summary(name: str) -> list[str]:
    return [role for role, ways in RIGHTS[name].items() if "S" in "".join(ways.values())]


for _name in NAMES:
    cast(Any, POLICY.records)[f"probe_{_name}"] = frozenset({_name})
    cast(Any, POLICY.summaries)[f"probe_{_name}"] = {_name: frozenset(shown_in_summary(_name))}
    for _verb, _right in RIGHTS_OF_VERBS.items():
        cast(Any, POLICY.verbs)[f"probe_{_name}.{_verb}"] = _right


class Probe(CaseRecord):
    __abstract__ = True

    text: Mapped[str] = sealed()
    seen: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class ReferralProbe(Probe):
    __tablename__ = "probes_of_referral"
    record: ClassVar[str] = "probe_referral"
    record_class: ClassVar[str | None] = "referral"


class ConferenceProbe(Probe):
    __tablename__ = "probes_of_conference"
    record: ClassVar[str] = "probe_conference"
    record_class: ClassVar[str | None] = "conference"


class StatisticsProbe(Probe):
    __tablename__ = "probes_of_statistics"
    record: ClassVar[str] = "probe_statistics"
    record_class: ClassVar[str | None] = "statistics"


class ProbeIn(In):
    id: UUID | None = None
    text: str


class ProbeOut(Out):
    text: str
    seen: int
    author_id: UUID


class ReferralSummary(Summary):
    of: ClassVar = ReferralProbe
    seen: int


class ReferralOut(ProbeOut):
    of: ClassVar = ReferralProbe
    order: ClassVar = ("id",)
    summary: ClassVar = ReferralSummary


class ConferenceOut(ProbeOut):
    of: ClassVar = ConferenceProbe
    order: ClassVar = ("id",)


class StatisticsSummary(Summary):
    of: ClassVar = StatisticsProbe
    seen: int


class StatisticsOut(ProbeOut):
    of: ClassVar = StatisticsProbe
    order: ClassVar = ("id",)
    summary: ClassVar = StatisticsSummary


def router_of(name: str, kind: type[Probe], out: Any) -> GuardedRouter:
    """Each right has its route."""
    router = GuardedRouter(prefix=f"/cases/{{case_id}}/probes-of-{name}", tags=["probe"])

    def work_for(verb: str) -> Any:
        return Annotated[UnitOfWork, OnCase(f"probe_{name}.{verb}")]

    def add(given: ProbeIn, work: work_for("add")) -> Shown[out]:
        return work.show(out, work.add(kind, **given.model_dump(), author_id=work.actor.id))

    def listed(work: work_for("read"), page: Paged) -> Shown[Page[out]]:
        return work.page(out, page)

    def one(probe_id: UUID, work: work_for("read")) -> Shown[out]:
        return work.read(out, probe_id)

    def amend(probe_id: UUID, given: ProbeIn, work: work_for("amend")) -> Shown[out]:
        return work.show(out, work.change(kind, probe_id, text=given.text))

    def approve(probe_id: UUID, given: ProbeIn, work: work_for("approve")) -> Shown[out]:
        return work.show(out, work.change(kind, probe_id, seen=1))

    declare: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (router.post("", status_code=201), add),
        (router.get(""), listed),
        (router.get("/{probe_id}"), one),
        (router.post("/{probe_id}/amend"), amend),
        (router.post("/{probe_id}/approve"), approve),
    ]
    for route, handler in declare:
        handler.__name__ = f"{handler.__name__}_probe_of_{name}"
        route(handler)
    return router


cast(Any, main).ROUTERS += (
    router_of("referral", ReferralProbe, ReferralOut),
    router_of("conference", ConferenceProbe, ConferenceOut),
    router_of("statistics", StatisticsProbe, StatisticsOut),
)
