"""Pure: which record class a note belongs to, by its kind and by what its author may write."""

from collections.abc import Collection

# In order: the first class that the author may write. So a psychologist's psychosocial note is
# clinical and a social worker's is not; a prosecutor's legal note is justice, a legal officer's
# (papers, civil status) is not. Source: the field's separation of care and prosecution.
CLASSES = {
    "social_work": ("psychosocial_notes",),
    "psychosocial": ("clinical", "psychosocial_notes"),
    "therapy": ("therapy_notes",),
    "counselling": ("faith_counselling",),
    "legal": ("justice", "civil_documents"),
}


def class_of(kind: str, writable: Collection[str], child: bool = False) -> str | None:
    """`child`: by the day of the act, so that a child's justice keeps its own wall."""
    names = ("child_justice" if child and name == "justice" else name for name in CLASSES[kind])
    return next((name for name in names if name in writable), None)
