"""Check digits and layouts of numbers, doubted against naive reckonings; and one blind spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.people.identifiers import (
    KG_PIN,
    KZ_IIN,
    UZ_PINFL,
    iin_check,
    normalise_identifier,
    pinfl_check,
    warnings,
)

ELEVEN = st.text("0123456789", min_size=11, max_size=11)
THIRTEEN = st.text("0123456789", min_size=13, max_size=13)
# Made up: month 13 is no month, so these are nobody's.
IIN_BODY, PINFL_BODY = "90131300000", "3311390000000"


def naive_iin(digits: str) -> int | None:
    total = 0
    for place in range(11):
        total += (place + 1) * int(digits[place])
    if total % 11 < 10:
        return total % 11
    total = 0
    for place in range(11):
        total += ((place + 2) % 11 + 1) * int(digits[place])
    return total % 11 if total % 11 < 10 else None


@given(ELEVEN)
def test_the_check_digit_of_an_iin(digits: str) -> None:
    assert iin_check(digits) == naive_iin(digits)


@given(THIRTEEN)
def test_the_check_digit_of_a_pinfl(digits: str) -> None:
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(digits))
    assert pinfl_check(digits) == total % 10


@given(ELEVEN, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_doubted(digits: str, place: int, by: int) -> None:
    check = iin_check(digits)
    wrong = str((int(digits[place]) + by) % 10)
    changed = digits[:place] + wrong + digits[place + 1 :]
    if check is not None and iin_check(changed) != check:
        assert "check-digit" in warnings(KZ_IIN, f"{changed}{check}")


def test_what_looks_wrong_is_named() -> None:
    good = iin_check(IIN_BODY)
    assert good is not None
    assert warnings(KZ_IIN, f"{IIN_BODY}{good}") == ("impossible-date",)
    assert warnings(KZ_IIN, f"{IIN_BODY}{(good + 1) % 10}") == ("impossible-date", "check-digit")
    assert "unexpected-sex-digit" in warnings(KZ_IIN, "901313900000")
    assert warnings(KZ_IIN, "12345") == ("unexpected-length",)
    assert warnings(KZ_IIN, "90131300000A") == ("not-digits",)
    assert warnings(UZ_PINFL, f"{PINFL_BODY}{pinfl_check(PINFL_BODY)}") == ("impossible-date",)
    assert "unexpected-sex-digit" in warnings(UZ_PINFL, f"9{PINFL_BODY}")
    assert warnings(KG_PIN, "13013201500000") == ("impossible-date",)
    assert warnings(KG_PIN, "30112201500000") == ("unexpected-sex-digit",)
    assert warnings("passport", "anything") == ()


@pytest.mark.parametrize(
    ("system", "one", "other"),
    [
        ("passport", "ZZ 000-0001", "zz0000001"),
        ("passport", "АВ 12", "AB12"),  # Cyrillic letters that look Latin
        ("passport", "№ 12/34", "№12-34"),
        (KZ_IIN, "901313 000 001", "٩٠١٣١٣٠٠٠٠٠١"),
    ],
)
def test_one_number_has_one_spelling(system: str, one: str, other: str) -> None:
    assert normalise_identifier(system, one) == normalise_identifier(system, other)


def test_a_mistyped_digit_stays_a_mistake() -> None:
    assert normalise_identifier(KZ_IIN, "О01") != normalise_identifier(KZ_IIN, "O01")


@given(st.text(max_size=40), st.sampled_from(["passport", KZ_IIN]))
def test_folding_twice_is_folding_once(value: str, system: str) -> None:
    once = normalise_identifier(system, value)
    assert normalise_identifier(system, once) == once
