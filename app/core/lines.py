"""Connections to PostgreSQL that the event loop reads itself: requests that only ask prepared
statements need no thread.

A plain function runs on a strand (a greenlet). Where it asks something, it is laid
aside until the answer is there, and the loop serves others; it never learns of that. It gets a
`Line` in place of a connection, on which nothing but prepared statements can be asked: anything
else would stop the loop, and is refused as `NotHere` before it is begun.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, cast

from psycopg import Error, OperationalError, pq
from sqlalchemy import Connection, Engine

from app.core.answers import checked
from app.core.errors import Unavailable, Uncertain
from app.core.logs import told
from app.core.strands import follow, strand, wait_for

T = TypeVar("T")
Result = pq.abc.PGresult
Send = Callable[[pq.abc.PGconn], None]
AGAIN = 1.0  # seconds until a lost line is opened again
log = logging.getLogger("casework.lines")


class NotHere(Exception):
    """This needs a thread; nothing of it is done."""


class Line:
    """One connection, of one strand at a time. Questions to it leave together (a pipeline)."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self.held, self.dialect = connection, connection.dialect
        self.connection = connection.connection  # as statements know it
        self.pg: pq.abc.PGconn = cast(Any, self.connection.driver_connection).pgconn
        self.loop, self.socket = loop, self.pg.socket
        self.answer: asyncio.Future[list[Result]] | None = None
        self.results: list[Result] = []
        self.before = self.after = b""  # what goes with the next question
        self.ahead: list[Send] = []  # and what comes before it, of which nobody waits for an answer
        self.unsure = False  # whether what was prepared on it is there, until the next answer
        self.within = self.lost = self.over = False
        self.strand = strand()
        self.pg.nonblocking = 1
        self.pg.enter_pipeline_mode()
        loop.add_reader(self.socket, self.readable)

    def __getattr__(self, name: str) -> Any:
        raise NotHere(name)

    # --- within a strand ----------------------------------------------------------------------

    def begin(self) -> None:
        """A transaction, with the next question; without it each question is one of its own."""
        self.before, self.within, self.over = b"BEGIN", True, False

    def commit_with_next(self) -> None:
        self.after = b"COMMIT"

    def commit(self) -> None:
        """Unless the last question has brought it along."""
        if self.ahead:
            raise RuntimeError("what was to go with a question was never asked")
        if self.within and not self.before:
            self.before = b"COMMIT"
            self.ask(lambda pg: None)
        self.before, self.ahead, self.after, self.within = b"", [], b"", False

    def undo(self) -> None:
        begun = self.within and not self.before and not self.lost
        self.before, self.ahead, self.after, self.within = b"", [], b"", False
        if begun:
            self.before = b"ROLLBACK"
            try:
                self.ask(lambda pg: None)
            except OperationalError:
                self.lost = True

    def ask(self, send: Send) -> Result:
        """`send` puts commands in the pipeline; gives the result of the last of them.

        Raises the driver's error of the first that failed; Uncertain, if the commit may be lost.
        """
        before, ahead, after = self.before, self.ahead, self.after
        self.before, self.ahead, self.after = b"", [], b""
        if self.lost:
            raise OperationalError("the connection is lost")
        if self.over:
            raise RuntimeError("this unit of work is committed")
        pg, answer = self.pg, self.loop.create_future()
        self.answer, self.results = answer, []
        try:
            if before:
                pg.send_query_params(before, None)
            for one in (*ahead, send):
                one(pg)
            if after:
                pg.send_query_params(after, None)
            pg.pipeline_sync()
            self.flush()
            found: list[Result] = wait_for(answer)
            self.results = []  # a line that rests holds nobody's answer
        except BaseException as failure:
            self.lost = True  # what it says next, and to what, is not known any more
            if b"COMMIT" in (before, after) and isinstance(failure, OperationalError):
                raise Uncertain("ask again, with the same Idempotency-Key") from failure
            raise
        try:
            for result in found:
                checked(result)
        except Error:
            self.lost |= self.unsure
            raise
        self.unsure = False
        if after:
            self.within, self.over = False, True
        return found[-2 if after else -1]

    # --- on the loop --------------------------------------------------------------------------

    def flush(self) -> None:
        if self.pg.flush():  # more than the socket takes at once
            self.loop.add_writer(self.socket, self.writable)

    def writable(self) -> None:
        try:
            if not self.pg.flush():
                self.loop.remove_writer(self.socket)
        except OperationalError as failure:
            self.fail(failure)

    def readable(self) -> None:
        pg = self.pg
        try:
            pg.consume_input()
        except OperationalError as failure:
            self.fail(failure)
            return
        while self.answer is not None and not pg.is_busy():
            result = pg.get_result()
            if result is None:  # between the results of two commands, or there are no more
                if pg.status != pq.ConnStatus.OK:
                    self.fail(OperationalError("the connection is lost"))
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                self.settle(lambda answer: answer.set_result(self.results))
            else:
                self.results.append(result)

    def fail(self, failure: OperationalError) -> None:
        """The socket is of no use: whoever waits hears of it, the next one finds it lost."""
        self.let_go()
        self.settle(lambda answer: answer.set_exception(failure))

    def settle(self, say: Callable[["asyncio.Future[list[Result]]"], None]) -> None:
        answer, self.answer = self.answer, None
        if answer is not None and not answer.done():
            say(answer)

    def let_go(self) -> None:
        self.lost = True
        self.loop.remove_reader(self.socket)
        self.loop.remove_writer(self.socket)

    def invalidate(self, failure: BaseException | None = None) -> None:
        """As of a connection: what was prepared on it is not to be relied upon."""
        self.lost = True

    def close(self) -> None:
        self.fail(OperationalError("the connection is closed"))
        self.held.invalidate()
        self.held.close()


class Lines:
    """At most `size` lines, opened as they are wanted; `waiting` strands may wait before 503."""

    def __init__(self, engine: Engine, size: int, waiting: int) -> None:
        self.engine, self.size, self.most = engine, size, waiting
        self.free: list[Line] = []  # the one used last is taken first
        self.waiting: deque[asyncio.Future[Line | None]] = deque()
        self.open: set[Line] = set()
        self.laying: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """With one line, if the database answers; the start does not wait for it."""
        try:
            self.add(await self.laid())
        except Exception as failure:
            log.error("no line to the database", extra=told(failure))
            self.one_more(AGAIN)

    async def laid(self) -> Line:
        loop = asyncio.get_running_loop()
        connection = await loop.run_in_executor(None, self.engine.connect)
        try:
            return Line(connection, loop)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise

    def one_more(self, seconds: float = 0) -> None:
        """If there is room, and as soon as the database answers; one alone asks whether it does."""
        if len(self.open) + len(self.laying) >= self.size or (self.laying and not self.open):
            return

        async def lay() -> None:
            await asyncio.sleep(seconds)
            while True:
                try:
                    self.add(await self.laid())
                    return
                except Exception as failure:
                    log.error("no line to the database", extra=told(failure))
                    self.send_away()
                    await asyncio.sleep(AGAIN)

        task = asyncio.get_running_loop().create_task(lay())
        self.laying.add(task)
        task.add_done_callback(self.laying.discard)

    def add(self, line: Line) -> None:
        self.open.add(line)
        self.give(line)

    def stop(self) -> None:
        self.size = 0
        for task in self.laying:
            task.cancel()
        for line in self.open:
            line.close()
        self.open.clear()
        self.free.clear()
        self.send_away()

    async def run(self, job: Callable[..., T], *args: Any) -> T | None:
        """`job(line, *args)` on a strand; None if there is no line, and then nothing is done."""
        line = await self.take()
        if line is None:
            return None
        line.over = False
        try:
            return await follow(line.strand, job, line, *args)
        finally:
            self.give(line)

    async def take(self) -> Line | None:
        while self.free:
            line = self.free.pop()
            if not line.lost:
                return line
            self.drop(line)
        self.one_more()
        if not self.open:
            return None
        if len(self.waiting) >= self.most:
            raise Unavailable("too many requests are waiting", code="busy")
        turn: asyncio.Future[Line | None] = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and (given := turn.result()):
                self.give(given)
            raise

    def give(self, line: Line) -> None:
        if line.lost or line.within:
            self.drop(line)
            return
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(line)
                return
        self.free.append(line)

    def drop(self, line: Line) -> None:
        if line in self.open:  # it may have been closed with all others
            self.open.remove(line)
            line.close()
        self.one_more()
        self.send_away()

    def send_away(self) -> None:
        """Whoever waits, if there is nothing to wait for."""
        while not self.open and self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
