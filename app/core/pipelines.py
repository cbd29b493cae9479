"""Several statements in one round trip on a connection that a thread holds."""

from collections.abc import Callable, Iterable
from select import select

from psycopg import OperationalError, pq

from app.core.answers import checked


def in_one_trip(
    connection: pq.abc.PGconn, sends: Iterable[Callable[[pq.abc.PGconn], None]]
) -> pq.abc.PGresult:
    """The result of the last; outside of a transaction they are one of their own."""
    connection.enter_pipeline_mode()
    try:
        for send in sends:
            send(connection)
        connection.pipeline_sync()
        found = answers(connection)
    finally:
        if connection.status == pq.ConnStatus.OK:
            connection.exit_pipeline_mode()
    for result in found:
        checked(result)
    return found[-1]


def answers(connection: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """All up to the end of the pipeline; who waits for them lets other threads work."""
    found: list[pq.abc.PGresult] = []
    while True:
        while connection.is_busy():
            select([connection.socket], [], [])
            connection.consume_input()
        result = connection.get_result()
        if result is None:  # between the results of two commands, or there are no more
            if connection.status != pq.ConnStatus.OK:
                raise OperationalError("the connection is lost")
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            return found
        else:
            found.append(result)
