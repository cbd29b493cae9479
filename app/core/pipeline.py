"""One prepared statement for many rows: all are sent before the first answer is looked at."""

from collections.abc import Sequence
from select import POLLIN, POLLOUT, poll
from typing import Any

from psycopg import errors, pq

FINE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def through(
    connection: pq.abc.PGconn, name: bytes, rows: Sequence[list[Any]], formats: Sequence[int]
) -> list[pq.abc.PGresult]:
    """What comes of each, failures too; after one, the rest is not done."""
    connection.enter_pipeline_mode()
    connection.nonblocking = 1  # where the driver blocks, it holds the interpreter
    try:
        for one in rows:
            connection.send_query_prepared(name, one, formats, 1)
        connection.pipeline_sync()
        return results_of(connection)
    finally:
        if connection.status == pq.ConnStatus.OK:
            connection.nonblocking = 0
            connection.exit_pipeline_mode()


def results_of(connection: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """Of all that is in the pipeline; others go on while this thread waits for them."""
    ready, found = poll(), list[pq.abc.PGresult]()
    while connection.flush():
        ready.register(connection.socket, POLLIN | POLLOUT)
        if any(event & POLLIN for _, event in ready.poll()):
            connection.consume_input()
    ready.register(connection.socket, POLLIN)
    while True:
        while connection.is_busy():
            ready.poll()
            connection.consume_input()
        result = connection.get_result()
        if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
            return found
        if result is not None:
            found.append(result)
        elif connection.status != pq.ConnStatus.OK:
            raise errors.ConnectionFailure("the connection is lost")


def checked(result: pq.abc.PGresult) -> pq.abc.PGresult:
    """Or the failure that the server tells of."""
    if result.status not in FINE:
        raise errors.error_from_result(result)
    return result
