"""Each condition of each relationship alone: with all it opens, and without any it does not.

What the machine meets by chance, now and then, is done here on purpose; the same decision by hand
judges every look.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, literal, select

from app.casework.break_glass.models import BrokenGlass
from app.casework.consents.models import Consent
from app.casework.notes.models import Note
from app.casework.proceedings.models import Party
from app.casework.supervision.models import Condition
from app.core.db import table
from app.core.values import new_id
from app.registry.agreements.models import Agreement
from app.registry.agreements.models import named as as_shared
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import cases_within, records_within
from app.registry.cases.track_models import Milestone, Track
from app.registry.covers.models import Cover
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight, When
from app.safeguards.identity.caller import Caller
from tests.access.test_machine import Life

Step = Callable[[Life], None]
ME, PEER, NEAR, ABROAD, HELPER = range(5)  # ME and PEER in one unit, NEAR in another
HEALTH = "health_worker"
HERE, THERE = 0, 1  # two cases, of two countries


def do(verb: str, *given: Any, **more: Any) -> Step:
    return lambda life: getattr(life, verb)(*given, **more)


def put(kind: Any, rows: str, **values: Any) -> Step:
    """Another value in the last row of its kind, for the database and for the decision by hand."""

    def step(life: Life) -> None:
        one = getattr(life.facts, rows)[-1]
        one |= values
        life.set(kind, one, **values)

    return step


def on_day(kind: Any, rows: str, column: str, n: int) -> Step:
    return lambda life: put(kind, rows, **{column: life.day(n)})(life)


def both(*steps: Step) -> Step:
    def step(life: Life) -> None:
        for one in steps:
            one(life)

    return step


def agreed(life: Life, told: dict[str, Any], **values: Any) -> None:
    """Another term of the last agreement, as the hand has it and as the row has it."""
    one = life.facts.agreements[-1]
    one |= told
    life.set(Agreement, one, **values)


def basis(life: Life, told: dict[str, Any], **values: Any) -> None:
    one = life.facts.consents[-1]
    one |= told
    life.set(Consent, one, **values)


def broken(life: Life, told: dict[str, Any], **values: Any) -> None:
    one = life.facts.glass[-1]
    one |= told
    life.set(BrokenGlass, one, **values)


def elsewhere(kind: type[Any], kept: str, ended: Step) -> Step:
    """The last one, as it is, on another case too; what is of this one is ended."""

    def step(life: Life) -> None:
        rows, case, facts = table(kind), life.case(THERE), getattr(life.facts, kept)
        here = rows.c.id == UUID(facts[-1]["id"])
        told = life.db.execute(select(rows).where(here)).one()._mapping
        fresh = {**told, "id": new_id(), "case_id": UUID(case), **life.common}
        fresh |= life.inherited(kind, fresh)
        life.db.execute(insert(rows).values(**fresh))
        facts.insert(-1, {**facts[-1], "id": str(fresh["id"]), "case": case})
        ended(life)

    return step


def uid(life: Life, n: int) -> UUID:
    return UUID(life.staff(n))


JOIN = [do("join", ME, HERE, 0, None)]
TEAM = "psychologist", "clinical", JOIN
COVER = (
    "psychologist",
    "clinical",
    [do("join", PEER, HERE, 0, None), do("cover", ME, PEER, 0, 2, force=True)],
)
LINE = (
    "supervisor",
    "psychosocial_notes",
    [do("transfer", HERE, 1), do("join", HELPER, HERE, 0, None), do("report", HELPER, ME)],
)
NOTHING: list[Step] = []
UNIT = "centre_manager", "civil_documents", NOTHING
COUNTRY = "auditor", "justice", NOTHING
DOCKET = "prosecutor", "justice", [do("enter", ME, HERE, "docket", 0, 2, juvenile=False)]
CHILD = "prosecutor", "child_justice", [do("enter", ME, HERE, "child_docket", 0, 2, juvenile=True)]
CIVIL = "legal_officer", "civil_documents", [do("enter", ME, HERE, "civil_documents", 0, 2, True)]
SEEN_TO = "probation_officer", "justice", [do("impose", ME, HERE, "justice", 0, 2)]
AGREED = "partner", "clinical", [do("agree", ME, HERE, {"clinical"}, 0, 3, 2)]
GLASS = (
    "psychologist",
    "therapy_notes",
    [*JOIN, do("break_glass", ME, HERE, "therapy_notes", 60)],
)
OWN = "psychologist", "therapy_notes", JOIN

CLOSED = [do("seal", HERE), do("declare", ME, HERE)]
STILL_OPEN = [do("seal", THERE), do("declare", ME, THERE), do("declare", PEER, THERE)]

# A way in; what ends it, each alone; and what changes nothing.
WAYS: dict[str, tuple[tuple[str, str, list[Step]], list[Step], list[Step]]] = {
    "team": (
        TEAM,
        [
            do("leave", 0, 0),
            on_day(TeamMember, "team", "since", 1),
            put(TeamMember, "team", role=HEALTH),
            put(TeamMember, "team", jurisdiction="xb"),
            do("change_role", ME, HEALTH),
            do("move", ME, 2),
        ],
        [do("leave", 0, 1), do("move", ME, 1), do("transfer", HERE, 2), do("declare", PEER, HERE)],
    ),
    "cover": (
        COVER,
        [
            put(Cover, "covers", status="proposed"),
            put(Cover, "covers", status="ended"),
            on_day(Cover, "covers", "since", 1),
            on_day(Cover, "covers", "until", -1),
            put(Cover, "covers", role=HEALTH),
            put(Cover, "covers", jurisdiction="xb"),
            do("change_role", ME, HEALTH),
            do("change_role", PEER, HEALTH),
            do("move", ME, 2),
            do("move", PEER, 2),
            # What they were when they joined opens nothing to who is that, for they are it no more.
            both(do("change_role", PEER, HEALTH), put(Cover, "covers", role=HEALTH)),
            both(do("move", PEER, 2), put(Cover, "covers", jurisdiction="xb")),
            do("disable", PEER),
            do("declare", PEER, HERE),
            do("leave", 0, 0),
            put(TeamMember, "team", role=HEALTH),
        ],
        [
            on_day(Cover, "covers", "until", 0),
            do("declare", NEAR, HERE),
            do("disable", NEAR),
        ],
    ),
    "line": (
        LINE,
        [
            do("leave", 0, 0),
            on_day(TeamMember, "team", "since", 1),
            put(TeamMember, "team", jurisdiction="xb"),
            do("move", ME, 2),
            do("report", HELPER, NEAR),
        ],
        [
            both(do("report", HELPER, NEAR), do("report", NEAR, ME)),
            put(TeamMember, "team", role=HEALTH),
        ],
    ),
    "unit": (UNIT, [do("transfer", HERE, 1), do("move", ME, 1)], [do("join", ME, HERE, 0, None)]),
    "country": (COUNTRY, [do("transfer", HERE, 2), do("move", ME, 2)], [do("transfer", HERE, 1)]),
    "docket": (
        DOCKET,
        [
            do("strike", 0, 0),
            on_day(Party, "docket", "since", 1),
            put(Party, "docket", role="defence_lawyer"),
            put(Party, "docket", jurisdiction="xb"),
            do("change_role", ME, "defence_lawyer"),
            do("move", ME, 2),
        ],
        [do("strike", 0, 1), do("transfer", HERE, 2)],
    ),
    "child": (CHILD, [put(Party, "docket", juvenile=False), do("strike", 0, 0)], []),
    "defence": (
        ("defence_lawyer", "child_justice", CHILD[2]),
        [do("strike", 0, 0)],
        [put(Party, "docket", juvenile=False)],
    ),
    "civil": (CIVIL, [do("strike", 0, 0), put(Party, "docket", jurisdiction="xb")], []),
    "supervision": (
        SEEN_TO,
        [
            do("lift", 0, 0),
            on_day(Condition, "conditions", "since", 1),
            put(Condition, "conditions", role="supervisor"),
            put(Condition, "conditions", jurisdiction="xb"),
            do("change_role", ME, "supervisor"),
            do("move", ME, 2),
        ],
        [do("lift", 0, 1), put(Condition, "conditions", until=None)],
    ),
    "agreement": (
        AGREED,
        [
            do("withdraw", 0),
            do("end_agreement", 0),
            put(Agreement, "agreements", status="proposed"),
            put(Agreement, "agreements", jurisdiction="xb"),
            on_day(Agreement, "agreements", "since", 1),
            on_day(Agreement, "agreements", "until", 0),
            do("time_passes", 48),
            do("move", ME, 2),
            lambda life: agreed(life, {"client": life.staff(PEER)}, client_id=uid(life, PEER)),
            lambda life: agreed(life, {"classes": {"justice"}}, shared=as_shared(["justice"])),
            lambda life: agreed(life, {"status": "nothing flows out"}, direction="in"),
            lambda life: basis(life, {"on": life.day(1)}, given_on=life.day(1)),
            elsewhere(
                Consent,
                "consents",
                lambda life: basis(life, {"on": life.day(1)}, given_on=life.day(1)),
            ),
        ],
        [
            on_day(Agreement, "agreements", "until", 1),
            do("time_passes", 24),
            lambda life: basis(life, {"expires": None}, expires_on=None),
        ],
    ),
    "glass": (
        GLASS,
        [
            do("time_passes", 1),
            do("close_glass", 0),
            put(BrokenGlass, "glass", role=HEALTH),
            lambda life: broken(life, {"user": life.staff(PEER)}, author_id=uid(life, PEER)),
            lambda life: broken(life, {"class": "clinical"}, opened_class="clinical"),
            elsewhere(
                BrokenGlass,
                "glass",
                lambda life: broken(life, {"user": life.staff(PEER)}, author_id=uid(life, PEER)),
            ),
            do("leave", 0, 0),
        ],
        [],
    ),
    "own": (OWN, [do("leave", 0, 0), do("move", ME, 2)], []),
}


def looks(life: Life, way: str, name: str) -> bool:
    """Whether ME reads a note of the class in the case HERE, in each way in which it is asked."""
    me, case, here = life.staff(ME), life.case(HERE), life.at.date()
    if way == "agreement":  # of what agreements open there are no notes
        seen = by_agreement(life, me, case, name)
        assert seen is life.facts.agreed(me, {"class": name, "case": case}, here)
        return seen
    for one in life.ids["staff"]:
        for _ in range(4):  # as a page and as one record, each as it is asked and as it is mostly
            life.look(one)
    return any(
        life.facts.reads(me, note, life.at)
        for note, told in life.facts.notes.items()
        if (told["case"], told["class"]) == (case, name)
        and (way != "glass" or told["author"] != me)
        and (way != "own" or told["author"] == me)
    )


def by_agreement(life: Life, me: str, case: str, name: str) -> bool:
    told, cases = life.facts.staff[me], table(Case)
    caller = Caller(UUID(me), "", told["role"], UUID(told["unit"]), told["jurisdiction"])
    sight = Sight(caller, Reach.AGREEMENT, When(life.at, life.at.date()), literal(name))
    found = select(cases.c.id).where(cases.c.id == UUID(case), cases_within(cases, sight))
    at_the_door = found.where(cases_within(cases, replace(sight, record_class=None)))
    seen = life.db.execute(found).first() is not None
    assert not seen or life.db.execute(at_the_door).first() is not None
    return seen


@pytest.mark.turns
@pytest.mark.parametrize("way", WAYS)
def test_each_condition_counts(living: type[Life], way: str) -> None:
    (role, name, steps), ends, others = WAYS[way]
    closed = () if way == "agreement" else CLOSED  # bars stand beside it
    for step, opens in [
        (None, True),
        *((one, False) for one in (*ends, *closed)),
        *((one, True) for one in (*others, *STILL_OPEN)),
    ]:
        life = living()
        try:
            life.begin(role, "social_worker", [], [], [], [])
            for number, one in enumerate(steps, 1):
                if number == len(steps):
                    assert not looks(life, way, name), "open before it is opened"
                one(life)
            if step:
                step(life)
            place = [*ends, *closed, *others, *STILL_OPEN].index(step) if step else None
            assert looks(life, way, name) is opens, place
        finally:
            life.teardown()


def test_the_door_of_a_case(living: type[Life]) -> None:
    """By `any` it is open to everybody; by `own` to who is on the team, whatever they wrote."""
    life = living()
    try:
        life.begin("psychologist", "social_worker", [], [], [], [])
        on_team = {reach: cases_by(life, reach) for reach in (Reach.ANY, Reach.OWN, Reach.TEAM)}
        assert on_team == {Reach.ANY: {HERE, THERE}, Reach.OWN: set(), Reach.TEAM: set()}
        life.join(ME, HERE, 0, None)
        assert cases_by(life, Reach.OWN) == cases_by(life, Reach.TEAM) == {HERE}
        life.break_glass(PEER, HERE, "clinical", 60)
        assert cases_by(life, Reach.SELF) == set()
        life.break_glass(ME, THERE, "clinical", 60)
        assert cases_by(life, Reach.SELF) == set(), "in a jurisdiction that is not theirs"
        life.break_glass(ME, HERE, "clinical", 60)
        assert cases_by(life, Reach.SELF) == {HERE}, "what they did there is theirs to read"
    finally:
        life.teardown()


@pytest.mark.parametrize("reach", [Reach.DOCKET, Reach.SUPERVISION])
def test_the_door_opens_by_any_class_and_a_row_by_its_own(living: type[Life], reach: Reach) -> None:
    life = living()
    try:
        life.begin("probation_officer", "social_worker", [], [], [], [])
        assert cases_by(life, reach) == cases_by(life, reach, "justice") == set()
        if reach is Reach.DOCKET:
            life.enter(ME, HERE, "docket", 0, 2, juvenile=False)
        else:
            life.impose(ME, HERE, "justice", 0, 2)
        assert cases_by(life, reach) == cases_by(life, reach, "justice") == {HERE}
        assert cases_by(life, reach, "child_justice") == cases_by(life, reach, "plan") == set()
    finally:
        life.teardown()


def cases_by(life: Life, reach: Reach, name: str | None = None) -> set[int]:
    """Which of the two ME reaches so, for a row of this class or at the door."""
    told, cases = life.facts.staff[life.staff(ME)], table(Case)
    caller = Caller(UUID(life.staff(ME)), "", told["role"], UUID(told["unit"]), "xa")
    of = literal(name) if name else None
    sight = Sight(caller, reach, When(life.at, life.at.date()), of)
    both = [UUID(one) for one in life.ids["cases"]]
    found = select(cases.c.id).where(cases.c.id.in_(both), cases_within(cases, sight))
    return {both.index(one) for one in life.db.execute(found).scalars()}


def test_what_is_ones_own(living: type[Life]) -> None:
    """By `own`, what they wrote or what is the whole team's; by `self`, off the team, too."""
    life = living()
    try:
        life.begin("psychologist", "social_worker", [], [], [], [])
        me, case = life.staff(ME), life.case(HERE)
        on_case = {"case_id": UUID(case), "record_class": "faith_counselling"}
        track, milestone = life.row(Track, **on_case), life.row(Milestone, **on_case)
        mine = {one for one, told in life.facts.notes.items() if told["author"] == me}
        here = {one for one in mine if life.facts.notes[one]["case"] == case}
        assert here < mine < set(life.facts.notes)
        assert [own(life, kind, Reach.OWN) for kind in (Note, Track)] == [set(), set()]
        life.join(ME, HERE, 0, None)
        assert own(life, Note, Reach.OWN) == here
        assert own(life, Track, Reach.OWN) == {track}
        assert own(life, Milestone, Reach.OWN) == {milestone}
        assert own(life, Note, Reach.SELF) == mine
        assert track not in own(life, Track, Reach.SELF)
    finally:
        life.teardown()


def own(life: Life, kind: Any, reach: Reach) -> set[str]:
    """Rows of a kind that ME reaches so."""
    told, rows = life.facts.staff[life.staff(ME)], table(kind)
    caller = Caller(UUID(life.staff(ME)), "", told["role"], UUID(told["unit"]), "xa")
    sight = Sight(caller, reach, When(life.at, life.at.date()), literal("faith_counselling"))
    found = select(rows.c.id).where(records_within(rows, sight))
    return {str(one) for one in life.db.execute(found).scalars()}
