"""What may stand in a name, in which script it is, and who may see which type."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.people.names import (
    BIDI_CONTROLS,
    CLASS_OF_TYPE,
    LONGEST,
    NameFault,
    clean,
    name_from,
    script_of,
    scripts_of,
)
from app.safeguards.access.policy import POLICY


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Синтетова Айгүл", "Cyrl"),
        ("Oʻktamov Gʻayrat", "Latn"),
        ("فاطمة بنت أحمد", "Arab"),
        ("ޢާއިޝަތު", "Thaa"),
        ("Ұлжан Қызы", "Cyrl"),
        ("Αθηνά", "Grek"),
        ("12 --", "Zyyy"),
    ],
)
def test_the_script_is_found_from_the_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_mixed_name_is_of_most_of_its_letters() -> None:
    assert scripts_of("Синтетова Ann") == ("Cyrl", "Latn")
    assert scripts_of("Cинт") == ("Cyrl", "Latn")  # a Latin C, as lists have it


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  \u00a0 ", "empty"),
        ("--- 12", "no-letter"),
        ("a" * (LONGEST + 1), "too-long"),
        ("a\u202eb", "bidi-control"),
        ("a\u061cb", "bidi-control"),
        ("a\x00b", "control-character"),
        ("a\nb", "control-character"),
        ("a\u2028b", "control-character"),
        ("a\ud800b", "lone-surrogate"),
        ("a\u200bb", "invisible-character"),
        ("a\ufeffb", "invisible-character"),
    ],
)
def test_what_no_name_holds(text: str, code: str) -> None:
    with pytest.raises(NameFault) as refused:
        clean(text)
    assert refused.value.code == code
    assert text.strip() == "" or text not in str(refused.value)


def test_joiners_and_marks_are_letters_of_names() -> None:
    for name in ("می\u200cخواهم", "Łukasz-Мария", "d’Arc", "Ә", "O'g'il", "ﷲ"):
        assert clean(name) == unicodedata.normalize("NFC", name)


def test_composition_and_space_are_all_that_changes() -> None:
    assert clean("  Cinzia\u0301 ") == "Cinziá"
    assert clean("И\u0306ван  Й") == "Йван  Й"


@given(st.text())
def test_cleaning_is_stable_or_refuses(text: str) -> None:
    try:
        once = clean(text)
    except NameFault:
        return
    assert clean(once) == once
    assert once == unicodedata.normalize("NFC", text).strip()
    assert not set(once) & BIDI_CONTROLS


def test_each_type_has_the_class_that_shields_it() -> None:
    hidden = {kind for kind, name in CLASS_OF_TYPE.items() if name == "identifiers"}
    assert hidden == {"religious", "alias", "kunya"}
    assert set(CLASS_OF_TYPE.values()) == POLICY.records["name"]
    assert name_from("kunya", "Умм Фиктив").record_class == "identifiers"
    with pytest.raises(NameFault, match="type"):
        name_from("nickname", "Фиктив")


def test_parts_are_cleaned_and_the_stated_script_stays() -> None:
    name = name_from("legal", " Фиктив Синтетов ", script="Latn", given=" Фиктив ")
    assert (name.full, name.given, name.script) == ("Фиктив Синтетов", "Фиктив", "Latn")
    with pytest.raises(NameFault):
        name_from("legal", "Фиктив", family="\u202e")
