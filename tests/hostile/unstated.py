"""The rules that refuse what the OpenAPI file allows, for no schema can state them."""

import re
from typing import Any

from schemathesis.core.failures import Failure

NAMES = r".*/(full|given|family|patronymic|generation_suffix|display_name)"
BIRTH = r".*/(birth|value|original|earliest|latest)"
# Code of a fault → the places where it may come.
RULES = {
    # Only this service makes one: a cursor is signed, a case number has a check character.
    "cursor": r"query\.cursor",
    "not-a-number": r"query\.number",
    # What a role's summary does not show, it does not filter by; and the calendar ends somewhere.
    "unknown-parameter": r"query\.\w+",
    "moment-parsing": r"query\.(since|until|as_of)",
    # Names a record, or a code that the practice of a country or a programme defines.
    "unknown": r".*/(\w+_id|code|version|programme|jurisdiction|track|to|item|retention_class|tool)"
    r"|/classes/.*|/items/[0-9]+/(record|version|fields/[0-9]+)|/evidence/[0-9]+/(indicator|rating)"
    r"|/fields/[a-z_]+(/[0-9]+)?"
    r"|query\.respondent",  # whom an instrument asks
    "not-a-beginning": r"/phase",
    "cannot-read": r"/(discipline|to|assignee_id)",
    "cannot-lead": r".*/?lead_worker_id",
    # A list that is longer than the rest of the file.
    "unknown-country": r".*/(origin|nationality|country)",
    "guessable": r"/password",
    # Depends on today, or on another field or record.
    "future": rf".*(_on|/on|/since|/until)|query\.as_of|{BIRTH}",
    "past": r"/(until|since|available_until|deadline|inform_review_on)",
    "out-of-range": r"/(until|review_on|valid_until)",
    "before-since": r".*/(until|effective_on|expires_on|valid_until)",
    "before-issued": r".*/expires_on",
    "before-decision": r"/(since|act_on)",
    "bounds-reversed": BIRTH,
    "twice": r"/members|/items/[0-9]+/record_id|/evidence/[0-9]+/indicator|/item/[0-9]+/linkId",
    "not-named": r"/tool_name",
    "idempotency-key-reused": r"\?",  # with another body than before
    "self": r"/(other_id|holder_id|supervisor_id|recipient_id)",
    # Who may be entered in a docket, by role and by the class of the proceeding.
    "no-party": r"/user_id",
    "not-juvenile": r"/juvenile",
    "parent-younger-than-child": r"/type",
    "only-hidden-names": r".*/?names",
    "client": r"/role",
    # Whose word counts, by age and by the law of the place.
    "no-giver": r"/giver",
    "too-young": r"/giver",
    "of-age": r"/giver",
    "refused": r"/assent",
    "unchanged": r"|/password",
    "missing": (
        r"/(reason|assignee_id|proof_reference|unit_id|file|agreement_id|language|assent|outcome"
        r"|document|consent_id|not_informed_reason|inform_review_on|words|answers|authored|language"
        r"|item)"
    ),
    # What an instrument takes, by its file and the age of the person.
    "value-not-allowed": r"/answers/[A-Z0-9_]+|/item/[0-9]+/answer/0",
    **dict.fromkeys(("unknown-fact", "fact-not-allowed"), r"/facts/[a-z0-9_]+"),
    "unknown-respondent": r"/respondent|query\.respondent",
    "age": "/instrument|/questionnaire",
    "before-birth": "/administered_on",
    "not-worded": "/language",
    "several": r"/instrument|/item/[0-9]+/answer",
    "no-number": r"query\.instrument",
    "without-as-of": r"query\.rights_as_of",
    # What is disclosed: by whose word, to whom, and no more than was asked for.
    "both": r"/person_informed_on",
    "not-asked": r"/items/[0-9]+/(record_id|fields/[0-9]+)",
    "not-by-disclosure": r"/recipient_id",
    # A reporting line has no end that is its beginning.
    "cycle": r"/supervisor_id",
    # An option of an upload stands beside its bytes; in any other body it stands within.
    "extra-forbidden": r"query\.(dry_run|lead_worker_id|confirm_duplicates)",
    # Space around a text does not count; and what a letter is, Unicode says.
    "string-too-short": r".*",
    "says-nothing": r".*",
    "empty": rf"{NAMES}|.*/value",
    "no-letter": NAMES,
    "invisible-character": NAMES,
    "bidi-control": NAMES,
    "control-character": NAMES,
    "too-short": r"/password",
    "too-long": r"/password",
    "not-text": r"/password",
    # What a QuestionnaireResponse of FHIR may be beside answers to a form of ours.
    "not-a-response": r"/resourceType",
    "not-understood": r"/(item/[0-9]+/)?(modifierExtension|implicitRules)",
    "unknown-questionnaire": r"/questionnaire",
    "not-completed": r"/status",
    "another-subject": r"/subject",
    "unknown-item": r"/item(/[0-9]+(/linkId)?)?|/answers/[A-Z0-9_]+",
    "nested": r"/item/[0-9]+/item",
    "date-parsing": r"/authored",
    "invalid": r"/extension",
    # The words in which lists write a birth, in two calendars.
    "birth-not-understood": BIRTH,
    "no-such-day": BIRTH,
    "year-out-of-range": BIRTH,
}
A_FILE = r"/lines/.*"  # whatever is wrong in there, the OpenAPI file says nothing of it


def known(fault: dict[str, str]) -> bool:
    places = RULES.get(fault["code"], "(?!)")
    return bool(re.fullmatch(rf"{A_FILE}|{places}", fault["pointer"]))


def refused_by_a_known_rule(_: Any, response: Any, case: Any) -> None:
    """What the OpenAPI file allows is refused by one of these rules, or not at all."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code != 422:
        return
    told = response.json()
    faults = told.get("errors") or [{"code": told["code"], "pointer": "?"}]
    strange = [
        f"{one['code']} at {one['pointer'] or 'the whole body'}" for one in faults if not known(one)
    ]
    if strange:
        text = f"the file allows it and no rule is known: {', '.join(strange[:5])}"
        raise Failure(operation=case.operation.label, title="Refused", message=text)
