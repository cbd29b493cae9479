"""Takes a group in: tried first, without a trace but of the trying; then all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.core.errors import Conflict, FieldFault, Forbidden, Invalid
from app.core.states import wrong_state
from app.registry.cases.opening import start_case
from app.registry.cases.schemas import CaseIn
from app.registry.cases.team import lead_worker
from app.registry.households import service as households
from app.registry.operations.arrived import arrived_already, loaded_before
from app.registry.operations.arriving import Arriving, from_line, from_members
from app.registry.operations.families import Family, families_of, family_problems, part_of
from app.registry.operations.group_checks import check_groups, unborn
from app.registry.operations.lines import LineProblem
from app.registry.operations.manifest import parse
from app.registry.operations.models import Arrival, Operation
from app.registry.operations.schemas import ArrivalsIn, ManifestIn
from app.registry.people.births import possibly_minor
from app.registry.people.service import add_identifier, kin, register
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

MET_BEFORE = ("arrived-already", "file-loaded-already")
WHY, TOGETHER = "received the group", "came with the group"


@dataclass(frozen=True)
class ManifestFile:
    """A file as it was handed in, and what is to be done with it."""

    data: bytes
    filename: str
    options: ManifestIn


@dataclass(frozen=True)
class Rehearsal:
    """What would be made of a group, and all that is wrong with it."""

    operation: dict[str, Any]
    options: ArrivalsIn | ManifestIn
    arriving: Sequence[Arriving]
    problems: Sequence[LineProblem]
    families: Sequence[Family]
    lines: int
    batch: bytes | None
    as_file: bool

    @property
    def loadable(self) -> bool:
        return self.lines > 0 and not self.errors and (self.confirmed or not self.met_before)

    @property
    def errors(self) -> list[LineProblem]:
        return [found for found in self.problems if found.severity == "error"]

    @property
    def met_before(self) -> list[LineProblem]:
        return [found for found in self.problems if found.code in MET_BEFORE]

    @property
    def confirmed(self) -> bool:
        return self.options.confirm_duplicates

    def told(self) -> dict[str, Any]:
        """For the answer: counts, lines and codes, and nothing that a cell holds."""
        day = self.operation["arrives_on"]
        return {
            "dry_run": self.options.dry_run,
            "loadable": self.loadable,
            "lines": self.lines,
            "problems": [vars(found) for found in self.problems],
            "groups": [
                {
                    "lines": [one.line for one in family.members],
                    "people": len(family.members),
                    "children": sum(possibly_minor(one.birth, day) for one in family.members),
                }
                for family in self.families
            ],
            "would_create": {
                "people": self.lines,
                "cases": self.lines,
                "households": len(self.families),
            },
        }


def rehearse(work: UnitOfWork, given: ArrivalsIn | ManifestFile) -> Rehearsal:
    """Read, check and compare; writes nothing."""
    if work.actor.unit_id is None:
        raise Forbidden("a group is received by a unit, and you are in none", code="no-unit")
    options = given.options if isinstance(given, ManifestFile) else given
    if not options.dry_run:
        work.change(Operation, work.file_id)  # nothing, but whoever loads next waits for this one
    (operation,) = work.find(Operation, lambda o: o.c.id == work.file_id)
    if operation["status"] == "closed":
        allowed = ("planned", "in_transit", "received")
        raise wrong_state("the operation is closed", "closed", allowed)
    batch = None
    if isinstance(given, ManifestFile):
        manifest = parse(given.data, given.filename, operation["arrives_on"])
        source = f"manifest of {operation['code']}"
        lines, problems = len(manifest.lines), list(manifest.problems)
        sound = [line for line in manifest.lines if line.line not in manifest.wrong]
        arriving = [from_line(line, source) for line in sound]
        broken = {line.group for line in manifest.lines if line.line in manifest.wrong}
        batch = work.blind_index(f"manifest|{work.file_id}", sha256(given.data).hexdigest())
        problems += unborn(manifest.lines, work.today)
    else:
        arriving, problems = from_members(given.members)
        broken = set()
        lines = len(arriving)
        problems += check_groups(arriving, operation["arrives_on"])
        problems += unborn(arriving, work.today)
    lead_worker(work, options.lead_worker_id, "/lead_worker_id")
    families = families_of(arriving)
    problems += family_problems([one for one in families if one.label not in broken])
    if options.dry_run or not options.confirm_duplicates:
        problems += loaded_before(work, batch)
        problems += arrived_already(work, arriving)
    return Rehearsal(
        operation,
        options,
        arriving,
        sorted(problems, key=lambda found: found.line),
        families,
        lines,
        batch,
        isinstance(given, ManifestFile),
    )


def refuse(rehearsal: Rehearsal) -> None:
    told = {"problems": rehearsal.told()["problems"]}
    if rehearsal.errors or not rehearsal.lines:
        faults = [fault_of(found, rehearsal.as_file) for found in rehearsal.errors]
        raise Invalid(
            "nothing was loaded: some lines cannot be taken as they are",
            code="not-loadable",
            errors=faults,
            **told,
        )
    if rehearsal.met_before and not rehearsal.confirmed:
        faults = [fault_of(found, rehearsal.as_file) for found in rehearsal.met_before]
        raise Conflict(
            "nothing was loaded: some may have arrived already; say so with confirm_duplicates",
            code="possible-duplicates",
            errors=faults,
            **told,
        )


def fault_of(found: LineProblem, as_file: bool) -> FieldFault:
    place = f"/lines/{found.line}" if as_file else f"/members/{found.line - 1}"
    column = f"/{found.column}" if found.column else ""
    return FieldFault(place + column, found.code, found.detail)


def receive(work: UnitOfWork, given: ArrivalsIn | ManifestFile) -> list[Written]:
    return load(work, rehearse(work, given))


def load(work: UnitOfWork, rehearsal: Rehearsal) -> list[Written]:
    """All members in one transaction; no pathway is decided for a group, only for a person."""
    refuse(rehearsal)
    if rehearsal.operation["arrives_on"] > work.today:
        raise Conflict(
            "the operation arrives on a later day; nobody is received before",
            code="not-arrived",
            current=rehearsal.operation["status"],
        )
    operation, lead = rehearsal.operation, rehearsal.options.lead_worker_id
    cases, people = [], {}
    for one in rehearsal.arriving:
        person = people[one.line] = register(work, one.member, one.pointer)
        for place, number in enumerate(one.member.identifiers):
            add_identifier(work, number, person, f"{one.pointer}/identifiers/{place}")
        given = CaseIn(
            person_id=person.id,
            programme=operation["programme"],
            lead_worker_id=lead,
            opened_on=operation["arrives_on"],
        )
        case = start_case(work, person, given, WHY, operation["id"])
        record(work, rehearsal, one, person, case)
        cases.append(case)
    for family in rehearsal.families:
        settle(work, operation, family, people)
    if operation["status"] != "received":
        work.change(Operation, operation["id"], status="received")
    work.publish("operation.received", operation=work.file_id)
    return cases


def record(
    work: UnitOfWork, rehearsal: Rehearsal, one: Arriving, person: Written, case: Written
) -> Written:
    """What the list said that has no other place: nothing of it is lost."""
    written = [{"column": column, "text": text} for column, text in one.as_written]
    return work.add(
        Arrival,
        file_id=case.id,
        operation_id=rehearsal.operation["id"],
        person_id=person.id,
        line=one.line,
        batch=rehearsal.batch,
        group_label=one.group,
        relationship=one.member.relationship,
        unaccompanied=one.member.unaccompanied,
        remarks=one.member.remarks,
        as_written=written or None,
    )


def settle(
    work: UnitOfWork, operation: dict[str, Any], family: Family, people: dict[int, Written]
) -> None:
    """A household of one family, and what each is to its head."""
    since = operation["arrives_on"]
    household = households.start(work, since, family.label, operation["id"])
    for one in family.members:
        person = people[one.line].id
        households.take_in(work, household.id, person, part_of(one), since, TOGETHER)
    for one, kind, head in family.kin():
        source = one.member.birth.source or one.member.names[0].source
        person, other = people[one.line].id, people[head.line].id
        kin(work, person, other_id=other, type=kind, source=source, proof="stated")
