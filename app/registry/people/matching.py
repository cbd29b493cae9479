"""Whether two names may be one: it proposes, and a named human decides.

Order of tokens does not count (sources swap family and given name), a missing patronymic counts
little, and two different given names under one family name stay apart.
"""

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import JaroWinkler

from app.registry.people.folding import Token, fold

SAME = 0.86  # the least similarity at which a pair of names is worth a human's time
DIFFERENT_WORD = 0.82  # unrelated given names reach 0.8 in Jaro-Winkler; below this they count 0
OTHER_READING = 0.94  # a match that rests on another sound of the same letter
SKELETON = 0.95  # a match that rests on consonants, because one script writes no vowels
MISSING_TOKEN = 0.25  # share lost as the number of tokens differs
MOST_TOKENS = 10


def matching_key(full: str) -> tuple[str, ...]:
    """Folded tokens, sorted, each once: equal for spellings that differ by rule alone.

    Coarser than `similarity`: zh, j and y are one letter here. For retrieval, never for show.
    """
    return tuple(sorted({token.plain.replace("j", "i") for token in fold(full)}))


def similarity(a: str, b: str) -> float:
    """0 (nothing in common) to 1 (the same name); symmetric."""
    return similarity_of(fold(a), fold(b))


def similarity_of(a: Sequence[Token], b: Sequence[Token]) -> float:
    """As `similarity`, of names that were folded before; fold once when comparing many."""
    few, many = sorted(
        (a[:MOST_TOKENS], b[:MOST_TOKENS]), key=lambda tokens: (len(tokens), tokens_text(tokens))
    )
    if not few:
        return 0.0
    scores = [[alike(x, y) for y in many] for x in few]
    missing = 1 - len(few) / len(many)
    return best_assignment(scores) / len(few) * (1 - MISSING_TOKEN * missing)


def closest(one: Iterable[Sequence[Token]], other: Iterable[Sequence[Token]]) -> float:
    """The best similarity of two people, each with the names they are known by."""
    others = list(other)
    return max((similarity_of(a, b) for a in one for b in others), default=0.0)


def tokens_text(tokens: Iterable[Token]) -> list[str]:
    return [token.plain for token in tokens]


def alike(x: Token, y: Token) -> float:
    if x.plain == y.plain:
        return 1.0
    best = JaroWinkler.similarity(*sorted((x.plain, y.plain)))
    if not (x.vowels and y.vowels):
        best = max(best, SKELETON * consonants_alike(x.plain, y.plain))
    for one in (x.plain, *x.others):
        for other in (y.plain, *y.others):
            if (one, other) != (x.plain, y.plain):
                best = max(best, OTHER_READING * JaroWinkler.similarity(*sorted((one, other))))
    return best if best >= DIFFERENT_WORD else 0.0


def consonants_alike(x: str, y: str) -> float:
    """Of what is left without vowels and h at the end; one letter alone proves nothing."""
    one, other = (text.rstrip("ha").translate(NO_VOWELS) for text in (x, y))
    if min(len(one), len(other)) < 2:
        return 0.0
    return JaroWinkler.similarity(*sorted((one, other)))


NO_VOWELS = str.maketrans("", "", "aeiou")


def best_assignment(scores: Sequence[Sequence[float]]) -> float:
    """The largest sum with one column for each row; rows are not more than columns.

    Over subsets of columns: exact, and small, since a name has few tokens.
    """
    best = {0: 0.0}
    for row in scores:
        step: dict[int, float] = {}
        for used, total in best.items():
            for column, score in enumerate(row):
                if not used & 1 << column:
                    key = used | 1 << column
                    step[key] = max(step.get(key, 0.0), total + score)
        best = step
    return max(best.values())
