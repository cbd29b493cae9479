"""Who is told of what was found, and as how much of it; nothing is written."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from app.registry.readings.judging import Finding, Judge
from app.registry.readings.people import KNOWN, on_team, opened_by, seen_by
from app.safeguards.access.policy import POLICY


@dataclass(frozen=True)
class Telling:
    """To one person. `on_case_id` says which case; `case_id`, where they may know of it."""

    user_id: UUID
    rule: str
    reader: UUID
    night: date
    on_case_id: UUID | None
    first: datetime
    last: datetime
    count: int
    case_id: UUID | None = None


def addressed(judge: Judge, findings: list[Finding]) -> list[Telling]:
    """To the reader and their superiors; to who leads the case and theirs, where a team may know.

    That somebody reads by a mandate, a condition or an agreement tells that there is one: then
    only those are told who lead the reader.
    """
    cases = {one for finding in findings for one in finding.cases}
    leads = {one: judge.cases[one].lead_worker_id for one in cases}
    judge.staff.find(leads.values())
    made = [
        telling
        for finding in findings
        for telling in told_of(judge, finding, leads)
        if judge.staff.works(telling.user_id)
    ]
    return named(judge, made)


def told_of(judge: Judge, finding: Finding, leads: dict[UUID, UUID]) -> Iterator[Telling]:
    staff, own = judge.staff, finding
    readers = {own.reader} | staff.above(own.reader)
    of = (own.rule, own.reader, own.night, own.case_id, own.first, own.last)
    led: dict[UUID, int] = defaultdict(int)
    for case in known_to_team(judge, finding):
        lead = leads[case]
        if own.case_id is not None:
            readers |= {lead} | (staff.above(lead) if lead in staff.known else set())
        else:
            led[lead] += 1
    for user_id in sorted(readers):
        yield Telling(user_id, *of, own.count)
    for user_id in sorted(led.keys() - readers):
        yield Telling(user_id, *of, led[user_id])


def known_to_team(judge: Judge, finding: Finding) -> set[UUID]:
    reaches = {*KNOWN} & POLICY.grants(finding.role, "case.read").keys()
    caller = judge.staff.known[finding.reader].caller(finding.role)
    work, cases, at = judge.on.work, finding.cases, finding.last
    return opened_by(work, caller, reaches, cases, at) | on_team(work, caller, cases, at.date())


def named(judge: Judge, made: list[Telling]) -> list[Telling]:
    """With the case, for whoever may know of it now."""
    among: dict[UUID, set[UUID]] = defaultdict(set)
    for one in made:
        if one.on_case_id is not None:
            among[one.user_id].add(one.on_case_id)
    seen = {
        user_id: seen_by(judge.on.work, judge.staff.known[user_id], cases, judge.on.work.at)
        for user_id, cases in among.items()
    }
    return [
        replace(one, case_id=one.on_case_id) if one.on_case_id in seen.get(one.user_id, ()) else one
        for one in made
    ]
