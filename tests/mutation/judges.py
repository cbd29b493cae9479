"""Who judges which file: a few quick tests first, and ever more for what lives on."""

from collections.abc import Sequence

POLICY_FILES = ("bars", "policy", "printed")
GUARD_FILES = (
    *("protected", "kinds", "barring", "agreed", "summaries", "ground", "door"),
    *("calls", "account", "pointed", "versions", "explaining", "mark", "router", "carrying"),
    *("reading", "past", "quick", "express", "shortcut", "plans", "trail", "timeline", "writing"),
    *("unit_of_work", "second_wall", "row_security", "extracting", "presenting", "columns"),
)
RELATION_FILES = (
    *("registry/cases/reach", "registry/agreements/models", "registry/conflicts/models"),
    *("registry/covers/models", "registry/households/models", "registry/notices/models"),
    *("registry/operations/models", "registry/people/models", "registry/staff/models"),
    *("registry/staff/appointment_models", "casework/break_glass/models"),
    *("casework/consents/models", "casework/disclosures/models", "casework/proceedings/models"),
    "casework/supervision/models",
)
FILES = (
    *(f"app/safeguards/access/{name}.py" for name in POLICY_FILES),
    *(f"app/{name}.py" for name in RELATION_FILES),
    *(f"app/safeguards/guard/{name}.py" for name in GUARD_FILES),
)
SQLITE, BOTH = "not postgresql", "not test_machine or sqlite"

POLICY = ("tests/safeguards/access",)
WALLS = (
    "tests/safeguards/guard/test_walls.py",
    "tests/access/test_explaining.py",
    "tests/access/test_agreements.py",
    "tests/access/test_docket.py",
    "tests/access/test_supervision.py",
    "tests/access/test_lines.py",
    "tests/access/test_covers.py",
    "tests/access/test_break_glass.py",
)
MORE = (
    "tests/architecture/test_unit_of_work.py",
    "tests/architecture/test_declarations.py",
    "tests/safeguards/guard/test_summaries.py",
    "tests/safeguards/guard/test_released.py",
    "tests/safeguards/guard/test_cursors.py",
    "tests/access/test_agreed_fields.py",
    "tests/access/test_first_word.py",
    "tests/access/test_conflicts.py",
    "tests/access/test_sealing.py",
    "tests/access/test_disclosures.py",
    "tests/access/test_birth_corrected.py",
    "tests/access/test_machine.py",
    "tests/safeguards/guard/test_quick.py",
    "tests/safeguards/guard/test_express.py",
)
ALL = ("tests/access", "tests/safeguards", "tests/architecture", "tests/registry", "tests/insight")

Stage = tuple[Sequence[str], str]  # tests, and pytest's -k


def stages(file: str) -> list[Stage]:
    """The last one is everything, on both engines."""
    if file.endswith(("access/policy.py", "access/printed.py")):
        return [(POLICY, SQLITE), (WALLS, SQLITE), (MORE, SQLITE), (ALL, BOTH)]
    return [(WALLS, SQLITE), (MORE, SQLITE), (ALL, BOTH)]
