"""casework-witness: signs what a log says only if it continues what was signed before.

For a partner agency, a court's registry or an ombudsman: somebody in another chain of command, on
a machine of their own. It keeps of each log a number and a hash, no event and no name. Whoever
holds the log cannot show two pasts, nor an older one, without this program's signature lacking.

It answers `POST /add-checkpoint` as C2SP tlog-witness has it. What it signs is stored first.
"""

import argparse
import socket
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Semaphore, Timer
from typing import Any

from app.core.key_file import UnsafeKey, obtain_key
from app.safeguards.audit.forms import BadText
from app.safeguards.audit.keys import BadKey, Kind, SigningKey, VerifierKey, read_vkey
from app.safeguards.audit.log_keys import seed_of
from app.safeguards.audit.witness import (
    LARGEST_REQUEST,
    UNSEEN,
    Refused,
    Seen,
    cosigned,
    judged,
    read_request,
)

KINDS = (Kind.COSIGNATURE, Kind.ML_DSA_44)
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
AT_ONCE = 16  # requests
WAIT = 10.0  # seconds for a request to arrive whole and be answered


@dataclass(frozen=True)
class Witness:
    """Which logs it watches, with which keys it signs, and where it keeps what it has seen."""

    keys: Sequence[SigningKey]
    logs: Mapping[str, Sequence[VerifierKey]]  # by origin
    store: Path

    def prepare(self) -> None:
        with closing(self.connect()) as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, "
                "root BLOB NOT NULL) STRICT"
            )

    def connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.store, timeout=WAIT, isolation_level=None)
        db.execute("PRAGMA synchronous = FULL")
        return db

    def add(self, raw: bytes, at: int) -> str:
        """The signatures for a request, at `at` POSIX seconds. Raises Refused.

        What is held is read and replaced in one transaction, committed before anything is sent.
        """
        try:
            request = read_request(raw)
        except BadText as fault:
            raise Refused(400, str(fault)) from None
        checkpoint = judged(request, self.logs)
        with closing(self.connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            found = "SELECT size, root FROM seen WHERE origin = ?"
            row = db.execute(found, (checkpoint.origin,)).fetchone()
            seen = Seen(*row) if row else UNSEEN
            made = cosigned(request, checkpoint, seen, self.keys, at)
            db.execute("REPLACE INTO seen VALUES (?, ?, ?)", (checkpoint.origin, *made.seen))
            db.execute("COMMIT")
        return made.lines


class Server(ThreadingHTTPServer):
    """Hangs up on who comes while all its threads are taken; a log comes again in ten seconds."""

    daemon_threads = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.free = Semaphore(AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be had
            self.free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()


def hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # they have gone themselves
        line.shutdown(socket.SHUT_RDWR)


def handler_of(witness: Witness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = WAIT
        server_version, sys_version = "casework-witness", ""

        def handle(self) -> None:
            """All of it within so long, however it trickles."""
            over = Timer(WAIT, hang_up, [self.connection])
            over.daemon = True
            over.start()
            try:
                super().handle()
            except OSError:  # hung up on
                self.close_connection = True
            finally:
                over.cancel()

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                return self.tell(404, "only /add-checkpoint is here\n")
            if not length.isdecimal() or int(length) > LARGEST_REQUEST:
                return self.tell(413, "a request says its length, and is not so long\n")
            try:
                self.tell(200, witness.add(self.rfile.read(int(length)), int(time.time())))
            except Refused as refusal:
                if refusal.size is not None:
                    self.tell(refusal.status, f"{refusal.size}\n", SIZE)
                else:
                    self.tell(refusal.status, f"{refusal.why}\n")

        def tell(self, status: int, text: str, kind: str = TEXT) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Who asked is nobody's business."""

    return Handler


def witness_of(given: argparse.Namespace) -> Witness:
    """Raises UnsafeKey, or BadKey for what names no key.

    Whoever has lost what they saw would sign any past as the first.
    """
    if given.key_file.exists() and not given.store.exists() and not given.anew:
        raise UnsafeKey(
            f"{given.store} is gone, and with it what {given.key_file} has signed: put it back, "
            "or, if it signed nothing that counts, start with --anew"
        )
    secret = obtain_key(given.key_file, given.store.exists())
    keys = [SigningKey(given.name, kind, seed_of(secret, "witness", kind)) for kind in KINDS]
    logs: dict[str, list[VerifierKey]] = {}
    for text in given.log:
        key = read_vkey(text)
        logs.setdefault(key.name, []).append(key)
    return Witness(keys, logs, given.store)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", required=True, help="such as witness.example.org/casework")
    parser.add_argument("--log", action="append", required=True, help="a key of a log to watch")
    parser.add_argument("--key-file", type=Path, default=Path("witness.key"))
    parser.add_argument("--store", type=Path, default=Path("witness.db"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8911)
    parser.add_argument("--keys", action="store_true", help="print its public keys, and end")
    parser.add_argument("--anew", action="store_true", help="begin without what it has seen")
    given = parser.parse_args(arguments)
    try:
        witness = witness_of(given)
    except (UnsafeKey, BadKey) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    for key in witness.keys:
        sys.stdout.write(f"{key.verifier.vkey()}\n")
    sys.stdout.flush()
    witness.prepare()
    if given.keys:
        return 0
    with Server((given.host, given.port), handler_of(witness)) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
