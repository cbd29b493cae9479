"""Of several languages that one which a reader understands best."""

import pytest

from app.core.language import looked_up, matched, preferred

TAGS = ("en", "kk", "uz-Cyrl", "uz-Latn", "zh-Hant-TW")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("ru, kk;q=0.5, en;q=0.1", "kk"),
        ("en;q=0.1, kk", "kk"),
        ("uz-Latn", "uz-Latn"),
        ("uz-Latn-UZ", "uz-Latn"),
        ("uz-latn, uz-Cyrl;q=0.9", "uz-Latn"),
        ("uz", "uz-Cyrl"),
        ("zh", "zh-Hant-TW"),
        ("zh-Hant", "zh-Hant-TW"),
        ("*", "en"),
        ("ru, *;q=0.1", "en"),
        ("u", None),
        ("uz-Arab", None),
        ("ru", None),
        ("en;q=0", None),
        ("kk;q=nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_is_matched_as_it_is_then_shorter_then_as_a_beginning(
    header: str | None, found: str | None
) -> None:
    assert matched(header, TAGS) == found


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("ru-KZ", "ru"),
        ("ru", "ru"),
        ("RU", "ru"),
        ("uz-Cyrl-UZ", "uz-Cyrl"),
        ("uz-Cyrl", "uz-Cyrl"),
        ("uz", None),
        ("uz-Latn", None),
        ("r", None),
        ("kk", None),
    ],
)
def test_a_tag_is_looked_up_as_it_is_then_shorter_and_never_longer(
    tag: str, found: str | None
) -> None:
    assert looked_up(tag, ("ru", "uz-Cyrl")) == found


def test_nothing_on_offer_matches_nothing() -> None:
    assert matched("en, *", ()) is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("ru-KZ, en;q=0.5", "ru"),
        ("kk, ru;q=0.2", "ru"),
        ("*", "en"),
        ("kk", "en"),
        (None, "en"),
        ("ru;q=0", "en"),
    ],
)
def test_of_plain_languages_the_most_wanted_or_english(header: str | None, found: str) -> None:
    assert preferred(header, ("en", "ru")) == found
