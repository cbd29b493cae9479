"""What a client may send as `answers`, said in JSON Schema 2020-12; pure."""

from typing import Any

from app.casework.assessments.scoring.instrument import Instrument, Item

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def answers_schema(instrument: Instrument, respondent: str) -> dict[str, Any]:
    """Of the answers of one respondent: item number → allowed answer, or null where missing.

    An item that is left out is missing as well.
    """
    return {
        "$schema": DIALECT,
        "title": f"{instrument.name}, version {instrument.version}, {respondent}",
        "type": "object",
        "properties": {item.number: answer(item) for item in instrument.asked(respondent)},
        "additionalProperties": False,
    }


def answer(item: Item) -> dict[str, Any]:
    return {"type": ["integer", "null"], "enum": [*item.values, None]}
