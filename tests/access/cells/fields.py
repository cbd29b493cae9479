"""Each field of a body that takes the id of a record: by whom it is named, and in what body."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.access.cells.scene import WHY, disclosing
from tests.access.cells.writes import CONDITION, CONSENT
from tests.casework.judgements.judging import body as judged
from tests.making import today

Body = dict[str, Any]
Place = tuple[str, str]  # role and relation
Operation = tuple[str, str]  # method and path, as the description has them
JSON, PATCH = "application/json", "application/merge-patch+json"
CASE, NAME = "/v1/cases/{case_id}", {"full": "Проба Имени", "source": "test"}
WORKER, SUPERVISOR, CLERK = (
    ("social_worker", "author"),
    ("supervisor", "unit"),
    ("coordinator", "none"),
)
TASK = {"title": "see to it", "due_on": "2030-01-01", "record_class": "plan"}
TERMS = {
    "party": "Another board",
    "purpose": "places in school",
    "legal_basis": "memorandum 5-2026",
    "direction": "out",
    "classes": ["identity"],
    "retention_days": 365,
    "contact": "the secretary",
    "since": str(today()),
    "until": "2030-01-01",
    "review_on": "2029-01-01",
}
AWAY = {"kind": "absence", "until": str(today()), **WHY}
MANDATE = {"mandate": "order 7", "mandate_dated_on": str(today()), "until": "2030-01-01"}
ERASED = {"ground": "request", "authority": "A court", "reference": "1", "dated_on": "2026-01-15"}


@dataclass(frozen=True)
class Field:
    """`at`: where in the body; `of`: records whose ids it takes; the rest of the body fits.

    Where nobody has the id, the answer names this field, or is 403 with the code `refused`.
    """

    operation: Operation
    at: str
    of: tuple[str, ...]
    who: Place
    body: Callable[[], Body]
    media: tuple[str, ...] = (JSON,)
    but: str = ""  # letters by which somebody may name what they do not see (decision 94)
    refused: str = ""

    @property
    def names(self) -> Iterator[tuple[str, str, str, str]]:
        for media in self.media:
            yield (*self.operation, media, self.at)

    def naming(self, record_id: str) -> Body:
        """A body that names this record there."""
        whole: Any = self.body()
        *way, last = [int(one) if one.isdigit() else one for one in self.at[1:].split("/")]
        inner = whole
        for step in way:
            inner = inner[step]
        inner[last] = record_id
        found: Body = whole
        return found


def fits(**body: Any) -> Callable[[], Body]:
    return lambda: dict(body)


FIELDS = (
    Field(
        ("POST", f"{CASE}/alerts"),
        *("/assignee_id", ("user",), WORKER),
        fits(kind="STAFF_SAFETY"),
    ),
    Field(
        ("POST", f"{CASE}/consents"),
        *("/agreement_id", ("agreement",), WORKER),
        fits(**{**CONSENT, "scope": "sharing"}),
    ),
    Field(
        ("POST", f"{CASE}/disclosures"),
        *("/consent_id", ("consent",), WORKER),
        lambda: {**disclosing("case", "{case_id}"), "ground": "consent", "document": None},
    ),
    Field(
        ("POST", f"{CASE}/disclosures"),
        *("/items/0/record_id", ("contact",), WORKER),
        lambda: disclosing("contact", ""),
        but="SQ",
    ),
    Field(
        ("POST", f"{CASE}/disclosures"),
        *("/items/0/record_id", ("note",), WORKER),
        lambda: disclosing("note", ""),
        but="SQ",
    ),
    Field(
        ("POST", f"{CASE}/disclosures"),
        *("/recipient_id", ("user",), WORKER),
        lambda: disclosing("case", "{case_id}"),
    ),
    Field(
        ("POST", f"{CASE}/disclosures/{{disclosure_id}}/approve"),
        *("/items/0/record_id", ("contact", "note", "task"), SUPERVISOR),
        lambda: {**WHY, "items": [{"record": "contact", "record_id": "", "fields": ["text"]}]},
    ),
    Field(
        ("POST", f"{CASE}/notes"),
        *("/corrects_id", ("note",), WORKER),
        fits(kind="social_work", occurred_on=str(today()), text="what was said"),
    ),
    Field(
        ("POST", f"{CASE}/proceedings/{{proceeding_id}}/parties"),
        *("/user_id", ("user",), SUPERVISOR),
        fits(**MANDATE),
    ),
    Field(
        ("POST", f"{CASE}/supervisions"),
        *("/officer_id", ("user",), ("prosecutor", "docket")),
        fits(**CONDITION),
    ),
    Field(
        ("POST", f"{CASE}/supervisions/{{condition_id}}/assign"),
        *("/officer_id", ("user",), ("prosecutor", "docket")),
        fits(),
    ),
    Field(("POST", f"{CASE}/tasks"), "/assignee_id", ("user",), WORKER, fits(**TASK)),
    Field(
        ("PATCH", f"{CASE}/tasks/{{task_id}}"),
        *("/assignee_id", ("user",), WORKER, fits()),
        media=(JSON, PATCH),
    ),
    Field(
        ("POST", "/v1/cases"),
        *("/person_id", ("person",), WORKER, fits(programme="alder")),
    ),
    Field(
        ("POST", "/v1/cases"),
        *("/lead_worker_id", ("user",), WORKER),
        fits(programme="alder", person_id="{person_id}"),
    ),
    Field(("PATCH", CASE), "/lead_worker_id", ("user",), WORKER, fits(), media=(JSON, PATCH)),
    Field(("POST", f"{CASE}/team"), "/user_id", ("user",), WORKER, fits(part="nurse", **WHY)),
    Field(
        ("POST", "/v1/people/{person_id}/relationships"),
        *("/other_id", ("person",), WORKER, fits(type="sibling", source="test")),
    ),
    Field(
        ("POST", "/v1/households"),
        *("/members/0/person_id", ("person",), WORKER, lambda: {"members": [{}]}),
    ),
    Field(
        ("POST", "/v1/households/{household_id}/members"),
        *("/person_id", ("person",), WORKER, fits(reason="moved in")),
    ),
    Field(
        ("POST", "/v1/operations/{operation_id}/arrivals"),
        *("/lead_worker_id", ("user",), WORKER),
        lambda: {"members": [{"names": [NAME], "group": "Z"}]},
    ),
    Field(("POST", "/v1/agreements"), "/client_id", ("user",), CLERK, fits(**TERMS)),
    Field(
        ("POST", "/v1/users/{user_id}/conflicts"),
        *("/person_id", ("person",), SUPERVISOR, fits(relation="kin", **WHY)),
    ),
    Field(
        ("POST", "/v1/covers"),
        *("/grantor_id", ("user",), SUPERVISOR, fits(holder_id="{user_id}", **AWAY)),
        refused="not-theirs",  # it is asked first whose superior they are
    ),
    Field(("POST", "/v1/covers"), "/holder_id", ("user",), SUPERVISOR, fits(**AWAY)),
    Field(
        ("POST", "/v1/erasures"),
        *("/person_id", ("person",), ("coordinator", "kin"), fits(**ERASED, **WHY)),
    ),
    Field(
        ("POST", f"{CASE}/judgements"),
        *("/supersedes_id", ("judgement",), ("security_assessor", "team")),
        judged,
    ),
)
# Fields of which nobody asks here, and why.
OWN = "an id that the client makes for a new record: it is taken or it is not, in every table"
ANYWHERE = "named by administrators alone, who see the staff of every country"
ELSEWHERE = "of a file with a form, the same field as in JSON, read by the same function"
LEFT_OUT = {
    ("POST", "/v1/users/{user_id}/changes", JSON, "/supervisor_id"): ANYWHERE,
    ("POST", "/v1/users/{user_id}/changes", JSON, "/unit_id"): ANYWHERE,
    ("POST", "/v1/users", JSON, "/unit_id"): ANYWHERE,
    ("POST", "/v1/clients", JSON, "/unit_id"): ANYWHERE,
    (
        *("POST", "/v1/operations/{operation_id}/arrivals", "multipart/form-data"),
        "/lead_worker_id",
    ): ELSEWHERE,
}
