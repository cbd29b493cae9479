"""How the tokens of a name are folded, so that scripts and spellings meet.

Transliteration is Cyrillic, Arabic and the Turkic Latin alphabets by the tables below (sounds of
Kazakh, Kyrgyz, Tajik, Uzbek, Russian, Ukrainian; Arabic letters unified, short vowels absent),
every other script by anyascii. A folded token is only for comparing; it is never shown.
"""

import re
import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

from app.registry.people.names import script_of

# Letter and sound, in pairs; _ is silence.
CYRILLIC = """
а a б b в v г g д d е e ж j з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х h ц ts ч ch
ш sh щ shch ъ _ ы i ь _ э e ю iu я ia ё e
ә a ғ g қ k ң n ө o ұ u ү u һ h і i ӣ i ӯ u ҳ h ҷ j ў o є ie ї i ґ g ҡ k ҙ z ҫ s
"""
LATIN = """
ş sh ç ch ı i ñ n ğ g ə a ö o ü u ä a ø o ž zh č ch š sh ŋ n ł l đ d ð d þ th æ ae œ oe ß ss
"""
ARABIC = """
أ a إ a آ a ٱ a ا a ع a ى i ي i ئ i ی i ې i ۍ i ه h ة h ۀ h ە h ك k ک k ؤ u و u ۆ u ۇ u ۋ u
ص s س s ث s ض z ظ z ز z ذ z ط t ت t ح h خ h
ب b پ p ج j چ ch د d ر r ژ j ش sh غ g ف f ق k گ g ل l م m ن n ء _
"""


def sounds_of(pairs: str) -> dict[int, str]:
    cells = pairs.replace("_", "\0").split()
    return {
        ord(letter): sound.strip("\0")
        for letter, sound in zip(cells[::2], cells[1::2], strict=True)
    }


TABLES = {"Cyrl": sounds_of(CYRILLIC), "Latn": sounds_of(LATIN), "Arab": sounds_of(ARABIC)}
WITHOUT_VOWELS = frozenset({"Arab", "Hebr", "Syrc"})

# Oʻ and gʻ are written with half a dozen signs, soft signs and ʿayn with as many; all go.
APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʻʼ`´ʹʾʿ′ʺ\"“”"))
ARTICLE = re.compile(r"(?<!\w)(?:a[ldnrstz]|ash|el|ul|ud|аль|ал|эль|ан|ар|ас|аш)[-‐‑–](?=\w)")
ARABIC_ARTICLE = re.compile(r"^ال(?=\w{2})")
PARTICLE_WORDS = "al el ibn bin bint ben uli uuli ulu kizi kiz ogli ugli oglu zoda zade"
PARTICLES = frozenset(PARTICLE_WORDS.split())
# Behzod and Shahzoda are given names: that ending is only taken from longer words.
PATRONYMIC = re.compile(
    r"(?<=\w{3})(?:ouich|euich|ouna|euna|ichna|uli|ulu|kizi|ogli|ugli|oglu)$"
    r"|(?<=\w{5})(?:zoda|zod|zade)$"
)

# One sound, several letters; the order of the pairs matters.
SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in [
        ("dzh|dj|zh", "j"),
        ("kh|x", "h"),
        ("gh", "g"),
        ("ph", "f"),
        ("ck|c(?!h)|q", "k"),
        ("y", "i"),
        ("[wv]", "u"),
        (r"(.)\1+", r"\1"),
        ("ie", "e"),
        (r"(.)\1+", r"\1"),
        ("(?<=..)ah$", "a"),
    ]
]


@dataclass(frozen=True)
class Token:
    plain: str
    others: tuple[str, ...]  # what the same letters may stand for elsewhere
    vowels: bool  # False: the script writes hardly any


def fold(full: str) -> tuple[Token, ...]:
    """The tokens of a name, in its order, without particles and patronymic endings."""
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", full).casefold())
    lowered = ARTICLE.sub("", lowered.translate(APOSTROPHES))
    tokens = [token for word in re.split(r"[^\w]+|_", bare(lowered)) if (token := fold_word(word))]
    kept = [token for token in tokens if token.plain not in PARTICLES]
    return tuple(stripped(token) for token in kept or tokens)


def bare(text: str) -> str:
    """Without marks that may stand inside a word and would split it: joiners, vowel signs."""
    return "".join(
        letter
        for letter in text
        if unicodedata.category(letter) not in ("Cf", "Mn") and letter != "ـ"
    )


def fold_word(word: str) -> Token | None:
    script = script_of(word)
    if script == "Arab":
        word = ARABIC_ARTICLE.sub("", word)
    letters = word.translate(TABLES.get(script, {}))
    marks_off = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", letters)
        if not unicodedata.category(letter).startswith("M")
    )
    ascii_ = "".join(filter(str.isalnum, anyascii(marks_off).casefold()))
    plain = sounded(ascii_)
    if not plain:
        return None
    others = set()
    if script == "Latn":
        # Jusuf is Yusuf and Jusan is Zhusan; Uzbek x is kh and everybody else's is ks.
        others = {sounded(ascii_.replace("x", "ks")), sounded(re.sub("(?<!d)j", "y", ascii_))}
    return Token(plain, tuple(sorted(others - {plain, ""})), script not in WITHOUT_VOWELS)


def sounded(text: str) -> str:
    for pattern, sound in SOUNDS:
        text = pattern.sub(sound, text)
    return text


def stripped(token: Token) -> Token:
    others = tuple(PATRONYMIC.sub("", other) for other in token.others)
    return Token(PATRONYMIC.sub("", token.plain), others, token.vowels)
