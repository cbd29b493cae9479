"""A name as its source wrote it: what may stand in it, in which script, and who may see it."""

import unicodedata
from collections import Counter
from dataclasses import dataclass

# What a name is, and the record class that shields it: an alias or a kunya is an accusation.
CLASS_OF_TYPE = {
    "legal": "identity",
    "birth": "identity",
    "preferred": "identity",
    "former": "identity",
    "transliterated": "identity",
    "religious": "identifiers",
    "alias": "identifiers",
    "kunya": "identifiers",
}
LONGEST = 300  # characters

# Unicode's Bidi_Control: they show a name in another order than it is stored in.
BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
JOINERS = frozenset("\u200c\u200d")  # invisible, and letters join differently without them

FAULTS = {
    "empty": "is empty",
    "too-long": f"is longer than {LONGEST} characters",
    "no-letter": "has no letter",
    "bidi-control": "has a character that changes the direction of writing",
    "control-character": "has a control character",
    "lone-surrogate": "has half of a character",
    "invisible-character": "has an invisible character",
    "unknown-type": "is of a type that names do not have",
}

# Word that begins the Unicode name of a script's letters → ISO 15924.
SCRIPTS = {
    "CYRILLIC": "Cyrl",
    "LATIN": "Latn",
    "ARABIC": "Arab",
    "THAANA": "Thaa",
    "GEORGIAN": "Geor",
    "ARMENIAN": "Armn",
    "HEBREW": "Hebr",
    "GREEK": "Grek",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "MONGOLIAN": "Mong",
    "SYRIAC": "Syrc",
    "TIFINAGH": "Tfng",
    "ETHIOPIC": "Ethi",
    "HANGUL": "Hang",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
    "CJK": "Hani",
    "THAI": "Thai",
}
OTHER_SCRIPT = "Zyyy"  # ISO 15924: undetermined


class NameFault(ValueError):
    """Why a text is not taken as a name; `code` is stable, the text itself is never repeated."""

    def __init__(self, code: str) -> None:
        super().__init__(FAULTS[code])
        self.code = code
        self.detail = FAULTS[code]


@dataclass(frozen=True)
class Name:
    """The full string is always there; parts only where the source tells them apart."""

    type: str
    full: str
    script: str  # ISO 15924
    language: str | None = None  # BCP 47
    given: str | None = None
    family: str | None = None
    patronymic: str | None = None
    generation_suffix: str | None = None

    @property
    def record_class(self) -> str:
        return CLASS_OF_TYPE[self.type]


def name_from(
    type_: str,
    full: str,
    *,
    script: str | None = None,
    language: str | None = None,
    given: str | None = None,
    family: str | None = None,
    patronymic: str | None = None,
    generation_suffix: str | None = None,
) -> Name:
    """Build a name; the script is found from the letters unless the source states it.

    Raises NameFault where the type is unknown or a text cannot be a name.
    """
    if type_ not in CLASS_OF_TYPE:
        raise NameFault("unknown-type")
    whole = clean(full)
    parts = [
        None if part is None else clean(part)
        for part in (given, family, patronymic, generation_suffix)
    ]
    return Name(type_, whole, script or script_of(whole), language, *parts)


def clean(text: str) -> str:
    """The text as written, but for canonical composition (NFC) and space at its ends.

    Raises NameFault for what no name holds: controls, halves of characters, bidirectional
    controls (a reader would see another name than the one stored), other invisible characters.
    """
    for letter in text:
        kind = unicodedata.category(letter)
        if kind == "Cs":
            raise NameFault("lone-surrogate")
        if letter in BIDI_CONTROLS:
            raise NameFault("bidi-control")
        if kind in ("Cc", "Zl", "Zp"):
            raise NameFault("control-character")
        if kind in ("Cf", "Cn", "Co") and letter not in JOINERS:
            raise NameFault("invisible-character")
    whole = unicodedata.normalize("NFC", text).strip()
    if not whole:
        raise NameFault("empty")
    if len(whole) > LONGEST:
        raise NameFault("too-long")
    if not any(unicodedata.category(letter).startswith("L") for letter in whole):
        raise NameFault("no-letter")
    return whole


def scripts_of(text: str) -> tuple[str, ...]:
    """The scripts of the letters (ISO 15924), the most frequent first, ties by first use."""
    found = Counter(
        SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0], OTHER_SCRIPT)
        for letter in text
        if unicodedata.category(letter) in ("Lu", "Ll", "Lt", "Lo")
    )
    return tuple(script for script, _ in found.most_common())


def script_of(text: str) -> str:
    """The script that most letters are of; `Zyyy` where there is none."""
    return next(iter(scripts_of(text)), OTHER_SCRIPT)
