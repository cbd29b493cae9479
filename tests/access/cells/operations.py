"""Every guarded operation: its action, the rights of which it takes one, and what it answers.

By hand: an operation that is not here fails by name, and so does one that is here and nowhere else.
"""

from dataclasses import dataclass

# Method, path, action, rights of which one is needed, and the answer: `all` rows or `one`, another
# shape by name, or nothing for a write, which is sent a body that fits nobody.
#
# Two reads have no answer here, for nobody lets the log grow: a bundle is `unsigned`, and a proof,
# asked for an event that there is not, `absent`. What they tell, tests/insight/test_bundle.py and
# tests/safeguards/audit hold.
TABLE = """
GET   /alerts                                             alert.read                R   all
GET   /cases/{case_id}/alerts                             alert.read                R   all
POST  /cases/{case_id}/alerts                             alert.raise               C
GET   /cases/{case_id}/alerts/{alert_id}                  alert.read                R   one
POST  /cases/{case_id}/alerts/{alert_id}/acknowledge      alert.acknowledge         CU
POST  /cases/{case_id}/alerts/{alert_id}/escalate         alert.escalate            CU
POST  /cases/{case_id}/alerts/{alert_id}/close            alert.close               U

GET   /cases/{case_id}/assessments                        assessment.read           R   all
POST  /cases/{case_id}/assessments                        assessment.submit         C
GET   /cases/{case_id}/assessments/trend                  assessment.read           R   trend
GET   /cases/{case_id}/assessments/trend.svg              assessment.read           R   drawn
GET   /cases/{case_id}/assessments/{assessment_id}        assessment.read           R   one
PATCH /cases/{case_id}/assessments/{assessment_id}        assessment.resume         C
POST  /cases/{case_id}/assessments/{assessment_id}/submit assessment.submit         C
POST  /cases/{case_id}/assessments/{assessment_id}/sign   assessment.sign           C
POST  /cases/{case_id}/assessments/{assessment_id}/amend  assessment.amend          U
POST  /cases/{case_id}/assessments/{assessment_id}/void   assessment.void           U
POST  /cases/{case_id}/assessments/fhir                   assessment.submit         C
GET   /cases/{case_id}/assessments/{assessment_id}/fhir   assessment.read           R   bundle

GET   /break-glass                                        break_glass.read          R   all
POST  /cases/{case_id}/break-glass                        glass.open                B
GET   /cases/{case_id}/break-glass                        break_glass.read          R   all
GET   /cases/{case_id}/break-glass/{glass_id}             break_glass.read          R   one
POST  /cases/{case_id}/break-glass/{glass_id}/end         glass.open                B
POST  /cases/{case_id}/break-glass/{glass_id}/review      break_glass.review        A

GET   /cases/{case_id}/consents                           consent.read              R   all
POST  /cases/{case_id}/consents                           consent.record            C
GET   /cases/{case_id}/consents/{consent_id}              consent.read              R   one
POST  /cases/{case_id}/consents/{consent_id}/withdraw     consent.withdraw          U

GET   /cases/{case_id}/disclosures                        disclosure.read           R   all
POST  /cases/{case_id}/disclosures                        disclosure.propose        C
GET   /cases/{case_id}/disclosures/{disclosure_id}         disclosure.read          R   one
POST  /cases/{case_id}/disclosures/{disclosure_id}/approve disclosure.approve       A
POST  /cases/{case_id}/disclosures/{disclosure_id}/deny    disclosure.deny          A
POST  /cases/{case_id}/disclosures/{disclosure_id}/inform  disclosure.inform        CA
GET   /cases/{case_id}/disclosures/{disclosure_id}/extract extract.read             U   extract
GET   /people/{person_id}/disclosures                     disclosure.read           R   all

GET   /cases/{case_id}/judgements                         judgement.read            R   all
POST  /cases/{case_id}/judgements                         judgement.draft           C
GET   /cases/{case_id}/judgements/{judgement_id}          judgement.read            R   one
PATCH /cases/{case_id}/judgements/{judgement_id}          judgement.change          C
POST  /cases/{case_id}/judgements/{judgement_id}/submit   judgement.submit          C
POST  /cases/{case_id}/judgements/{judgement_id}/second-reading judgement.second    C
POST  /cases/{case_id}/judgements/{judgement_id}/consensus judgement.settle         C
POST  /cases/{case_id}/judgements/{judgement_id}/statements judgement.state         C
POST  /cases/{case_id}/judgements/{judgement_id}/void     judgement.void            U

GET   /cases/{case_id}/notes                              note.read                 R   all
POST  /cases/{case_id}/notes                              note.add                  C
GET   /cases/{case_id}/notes/{note_id}                    note.read                 R   one

GET   /cases/{case_id}/proceedings                        proceeding.read           R   all
POST  /cases/{case_id}/proceedings                        proceeding.open           C
GET   /cases/{case_id}/proceedings/{proceeding_id}        proceeding.read           R   one
POST  /cases/{case_id}/proceedings/{proceeding_id}/transitions proceeding.move      U
GET   /cases/{case_id}/proceedings/{proceeding_id}/parties party.read               R   all
POST  /cases/{case_id}/proceedings/{proceeding_id}/parties party.enter              C
GET   /cases/{case_id}/proceedings/{proceeding_id}/parties/{entry_id} party.read    R   one
POST  /cases/{case_id}/proceedings/{proceeding_id}/parties/{entry_id}/end party.end C

GET   /cases/{case_id}/sealings                           sealing.read              R   all
POST  /cases/{case_id}/seal                               sealing.propose           C
GET   /cases/{case_id}/seal/{sealing_id}                  sealing.read              R   one
POST  /cases/{case_id}/seal/{sealing_id}/approve          sealing.approve           A
POST  /cases/{case_id}/seal/{sealing_id}/decline          sealing.approve           A
POST  /cases/{case_id}/unseal                             sealing.unseal            U
GET   /cases/{case_id}/unseal/{sealing_id}                sealing.unseal            U   one
POST  /cases/{case_id}/unseal/{sealing_id}/approve        sealing.unseal            U
POST  /cases/{case_id}/unseal/{sealing_id}/decline        sealing.unseal            U

GET   /cases/{case_id}/supervisions                       condition.read            R   all
POST  /cases/{case_id}/supervisions                       condition.impose          C
GET   /cases/{case_id}/supervisions/{condition_id}        condition.read            R   one
POST  /cases/{case_id}/supervisions/{condition_id}/assign condition.assign          C
POST  /cases/{case_id}/supervisions/{condition_id}/end    condition.end             C

GET   /tasks                                              task.read                 R   all
GET   /cases/{case_id}/tasks                              task.read                 R   all
POST  /cases/{case_id}/tasks                              task.set                  C
GET   /cases/{case_id}/tasks/{task_id}                    task.read                 R   one
PATCH /cases/{case_id}/tasks/{task_id}                    task.change               CU
POST  /cases/{case_id}/tasks/{task_id}/acknowledge        task.acknowledge          CUA
POST  /cases/{case_id}/tasks/{task_id}/escalate           task.escalate             CUA
POST  /cases/{case_id}/tasks/{task_id}/finish             task.finish               CUA
POST  /cases/{case_id}/tasks/{task_id}/cancel             task.cancel               CU

GET   /cases                                              case.read                 R   all
POST  /cases                                              case.open                 C
GET   /cases/{case_id}                                    case.read                 R   one
PATCH /cases/{case_id}                                    case.change               U
POST  /cases/{case_id}/phase                              case.move_phase           U
POST  /cases/{case_id}/close                              case.close                U
POST  /cases/{case_id}/close/approve                      case.approve_closure      A
POST  /cases/{case_id}/close/decline                      case.approve_closure      A
POST  /cases/{case_id}/reopen                             case.reopen               A
GET   /cases/{case_id}/decisions                          decision.read             R   all
GET   /cases/{case_id}/team                               team.read                 R   all
POST  /cases/{case_id}/team                               team.assign               U
GET   /cases/{case_id}/team/{member_id}                   team.read                 R   one
POST  /cases/{case_id}/team/{member_id}/release           team.release              U

GET   /cases/{case_id}/tracks                             track.read                RS  all
POST  /cases/{case_id}/tracks                             track.open                CUA
GET   /cases/{case_id}/tracks/{track}                     track.read                RS  one
GET   /cases/{case_id}/tracks/{track}/moves               track.read                RS  moves
GET   /cases/{case_id}/tracks/{track}/transitions         transition.read           R   all
POST  /cases/{case_id}/tracks/{track}/transitions         track.move                CUA
GET   /cases/{case_id}/milestones                         milestone.read            R   all
POST  /cases/{case_id}/milestones                         milestone.reach           R
GET   /cases/{case_id}/milestones/{milestone_id}          milestone.read            R   one
GET   /cases/{case_id}/pathways                           pathway.read              R   all
POST  /cases/{case_id}/pathways                           pathway.assign            CA
GET   /cases/{case_id}/pathways/{assignment_id}           pathway.read              R   one
POST  /cases/{case_id}/pathways/{assignment_id}/end       pathway.end               UA
GET   /cases/{case_id}/deadlines                          deadline.read             R   all
POST  /cases/{case_id}/deadlines/{deadline_id}/meet       deadline.meet             CUA
GET   /deadlines                                          deadline.read             R   all
GET   /cases/{case_id}/timeline                           history.read              R   timeline
GET   /cases/{case_id}/history                            history.read              R   history
GET   /cases/{case_id}/access-log                         access.read               R   looks
GET   /cases/{case_id}/audit-bundle                       bundle.read               R   unsigned

GET   /people                                             person.read               R   all
POST  /people                                             person.register           C
GET   /people/{person_id}                                 person.read               R   one
PATCH /people/{person_id}                                 person.change             U
GET   /people/{person_id}/possible-duplicates             person.read               R   duplicates
GET   /people/{person_id}/names                           name.read                 R   all
POST  /people/{person_id}/names                           name.add                  C
GET   /people/{person_id}/names/{name_id}                 name.read                 R   one
GET   /people/{person_id}/identifiers                     identifier.read           R   all
POST  /people/{person_id}/identifiers                     identifier.add            C
GET   /people/{person_id}/identifiers/{identifier_id}     identifier.read           R   one
GET   /people/{person_id}/contacts                        contact.read              R   all
POST  /people/{person_id}/contacts                        contact.add               C
GET   /people/{person_id}/contacts/{contact_id}           contact.read              R   one
GET   /people/{person_id}/relationships                   relationship.read         R   all
POST  /people/{person_id}/relationships                   relationship.add          C
GET   /people/{person_id}/relationships/{relationship_id} relationship.read         R   one

GET   /households                                         household.read            R   all
POST  /households                                         household.form            C
GET   /households/{household_id}                          household.read            R   one
GET   /households/{household_id}/members                  household_member.read     R   all
POST  /households/{household_id}/members                  household.join            C
GET   /households/{household_id}/members/{member_id}      household_member.read     R   one
POST  /households/{household_id}/members/{member_id}/leave household.leave          U

GET   /operations                                         operation.read            R   all
POST  /operations                                         operation.plan            C
GET   /operations/{operation_id}                          operation.read            R   one
PATCH /operations/{operation_id}                          operation.change          C
GET   /operations/{operation_id}/arrivals                 operation.read            R   arrivals
POST  /operations/{operation_id}/arrivals                 operation.receive         U

GET   /agreements                                         agreement.read            R   all
POST  /agreements                                         agreement.propose         C
GET   /agreements/{agreement_id}                          agreement.read            R   one
POST  /agreements/{agreement_id}/approve                  agreement.approve         A
POST  /agreements/{agreement_id}/decline                  agreement.approve         A
POST  /agreements/{agreement_id}/end                      agreement.end             UA
GET   /erasures                                           erasure.read              R   all
POST  /erasures                                           erasure.propose           C
GET   /erasures/{erasure_id}                              erasure.read              R   one
POST  /erasures/{erasure_id}/approve                      erasure.approve           A
POST  /erasures/{erasure_id}/decline                      erasure.approve           A
GET   /covers                                             cover.read                R   all
POST  /covers                                             cover.propose             C
GET   /covers/{cover_id}                                  cover.read                R   one
POST  /covers/{cover_id}/approve                          cover.approve             A
POST  /covers/{cover_id}/decline                          cover.approve             A
POST  /covers/{cover_id}/end                              cover.end                 U
GET   /users/{user_id}/conflicts                          interest.read             R   all
POST  /users/{user_id}/conflicts                          interest.declare          C
GET   /users/{user_id}/conflicts/{interest_id}            interest.read             R   one
POST  /users/{user_id}/conflicts/{interest_id}/end        interest.end              U
POST  /users/{user_id}/conflicts/{interest_id}/end/approve interest.end             U
POST  /users/{user_id}/conflicts/{interest_id}/end/decline interest.end             U
GET   /users/{user_id}/certificates                       certificate.read          R   all
POST  /users/{user_id}/certificates                       certificate.record        C
GET   /users/{user_id}/certificates/{certificate_id}      certificate.read          R   one
POST  /users/{user_id}/certificates/{certificate_id}/withdraw certificate.withdraw  U
GET   /users/{user_id}/changes                            appointment.read          R   all
POST  /users/{user_id}/changes                            appointment.propose       C
GET   /users/{user_id}/changes/{change_id}                appointment.read          R   one
POST  /users/{user_id}/changes/{change_id}/approve        appointment.approve       A
POST  /users/{user_id}/changes/{change_id}/decline        appointment.approve       A

GET   /users                                              user.read                 R   all
POST  /users                                              user.add                  C
GET   /users/{user_id}                                    user.read                 R   one
PATCH /users/{user_id}                                    user.change               U
POST  /users/{user_id}/reset-password                     user.reset_password       U
POST  /users/{user_id}/reset-second-factor                user.reset_second_factor  U
POST  /users/{user_id}/unlock                             user.unlock               U
GET   /clients                                            client.read               R   all
POST  /clients                                            client.add                C
GET   /clients/{client_id}                                client.read               R   one
POST  /clients/{client_id}/rotate-secret                  client.rotate_secret      U
GET   /units                                              unit.read                 R   all
POST  /units                                              unit.add                  C
GET   /units/{unit_id}                                    unit.read                 R   one
GET   /policy                                             policy.read               R   policy
GET   /audit/events                                       event.read                R   events
GET   /audit/checkpoint                                   log.read                  R   checkpoint
GET   /audit/events/{event_id}/proof                      log.read                  R   absent
GET   /instruments                                        instrument.read           R   instruments
GET   /instruments/{code}/{version}                       instrument.read           R   definition
GET   /instruments/{code}/{version}/questionnaire         instrument.read           R   form
GET   /me/notices                                         notice.read               R   all
POST  /me/notices/{notice_id}/seen                        notice.see                U

GET   /me                                                 self                      -   myself
GET   /me/sessions                                        self                      -   sessions
POST  /me/sessions/end                                    self                      -
POST  /me/password                                        self                      -
GET   /me/second-factor                                   self                      -   in_force
POST  /me/second-factor                                   self                      -
POST  /me/second-factor/confirm                           self                      -
GET   /me/permissions                                     self                      -   permissions
GET   /roles                                              self                      -   roles
"""
STRANDS = "pathway plan justice child_justice security health clinical civil_documents protection"
# Of which classes rows of a record can be. A school sees no deadline of its own track.
CLASSES = {
    **dict.fromkeys(("case", "decision", "team", "arrival", "history"), "case"),
    "milestone": "case pathway plan identity family justice child_justice security clinical "
    "civil_documents protection education",
    "pathway": "pathway",
    **dict.fromkeys(
        ("track", "transition"), f"{STRANDS} education livelihood faith_counselling family"
    ),
    "deadline": f"{STRANDS} livelihood faith_counselling family psychosocial_notes",
    "person": "identity",
    "name": "identity identifiers",
    "identifier": "identifiers",
    "contact": "location",
    **dict.fromkeys(("relationship", "household", "household_member"), "family"),
    "operation": "operation",
    "note": "psychosocial_notes clinical therapy_notes faith_counselling justice child_justice "
    "civil_documents",
    "assessment": "clinical psychosocial_notes",
    "task": "plan justice child_justice security health clinical protection education livelihood "
    "civil_documents faith_counselling family psychosocial_notes",
    "alert": "alert_safety alert_safeguarding alert_visit alert_medical alert_detention",
    **dict.fromkeys(("proceeding", "party"), "docket child_docket civil_documents"),
    "judgement": "security",
    "condition": "justice child_justice",
    "sealing": "sealing",
    "consent": "consent",
    "agreement": "agreement",
    "erasure": "erasure",
    **dict.fromkeys(("disclosure", "extract"), "disclosure"),
    "glass": "therapy_notes health protection",
    "break_glass": "break_glass",
    "notice": "notice",
    "interest": "interest",
    "certificate": "certificate",
    "cover": "cover",
    "appointment": "appointment",
    **dict.fromkeys(("user", "client", "unit"), "staff"),
    "policy": "staff policy",
    "instrument": "instrument",
    "event": "audit",
    "log": "bundle",
    "access": "access",
    "bundle": "bundle",
}
# What identifies the file, and the record without whose sight nothing is said of it.
FILES = {
    "case_id": "case",
    "person_id": "person",
    "household_id": "household",
    "operation_id": "operation",
    "agreement_id": "agreement",
    "erasure_id": "erasure",
    "cover_id": "cover",
}
# What has no answer to a question that names nothing.
# The one instrument of which the scene has answers comes to no number that could be drawn.
ASKED = {"/trend": "?instrument=wgss", "/trend.svg": "?instrument=phq9"}


def asking(path: str) -> str:
    """The query that such an address needs."""
    return ASKED.get(path[path.rindex("/") :], "")


FEW_FILES = ("case", "person", "household")  # those whose state the axes are about


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    action: str
    needs: str
    answer: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def record(self) -> str:
        return self.action.partition(".")[0]

    @property
    def classes(self) -> list[str]:
        return CLASSES[self.record].split()

    @property
    def names(self) -> list[str]:
        """Of the ids in the path, in order."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def scope(self) -> str:
        """What the action is about: a file, somebody on the staff, or nothing in particular."""
        (first, *_) = [*self.names, ""]
        if first in ("user_id", "client_id"):
            theirs = ("interest", "appointment", "certificate")
            return "user" if self.writes or self.record in theirs else ""
        return FILES.get(first, "")

    @property
    def writes(self) -> bool:
        return not self.answer

    @property
    def lists(self) -> bool:
        return self.answer in ("all", "arrivals")

    @property
    def of_adults(self) -> bool:
        """Whether it names a record that no child's file has."""
        return "judgement_id" in self.names

    @property
    def past_seals(self) -> bool:
        return self.action == "sealing.unseal"

    @property
    def of_a_file(self) -> bool:
        """Whether it is about a case or a person, or lists such."""
        around = ("alert", "task", "deadline", "case", "person", "household", "break_glass")
        if self.scope:
            return self.scope in FEW_FILES or self.answer == "arrivals"
        return self.record in around and self.answer == "all"


def stated() -> list[Operation]:
    rows = [line.split() for line in TABLE.splitlines() if line]
    return [Operation(method, f"/v1{path}", *rest) for method, path, *rest in rows]


OPERATIONS = stated()
