"""Each role has a purpose and a basis, and a file that gives a role none stops the start."""

from pathlib import Path

import pytest

from app.core.datafile import DataFileError, load
from app.safeguards.access.offices import BASES, OFFICES, PURPOSES, TABLE, read, why
from app.safeguards.access.policy import POLICY, RANK, ROLES

UNSAID = {"purpose": None, "basis": None, "relation": None}


def test_each_role_has_an_office() -> None:
    assert set(OFFICES) == set(ROLES)
    assert {one.purpose for one in OFFICES.values()} == PURPOSES
    assert {one.basis for one in OFFICES.values()} == BASES
    for role in ROLES:
        for action in POLICY.verbs:
            told = why(role, action)
            reaches = (told["relation"] or "").split()
            assert set(reaches) == set(POLICY.grants(role, action))
            assert reaches == sorted(reaches, key=lambda one: RANK[one])  # type: ignore[index]


def test_why_is_the_office_and_the_relationships_that_open_the_action_widest_first() -> None:
    office = {"purpose": "oversight", "basis": "mandate"}
    assert why("supervisor", "case.read") == {**office, "relation": "unit line"}
    assert why("supervisor", "self") == {**office, "relation": "self"}
    assert why("supervisor", "no.such") == {**office, "relation": None}
    assert why("statistician", "case.read")["relation"] is None


def test_nobody_has_no_office_and_a_role_that_is_unknown_has_none() -> None:
    for action in ("case.read", "self"):
        assert why(None, action) == UNSAID
        assert why("", action) == UNSAID
    assert why("stranger", "self") == {**UNSAID, "relation": "self"}


def test_what_a_summary_opens_counts_where_the_answer_has_one() -> None:
    assert why("educator", "person.read")["relation"] is None
    assert why("educator", "person.read", summary=True)["relation"] == "team"
    assert why("educator", "person.add", summary=True) == why("educator", "person.add")


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("[auditor]", "[owner]", "[owner]", "no role is called 'owner'"),
        (
            '[auditor]\npurpose = "oversight"\n',
            "[auditor]\n",
            "[auditor]",
            "auditor: not a purpose and a basis, and nothing else",
        ),
        (
            '[auditor]\npurpose = "oversight"\n',
            '[auditor]\nwhim = "x"\npurpose = "oversight"\n',
            "[auditor]",
            "auditor: not a purpose and a basis, and nothing else",
        ),
        (
            "[social_worker]",
            "social_worker = 1\n[other]",
            "social_worker = 1",
            "social_worker: not a purpose and a basis, and nothing else",
        ),
        (
            'purpose = "statistics"',
            'purpose = "curiosity"',
            'purpose = "curiosity"',
            "statistician.purpose: none is called 'curiosity'",
        ),
        (
            'basis = "order"',
            'basis = "whim"',
            'basis = "whim"',
            "probation_officer.basis: none is called 'whim'",
        ),
        (
            '[statistician]\npurpose = "statistics"\nbasis = "mandate"\n',
            "",
            "",
            "statistician is missing: each role says why it asks",
        ),
    ],
)
def test_a_file_of_offices_with_a_fault_stops_the_start(
    tmp_path: Path, old: str, new: str, line: str, told: str
) -> None:
    text = TABLE.read_text()
    assert old in text
    file = tmp_path / "offices.toml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(DataFileError) as fault:
        read(load(file))
    assert fault.value.fault == told
    lines = file.read_text().splitlines()
    assert fault.value.line == (lines.index(line) + 1 if line else 1)
