"""Who never left and takes a family in: not a returnee, and on record only as far as they wish."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from app.cli.population.names import GIVEN, name_of
from app.cli.population.people import SEED, TODAY, WHOLE, Family, Mission, Someone, missions

GROUP = "relative"
PATHWAY = "P9_FAMILY_IN_COMMUNITY"
IN_THE_WHOLE = 600
ELDERS = ("grandparent", "parent")  # of a family without its head, or of the head


def population(people: int) -> list[Mission]:
    """`people` returnees, and beside them the relatives who take them in."""
    found = missions(people)
    take_in(found, people, Random(f"{SEED}/relatives/{people}"))  # noqa: S311  repeatable
    return found


def take_in(found: list[Mission], people: int, chance: Random) -> None:
    """In proportion to the whole; only families that have left the reception centre."""
    settled = [f for mission in found for f in mission.families if f.phase != "reception"]
    chance.shuffle(settled)
    for place in range(round(people * IN_THE_WHOLE / WHOLE) if settled else 0):
        family = settled[place % len(settled)]
        family.relatives.append(relative_of(family, chance))


def relative_of(family: Family, chance: Random) -> Someone:
    first = family.members[0]
    generations = 1 if first.part == "head" else 2
    years = sum(chance.randint(20, 27) for _ in range(generations))
    sex = chance.choice((1, 2))
    return Someone(
        sex,
        first.born.replace(year=first.born.year - years, day=chance.randint(1, 28)),
        name_of(chance, sex, family.surname, family.programme.script, chance.choice(GIVEN[1])[0]),
        GROUP,
        ELDERS[generations == 1],
        chance.choice(("day", "year")),
        [PATHWAY],
    )


def host_of(family: Family) -> Family:
    """The relatives as a family of their own, from the day on which the returned moved in."""
    moved_in = min(TODAY, family.arrived + timedelta(days=family.programme.reception))
    return replace(family, arrived=moved_in, members=family.relatives, relatives=[])
