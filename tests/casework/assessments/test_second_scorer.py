"""The second scorer against the published vectors."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.casework.assessments import second_scorer as second
from tests.casework.assessments.second_scorer import gas_t, score

PUBLISHED: dict[str, Any] = json.loads(
    Path(__file__).with_name("published_vectors.json").read_text(encoding="utf-8"),
    parse_float=Decimal,
)
SCHOOLING = "education_at_most_12_years"


def numbered(values: Iterable[Any], prefix: str = "", first: int = 1) -> dict[str, Any]:
    return {f"{prefix}{number}": value for number, value in enumerate(values, first)}


def state_of(made: dict[str, Any], code: str) -> str | None:
    return next((one["state"] for one in made["critical"] if one["code"] == code), None)


# What a result is called in the vectors, group by group.


def phq_9(given_: Any) -> dict[str, Any]:
    made: Any = score("phq9", numbered(given_))
    algorithm = made["outcomes"]["algorithm"]
    flag = {"raised": True, "unknown": None, None: False}
    return {
        "total": made["scales"]["total"],
        "missing": len(made["missing"]),
        "band": made["bands"]["standard"]["total"],
        "screen_positive": made["cutoffs"]["positive"],
        "item9_flag": flag[state_of(made, "SAFETY_SELF")],
        "algorithm": f"{algorithm}_depressive_syndrome"
        if algorithm in ("major", "other")
        else algorithm,
    }


def gad_7(given_: Any) -> dict[str, Any]:
    made: Any = score("gad7", numbered(given_))
    return {
        "total": made["scales"]["total"],
        "missing": len(made["missing"]),
        "band": made["bands"]["standard"]["total"],
        "screen_positive": made["cutoffs"]["positive"],
    }


def pcl_5(given_: Any) -> dict[str, Any]:
    answers = numbered(given_)
    made: Any = score("pcl5", answers)
    return dict(made["scales"]) | {
        "endorsed": second.pcl_5_symptoms(answers),
        "cut33": made["cutoffs"]["at_33"],
        "cut31": made["cutoffs"]["at_31"],
        "dsm5_cluster_rule": made["outcomes"]["clusters"] == "provisional",
    }


def who_5(given_: Any) -> dict[str, Any]:
    made: Any = score("who5", numbered(given_))
    return dict(made["scales"]) | {
        "low_wellbeing_raw_lt13": made["cutoffs"]["low"],
        "le50": made["cutoffs"]["at_most_50"],
        "le28": made["cutoffs"]["at_most_28"],
    }


def k10(given_: Any) -> dict[str, Any]:
    made: Any = score("k10", numbered(given_))
    return {
        "total": made["scales"]["total"],
        "band": made["bands"]["standard"]["total"],
        "k6_0_24": made["scales"]["K6"],
        "k6_ge13": made["cutoffs"]["k6_serious"],
    }


def cries_8(given_: Any) -> dict[str, Any]:
    made: Any = score("cries8", numbered(given_))
    return dict(made["scales"]) | {"screen_positive": made["cutoffs"]["positive"]}


def refused_by_cries_8(given_: Any) -> str:
    with pytest.raises(ValueError, match="item 3 cannot be 2"):
        score("cries8", numbered(given_))
    return "refused"


def sdq(respondent: str, *sets: str) -> Callable[[Any], dict[str, Any]]:
    def of(given_: Any) -> dict[str, Any]:
        made: Any = score("sdq", numbered(given_), respondent)
        bands = {
            name: {
                scale: "close_to_average" if band == "close" else band
                for scale, band in made["bands"][name].items()
            }
            for name in sets
        }
        return dict(made["scales"]) | {"bands": bands}

    return of


def sdq_impact(given_: Any) -> Any:
    answers = {"I0": given_["difficulties"]} | numbered(given_["items"], "I")
    return score("sdq", answers, "parent")["scales"]["impact"]


def cpss_5(given_: Any) -> dict[str, Any]:
    made: Any = score(
        "cpss5", numbered(given_["items"]) | numbered(given_["impairment"], first=21), "self"
    )
    return dict(made["scales"]) | {
        "ge31": made["cutoffs"]["probable"],
        "band": made["bands"]["standard"]["total"],
    }


def whodas_12(given_: Any) -> dict[str, Any]:
    made: Any = score("whodas12", numbered(given_))
    missing, total = len(made["missing"]), made["scales"]["total"]
    if total is None:
        return {"missing": missing, "total_0_48": None}
    return {
        "missing": missing,
        "total_0_48": Decimal(total),
        "total_12_60": Decimal(total) + 12,
        "percent": Decimal(made["scales"]["percent"]),
    }


def rhs_15(given_: Any) -> dict[str, Any]:
    made: Any = score("rhs15", numbered([*given_["items"], given_["thermometer"]]))
    return {
        "sum1_14": made["scales"]["sum"],
        "thermometer": given_["thermometer"],
        "positive": made["cutoffs"]["positive"],
        "rhs13": made["scales"]["rhs13"],
        "rhs13_positive": made["cutoffs"]["rhs13_positive"],
    }


def moca(given_: Any) -> dict[str, Any]:
    sections = {name.upper(): value for name, value in given_["sections"].items()}
    made: Any = score("moca", sections, "clinician", {SCHOOLING: given_["education_le_12y"]})
    return dict(made["scales"]) | {"below26": made["cutoffs"]["below_26"]}


def itq(given_: Any) -> dict[str, Any]:
    answers = numbered(given_["P"], "P") | numbered(given_["C"], "C")
    made: Any = score("itq", answers)
    return second.itq_clusters(answers) | {
        "ptsd_sum": made["scales"]["ptsd"],
        "dso_sum": made["scales"]["dso"],
        "result": made["outcomes"]["diagnosis"],
    }


def wg_ss(given_: Any) -> dict[str, Any]:
    made: Any = score("wgss", numbered(given_))
    return {"max": max(given_), "disability": made["outcomes"]["disability"] == "yes"}


READ: dict[str, Callable[[Any], Any]] = {
    "phq9": phq_9,
    "gad7": gad_7,
    "pcl5": pcl_5,
    "PCL-5-change": lambda given_: second.pcl_5_change(*given_),
    "who5": who_5,
    "K10/K6": k10,
    "cries8": cries_8,
    "CRIES-8-refused": refused_by_cries_8,
    "SDQ-parent-4-17": sdq("parent", "three_band", "four_band"),
    "SDQ-self-11-17": sdq("self", "three_band"),
    "SDQ-impact-parent/self": sdq_impact,
    "CPSS-5-SR": cpss_5,
    "WHODAS-12-simple": whodas_12,
    "rhs15": rhs_15,
    "moca": moca,
    "itq": itq,
    "wgss": wg_ss,
    "GAS-T": gas_t,
}
VECTORS = [
    pytest.param(group, vector, id=f"{group}-{number}")
    for group, vectors in PUBLISHED.items()
    if group != "note"
    for number, vector in enumerate(vectors)
]


def test_every_group_is_read() -> None:
    assert READ.keys() == PUBLISHED.keys() - {"note"}
    assert len(VECTORS) == 76


@pytest.mark.parametrize(("group", "vector"), VECTORS)
def test_a_published_vector(group: str, vector: dict[str, Any]) -> None:
    made, expected = READ[group](vector["input"]), vector["expected"]
    if isinstance(expected, dict):
        made = {name: made[name] for name in expected}
    assert made == expected
