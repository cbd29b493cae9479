"""A few threads: one hop carries a whole request, and the queue before them is bounded."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from queue import SimpleQueue
from threading import Thread, get_ident
from typing import Any, Generic, TypeVar

from app.core.errors import Unavailable
from app.core.logs import told

log = logging.getLogger("casework.lanes")
T = TypeVar("T")
Job = tuple["asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Lanes(Generic[T]):
    """`size` threads that serve jobs in order; a full queue answers 503 at once.

    `holding` says what each thread keeps for as long as it lives.
    """

    def __init__(
        self, size: int, waiting: int, holding: Callable[[], AbstractContextManager[Any]]
    ) -> None:
        self.size, self.holding = size, holding
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
            future, job, args = order
            self.at_work.add(get_ident())
            answer: object
            try:
                answer = job(*args)
            except BaseException as failure:
                answer = failure
            self.at_work.discard(get_ident())
            tell(future, answer)


def tell(future: "asyncio.Future[Any]", answer: object) -> None:
    """Release an answer to the event loop that waits for it; a caller who left hears nothing."""

    def settle() -> None:
        if future.cancelled():
            return
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    future.get_loop().call_soon_threadsafe(settle)
