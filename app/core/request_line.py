"""The line of log of each request: as any other, but made at once where nobody else listens.

A record of the logging library would cost a tenth of a request.
"""

import logging
import os
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from app.core.logs import FIELDS, sole_outlet

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")
log = logging.getLogger("casework.access")
LINE = (
    '{"time": "%s", "level": "INFO", "logger": "casework.access", "event": "request", '
    '"worker": %d, "request_id": "%s", "method": "%s", "route": "%s", "status": %d, '
    '"duration_ms": %s}\n'
)


@lru_cache(maxsize=1000)
def fits(route: str) -> bool:
    return bool(FIELDS["route"].fullmatch(route))


def tell(request_id: object, method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a template or `none`; told in milliseconds with one decimal."""
    if not log.isEnabledFor(logging.INFO):
        return
    duration, outlet = round(1000 * seconds, 1), sole_outlet()
    # What has not the form of its field is left out by the one who knows how.
    if outlet and isinstance(request_id, UUID) and method in METHODS and fits(route):
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        outlet.say(LINE % (time, os.getpid(), request_id, method, route, status, duration))
        return
    fields = {"request_id": request_id, "method": method, "route": route, "status": status}
    log.info("request", extra={**fields, "duration_ms": duration})
