"""Answer sheets for tests: filled with one answer, or so that a scale comes to a given score."""

from app.casework.assessments.scoring.instrument import Instrument

Sheet = dict[str, int | None]


def filled(instrument: Instrument, respondent: str, place: int = 0) -> Sheet:
    """Every item of the form with the answer at this place of those that it allows."""
    return {item.number: item.values[place] for item in instrument.asked(respondent)}


def sheet_of(instrument: Instrument, respondent: str, scale: str, score: int) -> Sheet:
    """A whole sheet on which a scale that is a sum, or a sum of sums, comes to this score."""
    sheet = filled(instrument, respondent)
    left = score
    for name in parts(instrument, scale):
        part = instrument.scales[name]
        asked = [n for n in part.items if respondent in instrument.items[n].respondents]
        ranks = {n: sorted(part.points(instrument.items[n]).items(), key=second) for n in asked}
        left -= sum(rank[0][1] for rank in ranks.values())
        for number, rank in ranks.items():
            sheet[number], worth = max(
                (one for one in rank if one[1] - rank[0][1] <= left), key=second
            )
            left -= worth - rank[0][1]
    assert left == 0, f"{scale} cannot be {score}"
    return sheet


def parts(instrument: Instrument, scale: str) -> list[str]:
    """The scales of items that a scale is made of; itself where it is one."""
    of = instrument.scales[scale].of
    return [name for part in of for name in parts(instrument, part)] if of else [scale]


def second(pair: tuple[int, int]) -> int:
    return pair[1]
