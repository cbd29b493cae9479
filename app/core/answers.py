"""What PostgreSQL answers to a statement, or the failure that it tells of."""

from psycopg import errors, pq

FINE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def checked(result: pq.abc.PGresult) -> pq.abc.PGresult:
    """Or the failure that the server tells of."""
    if result.status not in FINE:
        raise errors.error_from_result(result)
    return result
