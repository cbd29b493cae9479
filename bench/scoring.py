"""What it costs to score each instrument that ships: `python -m bench.scoring`.

Every item answered, each respondent's form; microseconds of the fastest of several rounds, which is
the one that other work disturbed least. Ends with 1 where one costs more than is aimed at.
"""

import sys
import timeit

from app.casework.assessments.scoring.catalogue import Shipped, catalogue

AIM = 100.0  # microseconds
ROUNDS, TIMES = 7, 2_000


def main() -> None:
    slow = False
    for code, versions in catalogue().instruments.items():
        for version, shipped in versions.items():
            for respondent in shipped.instrument.respondents:
                took = measured(shipped, respondent)
                slow |= took > AIM
                print(f"{f'{code} {version}':14}{respondent:14}{took:8.1f} µs", flush=True)
    sys.exit(f"more than {AIM:.0f} µs" if slow else 0)


def measured(shipped: Shipped, respondent: str) -> float:
    asked = shipped.instrument.asked(respondent)
    answers: dict[str, int | None] = {item.number: item.values[-1] for item in asked}
    facts: dict[str, bool | None] = dict.fromkeys(shipped.instrument.facts, True)
    score = shipped.score
    rounds = timeit.repeat(lambda: score(answers, respondent, facts), repeat=ROUNDS, number=TIMES)
    return min(rounds) / TIMES * 1e6


if __name__ == "__main__":
    main()
