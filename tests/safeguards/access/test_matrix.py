"""The rights on file are those of the field's matrix, and docs/policy.md prints them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import main
from app.safeguards.access.policy import POLICY, RIGHTS, ROLES
from app.safeguards.access.printed import SHORT, all_rights, printed
from tests.access.cells import rights
from tests.safeguards.access.field_matrix import OWN, WIDEST, matrix

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", matrix())
def test_the_file_says_what_the_matrix_says(name: str) -> None:
    for role, letters in matrix()[name].items():
        if letters == "✕":
            assert role in POLICY.never[name], f"{name} {role}"
            continue
        held = set().union(*POLICY.classes[name].get(role, {}).values())
        expected = set(letters) - set(rights.WITHHELD.get((name, role), ""))
        assert held == expected, f"{name} {role}: {held}"
        assert role not in POLICY.never[name], f"{name} {role}"


def test_each_right_is_held_by_the_relationship_of_the_matrix() -> None:
    """Class by class and role by role, also of the classes that Casework adds to the field's."""
    given, expected = (
        {
            (name, role, str(reach)): set(letters)
            for name, by_role in classes.items()
            for role, reaches in by_role.items()
            for reach, letters in reaches.items()
        }
        for classes in (POLICY.classes, rights.RIGHTS)
    )
    differ = [one for one in given.keys() | expected.keys() if given.get(one) != expected.get(one)]
    assert not differ, "\n".join(
        f"{one}: {given.get(one)}, not {expected.get(one)}" for one in sorted(differ)
    )


def test_nobody_reaches_wider_than_the_matrix_lets_them() -> None:
    order = ["jurisdiction", "unit", "line", "team", "docket", "supervision", "agreement"]
    for name, by_role in matrix().items():
        for role in by_role:
            reaches = set(POLICY.classes[name].get(role, {}))
            if (name, role) in OWN:
                ways = {
                    one for one, held in POLICY.classes[name].get(role, {}).items() if held != "B"
                }
                assert ways <= {OWN[name, role]}, f"{name} {role}: {ways}"
                continue
            widest = order.index(WIDEST.get(role, "team"))
            wider = {*order[:widest], "any"} & reaches
            if (name, role) == ("protection", "social_worker"):  # B alone, for life and safety
                assert POLICY.classes[name][role]["unit"] == "B"  # type: ignore[index]
                continue
            if (name, role) == ("audit", "administrator"):
                continue
            assert not wider, f"{name} {role}: {wider}"


def stated() -> set[tuple[str, str]]:
    """The cells that decision 145 names: `class`, `class`: role, role."""
    kept = (ROOT / "docs" / "decisions.md").read_text()
    (text,) = re.findall(r"^145\. .*\n((?: {4}- .*\n)+)", kept, re.MULTILINE)
    found = set()
    for names, roles in re.findall(r"((?:`[a-z_]+`(?:, )?)+): ((?:[a-z_]+(?:, )?)+)", text):
        for name in re.findall("[a-z_]+", names):
            found |= {(name, role) for role in re.findall("[a-z_]+", roles) if role in ROLES}
    return found


def test_each_cell_that_is_not_the_matrixs_is_stated_with_its_reason() -> None:
    """Its letters, of which the Q of an auditor is the matrix's word; or its relationships."""
    differ = set()
    for name, by_role in matrix().items():
        for role, letters in by_role.items():
            reaches = POLICY.classes[name].get(role, {})
            held = set().union(*reaches.values())
            plain = set(letters.strip("✕")) - set("Q" if role == "auditor" else "")
            usual = set(rights.WAYS.get(role, ("team",)))
            if held != plain or (reaches and set(map(str, reaches)) != usual):
                differ.add((name, role))
    assert stated() == differ


def test_docs_policy_is_what_is_printed() -> None:
    told = CliRunner().invoke(main, ["policy"])
    assert told.exit_code == 0
    kept = (ROOT / "docs" / "policy.md").read_text()
    assert kept == told.output, "run `casework policy > docs/policy.md`"


def test_every_right_of_the_file_stands_in_the_table() -> None:
    """Read back from the text, cell by cell."""
    text, found = printed(POLICY), {}
    assert set(SHORT) == set(ROLES)
    for section in text.split("\n## ")[2:]:
        name, _, table = section.partition("\n")
        head, _, *rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in table.split("\n")
            if line
        ]
        for role, *cells in rows:
            for reach, letters in zip(head[1:], cells, strict=True):
                if set(letters) & RIGHTS:
                    found[name, role, reach] = letters
    given = {
        (name, role, str(reach)): letters
        for name, by_role in POLICY.classes.items()
        for role, reaches in by_role.items()
        for reach, letters in reaches.items()
    }
    assert found == given
    assert all_rights(POLICY, "therapy_notes", "psychologist") == "RCUB"
    assert all_rights(POLICY, "therapy_notes", "prosecutor") == "✕"
