"""Pure: how the texts of a log spell numbers and bytes. Each value has one spelling."""

import base64
import re
from collections.abc import Iterable, Sequence

from app.safeguards.audit.merkle import LONGEST, SIZE

LARGEST = 2**63 - 1
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class BadText(ValueError):
    """A text is not of the form that its specification demands, or is not signed as it must be."""


def read_number(text: str) -> int:
    """ASCII digits without leading zeros, at most 2**63 - 1. Raises BadText."""
    if not NUMBER.fullmatch(text) or int(text) > LARGEST:
        raise BadText("a number is decimal, without leading zeros, below 2**63")
    return int(text)


def written_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def read_bytes(text: str) -> bytes:
    """Standard base64 with its padding (RFC 4648 §4). Raises BadText."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadText("this is not base64") from None
    if written_bytes(found) != text:
        raise BadText("this base64 is not the one spelling of its bytes")
    return found


def read_hash(text: str) -> bytes:
    found = read_bytes(text)
    if len(found) != SIZE:
        raise BadText(f"a hash has {SIZE} bytes")
    return found


def written_hashes(hashes: Iterable[bytes]) -> str:
    """A line for each hash of a proof."""
    return "".join(f"{written_bytes(one)}\n" for one in hashes)


def read_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Those of one proof, from its lines. Raises BadText."""
    if len(lines) > LONGEST:
        raise BadText(f"a proof has at most {LONGEST} hashes")
    return tuple(map(read_hash, lines))


def checked(raw: bytes) -> str:
    """UTF-8 without control characters but newlines. Raises BadText."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadText("this is not UTF-8") from None
    if any(one < " " and one != "\n" for one in text):
        raise BadText("there is a control character")
    return text
