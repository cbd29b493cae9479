"""What it costs to submit an assessment beside a plain note: `python -m bench.submitting`.

By one server on each engine, notes and the needs form in turns, 16 connections over the cases of
one caller. A submission is scored and compared, and renews a timer and a task; a note is one row.
"""

import argparse
import json
from collections import defaultdict
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
        items = [works(known)["W4"], submitting(known)]
        for engine in engines:
            cells: dict[str, list[Cell]] = defaultdict(list)
            for work in items:
                press(served[engine].port, known["token"], work.orders, work.connections, 1)
            for _ in range(asked.rounds):
                for work in items:
                    one = cell(served[engine], work, known["token"], asked.seconds)
                    cells[work.name].append(one)
            both = [*zip(cells["submit"], cells["W4"], strict=True)]
            rates, cpu = [a.rate / b.rate for a, b in both], [a.cpu / b.cpu for a, b in both]
            print(Figure(f"submit {engine}: rate, of a note", rates, least=KEPT).line(), flush=True)
            print(Figure(f"submit {engine}: CPU, × a note", cpu).line(), flush=True)


def submitting(known: dict[str, Any]) -> Work:
    instrument = catalogue().current("needs").instrument
    given = {
        "instrument": "needs",
        "respondent": "interviewer",
        "administered_on": now().date().isoformat(),
        "language": "ru",
        "answers": {number: item.values[1] for number, item in instrument.items.items()},
    }
    body = json.dumps(given)
    orders = [Order("POST", f"/v1/cases/{one}/assessments", body) for one in known["own"]]
    return Work("submit", "submit the needs form", orders)


if __name__ == "__main__":
    main()
