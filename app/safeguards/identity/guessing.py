"""Pure: how little a guessing program would have to try, by the cheapest way to spell a password.

A password is covered by pieces: listed words, keyboard walks and runs, repetitions, years and
single characters. Each piece costs the binary logarithm of how many a program would try in its
place. A word inside a long passphrase does no harm; a password that is little more than one does.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path

LISTS = ("denied_passwords.txt", "denied_words.txt")
ENOUGH = 42.0  # bits: three listed words are too few, four will do
WORD, CONTEXT, WALK, YEAR, AGAIN = 13.0, 6.0, 7.0, 7.0, 2.0
DIGIT, LETTER, SEPARATOR = 3.3, 4.7, 1.0
ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "0123456789"),
    *("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "qazwsxedcrfvtgbyhnujmikolp"),
    *("1q2w3e4r5t6y7u8i9o0p", "!@#$%^&*()", '!"№;%:?*()', "abcdefghijklmnopqrstuvwxyz"),
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
)
WALKS = tuple(row + "\n" + row[::-1] for row in ROWS)
# What is typed for a letter so that a rule of composition is content.
DISGUISED = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"})


@cache
def listed() -> frozenset[str]:
    lines = (
        line.strip()
        for name in LISTS
        for line in Path(__file__).with_name(name).read_text("utf-8").splitlines()
    )
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def longest() -> int:
    return max(map(len, listed()))


def guessable(password: str, context: Collection[str] = ()) -> bool:
    """`context`: what is known of the account, as its user name."""
    return bits(password.casefold(), frozenset(context_words(context))) < ENOUGH


def context_words(context: Collection[str]) -> set[str]:
    whole = {one.casefold() for one in context}
    parts = {part for one in whole for part in split(one)}
    return {one for one in whole | parts if len(one) >= 3}


def split(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def bits(text: str, known: frozenset[str] = frozenset()) -> float:
    """The cheapest cover of a case-folded text, by dynamic programming over its prefixes."""
    cost = [0.0]
    for end in range(1, len(text) + 1):
        best = cost[end - 1] + single(text[end - 1])
        for start in range(max(0, end - max(longest(), 40)), end - 2):
            piece = text[start:end]
            best = min(best, cost[start] + of(piece, known))
        for size in range(1, end // 2 + 1):  # the same again, however often
            if text[end - size : end] == text[end - 2 * size : end - size]:
                best = min(best, cost[end - size] + AGAIN)
        cost.append(best)
    return cost[-1]


def of(piece: str, known: frozenset[str]) -> float:
    """One piece of three characters or more; infinite where it is nothing but its characters."""
    plain = piece.translate(DISGUISED)
    if piece in known or plain in known:
        return CONTEXT
    if piece in listed() or plain in listed():
        return WORD
    if any(piece in walk for walk in WALKS):
        return WALK
    if len(piece) == 4 and piece.isdecimal() and "1900" <= piece < "2100":
        return YEAR
    return float("inf")


def single(character: str) -> float:
    if character.isdecimal():
        return DIGIT
    return LETTER if character.isalpha() else SEPARATOR
