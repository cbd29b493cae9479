"""Numbers of people: opaque text that may be doubted and is never refused.

Layouts as commonly described (they are not published as norms in one place): KZ IIN, 12 digits,
YYMMDD, century and sex, serial, check; UZ PINFL, 14 digits, century and sex, DDMMYY, district,
serial, check; KG PIN, 14 digits, sex, DDMMYYYY, serial, without a check that is known.
"""

import unicodedata
from calendar import monthrange
from collections.abc import Sequence

KZ_IIN, UZ_PINFL, KG_PIN = "kz-iin", "uz-pinfl", "kg-pin"
LENGTHS = {KZ_IIN: 12, UZ_PINFL: 14, KG_PIN: 14}

# Letters of passport series are typed in either script; what looks alike is indexed alike.
LOOK_ALIKE = str.maketrans("авекмнорстухіј", "abekmhopctyxij")


def warnings(system: str, value: str) -> tuple[str, ...]:
    """Codes of what looks wrong, for a human to weigh; empty for systems not known here."""
    if system not in LENGTHS:
        return ()
    digits = normalise_identifier(system, value)
    if not (digits.isascii() and digits.isdigit()):
        return ("not-digits",)
    if len(digits) != LENGTHS[system]:
        return ("unexpected-length",)
    return {KZ_IIN: iin_warnings, UZ_PINFL: pinfl_warnings, KG_PIN: pin_warnings}[system](digits)


def iin_warnings(digits: str) -> tuple[str, ...]:
    found = []
    if not plausible_day(int(digits[2:4]), int(digits[4:6])):
        found.append("impossible-date")
    if digits[6] not in "0123456":
        found.append("unexpected-sex-digit")
    if iin_check(digits) != int(digits[11]):
        found.append("check-digit")
    return tuple(found)


def iin_check(digits: str) -> int | None:
    """The twelfth digit that the first eleven demand; None where no number may have them."""
    first = weighted(digits[:11], range(1, 12)) % 11
    if first < 10:
        return first
    second = weighted(digits[:11], [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11
    return second if second < 10 else None


def pinfl_warnings(digits: str) -> tuple[str, ...]:
    found = []
    if not plausible_day(int(digits[3:5]), int(digits[1:3])):
        found.append("impossible-date")
    if digits[0] not in "3456":
        found.append("unexpected-sex-digit")
    if pinfl_check(digits) != int(digits[13]):
        found.append("check-digit")
    return tuple(found)


def pinfl_check(digits: str) -> int:
    """The fourteenth digit that the first thirteen demand."""
    return weighted(digits[:13], [7, 3, 1] * 5) % 10


def pin_warnings(digits: str) -> tuple[str, ...]:
    found = []
    if not plausible_day(int(digits[3:5]), int(digits[1:3]), int(digits[5:9])):
        found.append("impossible-date")
    if digits[0] not in "12":
        found.append("unexpected-sex-digit")
    return tuple(found)


def weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def plausible_day(month: int, day: int, year: int = 2000) -> bool:
    return 1 <= month <= 12 and year > 0 and 1 <= day <= monthrange(year, month)[1]


def normalise_identifier(system: str, value: str) -> str:
    """One spelling for the blind index: no case, spaces or punctuation, digits as 0 to 9.

    In a number that has digits only, letters stay, so that a mistyped one is found as mistyped.
    """
    folded = unicodedata.normalize("NFKC", value).casefold()
    if system not in LENGTHS:
        folded = folded.translate(LOOK_ALIKE)
    kept = (letter for letter in folded if letter.isalnum())
    return "".join(
        str(unicodedata.decimal(letter)) if unicodedata.category(letter) == "Nd" else letter
        for letter in kept
    )
