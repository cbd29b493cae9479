"""What the cells of a manifest say in words: sex, kinship, yes and no, in several languages."""

import re
import unicodedata
from typing import TypeVar

Meaning = TypeVar("Meaning")

SEXES = {
    1: """1|m|male|man|boy|м|муж|мужской|мужчина|мальчик|ер|еркек|ұл|эркек|мард|писар|erkak
        |ogil|эркак|ўғил|ذكر""",
    2: """2|f|female|woman|girl|ж|жен|женский|женщина|девочка|әйел|қыз|аял|кыз|зан|духтар|ayol|qiz
        |аёл|қиз|أنثى""",
    0: "0",
    9: "9",
}

# The line's person is … of the head of the group.
RELATIONS = {
    "head": """head|head of group|head of family|head of household|self|глава|глава семьи
        |глава группы|сам|сама|отбасы басы|үй бүлө башчысы|сарвари оила|oila boshligi
        |оила бошлиғи""",
    "mother": "mother|mum|mom|мать|мама|ана|анасы|шеше|эне|модар|ona|onasi|она|онаси|أم",
    "father": "father|dad|отец|папа|әке|әкесі|ата|атасы|падар|ota|otasi|ота|отаси|أب",
    "spouse": """spouse|wife|husband|супруг|супруга|жена|муж|жұбайы|әйелі|күйеуі|жубайы|аялы|күйөөсү
        |ҳамсар|завҷа|шавҳар|xotini|eri|turmush ortogi|хотини|эри""",
    "son": "son|сын|ұлы|ұл|уулу|уул|писар|писараш|ogli|ogil|ўғли|ўғил|ابن",
    "daughter": "daughter|дочь|дочка|қызы|қыз|кызы|кыз|духтар|духтараш|qizi|qiz|қизи|қиз|ابنة|بنت",
    "child": "child|ребенок|дитя|бала|баласы|фарзанд|farzandi|bolasi|фарзанди|боласи",
    "stepchild": "stepchild|stepson|stepdaughter|пасынок|падчерица|өгей бала|өгей ұлы|өгей қызы",
    "grandchild": """grandchild|grandson|granddaughter|внук|внучка|немересі|немере|небереси|набера
        |nevara|nevarasi|невара|невараси""",
    "brother": "brother|брат|інісі|ағасы|аға|іні|бир тууганы|бародар|aka|uka|akasi|ukasi|ака|ука",
    "sister": """sister|сестра|сіңлісі|әпкесі|қарындасы|эже|эжеси|сиңдиси|хоҳар|opa|opasi
        |singlisi|опа""",
    "sibling": "sibling|брат сестра|бауыры",
    "grandmother": "grandmother|бабушка|әже|әжесі|чоң эне|бибӣ|бибиаш|buvi|buvisi|бувиси",
    "grandfather": "grandfather|дедушка|дед|атасының әкесі|чоң ата|бобо|bobo|bobosi|бобоси",
    "aunt": "aunt|тетя|тәтесі|амма|хола|xola|xolasi|amma|ammasi|холаси|аммаси",
    "uncle": "uncle|дядя|көкесі|нағашысы|таяке|амак|тағо|togasi|amakisi|тоғаси|амакиси",
    "niece": "niece|племянница|жиян қыз",
    "nephew": "nephew|племянник|жиен|жиян|хоҳарзода|бародарзода|jiyan|jiyani|жияни",
    "cousin": "cousin|двоюродный брат|двоюродная сестра|двоюродные",
    "in_law": """in law|mother in law|father in law|daughter in law|son in law|sister in law
        |brother in law|свекровь|свекор|теща|тесть|невестка|зять|сноха|келін|келин|kelin|kuyov""",
    "guardian": "guardian|carer|caregiver|опекун|попечитель|сопровождающий|қамқоршы|васӣ|vasiy",
    "ward": "ward|foster child|подопечный|подопечная|приемный ребенок",
    "other": "other|relative|other relative|другое|родственник|родственница|иное|туысы|хеш",
    "none": """none|no relation|unrelated|no|not related|нет|нет родства|без родства|не родственник
        |не родственница|чужой|посторонний|туыс емес|тууган эмес|хеш не|qarindosh emas""",
}

FLAGS = {
    True: "yes|y|true|1|x|+|✓|✔|да|д|иә|ия|ооба|ҳа|ha|бале",
    False: "no|n|false|0|-|–|—|нет|н|жоқ|жок|yoq|йўқ|не",
}


def plain(text: str) -> str:
    """A word without case, full stops, apostrophes, or hyphens between its parts."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    folded = re.sub("['’‘ʻʼ`´.]", "", folded)
    return " ".join(re.sub(r"(?<=\w)[-/‐‑](?=\w)", " ", folded).split())


def table(words: dict[Meaning, str]) -> dict[str, Meaning]:
    return {plain(word): meaning for meaning, list_ in words.items() for word in list_.split("|")}


SEX_OF = table(SEXES)
RELATION_OF = table(RELATIONS)
FLAG_OF = table(FLAGS)


def sex_of(text: str) -> int | None:
    """ISO 5218; None where the word is not known."""
    return SEX_OF.get(plain(text))


def relation_of(text: str) -> str | None:
    """A code of RELATIONS; None where the word is not known."""
    return RELATION_OF.get(plain(text))


def flag_of(text: str) -> bool | None:
    return FLAG_OF.get(plain(text))
