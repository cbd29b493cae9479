"""Every attack of the table is refused at little cost, leaves nothing, and hears nothing back."""

import json
from collections.abc import Iterator

import pytest

from tests.hostile.attacks import CANARY, Attack, attacks
from tests.hostile.siege import Answer, Siege, besieged
from tests.worlds import Worlds

TABLE = attacks()
TICKS = 0.03  # seconds: the processor's time is counted in hundredths, for several threads
GROWTH = 50 * 1024 * 1024  # bytes, over the whole table
FIXED = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
FIXED |= {"x-frame-options": "DENY"}


@pytest.fixture(scope="module")
def siege(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(worlds, tmp_path_factory.mktemp("siege")) as one:
        yield one


def fault(attack: Attack, answer: Answer, cpu: float) -> str | None:
    """What is wrong with how an attack ended."""
    headers = answer.headers
    if answer.status not in attack.right:
        return f"answered {answer.status}, not {sorted(attack.right)}"
    if cpu > attack.cpu + TICKS:
        return f"cost {cpu:.2f} s of the processor"
    if CANARY in answer.raw.decode("utf-8", "replace").lower():
        return "repeats what was sent"
    if FIXED.items() - headers.items() or "x-request-id" not in headers:
        return f"lacks headers: {sorted(headers)}"
    if headers.get("cache-control") != "no-store" and "/static" not in attack.name:
        return "may be kept"
    if attack.unanswered:
        return None
    if headers["content-type"] == "application/problem+json":
        body = json.loads(answer.body)
        told = body["status"] == answer.status and body["request_id"] == headers["x-request-id"]
        return None if told else "is no problem"
    oauth = headers["content-type"] == "application/json" and "error" in json.loads(answer.body)
    return None if oauth else f"is {headers['content-type']}"


def suffered(siege: Siege, attack: Attack) -> tuple[Answer, float]:
    pieces = attack.make(siege)
    start = siege.cpu()
    answer = siege.send(*pieces)
    return answer, siege.cpu() - start


def test_the_table_of_attacks(siege: Siege) -> None:
    assert len(TABLE) == len({one.name for one in TABLE}) > 200
    siege.send(*TABLE[0].make(siege))  # what is made at the first request is no growth
    before, rows = siege.resident(), siege.rows()
    wrong, costs = [], []
    for attack in TABLE:
        answer, cpu = suffered(siege, attack)
        for _ in range(5):  # it costs what it costs at best; what else this machine does is noise
            if cpu > attack.cpu:
                cpu = min(cpu, suffered(siege, attack)[1])
        costs.append((cpu, attack.name))
        if found := fault(attack, answer, cpu):
            wrong.append(f"{attack.name}: {found}")
    grown = siege.resident() - before
    assert not wrong, "\n".join(wrong)
    assert siege.rows() == rows
    assert grown < GROWTH, f"{grown / 1e6:.0f} MB more; dearest: {sorted(costs)[-5:]}"
    log = siege.served.log.read_text()
    assert CANARY not in log.lower()
    assert "Traceback" not in log
