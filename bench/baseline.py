"""What was reached before, relative to the ceiling, and what has become slower since."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("baseline.json")
ALLOWED = 1.15  # of the processor time of a request, relative to the ceiling's in the same round
PRESSURE = Path("/proc/pressure/cpu")
BUSY = 25.0  # percent of the last ten seconds in which somebody waited for a processor
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


def busy() -> float | None:
    """How much, if too much to judge by: beside much other work a large program loses more of its
    cache than a small one, and its processor time goes up by half."""
    if not PRESSURE.exists():
        return None
    waiting = float(PRESSURE.read_text().split()[1].removeprefix("avg10="))
    return waiting if waiting > BUSY else None
