"""Reads what the whole programme shares: milestones, special rules, pathways and phases."""

from collections.abc import Collection, Mapping

from app.core.datafile import DataFile
from app.registry.pathways.definitions import (
    EVENTS,
    RECORD_CLASSES,
    ROLES,
    AlertKind,
    ChecklistItem,
    Decision,
    Intake,
    Milestone,
    Pathway,
    Phase,
    Phases,
    SpecialRule,
    Title,
    Track,
    Transition,
)
from app.registry.pathways.reading import Table, extra_gate
from app.registry.pathways.rights import check_rights
from app.registry.pathways.tracks import read_transition, read_who

# The cover of a case shows the few milestones that say nothing about the person.
MILESTONE_CLASSES = (*RECORD_CLASSES, "case")
PATHWAYS = (
    "P1_ADULT_ACCUSED_DETAINED",
    "P2_ADULT_ACCUSED_AT_LIBERTY",
    "P3_ADULT_NOT_PROSECUTED",
    "P4_ADULT_VICTIM_WITNESS",
    "P5_CHILD_ACCOMPANIED",
    "P6_CHILD_UNACCOMPANIED",
    "P7_CHILD_CONTACT_LAW",
    "P8_CHILD_PARENT_IN_CUSTODY",
    "P9_FAMILY_IN_COMMUNITY",
    "P10_SELF_RETURN_OR_TRANSFER",
    "P11_NATIONALITY_OPEN",
)


def read_milestones(file: DataFile) -> Mapping[str, Milestone]:
    top = Table(file, file.data)
    top.whole("version", 1)
    found = {}
    for code, entry in top.named("milestones"):
        own = entry.one_of("record_class", MILESTONE_CLASSES, "record class")
        found[code] = Milestone(
            code=code,
            title=entry.title(),
            meaning=entry.title("meaning"),
            record_class=own,
            child_record_class=(
                entry.one_of("child_record_class", MILESTONE_CLASSES, "record class")
                if "child_record_class" in entry.values
                else own
            ),
            by=entry.words("by", ROLES, "role"),
        )
        classes = {own, found[code].child_record_class}
        check_rights(entry, "by", found[code].by, "milestone.reach", classes)
        entry.close()
    top.close()
    return found


def read_alerts(file: DataFile) -> Mapping[str, AlertKind]:
    top = Table(file, file.data)
    top.whole("version", 1)
    alerts = top.table("alerts")
    found = {code: read_alert(code, alerts.table(code)) for code in alerts.values}
    top.close()
    return found


def read_alert(code: str, entry: Table) -> AlertKind:
    if (within := entry.span("acknowledge")) is None:
        raise entry.fault("acknowledge is missing")
    starts = entry.get("starts", str)
    kind = AlertKind(
        code=code,
        title=entry.title(),
        record_class=entry.need("record_class", str),
        discipline=entry.one_of("discipline", ROLES, "role"),
        acknowledge=within,
        escalate_to=entry.one_of("escalate_to", ROLES, "role"),
        starts=starts and entry.known(starts, EVENTS, "event", "starts"),
    )
    entry.close()
    if not kind.record_class.startswith("alert_"):
        raise entry.fault("an alert has an audience of its own", "record_class")
    for key, role in (("discipline", kind.discipline), ("escalate_to", kind.escalate_to)):
        check_rights(entry, key, [role], "alert.read", {kind.record_class})
    return kind


def read_special_rules(file: DataFile) -> Mapping[str, SpecialRule]:
    top = Table(file, file.data)
    top.whole("version", 1)
    found = {}
    for code, entry in top.named("rules"):
        found[code] = SpecialRule(code, entry.title())
        entry.close()
    top.close()
    return found


def read_pathway(
    file: DataFile,
    tracks: Mapping[str, Track],
    milestones: Collection[str],
    rules: Collection[str],
) -> Pathway:
    """One pathway; `tracks` are the current ones."""
    top = Table(file, file.data)
    code = top.one_of("code", PATHWAYS, "pathway")
    others = [other for other in PATHWAYS if other != code]
    pathway = Pathway(
        code=code,
        version=top.whole("version", 1),
        digest=file.digest,
        title=top.title(),
        who=read_who(top),
        opens=top.words("opens", tracks, "track"),
        offers=top.words("offers", tracks, "track"),
        forbids=top.words("forbids", tracks, "track"),
        overlays=top.words("overlays", others, "pathway"),
        coexists=top.words("coexists", others, "pathway"),
        rules=top.words("rules", rules, "special rule"),
        needs_macr=top.flag("needs_macr"),
        counted=top.flag("counted", default=True),
        decision=read_decision(top.table("decision")),
        gates=tuple(extra_gate(entry, tracks, milestones) for entry in top.tables("gates")),
    )
    top.close()
    for key, codes in (("opens", pathway.opens), ("offers", pathway.offers)):
        for track in codes:
            if track in pathway.forbids:
                raise top.fault(f"{track} is both forbidden and in {key}", key)
            if tracks[track].voluntary != (key == "offers"):
                raise top.fault(f"{track}: a voluntary track is offered, others open", key)
    for other in pathway.overlays:
        if other not in pathway.coexists:
            raise top.fault(f"an overlay must coexist with {other}", "overlays")
    return pathway


def read_decision(entry: Table) -> Decision:
    decision = Decision(
        body=entry.need("body", str),
        title=entry.title(),
        roles=entry.some_words("roles", ROLES, "role"),
        members=entry.whole("members", 1),
        reason=entry.need("reason", bool),
    )
    entry.close()
    check_rights(entry, "roles", decision.roles, "pathway.assign", {"pathway"})
    return decision


def check_together(pathways: Mapping[str, tuple[DataFile, Pathway]]) -> None:
    """Two pathways that may be active at once agree that they may, and on every track."""
    for file, one in pathways.values():
        for code in one.coexists:
            if code not in pathways:
                raise file.fault(f"unknown pathway: {code}", "coexists")
            other = pathways[code][1]
            if one.code not in other.coexists:
                raise file.fault(f"{code} does not coexist with {one.code}", "coexists")
            for track in (*other.opens, *other.offers):
                if track in one.forbids:
                    raise file.fault(f"{code} opens {track}, forbidden here", "forbids")


def read_phases(file: DataFile, tracks: Mapping[str, Track], milestones: Collection[str]) -> Phases:
    top = Table(file, file.data)
    phases: dict[str, Phase] = {}
    for code, entry in top.named("phases"):
        phases[code] = Phase(code, entry.title(), entry.flag("begins"), entry.flag("ends"))
        entry.close()
    moves: list[Transition] = []
    for entry in top.tables("moves"):
        move = read_transition(entry, phases, ())
        check_rights(entry, "roles", move.roles, "case.move_phase", {"case"})
        if not move.decided_by:
            raise entry.fault("a phase is decided by a named person", "decided_by")
        for earlier in moves:
            if move.to == earlier.to and set(move.origins) & set(earlier.origins):
                raise entry.fault(f"move twice: to {move.to}", "from")
        moves.append(move)
    for code, phase in phases.items():
        if not phase.ends and not any(code in move.origins for move in moves):
            raise top.fault(f"phase {code} cannot be left and does not end", "phases", code)
        if not phase.begins and not any(code == move.to for move in moves):
            raise top.fault(f"phase {code} cannot be reached", "phases", code)
    reasons: dict[str, Title] = {}
    for code, entry in top.named("closure_reasons"):
        reasons[code] = entry.title()
        entry.close()
    found = Phases(
        version=top.whole("version", 1),
        digest=file.digest,
        phases=phases,
        transitions=tuple(moves),
        closure_reasons=reasons,
        checklist=tuple(
            read_item(code, entry, reasons, milestones) for code, entry in top.named("checklist")
        ),
        intake=read_intake(top.table("intake"), tracks),
    )
    top.close()
    return found


def read_intake(entry: Table, tracks: Mapping[str, Track]) -> Intake:
    states = entry.table("at")
    at = {
        code: states.one_of(code, tracks[states.known(code, tracks, "track", code)].states, "state")
        for code in states.values
    }
    intake = Intake(
        adult=entry.some_words("adult", tracks, "track"),
        child=entry.some_words("child", tracks, "track"),
        at=at,
    )
    entry.close()
    for code in (*intake.adult, *intake.child):
        if tracks[code].voluntary:
            raise entry.fault(f"{code} is voluntary, so it cannot begin by itself")
    return intake


def read_item(
    code: str, entry: Table, reasons: Collection[str], milestones: Collection[str]
) -> ChecklistItem:
    milestone = entry.get("milestone", str)
    item = ChecklistItem(
        code=code,
        title=entry.title(),
        who=read_who(entry),
        except_for=entry.words("except_for", reasons, "closure reason"),
        milestone=milestone and entry.known(milestone, milestones, "milestone", "milestone"),
        nothing_open=entry.get("nothing_open", str),
        or_reason=entry.flag("or_reason"),
    )
    entry.close()
    return item
