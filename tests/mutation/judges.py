"""What is judged, and whose tests judge it."""

POLICY_FILES = ("bars", "policy", "printed", "offices")
GUARD_FILES = (
    *("protected", "door", "ground", "agreed", "barring", "summaries", "kinds", "merging"),
    *("account", "calls", "second_wall", "row_security", "pointed", "versions", "explaining"),
    *("mark", "reading", "writing", "unit_of_work", "trail", "past", "columns", "quick"),
    *("express", "shortcut", "router", "carrying", "described", "queries", "extracting"),
    *("presenting", "signing_in", "idempotency", "attempts", "appending", "examined", "shown"),
    *("spelling", "memory", "following", "plans", "timeline", "entries", "streaming"),
    *("looks", "recalling", "circumstances", "granted", "asked", "answer", "attesting"),
    *("configuring", "bundling", "logged", "stated", "erasing", "insisted", "standing"),
    *("questions", "witnessed", "replaying"),
    *("beyond", "reaching", "as_it_was", "readers", "onlooking", "unasked"),
)
RELATION_FILES = (
    *("registry/cases/strands", "registry/cases/models", "casework/tasks/models"),
    *("registry/cases/reach", "registry/agreements/models", "registry/conflicts/models"),
    *("registry/covers/models", "registry/erasures/models", "registry/households/models"),
    *("registry/notices/models", "registry/operations/models", "registry/people/models"),
    *("registry/staff/models", "registry/staff/appointment_models", "casework/break_glass/models"),
    *("casework/consents/models", "casework/disclosures/models", "casework/proceedings/models"),
    *("casework/supervision/models", "casework/assessments/models"),
    "casework/assessments/licence_models",
    *("casework/judgements/models", "registry/certificates/models"),
)
FILES = (
    *(f"app/safeguards/access/{name}.py" for name in POLICY_FILES),
    *(f"app/{name}.py" for name in RELATION_FILES),
    *(f"app/safeguards/guard/{name}.py" for name in GUARD_FILES),
)
TESTS = (
    *("tests/access", "tests/safeguards", "tests/architecture", "tests/registry"),
    *("tests/casework", "tests/insight", "tests/test_audit_reach.py"),
)
ON_BOTH = "tests/safeguards/"  # engines; other tests judge on SQLite, if they can
