"""Strands: plain functions that are laid aside where they wait, while the event loop goes on."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class Done:
    """What came of a job."""

    def __init__(self, value: Any, failure: BaseException | None = None) -> None:
        self.value, self.failure = value, failure


def strand() -> greenlet:
    """Does plain functions, one after the other; each may be laid aside where it asks something.

    It is kept, because to begin one takes twenty times as long as to go on with it.
    """

    def do_jobs() -> None:
        given = getcurrent().parent.switch
        job, args = given()
        while True:
            try:
                done = Done(job(*args))
            except BaseException as failure:
                done = Done(None, failure)
            job = args = None
            job, args = given(done)

    one = greenlet(do_jobs)
    one.switch()
    return one


async def follow(one: greenlet, job: Callable[..., T], *args: Any) -> T:
    """Wait for what the strand waits for, until the job is done."""
    asked = one.switch((job, args))
    while not isinstance(asked, Done):
        try:
            given = await asked
        except BaseException as failure:
            asked = one.throw(failure)
        else:
            asked = one.switch(given)
    value, raised = asked.value, asked.failure
    asked.value = asked.failure = None  # the strand holds on to it until its next job
    if raised is not None:
        try:
            raise raised
        finally:
            del raised  # which holds this frame
    return cast(T, value)


def wait_for(awaited: Any) -> Any:
    """Within a job: lays it aside, and gives what came of it."""
    return cast(Any, getcurrent().parent).switch(awaited)
