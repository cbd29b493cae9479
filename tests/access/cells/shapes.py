"""The fields of every representation, whole and short: by hand, as clients know them."""

KEPT = "id version created_at updated_at"
SHAPES = {
    name: frozenset(f"{KEPT} {fields}".split())
    for name, fields in {
        "alert": "case_id kind discipline assignee_id status raised_by due_at acknowledged_by "
        "acknowledged_at escalated_to escalated_by escalated_at closed_by closed_at outcome text",
        "break_glass": "case_id author_id opened_class reason_code text until ended_at "
        "review_due_at reviewed_by reviewed_at verdict review",
        "consent": "case_id basis scope agreement_id status giver giver_name assent language "
        "interpreter form text given_on expires_on recorded_by withdrawn_on withdrawn_by "
        "withdrawal",
        "disclosure": "case_id author_id status requester requester_kind purpose ground authority "
        "reference dated_on consent_id items recipient recipient_id deadline available_until "
        "person_informed_on not_informed_reason inform_review_on checked_by checked_at "
        "checked_reason decided_by decided_at decided_reason number",
        "assessment": "case_id author_id instrument instrument_version form_of "
        "respondent administered_on language wording answers facts status result "
        "too_soon_reason submitted_at signed_at amends_id amend_reason amended_by_id voided_by "
        "voided_at void_reason",
        "judgement": "case_id author_id status tier reassess_by tool tool_version tool_name "
        "edition assessed_on valid_until sources evidence information_missing quality scenarios "
        "protective_factors overall rationale recommendations submitted_at certificate_id "
        "second_reader_id second_certificate_id second_read_at second_opinion second_words "
        "consensus statements supersedes_id superseded_by_id voided_by void_reason",
        "note": "kind occurred_on text author_id corrects_id",
        "proceeding": "case_id kind state authority reference opened_on closed_on outcome "
        "author_id",
        "party": "case_id proceeding_id user_id role juvenile mandate mandate_dated_on since until "
        "ended_reason author_id",
        "sealing": "case_id act status ground authority reference dated_on reason proposed_by "
        "decided_by decided_at answer",
        "condition": "case_id kind authority text since until officer_id ended_reason author_id",
        "task": "case_id title details track discipline assignee_id due_on deadline_id "
        "priority status author_id acknowledged_by acknowledged_at escalated_to escalated_at "
        "escalated_reason finished_by finished_at outcome",
        "case": "number person_id programme status phase need_level lead_worker_id unit_id "
        "operation_id opened_on closed_on closure_reason closure_proposed_by closure_proposed_at "
        "tracks",
        "decision": "about value decided_on decided_by reason author_id",
        "team": "user_id role track part since until reason",
        "track": "code pillar state since due_on",
        "transition": "track practice from_state to_state effective_on decided_by reason author_id",
        "milestone": "code reached_on by_id",
        "pathway": "code practice since until act_on grave decided_on decided_by members reason "
        "ended_reason author_id",
        "deadline": "case_id track rule practice place started_at not_before due_at status "
        "settled_on",
        "person": "display_name sex birth age child nationality nationality_status names",
        "name": "type full given family patronymic generation_suffix script language source "
        "confidence since until",
        "identifier": "system value country issued_on expires_on source confidence warnings",
        "contact": "type text since source",
        "relationship": "person_id other_id type since until proof proof_reference source "
        "confidence inverse",
        "household": "label formed_on operation_id members",
        "household_member": "person_id part since until reason left_reason",
        "operation": "code name kind programme origin arrives_on status",
        "arrival": "operation_id person_id case_id line group_label relationship unaccompanied "
        "remarks as_written",
        "agreement": "client_id party purpose legal_basis direction classes fields retention_days "
        "contact status since until review_on proposed_by decided_by decided_at answer ended_on",
        "erasure": "person_id status ground authority reference dated_on reason cases proposed_by "
        "decided_by decided_at answer",
        "cover": "grantor_id holder_id kind role since until status reason proposed_by decided_by "
        "decided_at answer ended_by ended_at end_reason",
        "interest": "user_id person_id relation reason declared_by end_proposed_by end_proposed_at "
        "end_reason ended_at ended_by end_answer",
        "certificate": "user_id code number issued_on expires_on recorded_by withdrawn_on "
        "withdrawn_by withdrawal",
        "appointment": "user_id named role unit_id supervisor_id enabled renewed status reason "
        "proposed_by decided_by decided_at answer",
        "user": "username display_name kind role unit_id supervisor_id pending disabled_at "
        "unlocked_at credentials_reset_at",
        "client": "username display_name role unit_id disabled_at credentials_reset_at",
        "unit": "code name jurisdiction",
        "notice": "topic case_id about_id seen_at count first_at last_at",
    }.items()
}
# What S shows of a record; of a person to a school, a pupil: no origin, arrival or programme.
SHORT = {
    name: frozenset(f"id {fields}".split())
    for name, fields in {
        "person": "display_name sex birth",
        "identifier": "system country expires_on",
        "contact": "type since",
        "relationship": "type since until proof",
        "household": "formed_on members",
        "household_member": "part since until",
        "assessment": "administered_on created_at",
        "judgement": "tier reassess_by",
        "track": "code pillar attending",
        "note": "kind occurred_on created_at",
        "disclosure": "case_id status ground items recipient recipient_id available_until",
    }.items()
}
PUPIL = frozenset({"id", "given_name", "preferred_name", "birth", "guardian_contacts"})
# Entries of the past, and of the trail: whole, for who leads, and for who runs the system.
ENTRIES = {
    name: frozenset(fields.split())
    for name, fields in {
        "timeline": "event_id at actor_id role action record record_id record_class version fields",
        "history": "event_id at actor_id action record_class record record_id version changes "
        "reason chain purpose basis relation grants",
        "events": "id created_at actor_id role action route outcome code file_id asked_id "
        "record_class record record_id record_version request_id policy purpose basis relation "
        "detail chain seq hash",
        "events led": "id created_at actor_id role action outcome file_id",
        "events run": "id created_at actor_id role action outcome",
        "looks": "event_id at actor_id role action route outcome code record record_class "
        "record_id version shown as_of rights_as_of purpose basis relation grants",
        "looks led": "event_id at actor_id role action outcome",
    }.items()
}
# Fields that are empty for who may not read another class: why is told to who reads the plan, and
# what a list said of a family to who reads that.
WITHHELD = {
    "team": ("plan", ("part", "reason")),
    "decision": ("plan", ("reason",)),
    "arrival": (
        "family",
        ("group_label", "relationship", "unaccompanied", "remarks", "as_written"),
    ),
}


def short(record: str, role: str) -> frozenset[str]:
    return PUPIL if (record, role) == ("person", "educator") else SHORT[record]
