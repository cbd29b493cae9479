"""What was reached before, relative to the ceiling, and what has become slower since."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("baseline.json")
ALLOWED = 1.15  # of the processor time of a request, relative to the ceiling's in the same round
Told = dict[str, Any]


def kept() -> Told:
    found: Told = json.loads(FILE.read_text())
    return found


def record(told: Told) -> None:
    """The figures that do not depend on how fast the machine happened to be."""
    figures = {
        f"{one['work']} {one['variant']}": {
            "cpu_ratio": round(one["cpu_ratio"], 2),
            "ratio": round(one["ratio"], 3),
        }
        for one in told["results"]
        if one["cpu_ratio"] is not None and one["variant"] in ("postgresql", "sqlite")
    }
    how = {name: told[name] for name in ("cases", "rounds", "seconds", "commit", "machine")}
    FILE.write_text(json.dumps({**how, "figures": figures}, indent=2) + "\n")


def slower(before: Told, results: list[Told]) -> list[str]:
    """One sentence for each figure that is worse than allowed; none is what we hope for."""
    faults = []
    for one in results:
        name = f"{one['work']} {one['variant']}"
        known = before["figures"].get(name)
        if known and one["cpu_ratio"] > known["cpu_ratio"] * ALLOWED:
            faults.append(
                f"{name}: {one['cpu_ratio']:.2f} × the ceiling's processor time, "
                f"was {known['cpu_ratio']:.2f}"
            )
    return faults
