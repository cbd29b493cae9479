"""A few threads: one hop carries a whole request, and the queue before them is bounded."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from queue import Empty, SimpleQueue
from threading import Thread, get_ident
from time import monotonic
from typing import Any, Generic, TypeVar

from app.core.errors import LOST, Unavailable, Uncertain
from app.core.logs import told

log = logging.getLogger("casework.lanes")
T = TypeVar("T")
Job = tuple["asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]
Answered = tuple["asyncio.Future[Any]", object]
LONGEST = 0.05  # seconds that jobs may be done together: the first of them waits for the last


class Lanes(Generic[T]):
    """`size` threads that serve jobs in order; a full queue answers 503 at once.

    `holding` says what each thread keeps for as long as it lives. With `together`, jobs that wait
    anyhow are done within one such context, and answered once it has ended well; what it gives
    says whether it may go on.
    """

    def __init__(
        self,
        size: int,
        waiting: int,
        holding: Callable[[], AbstractContextManager[Any]],
        together: Callable[[], AbstractContextManager[Callable[[], bool]]] | None = None,
    ) -> None:
        self.size, self.holding, self.together = size, holding, together
        self.waiting = waiting
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.threads: list[Thread] = []
        self.at_work: set[int] = set()

    def start(self) -> None:
        self.threads = [Thread(target=self.serve, daemon=True) for _ in range(self.size)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Finish what was taken in, then end."""
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join()

    async def run(self, job: Callable[..., T], *args: Any) -> T:
        if self.jobs.qsize() >= self.waiting:
            raise Unavailable("too many requests are waiting", code="busy")
        return await self.resume(job, *args)

    async def resume(self, job: Callable[..., T], *args: Any) -> T:
        """For the rest of an answer that has begun: it is not turned away at a full queue."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.jobs.put((future, job, args))
        return await future

    def serve(self) -> None:
        with ExitStack() as kept:
            try:
                kept.enter_context(self.holding())
            except Exception as failure:  # each order will find out for itself, and say so
                log.error("lane with nothing to hold", extra=told(failure))
            self.take_orders()

    def take_orders(self) -> None:
        while (order := self.jobs.get()) is not None:
            self.at_work.add(get_ident())
            if self.together is None:
                answered = [(order[0], done(order))]
            else:
                answered = self.serve_together(order, self.together)
            self.at_work.discard(get_ident())
            tell(answered)

    def serve_together(
        self, first: Job, together: Callable[[], AbstractContextManager[Callable[[], bool]]]
    ) -> list[Answered]:
        answered: list[Answered] = []
        order: Job | None = first
        try:
            with together() as holds:
                until = monotonic() + LONGEST
                while order is not None:
                    future = order[0]
                    answered.append((future, done(order)))
                    if not holds():
                        raise Unavailable(LOST)
                    order = self.following() if monotonic() < until else None
        except Uncertain as failure:  # all of it is done, but what was to follow is not
            return [(future, failure) for future, _ in answered]
        except Exception as failure:
            log.error("nothing of it was kept", extra=told(failure))
            futures = [future for future, _ in answered] or [first[0]]
            return [(future, Unavailable(LOST)) for future in futures]
        return answered

    def following(self) -> Job | None:
        try:
            order = self.jobs.get_nowait()
        except Empty:
            return None
        if order is None:  # the end is for `take_orders`
            self.jobs.put(None)
        return order


def done(order: Job) -> object:
    """What the job gives, or its failure."""
    _, job, args = order
    try:
        return job(*args)
    except StopIteration as failure:  # no future takes it, and those after it would wait for ever
        return RuntimeError("a job ran out").with_traceback(failure.__traceback__)
    except BaseException as failure:
        return failure


def tell(answered: list[Answered]) -> None:
    """Release answers to the event loop that waits for them; who left hears nothing."""

    def settle() -> None:
        for future, answer in answered:
            if future.cancelled():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    answered[0][0].get_loop().call_soon_threadsafe(settle)
