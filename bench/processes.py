"""Processor time and memory of a tree of processes, from /proc."""

import os
from pathlib import Path

import psutil

TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def seconds(pid: int) -> float:
    """Of user and system time; those of children that ended are with their parent."""
    total = 0
    for one in tree(pid):
        try:
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(field) for field in stat[11:15])
    return total / TICK


def peak(pid: int) -> int:
    """Largest resident set since the last `forget_peak`, in KiB, of all processes together."""
    total = 0
    for one in tree(pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except FileNotFoundError:
            continue
        total += next(
            (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0
        )
    return total


def forget_peak(pid: int) -> None:
    for one in tree(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")
