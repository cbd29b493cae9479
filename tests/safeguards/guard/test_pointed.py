"""Membership of a set as a question about one row: the same rows, and only where it is safe."""

from typing import Any

import pytest
from sqlalchemy import and_, not_, select

from app.core.db import table
from app.registry.cases.models import Case, TeamMember
from app.registry.staff.models import User
from app.safeguards.guard.pointed import pointed

CASES, MEMBERS, USERS = table(Case), table(TeamMember), table(User)
ON_TEAM = CASES.c.id.in_(select(MEMBERS.c.case_id))


def told(clause: Any) -> str:
    return " ".join(str(clause).split())


def test_membership_of_a_set_becomes_a_question_about_the_row() -> None:
    assert told(pointed(ON_TEAM)) == (
        "EXISTS (SELECT team_members.case_id FROM team_members, cases"
        " WHERE team_members.case_id = cases.id)"
    )


def test_what_a_set_is_joined_of_stays_joined() -> None:
    joined = select(MEMBERS.c.case_id).join(USERS, USERS.c.id == MEMBERS.c.user_id)
    assert told(pointed(CASES.c.id.in_(joined))) == (
        "EXISTS (SELECT team_members.case_id"
        " FROM team_members JOIN users ON users.id = team_members.user_id, cases"
        " WHERE team_members.case_id = cases.id)"
    )


def test_that_a_set_repeats_nothing_is_no_part_of_the_question() -> None:
    once = select(MEMBERS.c.case_id).distinct().where(MEMBERS.c.role == "x")
    again = select(MEMBERS.c.case_id).where(MEMBERS.c.role == "x")
    for members in (once, again):
        assert told(pointed(CASES.c.id.in_(members))) == (
            "EXISTS (SELECT team_members.case_id FROM team_members, cases"
            " WHERE team_members.role = :role_1 AND team_members.case_id = cases.id)"
        )


def test_only_membership_in_a_select_is_rewritten() -> None:
    for clause in (
        CASES.c.number == "1",
        CASES.c.number.in_(["1", "2"]),
        CASES.c.id.not_in(select(MEMBERS.c.case_id)),
        CASES.c.number.is_(None),
    ):
        assert told(pointed(clause)) == told(clause)


@pytest.mark.parametrize(
    "shaped",
    [
        select(MEMBERS.c.case_id).group_by(MEMBERS.c.case_id),
        select(MEMBERS.c.case_id).having(MEMBERS.c.role == "x"),
        select(MEMBERS.c.case_id).limit(1),
        select(MEMBERS.c.case_id).offset(1),
    ],
    ids=("group", "having", "limit", "offset"),
)
def test_a_set_that_counts_or_cuts_stays_one(shaped: Any) -> None:
    clause = CASES.c.id.in_(shaped)
    assert told(pointed(clause)) == told(clause)


def test_nothing_below_a_negation_is_rewritten() -> None:
    assert "EXISTS" in told(select(CASES.c.id).where(pointed(ON_TEAM)))
    neither = not_(and_(ON_TEAM, CASES.c.number == "1"))
    assert "EXISTS" not in told(select(CASES.c.id).where(pointed(neither)))
    beside = and_(neither, CASES.c.number.is_not(None), ON_TEAM)
    assert told(select(CASES.c.id).where(pointed(beside))).count("EXISTS") == 1
    same = MEMBERS.c.case_id.in_(select(MEMBERS.c.case_id))
    assert "EXISTS" not in told(select(MEMBERS.c.id).where(pointed(same)))


def test_nor_what_looks_among_the_rows_themselves_also_in_a_join() -> None:
    """There the name of the row would be that of any other, and so of all."""
    for ways in ((USERS, MEMBERS), (MEMBERS, USERS)):
        joined = ways[0].join(ways[1], USERS.c.id == MEMBERS.c.user_id)
        same = MEMBERS.c.case_id.in_(select(MEMBERS.c.case_id).select_from(joined))
        assert "EXISTS" not in told(select(MEMBERS.c.id).where(pointed(same)))


def test_what_is_below_another_sign_is_rewritten_all_the_same() -> None:
    """An order or a number's sign keeps what is null apart from what is not."""
    assert "EXISTS" in told(pointed(ON_TEAM.desc()))


def test_what_is_rewritten_looks_among_all_rows_whatever_stands_around_it() -> None:
    around = CASES.join(MEMBERS, MEMBERS.c.case_id == CASES.c.id)
    whole = told(select(CASES.c.id).select_from(around).where(pointed(ON_TEAM)))
    assert whole.count(f"FROM {MEMBERS.name}") == 1
