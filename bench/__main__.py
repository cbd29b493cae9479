"""`make bench`: measures, prints a table and keeps it in build/bench/latest.json."""

import argparse
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import auditing, bars, baseline, history, postgres, widest
from bench.measuring import Result, compare
from bench.places import KEPT, ROOT, Seed
from bench.servers import VARIANTS, Served, cores, serving
from bench.told import beside, markdown
from bench.works import Work, numbers_of, works

USUAL = "ceiling,postgresql,sqlite,ninja,unaudited"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT, help="whose app is measured")
    parser.add_argument("--cases", type=int, help="100,000; with --audit 48,000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each cell")
    parser.add_argument("--only", help="which work items")
    parser.add_argument("--variants", help=", ".join(VARIANTS))
    parser.add_argument("--growth", action="store_true", help="10,000 to 1,000,000 cases")
    parser.add_argument("--audit", action="store_true", help="what evidence costs")
    parser.add_argument("--events", type=int, default=auditing.EVENTS, help="with --audit")
    parser.add_argument("--leaves", type=int, default=auditing.LEAVES, help="with --audit")
    parser.add_argument("--record", action="store_true", help="keep as the baseline")
    parser.add_argument("--check", action="store_true", help="fail where slower than the baseline")
    asked = parser.parse_args()
    usual = "W1,W2,W3,W4,W5,lists", USUAL, 100_000
    if asked.growth:
        usual = "W1,W2,W3,W4", "ceiling,postgresql", 100_000
    if asked.audit:
        usual = auditing.ITEMS, auditing.VARIANTS, auditing.CASES
    only, variants, cases = usual
    asked.only, asked.variants = asked.only or only, asked.variants or variants
    asked.cases = asked.cases or cases
    return asked


def main() -> None:
    asked = arguments()
    if asked.check and (waiting := baseline.busy()):
        sys.exit(f"too busy to judge: somebody waited for a processor {waiting:.0f} % of the time")
    if asked.audit:
        return audited(asked)
    told = growing(asked) if asked.growth else comparing(asked)
    (KEPT / ("growth.json" if asked.growth else "latest.json")).write_text(
        json.dumps(told, indent=2) + "\n"
    )
    if not asked.growth:
        (KEPT / "latest.md").write_text(markdown(told))
    if asked.record:
        baseline.record(told)
    if asked.check and (faults := baseline.slower(baseline.kept(), told["results"])):
        sys.exit("\n".join(faults))


def audited(asked: argparse.Namespace) -> None:
    figures = []
    for one in auditing.measure(asked):
        print(one.line(), flush=True)
        figures.append(one)
    told = {**how(asked), "events": asked.events, "figures": [one.told() for one in figures]}
    (KEPT / "audit.json").write_text(json.dumps(told, indent=2) + "\n")
    (KEPT / "audit.md").write_text(bars.markdown(figures))


def comparing(asked: argparse.Namespace) -> dict[str, Any]:
    seed = Seed(asked.tree.resolve(), asked.cases)
    results: list[Result] = []
    readings: list[history.Read] = []
    chosen = asked.only.split(",")
    with (
        postgres.running() as server,
        serving(server, seed, asked.variants.split(",")) as served,
    ):
        known = seed.known()
        found = works(known, numbers_of(next(iter(served.values())), known))
        heading()
        for one in chosen:
            if one in found:
                results += compared(served, found[one], known["token"], asked)
        if "W5" in chosen:
            history.heading()
            readings = history.compare(served, known, min(asked.rounds, 3))
    lists = widest_lists(seed) if "lists" in chosen and seed.tree == ROOT else {}
    return {
        **how(asked),
        "lists": lists,
        "results": [one.told() for one in results],
        "histories": [one.plain() for one in readings],
    }


def widest_lists(seed: Seed) -> dict[str, dict[str, float]]:
    """Milliseconds of a list by engine and relationships; when nothing else is served."""
    with postgres.running() as server:
        found = widest.measure(server, seed)
    for engine, one in found.items():
        print(one.told(engine), flush=True)
    return {engine: one.took for engine, one in found.items()}


def compared(
    served: dict[str, Served], work: Work, token: str, asked: argparse.Namespace
) -> list[Result]:
    some = compare(served, work, token, asked.rounds, asked.seconds)
    for one in some:
        line(one)
    return some


def growing(asked: argparse.Namespace) -> dict[str, Any]:
    """The same caller with the same caseload, among ever more cases of others."""
    told = how(asked)
    with postgres.running() as server:
        for cases in (10_000, 100_000, 1_000_000):
            seed = Seed(asked.tree.resolve(), cases)
            with serving(server, seed, asked.variants.split(",")) as served:
                known = seed.known()
                found = works(known, numbers_of(next(iter(served.values())), known))
                print(f"\n{cases:,} cases")
                heading()
                told[str(cases)] = [
                    one.told()
                    for name in asked.only.split(",")
                    for one in compared(served, found[name], known["token"], asked)
                ]
    return told


def heading() -> None:
    print(
        f"{'':4}{'':18}{'req/s':>8}{'ratio':>8}{'min–max':>13}{'CPU ms':>8}{'(server':>9}"
        f"{'× top)':>7}{'p50':>8}{'p99':>8}{'p99/50':>8}{'peak MiB':>10}{'bytes':>8}"
    )


def line(r: Result) -> None:
    ratio = f"{r.ratio:8.2f}{f'{r.least:.2f}–{r.most:.2f}':>13}" if r.ratio else " " * 21
    relative = f"{r.cpu_ratio:7.2f}" if r.cpu_ratio else " " * 7
    print(
        f"{r.work:4}{r.variant:18}{r.rate:8.0f}{ratio}{r.cpu:8.2f}{r.server_cpu:9.2f}{relative}"
        f"{r.p50:8.1f}{r.p99:8.1f}{r.spread:8.1f}{r.peak / 1024:10.0f}{r.size:8}",
        flush=True,
    )
    if said := beside(r.told()):
        print(f"{'':4}{said}")


def machine() -> dict[str, Any]:
    memory = psutil.virtual_memory().total // 2**30
    return {"cores": cores(), "memory_gib": memory, "python": platform.python_version()}


def how(asked: argparse.Namespace) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(asked.tree),
        "machine": machine(),
        "cases": asked.cases,
        "rounds": asked.rounds,
        "seconds": asked.seconds,
    }


def commit(tree: Path) -> str:
    command = ["git", "-C", str(tree), "rev-parse", "--short", "HEAD"]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.stdout.strip()


if __name__ == "__main__":
    main()
