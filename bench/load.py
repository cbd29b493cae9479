"""A closed loop of connections on loopback: wrk where there is one, else a client of our own.

`python -m bench.load PORT CONNECTIONS SECONDS ORDERS` prints one JSON object; ORDERS is a file with
a list of [method, path, body or null] that are sent in turn.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.places import ROOT

OWN = "BENCH_OWN_CLIENT"  # set: as on a machine without wrk


@dataclass(frozen=True)
class Order:
    method: str
    path: str
    body: str | None = None


@dataclass(frozen=True)
class Told:
    """What the client saw; milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bytes: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class Failed(RuntimeError):
    """An answer that was no success: what was measured is not what it was meant to be."""


LUA = """
local n, orders = 0, {%s}
request = function() n = n + 1; return orders[n %% #orders + 1] end
done = function(s, latency, _)
  local e = s.errors
  io.write(string.format("@%%d %%d %%f %%f %%d %%d\\n", s.requests, s.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, s.bytes,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def raw(order: Order, token: str, port: int) -> bytes:
    head = [
        f"{order.method} {order.path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {token}",
    ]
    body = (order.body or "").encode()
    if order.body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def press(port: int, token: str, orders: list[Order], connections: int, seconds: float) -> Told:
    """The generator is a process of its own: what it costs is not the server's."""
    messages = [raw(order, token, port) for order in orders]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "orders"
        if shutil.which("wrk") and OWN not in os.environ:
            return by_wrk(file, port, messages, connections, seconds)
        file.write_text(json.dumps([one.decode() for one in messages]))
        command = [sys.executable, "-m", "bench.load", port, connections, seconds, file]
        ran = subprocess.run(
            [str(one) for one in command], cwd=ROOT, capture_output=True, text=True
        )
        if ran.returncode:
            raise Failed(ran.stderr[-2000:])
        return Told(**json.loads(ran.stdout))


def by_wrk(file: Path, port: int, messages: list[bytes], connections: int, seconds: float) -> Told:
    quoted = ",".join('"' + "".join(f"\\{byte:03}" for byte in one) + '"' for one in messages)
    file.write_text(LUA % quoted)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=20s"]
    command += ["-s", str(file), f"http://127.0.0.1:{port}"]
    ran = subprocess.run(command, capture_output=True, text=True)
    line = next((one for one in ran.stdout.splitlines() if one.startswith("@")), "")
    if not line:
        raise Failed(ran.stdout + ran.stderr)
    requests, took, p50, p99, size, errors = line[1:].split()
    if int(errors):
        raise Failed(ran.stdout)
    return Told(int(requests), int(took) / 1e6, float(p50), float(p99), int(size))


# --- the client of our own ------------------------------------------------------------------------


async def one_connection(
    port: int, messages: list[bytes], start: int, step: int, until: float, took: list[float]
) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    place, size = start, 0
    while (begun := time.perf_counter()) < until:
        writer.write(messages[place % len(messages)])
        place += step
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise Failed(head.decode("latin-1").splitlines()[0])
        length = await body(reader, head.lower())
        took.append(time.perf_counter() - begun)
        size += len(head) + length
    writer.close()
    return size


async def body(reader: asyncio.StreamReader, head: bytes) -> int:
    """Its size; its end is told by its length or by an empty chunk."""
    if b"transfer-encoding: chunked" in head:
        total = 0
        while size := int(await reader.readline(), 16):
            total += len(await reader.readexactly(size + 2)) - 2
        await reader.readexactly(2)
        return total
    given = (line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    return len(await reader.readexactly(int(next(given).split(b":")[1])))


async def own_client(port: int, connections: int, seconds: float, file: Path) -> None:
    messages = [one.encode() for one in json.loads(file.read_text())]
    took: list[float] = []
    begun = time.perf_counter()
    sizes = await asyncio.gather(
        *(
            one_connection(port, messages, at, connections, begun + seconds, took)
            for at in range(connections)
        )
    )
    took.sort()
    told = Told(
        len(took),
        time.perf_counter() - begun,
        took[len(took) // 2] * 1000,
        took[len(took) * 99 // 100] * 1000,
        sum(sizes),
    )
    print(json.dumps(told.__dict__))


if __name__ == "__main__":
    asyncio.run(
        own_client(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
    )
