"""What makes two requests to read the same statement, and which the database can answer alone."""

from dataclasses import dataclass
from functools import cache

from app.safeguards.guard.agreed import by_agreement
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.shown import Out, children
from app.safeguards.guard.spelling import can_spell
from app.safeguards.guard.summaries import forms_of


class AtLength(Exception):
    """This request is not for the short way: nothing was written, so the long one may begin."""


@dataclass(frozen=True)
class Question:
    """What makes two requests the same statement."""

    out: type[Out]
    mark: Mark
    role: str
    engine: str
    one: bool  # a record by its id; else a page
    filters: tuple[str, ...] = ()
    after: bool = False


@cache
def can_spell_for(out: type[Out], role: str) -> bool:
    """Whether the database can write all that this role is shown of such a record.

    Whatever is shown by an agreement, which may name single fields, is left to the long way.
    """
    shown = forms_of(out, role)
    below = [(child, one) for one in shown for _, child in children(one).values()]
    if any(by_agreement(one.of, role) for one in (out, *(child for child, _ in below))):
        return False
    forms = ((form, one) for child, one in below for form in forms_of(child, role))
    return all(map(can_spell, shown)) and all(can_spell(form, one) for form, one in forms)


def lists_files(question: Question) -> bool:
    """Whether an answer may show files other than the one that its path names."""
    return question.mark.scope is None and not question.one
