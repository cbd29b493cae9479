"""Holds practice against the policy: who may decide something must be able to reach it."""

from collections.abc import Collection

from app.registry.pathways.reading import Table
from app.safeguards.access.policy import POLICY


def check_rights(
    entry: Table, key: str, roles: Collection[str], action: str, classes: Collection[str]
) -> None:
    """Raise DataFileError for a role that no class of the record lets take this action.

    A move that is open on paper and closed by the wall would be found out by a worker at night.
    """
    for role in roles:
        reached = frozenset[str]().union(*POLICY.grants(role, action).values())
        if not reached & set(classes):
            raise entry.fault(f"the policy lets no {role} {action} in {sorted(classes)[0]}", key)
