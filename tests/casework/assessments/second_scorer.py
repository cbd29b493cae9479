"""A second scorer: every instrument by hand, one plain function each, from the published rules.

It shares nothing with the application: no code, no data file. It is slow and says each thing
where it needs it, so that a reader with the paper beside him can check it line by line.

All arithmetic is of integers and fractions, halves are rounded up. A missing answer (None or
absent) is never zero: what rests on it is None, unless the instrument states a rule for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

Answers = Mapping[str, int | None]
Facts = Mapping[str, Any]
Result = dict[str, Any]
Values = tuple[int, ...]
Bands = Sequence[tuple[str, int]]  # a band's name and its highest score, lowest band first


# What can be answered: items and their values.

YES_NO: Values = (1, 0)
WORN: Values = (1, 2)  # glasses, a hearing aid, a walking aid: yes, no
OFTEN: Values = (1, 2, 3, 4, 5)  # daily … never
NEEDS_DOMAINS = [
    *("SAFETY", "DOCUMENTS", "HOUSING", "LIVELIHOOD", "EDUCATION", "HEALTH", "WELLBEING", "CARE"),
    *("FAMILY", "COMMUNITY"),
]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def each(items: Iterable[str], *values: int) -> dict[str, Values]:
    return {item: values for item in items}


ITEMS: dict[str, dict[str, Values]] = {
    "phq9": each(numbers(1, 10), 0, 1, 2, 3),
    "phqa": each(numbers(1, 10), 0, 1, 2, 3),
    "gad7": each(numbers(1, 7), 0, 1, 2, 3),
    "pcl5": each(numbers(1, 20), 0, 1, 2, 3, 4),
    "who5": each(numbers(1, 5), 0, 1, 2, 3, 4, 5),
    "k10": each(numbers(1, 10), 1, 2, 3, 4, 5),
    "cries8": each(numbers(1, 8), 0, 1, 3, 5),
    "sdq": each(numbers(1, 25), 0, 1, 2) | each(["I0", "I1", "I2", "I3", "I4", "I5"], 0, 1, 2, 3),
    "cpss5": each(numbers(1, 20), 0, 1, 2, 3, 4) | each(numbers(21, 27), *YES_NO),
    "itq": each([part + number for part in "PC" for number in numbers(1, 9)], 0, 1, 2, 3, 4),
    "rhs15": each(numbers(1, 14), 0, 1, 2, 3, 4) | each(["15"], *range(11)),
    "whodas12": each(numbers(1, 12), 0, 1, 2, 3, 4),
    "moca": {
        "VSE": tuple(range(6)),
        "NAMING": tuple(range(4)),
        "ATTENTION": tuple(range(7)),
        "LANGUAGE": tuple(range(4)),
        "ABSTRACTION": tuple(range(3)),
        "RECALL": tuple(range(6)),
        "ORIENTATION": tuple(range(7)),
    },
    "wgss": each(numbers(1, 6), 1, 2, 3, 4),
    "cfm24": each(numbers(1, 15), 1, 2, 3, 4)
    | each(["1", "4", "7"], *WORN)
    | each(["16"], 1, 2, 3, 4, 5),
    "cfm517": each(numbers(1, 22), 1, 2, 3, 4)
    | each(["1", "4", "7"], *WORN)
    | each(["23", "24"], *OFTEN),
    "needs": each(
        [f"{side}_{domain}" for side in ("NEED", "STRENGTH") for domain in NEEDS_DOMAINS],
        0,
        1,
        2,
        3,
    ),
}


def items_of(code: str, respondent: str = "self") -> dict[str, Values]:
    """What this respondent can answer; the form of the SDQ for teachers has three impact items."""
    items = ITEMS[code]
    if code == "sdq" and respondent == "teacher":
        return {item: values for item, values in items.items() if item not in ("I4", "I5")}
    return items


def refuse(code: str, answers: Answers, respondent: str) -> None:
    """ValueError for an item that the form has not, and for a value that the item has not."""
    # GAS has as many items as the plan has goals.
    items = each(answers, -2, -1, 0, 1, 2) if code == "GAS" else items_of(code, respondent)
    for item, value in answers.items():
        if item not in items:
            raise ValueError(f"{code} has no item {item}")
        if value is not None and (type(value) is not int or value not in items[item]):
            raise ValueError(f"{code} item {item} cannot be {value!r}")


# Arithmetic.


def half_up(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def decimals(number: Fraction, places: int) -> str:
    """A number that is not negative, with so many decimals."""
    whole, rest = divmod(half_up(number * 10**places), 10**places)
    return f"{whole}.{rest:0{places}d}"


def total_of(answers: Answers, items: Iterable[str]) -> int | None:
    """The sum; None where an answer is missing."""
    total = 0
    for item in items:
        value = answers.get(item)
        if value is None:
            return None
        total += value
    return total


def filled_up(answers: Answers, items: Sequence[str], may_miss: int) -> Fraction | None:
    """The mean of what is answered, times the number of items; None where too much is missing."""
    given = [value for item in items if (value := answers.get(item)) is not None]
    if len(items) - len(given) > may_miss:
        return None
    return Fraction(sum(given) * len(items), len(given))


def missing_of(answers: Answers, items: Iterable[str]) -> list[str]:
    return [item for item in items if answers.get(item) is None]


def at_least(score: int | None, limit: int) -> bool | None:
    return None if score is None else score >= limit


def at_most(score: int | None, limit: int) -> bool | None:
    return None if score is None else score <= limit


def band_of(score: int | None, bands: Bands) -> str | None:
    if score is None:
        return None
    return next(name for name, highest in bands if score <= highest)


def all_of(parts: Iterable[bool | None]) -> bool | None:
    """One that is false decides; else one that is unknown leaves it unknown."""
    known = list(parts)
    if False in known:
        return False
    return None if None in known else True


def any_of(parts: Iterable[bool | None]) -> bool | None:
    """One that is true decides; else one that is unknown leaves it unknown."""
    known = list(parts)
    if True in known:
        return True
    return None if None in known else False


def result(
    scales: Mapping[str, int | str | None],
    missing: list[str],
    *,
    prorated: Sequence[str] = (),
    bands: Mapping[str, Mapping[str, str | None]] | None = None,
    cutoffs: Mapping[str, bool | None] | None = None,
    outcomes: Mapping[str, str | None] | None = None,
    critical: Sequence[tuple[str, str]] = (),
) -> Result:
    return {
        "scales": scales,
        "missing": missing,
        "complete": not missing,
        "prorated": list(prorated),
        "bands": bands or {},
        "cutoffs": cutoffs or {},
        "outcomes": outcomes or {},
        "critical": [{"code": code, "state": state} for code, state in critical],
    }


# The instruments.


def phq_9(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Kroenke, Spitzer and Williams 2001. Item 10 (difficulty) is not scored.

    PHQ-A, its form for adolescents, is scored alike.
    """
    items = numbers(1, 9)
    missing = missing_of(answers, items)
    filled = filled_up(answers, items, may_miss=2)
    total = None if filled is None else half_up(filled)

    algorithm = None
    if not missing:
        values = {item: answers[item] or 0 for item in items}
        symptoms = sum(values[item] >= 2 for item in numbers(1, 8)) + (values["9"] >= 1)
        chief = values["1"] >= 2 or values["2"] >= 2
        if chief and symptoms >= 5:
            algorithm = "major"
        elif chief and symptoms >= 2:
            algorithm = "other"
        else:
            algorithm = "none"

    harm = answers.get("9")
    if harm is None:
        critical = [("SAFETY_SELF", "unknown")]
    elif harm >= 1:
        critical = [("SAFETY_SELF", "raised")]
    else:
        critical = []

    severity = [
        ("minimal", 4),
        ("mild", 9),
        ("moderate", 14),
        ("moderately_severe", 19),
        ("severe", 27),
    ]
    return result(
        {"total": total},
        missing,
        prorated=["total"] if missing and total is not None else [],
        bands={"standard": {"total": band_of(total, severity)}},
        cutoffs={"positive": at_least(total, 10)},
        outcomes={"algorithm": algorithm},
        critical=critical,
    )


def gad_7(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Spitzer, Kroenke, Williams and Löwe 2006."""
    items = numbers(1, 7)
    missing = missing_of(answers, items)
    filled = filled_up(answers, items, may_miss=1)
    total = None if filled is None else half_up(filled)
    severity = [("minimal", 4), ("mild", 9), ("moderate", 14), ("severe", 21)]
    return result(
        {"total": total},
        missing,
        prorated=["total"] if missing and total is not None else [],
        bands={"standard": {"total": band_of(total, severity)}},
        cutoffs={"positive": at_least(total, 10)},
    )


# The four groups of symptoms of DSM-5, the same in PCL-5 and CPSS-5.
DSM_5 = {
    "B": numbers(1, 5),
    "C": numbers(6, 7),
    "D": numbers(8, 14),
    "E": numbers(15, 20),
}


def pcl_5_symptoms(answers: Answers) -> dict[str, int]:
    """How many items of each group are at 2 ("moderately") or above."""
    return {
        group: sum((answers.get(item) or 0) >= 2 for item in items)
        for group, items in DSM_5.items()
    }


def pcl_5(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Weathers et al. 2013 (National Center for PTSD). No severity ranges are published."""
    items = numbers(1, 20)
    missing = missing_of(answers, items)
    total = total_of(answers, items)

    # What is missing could be a symptom or not: where both come to the same, that is known.
    found = set()
    for worth in (0, 4):
        filled = {item: worth if answers.get(item) is None else answers[item] for item in items}
        count = pcl_5_symptoms(filled)
        met = count["B"] >= 1 and count["C"] >= 1 and count["D"] >= 2 and count["E"] >= 2
        found.add("provisional" if met else "none")
    clusters = found.pop() if len(found) == 1 else None

    risk = answers.get("16")
    return result(
        {"total": total} | {group: total_of(answers, own) for group, own in DSM_5.items()},
        missing,
        cutoffs={"at_33": at_least(total, 33), "at_31": at_least(total, 31)},
        outcomes={"clusters": clusters},
        critical=[("RISK_TAKING", "raised")] if risk is not None and risk >= 3 else [],
    )


def pcl_5_change(before: int, after: int) -> dict[str, int | bool]:
    """Marx et al. 2022: two reliable changes, of two samples; an end at 28 or below."""
    difference = after - before
    reliable = abs(difference) >= 15
    return {
        "difference": difference,
        "reliable_at_15": reliable,
        "reliable_at_18": abs(difference) >= 18,
        "clinically_significant": reliable and difference < 0 and after <= 28,
    }


def who_5(answers: Answers, respondent: str, facts: Facts) -> Result:
    """World Health Organization 1998, 2024. The higher the better."""
    items = numbers(1, 5)
    raw = total_of(answers, items)
    percent = None if raw is None else raw * 4
    return result(
        {"raw": raw, "percent": percent},
        missing_of(answers, items),
        cutoffs={
            "low": at_most(raw, 12),
            "at_most_50": at_most(percent, 50),
            "at_most_28": at_most(percent, 28),
        },
        critical=[("LOW_WELLBEING", "unknown" if raw is None else "raised")]
        if raw is None or raw <= 7
        else [],
    )


def k10(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Kessler et al. 2002, in the coding 1–5 and the ranges of the Australian Bureau of Statistics.

    In an interview, who is never nervous is not asked how nervous, who is never restless not how
    restless.
    """
    items = numbers(1, 10)
    asked = dict(answers)
    interviewed = respondent == "interviewer"
    if interviewed and asked.get("3") is None and asked.get("2") == 1:
        asked["3"] = 1
    if interviewed and asked.get("6") is None and asked.get("5") == 1:
        asked["6"] = 1

    total = total_of(asked, items)
    six = total_of(asked, ["2", "4", "5", "8", "9", "10"])
    k6 = None if six is None else six - 6
    distress = [("low", 15), ("moderate", 21), ("high", 29), ("very_high", 50)]
    return result(
        {"total": total, "K6": k6},
        missing_of(asked, items),
        bands={
            "standard": {"total": band_of(total, distress)},
            "k6": {"K6": band_of(k6, [("low", 4), ("moderate", 12), ("serious", 24)])},
        },
        cutoffs={"k6_serious": at_least(k6, 13)},
    )


def cries_8(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Children and War Foundation; Perrin, Meiser-Stedman and Smith 2005."""
    items = numbers(1, 8)
    total = total_of(answers, items)
    return result(
        {
            "intrusion": total_of(answers, ["1", "3", "6", "7"]),
            "avoidance": total_of(answers, ["2", "4", "5", "8"]),
            "total": total,
        },
        missing_of(answers, items),
        cutoffs={"positive": at_least(total, 17)},
    )


SDQ_SCALES = {
    "emotional": ["3", "8", "13", "16", "24"],
    "conduct": ["5", "7", "12", "18", "22"],
    "hyperactivity": ["2", "10", "15", "21", "25"],
    "peer": ["6", "11", "14", "19", "23"],
    "prosocial": ["1", "4", "9", "17", "20"],
}
SDQ_REVERSED = ["7", "11", "14", "21", "25"]

# The highest score of each band but the last, from normal (or close to average) upwards.
# Prosocial runs the other way: the lowest score of each band but the last, downwards.
SDQ_THREE: dict[str, dict[str, tuple[int, ...]]] = {
    "parent": {
        "total": (13, 16),
        "emotional": (3, 4),
        "conduct": (2, 3),
        "hyperactivity": (5, 6),
        "peer": (2, 3),
        "prosocial": (6, 5),
    },
    "teacher": {
        "total": (11, 15),
        "emotional": (4, 5),
        "conduct": (2, 3),
        "hyperactivity": (5, 6),
        "peer": (3, 4),
        "prosocial": (6, 5),
    },
    "self": {
        "total": (15, 19),
        "emotional": (5, 6),
        "conduct": (3, 4),
        "hyperactivity": (5, 6),
        "peer": (3, 5),
        "prosocial": (6, 5),
    },
}
SDQ_FOUR: dict[str, dict[str, tuple[int, ...]]] = {
    "parent": {
        "total": (13, 16, 19),
        "emotional": (3, 4, 6),
        "conduct": (2, 3, 5),
        "hyperactivity": (5, 7, 8),
        "peer": (2, 3, 4),
        "prosocial": (8, 7, 6),
    },
    "teacher": {
        "total": (11, 15, 18),
        "emotional": (3, 4, 5),
        "conduct": (2, 3, 4),
        "hyperactivity": (5, 7, 8),
        "peer": (2, 4, 5),
        "prosocial": (6, 5, 4),
    },
    "self": {
        "total": (14, 17, 19),
        "emotional": (4, 5, 6),
        "conduct": (3, 4, 5),
        "hyperactivity": (5, 6, 7),
        "peer": (2, 3, 4),
        "prosocial": (7, 6, 5),
    },
}


def sdq_band(scale: str, score: int | None, limits: Sequence[int]) -> str | None:
    if score is None:
        return None
    if len(limits) == 2:
        names = ["normal", "borderline", "abnormal"]
    elif scale == "prosocial":
        names = ["close", "slightly_lowered", "low", "very_low"]
    else:
        names = ["close", "slightly_raised", "high", "very_high"]
    for name, limit in zip(names, limits, strict=False):
        inside = score >= limit if scale == "prosocial" else score <= limit
        if inside:
            return name
    return names[-1]


def sdq_impact(answers: Answers, respondent: str) -> int | None:
    """No difficulties, no impact; else "quite a lot" is 1, "a great deal" 2, less is nothing.

    Who left out whether there are any, and told how they weigh, has told that there are.
    """
    if answers.get("I0") == 0:
        return 0
    asked = ["I1", "I2", "I3"] if respondent == "teacher" else ["I1", "I2", "I3", "I4", "I5"]
    impact = 0
    for item in asked:
        value = answers.get(item)
        if value is None:
            return None
        impact += {0: 0, 1: 0, 2: 1, 3: 2}[value]
    return impact


def sdq(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Goodman 1997; youthinmind's scoring. Bands of the United Kingdom."""
    if respondent not in SDQ_THREE:
        raise ValueError(f"SDQ has no form for {respondent}")
    turned = dict(answers)
    for item in SDQ_REVERSED:
        value = answers.get(item)
        turned[item] = None if value is None else 2 - value

    scales: dict[str, int | None] = {}
    prorated = []
    for scale, items in SDQ_SCALES.items():
        filled = filled_up(turned, items, may_miss=2)
        scales[scale] = None if filled is None else half_up(filled)
        if filled is not None and missing_of(turned, items):
            prorated.append(scale)
    scales["total"] = total_of(scales, ["emotional", "conduct", "hyperactivity", "peer"])
    scales["internalising"] = total_of(scales, ["emotional", "peer"])
    scales["externalising"] = total_of(scales, ["conduct", "hyperactivity"])

    three = SDQ_THREE[respondent]
    four = SDQ_FOUR[respondent]
    return result(
        {**scales, "impact": sdq_impact(answers, respondent)},
        missing_of(answers, numbers(1, 25)),
        prorated=prorated,
        bands={
            "three_band": {scale: sdq_band(scale, scales[scale], three[scale]) for scale in three},
            "four_band": {scale: sdq_band(scale, scales[scale], four[scale]) for scale in four},
        },
    )


def cpss_5(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Foa et al. 2018, self-report. Impairment counts the seven answers "yes"."""
    symptoms = numbers(1, 20)
    impairment = numbers(21, 27)
    total = total_of(answers, symptoms)
    severity = [
        ("minimal", 10),
        ("mild", 20),
        ("moderate", 40),
        ("severe", 60),
        ("very_severe", 80),
    ]
    return result(
        {"total": total}
        | {group: total_of(answers, own) for group, own in DSM_5.items()}
        | {"impairment": total_of(answers, impairment)},
        missing_of(answers, symptoms + impairment),
        bands={"standard": {"total": band_of(total, severity)}},
        cutoffs={"probable": at_least(total, 31)},
    )


ITQ_CLUSTERS = {
    "Re": ["P1", "P2"],
    "Av": ["P3", "P4"],
    "Th": ["P5", "P6"],
    "PTSD_FI": ["P7", "P8", "P9"],
    "AD": ["C1", "C2"],
    "NSC": ["C3", "C4"],
    "DR": ["C5", "C6"],
    "DSO_FI": ["C7", "C8", "C9"],
}


def itq_clusters(answers: Answers) -> dict[str, bool | None]:
    """Whether one item of the cluster is at 2 or above; None where one of its items is missing."""
    met: dict[str, bool | None] = {}
    for cluster, items in ITQ_CLUSTERS.items():
        values = [answers.get(item) for item in items]
        if None in values:
            met[cluster] = None
        else:
            met[cluster] = any(value is not None and value >= 2 for value in values)
    return met


def itq(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Cloitre et al. 2018 (ICD-11). Complex PTSD is diagnosed instead of PTSD, not beside it."""
    met = itq_clusters(answers)
    ptsd = all_of(met[cluster] for cluster in ("Re", "Av", "Th", "PTSD_FI"))
    dso = all_of(met[cluster] for cluster in ("AD", "NSC", "DR", "DSO_FI"))
    diagnosis: str | None
    if ptsd is None:
        diagnosis = None
    elif ptsd is False:
        diagnosis = "none"  # whatever the second part says
    elif dso is None:
        diagnosis = None
    else:
        diagnosis = "CPTSD" if dso else "PTSD"
    return result(
        {
            "ptsd": total_of(answers, ["P1", "P2", "P3", "P4", "P5", "P6"]),
            "dso": total_of(answers, ["C1", "C2", "C3", "C4", "C5", "C6"]),
        },
        missing_of(answers, ITEMS["itq"]),
        outcomes={"diagnosis": diagnosis},
    )


def rhs_15(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Hollifield et al. 2013, 2016. Item 15 is the thermometer; either part alone suffices."""
    total = total_of(answers, numbers(1, 14))
    thirteen = total_of(answers, numbers(1, 13))
    return result(
        {"sum": total, "rhs13": thirteen},
        missing_of(answers, numbers(1, 15)),
        cutoffs={
            "positive": any_of([at_least(total, 12), at_least(answers.get("15"), 5)]),
            "rhs13_positive": at_least(thirteen, 11),
        },
    )


def whodas_12(answers: Answers, respondent: str, facts: Facts) -> Result:
    """World Health Organization 2010, simple sum; one missing answer is the mean of the rest."""
    items = numbers(1, 12)
    missing = missing_of(answers, items)
    filled = filled_up(answers, items, may_miss=1)
    total: int | str | None = None
    percent = None
    if filled is not None:
        total = decimals(filled, 2) if missing else int(filled)
        percent = decimals(filled * 100 / 48, 1)  # of the exact sum: no rounding upon rounding
    return result(
        {"total": total, "percent": percent},
        missing,
        prorated=["total"] if missing and total is not None else [],
    )


def moca(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Nasreddine et al. 2005. One point more for little schooling, if below 30."""
    items = list(ITEMS["moca"])
    raw = total_of(answers, items)
    little_schooling = facts.get("education_at_most_12_years")
    total: int | None
    if raw is None or raw == 30:
        total = raw
    elif little_schooling is None:
        total = None
    else:
        total = raw + 1 if little_schooling else raw
    impairment = [("severe", 9), ("moderate", 17), ("mild", 25), ("normal", 30)]
    return result(
        {"raw": raw, "total": total},
        missing_of(answers, items),
        bands={"standard": {"total": band_of(total, impairment)}},
        cutoffs={"below_26": at_most(total, 25)},
    )


def yes_no(answer: bool | None) -> str | None:
    return None if answer is None else "yes" if answer else "no"


def wg_ss(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Washington Group on Disability Statistics: "a lot of difficulty" in any domain."""
    items = numbers(1, 6)
    disability = any_of(at_least(answers.get(item), 3) for item in items)
    return result({}, missing_of(answers, items), outcomes={"disability": yes_no(disability)})


def cfm_asked(answers: Answers, aid: str, with_it: list[str], without_it: list[str]) -> list[str]:
    """Which items stand for a domain: it depends on an aid that is used (1), or not (2).

    Where that is not known its own question, without an answer, stands for the domain.
    """
    return {None: [aid], 1: with_it, 2: without_it}[answers.get(aid)]


def cfm_2_4(answers: Answers, respondent: str, facts: Facts) -> Result:
    """UNICEF and Washington Group 2016, ages 2 to 4.

    Seeing and hearing are judged with glasses and hearing aid, walking without equipment. Item
    16 (controlling behaviour) compares with other children: "a lot more" (5) is a difficulty.
    """
    lot = [
        *cfm_asked(answers, "1", with_it=["2"], without_it=["3"]),
        *cfm_asked(answers, "4", with_it=["5"], without_it=["6"]),
        *cfm_asked(answers, "7", with_it=["8"], without_it=["10"]),
        *numbers(11, 15),
    ]
    difficulty = any_of(
        [at_least(answers.get(item), 3) for item in lot] + [at_least(answers.get("16"), 5)]
    )
    return result(
        {},
        missing_of(answers, [*lot, "16"]),
        outcomes={"functional_difficulty": yes_no(difficulty)},
    )


def cfm_5_17(answers: Answers, respondent: str, facts: Facts) -> Result:
    """UNICEF and Washington Group 2016, ages 5 to 17.

    Walking is asked for 100 and for 500 metres; who has a lot of difficulty with the shorter way
    is not asked about the longer. Items 23 and 24 (anxiety, depression): daily (1).
    """
    near, far = ("8", "9") if answers.get("7") == 1 else ("12", "13")
    way = [near] if at_least(answers.get(near), 3) else [near, far]
    lot = [
        *cfm_asked(answers, "1", with_it=["2"], without_it=["3"]),
        *cfm_asked(answers, "4", with_it=["5"], without_it=["6"]),
        *cfm_asked(answers, "7", with_it=way, without_it=way),
        *numbers(14, 22),
    ]
    daily = ["23", "24"]
    difficulty = any_of(
        [at_least(answers.get(item), 3) for item in lot]
        + [at_most(answers.get(item), 1) for item in daily]
    )
    return result(
        {},
        missing_of(answers, lot + daily),
        outcomes={"functional_difficulty": yes_no(difficulty)},
    )


def needs(answers: Answers, respondent: str, facts: Facts) -> Result:
    """Needs and strengths, 0 to 3 each: no total; the greatest need of safety is a notice."""
    return result(
        {},
        missing_of(answers, ITEMS["needs"]),
        critical=[("SAFETY_NEED", "raised")] if answers.get("NEED_SAFETY") == 3 else [],
    )


def gas_t(pairs: Iterable[tuple[int, int]]) -> Decimal | None:
    """Goal attainment (Kiresuk and Sherman 1968): pairs of weight and level reached, -2 to +2.

    T = 50 + 10 Σwx / sqrt(0.7 Σw² + 0.3 (Σw)²), with two decimals; None without a weighted goal.
    """
    goals = list(pairs)
    if any(weight < 0 for weight, _ in goals):
        raise ValueError(f"a weight cannot be negative: {goals}")
    squares = sum(weight * weight for weight, _ in goals)
    below = 7 * squares + 3 * sum(weight for weight, _ in goals) ** 2  # tenths, under the root
    if below == 0:
        return None
    above = sum(weight * level for weight, level in goals)
    # Half hundredths of T - 50 are 2000 above / sqrt(below / 10); its floor is a whole root.
    square = Fraction(2000 * 2000 * 10 * above * above, below)
    halves = isqrt(square.numerator // square.denominator)
    if above < 0:
        halves = -halves if halves * halves == square else -halves - 1
    hundredths = 5000 + (halves + 1) // 2
    return Decimal(hundredths).scaleb(-2)


def gas(answers: Answers, respondent: str, facts: Facts) -> Result:
    """The level of each goal by its number; facts["weights"] by the same numbers, 1 if not given.

    A goal without a level is missing and left out of T.
    """
    weights = facts.get("weights") or {}
    t = gas_t((weights.get(goal, 1), level) for goal, level in answers.items() if level is not None)
    return result({"T": None if t is None else str(t)}, missing_of(answers, answers))


SCORERS: dict[str, Callable[[Answers, str, Facts], Result]] = {
    "phq9": phq_9,
    "phqa": phq_9,
    "gad7": gad_7,
    "pcl5": pcl_5,
    "who5": who_5,
    "k10": k10,
    "cries8": cries_8,
    "sdq": sdq,
    "cpss5": cpss_5,
    "itq": itq,
    "rhs15": rhs_15,
    "whodas12": whodas_12,
    "moca": moca,
    "wgss": wg_ss,
    "cfm24": cfm_2_4,
    "cfm517": cfm_5_17,
    "needs": needs,
    "GAS": gas,
}


def score(
    code: str, answers: Answers, respondent: str = "self", facts: Facts | None = None
) -> Result:
    """What the instrument makes of the answers.

    Scales are whole numbers or decimals as text, everything unknown is None. ValueError for an
    item, a value or a respondent that the instrument has not; KeyError for an unknown instrument.
    """
    scorer = SCORERS[code]
    refuse(code, answers, respondent)
    return scorer(answers, respondent, facts or {})
