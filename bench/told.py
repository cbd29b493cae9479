"""The figures of a run as tables for docs/performance.md."""

import json
from typing import Any

from bench.places import KEPT

Told = dict[str, Any]


def markdown(told: Told) -> str:
    lines = [
        "| item | variant | of the ceiling (least–most) | CPU ms, × the ceiling's | req/s "
        "| p50 / p99 ms | p99 / p50 | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [row(one) for one in told["results"]]
    kept = [
        f"{one['work']} {one['variant']}: {said}."
        for one in told["results"]
        if (said := beside(one))
    ]
    if told["histories"]:
        lines += [
            "",
            "| W5 | variant | read | of the ceiling (least–most) | entries/s "
            "| CPU ms for 1,000 | peak MiB | grew by |",
            "|---|---|---|---|---|---|---|---|",
            *map(history, told["histories"]),
        ]
    return "\n".join([*lines, "", *kept, ""])


def beside(r: Told) -> str:
    """Its rate beside that of the peer, and of the same without events."""
    found = []
    if r["of_peer"]:
        found.append("{:.1f} times ({:.1f}–{:.1f}) the rate of ninja".format(*r["of_peer"]))
    if r["of_unaudited"]:
        kept = "{:.2f} ({:.2f}–{:.2f})".format(*r["of_unaudited"])
        found.append(f"audited reads keep {kept} of the rate of unaudited ones")
    return "; ".join(found)


def of_ceiling(r: Told) -> str:
    return f"**{r['ratio']:.2f}** ({r['least']:.2f}–{r['most']:.2f})" if r["ratio"] else "–"


def row(r: Told) -> str:
    ratio = of_ceiling(r)
    relative = f"{r['cpu']:.2f}, × {r['cpu_ratio']:.1f}" if r["cpu_ratio"] else f"{r['cpu']:.2f}"
    return (
        f"| {r['work']} | {r['variant']} | {ratio} | {relative} | {r['rate']:.0f} "
        f"| {r['p50']:.1f} / {r['p99']:.1f} | {r['spread']:.1f} | {r['peak'] / 1024:.0f} |"
    )


def history(r: Told) -> str:
    return (
        f"| {r['entries']:,} | {r['variant']} | {r['told']:,}, {r['way']} | {of_ceiling(r)} "
        f"| {r['rate']:,.0f} | {r['cpu']:,.1f} | {r['peak'] / 1024:.0f} "
        f"| {r['growth'] / 1024:.1f} |"
    )


if __name__ == "__main__":
    print(markdown(json.loads((KEPT / "latest.json").read_text())))
