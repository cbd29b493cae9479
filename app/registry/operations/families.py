"""The families of a group: who belongs together, who is the head, and what the others are."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.registry.operations.arriving import Arriving
from app.registry.operations.lines import LineProblem
from app.registry.people.kinship import impossible

# What a word of words.RELATIONS makes of somebody, seen from the head of the group.
KINSHIP = {
    "mother": "parent",
    "father": "parent",
    "spouse": "spouse",
    "son": "child",
    "daughter": "child",
    "child": "child",
    "stepchild": "step_child",
    "grandchild": "grandchild",
    "brother": "sibling",
    "sister": "sibling",
    "sibling": "sibling",
    "grandmother": "grandparent",
    "grandfather": "grandparent",
    "aunt": "aunt_uncle",
    "uncle": "aunt_uncle",
    "niece": "niece_nephew",
    "nephew": "niece_nephew",
    "cousin": "cousin",
    "in_law": "in_law",
    "guardian": "guardian",
    "ward": "ward",
    "other": "other_relative",
}
DISTANT = dict.fromkeys(("aunt_uncle", "niece_nephew", "cousin", "in_law"), "other_relative")


@dataclass(frozen=True)
class Family:
    """Two or more lines with one group; `head` where exactly one of them says so."""

    label: str
    members: tuple[Arriving, ...]

    @property
    def head(self) -> Arriving | None:
        heads = [one for one in self.members if one.member.relationship == "head"]
        return heads[0] if len(heads) == 1 else None

    def kin(self) -> Iterator[tuple[Arriving, str, Arriving]]:
        """Who is what to the head; nothing is told where the head is unclear or births forbid."""
        head = self.head
        for one in self.members if head else ():
            kind = KINSHIP.get(one.member.relationship or "")
            if head and kind and one is not head and not impossible(kind, born(one), born(head)):
                yield one, kind, head


def families_of(arriving: Sequence[Arriving]) -> list[Family]:
    groups: dict[str, list[Arriving]] = defaultdict(list)
    for one in arriving:
        if one.group:
            groups[one.group].append(one)
    return [Family(label, tuple(some)) for label, some in groups.items() if len(some) > 1]


def family_problems(families: Sequence[Family]) -> Iterator[LineProblem]:
    for family in families:
        told = [one for one in family.members if one.member.relationship]
        if told and family.head is None:
            detail = "the group has no head or several, so nobody is related to anybody"
            yield LineProblem(told[0].line, "relationship", "head-unclear", detail, "warning")
        related = {one.line for one, _, _ in family.kin()}
        for one in told if family.head else ():
            if KINSHIP.get(one.member.relationship or "") and one.line not in related:
                detail = "cannot be, by the births of the two; kept as written, and not recorded"
                yield LineProblem(
                    one.line, "relationship", "relationship-impossible", detail, "warning"
                )


def part_of(one: Arriving) -> str:
    """What somebody is in the household, by the word of the list."""
    word = one.member.relationship
    if word in (None, "head", "none"):
        return {"head": "head", "none": "unrelated"}.get(word or "", "member")
    kind = KINSHIP[word or ""]
    return DISTANT.get(kind, kind)


def born(one: Arriving) -> tuple[date | None, date | None]:
    return one.birth.earliest, one.birth.latest
