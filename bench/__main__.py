"""`make bench`: measures, prints a table and keeps it in build/bench/latest.json."""

import argparse
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import postgres
from bench.measuring import Result, compare
from bench.places import KEPT, ROOT, Seed
from bench.servers import VARIANTS, cores, serving
from bench.works import works

USUAL = "ceiling,postgresql,sqlite,ninja"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT, help="whose app is measured")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each cell")
    parser.add_argument("--only", default="W1,W3,W4", help="which work items")
    parser.add_argument("--variants", default=USUAL, help=", ".join(VARIANTS))
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    seed = Seed(asked.tree.resolve(), asked.cases)
    names = asked.variants.split(",")
    results: list[Result] = []
    with postgres.running() as server, serving(server, seed, names) as served:
        known = seed.known()
        found = works(known)
        heading()
        for one in asked.only.split(","):
            some = compare(served, found[one], known["token"], asked.rounds, asked.seconds)
            for result in some:
                line(result)
            results += some
    keep(asked, results)


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


def machine() -> dict[str, Any]:
    memory = psutil.virtual_memory().total // 2**30
    return {"cores": cores(), "memory_gib": memory, "python": platform.python_version()}


def keep(asked: argparse.Namespace, results: list[Result]) -> None:
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(asked.tree),
        "machine": machine(),
        "cases": asked.cases,
        "rounds": asked.rounds,
        "seconds": asked.seconds,
        "results": [one.told() for one in results],
    }
    (KEPT / "latest.json").write_text(json.dumps(told, indent=2) + "\n")


def commit(tree: Path) -> str:
    command = ["git", "-C", str(tree), "rev-parse", "--short", "HEAD"]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.stdout.strip()


if __name__ == "__main__":
    main()
