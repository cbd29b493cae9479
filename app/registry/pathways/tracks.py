"""Reads a track: its states, the moves between them, who decides, its gates and its timers."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from app.core.datafile import DataFile
from app.registry.pathways.definitions import (
    CONDITIONS,
    EVENTS,
    PILLARS,
    RECORD_CLASSES,
    ROLES,
    Calendar,
    Span,
    Start,
    StartKind,
    State,
    Timer,
    Track,
    Transition,
    Who,
)
from app.registry.pathways.reading import Table
from app.registry.pathways.rights import check_rights

HOURS = {"hours": 1, "days": 24, "months": 30 * 24}  # only to tell which of two spans is longer
WHO = ("any", "adult", "child")
TRACKS = ("RPT", "JUS", "SEC", "HLT", "MHP", "DOC", "CPC", "EDU", "LIV", "REL", "FAM")


def read_track(file: DataFile, milestones: Collection[str]) -> Track:
    """A track, or the fault that makes it unusable; `milestones` are those a gate may name."""
    top = Table(file, file.data)
    record_class = top.one_of("record_class", RECORD_CLASSES, "record class")
    states = dict(read_state(code, entry) for code, entry in top.named("states"))
    entries = list(top.tables("moves"))
    track = Track(
        code=top.one_of("code", TRACKS, "track"),
        version=top.whole("version", 1),
        digest=file.digest,
        title=top.title(),
        pillar=top.one_of("pillar", PILLARS, "pillar"),
        lead=top.one_of("lead", ROLES, "role"),
        voluntary=top.flag("voluntary"),
        record_class=record_class,
        child_record_class=(
            top.one_of("child_record_class", RECORD_CLASSES, "record class")
            if "child_record_class" in top.values
            else record_class
        ),
        start=top.one_of("start", states, "state"),
        states=states,
        transitions=tuple(read_transition(entry, states, milestones) for entry in entries),
        timers=read_timers(top, states, milestones),
    )
    top.close()
    check_moves(track, entries)
    check_graph(track, top)
    check_choice(track, top, entries)
    classes = {track.record_class, track.child_record_class}
    for move, entry in zip(track.transitions, entries, strict=True):
        check_rights(entry, "roles", move.roles, "track.move", classes)
    return track


def read_state(code: str, entry: Table) -> tuple[str, State]:
    state = State(code, entry.title(), entry.flag("ends"), entry.flag("attends"))
    entry.close()
    return code, state


def read_transition(
    entry: Table, states: Collection[str], milestones: Collection[str]
) -> Transition:
    """A move between states of a track, or between phases of the programme."""
    move = Transition(
        origins=entry.some_words("from", states, "state"),
        to=entry.one_of("to", states, "state"),
        roles=entry.some_words("roles", ROLES, "role"),
        reason=entry.need("reason", bool),
        decided_by=entry.need("decided_by", bool),
        gate=entry.words("gate", milestones, "milestone"),
        child_gate=entry.words("child_gate", milestones, "milestone"),
        who=read_who(entry),
        own_choice=entry.flag("own_choice"),
        by_body=entry.flag("by_body"),
    )
    entry.close()
    if move.by_body and not move.decided_by:
        raise entry.fault("a body that decides must be named", "by_body")
    if move.to in move.origins:
        raise entry.fault(f"a move from {move.to} to itself", "from")
    return move


def read_who(entry: Table, key: str = "who") -> Who:
    return cast(Who, entry.one_of(key, WHO, "kind of person") if key in entry.values else "any")


def read_timers(
    top: Table, states: Collection[str], milestones: Collection[str]
) -> Mapping[str, Timer]:
    timers: dict[str, Timer] = {}
    for entry in top.tables("timers"):
        timer = read_timer(entry, states, milestones)
        if timer.rule in timers:
            raise entry.fault(f"timer twice: {timer.rule}", "rule")
        timers[timer.rule] = timer
    return timers


def read_timer(entry: Table, states: Collection[str], milestones: Collection[str]) -> Timer:
    if (due := entry.span("due")) is None:
        raise entry.fault("due is missing")
    met_by = entry.get("met_by", str)
    when = entry.get("when", str)
    timer = Timer(
        rule=entry.need("rule", str),
        title=entry.title(),
        starts=read_start(entry.table("starts"), states, milestones),
        due=due,
        child_due=entry.span("child_due"),
        calendar=read_calendar(entry) or "elapsed",
        who=read_who(entry),
        when=None if when is None else entry.known(when, CONDITIONS, "condition", "when"),
        not_before=entry.span("not_before"),
        repeats=entry.flag("repeats"),
        met_by=None if met_by is None else entry.known(met_by, milestones, "milestone", "met_by"),
    )
    entry.close()
    check_spans(entry, timer.due, timer.child_due, timer.calendar)
    return timer


def read_start(entry: Table, states: Collection[str], milestones: Collection[str]) -> Start:
    if len(entry.values) != 1:
        raise entry.fault("starts must name one state, milestone or event")
    kinds: dict[str, Collection[str]] = {"state": states, "milestone": milestones, "event": EVENTS}
    for kind, choices in kinds.items():
        if kind in entry.values:
            return Start(cast(StartKind, kind), entry.one_of(kind, choices, kind))
    entry.close()
    raise AssertionError("unreachable: the only key is unknown")


def read_calendar(entry: Table) -> Calendar | None:
    if "calendar" not in entry.values:
        return None
    return cast(Calendar, entry.one_of("calendar", ("elapsed", "working"), "calendar"))


def check_spans(entry: Table, due: Span, child_due: Span | None, calendar: Calendar) -> None:
    """No child waits longer than an adult, and working time is counted in days."""
    if child_due and hours(child_due) > hours(due):
        raise entry.fault("a child must not wait longer than an adult", "child_due")
    for span in (due, child_due):
        if calendar == "working" and span and span.unit != "days":
            raise entry.fault("a working calendar counts in days", "calendar")


def hours(span: Span) -> int:
    return span.amount * HOURS[span.unit]


def check_moves(track: Track, entries: list[Table]) -> None:
    seen: set[tuple[str, str]] = set()
    for move, entry in zip(track.transitions, entries, strict=True):
        for origin in move.origins:
            if (origin, move.to) in seen:
                raise entry.fault(f"move twice: {origin} to {move.to}", "from")
            seen.add((origin, move.to))
        if track.pillar == "prosecution" and not move.decided_by:
            raise entry.fault("a decision of prosecution needs a named decider", "decided_by")


def check_graph(track: Track, top: Table) -> None:
    """Every state can be reached, every state that does not end can be left."""
    reached = {track.start}
    while more := {move.to for move in track.transitions if reached & set(move.origins)} - reached:
        reached |= more
    for code, state in track.states.items():
        if code not in reached:
            raise top.fault(f"state {code} cannot be reached", "states", code)
        if not state.ends and not any(code in move.origins for move in track.transitions):
            raise top.fault(f"state {code} cannot be left and does not end", "states", code)
    first = [move for move in track.transitions if track.start in move.origins]
    if not any(track.lead in move.roles for move in first):
        raise top.fault(f"the lead role {track.lead} cannot make the first move", "lead")


def check_choice(track: Track, top: Table, entries: list[Table]) -> None:
    """What a person may choose needs no reason, no gate, no permission; and whoever may carry
    the track forward must be able to record the choice."""
    everyone = {role for move in track.transitions for role in move.roles}
    for move, entry in zip(track.transitions, entries, strict=True):
        if not move.own_choice:
            continue
        conditions: dict[str, Any] = {
            "reason": move.reason,
            "decided_by": move.decided_by,
            "gate": move.gate,
            "child_gate": move.child_gate,
        }
        for key, condition in conditions.items():
            if condition:
                raise entry.fault(f"the person's own choice must not depend on {key}", key)
        if missing := sorted(everyone - set(move.roles)):
            raise entry.fault(f"roles that could not record this choice: {missing[0]}", "roles")
    for code, state in track.states.items():
        ways_out = (m for m in track.transitions if code in m.origins and m.own_choice)
        if (
            track.voluntary
            and not state.ends
            and not any(track.states[m.to].ends for m in ways_out)
        ):
            raise top.fault(f"voluntary, but nobody can choose to leave {code}", "states", code)
