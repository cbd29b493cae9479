"""Case numbers that carry no meaning: chance, a check character, no look-alikes."""

import re
from dataclasses import dataclass

# Crockford's base 32: no I, L, O or U, so nothing is mistaken for 1, 0 or V.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("ILO", "110")
PATTERN = re.compile(r"([A-Z0-9-]*)\{random:([0-9]{1,2})\}([A-Z0-9-]*)")
FEWEST, MOST = 6, 24  # fewer are guessed or collide; more than 30 places would blunt the check


@dataclass(frozen=True)
class Pattern:
    before: str
    random: int  # characters of chance; the check character comes on top
    after: str


def parse(pattern: str) -> Pattern:
    """`A-{random:8}`: fixed capitals, digits or hyphens around one run of chance.

    Raises ValueError with a sentence for the author of the pattern.
    """
    if not (found := PATTERN.fullmatch(pattern)):
        raise ValueError("number must be capitals, digits and hyphens around one {random:8}")
    if not FEWEST <= int(found[2]) <= MOST:
        raise ValueError(f"number must have {FEWEST} to {MOST} characters of chance")
    return Pattern(found[1], int(found[2]), found[3])


def new_number(pattern: str, random_bytes: bytes) -> str:
    """A number for this pattern; needs 5 bits of `random_bytes` for each character of chance."""
    form = parse(pattern)
    if len(random_bytes) * 8 < form.random * 5:
        raise ValueError(f"{-(-form.random * 5 // 8)} random bytes are needed")
    chance = int.from_bytes(random_bytes)
    places = [chance >> 5 * at & 31 for at in range(form.random)]
    body = "".join(ALPHABET[place] for place in places)
    return f"{form.before}{body}{ALPHABET[check(places)]}{form.after}"


def valid_number(pattern: str, number: str) -> bool:
    """Whether this is how the pattern writes a number, with the right check character."""
    form = parse(pattern)
    length = len(form.before) + form.random + 1 + len(form.after)
    if len(number) != length or not number.startswith(form.before):
        return False
    if not number.endswith(form.after):
        return False
    body = number[len(form.before) : len(form.before) + form.random + 1]
    if any(character not in ALPHABET for character in body):
        return False
    places = [ALPHABET.index(character) for character in body]
    return check(places[:-1]) == places[-1]


def as_typed(pattern: str, typed: str) -> str | None:
    """The number that a person meant who typed small letters, spaces, or O for 0; else None."""
    form = parse(pattern)
    text = "".join(typed.upper().split())
    start, end = len(form.before), len(text) - len(form.after)
    number = text[:start] + text[start:end].translate(LOOK_ALIKES) + text[end:]
    return number if valid_number(pattern, number) else None


def check(places: list[int]) -> int:
    """The place that makes the whole a multiple of x in GF(2)[x]/(x⁵+x²+1).

    x has order 31 there, so any one wrong character and any two exchanged ones are found in
    numbers of up to 31 places.
    """
    total = 0
    for place in places:
        total = double(total ^ place)
    return total


def double(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
