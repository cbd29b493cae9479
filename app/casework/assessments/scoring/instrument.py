"""What an instrument is: its items, scales, bands and rules, as its sealed file says them.

Nobody makes one but `reading`, which has checked that all of it holds together. Of an instrument's
words there is nothing here: items are numbers, and their texts are installed where a licence is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.casework.assessments.scoring.conditions import Condition
from app.registry.pathways.definitions import Title

RESPONDENTS = ("self", "parent", "teacher", "clinician", "interviewer")
Better = Literal["lower", "higher"]
Kind = Literal["alert", "notice"]
Span = tuple[int, int]  # least and most, both included


@dataclass(frozen=True)
class Source:
    cite: str  # author, year, title or organisation
    confirmed: bool  # a primary one was seen: of who made the figure or holds the rights, or a copy


@dataclass(frozen=True)
class Respondent:
    kind: str
    youngest: int  # of the person who is assessed, in completed years
    oldest: int | None
    source: tuple[str, ...]


@dataclass(frozen=True)
class Licence:
    holder: str
    terms: str
    electronic: bool  # may be answered on a screen without a further permission
    attestation: bool  # answers are refused until somebody attests a licence
    certificate: bool  # who gives it has a certificate for it, by the code of the instrument
    source: tuple[str, ...]


@dataclass(frozen=True)
class Timing:
    recall_days: int  # how far back the questions ask; 0 is the present
    retest_days: Span  # when to ask again
    source: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    number: str
    values: tuple[int, ...]  # what may be answered, rising
    respondents: tuple[str, ...]  # who is asked
    optional: bool  # left out, it is not missed
    source: tuple[str, ...]


@dataclass(frozen=True)
class Skip:
    """After this answer some items are not asked; they count as if answered thus."""

    item: str
    answer: int
    fills: Mapping[str, int]
    respondents: tuple[str, ...]  # whose form has it; on another's, what is missing is missing
    source: tuple[str, ...]


@dataclass(frozen=True)
class Prorating:
    missing: int  # so many may be missing, and the mean of the others stands in for them
    decimals: int


@dataclass(frozen=True)
class Percent:
    of: int
    decimals: int


@dataclass(frozen=True)
class Extra:
    points: int
    when: Condition


@dataclass(frozen=True)
class Scale:
    """A sum, of items or of other scales as they were rounded; then what is done to it, in order:
    percent, extra points, cap."""

    name: str
    items: tuple[str, ...]  # or
    of: tuple[str, ...]
    reverse: frozenset[str]  # items that count the other way round
    recode: tuple[int, ...]  # what the allowed answers count, in their order; empty: themselves
    prorate: Prorating | None  # None: an item that is missing leaves no value
    zero_when: Condition | None  # nothing, whatever the items say
    percent: Percent | None
    extra: Extra | None
    cap: int | None
    better: Better
    ranges: Mapping[str, Span]  # by respondent, what it can come to
    source: tuple[str, ...]

    def points(self, item: Item) -> dict[int, int]:
        """What each allowed answer to an item counts here."""
        counted = self.recode or item.values
        if item.number in self.reverse:
            counted = counted[::-1]
        return dict(zip(item.values, counted, strict=True))


@dataclass(frozen=True)
class Count:
    """How many of these items are answered with so much or more: symptoms, or one of a cluster."""

    name: str
    least: Mapping[str, int]  # by item, from which answer on it counts
    whole: bool  # unknown while any of them is missing, whatever the others say
    source: tuple[str, ...]


@dataclass(frozen=True)
class Bands:
    """How the whole range of a scale is divided, for these respondents."""

    set: str
    scale: str
    respondents: tuple[str, ...]
    steps: tuple[tuple[str, Span], ...]
    source: tuple[str, ...]


@dataclass(frozen=True)
class Cutoff:
    name: str
    when: Condition
    source: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """The first rule that holds; where an earlier one is unknown, so is the outcome."""

    name: str
    rules: tuple[tuple[str, Condition], ...]
    otherwise: str
    needs_all: bool  # nothing while a scored item is missing
    source: tuple[str, ...]


@dataclass(frozen=True)
class Critical:
    """What must not wait for a score; it is judged even where no score can be had."""

    code: str
    kind: Kind
    when: Condition
    ask: bool  # where it cannot be told, somebody has to ask
    source: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A difference between two results that is more than chance, or that counts in life."""

    scale: str
    name: str
    least: int
    to_at_most: int | None  # and it has to end here or below
    source: tuple[str, ...]


@dataclass(frozen=True)
class Headline:
    """Which of all that is computed is told first."""

    scale: str | None = None
    bands: str | None = None  # the set of which the band of that scale is told
    cutoff: str | None = None  # or
    outcome: str | None = None  # positive by anything but what it is otherwise


@dataclass(frozen=True)
class Instrument:
    code: str
    name: str  # as it is called
    form_of: str | None  # the module of which this is the form for some ages
    version: int
    scoring_version: int
    digest: str
    title: Title
    record_classes: tuple[str, ...]  # of a record of it the first that its author may write
    milestones: tuple[str, ...]  # that it posts on the case
    sources: Mapping[str, Source]
    respondents: Mapping[str, Respondent]
    licence: Licence
    timing: Timing
    facts: Mapping[str, Title]
    items: Mapping[str, Item]
    skips: tuple[Skip, ...]
    scales: Mapping[str, Scale]
    counts: Mapping[str, Count]
    bands: tuple[Bands, ...]
    cutoffs: tuple[Cutoff, ...]
    outcomes: tuple[Outcome, ...]
    critical: tuple[Critical, ...]
    changes: tuple[Change, ...]
    headline: Headline

    def asked(self, respondent: str) -> Iterator[Item]:
        """The items of a respondent's form, in the order of the file."""
        return (item for item in self.items.values() if respondent in item.respondents)
