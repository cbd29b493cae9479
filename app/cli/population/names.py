"""Names that nobody bears: common given names, and surnames that say they are made up."""

from dataclasses import dataclass
from random import Random

MALE = """
Anvar Анвар أنور · Bakyt Бакыт بخيت · Davron Даврон داود · Emil Эмиль إميل · Farid Фарид فريد
· Ilyas Ильяс إلياس · Jasur Жасур جسور · Karim Карим كريم · Marat Марат مراد · Rustam Рустам رستم
· Samir Самир سمير · Timur Тимур تيمور · Yusuf Юсуф يوسف · Nurlan Нурлан نورلان
"""
FEMALE = """
Aida Аида عايدة · Amina Амина أمينة · Dilnoza Дильноза دلنواز · Feruza Феруза فيروزة
· Gulnara Гульнара جلنار · Hadija Хадиджа خديجة · Leyla Лейла ليلى · Madina Мадина مدينة
· Maryam Марьям مريم · Nadira Надира نادرة · Salima Салима سليمة · Zarina Зарина زرينة
"""
# "Synthetic", "fictitious", "exemplary", "of a mock-up", "conditional"; in Arabic "exemplary",
# "imaginary", "model".
SLAVIC = """
Sintetov Синтетов · Fiktivov Фиктивов · Obraztsov Образцов · Maketov Макетов · Uslovnov Условнов
"""
ARABIC = "Mithali مثالي · Wahmi وهمي · Namudhaji نموذجي"


def triples(text: str) -> list[list[str]]:
    return [entry.split() for entry in text.split("·")]


GIVEN = {1: triples(MALE), 2: triples(FEMALE)}
SURNAMES = {"Cyrl": triples(SLAVIC), "Arab": triples(ARABIC)}


@dataclass(frozen=True)
class Spelled:
    """One name as a source writes it."""

    type: str
    full: str
    script: str
    given: str
    family: str
    patronymic: str | None = None


@dataclass(frozen=True)
class Named:
    given: str  # in Latin, as a key to the lists above
    spellings: tuple[Spelled, ...]


def family_name(chance: Random, script: str) -> list[str]:
    return chance.choice(SURNAMES[script])


def name_of(chance: Random, sex: int, surname: list[str], script: str, father: str | None) -> Named:
    """In the country's script and in Latin; patronymics are missing where sources lack them."""
    latin, cyrillic, arabic = chance.choice(GIVEN[sex])
    if script == "Arab":
        spellings = (
            Spelled("legal", f"{arabic} {surname[1]}", "Arab", arabic, surname[1]),
            Spelled("transliterated", f"{latin} {surname[0]}", "Latn", latin, surname[0]),
        )
        return Named(latin, spellings)
    ending = "а" if sex == 2 else ""
    family = surname[1] + ending
    patronymic = None
    if father and chance.random() < 0.75:
        stem = next(c for entry in GIVEN[1] for c in [entry[1]] if entry[0] == father)
        patronymic = stem.rstrip("ьй") + ("овна" if sex == 2 else "ович")
    full = " ".join(filter(None, (family, cyrillic, patronymic)))
    latin_family = surname[0] + ("a" if sex == 2 else "")
    return Named(
        latin,
        (
            Spelled("legal", full, "Cyrl", cyrillic, family, patronymic),
            Spelled("transliterated", f"{latin} {latin_family}", "Latn", latin, latin_family),
        ),
    )
