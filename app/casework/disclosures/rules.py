"""Pure: what a request must bring, and whose word it takes. Source: the field's practice that
the protection officer or the supervisor checks the law, and that nobody decides alone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

LEGAL_CHECK = frozenset({"data_protection_officer", "supervisor"})  # one of the two approvers
APPROVABLE = ("proposed", "checked")


@dataclass(frozen=True)
class Fault:
    pointer: str
    code: str
    detail: str


def informed(
    on: date | None, reason: str | None, review_on: date | None, today: date
) -> Fault | None:
    """The person is told, unless the law forbids it; then the reason is looked at again."""
    if on is not None:
        if reason is not None or review_on is not None:
            return Fault("/person_informed_on", "both", "either informed, or why not")
        late = on > today
        return Fault("/person_informed_on", "future", "today or earlier") if late else None
    if reason is None:
        return Fault("/not_informed_reason", "missing", "why is the person not informed yet?")
    if review_on is None:
        return Fault("/inform_review_on", "missing", "when is this looked at again?")
    if review_on <= today:
        return Fault("/inform_review_on", "past", "on a later day than today")
    return None


def grounded(
    ground: str, document: Mapping[str, Any] | None, consent: object, today: date
) -> Fault | None:
    """Every ground stands on a paper; consent stands on the consent that is on record."""
    if (ground == "consent") is not (consent is not None):
        return Fault("/consent_id", "missing", "consent names its record, no other ground does")
    if document is None:
        if ground == "consent":
            return None
        return Fault("/document", "missing", "on which document does this ground stand?")
    if document["dated_on"] > today:
        return Fault("/document/dated_on", "future", "a document is dated today or earlier")
    return None


def two_people(roles: Iterable[str], same_lines: Collection[bool]) -> str | None:
    """The code under which two approvals are not enough, or None.

    `same_lines`: of each of them, whether they answer to the superior of who proposed.
    """
    if not LEGAL_CHECK.intersection(roles):
        return "legal-check"
    return "same-line" if all(same_lines) else None


def narrowed(
    items: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> list[dict[str, Any]] | Fault:
    """Those of the items and fields that are approved; nothing that was not asked for."""
    known, kept = {(one["record"], one["record_id"]): one for one in items}, []
    for place, one in enumerate(wanted):
        asked = known.pop((one["record"], one["record_id"]), None)
        if asked is None:
            return Fault(f"/items/{place}/record_id", "not-asked", "this was not asked for")
        for index, name in enumerate(one["fields"]):
            if name not in asked["fields"]:
                pointer = f"/items/{place}/fields/{index}"
                return Fault(pointer, "not-asked", "this was not asked for")
        kept.append({**asked, "fields": sorted(set(one["fields"]))})
    return kept
