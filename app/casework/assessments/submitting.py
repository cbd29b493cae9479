"""What stands between answers and a result: whether they fit, what they come to, what follows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from app.casework.assessments import rules
from app.casework.assessments.licences import languages, require_licence
from app.casework.assessments.models import Assessment
from app.casework.assessments.schemas import AssessmentIn
from app.casework.assessments.scoring.admitting import AnswersRefused
from app.casework.assessments.scoring.catalogue import Shipped, catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.scorer import Result
from app.casework.assessments.scoring.told import Flagged, changed, told
from app.core.errors import Conflict, FieldFault, Invalid, invalid
from app.core.language import looked_up
from app.registry.cases import deadlines, milestones
from app.registry.cases.alarms import alarm
from app.registry.cases.deadlines import STATED
from app.registry.cases.following_up import follow_up
from app.registry.cases.subject import Subject
from app.registry.cases.waiting import KEPT, FollowUp
from app.registry.certificates.service import certified
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

FAULTS = {
    "unknown-item": "the instrument asks no such item of this respondent",
    "value-not-allowed": "not an answer that the instrument allows",
    "unknown-fact": "the instrument does not ask this",
    "fact-not-allowed": "yes or no",
    "unknown-respondent": "the instrument is not for this respondent",
}


@dataclass(frozen=True)
class Given:
    """What was answered, whether it came just now or was kept."""

    respondent: str
    administered_on: date
    language: str
    answers: Mapping[str, int | None]
    facts: Mapping[str, bool | None]
    too_soon_reason: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Given":
        return cls(**{one.name: row[one.name] for one in fields(cls)})


def chosen(given: AssessmentIn, person: Subject) -> Shipped:
    """The version asked for, or the current one; of a module the form that fits the age."""
    known, code = catalogue(), given.instrument
    if code in known.modules:
        forms = [known.current(one).instrument for one in known.modules[code]]
        ages = person.ages_on(given.administered_on)
        fit = rules.forms_for(forms, given.respondent, ages)
        if len(fit) > 1:
            named = " or ".join(one.code for one in fit)
            raise invalid("/instrument", "several", f"the age may be that of several: name {named}")
        code = (fit or forms)[0].code
    versions = known.instruments[code]
    version = given.version or max(versions)
    if version not in versions:
        raise invalid("/version", "unknown", "no such version of this instrument")
    return versions[version]


def scored(work: UnitOfWork, shipped: Shipped, given: "AssessmentIn | Given") -> Result:
    """What answers come to that may be taken here, be they all or not.

    Invalid where one is none that the instrument takes; no value is told.
    """
    instrument = shipped.instrument
    require_licence(work, instrument)
    if given.respondent not in instrument.respondents:
        raise invalid("/respondent", "unknown-respondent", FAULTS["unknown-respondent"])
    try:
        return shipped.score(given.answers, given.respondent, given.facts)
    except AnswersRefused as refused:
        raise Invalid(
            "some answers are none that the instrument takes",
            errors=[
                FieldFault(pointer(what, why), why, FAULTS[why]) for what, why in refused.faults
            ],
        ) from None


def pointer(what: str, why: str) -> str:
    return f"/facts/{what}" if why in ("unknown-fact", "fact-not-allowed") else f"/answers/{what}"


def wording_in(work: UnitOfWork, instrument: Instrument, language: str) -> str | None:
    """The digest of the text pack in which somebody is asked here now; none where there is none.

    Of a country's language (`ru-KZ`) that of the more general one, where there is none of its own:
    as whoever wishes for it is shown.

    Not asked of what was said already: a pack that comes later must keep nobody from correcting it.
    """
    worded = languages(work, instrument)
    found = looked_up(language, worded)
    if worded and found is None:
        raise invalid("/language", "not-worded", "it is not installed in this language")
    return worded[found] if found else None


def require_fit(
    work: UnitOfWork,
    person: Subject,
    shipped: Shipped,
    given: "AssessmentIn | Given",
    instead_of: UUID | None = None,
    moved: bool = True,
) -> Sequence[Mapping[str, Any]]:
    """Assessor, day, age, answers and the days since the last one.

    The last few that it may compare to, the last of them last. `moved`: whether its day is not
    that of the one that it stands in for.
    """
    instrument, on = shipped.instrument, given.administered_on
    days = {on, work.today} if instrument.licence.certificate else ()
    if not all(certified(work, work.actor.id, instrument.code, day) for day in days):
        raise Conflict(
            f"you hold no certificate for {instrument.name} that covers that day and today",
            code="not-certified",
        )
    if on > work.today:
        raise invalid("/administered_on", "future", "an assessment is dated today or earlier")
    if person.born_earliest and on < person.born_earliest:
        raise invalid("/administered_on", "before-birth", "the person was not born yet")
    if not rules.may_be_of_age(instrument.respondents[given.respondent], person.ages_on(on)):
        raise invalid("/instrument", "age", "the instrument is not for somebody of this age")
    if not rules.tells_something(given.answers.values()):
        raise invalid("/answers", "missing", "nothing was answered")
    if not instrument.timing.recall_days and not instrument.changes:
        return []  # it may be given any day, and states no change that would count
    others = others_of(work, instrument, given.respondent, instead_of)
    again = rules.again_on(instrument, [row.administered_on for row in others], on)
    if again and moved and given.too_soon_reason is None:
        raise Conflict(
            "the days that it asks of were asked of already; say why in too_soon_reason",
            code="too-soon",
            again_on=again.isoformat(),
        )
    before = [
        row.id
        for row in others
        if row.administered_on <= on and row.instrument_version == instrument.version
    ]
    if not before:
        return []
    lately = before[-LATELY:]
    order = ("administered_on", "id")
    return work.find(Assessment, lambda a: a.c.id.in_(lately), order=order)


def others_of(
    work: UnitOfWork, instrument: Instrument, respondent: str, apart: UUID | None
) -> list[Any]:
    """Those of this instrument and respondent that stand and that the author reads, in order."""
    found = work.facts(
        Assessment,
        lambda a: (
            (a.c.case_id == work.case_id)
            & (a.c.instrument == instrument.code)
            & (a.c.respondent == respondent)
            & a.c.status.in_(rules.SAID)
            & a.c.record_class.in_(POLICY.readable(work.actor.role))
            & (a.c.id != apart)
        ),
        *("id", "administered_on", "instrument_version"),
    )
    return sorted(found, key=lambda row: (row.administered_on, row.id))


LATELY = 5  # earlier ones that are opened to find one that could be scored


def frozen(
    work: UnitOfWork, shipped: Shipped, result: Result, earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What an assessment says from its submission on."""
    said = judged(shipped, result, earlier)
    return {"status": "submitted", "submitted_at": work.at, "result": said}


def judged(
    shipped: Shipped, result: Result, earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The result as it is kept: by this version, and against the last one that compares to it.

    Where none does, for one of both could not be scored, against the last.
    """
    change = None
    for row in reversed(earlier):
        before = result_of(shipped, row)
        found = {
            "since_id": str(row["id"]),
            "since_on": row["administered_on"].isoformat(),
            **changed(shipped.instrument, before, result),
        }
        change = change or found
        if found["shifts"]:
            change = found
            break
    return {**told(shipped.instrument, result), "change": change}


def result_of(shipped: Shipped, row: Mapping[str, Any]) -> Result:
    """What the answers of a row come to, which were taken once."""
    return shipped.score(row["answers"], row["respondent"], row["facts"])


def flags_of(shipped: Shipped, result: Result) -> list[Flagged]:
    """What is critical in it."""
    return told(shipped.instrument, result)["flags"]


def warn(work: UnitOfWork, person: Subject, flags: Iterable[Mapping[str, Any]]) -> None:
    with work.by_rule():
        for flag in flags:
            if flag["kind"] == "alert" and flag["state"] == "raised":
                alarm(work, person, flag["code"])


def ask(work: UnitOfWork, about: FollowUp) -> None:
    """A critical question has no answer: whoever gave it asks today."""
    for tasks in KEPT:
        tasks.set(work, replace(about, title=f"{about.title}: ask"), None, work.today)


def consequences(
    work: UnitOfWork,
    person: Subject,
    instrument: Instrument,
    written: Written,
    known: Collection[Mapping[str, Any]] = (),
    asked: Collection[Mapping[str, Any]] = (),
) -> None:
    """What must not wait, what the case has reached, and a word to subscribers.

    `known`: flags that were acted on already, of its draft or of the one that it amends; `asked`:
    those for which somebody has a task to ask already.
    """
    result, on = written["result"], written["administered_on"]
    warn(work, person, [flag for flag in result["flags"] if flag not in known])
    for flag in result["flags"]:
        if flag["state"] == "unknown" and flag not in asked:
            ask(work, again(instrument, written))
    with work.by_rule():
        if result["complete"] or result["total"] is not None:
            for code in instrument.milestones:
                early = deadlines.too_early(work, person, code, on)
                if code not in person.reached and not early:
                    milestones.reach(work, person, code, on)
        follow_up(work, person, again(instrument, written), on)
    work.publish("assessment.submitted", case=work.case_id, assessment=written.id)


# Mental health and psychosocial support: once it has ended, nobody is asked again. Forms of daily
# life go on without it.
TRACKS = {"clinical": "MHP"}


def again(instrument: Instrument, written: Written) -> FollowUp:
    """When it is to be given to this respondent again, as its file says."""
    return FollowUp(
        rule=f"{STATED}{instrument.code}-{written['respondent']}",
        practice=instrument.version,
        days=instrument.timing.retest_days,
        title=f"{instrument.name} ({written['respondent']})",
        record_class=written["record_class"],
        track=TRACKS.get(written["record_class"]),
    )
