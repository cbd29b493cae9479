"""What it costs to submit an assessment beside a plain note: `python -m bench.submitting`.

By one server on each engine, notes and the needs form in turns, 16 connections over the cases of
one caller, each time as of a later day: so a submission ends the timer and the task of the one
before and starts both anew. That makes five records, each with its revision and event; a note is
one.
"""

import argparse
import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.casework.assessments.scoring.catalogue import catalogue
from app.core.values import now
from bench import postgres
from bench.bars import Figure
from bench.load import Order, press
from bench.measuring import Cell, cell
from bench.places import ROOT, Seed
from bench.servers import serving
from bench.works import Work, works

KEPT = 0.8  # of the rate of a note
DAYS = 8  # of one round; a round begins after those of the one before


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.submitting", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    asked = parser.parse_args()
    seed = Seed(asked.tree.resolve(), asked.cases)
    engines = ["postgresql", "sqlite"]
    with postgres.running() as server, serving(server, seed, engines) as served:
        known = seed.known()
        note = works(known)["W4"]
        for engine in engines:
            cells: dict[str, list[Cell]] = defaultdict(list)
            for work in (note, submitting(known, asked.rounds)):
                press(served[engine].port, known["token"], work.orders, work.connections, 1)
            for left in reversed(range(asked.rounds)):
                for work in (note, submitting(known, left)):
                    one = cell(served[engine], work, known["token"], asked.seconds)
                    cells[work.name].append(one)
            both = [*zip(cells["submit"], cells["W4"], strict=True)]
            rates, cpu = [a.rate / b.rate for a, b in both], [a.cpu / b.cpu for a, b in both]
            print(Figure(f"submit {engine}: rate, of a note", rates, least=KEPT).line(), flush=True)
            print(Figure(f"submit {engine}: CPU, × a note", cpu).line(), flush=True)


def submitting(known: dict[str, Any], left: int) -> Work:
    """As of the days of a round after which so many are left."""
    instrument = catalogue().current("needs").instrument
    given = {
        "instrument": "needs",
        "respondent": "interviewer",
        "language": "ru",
        "answers": {number: item.values[1] for number, item in instrument.items.items()},
    }
    last = now().date() - timedelta(days=DAYS * left)
    days = [last - timedelta(days=n) for n in reversed(range(DAYS))]
    bodies = [json.dumps({**given, "administered_on": day.isoformat()}) for day in days]
    orders = [
        Order("POST", f"/v1/cases/{one}/assessments", body)
        for body in bodies
        for one in known["own"]
    ]
    return Work("submit", "submit the needs form", orders)


if __name__ == "__main__":
    main()
