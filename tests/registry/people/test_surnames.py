"""Who shares a family name, across scripts, order and gender; a shared given name is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.people.surnames import share, surname

KIN = [
    ("Тимур Синтетов", "Синтетова Айгуль"),  # the order is the source's
    ("Timur Sintetov", "Айгуль Синтетова"),
    ("Фиктивов Тимур Каримович", "Зарина Фиктивова"),
    ("Dubrovsky Timur", "Дубровская Анна"),
    ("Амина Калинина", "Рустам Калинин"),
    ("Юсуф Турсун", "Jusuf Tursun"),
    ("Кайрат Нурланұлы", "Айгуль Нурланқызы"),  # the father's name, in place of one
    ("Азамат Бакыт уулу", "Айгуль Бакыт кызы"),
    ("Али Рустам оглы", "Лейла Рустам кызы"),
    ("Акматалы Азамат Бакыт уулу", "Нурбек Акматалы"),  # before a patronymic of two words
    ("Fatima al-Fiktivi", "Omar Fiktivi"),
    ("أحمد محمود", "Ali Mahmud"),  # hardly any vowels
]
STRANGERS = [
    ("Айгуль Каримова", "Синтетова Айгуль"),  # a given name alone
    ("Тимур Иванович Петров", "Иван Фиктивов"),
    ("Иван Петров", "Пётр Иванов"),
    ("Амина Турсун", "Амина Садык"),
    ("Айгуль Ахметова", "Тимур Ахмедов"),
    ("Кайрат Нурланұлы", "Нурлан Серік"),
    ("حسن أحمد", "Hasan Omar"),
    ("Аким", "Иса"),
]


@pytest.mark.parametrize(("one", "other"), KIN)
def test_kin_share_a_surname(one: str, other: str) -> None:
    assert share(surname(one), surname(other))
    assert share(surname(other), surname(one))


@pytest.mark.parametrize(("one", "other"), STRANGERS)
def test_strangers_do_not(one: str, other: str) -> None:
    assert not share(surname(one), surname(other))


def test_what_the_source_tells_apart_is_believed() -> None:
    assert share(surname("Турсун Амина", "Турсун"), surname("Юсуф Турсун"))
    assert not share(surname("Турсун Амина"), surname("Юсуф Турсун"))
    assert not share(surname("Айгуль Каримова", "Айгуль"), surname("Тимур Каримов"))


def test_a_name_without_letters_shares_nothing() -> None:
    assert not share(surname(""), surname(""))
    assert not share(surname("-"), surname("Каримов"))


NAMES = st.text("абвгдейовнаич abkmnovaiy أحمدن-ʻ", max_size=40)


@settings(max_examples=300)
@given(NAMES, NAMES, NAMES)
def test_it_is_symmetric_and_of_the_surname_alone(one: str, other: str, given: str) -> None:
    a, b = surname(one), surname(other)
    assert share(a, b) == share(b, a)
    assert set(surname(one, other)) == (set(surname(given, other)) if other else set(a))
    if a:
        assert share(a, a)
