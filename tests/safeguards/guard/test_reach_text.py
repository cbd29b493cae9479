"""What glass, covers and agreements reach, and whose events are told, word for word as SQL."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Boolean, Text, literal, literal_column, select
from sqlalchemy import column as plain_column

from app.casework.assessments.licence_models import LicenceAttestation, TextPack
from app.casework.assessments.models import Assessment
from app.casework.break_glass.models import BrokenGlass, breaks_glass, glass_broken
from app.casework.consents.models import flowing
from app.casework.judgements.models import Judgement
from app.casework.notes.models import Note
from app.core.db import table
from app.registry.cases import reach
from app.registry.cases.models import TOLD_WITH, Case, CaseRecord
from app.registry.cases.reach import (
    RELATIONS,
    events_within,
    overseen,
    records_within,
    stood_in_for,
)
from app.registry.cases.track_models import Track
from app.registry.certificates.models import Certificate
from app.registry.covers.models import covered_by, covers_of
from app.registry.erasures import models as erasures
from app.registry.erasures.models import Erasure, erasures_within
from app.registry.notices import models as notices
from app.registry.notices.models import Notice, notices_within
from app.registry.people.models import within_persons
from app.registry.staff.models import User
from app.safeguards.access.policy import Reach
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.protected import RARE, RULES, Sight, protected_kinds, rule_of

WHO = somebody("auditor")
FILE: Any = literal_column("this_file")
A_CASE = "EXISTS (SELECT 1 AS anon_1 FROM cases AS this_case WHERE this_case.id = this_file)"


def said(clause: Any) -> str:
    """With the values that are not each run's own."""
    made = clause.compile()
    text = " ".join(str(made).split())
    for name, value in made.params.items():
        if value is not None:
            text = text.replace(f":{name}", str(value) if isinstance(value, int) else f"'{value}'")
    return text


def word(text: str) -> Any:
    return literal_column(text, Boolean())


# --- what is its author's, its holder's or everybody's --------------------------------------------


@pytest.mark.parametrize("kind", [Assessment, Judgement])
def test_a_draft_is_its_authors_and_else_it_is_as_all_records_of_the_case(kind: Any) -> None:
    rows, sight = table(kind), Sight(WHO, Reach.TEAM, NOW, None)
    theirs = f"({rows.name}.status != 'draft' OR {rows.name}.author_id = :caller)"
    assert said(rule_of(kind)(rows, sight)) == f"{theirs} AND {said(records_within(rows, sight))}"


@pytest.mark.parametrize("reach", [Reach.SELF, Reach.UNIT])
def test_a_certificate_is_within_reach_with_who_holds_it(reach: Reach) -> None:
    sight, users = Sight(WHO, reach, NOW, None), table(User).alias()
    holders = said(select(users.c.id).where(rule_of(User)(users, sight)))
    assert "WHERE" in holders
    certificates = said(rule_of(Certificate)(table(Certificate), sight))
    assert certificates == f"certificates.user_id IN ({holders})"


@pytest.mark.parametrize("kind", [LicenceAttestation, TextPack])
def test_what_is_the_deployments_is_of_any_place_and_of_no_other(kind: Any) -> None:
    found = {one: said(rule_of(kind)(table(kind), Sight(WHO, one, NOW, None))) for one in Reach}
    assert found == {**dict.fromkeys(Reach, "false"), Reach.ANY: "true"}


def test_an_entry_of_the_childs_docket_is_for_prosecutors_who_are_specialised() -> None:
    case_id: Any = literal_column("case_id")
    clause = RELATIONS[Reach.DOCKET](case_id, Sight(WHO, Reach.DOCKET, NOW, None))
    assert said(clause) == (
        "case_id IN (SELECT DISTINCT docket.case_id FROM docket_entries AS docket"
        " WHERE docket.user_id = :caller AND docket.role = 'auditor'"
        " AND docket.jurisdiction = :jurisdiction AND docket.since <= :today"
        " AND (docket.until IS NULL OR docket.until > :today)"
        " AND (docket.record_class != 'child_docket' OR docket.role != 'prosecutor'"
        " OR docket.juvenile))"
    )


def test_what_is_nobodys_in_particular_is_the_whole_teams() -> None:
    """All else is its author's, also where its table goes by another name."""
    sight = Sight(WHO, Reach.OWN, NOW, None)
    there = {one: said(RELATIONS[Reach.TEAM](table(one).c.case_id, sight)) for one in (Track, Note)}
    assert said(records_within(table(Track), sight)) == there[Track]
    theirs = "notes.author_id = :caller"
    assert said(records_within(table(Note), sight)) == f"{theirs} AND {there[Note]}"
    other_name = table(Track).alias("those")
    assert said(records_within(other_name, sight)).startswith("false")


# --- on the team of some cases for one track ------------------------------------------------------

HERE = (
    "{0}.role = 'auditor' AND {0}.jurisdiction = :jurisdiction"
    " AND {0}.since <= :today AND ({0}.until IS NULL OR {0}.until > :today)"
)


def test_who_has_nothing_rare_is_on_whole_cases() -> None:
    """Each once, so that a page walks the index; the class of a row is not asked."""
    case_id: Any = literal_column("case_id")
    row: Any = literal_column("of")
    for of in (None, row):
        clause = RELATIONS[Reach.TEAM](case_id, Sight(WHO, Reach.TEAM, NOW, of, usual=True))
        assert said(clause) == (
            "case_id IN (SELECT DISTINCT team.case_id FROM team_members AS team"
            f" WHERE team.user_id = :caller AND team.track IS NULL AND {HERE.format('team')})"
        )


def test_to_be_on_one_track_is_rare() -> None:
    assert said(reach.on_one_track(WHO, NOW)) == (
        "EXISTS (SELECT 1 AS anon_1 FROM team_members AS some_membership"
        " WHERE some_membership.user_id = :caller AND some_membership.track IS NOT NULL"
        " AND some_membership.since <= :today"
        " AND (some_membership.until IS NULL OR some_membership.until > :today))"
    )
    assert reach.on_one_track in RARE


def test_of_a_row_its_class_decides_which_places_on_the_team_open_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "strands", lambda: {"AAA": frozenset("ba"), "CCC": frozenset("c")})
    monkeypatch.setattr(reach, "of_tracks", lambda: frozenset("cba"))
    monkeypatch.setattr(reach, "in_whose_place", lambda _: select(literal_column("us")))
    case_id: Any = literal_column("case_id")

    def asked(of: Any) -> str:
        clause = RELATIONS[Reach.TEAM](case_id, Sight(WHO, Reach.TEAM, NOW, of))
        text = " ".join(str(clause.compile(compile_kwargs={"render_postcompile": True})).split())
        for name, value in clause.compile(
            compile_kwargs={"render_postcompile": True}
        ).params.items():
            text = text.replace(f":{name}", f"'{value}'") if value is not None else text
        barred = " FROM file_bars AS their_bars WHERE their_bars.file_id = team.case_id"
        return text.replace(barred, " FROM bars")

    mine = (
        "SELECT team.case_id FROM team_members AS team WHERE team.user_id IN (SELECT us)"
        f" AND {HERE.format('team')} AND (team.user_id = :caller OR NOT (EXISTS (SELECT '1' AS"
        " anon_1 FROM bars AND their_bars.user_id = team.user_id)))"
    )
    assert asked(None) == f"case_id IN ({mine})"
    assert asked(literal_column("of")) == (
        f"case_id IN ({mine} AND team.track IS NULL)"
        f" OR (of NOT IN ('*', 'a', 'b', 'c')) AND case_id IN ({mine})"
        f" OR of IN ('a', 'b') AND case_id IN ({mine} AND team.track = 'AAA')"
        f" OR of IN ('c') AND case_id IN ({mine} AND team.track = 'CCC')"
    )


# --- what is held by name -------------------------------------------------------------------------


def test_glass_is_held_by_who_broke_it_until_it_is_over() -> None:
    assert said(glass_broken(FILE, WHO, NOW)) == (
        "SELECT held_glass.id, CAST(NULL AS CHAR(32)) AS behalf FROM broken_glass AS held_glass"
        " WHERE held_glass.author_id = :caller AND held_glass.role = 'auditor'"
        " AND held_glass.case_jurisdiction = :jurisdiction AND held_glass.case_id = this_file"
        " AND held_glass.until > :at AND held_glass.ended_at IS NULL"
    )


def test_ones_own_glass_is_read_as_who_broke_it_and_that_of_others_as_all_of_the_case() -> None:
    rows, rule = table(BrokenGlass), rule_of(BrokenGlass)
    assert said(rule(rows, Sight(WHO, Reach.SELF, NOW, None))) == (
        "broken_glass.author_id = :caller AND broken_glass.role = 'auditor'"
        " AND broken_glass.case_jurisdiction = :jurisdiction"
    )
    of_the_unit = Sight(WHO, Reach.UNIT, NOW, None)
    assert said(rule(rows, of_the_unit)) == said(records_within(rows, of_the_unit))


def test_who_has_glass_open_anywhere_has_something_rare() -> None:
    assert said(breaks_glass(WHO, NOW)) == (
        "EXISTS (SELECT 1 AS anon_1 FROM broken_glass AS some_glass"
        " WHERE some_glass.author_id = :caller AND some_glass.until > :at"
        " AND some_glass.ended_at IS NULL)"
    )
    assert breaks_glass in RARE


COVERS = (
    " FROM covers AS cover JOIN users AS grantor ON grantor.id = cover.grantor_id"
    " JOIN units AS grantor_unit ON grantor_unit.id = grantor.unit_id"
    " WHERE cover.holder_id = :caller AND cover.status = 'in_force' AND cover.role = 'auditor'"
    " AND cover.jurisdiction = :jurisdiction AND cover.since <= :today AND cover.until >= :today"
    " AND grantor.disabled_at IS NULL AND grantor.role = cover.role"
    " AND grantor_unit.jurisdiction = cover.jurisdiction"
)


def test_a_cover_is_good_while_its_grantor_is_what_they_were() -> None:
    assert said(covers_of(WHO, NOW, "id", "role")) == f"SELECT cover.id, cover.role{COVERS}"
    assert said(covered_by(WHO, NOW)) == f"SELECT cover.grantor_id{COVERS}"


def test_on_a_case_a_cover_is_held_for_who_is_on_its_team() -> None:
    assert said(stood_in_for(FILE, WHO, NOW)) == (
        "SELECT held_covers.id, held_covers.grantor_id FROM"
        f" (SELECT cover.id AS id, cover.grantor_id AS grantor_id{COVERS}) AS held_covers"
        f" WHERE NOT ({A_CASE}) OR (EXISTS (SELECT 1 AS anon_2 FROM team_members"
        " WHERE team_members.case_id = this_file"
        " AND team_members.user_id = held_covers.grantor_id AND team_members.since <= :today"
        " AND (team_members.until IS NULL OR team_members.until > :today)))"
    )


def agreed(name: str, more: str = "") -> str:
    return (
        f"{name}.client_id = :caller AND {name}.jurisdiction = :jurisdiction"
        f" AND {name}.status = 'in_force' AND {name}.direction != 'in'"
        f" AND {name}.since <= :today AND {name}.until > :today{more}"
    )


def given(name: str) -> str:
    return (
        f"{name}.status = 'given' AND {name}.given_on <= :today"
        f" AND ({name}.expires_on IS NULL OR {name}.expires_on > :today)"
    )


def test_an_agreement_is_held_for_a_case_that_has_a_basis_for_it() -> None:
    assert said(flowing(FILE, WHO, NOW)) == (
        "SELECT held_agreement.id, CAST(NULL AS CHAR(32)) AS behalf"
        f" FROM agreements AS held_agreement WHERE {agreed('held_agreement')}"
        " AND (this_file IS NULL OR (EXISTS (SELECT 1 AS anon_1 FROM consents AS held_basis"
        " WHERE held_basis.agreement_id = held_agreement.id AND held_basis.case_id IN"
        " (SELECT held_case.id FROM cases AS held_case"
        " WHERE held_case.id = this_file OR held_case.person_id = this_file)"
        f" AND {given('held_basis')})))"
    )


@pytest.mark.parametrize("of_row", [False, True])
def test_an_agreement_opens_what_it_names_of_cases_with_a_basis(of_row: bool) -> None:
    case_id: Any = literal_column("case_id")
    named: Any = plain_column("its_class", Text()) if of_row else None
    rule = RELATIONS[Reach.AGREEMENT]
    clause = said(rule(case_id, Sight(WHO, Reach.AGREEMENT, NOW, named)))
    shared = " AND agreed.shared LIKE ('%|' || its_class || '.%')" if of_row else ""
    mine = (
        "(SELECT basis.case_id FROM consents AS basis JOIN agreements AS agreed"
        f" ON agreed.id = basis.agreement_id WHERE {agreed('agreed', shared)}"
        f" AND {given('basis')}"
    )
    asked = f"EXISTS {mine} AND basis.case_id = case_id)" if of_row else f"case_id IN {mine})"
    assert clause == asked


def test_a_notice_is_ones_own_and_on_no_case_that_is_closed_to_its_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def barred(file_id: Any, caller: Any) -> Any:
        assert caller is WHO
        return word(f"barred({file_id})")

    monkeypatch.setattr(notices, "barred", barred)
    rows = table(Notice)
    assert said(notices_within(rows, Sight(WHO, Reach.SELF, NOW))) == (
        "notices.user_id = :caller AND NOT barred(notices.case_id)"
        " AND NOT barred(notices.on_case_id)"
    )
    for other in (Reach.ANY, Reach.TEAM):
        assert said(notices_within(rows, Sight(WHO, other, NOW))) == "false"


def test_decisions_to_erase_are_those_of_the_jurisdiction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def barred(file: Any, caller: Any, *, sealed: bool = False) -> Any:
        assert (caller, sealed) == (WHO, True)
        return word(f"barred({file})")

    monkeypatch.setattr(erasures, "barred", barred)
    rows = table(Erasure)
    own = "erasures.jurisdiction = :jurisdiction AND NOT barred(erasures.person_id)"
    for of, clause in (
        (Reach.JURISDICTION, own),
        *((Reach.ANY, "false"), (Reach.UNIT, "false")),
    ):
        assert said(erasures_within(rows, Sight(WHO, of, NOW))) == clause


# --- whose events are told ------------------------------------------------------------------------

EVENTS = table(AuditEvent)


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of others in their own words."""

    def barred(file_id: Any, caller: Any) -> Any:
        assert caller is WHO
        return word(f"barred({file_id.name})")

    def knowingly(events: Any, role: str) -> Any:
        assert (events, role) == (EVENTS, "auditor")
        return word("knowingly")

    def read(events: Any, sight: Any) -> Any:
        assert (events, sight.caller) == (EVENTS, WHO)
        return word(f"read({sight.reach.value})")

    def cases(rows: Any, sight: Any) -> Any:
        assert (rows.element, sight.caller) == (table(Case), WHO)
        return word(f"within({sight.reach.value})")

    def opened(events: Any, caller: Any) -> Any:
        assert (events, caller) == (EVENTS, WHO)
        return word("open")

    for name, rule in (
        *(("barred", barred), ("done_knowingly", knowingly), ("of_records_read", read)),
        *(("cases_within", cases), ("OPENNESS", [opened])),
    ):
        monkeypatch.setattr(reach, name, rule)


OPEN = "NOT barred(file_id) AND NOT barred(record_id) AND open"
ASKED = "(audit_events.code IN (__[POSTCOMPILE_code_1]) OR NOT barred(asked_id))"


def told(of: Reach, brief: bool = False) -> str:
    return said(events_within(EVENTS, Sight(WHO, of, NOW), brief))


@pytest.mark.usefixtures("plainly")
def test_who_reaches_all_is_told_all_and_who_reaches_no_events_none() -> None:
    assert told(Reach.ANY) == "true"
    assert told(Reach.TEAM) == "false"


@pytest.mark.usefixtures("plainly")
def test_one_is_told_what_one_did_knowingly_on_files_that_are_open() -> None:
    assert (
        told(Reach.SELF) == f"audit_events.actor_id = :caller AND {OPEN} AND {ASKED} AND knowingly"
    )
    made: Any = events_within(EVENTS, Sight(WHO, Reach.SELF, NOW), False)
    codes = ("not-found", "unauthenticated", "password-change-required")
    assert made.compile().params["code_1"] == [*codes]


@pytest.mark.usefixtures("plainly")
def test_of_a_jurisdiction_is_told_what_its_staff_did_and_what_was_done_with_its_cases() -> None:
    def own(name: str, number: int) -> str:
        return (
            f"(EXISTS (SELECT 1 AS anon_{number} FROM cases WHERE cases.id = audit_events.{name}"
            " AND cases.jurisdiction = :jurisdiction))"
        )

    # Beside the trail, which is what each of them is asked of.
    clause = told(Reach.JURISDICTION).replace("FROM cases, audit_events", "FROM cases")
    assert clause == (
        "(audit_events.actor_id IS NULL AND audit_events.file_id IS NULL"
        " OR audit_events.actor_id IN (SELECT users.id FROM users WHERE users.unit_id IN"
        " (SELECT units.id FROM units WHERE units.jurisdiction = :jurisdiction))"
        f" OR {own('file_id', 1)} OR {own('asked_id', 2)} AND NOT barred(asked_id))"
        f" AND {OPEN} AND {ASKED}"
    )


@pytest.mark.usefixtures("plainly")
def test_who_leads_is_told_what_was_written_and_who_on_the_team_opened_the_case() -> None:
    written = "audit_events.outcome = 'written' AND read(unit)"
    clause = said(overseen(EVENTS, Sight(WHO, Reach.UNIT, NOW)))
    assert clause.replace("FROM team_members AS team_members_1, audit_events", "FROM team") == (
        "audit_events.file_id IN (SELECT cases_1.id FROM cases AS cases_1 WHERE within(unit))"
        f" AND ({written} OR audit_events.outcome = 'read' AND audit_events.action = 'case.read'"
        " AND (EXISTS (SELECT 1 AS anon_1 FROM team WHERE"
        " team_members_1.case_id = audit_events.file_id"
        " AND team_members_1.user_id = audit_events.actor_id)))"
    )
    assert told(Reach.UNIT, brief=True) == f"{clause} AND {OPEN}"


@pytest.mark.usefixtures("plainly")
def test_who_runs_the_system_is_told_of_sign_ins_and_settings() -> None:
    made = overseen(EVENTS, Sight(WHO, Reach.ANY, NOW))
    assert said(made) == (
        "audit_events.outcome = 'written' AND read(any)"
        " OR audit_events.action IN (__[POSTCOMPILE_action_1])"
    )
    actions = ["token.issue", "token.revoke", "configuration.start"]
    assert made.compile().params["action_1"] == actions


def test_a_row_with_columns_of_a_track_is_reached_as_what_is_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the team; who reaches it by another way is of no track."""
    seen = list[Sight]()

    def relation(_: Any, sight: Sight) -> Any:
        seen.append(sight)
        return word("is_there")

    (rows,) = (table(one) for one in protected_kinds(CaseRecord) if TOLD_WITH in table(one).info)
    for by in (Reach.TEAM, Reach.LINE):
        monkeypatch.setitem(RELATIONS, by, relation)
        for one in (rows, rows.alias(), table(Track)):
            records_within(one, Sight(WHO, by, NOW, plain_column("of_the_row")))
    of = "of_the_row"
    assert [said(one.record_class) for one in seen] == [f"'{rows.info[TOLD_WITH]}'", *[of] * 5]
    assert [one.reach for one in seen] == [Reach.TEAM] * 3 + [Reach.LINE] * 3


# --- people ---------------------------------------------------------------------------------------

PERSON: Any = literal_column("this_person")


def shut(file: str, name: str) -> str:
    bars = f"file_bars AS bars WHERE bars.file_id = {file} AND (bars.user_id = :caller OR "
    everybody = "bars.user_id = '00000000-0000-0000-0000-000000000000')"
    return f"NOT (EXISTS (SELECT 1 AS {name} FROM {bars}{everybody}))"


THROUGH_CASES = (
    'this_person IN (SELECT "case".person_id FROM cases AS "case" WHERE the_case_is_reached AND '
    + shut('"case".id', "anon_1")
    + ")"
)


def without_a_case(also: str) -> str:
    none = "NOT (EXISTS (SELECT any_case.id FROM cases AS any_case WHERE any_case.person_id = "
    of_the_unit = "person.unit_id = :unit AND "
    found = f"SELECT person.id FROM persons AS person WHERE {of_the_unit}{also}{none}person.id))"
    return f"this_person IN ({found})"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Sight]]:
    """What the rule of cases is asked of: which rows, and by whose sight."""
    found = list[tuple[str, Sight]]()

    def rule(rows: Any, sight: Sight) -> Any:
        found.append((rows.name, sight))
        return word("the_case_is_reached")

    monkeypatch.setitem(RULES, Case, rule)
    return found


@pytest.mark.parametrize(
    ("reach", "also"),
    [
        (Reach.TEAM, "person.registered_by = :caller AND "),
        (Reach.LINE, "person.registered_by = :caller AND "),
        (Reach.UNIT, ""),
        (Reach.JURISDICTION, ""),
    ],
)
def test_who_has_no_case_is_reached_by_who_registered_them_or_leads_there(
    asked: list[tuple[str, Sight]], reach: Reach, also: str
) -> None:
    made = said(within_persons(PERSON, Sight(WHO, reach, NOW)))
    either = f"({THROUGH_CASES} OR {without_a_case(also)})"
    assert made == f"{either} AND {shut('this_person', 'anon_2')}"
    assert asked == [("case", Sight(WHO, reach, NOW))]


def test_who_is_of_no_unit_reaches_people_through_their_cases_alone(
    asked: list[tuple[str, Sight]],
) -> None:
    nowhere = replace(WHO, unit_id=None)
    made = said(within_persons(PERSON, Sight(nowhere, Reach.UNIT, NOW)))
    assert made == f"{THROUGH_CASES} AND {shut('this_person', 'anon_2')}"
    assert said(within_persons(PERSON, Sight(nowhere, Reach.SELF, NOW))) == "false"


def test_what_says_its_class_row_by_row_is_of_no_track(asked: list[tuple[str, Sight]]) -> None:
    classes: list[Any] = [None, plain_column("record_class"), literal("family")]
    for of in classes:
        for by in (Reach.TEAM, Reach.UNIT):
            within_persons(PERSON, Sight(WHO, by, NOW, of))
    told = [sight.record_class for _, sight in asked]
    assert told == [None, None, None, classes[1], classes[2], classes[2]]
