"""What people are to each other: each type with its inverse, and what cannot be."""

from datetime import date

# “This person is … of the other”, and what the other then is of this person.
INVERSE = {
    "parent": "child",
    "child": "parent",
    "step_parent": "step_child",
    "step_child": "step_parent",
    "foster_parent": "foster_child",
    "foster_child": "foster_parent",
    "grandparent": "grandchild",
    "grandchild": "grandparent",
    "spouse": "spouse",
    "former_spouse": "former_spouse",
    "sibling": "sibling",
    "half_sibling": "half_sibling",
    "step_sibling": "step_sibling",
    "aunt_uncle": "niece_nephew",
    "niece_nephew": "aunt_uncle",
    "cousin": "cousin",
    "in_law": "in_law",
    "guardian": "ward",
    "ward": "guardian",
    "sole_carer": "in_sole_care",
    "in_sole_care": "sole_carer",
    "other_relative": "other_relative",
    "unrelated": "unrelated",
}

ELDER = frozenset({"parent", "grandparent"})  # by descent, so surely born before the other
PARENTAGE = frozenset(
    {"parent", "step_parent", "foster_parent", "guardian", "sole_carer"}
)  # whose parting from the other is the parting of a child from who cares for it


def impossible(
    kind: str,
    born: tuple[date | None, date | None],
    other_born: tuple[date | None, date | None],
) -> bool:
    """Whether an elder by descent was certainly born no earlier than the younger.

    Births are earliest and latest day; where either may still fit, nothing is impossible.
    """
    if INVERSE[kind] in ELDER:
        kind, born, other_born = INVERSE[kind], other_born, born
    if kind not in ELDER:
        return False
    earliest, latest = born[0], other_born[1]
    return earliest is not None and latest is not None and earliest >= latest
