"""Which records of a case and of its person can be disclosed, and which fields of each."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.core.db import table
from app.registry.cases.models import Case
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.columns import columns_shown
from app.safeguards.guard.past import kept_with
from app.safeguards.guard.protected import Protected

ANSWERS_FOR_ALL = "data_protection_officer"  # what leaves the wall, of whatever class
WORKFLOWS = frozenset({"disclosure", "break_glass", "sealing"})  # what stands guard over records


@cache
def kinds() -> Mapping[str, type[Protected]]:
    """Record of the policy → kind, of all that is kept in the file of a case or of a person."""
    return {
        kind.record: kind
        for scope in (Case, Person)
        for kind in kept_with(scope)
        if kind.record_class not in WORKFLOWS
    }


@cache
def fields(kind: type[Protected]) -> frozenset[str]:
    """What some answer shows of such a record, less what the guard keeps of it."""
    own = {"id", "version", "created_at", "updated_at", "record_class", kind.file}
    return columns_shown(kind, frozenset(POLICY.classes)) - own


def classes(kind: type[Protected], of_row: str, named: list[str]) -> set[str]:
    """Of the row, and of those of its columns that have a class of their own."""
    columns = table(kind).c
    return {of_row, *(str(columns[name].info.get("record_class", of_row)) for name in named)}


def may_name(role: str, record_class: str) -> bool:
    """Whether a role may learn that there is such a record: it has R, S or Q of the class."""
    rights = POLICY.classes[record_class].get(role, {})
    return role == ANSWERS_FOR_ALL or any(set("RSQ") & set(letters) for letters in rights.values())


def file_of(kind: type[Protected], case_id: Any, person_id: Any) -> Any:
    return case_id if kind in kept_with(Case) else person_id
