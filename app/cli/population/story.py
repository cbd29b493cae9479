"""What became of one person: tracks walked through the gates of practice, step by step.

The walk is planned on the published practice itself, so no demo case holds what the rules would
have refused: each gate's milestones are reached before the move, each move is made by a role that
may decide it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from app.cli.population.people import TODAY, Family, Someone
from app.cli.population.relatives import GROUP as RELATIVE
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Pathway, Track, Transition
from app.registry.pathways.fitting import opening
from app.registry.pathways.places import Jurisdiction
from app.registry.pathways.rules import missing

REASONS = "found fitting at the conference"
BODIES = {"pathway_commission": "Pathway commission", "child_panel": "Child panel"}
COURT = "District court (fictional)"


@dataclass(frozen=True)
class Reached:
    code: str
    on: date
    role: str


@dataclass(frozen=True)
class Moved:
    track: str
    origin: str | None
    to: str
    on: date
    role: str
    decided_by: str | None
    reason: str | None


@dataclass(frozen=True)
class Assigned:
    pathway: Pathway
    since: date
    until: date | None
    act_on: date | None


@dataclass(frozen=True)
class Said:
    kind: str
    role: str
    on: date
    text: str


@dataclass
class Story:
    """All that is on record of one case on the day."""

    someone: Someone
    family: Family
    child: bool
    child_at_act: bool
    assigned: list[Assigned] = field(default_factory=list)
    states: dict[str, tuple[str, date]] = field(default_factory=dict)  # track → state, since
    milestones: dict[str, Reached] = field(default_factory=dict)
    moves: list[Moved] = field(default_factory=list)
    phases: list[tuple[str, date]] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)

    @property
    def returned(self) -> bool:
        return self.someone.group != RELATIVE

    @property
    def kept_as(self) -> str:
        """The retention class of the case once it is closed."""
        return ("child" if self.child else "adult") if self.returned else "relative"

    def child_on(self, track: str) -> bool:
        return self.child_at_act if track == "JUS" else self.child


# Where a track stands, by the phase of the case: states with their weights.
TARGETS: Mapping[str, Mapping[str, str]] = {
    "RPT": {"reception": "in_reception", "later": "transferred_out"},
    "HLT": {
        "reception": "triage_due 1 under_assessment 2",
        "later": "routine_care 6 in_treatment 3 closed 1",
    },
    "MHP": {
        "reception": "screening_due 3 screened_no_need 1",
        "later": "screened_no_need 7 in_intervention 6 maintenance 4 closed 2 declined 1",
    },
    "DOC": {"reception": "none 1 applied 2", "later": "issued 18 applied 1 refused 1"},
    "FAM": {"reception": "mapping", "later": "monitoring 6 reunified 3 mediation 1"},
    "CPC": {"reception": "bia_due 1 bia_done 1", "later": "monitoring"},
    "EDU": {
        "reception": "assessment",
        "later": "attending 14 enrolled 2 at_risk 2 dropped_out 1 bridging 1",
    },
    "LIV": {"reception": "assessment", "later": "active 4 measures_planned 3 sustained 2"},
    "SEC": {
        "reception": "assessment_due",
        "later": "not_required 6 assessed 3 supervision_active 1",
    },
    "REL": {"reception": "offered", "later": "declined 4 completed 2 in_progress 1 offered 3"},
}
JUSTICE = {
    "custodial": "custodial",
    "non_custodial": "suspended 1 probation 1",
    "in_proceedings": "investigation 2 charged 1 trial 1",
    "": "none",
}
PHASE_ORDER = ("reception", "rehabilitation", "reintegration", "aftercare")


def story_of(someone: Someone, family: Family, place: Jurisdiction, chance: Random) -> Story:
    arrived, child = family.arrived, possibly_child(someone, place)
    act_on = arrived - timedelta(days=120) if "P7_CHILD_CONTACT_LAW" in someone.pathways else None
    story = Story(someone, family, child, child_at_act=child or act_on is not None)
    if story.returned:
        story.milestones["arrived"] = Reached("arrived", arrived, "social_worker")
    if family.phase != "reception":
        assign(story, chance, act_on)
    active = tuple(one.pathway for one in story.assigned if one.until is None)
    for code, since in tracks_of(story, active, place):
        practice = catalogue().current_track(code)
        begin = catalogue().current_phases.intake.at.get(code, practice.start)
        story.states[code] = (begin, since)
        target = target_of(story, code, chance)
        walk(story, practice, target, place, active)
    tell_phases(story, chance)
    tell_notes(story, chance)
    return story


def possibly_child(someone: Someone, place: Jurisdiction) -> bool:
    """By the record, not by the truth: an unknown birth counts as a child's."""
    if someone.birth_text == "unknown":
        return True
    latest = someone.born if someone.birth_text == "day" else date(someone.born.year, 12, 31)
    return latest.replace(year=latest.year + place.majority, day=min(latest.day, 28)) > TODAY


def assign(story: Story, chance: Random, act_on: date | None) -> None:
    """A body decides some weeks after arrival; one person in thirty changes pathway later."""
    decided = min(TODAY, story.family.arrived + timedelta(days=chance.randint(12, 28)))
    for code in story.someone.pathways:
        pathway = catalogue().current_pathway(code)
        others = "adult" if story.child else "child"
        if pathway.who == others and not pathway.needs_macr:
            continue  # the record does not let this pathway be decided; it is still open
        of_act = act_on if pathway.needs_macr else None
        story.assigned.append(Assigned(pathway, decided, None, of_act))
    changed = story.someone.pathways == ["P3_ADULT_NOT_PROSECUTED"] and chance.random() < 1 / 30
    if changed and story.assigned:
        first = catalogue().current_pathway("P2_ADULT_ACCUSED_AT_LIBERTY")
        story.someone.dirt.add("changed pathway")
        story.assigned.insert(0, Assigned(first, decided, decided, None))
    if story.assigned:
        reached = Reached("pathway_decided", decided, "supervisor")
        story.milestones["pathway_decided"] = reached


def tracks_of(
    story: Story, active: tuple[Pathway, ...], place: Jurisdiction
) -> Iterable[tuple[str, date]]:
    intake = catalogue().current_phases.intake
    first = intake.child if story.child else intake.adult
    found = dict.fromkeys(first if story.returned else (), story.family.arrived)
    if active:
        tracks = opening(active, place)
        decided = story.assigned[-1].since
        found |= {code: decided for code in (*tracks.opens, *tracks.offers) if code not in found}
    return found.items()


def target_of(story: Story, code: str, chance: Random) -> str:
    if code == "JUS":
        if any(one.pathway.needs_macr for one in story.assigned):
            return "sealed" if chance.random() < 0.5 else "diverted"
        return pick(JUSTICE[story.someone.outcome], chance)
    if code == "EDU" and not 6 <= story.someone.age_on(TODAY) <= 16:
        return "not_applicable" if story.family.phase != "reception" else "assessment"
    phase = "reception" if story.family.phase == "reception" else "later"
    return pick(TARGETS[code][phase], chance)


def pick(weighted: str, chance: Random) -> str:
    words = weighted.split()
    if len(words) == 1:
        return words[0]
    return chance.choices(words[::2], [int(weight) for weight in words[1::2]])[0]


def walk(
    story: Story, track: Track, target: str, place: Jurisdiction, active: tuple[Pathway, ...]
) -> None:
    """The shortest way to the target; it ends where a gate has no milestone that can be stated."""
    state, since = story.states[track.code]
    steps = way(track, state, target, story.child_on(track.code))
    last = min(TODAY, since + timedelta(days=200 if track.pillar != "prosecution" else 500))
    for number, (origin, move) in enumerate(steps, start=1):
        on = since + (last - since) * number // (len(steps) + 1)
        needed = missing(track, move, origin, (), place, active, story.child_on(track.code))
        if not all(reach(story, code, on) for code in needed):
            return
        on = max(on, story.states[track.code][1], *(story.milestones[c].on for c in needed))
        decider = COURT if move.by_body else None
        reason = REASONS if move.reason else None
        story.moves.append(Moved(track.code, origin, move.to, on, move.roles[0], decider, reason))
        story.states[track.code] = (move.to, on)


def way(track: Track, start: str, target: str, child: bool) -> list[tuple[str, Transition]]:
    others = "adult" if child else "child"
    came: dict[str, tuple[str, Transition]] = {}
    queue = deque([start])
    while queue and target not in came and target != start:
        here = queue.popleft()
        for move in track.transitions:
            if here in move.origins and move.who != others and move.to not in (*came, start):
                came[move.to] = (here, move)
                queue.append(move.to)
    steps: list[tuple[str, Transition]] = []
    while target in came:
        steps.insert(0, came[target])
        target = came[target][0]
    return steps


def reach(story: Story, code: str, on: date) -> bool:
    """Some days before the move that asks for it, if it was not reached before; never before
    arrival. False where only a record could post it, and there is none."""
    if code in story.milestones:
        return True
    by = catalogue().milestones[code].by
    if not by:
        return False
    day = max(story.family.arrived, on - timedelta(days=3))
    story.milestones[code] = Reached(code, day, by[0])
    return True


def tell_phases(story: Story, chance: Random) -> None:
    phase, arrived = story.family.phase, story.family.arrived
    wanted = PHASE_ORDER if phase == "closed" else PHASE_ORDER[: PHASE_ORDER.index(phase) + 1]
    days = story.family.programme.reception
    on, begun = arrived, 1
    if not story.returned:  # the case of who never left begins where the others have come to
        begun, days = min(len(wanted), PHASE_ORDER.index("reintegration") + 1), 180
    for step in wanted[begun:]:
        on = min(TODAY, on + timedelta(days=round(days * chance.uniform(0.8, 1.3))))
        story.phases.append((step, on))
        days = 180


TEXTS = {
    "social_work": (
        "Fictional note: settled in, asked about school; next meeting agreed.",
        "Fictional note: visited at home, room is dry and warm; benefits explained.",
        "Fictional note: the family wants to move closer to an aunt; will look into it.",
    ),
    "therapy": (
        "Fictional note: slept better this week; breathing practised.",
        "Fictional note: drew the journey; stopped when it was enough.",
    ),
    "legal": ("Fictional note: asked the registry for the birth record; answer in thirty days.",),
}

# Said in words, as it is before a country records consent as an object of its own.
CONSENT = {
    "refused consent": "Fictional note: consent to tell the school was refused; not told.",
    "withdrawn consent": "Fictional note: consent given at arrival was withdrawn today.",
}


def tell_notes(story: Story, chance: Random) -> None:
    writers = {"social_work": ("social_worker", 2)}
    if chance.random() < 0.3:
        writers["legal"] = ("legal_officer", 1)
    if story.states.get("MHP", ("", TODAY))[0] in ("in_intervention", "maintenance", "closed"):
        writers["therapy"] = ("psychologist", 2)
    for kind, (role, most) in writers.items():
        for _ in range(chance.randint(1, most)):
            days = chance.randint(2, max(3, min(300, (TODAY - story.family.arrived).days)))
            on = min(TODAY, story.family.arrived + timedelta(days=days))
            story.notes.append(Said(kind, role, on, chance.choice(TEXTS[kind])))
    if chance.random() < 1 / 25:
        dirt = chance.choice(tuple(CONSENT))
        story.someone.dirt.add(dirt)
        on = min(TODAY, story.family.arrived + timedelta(days=30))
        story.notes.append(Said("social_work", "social_worker", on, CONSENT[dirt]))
