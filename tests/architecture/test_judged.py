"""Whatever decides who sees what is judged by breaking it: no file of the wall is forgotten."""

from app.main import ROUTERS  # declares every rule
from app.registry.cases.reach import RELATIONS
from app.safeguards.guard.granted import GRANTED
from app.safeguards.guard.protected import EVIDENCE, OPENNESS, RARE, RULES
from app.safeguards.guard.second_wall import BELONGING
from tests.architecture.source import ROOT
from tests.mutation.judges import FILES

WALL = ("app/safeguards/access", "app/safeguards/guard")
assert ROUTERS


def test_each_file_of_policy_and_guard_is_judged() -> None:
    every = {f"{folder}/{one.name}" for folder in WALL for one in (ROOT / folder).glob("*.py")}
    assert every - {*FILES} == {f"{folder}/__init__.py" for folder in WALL}
    assert len({*FILES}) == len(FILES)
    assert [one for one in FILES if not (ROOT / one).exists()] == []


def test_each_file_that_declares_a_rule_is_judged() -> None:
    rules = [*RULES.values(), *RELATIONS.values(), *GRANTED.values(), *EVIDENCE, *OPENNESS, *RARE]
    rules += [rule for one in BELONGING.values() if one for rule in (one.shows, one.takes)]
    ours = {one.__module__ for one in rules if one.__module__.startswith("app.")}
    files = {f"{one.replace('.', '/')}.py" for one in ours}
    assert len(files) > 10
    assert files - {*FILES} == set()
