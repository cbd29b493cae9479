"""Checks at the start that every kind of record is declared whole; a half one guards nothing."""

from app.core.db import table
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.guard.agreed import by_agreement, envelope
from app.safeguards.guard.columns import schemas_of
from app.safeguards.guard.protected import RULES, Protected, protected_kinds
from app.safeguards.guard.second_wall import BELONGING


class HalfDeclared(TypeError):
    """A kind of record lacks something without which it cannot be guarded."""


def examine_kinds() -> None:
    """Raise HalfDeclared with every kind that lacks something, by name, and what it lacks."""
    faults = [f"{kind.__name__} {lack}" for kind in protected_kinds() for lack in lacks(kind)]
    if faults:
        raise HalfDeclared("; ".join(faults))


def lacks(kind: type[Protected]) -> list[str]:
    found, columns = [], table(kind).c
    record = getattr(kind, "record", None)
    if record is None:
        found.append("has no `record`: its name in the policy")
    elif f"{record}.read" not in POLICY.verbs:
        found.append(f"is a {record!r}, of which policy.toml has no block with `read`")
    if kind.record_class is None and "record_class" not in columns:
        found.append("has no `record_class`, neither for the kind nor for each row")
    elif kind.record_class is not None and kind.record_class not in POLICY.classes:
        found.append(f"is of the class {kind.record_class!r}, which policy.toml does not have")
    if not any(base in RULES for base in kind.__mro__):
        found.append("has no row filter: see `row_filter`")
    if not any(base in BELONGING for base in kind.__mro__):
        found.append("has no second wall: see `belongs`")
    if kind.file not in columns:
        found.append(f"has no column {kind.file!r} for the file that it is kept in")
    elif kind.file == "id" and not kind.file_kind:
        found.append("belongs to no file: name its column in `file`, or its own in `file_kind`")
    found += lacks_in_summary(kind)
    return found or lacks_in_part(kind)


def lacks_in_summary(kind: type[Protected]) -> list[str]:
    """A page tells by its order, and its cursor by name, what it is sorted by."""
    found, roles = [], frozenset[str]()
    summaries = POLICY.summaries.get(getattr(kind, "record", ""), {})
    for out in schemas_of(kind):
        roles |= out.summary_for.keys() | (frozenset(ROLES) if out.summary else frozenset())
        for summary in filter(None, {out.summary, *out.summary_for.values()}):
            if unseen := set(out.order) - summary.model_fields.keys():
                found.append(f"is listed by {min(unseen)!r}, which {summary} does not show")
    if unshown := frozenset[str]().union(*summaries.values()) - roles:
        found.append(f"has a summary for {min(unshown)!r} in policy.toml, and no schema shows it")
    return found


def lacks_in_part(kind: type[Protected]) -> list[str]:
    """An agreement may keep back any field, so none of them may be what its lists are sorted by."""
    if not any(by_agreement(kind, role) for role in ROLES):
        return []
    unseen = {name for out in schemas_of(kind) for name in out.order} - envelope(kind)
    return [f"is listed by {name!r}, which an agreement may keep back" for name in sorted(unseen)]
