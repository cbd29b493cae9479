"""A policy that contradicts itself, or is not understood, stops the start with file and line."""

from hashlib import sha256
from pathlib import Path

import pytest

from app.core.datafile import DataFileError, load
from app.registry.staff import roles
from app.safeguards.access.policy import TABLE, read

GOOD = """\
# who may do what
[class.case]
social_worker = { team = "RCU" }
never = ["administrator"]

[class.clinical]
psychologist = { team = "RCU", own = "B" }
health_worker = { team = "S" }
never = [
    "prosecutor",
    "educator",
]

[record.note]
classes = ["clinical"]
read = "R"
add = "C"

[record.note.summary]
clinical = ["health_worker"]
"""


def judged(folder: Path, text: str) -> DataFileError:
    file = folder / "policy.toml"
    file.write_text(text)
    with pytest.raises(DataFileError) as fault:
        read(load(file))
    assert str(fault.value).startswith(f"policy.toml:{fault.value.line}: ")
    return fault.value


def test_the_good_one_is_read(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(GOOD)
    policy = read(load(file))
    assert policy.grants("psychologist", "note.read") == {"team": {"clinical"}}
    assert policy.never["clinical"] == {"prosecutor", "educator"}
    assert policy.digest == sha256(GOOD.encode()).hexdigest()
    assert policy.in_summary("health_worker", "note") == {"team": {"clinical"}}


def test_the_order_within_a_block_is_of_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        "[class.case]\n"
        'never = ["administrator"]\n'
        'social_worker = { team = "RS" }\n'
        "[record.note]\n"
        'summary.case = ["social_worker"]\n'
        'read = "R"\n'
        'classes = ["case"]\n'
        'add = "C"\n'
    )
    policy = read(load(file))
    assert policy.classes["case"] == {"social_worker": {"team": "RS"}}
    assert policy.verbs == {"note.read": "R", "note.add": "C"}
    assert policy.summaries == {"note": {"case": {"social_worker"}}}


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('own = "B"', 'own = "X"', 7, "class.clinical.psychologist.own: not rights"),
        ('own = "B"', 'own = ""', 7, "not rights"),
        ('own = "B"', "own = 3", 7, "not rights"),
        ('own = "B"', 'mine = "B"', 7, "no reach is called 'mine'"),
        ('{ team = "RCU", own = "B" }', '"RCU"', 7, "not a reach and its rights"),
        ('{ team = "RCU", own = "B" }', "{}", 7, "not a reach and its rights"),
        ("psychologist =", "psycologist =", 7, "no role is called 'psycologist'"),
        ("psychologist =", "prosecutor =", 7, "class.clinical grants prosecutor what line 9 never"),
        ('"educator",', '"teacher",', 9, "no role is called 'teacher'"),
        ('never = ["administrator"]', 'never = "administrator"', 4, "never: not a list of roles"),
        ('never = ["administrator"]', 'never = ["administrators"]', 4, "no role is called"),
        ("[class.case]", "[class.cover]", 1, "class.case is missing"),
        ('classes = ["clinical"]', 'classes = ["clinicl"]', 15, "no class is called 'clinicl'"),
        ('classes = ["clinical"]', "classes = []", 15, "record.note names no classes"),
        ('classes = ["clinical"]', 'classes = "clinical"', 15, "record.note names no classes"),
        ('classes = ["clinical"]\n', "", 14, "record.note names no classes"),
        ('add = "C"', 'add = "CREATE"', 17, "record.note.add: not rights"),
        ('add = "C"', 'add = ""', 17, "record.note.add: not rights"),
        ('add = "C"', 'add = ["C"]', 17, "record.note.add: not rights"),
        ("[record.note]", "[recrod.note]", 14, "nothing is called 'recrod'"),
        ("[record.note]", "[record.note", 14, ""),
        ('read = "R"', 'read = "R"\nread = "R"', 17, ""),
        ('["health_worker"]', '["educator"]', 20, "class.clinical gives no S to 'educator'"),
        ('["health_worker"]', "[]", 20, "summary.clinical: names no roles"),
        (
            '["health_worker"]',
            '"health_worker"',
            20,
            "record.note.summary.clinical: names no roles",
        ),
        ("clinical = [", "case = [", 20, "record.note.summary: 'case' is no class of it"),
        (
            'clinical = ["health_worker"]',
            "",
            19,
            "record.note.summary: not classes and their roles",
        ),
        ("[record.note]", '[record]\nother = "R"\n[record.note]', 15, "record.other says nothing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, told: str
) -> None:
    assert GOOD.count(old) == 1
    fault = judged(tmp_path, GOOD.replace(old, new))
    assert fault.line == line, str(fault)
    assert told in fault.fault


@pytest.mark.parametrize("text", ["", "[class]\n", 'class = "x"\n', "[class.case]\n"])
def test_an_empty_policy_is_none(tmp_path: Path, text: str) -> None:
    judged(tmp_path, text)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(GOOD.encode() + b"\n# \xff\n")
    with pytest.raises(DataFileError, match=r"^policy\.toml:22: not UTF-8"):
        read(load(file))


def test_a_grant_beside_never_stops_the_real_policy_too(tmp_path: Path) -> None:
    text = TABLE.read_text()
    spoilt = text.replace("[class.clinical]\n", '[class.clinical]\nprosecutor = { team = "S" }\n')
    fault = judged(tmp_path, spoilt)
    assert "class.clinical grants prosecutor" in fault.fault
    assert spoilt.splitlines()[fault.line - 1].startswith("prosecutor")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[auditor]", "[auditer]", "no role is called 'auditer'"),
        ('ru = "Аудитор"', 'kk = "Аудитор"', "auditor has no title in ru"),
        ('en = "Auditor"', 'en = " "', "auditor has no title in en"),
        ('[auditor]\nen = "Auditor"\nru = "Аудитор"\n', "", "auditor has no titles"),
    ],
)
def test_titles_of_roles_are_whole(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = Path(roles.__file__).with_name("roles.toml").read_text("utf-8")
    assert text.count(old) == 1
    file = tmp_path / "roles.toml"
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DataFileError, match=rf"^roles\.toml:\d+: {told}"):
        roles.read(load(file))
