"""What the first lines of a request may look like; anything else is refused before it costs."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from app.core.errors import HeadTooLarge, NotFound, Problem, TargetTooLong

LONGEST_TARGET = 8_192  # bytes of path and query
MOST_PARAMETERS = 100
MOST_HEADERS = 100
LARGEST_HEAD = 32_768  # bytes of all headers
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
# Said twice they mean one thing to a proxy and another to us.
ONCE = frozenset(
    (b"host", b"authorization", b"content-type", b"content-length", b"idempotency-key", b"if-match")
)
DISGUISED = re.compile(r"[\\\0\ufffd]|(?:^|/)\.{1,2}(?:/|$)")


def examine(scope: Mapping[str, Any], hosts: Collection[str]) -> dict[bytes, bytes]:
    """The headers, by name, of a request that is small, plain and meant for us."""
    pairs, query = scope["headers"], scope.get("query_string", b"")
    raw = scope.get("raw_path") or scope["path"].encode()
    if len(pairs) > MOST_HEADERS:
        raise HeadTooLarge(f"at most {MOST_HEADERS} headers")
    if sum(len(name) + len(value) + 4 for name, value in pairs) > LARGEST_HEAD:
        raise HeadTooLarge(f"at most {LARGEST_HEAD} bytes of headers")
    if len(raw) + len(query) > LONGEST_TARGET:
        raise TargetTooLong(f"at most {LONGEST_TARGET} bytes of path and query")
    headers = dict(pairs)
    if len(headers) < len(pairs):
        names = [name for name, _ in pairs]
        if any(names.count(name) > 1 for name in ONCE):
            raise Problem("a header that has one value is given twice", code="repeated-header")
    host = HOST.fullmatch(headers.get(b"host", b"").decode("latin-1"))
    if host is None or host[1].lower() not in hosts:
        raise Problem("this host is not served here", code="unknown-host")
    if b"%2f" in raw.lower() or DISGUISED.search(scope["path"]):
        raise NotFound("not found")
    if query.count(b"&") >= MOST_PARAMETERS:
        raise TargetTooLong(f"at most {MOST_PARAMETERS} parameters", code="too-many-parameters")
    return headers
