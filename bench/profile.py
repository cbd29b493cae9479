"""Where the time of a server under load goes: shares of samples by package and by function.

`python -m bench.profile W1 [--variant postgresql] [--tree DIR] [--seconds 10] [--all]`; only
samples that hold the interpreter's lock, unless `--all` asks for those that wait as well.
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Thread

from bench import postgres
from bench.load import press
from bench.places import KEPT, ROOT, Seed
from bench.servers import VARIANTS, Served, serving
from bench.works import CONNECTIONS, Work, works

MOST = 25
FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^()]+?)(:[0-9]+)?\)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("work", choices=["W1", "W3", "W4"])
    parser.add_argument("--variant", default="postgresql", choices=VARIANTS)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    seed = Seed(asked.tree.resolve(), asked.cases)
    with postgres.running() as server, serving(server, seed, [asked.variant]) as served:
        known = seed.known()
        work = works(known)[asked.work]
        stacks = sampled(served[asked.variant], work, known["token"], asked.seconds, asked.all)
    tell(stacks)


def sampled(served: Served, work: Work, token: str, seconds: int, waiting: bool) -> Counter[str]:
    press(served.port, token, work.orders, CONNECTIONS, 1)
    given = (served.port, token, work.orders, CONNECTIONS, seconds + 3)
    load = Thread(target=press, args=given)
    load.start()
    file = KEPT / "profile.raw"
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(served.pid)]
    command += ["--duration", str(seconds), "--rate", "200", "--format", "raw", "--subprocesses"]
    command += ["--output", str(file), *(() if waiting else ("--gil",))]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    load.join()
    stacks: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        stacks[stack] += int(count)
    return stacks


def tell(stacks: Counter[str]) -> None:
    total = sum(stacks.values())
    leaves: Counter[str] = Counter()
    packages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for stack, count in stacks.items():
        frames = [found for one in stack.split(";") if (found := FRAME.fullmatch(one))]
        if not frames:
            continue
        packages[package(frames[-1]["file"])] += count
        leaves[place(frames[-1])] += count
        for one in {place(frame) for frame in frames}:
            functions[one] += count
    everywhere = {name for name, count in functions.items() if count > total * 0.99}
    for name in everywhere:
        del functions[name]
    print(f"{total} samples")
    for title, counted in (
        ("in the package itself", packages),
        ("in the function itself", leaves),
        ("in the function and what it calls", functions),
    ):
        print(f"\n{title}")
        for name, count in counted.most_common(MOST):
            print(f"{count / total:7.1%}  {name}")


def place(frame: re.Match[str]) -> str:
    return f"{frame['function']} ({frame['file']})"


def package(file: str) -> str:
    """Of ours the layer and package; of others the distribution."""
    parts = file.split("/")
    return "/".join(parts[: min(3, len(parts) - 1)]) if parts[0] == "app" else parts[0]


if __name__ == "__main__":
    main()
