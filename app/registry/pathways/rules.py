"""What may happen next: moves on a track, phases, closure, pathways. Pure, and without a way round.

Facts come in as arguments (milestones reached, pathways active, child or not); nothing switches
a gate off. Each judgement names everything that is unmet, not only the first.
"""

from collections.abc import Collection, Iterable

from app.registry.pathways.ages import (
    AgeBounds,
    age_band,
    age_bounds,
    age_on,
    is_child,
    macr_on,
)
from app.registry.pathways.deadlines import as_in, due, is_working_day, not_before, started_by
from app.registry.pathways.definitions import (
    ChecklistItem,
    Gate,
    Pathway,
    Phases,
    Track,
    Transition,
)
from app.registry.pathways.fitting import opening, pathway_fits
from app.registry.pathways.places import Jurisdiction
from app.registry.pathways.verdicts import Move, Opening, Unmet, Verdict

__all__ = [
    "AgeBounds",
    "Move",
    "Opening",
    "Unmet",
    "Verdict",
    "age_band",
    "age_bounds",
    "age_on",
    "allowed_moves",
    "as_in",
    "checklist",
    "due",
    "is_child",
    "is_working_day",
    "judge",
    "judge_closure",
    "judge_phase",
    "macr_on",
    "not_before",
    "opening",
    "pathway_fits",
    "possible_moves",
    "started_by",
]


def possible_moves(
    track: Track,
    state: str,
    role: str,
    milestones: Collection[str],
    *,
    jurisdiction: Jurisdiction,
    pathways: Iterable[Pathway],
    is_child: bool,
) -> list[Move]:
    """Every move from here that this role may decide for this person, gated or not."""
    active = tuple(pathways)
    return [
        Move(
            to=move.to,
            title=track.states[move.to].title,
            reason=move.reason,
            decided_by=move.decided_by,
            own_choice=move.own_choice,
            missing=missing(track, move, state, milestones, jurisdiction, active, is_child),
        )
        for move in track.transitions
        if state in move.origins and role in move.roles and not wrong_person(move, is_child)
    ]


def allowed_moves(
    track: Track,
    state: str,
    role: str,
    milestones: Collection[str],
    *,
    jurisdiction: Jurisdiction,
    pathways: Iterable[Pathway],
    is_child: bool,
) -> list[Move]:
    """The moves that this role may decide now: those of `possible_moves` that miss nothing."""
    moves = possible_moves(
        track,
        state,
        role,
        milestones,
        jurisdiction=jurisdiction,
        pathways=pathways,
        is_child=is_child,
    )
    return [move for move in moves if not move.missing]


def judge(
    track: Track,
    state: str,
    to: str,
    role: str,
    milestones: Collection[str],
    *,
    reason: str | None,
    decided_by: str | None,
    jurisdiction: Jurisdiction,
    pathways: Iterable[Pathway],
    is_child: bool,
) -> Verdict:
    """Whether a move holds, and if not, all that is unmet.

    `is_child` is as of today; on the justice track it is as of the alleged act. `pathways` are
    those active on the case, `decided_by` the name of the deciding person or body.
    Codes: unknown-state, no-such-move, adults-only, children-only, role-may-not-decide,
    milestone-missing (its detail is the milestone), reason-required, decider-required.
    """
    active = tuple(pathways)
    unmet = strangers(track.states, state, to)
    if not unmet:
        if (move := track.find(state, to)) is None:
            unmet.append(Unmet("no-such-move", f"{state} to {to}"))
        else:
            unmet += wrong_person(move, is_child)
            unmet += unfit(move, role, reason, decided_by)
            unmet += [
                Unmet("milestone-missing", code)
                for code in missing(track, move, state, milestones, jurisdiction, active, is_child)
            ]
    allowed = allowed_moves(
        track,
        state,
        role,
        milestones,
        jurisdiction=jurisdiction,
        pathways=active,
        is_child=is_child,
    )
    return Verdict(unmet, [move.to for move in allowed])


def judge_phase(
    phases: Phases, phase: str, to: str, role: str, *, reason: str | None, decided_by: str | None
) -> Verdict:
    """The same for the programme phase, which only a named person decides."""
    unmet = strangers(phases.phases, phase, to)
    if not unmet:
        if (move := phases.find(phase, to)) is None:
            unmet.append(Unmet("no-such-move", f"{phase} to {to}"))
        else:
            unmet += unfit(move, role, reason, decided_by)
    allowed = [m.to for m in phases.transitions if phase in m.origins and role in m.roles]
    return Verdict(unmet, allowed)


def checklist(phases: Phases, closure_reason: str, is_child: bool) -> list[ChecklistItem]:
    """What must be done before a case closes for this reason."""
    others = "adult" if is_child else "child"
    return [
        item
        for item in phases.checklist
        if item.who != others and closure_reason not in item.except_for
    ]


# Met by the act itself: the proposal says how long the file is kept, the approval approves.
BY_THE_ACT = ("retention_class_set", "supervisor_approved")


def judge_closure(
    phases: Phases,
    closure_reason: str,
    is_child: bool,
    *,
    reached: Collection[str],
    still_open: Collection[str],
    excused: Collection[str],
) -> list[ChecklistItem]:
    """What of the checklist is not met by a milestone, by nothing being open, or by a reason.

    `still_open`: kinds of record of which some are open; `excused`: items with a reason why not.
    """
    return [
        item
        for item in checklist(phases, closure_reason, is_child)
        if not met(item, reached, still_open, excused)
    ]


def met(
    item: ChecklistItem,
    reached: Collection[str],
    still_open: Collection[str],
    excused: Collection[str],
) -> bool:
    if item.code in BY_THE_ACT or (item.or_reason and item.code in excused):
        return True
    if item.nothing_open:
        return item.nothing_open not in still_open
    return item.milestone in reached


def missing(
    track: Track,
    move: Transition,
    state: str,
    milestones: Collection[str],
    jurisdiction: Jurisdiction,
    pathways: Iterable[Pathway],
    is_child: bool,
) -> tuple[str, ...]:
    """Milestones that the move still needs, of the track, the jurisdiction and the pathways."""
    if move.own_choice:  # no country and no pathway may put a gate before a person's own will
        return ()
    gates: list[Gate] = [*jurisdiction.gates, *(g for p in pathways for g in p.gates)]
    needed = [
        *move.gate,
        *(move.child_gate if is_child else ()),
        *(
            code
            for gate in gates
            if (gate.track, gate.origin, gate.to) == (track.code, state, move.to)
            for code in gate.also
        ),
    ]
    return tuple(code for code in dict.fromkeys(needed) if code not in milestones)


def strangers(known: Collection[str], *states: str) -> list[Unmet]:
    """A state that nobody knows is what somebody sent: it is not repeated."""
    return [] if set(states) <= set(known) else [Unmet("unknown-state", "no such state")]


def wrong_person(move: Transition, is_child: bool) -> list[Unmet]:
    if move.who == "child" and not is_child:
        return [Unmet("children-only", move.to)]
    if move.who == "adult" and is_child:
        return [Unmet("adults-only", move.to)]
    return []


def unfit(move: Transition, role: str, reason: str | None, decided_by: str | None) -> list[Unmet]:
    unmet = []
    if role not in move.roles:
        unmet.append(Unmet("role-may-not-decide", role))
    if move.reason and not (reason and reason.strip()):
        unmet.append(Unmet("reason-required", move.to))
    if move.decided_by and not (decided_by and decided_by.strip()):
        unmet.append(Unmet("decider-required", move.to))
    return unmet
