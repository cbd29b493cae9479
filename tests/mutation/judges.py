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
SQLITE, BOTH = "not postgresql", "not test_machine or sqlite"  # of pytest's -k
Stage = tuple[Sequence[str], str]  # tests, and -k

A, G, U = "tests/access", "tests/safeguards/guard", "tests/architecture"
MACHINE = f"{A}/test_machine.py"
CONDITIONS = f"{A}/test_conditions.py"
# Who is called first for a file: what is about it, from quick to slow.
FIRST: dict[str, Sequence[str]] = {
    "access/policy": ("tests/safeguards/access",),
    "access/printed": ("tests/safeguards/access",),
    "access/bars": (f"{A}/test_predicate.py", f"{A}/test_conflicts.py", f"{A}/test_sealing.py"),
    "cases/reach": (CONDITIONS, "tests/test_audit_reach.py", f"{A}/test_lines.py"),
    "agreements/models": (CONDITIONS, f"{A}/test_agreements.py", f"{A}/test_agreed_fields.py"),
    "conflicts/models": (f"{A}/test_conflicts.py",),
    "covers/models": (CONDITIONS, f"{A}/test_predicate.py", f"{A}/test_covers.py"),
    "households/models": ("tests/registry/households", f"{U}/test_declarations.py"),
    "notices/models": (f"{A}/test_break_glass.py",),
    "operations/models": (
        "tests/registry/operations/test_intake_routes.py",
        "tests/registry/operations/test_uploads.py",
    ),
    "people/models": (f"{G}/test_summaries.py", "tests/registry/people/test_people_routes.py"),
    "staff/models": (CONDITIONS, f"{A}/test_lines.py", f"{A}/test_dormant.py"),
    "staff/appointment_models": (f"{A}/test_elevation.py",),
    "break_glass/models": (CONDITIONS, f"{A}/test_predicate.py", f"{A}/test_break_glass.py"),
    "consents/models": (CONDITIONS, f"{A}/test_agreements.py"),
    "disclosures/models": (f"{A}/test_disclosures.py",),
    "proceedings/models": (CONDITIONS, f"{A}/test_docket.py"),
    "supervision/models": (CONDITIONS, f"{A}/test_supervision.py"),
    "guard/protected": (
        f"{A}/test_predicate.py",
        CONDITIONS,
        f"{A}/test_conflicts.py",
        f"{U}/test_declarations.py",
    ),
    "guard/kinds": (f"{U}/test_declarations.py",),
    "guard/barring": (f"{A}/test_conflicts.py", f"{A}/test_sealing.py"),
    "guard/agreed": (f"{A}/test_agreed_fields.py", f"{A}/test_agreements.py"),
    "guard/summaries": (f"{G}/test_summaries.py",),
    "guard/ground": (
        f"{U}/test_unit_of_work.py",
        f"{G}/test_summaries.py",
        f"{G}/test_released.py",
    ),
    "guard/door": (f"{G}/test_known_doors.py", f"{G}/test_released.py", f"{A}/test_sealing.py"),
}
ORDINARY = (f"{U}/test_unit_of_work.py", f"{G}/test_walls.py", f"{A}/test_explaining.py")
MORE = (
    *(f"{G}/test_{name}.py" for name in ("summaries", "released", "quick", "express")),
    *(f"{A}/test_{name}.py" for name in ("agreed_fields", "conflicts", "covers", "docket")),
    *(f"{A}/test_{name}.py" for name in ("explaining", "first_word", "lines", "sealing")),
    MACHINE,
)
ALL = (A, "tests/safeguards", U, "tests/registry", "tests/casework", "tests/insight")


def stages(file: str) -> list[Stage]:
    """The last one is everything, on both engines."""
    name = "/".join(file.removesuffix(".py").split("/")[-2:])
    # Of the door, what waits within a write is PostgreSQL's alone.
    which = BOTH if name == "guard/door" else SQLITE
    first, *others = FIRST.get(name, ORDINARY)
    own: list[Stage] = [((first,), which), (others, which)] if others else [((first,), which)]
    return [*own, (MORE, SQLITE), (ALL, BOTH)]
