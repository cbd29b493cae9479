"""For every route that writes: what leads to it, and at last a request of it that is taken.

Told by hand, of the people and the files of the scene of cells. Each step may name the id that it
is answered with; braces stand for ids that are known by then.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.access.cells.scene import BOARD, COURT, ORDER, WHY, disclosing
from tests.access.cells.writes import CONDITION, CONSENT
from tests.casework.judgements.judging import body as judged
from tests.making import today
from tests.registry.erasures.erased import PAPER
from tests.registry.test_certificates import certificate
from tests.worlds import PASSWORD

WORKER, BOSS, HEAD = "social_worker author", "supervisor unit", "coordinator none"
DPO, ADMIN, SECOND = "data_protection_officer none", "administrator none", "administrator north"
MIND, COURT_SIDE, TRADE = "psychologist author", "prosecutor docket", "livelihoods_officer team"
ASSESSOR, READER = "security_assessor team", "security_assessor cover"
TODAY, LATER = str(today()), str(today() + timedelta(days=9))


@dataclass(frozen=True)
class Step:
    who: str  # role and relationship, or role and unit
    route: str  # method and path
    body: Any = None
    made: str = ""  # the name under which the answer's id is known from then on
    form: bool = False


def step(who: str, route: str, made: str = "", /, **body: Any) -> Step:
    return Step(who, route, body, made)


Story = tuple[Step, ...]
CASE, PERSON, USER = "/v1/cases/{case_id}", "/v1/people/{person_id}", "/v1/users/{colleague_id}"
NAME = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
ALERT = step(MIND, f"POST {CASE}/alerts", "alert_id", kind="SAFETY_OTHERS")
PHQ9 = {
    "instrument": "phq9",
    "respondent": "self",
    "administered_on": TODAY,
    "language": "ru",
    "answers": {str(n): 1 for n in range(1, 10)},
    "too_soon_reason": "once more",
}
RESPONSE = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "urn:casework:instrument:gad7:self|1",
    "status": "completed",
    "authored": TODAY,
    "language": "ru",
    "item": [
        {
            "linkId": str(n),
            "answer": [{"valueCoding": {"system": "urn:casework:instrument:answer", "code": "1"}}],
        }
        for n in range(1, 8)
    ],
}
ASSESSED = step(MIND, f"POST {CASE}/assessments", "assessment_id", **PHQ9)
BEGUN = step(MIND, f"POST {CASE}/assessments", "assessment_id", **PHQ9, status="draft")
SEEN = step(BOSS, f"POST {CASE}/alerts/{{alert_id}}/acknowledge")
CONSENTED = step(WORKER, f"POST {CASE}/consents", "consent_id", **CONSENT)
ASKED = Step(WORKER, f"POST {CASE}/disclosures", disclosing("case", "{case_id}"), "disclosure_id")
MATTER = step(BOSS, f"POST {CASE}/proceedings", "proceeding_id", kind="criminal", **COURT)
MATTERS = f"{CASE}/proceedings/{{proceeding_id}}"
PARTY = step(
    *(BOSS, f"POST {MATTERS}/parties", "entry_id"),
    **{"user_id": "{defence_lawyer none}", "mandate": "order 7", "mandate_dated_on": TODAY},
    until=LATER,
)
SEAL = step(BOSS, f"POST {CASE}/seal", "sealing_id", ground="juvenile_justice", **ORDER)
SEALED = step(HEAD, f"POST {CASE}/seal/{{sealing_id}}/approve", **WHY)
UNSEAL = step(HEAD, f"POST {CASE}/unseal", "sealing_id", **ORDER)
ERASING = step(
    *(DPO, "POST /v1/erasures", "erasure_id"),
    **{"person_id": "{other_id}", "ground": "request", **PAPER, **WHY},
)
BOUND = step(COURT_SIDE, f"POST {CASE}/supervisions", "condition_id", **CONDITION)
TASK = step(WORKER, f"POST {CASE}/tasks", "task_id", title="call", due_on=LATER)
OTHER = step(WORKER, "POST /v1/people", "other_id", names=[NAME], birth={"value": "1990"})
HERS = step(WORKER, "POST /v1/people", "person_id", names=[NAME], birth={"value": "1990"})
OPENED = step(WORKER, "POST /v1/cases", "case_id", person_id="{person_id}", programme="alder")
CLOSING = step(WORKER, f"POST {CASE}/close", reason="duplicate", outcome="another file")
CLOSED = step(BOSS, f"POST {CASE}/close/approve", **WHY)
MEMBER = step(
    *(WORKER, f"POST {CASE}/team", "member_id"),
    **{"user_id": "{educator none}", "part": "teacher", **WHY},
)
TRADER = step(
    *(WORKER, f"POST {CASE}/team"),
    **{"user_id": "{livelihoods_officer none}", "part": "trade", **WHY},
)
TRACK = step("livelihoods_officer none", f"POST {CASE}/tracks", code="LIV", **WHY)
PATHWAY = step(
    BOSS, f"POST {CASE}/pathways", "assignment_id", code="P4_ADULT_VICTIM_WITNESS", **BOARD
)
HOME = step(
    *(WORKER, "POST /v1/households", "household_id"),
    members=[{"person_id": "{person_id}", "reason": "test"}],
)
JOINED = step(
    *(WORKER, "POST /v1/households/{household_id}/members", "member_id"),
    **{"person_id": "{other_id}", **WHY},
)
FLIGHT = step(
    *(HEAD, "POST /v1/operations", "operation_id"),
    **{"code": "op-2", "name": "Two", "programme": "alder", "arrives_on": TODAY},
)
ARRIVED = {"names": [{"full": "Синтетова Нина", "source": "test"}], "birth": {"value": "1991"}}
TERMS = step(
    *(HEAD, "POST /v1/agreements", "agreement_id"),
    **{"client_id": "{partner none}", "party": "School board of Alder", "direction": "out"},
    **{"purpose": "places in school", "legal_basis": "memorandum 4-2026", "retention_days": 365},
    **{"classes": ["education"], "contact": "the secretary", "since": TODAY},
    **{"until": str(today() + timedelta(days=100)), "review_on": str(today() + timedelta(days=50))},
)
AGREEMENT = "/v1/agreements/{agreement_id}"
COVER = step(
    *("educator team", "POST /v1/covers", "cover_id"),
    **{"holder_id": "{educator none}", "kind": "absence", "until": LATER, **WHY},
)
CONFLICT = step(
    *(HEAD, f"POST {USER}/conflicts", "interest_id"),
    **{"person_id": "{person_id}", "relation": "neighbour", **WHY},
)
CONFLICTS = f"{USER}/conflicts/{{interest_id}}/end"
TRAINED = certificate("trap18")
CERTIFIED = step(HEAD, f"POST {USER}/certificates", "certificate_id", **TRAINED)
ABLE = step(HEAD, "POST /v1/users/{assessor_id}/certificates", **TRAINED)
READS = step(HEAD, "POST /v1/users/{reader_id}/certificates", **TRAINED)
SEEN_IN_HIM = {"indicator": "1.2", "rating": "present", "for": "said so"}
JUDGED = judged(tool="trap18", evidence=[SEEN_IN_HIM])
DRAFT = step(ASSESSOR, f"POST {CASE}/judgements", "judgement_id", **JUDGED)
JUDGEMENT = f"{CASE}/judgements/{{judgement_id}}"
SUBMITTED = (ABLE, DRAFT, step(ASSESSOR, f"POST {JUDGEMENT}/submit"))
DISSENT = step(READER, f"POST {JUDGEMENT}/second-reading", agrees=False, words="not his letters")
POST = step(ADMIN, f"POST {USER}/changes", "change_id", role="livelihoods_officer", **WHY)
NEW_USER = step(
    *(ADMIN, "POST /v1/users", "user_id"),
    **{"username": "newcomer", "display_name": "Newcomer", "role": "educator"},
    **{"unit_id": "{unit_id}", "password": PASSWORD},
)
CLIENT = step(
    *(ADMIN, "POST /v1/clients", "client_id"),
    **{"client_id": "board-2", "display_name": "Board", "unit_id": "{unit_id}"},
)
GLASS = "/v1/cases/{case_id}/break-glass"
UNGLASS = step("psychologist glass", f"POST {GLASS}/{{glass_id}}/end")
TOKEN = Step(
    *("", "POST /v1/token"),
    {"grant_type": "password", "username": "educator-none", "password": PASSWORD},
    *("token", True),
)

STORIES: tuple[Story, ...] = (
    (ALERT,),
    (ASSESSED,),
    (BEGUN, step(MIND, f"PATCH {CASE}/assessments/{{assessment_id}}", answers={"9": 1})),
    (BEGUN, step(MIND, f"POST {CASE}/assessments/{{assessment_id}}/submit")),
    (ASSESSED, step(MIND, f"POST {CASE}/assessments/{{assessment_id}}/sign")),
    (
        ASSESSED,
        step(MIND, f"POST {CASE}/assessments/{{assessment_id}}/amend", answers={"1": 3}, **WHY),
    ),
    (ASSESSED, step(MIND, f"POST {CASE}/assessments/{{assessment_id}}/void", **WHY)),
    (step(MIND, f"POST {CASE}/assessments/fhir", **RESPONSE),),
    (ALERT, SEEN),
    (ALERT, step(BOSS, f"POST {CASE}/alerts/{{alert_id}}/escalate")),
    (ALERT, SEEN, step(BOSS, f"POST {CASE}/alerts/{{alert_id}}/close", outcome="dealt_with")),
    (
        UNGLASS,
        step(
            *("psychologist glass", f"POST {GLASS}"),
            record_class="therapy_notes",
            reason_code="danger_to_life",
            text="again",
        ),
    ),
    (UNGLASS,),
    (step(HEAD, f"POST {GLASS}/{{glass_id}}/review", verdict="justified", text="was right"),),
    (CONSENTED,),
    (CONSENTED, step(WORKER, f"POST {CASE}/consents/{{consent_id}}/withdraw", by="self", **WHY)),
    (ASKED,),
    (ASKED, step(BOSS, f"POST {CASE}/disclosures/{{disclosure_id}}/approve", **WHY)),
    (ASKED, step(BOSS, f"POST {CASE}/disclosures/{{disclosure_id}}/deny", **WHY)),
    (
        step(
            *(MIND, f"POST {CASE}/disclosures/{{issued_id}}/inform"),
            person_informed_on=TODAY,
        ),
    ),
    (DRAFT,),
    (DRAFT, step(ASSESSOR, f"PATCH {JUDGEMENT}", overall="low")),
    SUBMITTED,
    (*SUBMITTED, READS, DISSENT),
    (*SUBMITTED, READS, DISSENT, step(READER, f"POST {JUDGEMENT}/consensus", text="they are")),
    (*SUBMITTED, step(ASSESSOR, f"POST {JUDGEMENT}/statements", text="I never said so")),
    (*SUBMITTED, step(ASSESSOR, f"POST {JUDGEMENT}/void", **WHY)),
    (step(WORKER, f"POST {CASE}/notes", kind="social_work", occurred_on=TODAY, text="came"),),
    (MATTER,),
    (MATTER, step(BOSS, f"POST {MATTERS}/transitions", to="suspended")),
    (MATTER, PARTY),
    (MATTER, PARTY, step(BOSS, f"POST {MATTERS}/parties/{{entry_id}}/end", **WHY)),
    (SEAL,),
    (SEAL, SEALED),
    (SEAL, step(HEAD, f"POST {CASE}/seal/{{sealing_id}}/decline", **WHY)),
    (SEAL, SEALED, UNSEAL),
    (SEAL, SEALED, UNSEAL, step(DPO, f"POST {CASE}/unseal/{{sealing_id}}/approve", **WHY)),
    (SEAL, SEALED, UNSEAL, step(DPO, f"POST {CASE}/unseal/{{sealing_id}}/decline", **WHY)),
    (OTHER, ERASING),
    (OTHER, ERASING, step(HEAD, "POST /v1/erasures/{erasure_id}/approve", **WHY)),
    (OTHER, ERASING, step(HEAD, "POST /v1/erasures/{erasure_id}/decline", **WHY)),
    (BOUND,),
    (
        BOUND,
        step(
            *(COURT_SIDE, f"POST {CASE}/supervisions/{{condition_id}}/assign"),
            officer_id="{probation_officer none}",
        ),
    ),
    (BOUND, step(COURT_SIDE, f"POST {CASE}/supervisions/{{condition_id}}/end", **WHY)),
    (TASK,),
    (TASK, step(WORKER, f"PATCH {CASE}/tasks/{{task_id}}", title="call twice")),
    (TASK, step(WORKER, f"POST {CASE}/tasks/{{task_id}}/acknowledge")),
    (TASK, step(WORKER, f"POST {CASE}/tasks/{{task_id}}/escalate", to="supervisor", **WHY)),
    (TASK, step(WORKER, f"POST {CASE}/tasks/{{task_id}}/finish", outcome="called")),
    (TASK, step(WORKER, f"POST {CASE}/tasks/{{task_id}}/cancel", **WHY)),
    (HERS, OPENED),
    (step(WORKER, f"PATCH {CASE}", need_level="high", **WHY),),
    (step(BOSS, f"POST {CASE}/phase", to="reintegration", decided_by="Board 7", **WHY),),
    (HERS, OPENED, CLOSING),
    (HERS, OPENED, CLOSING, CLOSED),
    (HERS, OPENED, CLOSING, step(BOSS, f"POST {CASE}/close/decline", **WHY)),
    (HERS, OPENED, CLOSING, CLOSED, step(BOSS, f"POST {CASE}/reopen", **WHY)),
    (MEMBER,),
    (MEMBER, step(WORKER, f"POST {CASE}/team/{{member_id}}/release", **WHY)),
    (HERS, OPENED, TRADER, TRACK),
    (step(TRADE, f"POST {CASE}/tracks/LIV/transitions", to="closed", **WHY),),
    (step(WORKER, f"POST {CASE}/milestones", code="arrived"),),
    (PATHWAY,),
    (PATHWAY, step(BOSS, f"POST {CASE}/pathways/{{assignment_id}}/end", **WHY)),
    (step(WORKER, f"POST {CASE}/deadlines/{{deadline_id}}/meet", note="seen"),),
    (HERS,),
    (step(WORKER, f"PATCH {PERSON}", nationality_status="undetermined", **WHY),),
    (Step(WORKER, f"POST {PERSON}/names", NAME),),
    (step(WORKER, f"POST {PERSON}/identifiers", system="visa", value="9", source="test"),),
    (step(WORKER, f"POST {PERSON}/contacts", type="phone", text="+7 111", source="test"),),
    (
        HERS,
        OTHER,
        step(
            *(WORKER, f"POST {PERSON}/relationships"),
            **{"other_id": "{other_id}", "type": "sibling", "source": "test"},
        ),
    ),
    (HERS, HOME),
    (HERS, HOME, OTHER, JOINED),
    (
        *(HERS, HOME, OTHER, JOINED),
        step(WORKER, "POST /v1/households/{household_id}/members/{member_id}/leave", **WHY),
    ),
    (FLIGHT,),
    (FLIGHT, step(HEAD, "PATCH /v1/operations/{operation_id}", name="Two and a half")),
    (
        FLIGHT,
        step(WORKER, "POST /v1/operations/{operation_id}/arrivals", members=[ARRIVED]),
    ),
    (step("educator none", "POST /v1/me/sessions/end"),),
    (
        step(
            *("educator none", "POST /v1/me/password"),
            **{"current": PASSWORD, "password": f"{PASSWORD} again"},
        ),
    ),
    (step("educator none", "POST /v1/me/second-factor", password=PASSWORD),),
    (
        step("educator none", "POST /v1/me/second-factor", "secret", password=PASSWORD),
        step("educator none", "POST /v1/me/second-factor/confirm", otp="{otp}"),
    ),
    (TERMS,),
    (TERMS, step(DPO, f"POST {AGREEMENT}/approve", **WHY)),
    (TERMS, step(DPO, f"POST {AGREEMENT}/decline", **WHY)),
    (
        TERMS,
        step(DPO, f"POST {AGREEMENT}/approve", **WHY),
        step(HEAD, f"POST {AGREEMENT}/end", **WHY),
    ),
    (POST,),
    (POST, step(SECOND, f"POST {USER}/changes/{{change_id}}/approve", **WHY)),
    (POST, step(SECOND, f"POST {USER}/changes/{{change_id}}/decline", **WHY)),
    (CERTIFIED,),
    (CERTIFIED, step(HEAD, f"POST {USER}/certificates/{{certificate_id}}/withdraw", **WHY)),
    (CONFLICT,),
    (CONFLICT, step(DPO, f"POST {CONFLICTS}", **WHY)),
    (
        CONFLICT,
        step(DPO, f"POST {CONFLICTS}", **WHY),
        step("data_protection_officer unit", f"POST {CONFLICTS}/approve", **WHY),
    ),
    (
        CONFLICT,
        step(DPO, f"POST {CONFLICTS}", **WHY),
        step("data_protection_officer unit", f"POST {CONFLICTS}/decline", **WHY),
    ),
    (COVER,),
    (COVER, step(HEAD, "POST /v1/covers/{cover_id}/approve", **WHY)),
    (COVER, step(HEAD, "POST /v1/covers/{cover_id}/decline", **WHY)),
    (
        COVER,
        step(HEAD, "POST /v1/covers/{cover_id}/approve", **WHY),
        step(HEAD, "POST /v1/covers/{cover_id}/end", **WHY),
    ),
    (step("{told}", "POST /v1/me/notices/{notice_id}/seen"),),
    (NEW_USER,),
    (step(ADMIN, f"PATCH {USER}", display_name="Another name", **WHY),),
    (step(ADMIN, f"POST {USER}/reset-password", **WHY),),
    (step(ADMIN, f"POST {USER}/reset-second-factor", **WHY),),
    (step(ADMIN, f"POST {USER}/unlock", **WHY),),
    (CLIENT,),
    (CLIENT, step(ADMIN, "POST /v1/clients/{client_id}/rotate-secret", **WHY)),
    (step(ADMIN, "POST /v1/units", code="west", name="west", jurisdiction="ra"),),
    (TOKEN,),
    (TOKEN, Step("", "POST /v1/token/revoke", {"token": "{token}"}, form=True)),
)


NAMES = {"issued_id": "disclosure_id", "colleague_id": "user_id", "LIV": "{track}"}


def route_of(story: Story) -> str:
    """As the application spells it."""
    route = story[-1].route
    for ours, theirs in NAMES.items():
        route = route.replace(ours, theirs)
    return route
