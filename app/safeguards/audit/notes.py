"""Pure: texts with signatures below them, read and written to the letter (C2SP signed-note)."""

from collections.abc import Iterable
from typing import NamedTuple

from app.safeguards.audit.forms import BadText, checked, read_bytes, written_bytes
from app.safeguards.audit.keys import BadKey, SigningKey, VerifierKey, check_name

MOST_SIGNATURES = 64  # the specification asks for 16 at least
LARGEST_NOTE = 1 << 20  # bytes; 64 signatures of ML-DSA-44 have 210,000


class Signature(NamedTuple):
    name: str  # of the key
    id: bytes  # of the key, 4 bytes
    value: bytes

    def line(self) -> str:
        return f"— {self.name} {written_bytes(self.id + self.value)}\n"


class Note(NamedTuple):
    text: str  # ends with a newline
    signatures: tuple[Signature, ...]

    def written(self) -> bytes:
        lines = "".join(signature.line() for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()


def read_note(raw: bytes) -> Note:
    """Raises BadText for whatever the specification forbids, and for more than our bounds allow."""
    if len(raw) > LARGEST_NOTE:
        raise BadText(f"a note has at most {LARGEST_NOTE} bytes")
    text, gap, lines = checked(raw).rpartition("\n\n")
    if not gap:
        raise BadText("a note has an empty line before its signatures")
    return Note(text + "\n", read_signatures(lines))


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Of lines that each end with a newline. Raises BadText."""
    *found, rest = lines.split("\n")
    if rest or not 0 < len(found) <= MOST_SIGNATURES:
        raise BadText(f"signatures are 1 to {MOST_SIGNATURES} whole lines")
    return tuple(map(read_signature, found))


def read_signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    try:
        check_name(name)
        raw = read_bytes(value)
    except (BadKey, BadText):
        raw = b""
    if dash != "—" or len(raw) < 5:
        raise BadText("a signature is a dash, the name of a key, and its id and value in base64")
    return Signature(name, raw[:4], raw[4:])


def sign(text: str, keys: Iterable[SigningKey], at: int) -> Note:
    """The text, signed by each key at `at`, POSIX seconds. Raises BadText if no note may say it."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise BadText("a note is text") from None
    if not checked(raw).endswith("\n"):
        raise BadText("the text of a note ends with a newline")
    return Note(text, tuple(signature(text, key, at) for key in keys))


def signature(text: str, key: SigningKey, at: int) -> Signature:
    return Signature(key.name, key.verifier.id, key.sign(text, at))


def verified(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Which of the keys signed it, and when: POSIX seconds, 0 where the signature does not say.

    Signatures by other keys are passed over. Raises BadText if one of these keys' signatures is
    false, or if there is none; BadKey if two of the keys cannot be told apart.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise BadKey("two keys of one name and id")
    found: dict[VerifierKey, int] = {}
    for name, key_id, value in note.signatures:
        if signer := known.get((name, key_id)):
            found[signer] = signer.signed_at(note.text, value)
    if not found:
        raise BadText("none of the keys that count has signed this")
    return found
