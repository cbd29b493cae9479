"""Pure: whose word counts as consent, by age and by the law of the place."""

from dataclasses import dataclass

CAPABLE = ("parent", "guardian", "court")  # who may consent for a child


@dataclass(frozen=True)
class Fault:
    pointer: str
    code: str
    detail: str


def judge(
    giver: str,
    status: str,
    assent: str | None,
    lowest: int,
    highest: int | None,
    alone_from: int,
    heard_from: int,
) -> Fault | None:
    """What is wrong with it, or None. Ages in years, as far as they are known.

    Who may be too young to consent alone counts as too young; who may be old enough to be heard
    is to be heard, and what they refuse a court alone may give. Where somebody may be grown, nobody
    consents for them but a court.
    """
    too_young = lowest < alone_from
    if giver == "self" and too_young:
        return Fault("/giver", "too-young", f"nobody consents alone before {alone_from} years")
    surely_alone = not too_young
    if surely_alone and giver in ("parent", "guardian"):
        return Fault("/giver", "of-age", "who is old enough consents alone, or a court does")
    heard = highest is None or highest >= heard_from
    if not (too_young and giver in CAPABLE and heard):
        return None
    if assent in (None, "not_asked"):
        return Fault("/assent", "missing", f"from {heard_from} years a child is asked, too")
    if assent == "refused" and status == "given" and giver != "court":
        return Fault("/assent", "refused", "what a child refuses nobody gives but a court")
    return None
