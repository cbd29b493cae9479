"""Case numbers that say nothing: chance and a check character, in letters that are not mistaken."""

import secrets

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, no U


def check_character(body: str) -> str:
    """Luhn's rule in base 30: finds each single slip and each swap of two neighbours but one."""
    base, total = len(LETTERS), 0
    for place, letter in enumerate(reversed(body)):
        value = LETTERS.index(letter) * (2 if place % 2 == 0 else 1)
        total += value // base + value % base
    return LETTERS[-total % base]


def new_number() -> str:
    """Eight characters of chance (39 bits) and one to check: `7KQ2-M9TD-R`."""
    body = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{body[:4]}-{body[4:]}-{check_character(body)}"


def valid_number(number: str) -> bool:
    body, _, check = number.replace("-", "").strip().upper().partition(" ")
    if check or len(body) != 9 or set(body) - set(LETTERS):
        return False
    return check_character(body[:8]) == body[8]
