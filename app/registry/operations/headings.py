"""What ministries call the columns of a passenger manifest.

English, Russian, Kazakh, Kyrgyz, Tajik and Uzbek; case, punctuation and apostrophes do not count.
"""

import re
import unicodedata
from collections.abc import Sequence

NAMES_OF = {
    "group": """group|group no|group number|group id|family no|family number|family id
        |family group|family group number|household|household no|household number
        |номер группы|группа|номер семьи|семья|семейная группа|группа семья|семья номер|№ семьи
        |№ группы|отбасы|отбасы нөмірі|отбасы №|топ|топ нөмірі|үй бүлө|үй бүлө номери
        |оила|оила рақами|оила раками|рақами оила|oila|oila raqami|guruh|guruh raqami|гуруҳ""",
    "name": """name|full name|names|passenger|passenger name|фио|полное имя
        |фамилия имя отчество|фамилия имя|имя и фамилия|пассажир|аты жөні|толық аты жөні|тегі аты
        |аты жөнү|толук аты жөнү|ному насаб|номи пурра|fish|toliq ismi|ism familiya
        |исм фамилия|фиш""",
    "name_cyrillic": """name cyrillic|full name cyrillic|name in cyrillic|full name in cyrillic
        |cyrillic name|name in russian|фио кириллица|фио на кириллице|фио кириллицей
        |фио на русском|фио на русском языке|имя на кириллице|полное имя на кириллице
        |полное имя кириллица|аты жөні кириллица|аты жөні кирилл|аты жөнү кириллица
        |ному насаб кириллӣ|fish kirill|фиш кирилл""",
    "name_latin": """name latin|full name latin|name in latin|full name in latin|latin name
        |name in english|name as in passport|фио латиница|фио на латинице|фио латиницей
        |фио на английском|фио лат|имя на латинице|полное имя на латинице|полное имя латиница
        |аты жөні латын|аты жөні латиница|аты жөнү латын|ному насаб лотинӣ|fish lotin
        |фиш лотин""",
    "family": """surname|family name|last name|фамилия|тегі|фамилиясы|насаб|familiya|familiyasi""",
    "given": """given name|given names|first name|first names|forename|имя|аты|есімі|ном|ism|ismi
        |исм|исми""",
    "patronymic": """patronymic|middle name|father name|fathers name|name of father|отчество
        |имя отца|әкесінің аты|атасынын аты|номи падар|otasining ismi|отасининг исми|sharifi
        |шарифи""",
    "sex": """sex|gender|sex m f|gender m f|пол|пол м ж|жынысы|жыныс|jinsi|jins|ҷинс|чинс|жинси""",
    "birth": """birth date|date of birth|dob|birthdate|born|birth|year of birth|birth year
        |дата рождения|д р|др|дата рожд|год рождения|г р|родился|туған күні|туған жылы
        |туулган күнү|туулган жылы|санаи таваллуд|соли таваллуд|tugilgan sana|tugilgan sanasi
        |tugilgan yili|туғилган сана|туғилган санаси|туғилган йили""",
    "document_type": """document type|type of document|travel document type|тип документа
        |вид документа|документ|document|құжат түрі|документтин түрү|намуди ҳуҷҷат|hujjat turi
        |ҳужжат тури""",
    "document_number": """document number|document no|document id|number of document|passport
        |passport no|passport number|travel document number|номер документа|документ номер
        |№ документа|серия и номер|серия и номер документа|номер паспорта|паспорт|құжат нөмірі
        |документтин номери|рақами ҳуҷҷат|hujjat raqami|ҳужжат рақами""",
    "relationship": """relationship|relation|relationship to head|relation to head
        |relationship to head of group|relationship to head of family
        |relationship to head of household
        |family role|kinship|родство|степень родства|родственная связь|кем приходится
        |отношение к главе|отношение к главе семьи|отношение к главе группы
        |родство с главой семьи|родство с главой группы|туыстығы|туыстық қатынасы|туугандыгы
        |хешутаборӣ|qarindoshligi|қариндошлиги""",
    "nationality": """nationality|citizenship|country of citizenship|country|гражданство|подданство
        |азаматтығы|жарандыгы|шаҳрвандӣ|fuqaroligi|фуқаролиги""",
    "unaccompanied": """unaccompanied|unaccompanied child|unaccompanied minor|uasc|uam
        |без сопровождения|несопровождаемый|несопровождаемый ребенок
        |несопровождаемый несовершеннолетний|ілесіп жүрушісіз|бесарпараст""",
    "remarks": """remarks|remark|notes|note|comments|comment|примечание|примечания|заметки
        |комментарий|ескерту|ескертпе|эскертүү|эзоҳ|izoh|изоҳ""",
    # A running number says nothing that the line of the file does not.
    "row": """no|n|nr|number|row|line|s n|№|№ п п|п п|номер|р с|т б|рет""",
}


def plain(heading: str) -> str:
    """A heading without case, punctuation, apostrophes, or brackets."""
    text = heading.replace("№", " number ").replace("_", " ").casefold()
    text = re.sub("['’‘ʻʼ`´]", "", unicodedata.normalize("NFKC", text).replace("ё", "е"))
    words = " ".join(re.findall(r"\w+", text))
    return re.sub(
        r"\b(ф) (и) (о|ш)\b|\b(f) (i) (sh)\b",
        lambda found: "".join(filter(None, found.groups())),
        words,
    )


FIELD_OF = {
    plain(synonym): field for field, list_ in NAMES_OF.items() for synonym in list_.split("|")
}
FIELD_OF |= {field.replace("_", " "): field for field in NAMES_OF}


def field_of(heading: str) -> str | None:
    """The field that a heading stands for; its own code counts as a heading too."""
    return FIELD_OF.get(plain(heading))


def known(row: Sequence[str]) -> int:
    """How many different fields the headings of a row name."""
    return len({field for cell in row if (field := field_of(cell[:100]))} - {"row"})
