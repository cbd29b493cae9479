"""Who has which right of a class, by which relationship: by hand, from the field's matrix and what
Casework adds to it. Nothing here reads the policy or asks the wall.

The relationships are words: unit, team, line, docket, supervision, agreement, jurisdiction, own
(they wrote it), self (it is theirs), disclosed, any.
"""

from collections.abc import Iterator

from tests.safeguards.access.field_matrix import ROLES as FIELD_ROLES
from tests.safeguards.access.field_matrix import matrix

DPO = "data_protection_officer"
ROLES = (*FIELD_ROLES[:17], DPO, *FIELD_ROLES[17:])
# Classes that Casework has beside those of the field: what a case, an alert or a step of the wall
# itself is. Of alerts, whom the field names and who is near enough to act (decision 142).
ADDED = """
                   SW  SUP  COO  CEN  PSY HLT EDU CPO  LGO DEF PRO PRB SEC REL LIV PAR AUD DPO  MNE ADM
case               RCU RCUA RCUA RCU  R   R   ✕   RCU  R   R   R   R   R   R   R   -   R   R    -   ✕
pathway            RCU RCUA RCUA RCU  R   R   ✕   RCUA RCU -   ✕   S   S   -   R   ✕   R   -    -   ✕
docket             -   RCU  RCU  -    -   -   ✕   -    RCU R   RU  -   -   ✕   ✕   ✕   R   -    -   ✕
child_docket       -   RCU  -    -    -   -   ✕   -    RCU R   RU  -   ✕   ✕   ✕   ✕   S   -    -   ✕
alert_safety       RCU RCU  -    RCU  RCU RCU ✕   RC   -   -   ✕   ✕   ✕   ✕   ✕   ✕   S   -    -   ✕
alert_safeguarding RC  RCU  -    RC   RC  RC  C   RCU  C   -   ✕   ✕   ✕   C   C   ✕   S   -    -   ✕
alert_visit        RCU RCU  -    RCU  RC  RC  -   RCU  RC  R   -   RC  -   R   RC  ✕   S   -    -   ✕
alert_medical      R   R    -    R    R   RCU R   R    -   -   ✕   ✕   ✕   -   -   ✕   S   -    -   ✕
alert_detention    -   R    RCU  RC   -   -   ✕   R    RCU R   RCU R   -   ✕   ✕   ✕   R   -    -   ✕
sealing            -   RCA  RCUA -    -   -   ✕   RC   RC  -   -   -   -   -   -   ✕   R   RCUA -   ✕
consent            RCU R    R    RCU  RC  RC  ✕   RCU  RCU -   ✕   -   ✕   -   -   ✕   R   RU   -   ✕
disclosure         RC  RCUA RCA  -    RC  RC  ✕   RC   RCU SU  SU  -   SU  ✕   ✕   ✕   R   RCUA -   ✕
break_glass        R   RA   RA   R    R   R   ✕   -    -   -   ✕   ✕   ✕   ✕   ✕   ✕   R   RA   -   ✕
agreement          R   R    RCU  -    -   -   -   R    R   -   -   -   -   -   -   R   R   RUA  -   ✕
erasure            -   -    RCA  -    -   -   ✕   -    -   -   ✕   -   ✕   -   -   ✕   R   RCA  -   ✕
interest           RC  RCU  RC   RCU  RC  RC  RC  RC   RC  RC  RC  RC  RC  RC  RC  ✕   RC  RU   -   ✕
cover              RCU RCUA RCUA RCUA RCU RCU RCU RCU  RCU RCU RCU RCU RCU RCU RCU ✕   R   R    -   ✕
notice             RU  RU   RU   RU   RU  RU  RU  RU   RU  RU  RU  RU  RU  RU  RU  RU  RU  RU   RU  RU
staff              R   R    R    R    -   -   -   R    R   -   -   -   -   -   -   -   R   R    -   RCU
appointment        -   -    RA   -    -   -   -   -    -   -   -   -   -   -   -   -   R   R    -   RCA
certificate        R   R    RCU  R    R   R   R   R    R   R   R   R   R   R   R   ✕   R   R    R   RCU
operation          RU  R    RCU  RCU  -   -   ✕   -    -   -   -   -   -   -   -   -   R   -    -   ✕
access             R   R    R    -    R   R   ✕   R    R   -   R   R   R   R   R   ✕   R   R    -   ✕
bundle             -   -    -    -    -   -   ✕   -    -   -   -   -   -   -   -   ✕   R   R    -   ✕
readers            -   -    -    -    -   -   ✕   -    -   -   -   -   -   -   -   ✕   R   -    -   ✕
policy             -   -    -    -    -   -   -   -    -   -   -   -   -   -   -   -   R   R    -   -
instrument         R   R    -    -    R   R   -   R    -   -   -   -   -   -   -   -   R   -    -   RCU
"""
# What the matrix names and nobody is given, and why.
WITHHELD = {
    # "Own child clients": a child's matter is of the class child_justice.
    ("justice", "child_protection_officer"): "S",
    # Minutes are kept by agenda item, and no item has an audience yet.
    **{
        ("conference", role): "R"
        for role in (
            *("psychologist", "health_worker", "educator", "legal_officer", "probation_officer"),
            *("security_assessor", "religious_counsellor", "livelihoods_officer"),
        )
    },
}
# By which relationships a role has what the matrix gives it, where the class says nothing else.
WAYS = {
    "supervisor": ("unit", "line"),
    "centre_manager": ("unit",),
    **dict.fromkeys(("coordinator", "auditor", DPO, "statistician"), ("jurisdiction",)),
    "partner": ("agreement",),
    "administrator": ("any",),
}
AROUND = (
    "agreement",
    "erasure",
    "staff",
    "appointment",
    "operation",
    "policy",
)  # of the country, not a case
MINE = ("notice", "interest", "cover", "certificate")
AS_GIVEN = ""  # stands for the letters of the matrix
# Where the notes of the matrix, or what a step of the wall is for, name other relationships.
NARROWED: dict[tuple[str, str], dict[str, str]] = {
    # A court's matters: by the docket or the condition, never by the team (notes 5, 6 and 7).
    **{
        (name, role): {"docket": AS_GIVEN}
        for name in ("justice", "child_justice", "docket", "child_docket", "alert_detention")
        for role in ("defence_lawyer", "prosecutor")
    },
    ("justice", "probation_officer"): {"supervision": AS_GIVEN},
    ("child_justice", "probation_officer"): {"supervision": AS_GIVEN},
    ("security", "prosecutor"): {"docket": AS_GIVEN},
    ("civil_documents", "defence_lawyer"): {"docket": AS_GIVEN},
    ("civil_documents", "legal_officer"): {"team": AS_GIVEN, "docket": AS_GIVEN},
    ("docket", "legal_officer"): {"team": AS_GIVEN, "docket": "R"},
    ("child_docket", "legal_officer"): {"team": AS_GIVEN, "docket": "R"},
    **{
        ("case", role): {"team": AS_GIVEN, "docket": AS_GIVEN}
        for role in ("legal_officer", "defence_lawyer", "prosecutor")
    },
    ("case", "probation_officer"): {"team": AS_GIVEN, "supervision": AS_GIVEN},
    **{
        ("access", role): {"team": AS_GIVEN, "docket": AS_GIVEN}
        for role in ("legal_officer", "prosecutor")
    },
    ("access", "probation_officer"): {"team": AS_GIVEN, "supervision": AS_GIVEN},
    # One's own notes; a glass may be broken for a colleague's (B others').
    ("therapy_notes", "psychologist"): {"own": "RCU", "team": "B"},
    ("faith_counselling", "religious_counsellor"): {"own": AS_GIVEN},
    # Their own goals and tasks, their own referrals.
    **{
        ("plan", role): {"own": AS_GIVEN}
        for role in ("educator", "legal_officer", "religious_counsellor", "livelihoods_officer")
    },
    **{
        ("referral", role): {"own": AS_GIVEN}
        for role in ("educator", "probation_officer", "religious_counsellor")
    },
    ("protection", "social_worker"): {"team": "RC", "unit": "B"},
    # The steps of the wall.
    ("disclosure", "supervisor"): {"unit": AS_GIVEN},
    **{
        ("disclosure", role): {"own": AS_GIVEN}
        for role in ("social_worker", "psychologist", "health_worker", "child_protection_officer")
    },
    ("disclosure", "legal_officer"): {"team": AS_GIVEN, "disclosed": "SU"},
    ("disclosure", "auditor"): {"jurisdiction": AS_GIVEN, "disclosed": "U"},
    **{
        ("disclosure", role): {"disclosed": AS_GIVEN}
        for role in ("defence_lawyer", "prosecutor", "security_assessor")
    },
    **{
        ("break_glass", role): {"self": AS_GIVEN}
        for role in ("social_worker", "centre_manager", "psychologist", "health_worker")
    },
    # What is not about a case.
    ("agreement", "partner"): {"self": AS_GIVEN},
    **{("instrument", role): {"any": AS_GIVEN} for role in ROLES},
    ("interest", "supervisor"): {"unit": AS_GIVEN, "self": "RC"},
    ("interest", "centre_manager"): {"unit": AS_GIVEN, "self": "RC"},
    ("interest", "coordinator"): {"jurisdiction": AS_GIVEN, "self": "RC"},
    ("interest", DPO): {"jurisdiction": AS_GIVEN, "self": "RC"},
    ("certificate", "supervisor"): {"unit": AS_GIVEN, "line": AS_GIVEN, "self": AS_GIVEN},
    ("certificate", "administrator"): {"any": AS_GIVEN},
    **{("certificate", role): {"jurisdiction": AS_GIVEN} for role in ("coordinator", "auditor")},
    ("cover", "supervisor"): {"unit": AS_GIVEN, "line": AS_GIVEN, "self": "RCU"},
    ("cover", "centre_manager"): {"unit": AS_GIVEN, "self": "RCU"},
    ("cover", "coordinator"): {"jurisdiction": AS_GIVEN, "self": "RCU"},
    ("cover", "auditor"): {"jurisdiction": AS_GIVEN},
    ("cover", DPO): {"jurisdiction": AS_GIVEN},
    **{("audit", role): {"jurisdiction": AS_GIVEN} for role in ("auditor", "coordinator", DPO)},
    ("audit", "supervisor"): {"unit": AS_GIVEN, "line": AS_GIVEN},
    ("audit", "administrator"): {"any": AS_GIVEN},
}
# Of whom the matrix says S, and who is shown that there is such a record, with its short form.
# The others who have S see the state of the track, and of the record nothing; of mental health
# they see whether somebody attends (note 9).
IN_SUMMARY: dict[str, dict[str, tuple[str, ...]]] = {
    "person": {
        "identity": ("educator", "defence_lawyer", "religious_counsellor", "partner"),
    },
    "identifier": {
        "identifiers": ("coordinator", "health_worker", "probation_officer", "livelihoods_officer"),
    },
    "contact": {
        "location": (
            *("psychologist", "health_worker", "legal_officer", "livelihoods_officer"),
            "auditor",
        ),
    },
    **{
        record: {
            "family": ("coordinator", "health_worker", "probation_officer", "livelihoods_officer"),
        }
        for record in ("relationship", "household", "household_member")
    },
    "event": {"audit": ("supervisor", "coordinator", "administrator")},
    "disclosure": {
        "disclosure": ("legal_officer", "defence_lawyer", "prosecutor", "security_assessor"),
    },
    "assessment": {
        "clinical": ("auditor",),
        "psychosocial_notes": ("centre_manager", "auditor"),
    },
    "judgement": {
        "security": ("social_worker", "supervisor", "coordinator", "centre_manager", "prosecutor"),
    },
    "track": {
        "clinical": ("social_worker", "centre_manager", "child_protection_officer", "auditor"),
    },
    "note": {
        "psychosocial_notes": ("centre_manager", "auditor"),
        "faith_counselling": ("social_worker", "supervisor", "centre_manager", "auditor"),
        "clinical": ("auditor",),
        "therapy_notes": ("auditor",),
    },
}
# What an entry of a docket opens, by the class of the matter.
OPENED = {
    "docket": ("docket", "justice", "security", "alert_detention"),
    "child_docket": ("child_docket", "child_justice", "alert_detention"),
    "civil_documents": ("civil_documents",),
}


def letters() -> Iterator[tuple[str, str, str]]:
    """Class, role and the letters of the matrix; nothing and never are an empty text."""
    for name, by_role in matrix().items():
        for role, rights in by_role.items():
            yield name, role, rights.strip("✕" + WITHHELD.get((name, role), ""))
    yield "audit", DPO, "R"
    _, *rows = ADDED.strip("\n").split("\n")
    for name, *cells in map(str.split, rows):
        for role, cell in zip(ROLES, cells, strict=True):
            yield name, role, cell.strip("-✕")


def ways(name: str, role: str) -> dict[str, str]:
    if (name, role) in NARROWED:
        return NARROWED[name, role]
    if name in AROUND and role != "administrator":
        return {"jurisdiction": AS_GIVEN}
    if name in MINE or name == "audit":
        return {"self": AS_GIVEN}
    return dict.fromkeys(WAYS.get(role, ("team",)), AS_GIVEN)


# Class → role → relationship → letters.
RIGHTS: dict[str, dict[str, dict[str, str]]] = {}
for _name, _role, _letters in letters():
    if _letters:
        _ways = {way: own or _letters for way, own in ways(_name, _role).items()}
        RIGHTS.setdefault(_name, {})[_role] = _ways


def has(role: str, name: str, wanted: str) -> bool:
    """By whichever relationship."""
    held = RIGHTS.get(name, {}).get(role, {}).values()
    return any(set(wanted) & set(one) for one in held)
