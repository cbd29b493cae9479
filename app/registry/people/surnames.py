"""Whether two names share a family name, so far as it can be told from their letters.

A family name that its source tells apart is one. Else it is what ends as family names do (sources
swap the order); where nothing does, the last word, or the first where the last one is a patronymic
and there are others. Who has no family name has that of the father, which siblings share. Endings
by gender do not count.
"""

import re
from collections.abc import Sequence

from app.registry.people.folding import Token, fold
from app.registry.people.matching import NO_VOWELS

# As they sound: Karimov, Sergeyeva, Dubrovsky. Not -in, for Amin and Marina are given names.
FAMILY = re.compile(r"(?<=..)(?:oua?|eua?|sk(?:i|aia|a))\Z")
# Told from the letters: the fold takes it off.
PATRONYMIC = re.compile(
    r"(?:ович|евич|овна|евна|ична|ұлы|улы|қызы|кызы|уулу|оглы|ўғли|угли|қизи|кизи"
    r"|ovich|evich|ovna|evna|ichna|uly|kyzy|uulu|ogly|ugli|oglu|qizi|kizi)\Z"
)
# Karimova, Sergeyeva, Kalinina; Dubrovskaya.
FEMININE = re.compile(r"(?<=ou|eu|in)a\Z")
ADJECTIVE = re.compile(r"(?<=sk)(?:i|aia|a)\Z")
LEAST_CONSONANTS = 3  # where one of two scripts writes no vowels, fewer prove nothing


def surname(full: str, family: str | None = None) -> tuple[Token, ...]:
    """Its folded tokens: more than one where a family name has several."""
    if family:
        return fold(family)
    tokens, words = fold(full), full.casefold().split()
    if by_ending := tuple(token for token in tokens if FAMILY.search(token.plain)):
        return by_ending
    if len(tokens) > 2 and PATRONYMIC.search(words[-1]):
        return tokens[:1]
    return tokens[-1:]


def share(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Whether a word of the one is one of the other; symmetric."""
    return any(same(a, b) for a in one for b in other)


def same(a: Token, b: Token) -> bool:
    if readings(a) & readings(b):
        return True
    if a.vowels and b.vowels:
        return False
    consonants = {bare(a.plain), bare(b.plain)}
    return len(consonants) == 1 and len(consonants.pop()) >= LEAST_CONSONANTS


def readings(token: Token) -> set[str]:
    """What the letters may stand for, whether of a man or a woman."""
    return {ADJECTIVE.sub("", FEMININE.sub("", one)) for one in (token.plain, *token.others)}


def bare(sound: str) -> str:
    return FEMININE.sub("", sound).rstrip("ha").translate(NO_VOWELS)
