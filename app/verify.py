"""casework-verify: whether the audit log holds, for whoever does not trust those who keep it.

One file, Python 3.11 and the package `cryptography`, no database, no network and nothing of the
application it examines: `python verify.py …` does the same as the command. Exit 0: it holds.
Exit 1: it does not, and the first place where it breaks is named. Exit 2: it cannot be judged.

    verify.py log FOLDER               all of the log
    verify.py proof FILE --entry FILE  one event is in the log
    verify.py consistency OLD NEW FILE the log of NEW begins with all that OLD had
    verify.py continues OLD FOLDER     the same, of all of a log and without a proof
    verify.py sink FILE FOLDER         all of the log, and all that a second record has is in it
    verify.py state FILE FOLDER        each row of the database is as its last event says, and
                                       each version that is kept as the event that made it
    verify.py case BUNDLE              one file's events are chained, dense, and in the log
                     [--log FOLDER]    and no other event of the log is about that file
    verify.py page BUNDLE OUT          the same, and writes it as a page to read and print
    verify.py disclose BUNDLE OUT      takes one field of one version out of it, with its proof
    verify.py check-disclosure FILE    one field of one version is what the log has

`--key` names a key of the log, as `name+id+base64`. Each that is given must have signed every
checkpoint, and its name must be the log's. `--witness` names a key of a witness; `--quorum` of
them, all if it is not said, must have signed the newest. Keys come from whom you trust, not from
where the log comes from.

The formats: checkpoints, signatures, tiles and proofs are those of C2SP (tlog-checkpoint,
signed-note, tlog-cosignature, tlog-tiles, tlog-proof) over the trees of RFC 6962. FOLDER has
`checkpoint`, and the leaves as `tile/0/…`, or the events as `entries`, one a line in canonical
JSON, or both; entries beyond the checkpoint are not covered by it yet, and nothing is said of them.
Further levels of tiles tell where a broken log breaks; a level that is there is there whole. The
proof for `consistency` is a hash in base64 a line. A second record has `event_id leaf` a line, the
leaf in hexadecimal; copy it before the log, which is a little behind. The id is held against the
entries, if the log has them.

A case's bundle is lines of JSON, so that its length costs no memory: first {"checkpoint": …},
then for each event {"event": {…}, "index": its place in the log, "proof": [hashes in base64]},
those of one chain in its order, last {"events": their number}. All of them are of the file that
the first names, which is told, or of `--file`; a refusal names the file that was asked for, and a
list that showed it names none. That nothing was left out of the middle of a chain, its numbers
show. An event that the reader may not be told is `withheld`: its hashes stand in its place. Of a
version `fields` have name, value, salt and place, and `hashes` are those of all its fields; what
they come to is what the event commits to. Lines may stand in one JSON document, as they are served;
`sha256` in the last is then of all bytes before it. That a whole chain, an event of no chain (a
reading, a refusal) or what followed the last was left out, only the whole log shows: `--log`.
"""

import argparse
import base64
import json
import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # Python's own exit code, 1, would accuse the log
    sys.stdout.write("cannot be judged: there is no package cryptography here\n")
    sys.exit(2)
try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:
    mldsa = None  # type: ignore[assignment]  # older, and enough for what Ed25519 signed

HASHED = (
    *("id", "created_at", "actor_id", "role", "session_id", "action", "route", "outcome", "code"),
    *("file_id", "asked_id", "record_class", "record", "record_id", "record_version"),
    *("request_id", "policy", "purpose", "basis", "relation", "detail", "chain"),
)
LOGGED = (*HASHED, "seq", "hash")
LONGEST_LINE = 1 << 20
AT_ONCE = 1_000_000  # lines of a second record that are looked for in one reading of the log
TILE = 256 * 32
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NODE = sha256(b"\1")


class Broken(Exception):
    """It does not hold."""


class Unreadable(Exception):
    """It cannot be judged."""


# --- trees (RFC 6962 §2.1) -------------------------------------------------------------------


def parents(row: bytes) -> bytes:
    above = []
    for at in range(0, len(row), 64):
        made = NODE.copy()
        made.update(row[at : at + 64])
        above.append(made.digest())
    return b"".join(above)


def top(row: bytes) -> bytes:
    """The root over any number of leaves, but none."""
    while len(row) > 32:
        whole = len(row) // 64 * 64
        row = parents(row[:whole]) + row[whole:]  # one without a neighbour goes up as it is
    return row


def path_top(leaf: bytes, index: int, size: int, proof: Iterable[bytes]) -> bytes | None:
    """The root that a proof leads to from a leaf; None if it is no proof for this place."""
    hashes, last = iter(proof), size - 1
    while last:
        if index % 2 or index < last:
            if (beside := next(hashes, None)) is None:
                return None
            leaf = parents(beside + leaf if index % 2 else leaf + beside)
        index, last = index // 2, last // 2
    return leaf if next(hashes, None) is None else None


def grew(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof of consistency leads to both roots."""
    if old in (0, new):
        empty = not old and old_root == sha256().digest()
        return not proof and (empty if old != new else old_root == new_root)
    here, last = old - 1, new - 1
    while here % 2:
        here, last = here // 2, last // 2
    hashes = iter(proof if here else (old_root, *proof))
    before = after = next(hashes, b"")
    while last:
        if here % 2 or here < last:
            if (beside := next(hashes, None)) is None:
                return False
            if here % 2:
                before, after = parents(beside + before), parents(beside + after)
            else:
                after = parents(after + beside)
        here, last = here // 2, last // 2
    return next(hashes, None) is None and (before, after) == (old_root, new_root)


# --- texts and signatures --------------------------------------------------------------------


class Key(NamedTuple):
    name: str
    id: bytes
    kind: int
    public: bytes


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes


def unbase64(text: str, length: int | None = None) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("something is not base64") from None
    if base64.b64encode(found).decode() != text or len(found) != (length or len(found)):
        raise Unreadable("some base64 is not of the right length or spelling")
    return found


def number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise Unreadable("a number is not plain decimal")
    return int(text)


def text_of(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("a text is not UTF-8") from None
    if any(one < " " and one != "\n" for one in text):
        raise Unreadable("a text has control characters")
    return text


def key_of(text: str) -> Key:
    name, _, rest = text.partition("+")
    told, _, spelled = rest.partition("+")
    raw = unbase64(spelled)
    kind, public = raw[:1], raw[1:]
    made = sha256(name.encode(errors="replace") + b"\n" + raw).digest()[:4]
    known = {b"\1": 32, b"\4": 32, b"\6": 1312}.get(kind) == len(public)
    if not name or not known or told != made.hex():
        raise Unreadable(f"this is no key: {text[:60]}")
    if kind == b"\6" and mldsa is None:
        raise Unreadable("the package cryptography is too old for a key of ML-DSA-44")
    return Key(name, made, kind[0], public)


def signed(key: Key, text: str, checkpoint: Checkpoint, value: bytes) -> bool:
    """Whether a signature is this key's. What is signed is said by the specifications above."""
    message = text.encode()
    if key.kind != 1:
        at, value = int.from_bytes(value[:8]), value[8:]
        message = b"cosignature/v1\ntime %d\n" % at + message
        if at >= 1 << 63:
            return False
    try:
        if key.kind != 6:
            Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
            return True
        names = (key.name.encode(), checkpoint.origin.encode())
        if max(map(len, names)) > 255 or text.count("\n") != 3:
            return False  # no signature of this kind covers more than three lines
        name, origin = (bytes([len(one)]) + one for one in names)
        numbers = struct.pack(">Q", at), struct.pack(">QQ", 0, checkpoint.size)
        message = b"subtree/v1\n\0" + name + numbers[0] + origin + numbers[1] + checkpoint.root
        mldsa.MLDSA44PublicKey.from_public_bytes(key.public).verify(value, message)
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm:
        raise Unreadable("the package cryptography does not do what this key needs") from None
    return True


class Trust(NamedTuple):
    """Whose word counts."""

    keys: list[Key]
    witnesses: list[Key]
    quorum: int

    def checkpoint(self, raw: bytes, witnessed: bool = True) -> Checkpoint:
        """What a note says, once those who must have signed it."""
        text, gap, lines = text_of(raw).rpartition("\n\n")
        said = f"{text}\n".split("\n")
        if not gap or not lines.endswith("\n") or len(said) < 4 or not all(said[:-1]):
            raise Unreadable("this is no signed checkpoint")
        found = Checkpoint(said[0], number(said[1]), unbase64(said[2], 32))
        signers = set()
        for line in lines.split("\n")[:-1]:
            dash, _, rest = line.partition(" ")
            name, _, spelled = rest.partition(" ")
            value = unbase64(spelled)
            if dash != "—" or not name or len(value) < 5:
                raise Unreadable("this is no signature")
            for key in (*self.keys, *self.witnesses):
                if (key.name, key.id) == (name, value[:4]):
                    if not signed(key, f"{text}\n", found, value[4:]):
                        raise Broken(f"a signature of {name} is false")
                    signers.add(key)
        for key in self.keys:
            if key.name != found.origin:
                raise Broken(f"this is the log {found.origin}, not {key.name}")
            if key not in signers:
                raise Broken(f"{key.name} did not sign with the key {key.id.hex()}")
        agreed = {key.name for key in self.witnesses if key in signers}
        if witnessed and len(agreed) < self.quorum:
            raise Broken(f"{len(agreed)} of {self.quorum} witnesses signed")
        return found


# --- events and their chains -----------------------------------------------------------------


def parsed(raw: bytes) -> Any:
    """JSON with each name once and with whole numbers, as events have them."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError
        return found

    def refuse(_: str) -> None:
        raise ValueError

    try:
        return json.loads(
            raw.decode(), object_pairs_hook=once, parse_float=refuse, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        raise Unreadable("something is not the JSON of events") from None


def canonical(event: dict[str, Any], names: Iterable[str]) -> bytes:
    try:
        return json.dumps(
            {name: event[name] for name in names},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
    except (ValueError, RecursionError):
        raise Unreadable("an event has text that is not Unicode") from None


def event_of(value: Any) -> dict[str, Any]:
    """Exactly what the log has of an event: nothing beside it could be believed."""
    if not isinstance(value, dict) or set(value) != set(LOGGED):
        raise Unreadable("an event does not have exactly the names that the log has")
    return value


def log_leaf(event: dict[str, Any]) -> bytes:
    return sha256(b"\0" + canonical(event, LOGGED)).digest()


class Chains:
    """Where each chain of the events that passed has come to."""

    def __init__(self) -> None:
        self.heads: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.unchained = -1  # index of the last event that is in no chain

    def follow(self, event: dict[str, Any], index: int) -> None:
        file_id, chain, seq = event["file_id"], event["chain"], event["seq"]
        if chain is None:
            if event["outcome"] == "written":
                raise Broken("an event of a write is in no chain")
            if seq is not None or event["hash"] is not None or index <= self.unchained:
                raise Broken("an event of no chain has a place in one, or is out of its order")
            self.unchained = index
            return
        if not isinstance(chain, str) or not isinstance(file_id, str):
            raise Broken("a chain has no name")
        last, previous = self.heads.get((file_id, chain), (0, bytes(32)))
        if type(seq) is not int or seq != last + 1:
            raise Broken(f"after number {last} of the chain {chain} comes {seq}")
        leaf = event.get("leaf") or sha256(b"\0" + canonical(event, HASHED)).digest()
        link = sha256(b"\1" + previous + leaf).digest()
        if event["hash"] != link.hex():
            raise Broken(f"number {seq} of the chain {chain} is not linked to what was before it")
        self.heads[file_id, chain] = (seq, link)


# --- files -----------------------------------------------------------------------------------


def content(path: Path) -> bytes:
    """Of a small file."""
    with path.open("rb") as file:
        raw = file.read(LONGEST_LINE + 1)
    if len(raw) > LONGEST_LINE:
        raise Unreadable(f"{path} is too large")
    return raw


def lines(path: Path) -> Iterator[bytes]:
    """Those of a file of any length, without their newlines."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise Unreadable(f"{path} has a line that is too long")
            yield line.removesuffix(b"\n")


def tile(folder: Path, level: int, n: int, width: int) -> bytes:
    """The first `width` hashes of a tile, of a fuller one too; fewer if they are not there."""
    name = f"{n % 1000:03}"
    while n := n // 1000:
        name = f"x{n % 1000:03}/{name}"
    path = folder / "tile" / str(level) / name
    parts = path.with_name(f"{path.name}.p")
    for known in (path, *(parts / str(fuller) for fuller in range(width, 256))):
        if known.is_file():
            with known.open("rb") as file:
                return file.read(width * 32)
    return b""


def entries_of(folder: Path) -> Iterator[bytes] | None:
    """The events of the log, if it has them."""
    file = folder / "entries"
    return lines(file) if file.is_file() else None


def blocks(
    folder: Path, size: int, given: Iterator[bytes] | None
) -> Iterator[tuple[bytes, list[bytes]]]:
    """The leaves of the log, 256 at a time, and their entries, if they are given.

    Raises Broken for one that is missing.
    """
    tiles = (folder / "tile" / "0").is_dir()
    if size and given is None and not tiles:
        raise Unreadable(f"{folder} has neither tile/0 nor entries")
    for first in range(0, size, 256):
        width = min(256, size - first)
        found = tile(folder, 0, first // 256, width) if tiles else b""
        if tiles and len(found) != width * 32:
            raise Broken(f"leaf {first + len(found) // 32} is missing: first bad index")
        entries = list(islice(given or (), width))
        if given is not None:
            hashed = [sha256(b"\0" + line).digest() for line in entries]
            for at, leaf in enumerate(hashed):
                if tiles and leaf != found[at * 32 : at * 32 + 32]:
                    raise Broken(f"the entry is not that of the leaf: first bad index {first + at}")
            if len(hashed) < width:
                raise Broken(f"entry {first + len(hashed)} is missing: first bad index")
            found = b"".join(hashed)
        yield found, entries


def above(folder: Path, size: int, row: bytes, rest: bytes, root: bytes) -> None:
    """Holds what is stored of the levels above the leaves against what the leaves give.

    `row` has the tops of full tiles, `rest` that of the last leaves. Raises Broken, with the
    first bad index as narrowly as a level tells it that leads to the signed root, and for a level
    that is there in part.
    """
    holds, level = top(row + rest) == root, 1
    while row:
        count = len(row) // 32
        stored = b"".join(
            tile(folder, level, at // 256, min(256, count - at)) for at in range(0, count, 256)
        )
        if holds and len(stored) != len(row) and (folder / "tile" / str(level)).is_dir():
            raise Broken(f"of tile level {level} there is a part only")
        if len(stored) == len(row) and stored != row and (holds or top(stored + rest) == root):
            at = next(
                at
                for at in range(count)
                if stored[at * 32 : at * 32 + 32] != row[at * 32 : at * 32 + 32]
            )
            first, last = at * 256**level, (at + 1) * 256**level - 1
            what = f"tile level {level} is not that of" if holds else "the root is not that of"
            raise Broken(f"{what} leaves {first} to {last}: first bad index {first}")
        full = len(row) // TILE * TILE
        rest = top(row[full:] + rest)
        row = b"".join(top(row[at : at + TILE]) for at in range(0, full, TILE))
        level += 1
    if not holds:
        raise Broken("the leaves do not give the signed root, and nothing here tells where")


# --- commands --------------------------------------------------------------------------------


def log(folder: Path, trust: Trust, entries: Iterator[bytes] | None) -> Checkpoint:
    checkpoint = trust.checkpoint(content(folder / "checkpoint"))
    row, rest = tops(folder, checkpoint.size, entries)
    if checkpoint.size == 0 and checkpoint.root != sha256().digest():
        raise Broken("a log of no leaves has another root")
    if checkpoint.size:
        above(folder, checkpoint.size, row, rest, checkpoint.root)
    return checkpoint


def tops(folder: Path, size: int, entries: Iterator[bytes] | None) -> tuple[bytes, bytes]:
    """Of each full tile of the first so many leaves; and of what is left."""
    row, rest = bytearray(), b""
    for leaves, _ in blocks(folder, size, entries):
        if len(leaves) == TILE:
            row += top(leaves)
        else:
            rest = top(leaves)
    return bytes(row), rest


def root_of(folder: Path, size: int) -> bytes:
    """Of the first so many leaves."""
    row, rest = tops(folder, size, entries_of(folder))
    return top(row + rest) if size else sha256().digest()


def check_log(given: argparse.Namespace, trust: Trust) -> str:
    entries = entries_of(given.folder)
    checkpoint = log(given.folder, trust, entries)
    beyond = (
        ""
        if next(entries or iter(()), None) is None
        else "; entries after them are not covered yet"
    )
    return f"all {checkpoint.size} leaves of {checkpoint.origin} give the signed root{beyond}"


def check_proof(given: argparse.Namespace, trust: Trust) -> str:
    head, gap, note = content(given.file).partition(b"\n\n")
    first, *rest = text_of(head).split("\n")
    if not gap or first != "c2sp.org/tlog-proof@v1":
        raise Unreadable("this is no c2sp.org/tlog-proof@v1")
    if rest and rest[0].startswith("extra "):
        unbase64(rest.pop(0)[6:])
    if not rest or not rest[0].startswith("index "):
        raise Unreadable("the proof has no index")
    index, checkpoint = number(rest.pop(0)[6:]), trust.checkpoint(note)
    leaf = log_leaf(event_of(parsed(content(given.entry))))
    included(checkpoint, index, leaf, rest)
    return f"the event is number {index} of {checkpoint.size} in {checkpoint.origin}"


def included(checkpoint: Checkpoint, index: int, leaf: bytes, proof: Sequence[str]) -> None:
    hashes = [unbase64(one, 32) for one in proof]
    if index >= checkpoint.size or (
        path_top(leaf, index, checkpoint.size, hashes) != checkpoint.root
    ):
        raise Broken(f"the log does not have this event at index {index}")


def check_consistency(given: argparse.Namespace, trust: Trust) -> str:
    old = trust.checkpoint(content(given.old), witnessed=False)
    new = trust.checkpoint(content(given.new))
    text = text_of(content(given.file)).removesuffix("\n")
    proof = [unbase64(line, 32) for line in text.split("\n")] if text else []
    if old.size > new.size or not grew(old.size, old.root, new.size, new.root, proof):
        raise Broken(f"{new.size} leaves do not begin with the {old.size} that were signed before")
    return f"{new.origin} only grew, from {old.size} to {new.size} leaves"


def check_continues(given: argparse.Namespace, trust: Trust) -> str:
    old = trust.checkpoint(content(given.old), witnessed=False)
    new = log(given.folder, trust, entries_of(given.folder))
    if old.size > new.size or root_of(given.folder, old.size) != old.root:
        raise Broken(f"{new.size} leaves do not begin with the {old.size} that were signed before")
    return f"{new.origin} only grew, from {old.size} to {new.size} leaves"


SAID = re.compile(rb"(%b) ([0-9a-f]{64})" % ID.encode())
SUNK = b"00000000-0000-0000-0000-000000000000 " + b"0" * 64  # the form of a line


def check_sink(given: argparse.Namespace, trust: Trust) -> str:
    checkpoint = log(given.folder, trust, entries_of(given.folder))
    told, count, cut, empty = enumerate(lines(given.file), start=1), 0, 0, 0
    lined = bytearray(checkpoint.size)  # by leaf: whether a line gives it
    while some := list(islice(told, AT_ONCE)):
        wanted: dict[bytes, tuple[int, str]] = {}  # in the order of the lines
        for place, line in some:
            if not line:  # what is appended begins on a line of its own
                empty += 1
                continue
            if len(line) < len(SUNK) and SAID.fullmatch(line + SUNK[len(line) :]):
                cut += 1  # by a full disk; its event has been told to nobody
                continue
            said = SAID.fullmatch(line)
            if said is None:
                raise Unreadable(f"line {place} is not an event_id and a leaf")
            event_id = said[1].decode()
            first, known = wanted.setdefault(bytes.fromhex(said[2].decode()), (place, event_id))
            if event_id != known:
                raise Broken(f"lines {first} and {place} give one leaf two names")
        index = -1
        for leaves, entries in blocks(given.folder, checkpoint.size, entries_of(given.folder)):
            for at in range(0, len(leaves), 32):
                index += 1
                place, event_id = wanted.pop(leaves[at : at + 32], (0, ""))
                lined[index] |= place > 0
                if place and entries and event_of(parsed(entries[at // 32]))["id"] != event_id:
                    raise Broken(f"the leaf of line {place} is not that of the event {event_id}")
        for place, event_id in wanted.values():
            raise Broken(f"the event {event_id} of line {place} is not in the log")
        count += len(some)
    count -= empty
    if count == cut:
        raise Unreadable("the second record has nothing")
    but = f", but for {cut} that were cut," if cut else ""
    first, last = lined.find(1), lined.rfind(1)
    without = lined.count(0, first, last)
    gap = f"; {without} from {first} to {last} have no line, leaf {lined.find(0, first)} first"
    among = f"are among the {checkpoint.size} leaves of {checkpoint.origin}"
    return f"all {count} lines{but} {among}{gap if without else ''}"


def spelled(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def committed(version: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The fields that are shown of a version, which the event commits to."""
    match version, event["detail"]:
        case {"fields": [*fields], "hashes": [*known]}, {"commitment": str(commitment)}:
            hashes = [unhex(one) for one in known]
        case _:
            raise Unreadable("a version has no fields, or its event no commitment")
    if sha256(b"\2" + b"".join(hashes)).hexdigest() != commitment:
        raise Broken("a version is not what its event commits to")
    told: dict[str, Any] = {}
    for field in fields:
        match field:
            case {"name": str(name), "value": value, "salt": str(salt), "place": int(place)} if (
                0 <= place < len(hashes) and name not in told
            ):
                made = sha256(b"\0" + unhex(salt, 16) + spelled({name: value})).digest()
            case _:
                raise Unreadable("a field is not told as a field is")
        if made != hashes[place]:
            raise Broken(f"the field {name} is not what the event commits to")
        told[name] = value
    return told


def unhex(text: Any, length: int = 32) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text):
        raise Unreadable("a hash is not written in hexadecimal")
    return bytes.fromhex(text)


class Bundle:
    """What was given to an auditor of one case, checked item by item as it is read."""

    def __init__(self, file: Path, trust: Trust, file_id: str | None = None) -> None:
        self.file, self.trust, self.file_id = file, trust, file_id
        self.chains, self.count, self.told = Chains(), 0, 0
        self.checkpoint: Checkpoint | None = None
        self.leaves: dict[int, bytes] | None = None  # by index, if they are asked for
        self.head: dict[str, Any] = {}
        self.ended = False

    def lines(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Each with its number, and the digest of all before it; less what joins them to one."""
        digest = sha256()
        for place, line in enumerate(lines(self.file), start=1):
            before = digest.digest()
            digest.update(line + b"\n")
            if place == 1 and line.endswith(b',"items":['):
                line = line.removesuffix(b',"items":[') + b"}"
            elif line.startswith(b"],"):
                line = b"{" + line.removeprefix(b"],")
            elif line:
                line = line.removesuffix(b",")
            if line or place > 2:
                yield place, line, before

    def items(self) -> Iterator[dict[str, Any]]:
        for place, line, before in self.lines():
            try:
                if (item := self.item(parsed(line), before)) is not None:
                    yield item
            except (Broken, Unreadable) as fault:
                raise type(fault)(f"line {place}: {fault}") from None
        if not self.ended or not self.file_id:
            raise Unreadable("the bundle has no end, or no event that names a file")

    def item(self, said: Any, before: bytes) -> dict[str, Any] | None:
        checkpoint = self.checkpoint
        match said:
            case _ if self.ended or not isinstance(said, dict):
                raise Unreadable("nothing more is expected")
            case {"checkpoint": str(note)} if checkpoint is None and said.keys() <= HEAD:
                self.checkpoint = self.trust.checkpoint(note.encode(errors="replace"))
                self.head, of = said, said.get("file_id")
                if of is not None and of != (self.file_id or of):
                    raise Broken(f"this is of another file than {self.file_id}")
                self.file_id = self.file_id or of
            case {"index": int(index), "proof": [*proof]} if (
                checkpoint and type(index) is int and index >= 0
            ):
                self.event(checkpoint, said, index, [str(one) for one in proof])
                self.count += 1
                return said
            case {"events": int(total)} if checkpoint:
                if total != self.count:
                    raise Broken(f"{total} events are said and {self.count} are there")
                if said.get("sha256") not in (None, before.hex()):
                    raise Broken("something before is not as it was given")
                self.ended = True
            case _:
                raise Unreadable("this is no line of a bundle")
        return None

    def event(
        self, checkpoint: Checkpoint, said: dict[str, Any], index: int, proof: list[str]
    ) -> None:
        match said:
            case {"event": event} if set(said) <= {*PLACED, "event", "version", "redacted"}:
                event = event_of(event)
                leaf = log_leaf(event)
                included(checkpoint, index, leaf, proof)
                self.chains.follow(event, index)
                for of in (event["file_id"], event["asked_id"]):
                    self.file_id = self.file_id or of
                    if of not in (None, self.file_id):
                        raise Broken(f"an event of another file than {self.file_id}")
                if "version" in said:
                    committed(said["version"], event)
                    self.told += 1
                elif said.get("redacted") == "missing":
                    raise Broken("the server has not kept what was written here")
                elif event["outcome"] == "written" and "redacted" not in said:
                    raise Unreadable("what was written here is left out, and nothing says why")
            case {"withheld": dict() as held} if set(said) == {*PLACED, "withheld"}:
                leaf = unhex(held.get("log_leaf"))
                included(checkpoint, index, leaf, proof)
                if held.get("chain") is not None:
                    named = {name: held.get(name) for name in ("chain", "seq", "hash")}
                    named |= {"file_id": self.file_id, "leaf": unhex(held.get("leaf"))}
                    self.chains.follow(named, index)
                elif index <= self.chains.unchained:
                    raise Broken("an event of no chain is out of its order")
                else:
                    self.chains.unchained = index
            case _:
                raise Unreadable("this is no line of a bundle")
        if self.leaves is not None:
            self.leaves[index] = leaf


PLACED = ("index", "proof")
HEAD = {"checkpoint", "file_id", "made_at", "made_for", "policy"}


def check_case(given: argparse.Namespace, trust: Trust) -> str:
    if given.file is not None and not re.fullmatch(ID, given.file):
        raise Unreadable("a file is named by its id, in lower case")
    bundle = Bundle(given.bundle, trust, given.file)
    bundle.leaves = None if given.log is None else {}
    for _ in bundle.items():
        pass
    return summed_up(bundle) + ("" if given.log is None else nothing_else(bundle, given.log))


def nothing_else(bundle: Bundle, folder: Path) -> str:
    """Whether the bundle has each event of the log about its file, as far as it was signed then."""
    checkpoint, entries = log(folder, bundle.trust, entries_of(folder)), entries_of(folder)
    told, until, file_id = bundle.leaves or {}, bundle.checkpoint, bundle.file_id or ""
    if entries is None or until is None or until.size > checkpoint.size:
        raise Unreadable("this needs the entries of a log that is no older than the bundle")
    if root_of(folder, until.size) != until.root:
        raise Broken("the log does not begin with what was signed for the bundle")
    for index, line in enumerate(islice(entries, until.size)):
        leaf = told.pop(index, None)
        if leaf is not None and leaf != sha256(b"\0" + line).digest():
            raise Broken(f"the log has something else at index {index}")
        if leaf is None and file_id.encode() in line:
            event = event_of(parsed(line))
            if file_id in (event["file_id"], event["asked_id"]):
                raise Broken(f"an event about the file is left out: first bad index {index}")
    return f"; of the first {until.size} of {checkpoint.size} leaves no other is about it"


def summed_up(bundle: Bundle) -> str:
    versions = f", and what {bundle.told} versions said" if bundle.told else ""
    chained = f"in {len(bundle.chains.heads)} chains, all of them in the log{versions}"
    return f"{bundle.count} events of the file {bundle.file_id} {chained}"


def moment_of(text: str) -> datetime:
    """As events spell it, or any other moment of RFC 3339."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("a moment is not like 2026-01-31T12:00:00Z") from None
    if found.tzinfo is None:
        raise Unreadable("a moment says no time zone: 2026-01-31T12:00:00Z has one")
    return found


def disclose(given: argparse.Namespace, trust: Trust) -> str:
    """The version is the last that was written at that moment, or the last.

    Where the bundle does not tell that one, no older one stands in for it.
    """
    bundle, found = Bundle(given.bundle, trust), None
    until = moment_of(given.at) if given.at is not None else None
    for said in bundle.items():
        event: Any = said.get("event")
        if not event or (event["record_id"], event["outcome"]) != (given.record, "written"):
            continue
        if until is None or moment_of(event["created_at"]) <= until:
            found = said
    told_of = found["version"]["fields"] if found and "version" in found else []
    names = [one for one in told_of if one["name"] == given.field]
    if not found or not names:
        raise Unreadable("the bundle tells no such field of such a record at that moment")
    version = {"fields": names, "hashes": found["version"]["hashes"]}
    told = {"checkpoint": bundle.head["checkpoint"], **found, "version": version}
    told.pop("redacted", None)
    given.out.write_bytes(spelled(told) + b"\n")
    return f"{given.out} shows {given.field} as it was from {found['event']['created_at']} on"


def check_disclosure(given: argparse.Namespace, trust: Trust) -> str:
    match said := parsed(content(given.disclosure)):
        case {
            "checkpoint": str(note),
            "event": event,
            "index": int(index),
            "proof": [*proof],
            "version": version,
        } if len(said) == 5 and type(index) is int and index >= 0:
            checkpoint, event = trust.checkpoint(note.encode(errors="replace")), event_of(event)
        case _:
            raise Unreadable("this is no disclosure")
    included(checkpoint, index, log_leaf(event), [str(one) for one in proof])
    told = committed(version, event)
    values = ", ".join(f"{name} = {spelled(value).decode()}" for name, value in told.items())
    which = f"version {event['record_version']} of the {event['record']} {event['record_id']}"
    return f"{which}, written {event['created_at']}, says {values}"


STYLE = (
    "body{font:11pt/1.4 serif;margin:2em;color:#000;background:#fff}"
    "table{border-collapse:collapse;width:100%}thead{display:table-header-group}"
    "th,td{border:1px solid #000;padding:.2em .4em;text-align:left;vertical-align:top}"
    "td,dd{overflow-wrap:anywhere}tr{break-inside:avoid}dl{margin:0}dt{font-weight:bold}"
    "dd{margin:0 0 .2em 1em;white-space:pre-wrap}@page{margin:15mm}"
)
HEADINGS = ("No.", "When (UTC)", "Who", "What", "Record", "What it said")


def write_page(given: argparse.Namespace, trust: Trust) -> str:
    """Written beside the place that is asked for, and put there once all of it holds."""
    bundle, names = Bundle(given.bundle, trust), Names()
    fresh = given.out.with_name(f"{given.out.name}.new")
    try:
        with fresh.open("w", encoding="utf-8") as page:
            page.write(
                f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Case history</title>'
                f"<style>{STYLE}</style><h1>Case history</h1><table><thead><tr>"
            )
            page.write("".join(f'<th scope="col">{one}</th>' for one in HEADINGS) + "</tr></thead>")
            for said in bundle.items():
                cells = "".join(f"<td>{cell}</td>" for cell in cells_of(said, names))
                page.write(f"<tr>{cells}</tr>\n")
            keys = "".join(f"<dd>{escape(f'{key.name}+{key.id.hex()}')}</dd>" for key in trust.keys)
            page.write(
                f"</table><h2>What was checked</h2><p>{escape(summed_up(bundle))}.</p><dl>"
                f"<dt>Signed by</dt>{keys}<dt>Checkpoint</dt>"
                f"<dd>{escape(bundle.head['checkpoint'])}</dd></dl></html>\n"
            )
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    fresh.replace(given.out)
    return f"{summed_up(bundle)}; written to {given.out}"


class Names:
    """Names for the ids of one page, the same throughout it: staff 1, note 2."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}
        self.counts: dict[str, int] = {}

    def of(self, kind: str, value: str | None) -> str:
        if value is None:
            return "nobody" if kind == "staff" else ""
        if (kind, value) not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[kind, value] = f"{kind} {self.counts[kind]}"
        return self.known[kind, value]


def readable(value: Any) -> str:
    return value if isinstance(value, str) else spelled(value).decode()


def cells_of(said: dict[str, Any], names: Names) -> Iterator[str]:
    """Of one row of the page, as HTML."""
    yield str(said["index"])
    event = said.get("event")
    if event is None:
        yield from ("", "", "not told to the reader", "", "")
        return
    yield escape(str(event["created_at"]))
    yield escape(f"{names.of('staff', event['actor_id'])} ({event['role']})")
    yield escape(
        f"{event['action']}: {event['outcome']}" + (f" ({event['code']})" if event["code"] else "")
    )
    version = f", version {event['record_version']}" if event["record_version"] else ""
    yield escape(
        names.of(str(event["record"]), event["record_id"]) + version if event["record"] else ""
    )
    told = committed(said["version"], event) if "version" in said else {}
    fields = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(readable(value))}</dd>" for name, value in told.items()
    )
    hidden = {"class": "not told to the reader", "fields": "some fields are not told to the reader"}
    yield f"<dl>{fields}</dl>{hidden.get(str(said.get('redacted')), '')}"


class Links:
    """The chains of all files at once, whose events may stand in the log before earlier ones."""

    def __init__(self) -> None:
        self.chains: dict[tuple[str, str], dict[int, tuple[bytes, str, int]]] = {}

    def add(self, event: dict[str, Any], index: int) -> None:
        file_id, chain, seq = event["file_id"], event["chain"], event["seq"]
        if not isinstance(chain, str) or not isinstance(file_id, str) or type(seq) is not int:
            raise Broken(f"an event of a write is in no chain: first bad index {index}")
        leaf = sha256(b"\0" + canonical(event, HASHED)).digest()
        known = self.chains.setdefault((file_id, chain), {})
        if known.setdefault(seq, (leaf, event["hash"], index))[2] != index:
            raise Broken(f"number {seq} of a chain is there twice: first bad index {index}")

    def faults(self) -> Iterator[tuple[int, str]]:
        """The index of each event that is not linked to the one before it, and why."""
        for (_, chain), known in self.chains.items():
            previous = bytes(32)
            for place, seq in enumerate(sorted(known), start=1):
                leaf, link, index = known[seq]
                made = sha256(b"\1" + previous + leaf).digest()
                if seq != place:
                    yield index, f"number {place} of the chain {chain} is missing before {seq}"
                    break
                if link != made.hex():
                    yield index, f"number {seq} of the chain {chain} is not linked"
                    break
                previous = made


class Rows:
    """What the database says that it holds."""

    def __init__(self, file: Path) -> None:
        self.size, self.count, self.ended = -1, 0, False  # size: of the log when it was asked
        self.known: dict[tuple[str, str], tuple[int, str, str | None]] = {}
        self.kept: dict[str, tuple[bytes, Any]] = {}  # versions, by the event that made each
        for place, line in enumerate(lines(file), start=1):
            match parsed(line):
                case {"log": int(size)} if place == 1:
                    self.size = size
                case {"rows": self.count, "versions": int(kept)} if not self.ended:
                    self.ended = kept == len(self.kept)
                case {"created_at": str()} as version if place > 1 and not self.ended:
                    self.keep(version, place)
                case dict() as row if place > 1 and not self.ended:
                    self.add(row, place)
                case _:
                    raise Unreadable(f"line {place} is no line of a state")
        if not self.ended:
            raise Unreadable("the state has no end")

    def add(self, row: dict[str, Any], place: int) -> None:
        match row:
            case {
                "record": str(record),
                "record_id": str(record_id),
                "version": int(version),
                "event_id": str(event_id),
                "file_id": str(),
            }:
                said = ERASED if row.get(ERASED) is True else row.get("commitment")
            case _:
                raise Unreadable(f"line {place} is no row")
        if (record, record_id) in self.known:
            raise Broken(f"line {place}: a row is there twice")
        self.known[record, record_id] = (version, event_id, said)
        self.count += 1

    def keep(self, version: dict[str, Any], place: int) -> None:
        event_id, said = str(version.get("event_id")), version.pop("commitment", None)
        said = ERASED if version.pop(ERASED, None) is True else said
        if event_id in self.kept:
            raise Broken(f"line {place}: an event made two versions")
        self.kept[event_id] = (sha256(spelled(version)).digest(), said)


ERASED = "erased"
MADE = ("file_id", "record_class", "record", "record_id", "created_at")


def made_by(event: dict[str, Any]) -> bytes:
    """The digest of what a version that is kept must say of itself."""
    said = {name: event[name] for name in MADE}
    said |= {"event_id": event["id"], "version": event["record_version"]}
    return sha256(spelled(said)).digest()


def check_state(given: argparse.Namespace, trust: Trust) -> str:
    checkpoint = log(given.folder, trust, entries_of(given.folder))
    rows, links, entries = Rows(given.state), Links(), entries_of(given.folder)
    kept = len(rows.kept)
    if entries is None or rows.size > checkpoint.size:
        raise Unreadable("this needs the entries of a log that is no older than the state")
    faults: list[tuple[int, str]] = []
    wanted: dict[tuple[str, str], tuple[int, int]] = {}  # the last version that must be there
    found: set[tuple[str, str]] = set()
    gone, silent = set[str](), dict[str, int]()  # files that were erased, and that say they are
    for index, line in enumerate(islice(entries, checkpoint.size)):
        event = event_of(parsed(line))
        made, said = rows.kept.pop(event["id"], (b"", None))
        if event["outcome"] != "written":
            if made:
                faults.append((index, "a version is kept of an event that wrote none"))
            continue
        links.add(event, index)
        row, version = (event["record"], event["record_id"]), event["record_version"]
        if index < rows.size and version > wanted.get(row, (0, 0))[0]:
            wanted[row] = (version, index)
        if event["detail"].get(ERASED) is True:
            gone.add(event["file_id"])
        which = f"version {version} of a {row[0]}"
        if not made:
            if index < rows.size:
                faults.append((index, f"{which} is missing"))
        elif made != made_by(event):
            faults.append((index, f"{which} is kept as another than its event made"))
        elif said == ERASED:
            silent.setdefault(event["file_id"], index)
        elif not said or said != event["detail"].get("commitment"):
            faults.append((index, f"{which} is not kept as its event says"))
        if rows.known.get(row, (0, "", None))[:2] == (version, event["id"]):
            found.add(row)
            said = rows.known[row][2]
            if event["detail"].get(ERASED) is True:
                if said != ERASED:
                    faults.append((index, f"a {row[0]} was erased, and says something"))
            elif said == ERASED:
                faults.append((index, f"a {row[0]} is erased, and no event says so"))
            elif not said or said != event["detail"].get("commitment"):
                faults.append((index, f"a {row[0]} is not as its last event says"))
    for row, (version, index) in wanted.items():
        if row not in rows.known:
            faults.append((index, f"a {row[0]} is missing"))
        elif rows.known[row][0] < version:
            faults.append((index, f"a {row[0]} is older than its last event"))
    for file_id in silent.keys() - gone:
        faults.append((silent[file_id], "a version is erased, and no event says so"))
    faults += links.faults()
    for index, why in sorted(faults):
        raise Broken(f"{why}: first bad index {index}; {len(faults)} in all")
    for record, record_id in rows.known.keys() - found:
        raise Broken(f"a {record} is of no event of the log: {record_id}")
    for event_id in rows.kept:
        raise Broken(f"a version is of no event of the log: {event_id}")
    chained = f"and {kept} versions as theirs, in {len(links.chains)} chains"
    return f"{rows.count} rows are as their last events say, {chained}"


COMMANDS: dict[str, tuple[Callable[[argparse.Namespace, Trust], str], tuple[str, ...]]] = {
    "log": (check_log, ("folder",)),
    "proof": (check_proof, ("file",)),
    "consistency": (check_consistency, ("old", "new", "file")),
    "continues": (check_continues, ("old", "folder")),
    "sink": (check_sink, ("file", "folder")),
    "state": (check_state, ("state", "folder")),
    "case": (check_case, ("bundle",)),
    "page": (write_page, ("bundle", "out")),
    "disclose": (disclose, ("bundle", "out")),
    "check-disclosure": (check_disclosure, ("disclosure",)),
}


def trust_of(given: argparse.Namespace) -> Trust:
    keys, witnesses = [key_of(one) for one in given.key], [key_of(one) for one in given.witness]
    names = {key.name for key in witnesses}
    quorum = len(names) if given.quorum is None else given.quorum
    if any(key.kind == 1 for key in witnesses) or not 0 <= quorum <= len(names):
        raise Unreadable("a witness's key is one for cosignatures, and a quorum is of witnesses")
    if {key.public for key in keys} & {key.public for key in witnesses}:
        raise Unreadable("the log cannot be its own witness")
    return Trust(keys, witnesses, quorum)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, places) in COMMANDS.items():
        command = commands.add_parser(name)
        for place in places:
            command.add_argument(place, type=Path)
        if name == "proof":
            command.add_argument("--entry", type=Path, required=True)
        elif name == "case":
            command.add_argument("--file")
            command.add_argument("--log", type=Path, help="an export of the whole log")
        elif name == "disclose":
            command.add_argument("--record", required=True, help="its id")
            command.add_argument("--field", required=True)
            command.add_argument("--at", help="a moment, as events spell it; else the last version")
        command.add_argument("--key", action="append", required=True)
        command.add_argument("--witness", action="append", default=[])
        command.add_argument("--quorum", type=int)
    given = parser.parse_args(arguments)
    try:
        code, said = 0, f"holds: {COMMANDS[given.command][0](given, trust_of(given))}"
    except Broken as fault:
        code, said = 1, f"does not hold: {fault}"
    except (Unreadable, OSError) as fault:
        code, said = 2, f"cannot be judged: {fault}"
    except Exception as fault:  # else Python's own exit code, 1, would accuse the log
        code, said = 2, f"cannot be judged, by a fault of the verifier: {fault!r}"
    try:
        sys.stdout.write(f"{ascii(said)[1:-1]}\n")  # nothing of a file is shown as it is
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):  # nobody can be told, nor asked to flush
        sys.stdout, code = None, 2
    return code


if __name__ == "__main__":
    sys.exit(main())
