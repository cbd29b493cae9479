"""How often one token and one address may ask: refused before a body is read or a lane taken.

A flood costs no work of the database, and so its refusals are no events of the audit trail: they
would make of each request the very write that it is refused for. They are counted, and told in one
line a minute and address, which is named by a number that means nothing outside this process.

An office behind one address shares the address's limit, which is wide; whoever floods with one
token is stopped by the token's own before the colleagues' share is touched. Guessing passwords is
slowed for each account elsewhere (safeguards/identity/throttle.py).
"""

import logging
import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from math import ceil
from time import monotonic
from typing import Any, NamedTuple

from app.core.errors import TooMany
from app.core.metrics import Metrics

MOST = 20_000  # keys in memory for each limit: some 4 MB
SIGN_IN = ("/v1/token", "/v1/token/revoke")
SEARCH = re.compile(r"/v1/.*(/search|/possible-duplicates)|/v1/search")
FREE = ("/healthz",)  # as cheap as a refusal; and a flood must not make this process look dead
log = logging.getLogger("casework.rates")


class Limit(NamedTuple):
    """So many a second, after so many at once."""

    rate: float
    burst: float


def limit(text: str) -> Limit | None:
    """`20/100` → 20 a second after 100 at once; `off` → none."""
    if text == "off":
        return None
    rate, _, burst = text.partition("/")
    return Limit(float(rate), float(burst))


class Buckets:
    """One bucket of permits for each key; beyond `most`, who was seen longest ago is forgotten."""

    def __init__(self, limit: Limit | None, most: int = MOST) -> None:
        self.limit, self.most = limit, most
        self.kept: dict[bytes, tuple[float, float]] = {}  # key → permits and when; oldest first

    def wait(self, key: bytes, now: float) -> float:
        """Takes a permit; or says after how many seconds there will be one."""
        if self.limit is None:
            return 0
        rate, burst = self.limit
        held, since = self.kept.pop(key, (burst, now))
        held = min(burst, held + (now - since) * rate)
        if len(self.kept) >= self.most:
            del self.kept[next(iter(self.kept))]
        short = held < 1
        self.kept[key] = (held if short else held - 1, now)
        return (1 - held) / rate if short else 0


class Rates:
    """The limits of one worker; each worker has a memory of its own."""

    def __init__(
        self,
        limits: Mapping[str, Limit | None],
        metrics: Metrics,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.buckets = {name: Buckets(one) for name, one in limits.items()}
        self.notices = Buckets(Limit(1 / 60, 1))
        self.metrics, self.clock, self.secret = metrics, clock, os.urandom(32)

    def admit(self, scope: dict[str, Any], headers: Mapping[bytes, bytes]) -> None:
        """Takes a permit of each limit that this request falls under; TooMany if one has none."""
        path, now = scope["path"], self.clock()
        if path in FREE:
            return
        address = self.key(place_of((scope.get("client") or ("",))[0]))
        _, _, token = headers.get(b"authorization", b"").partition(b" ")
        caller = self.key(token) if token and path not in SIGN_IN else None
        asked = {"address": address}
        if caller:
            asked = {"token": caller, **asked}
        if path in SIGN_IN:
            asked = {"sign-in": address, **asked}
        elif SEARCH.fullmatch(path):
            asked = {"search": caller or address, **asked}
        for name, key in asked.items():
            if seconds := self.buckets[name].wait(key, now):
                raise self.refusal(name, address, now, seconds, path in SIGN_IN)

    def key(self, text: bytes) -> bytes:
        """Neither token nor address can be read from memory."""
        return blake2b(text, key=self.secret, digest_size=16).digest()

    def refusal(
        self, name: str, address: bytes, now: float, seconds: float, sign_in: bool
    ) -> TooMany:
        self.metrics.throttled[name] += 1
        if not self.notices.wait(address, now):
            log.warning("throttled", extra={"limit": name, "peer": address.hex()[:8]})
        # RFC 6749 knows no 429; a client that reads errors as it prescribes finds one all the same.
        extra: dict[str, Any] = {"error": "temporarily_unavailable"} if sign_in else {}
        after = {"Retry-After": str(max(1, ceil(seconds)))}
        return TooMany("more requests than are served at once; wait", headers=after, **extra)


@lru_cache(maxsize=10_000)
def place_of(host: str) -> bytes:
    """Of IPv6 the network of 64 bits, within which anybody can change their address at will."""
    try:
        packed = ip_address(host).packed
    except ValueError:
        return host.encode()
    return packed if len(packed) == 4 else packed[:8]
