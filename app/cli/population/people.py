"""Who came home, by which mission and in which family: the same for the same number every time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from app.cli.population.names import GIVEN, Named, family_name, name_of

SEED = "casework-demo-1"
TODAY = date(2026, 10, 31)  # the day on which the population is as it is
GROUPS = ("accompanied", "parent_abroad", "orphan", "woman", "man")


@dataclass(frozen=True)
class Programme:
    code: str
    unit: str
    script: str
    share: tuple[int, ...]  # of GROUPS, in a whole population of 2,100
    reception: int  # days, the median


# After A (like KZ), B (like KG), C (like UZ), D (like TJ): 2,160 to 2,210 people by public count.
PROGRAMMES = (
    Programme("alder", "north", "Cyrl", (445, 14, 41, 170, 50), 30),
    Programme("birch", "north", "Cyrl", (273, 76, 30, 139, 2), 42),
    Programme("cedar", "south", "Arab", (263, 61, 36, 120, 25), 45),
    Programme("dogwood", "south", "Arab", (165, 88, 22, 80, 0), 240),
)
WHOLE = sum(sum(programme.share) for programme in PROGRAMMES)
# Phase on the day, by rank of arrival: who came first is furthest.
PHASES = (
    ("closed", 0.28),
    ("aftercare", 0.22),
    ("reintegration", 0.38),
    ("rehabilitation", 0.09),
    ("reception", 0.03),
)


@dataclass
class Someone:
    sex: int
    born: date
    name: Named
    group: str
    part: str  # in the family: head, child, sibling, alone
    birth_text: str = ""
    pathways: list[str] = field(default_factory=list)
    outcome: str = ""  # of proceedings: custodial | non_custodial | in_proceedings
    dirt: set[str] = field(default_factory=set)

    def age_on(self, day: date) -> int:
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass
class Family:
    programme: Programme
    arrived: date
    phase: str
    members: list[Someone]
    surname: list[str]
    relatives: list[Someone] = field(default_factory=list)  # who never left


@dataclass
class Mission:
    code: str
    name: str
    programme: Programme
    arrived: date
    families: list[Family]


def missions(people: int) -> list[Mission]:
    """`people` returnees in all, in the proportions of the whole; the smallest groups come last."""
    counted = apportion(people)
    found = []
    for programme in PROGRAMMES:
        chance = Random(f"{SEED}/{programme.code}/{people}")  # noqa: S311  repeatable on purpose
        counts = {group: counted[programme.code, group] for group in GROUPS}
        families = list(form(programme, counts, chance))
        found += send(programme, families, chance)
    settle_phases(found)
    decide_pathways(found, Random(f"{SEED}/pathways/{people}"))  # noqa: S311
    return found


def apportion(people: int) -> dict[tuple[str, str], int]:
    """Largest remainders, so that the parts add up to the whole."""
    exact = {
        (programme.code, group): people * share / WHOLE
        for programme in PROGRAMMES
        for group, share in zip(GROUPS, programme.share, strict=True)
    }
    counts = {cell: int(value) for cell, value in exact.items()}
    short = people - sum(counts.values())
    by_remainder = sorted(exact, key=lambda cell: counts[cell] - exact[cell])
    for cell in by_remainder[:short]:
        counts[cell] += 1
    return counts


def form(programme: Programme, counts: dict[str, int], chance: Random) -> Iterator[Family]:
    """Mothers with the accompanied children, women alone, men, and children without a parent."""
    children, women = counts["accompanied"], counts["woman"]
    mothers = min(children, max(1, round(women * 0.8))) if women else 0
    sizes = [1] * mothers
    for _ in range(children - mothers if mothers else 0):
        open_places = [place for place, size in enumerate(sizes) if size < 8] or [0]
        sizes[chance.choice(open_places)] += 1
    for size in sizes:
        yield family_of(programme, chance, "woman", size, "accompanied")
    for _ in range(women - mothers):
        yield family_of(programme, chance, "woman", 0, "")
    for _ in range(counts["man"]):
        yield family_of(programme, chance, "man", 0, "")
    alone = [(group, counts[group]) for group in ("parent_abroad", "orphan")]
    if not mothers:
        alone.append(("orphan", children))
    for group, left in alone:
        while left:
            size = min(left, chance.choice((1, 1, 2, 2, 3, 4)))
            yield family_of(programme, chance, "", size, group)
            left -= size


def family_of(programme: Programme, chance: Random, head: str, children: int, group: str) -> Family:
    surname, script = family_name(chance, programme.script), programme.script
    father = chance.choice(GIVEN[1])[0]
    members = []
    if head:
        sex = 2 if head == "woman" else 1
        born = birth(chance, adult_age(chance, sex))
        name = name_of(chance, sex, surname, script, chance.choice(GIVEN[1])[0])
        members.append(Someone(sex, born, name, head, "head"))
    for place in range(children):
        sex = 1 if chance.random() < 0.51 else 2
        name = name_of(chance, sex, surname, script, father)
        part = "child" if head else "sibling" if place else "alone"
        members.append(Someone(sex, birth(chance, child_age(chance)), name, group, part))
    for someone in members:
        someone.birth_text = as_written(chance, someone, programme)
    return Family(programme, TODAY, "", members, surname)


def child_age(chance: Random) -> int:
    youngest, oldest = chance.choices(((0, 4), (5, 11), (12, 17)), (590, 651, 273))[0]
    return chance.randint(youngest, oldest)


def adult_age(chance: Random, sex: int) -> int:
    bands = ((19, 24), (25, 34), (35, 44), (45, 59), (60, 72))
    weights = (15, 45, 28, 10, 2) if sex == 2 else (10, 45, 30, 13, 2)
    return chance.randint(*chance.choices(bands, weights)[0])


def birth(chance: Random, age: int) -> date:
    """For an age at arrival; the day of arrival is not known yet, so `send` moves the year."""
    return date(2000 - age, chance.randint(1, 12), chance.randint(1, 28))


def as_written(chance: Random, someone: Someone, programme: Programme) -> str:
    """`day`, or the dirt of real lists: year only, 1 January, nothing, a Hijri date."""
    kinds = ["day", "year", "january", "unknown", "hijri"]
    weights = [62, 12, 18, 3, 5 if programme.script == "Arab" else 0]
    return chance.choices(kinds, weights)[0]


def send(programme: Programme, families: list[Family], chance: Random) -> list[Mission]:
    """Families in missions of some size, spread from 2019 to the day."""
    people = sum(len(family.members) for family in families)
    wanted = min(len(families), max(3, round(people / 100)))
    chance.shuffle(families)
    found = []
    span = (TODAY - date(2019, 5, 10)).days - 40
    for number in range(wanted):
        start, end = number * len(families) // wanted, (number + 1) * len(families) // wanted
        back = round(span * (wanted - 1 - number) / max(1, wanted)) + chance.randint(12, 40)
        arrived = TODAY - timedelta(days=back)
        for family in families[start:end]:
            family.arrived = arrived
            for someone in family.members:
                year = someone.born.year + arrived.year - 2000
                someone.born = someone.born.replace(year=year)
                if someone.born > arrived:
                    someone.born = arrived - timedelta(days=chance.randint(5, 300))
        code = f"demo-{programme.code}-{number + 1}"
        name = f"Operation {programme.code.title()} {number + 1}"
        found.append(Mission(code, name, programme, arrived, families[start:end]))
    return found


# Of men and women: pathway, outcome of proceedings, and the share in the whole.
MEN = (
    ("P1_ADULT_ACCUSED_DETAINED", "custodial", 48),
    ("P2_ADULT_ACCUSED_AT_LIBERTY", "non_custodial", 6),
    ("P2_ADULT_ACCUSED_AT_LIBERTY", "in_proceedings", 6),
    ("P3_ADULT_NOT_PROSECUTED", "", 17),
)
WOMEN = (
    ("P3_ADULT_NOT_PROSECUTED", "", 418),
    ("P2_ADULT_ACCUSED_AT_LIBERTY", "in_proceedings", 40),
    ("P4_ADULT_VICTIM_WITNESS", "", 25),
    ("P2_ADULT_ACCUSED_AT_LIBERTY", "non_custodial", 14),
    ("P1_ADULT_ACCUSED_DETAINED", "custodial", 12),
)
CHILDREN = {
    "accompanied": ["P5_CHILD_ACCOMPANIED"],
    "orphan": ["P6_CHILD_UNACCOMPANIED"],
    "parent_abroad": ["P6_CHILD_UNACCOMPANIED", "P8_CHILD_PARENT_IN_CUSTODY"],
}
IN_CONTACT_WITH_LAW, PARENT_IN_CUSTODY_AT_HOME = 6, 45
OLD_ENOUGH = 17  # at arrival; the alleged act lies a few months before


def decide_pathways(found: list[Mission], chance: Random) -> None:
    everybody = [
        (someone, family) for m in found for family in m.families for someone in family.members
    ]
    people = len(everybody)
    for group, table in (("man", MEN), ("woman", WOMEN)):
        of_group = [someone for someone, _ in everybody if someone.group == group]
        chance.shuffle(of_group)
        shares = [share for *_, share in table]
        ends = [
            round(len(of_group) * sum(shares[: n + 1]) / sum(shares)) for n in range(len(table))
        ]
        for place, someone in enumerate(of_group):
            row = next(n for n, end in enumerate(ends) if place < end)
            someone.pathways, someone.outcome = [table[row][0]], table[row][1]
    children = [(someone, family) for someone, family in everybody if someone.group in CHILDREN]
    for someone, _ in children:
        someone.pathways = list(CHILDREN[someone.group])
    with_parent = [pair for pair in children if pair[0].group == "accompanied"]
    chance.shuffle(with_parent)
    for someone, _ in with_parent[: -(-people * PARENT_IN_CUSTODY_AT_HOME // WHOLE)]:
        someone.pathways.append("P8_CHILD_PARENT_IN_CUSTODY")
    oldest = sorted(children, key=lambda pair: -pair[0].age_on(pair[1].arrived))
    for someone, family in oldest[: -(-people * IN_CONTACT_WITH_LAW // WHOLE)]:
        if someone.age_on(family.arrived) >= OLD_ENOUGH and someone.birth_text == "day":
            someone.pathways.append("P7_CHILD_CONTACT_LAW")


def settle_phases(found: list[Mission]) -> None:
    families = sorted(
        (family for mission in found for family in mission.families),
        key=lambda family: family.arrived,
    )
    people, done, at = sum(len(f.members) for f in families), 0, 0
    ends = [sum(share for _, share in PHASES[: place + 1]) for place in range(len(PHASES))]
    for family in families:
        while at < len(PHASES) - 1 and done >= ends[at] * people:
            at += 1
        family.phase = PHASES[at][0]
        done += len(family.members)
