"""Which passwords are refused, which are taken, and what a check costs."""

import secrets
import unicodedata
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid, Unavailable
from app.safeguards.identity import passwords
from app.safeguards.identity.guessing import ROWS, guessable, listed
from app.safeguards.identity.passwords import LONGEST, SHORTEST, examine, hashed, verified

NOBODY = ("n-body", "Nobody")
WORDS = sorted(listed())
LONG = [word for word in WORDS if word.isalpha() and len(word) >= 5]


def refused(password: str, context: tuple[str, ...] = NOBODY) -> str | None:
    try:
        examine(password, context)
    except Invalid as fault:
        return fault.errors[0].code
    return None


def test_a_refusal_names_the_place_and_not_the_password() -> None:
    with pytest.raises(Invalid) as refusal:
        examine("password-password", NOBODY, "/secret")
    (one,) = refusal.value.errors
    assert (one.pointer, one.code) == ("/secret", "guessable")
    assert "password-password" not in refusal.value.detail + one.detail


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "passwordpassword",
        "P4$$w0rdP4$$w0rd",
        "Password2026!!!!!",
        "qwertyuiopasdfgh",
        "1q2w3e4r5t6y7u8i",
        "йцукенгшщзфывапр",
        "пароль1234567890",
        "абвгдеёжзийклмно",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "123456789012345",
        "casework-casework-casework",
        "Ташкент2026Ташкент",
        "sunshine-football-princess",
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "ｐａｓｓｗｏｒｄ１２３４５６７８",
    ],
)
def test_little_more_than_a_word_is_guessable(password: str) -> None:
    assert refused(password) == "guessable"


@pytest.mark.parametrize(
    "password",
    [
        "stapler fjord umbrella gravel",
        "my sister's password is a secret of hers",  # a listed word does no harm in a long phrase
        "kettle drum orbit walnut",
        "сорок тысяч обезьян в шкафу",
        "ағаштан түйін түйген",
        "ベッドの下に猫が七匹います、たぶん",
        "x7!kQ9z#Lm2pV4w",
        "493817265038471",  # fifteen digits without order
        "🦆🪁🧵🪨🛶🧂🪴🧶🪙🛞🧲🪤🧫🪣🛹🦆🪁🧵🧂🛶🪁🪤🧶🧫🪨🦆🧲🛹🪙🪴🛞🧵🪣🧶🛶🪁🪨🧂🦆🪤🧫🛹🧲",
    ],
)
def test_what_takes_long_to_guess_is_taken(password: str) -> None:
    assert refused(password) is None


def test_length_counts_characters() -> None:
    assert refused("x7!kQ9z#Lm2pV4") == "too-short"
    assert refused("ж" + "x7!kQ9z#Lm2pV") == "too-short"
    assert refused("ﷺ") == "too-short"  # one character, though its compatible form has eighteen
    assert refused("e\u0301x7!kQ9z#Lm2pV") == "too-short"  # typed as 15, kept as 14
    assert refused(secrets.token_hex(LONGEST)[:LONGEST]) is None
    assert refused(secrets.token_hex(LONGEST)[: LONGEST + 1]) == "too-long"
    assert SHORTEST == 15


def test_any_character_but_those_that_nobody_can_type() -> None:
    assert refused("stapler fjord umbrella\x00") == "not-text"
    assert refused("stapler fjord umbrella\ud800") == "not-text"
    assert refused("stapler fjord umbrella\u200d☃") is None


def test_what_is_known_of_the_account_is_guessed_first() -> None:
    context = ("g.toktogulova", "Gulnara Toktogulova")
    assert refused("toktogulova-gulnara", context) == "guessable"
    assert refused("gulnaratoktogulova1990", context) == "guessable"
    assert refused("gulnara toktogulova", NOBODY) is None
    assert refused("g.toktogulova likes fjords and gravel", context) is None


def test_the_list_is_a_real_one() -> None:
    assert len(WORDS) > 8000
    assert all(word == word.casefold() and len(word) >= 4 for word in WORDS)
    assert {"casework", "пароль", "iloveyou", "november", "ташкент"} <= listed()


@given(st.sampled_from(WORDS), st.integers(2, 8), st.sampled_from(["", "-", " ", "1", "!"]))
def test_a_word_over_and_over_stays_one_word(word: str, times: int, between: str) -> None:
    assert guessable(between.join([word] * times))


@given(st.sampled_from(WORDS), st.sampled_from(ROWS), st.booleans(), st.integers(1900, 2099))
def test_a_word_beside_a_walk_or_a_year(word: str, row: str, backwards: bool, year: int) -> None:
    walk = row[::-1] if backwards else row
    assert guessable(word + walk)
    assert guessable(walk + word.upper())
    assert guessable(f"{word}{year}{word}")


@given(st.lists(st.sampled_from(LONG), min_size=5, max_size=8, unique=True))
def test_five_words_are_enough(words: list[str]) -> None:
    assert not guessable(" ".join(words), ()) or covered_by_fewer(words)


def covered_by_fewer(words: list[str]) -> bool:
    """Chance may draw words of which one continues another, or that repeat a stem."""
    return any(a != b and (a in b or b.startswith(a[-3:])) for a in words for b in words)


@given(st.integers(0, 2**80 - 1))
def test_what_a_machine_draws_is_taken(number: int) -> None:
    drawn = f"{number:020x}"
    if len(set(drawn)) >= 10:
        assert not guessable(drawn)


@given(st.text(min_size=SHORTEST, max_size=40))
def test_form_of_typing_makes_no_difference(text: str) -> None:
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len({passwords.normal(one) for one in forms}) == 1
    assert refused(text) in (None, "too-short", "not-text", "guessable", "too-long")


def test_a_password_typed_on_another_keyboard_fits(in_life: None) -> None:
    known = hashed(unicodedata.normalize("NFD", "épée du prêtre à Noël"))
    assert known.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verified(unicodedata.normalize("NFC", "épée du prêtre à Noël"), known) == (True, None)
    assert verified("epee du pretre a Noel", known) == (False, None)


def test_a_hash_of_another_cost_is_renewed(in_life: None) -> None:
    cheap = passwords.CONTEXT.copy(argon2__time_cost=1, argon2__memory_cost=8192)
    fits, renewed = verified("stapler fjord", cheap.hash("stapler fjord"))
    assert fits
    assert renewed is not None
    assert "m=19456,t=2,p=1" in renewed
    assert verified("other", cheap.hash("stapler fjord")) == (False, None)


def test_an_unknown_user_costs_one_check_of_the_same_kind(
    monkeypatch: pytest.MonkeyPatch, in_life: None
) -> None:
    passwords.stand_in()
    done: list[tuple[object, str]] = []
    plain = passwords.in_turn

    def counted(work: object, *args: str) -> object:
        done.append((work, args[-1].rsplit("$", 2)[0]))
        return plain(work, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "in_turn", counted)
    known = passwords.CONTEXT.hash("stapler fjord")
    assert verified("wrong", known) == (False, None)
    assert verified("wrong", None) == (False, None)
    assert len(done) == 2
    assert done[0] == done[1]


def test_a_third_hash_waits_and_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords.bound(2)
    taken, free = [Event(), Event()], Event()

    def slow(mine: Event) -> None:
        mine.set()
        free.wait()

    threads = [Thread(target=passwords.in_turn, args=(slow, one)) for one in taken]
    for thread in threads:
        thread.start()
    for one in taken:
        one.wait()
    monkeypatch.setattr(passwords, "WAIT", 0.01)
    with pytest.raises(Unavailable) as busy:
        hashed("a third")
    assert (busy.value.status, busy.value.code) == (503, "busy")
    monkeypatch.setattr(passwords, "WAIT", 60.0)
    third: list[str] = []
    waiting = Thread(target=lambda: third.append(hashed("a third")))
    waiting.start()
    free.set()
    for thread in (*threads, waiting):
        thread.join()
    assert len(third) == 1
