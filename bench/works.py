"""The items of work that are measured, and what every variant must answer to each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any

from bench.load import Order
from bench.servers import Served, Silent, ask

LIST = "/v1/cases?limit=50&status=open"
SEARCH = "/v1/cases?number="
NOTE = {
    "kind": "social_work",
    "occurred_on": "2026-01-15",
    "text": "Visited the household: the children attend school; the mother asked about papers. "
    * 5,
}
BODY = json.dumps(NOTE)
CONNECTIONS = 16


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    orders: list[Order]
    reads_one: bool = False
    connections: int = CONNECTIONS


def works(known: dict[str, Any], numbers: Sequence[str] = ()) -> dict[str, Work]:
    """Orders go round the caller's cases; nothing of what is read is kept by any of the servers."""
    full, own = known["full"], known["own"]
    return {
        "W1": Work("W1", "read a case", [Order("GET", f"/v1/cases/{one}") for one in full], True),
        "W2": Work("W2", "find a case by its number", [Order("GET", SEARCH + n) for n in numbers]),
        "W3": Work("W3", "list 50 cases", [Order("GET", LIST)]),
        "W4": Work(
            "W4", "add a note", [Order("POST", f"/v1/cases/{one}/notes", BODY) for one in own]
        ),
    }


def numbers_of(one: Served, known: dict[str, Any]) -> list[str]:
    """The numbers of the cases that W1 reads, which only the database knows."""
    cases = (ask(one.port, "GET", f"/v1/cases/{case}", known["token"]) for case in known["full"])
    return [case["number"] for case in cases]


def shape(answer: Any) -> Any:
    """Names and how many, so that variants that do other work are found out."""
    if isinstance(answer, dict):
        return {name: shape(answer[name]) for name in sorted(answer)}
    if isinstance(answer, list):
        return [shape(one) for one in answer]
    return ""


def rest(served: dict[str, Served]) -> None:
    """What the last load had under way comes to its end."""
    before: list[int] = []
    while (now := [one.events() for one in served.values()]) != before:
        before = now
        sleep(0.7)


def examine(served: dict[str, Served], work: Work, token: str) -> int:
    """All answer the same order in the same shape, and leave the event that they ought to.

    Gives the size of the first one's answer.
    """
    order, found = work.orders[0], {}
    rest(served)
    for name, one in served.items():
        ask(one.port, order.method, order.path, token, order.body)  # the second time is the usual
        before = one.events()
        found[name] = ask(one.port, order.method, order.path, token, order.body)
        left = one.events()
        due = 0 if "unaudited" in name else 1
        if left - before != due:
            raise Silent(f"{work.name}: {name} left {left - before} events, not {due}")
    first = next(iter(found))
    for name, answer in found.items():
        if shape(answer) != shape(found[first]):
            raise Silent(f"{work.name}: {name} answers in another shape than {first}")
    return len(json.dumps(found[first], ensure_ascii=False, separators=(",", ":")))
