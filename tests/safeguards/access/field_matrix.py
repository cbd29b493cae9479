"""The matrix of the field as protection staff agreed on it, copied by hand: nothing is computed.

R read, C create, U change, A approve, S summary, Q by disclosure, B break-glass, ✕ never. An
auditor's content "by two-person approval" is Q: a disclosure takes two.
"""

ROLES = (
    *("social_worker", "supervisor", "coordinator", "centre_manager", "psychologist"),
    *("health_worker", "educator", "child_protection_officer", "legal_officer"),
    *("defence_lawyer", "prosecutor", "probation_officer", "security_assessor"),
    *("religious_counsellor", "livelihoods_officer", "partner", "auditor"),
    *("statistician", "administrator"),
)
ROWS = """
                   SW  SUP COO CEN PSY  HLT EDU CPO LGO DEF PRO PRB SEC REL LIV PAR AUD MNE ADM
identity           RCU RA  R   RCU R    R   S   RCU RCU S   Q   R   R   S   R   S   R   -   ✕
identifiers        RC  R   S   RC  -    S   ✕   R   RCU Q   Q   S   R   ✕   S   S   R   -   ✕
location           RCU R   -   RC  S    S   S   RC  S   -   Q   R   Q   -   S   -   S   -   ✕
family             RCU R   S   R   R    S   ✕   RCU R   -   Q   S   Q   -   S   -   R   -   ✕
justice            S   S   S   S   -    -   ✕   S   S   R   RCU RU  S   ✕   ✕   ✕   R   -   ✕
child_justice      S   S   -   -   -    -   ✕   S   S   R   RCU S   ✕   ✕   ✕   ✕   S   -   ✕
civil_documents    RC  R   S   R   -    -   ✕   RC  RCU R   -   -   -   ✕   S   S   R   -   ✕
security           S   S   S   S   -    -   ✕   -   -   Q   S   R   RCU ✕   ✕   ✕   R   -   ✕
clinical           S   -   -   S   RCU  R   ✕   S   -   Q   ✕   ✕   ✕   ✕   ✕   ✕   SQ  -   ✕
therapy_notes      ✕   ✕   ✕   ✕   RCUB B   ✕   ✕   ✕   ✕   ✕   ✕   ✕   ✕   ✕   ✕   SQ  -   ✕
psychosocial_notes RCU R   -   S   R    -   ✕   R   -   -   ✕   -   ✕   ✕   -   ✕   SQ  -   ✕
health             SB  -   -   SB  S    RCU S   S   -   -   ✕   ✕   ✕   ✕   -   -   SQ  -   ✕
protection         RCB R   -   S   RC   RC  C   RCU Q   -   ✕   ✕   ✕   ✕   -   ✕   SQ  -   ✕
education          R   R   S   R   R    -   RCU R   -   -   ✕   -   -   -   S   S   R   -   ✕
livelihood         RCU R   S   R   -    -   ✕   S   R   -   -   S   -   -   RCU S   R   -   ✕
faith_counselling  S   S   -   S   -    -   ✕   -   -   -   ✕   ✕   ✕   RCU ✕   ✕   SQ  -   ✕
plan               RCU RA  R   RC  RC   RC  S   RCU RC  -   ✕   S   -   S   RC  S   R   -   ✕
referral           RCU R   S   RC  RC   RC  RC  RC  RC  -   -   RC  -   RC  RC  R   R   -   ✕
conference         RCU RA  R   RC  R    R   R   RC  R   -   ✕   R   R   R   R   ✕   R   -   ✕
audit              R   S   S   -   R    R   R   R   R   -   R   R   R   R   R   R   R   -   S
statistics         R   R   R   S   -    -   -   -   -   -   R   -   R   -   -   R   R   RC  ✕
"""
# Where the matrix narrows a right by words: by which relationship alone the role has it.
OWN = {  # what they wrote, or did, or lead
    ("therapy_notes", "psychologist"): "own",
    ("faith_counselling", "religious_counsellor"): "own",
    **{
        ("plan", role): "own"
        for role in ("educator", "legal_officer", "religious_counsellor", "livelihoods_officer")
    },
    **{
        ("referral", role): "own"
        for role in ("educator", "probation_officer", "religious_counsellor")
    },
    ("referral", "partner"): "agreement",  # what was referred to them
    **{
        ("audit", role): "self"
        for role in ROLES
        if role not in ("auditor", "supervisor", "coordinator", "administrator")
    },
}
# The country as a whole, the unit, or the cases that one is on: nobody reads more widely.
WIDEST = {
    "social_worker": "team",
    "supervisor": "unit",
    "coordinator": "jurisdiction",
    "centre_manager": "unit",
    "partner": "agreement",
    "auditor": "jurisdiction",
    "statistician": "jurisdiction",
}


def matrix() -> dict[str, dict[str, str]]:
    """Class → role → rights; no right is an empty text."""
    _, _, *rows = ROWS.split("\n")
    told = {}
    for name, *cells in (row.split() for row in rows if row):
        told[name] = dict(zip(ROLES, (cell.strip("-") for cell in cells), strict=True))
    return told
