"""How an answer leaves: whole, or part after part, and without its end where that cannot follow."""

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from app.safeguards.guard import streaming
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.carrying import carry_on
from app.safeguards.guard.streaming import Streamed

REQUEST = "00000000-0000-0000-0000-000000000001"
Sent = list[dict[str, Any]]


class Lanes:
    """Each order takes the next of these answers, or fails with it."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers, self.asked = [*answers], list[Any]()

    async def resume(self, *asked: Any) -> Answer:
        self.asked.append(asked)
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def rest(name: str) -> Any:
    return name


def sent(
    answer: Answer,
    *following: Answer | Exception,
    head_only: bool | None = None,
    leaves: Callable[[Sent], bool] = lambda _: False,
) -> tuple[Sent, Lanes]:
    """What is sent until the client leaves, and what was asked for meanwhile."""
    lanes, told = Lanes(*following), Sent()
    state = {"request_id": REQUEST} | ({} if head_only is None else {"head_only": head_only})

    async def go() -> None:
        left = asyncio.Event()

        async def send(message: Any) -> None:
            told.append(message)
            if leaves(told):
                left.set()
                for _ in range(5):
                    await asyncio.sleep(0)

        heard = iter(["http.request", "http.disconnect"])

        async def receive() -> Any:
            if (kind := next(heard)) == "http.disconnect":
                await left.wait()
            return {"type": kind}

        before = asyncio.all_tasks()
        response = Streamed(answer, SimpleNamespace(lanes=lanes, house="house"))
        await response({"type": "http", "state": state}, receive, send)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before  # nobody listens any longer

    asyncio.run(go())
    return told, lanes


def bodies(told: Sent) -> list[Any]:
    assert {one["type"] for one in told[1:]} <= {"http.response.body"}
    return [(one["body"], one.get("more_body", False)) for one in told[1:]]


@pytest.mark.parametrize("head_only", [None, False])
def test_an_answer_without_a_rest_leaves_whole(head_only: bool | None) -> None:
    told, lanes = sent(Answer(b"whole", 201, {"ETag": '"1"'}), head_only=head_only)
    assert told[0] == {
        "type": "http.response.start",
        "status": 201,
        "headers": [(b"etag", b'"1"'), (b"content-type", b"application/json")],
    }
    assert bodies(told) == [(b"whole", False)]
    assert lanes.asked == []


def test_of_a_head_nothing_follows() -> None:
    told, lanes = sent(Answer(b"a", rest=rest("1")), Answer(b"b"), head_only=True)
    assert told[0]["type"] == "http.response.start"
    assert bodies(told) == [(b"", False)]
    assert lanes.asked == []


def test_each_part_is_asked_for_once_the_one_before_has_left() -> None:
    parts = Answer(b"b", rest=rest("2")), Answer(b"c")
    told, lanes = sent(Answer(b"a", rest=rest("1")), *parts)
    assert bodies(told) == [(b"a", True), (b"b", True), (b"c", False)]
    assert lanes.asked == [(carry_on, "house", "1"), (carry_on, "house", "2")]


def test_what_fails_ends_the_answer_without_its_end(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "casework.guard"):
        told, _ = sent(Answer(b"a", rest=rest("1")), ValueError("no word of it"))
    assert bodies(told) == [(b"a", True)]
    (line,) = caplog.records
    assert (line.name, line.levelname) == ("casework.guard", "WARNING")
    assert line.getMessage() == "stream ended before its end"
    assert vars(line)["request_id"] == REQUEST
    assert vars(line)["failure"] == "ValueError"


def test_who_has_left_is_sent_no_more() -> None:
    first, second = Answer(b"a", rest=rest("1")), Answer(b"b", rest=rest("2"))
    told, lanes = sent(first, second, leaves=lambda told: len(told) > 1)
    assert bodies(told) == [(b"a", True)]
    assert len(lanes.asked) == 1


def test_a_client_is_gone_when_it_has_disconnected() -> None:
    heard = iter(["http.request", "http.request", "http.disconnect", "http.request"])

    async def receive() -> Any:
        return {"type": next(heard)}

    asyncio.run(streaming.gone(receive))
    assert list(heard) == ["http.request"]


def test_an_answer_has_no_work_left_for_when_it_is_sent() -> None:
    assert Streamed(Answer(b""), None).background is None
