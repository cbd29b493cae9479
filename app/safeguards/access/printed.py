"""The policy as a table for people: an overview, then each class by role and relationship."""

from collections.abc import Iterable, Sequence
from itertools import chain

from app.safeguards.access.policy import RIGHTS_IN_WORDS, ROLES, Policy, Reach

NEVER, NONE = "✕", "–"
SHORT = {
    "social_worker": "SW",
    "supervisor": "SUP",
    "coordinator": "COO",
    "centre_manager": "CEN",
    "psychologist": "PSY",
    "health_worker": "HLT",
    "educator": "EDU",
    "child_protection_officer": "CPO",
    "legal_officer": "LGO",
    "defence_lawyer": "DEF",
    "prosecutor": "PRO",
    "probation_officer": "PRB",
    "security_assessor": "SEC",
    "religious_counsellor": "REL",
    "livelihoods_officer": "LIV",
    "partner": "PAR",
    "auditor": "AUD",
    "data_protection_officer": "DPO",
    "statistician": "MNE",
    "administrator": "ADM",
}
REACHES_IN_WORDS = {
    Reach.ANY: "everything, of every country",
    Reach.JURISDICTION: "of the own country",
    Reach.UNIT: "of cases of the own unit",
    Reach.LINE: "of cases on whose team is somebody who reports to them",
    Reach.TEAM: "of cases on whose team they are, by date; for one track, what is of it or of none",
    Reach.DOCKET: "of cases in whose proceedings they are named, while the mandate lasts",
    Reach.SUPERVISION: "of cases whose conditions they supervise, these and what is theirs to do",
    Reach.AGREEMENT: "what an agreement names, of whom there is a basis for it",
    Reach.DISCLOSED: "what was disclosed to them, until its end",
    Reach.OWN: "what they wrote or are to do themselves, on cases on whose team they are",
    Reach.SELF: "what is about themselves, or was done by them",
}


def printed(policy: Policy) -> str:
    """Markdown whose tables are aligned, so that it reads in a terminal as well."""
    return "\n".join(chain(opening(), overview(policy), each_class(policy)))


def opening() -> Iterable[str]:
    yield "# Who may see and do what"
    yield ""
    yield "Printed by `casework policy` from `app/safeguards/access/policy.toml`, which decides;"
    yield "`GET /v1/policy` tells the same as JSON. Above every line of it: a sealed case is absent"
    yield "for everybody, and a case of somebody's kin or neighbours is absent for them."
    yield ""
    yield from aligned(["right", "meaning"], ([*one] for one in RIGHTS_IN_WORDS.items()))
    yield from aligned(
        ["relationship", "opens"],
        [
            [NEVER, "never: no line of the file can let this role in"],
            *([str(reach), words] for reach, words in REACHES_IN_WORDS.items()),
        ],
    )


def overview(policy: Policy) -> Iterable[str]:
    """Whatever a role has of a class by any relationship."""
    yield "## Overview"
    yield ""
    yield from aligned(["short", "role"], ([SHORT[role], role] for role in ROLES))
    yield from aligned(
        ["class", *(SHORT[role] for role in ROLES)],
        ([name, *(all_rights(policy, name, role) for role in ROLES)] for name in policy.classes),
    )


def each_class(policy: Policy) -> Iterable[str]:
    for name, by_role in policy.classes.items():
        reaches = [reach for reach in Reach if any(reach in one for one in by_role.values())]
        yield f"## {name}"
        yield ""
        rows = [[role, *(by_role[role].get(one, "") for one in reaches)] for role in by_role]
        never = [[role, *(NEVER for _ in reaches)] for role in ROLES if role in policy.never[name]]
        yield from aligned(["role", *map(str, reaches)], [*rows, *never])


def all_rights(policy: Policy, name: str, role: str) -> str:
    held = set(chain.from_iterable(policy.classes[name].get(role, {}).values()))
    none = NEVER if role in policy.never[name] else NONE
    return "".join(letter for letter in RIGHTS_IN_WORDS if letter in held) or none


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """A table, and an empty line."""
    whole = [head, *rows]
    wide = [max(len(row[column]) for row in whole) for column in range(len(head))]
    for number, row in enumerate(whole):
        cells = (cell.ljust(width) for cell, width in zip(row, wide, strict=True))
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield f"|{'|'.join('-' * (width + 2) for width in wide)}|"
    yield ""
