"""Whether a pathway suits a person, and which tracks a case opens for it."""

from collections.abc import Iterable
from datetime import date

from app.registry.pathways.ages import AgeBounds, macr_on
from app.registry.pathways.definitions import Pathway
from app.registry.pathways.places import Jurisdiction
from app.registry.pathways.verdicts import Opening, Unmet


def pathway_fits(
    pathway: Pathway,
    ages: AgeBounds,
    jurisdiction: Jurisdiction,
    on: date,
    *,
    grave: bool = False,
    active: Iterable[Pathway] = (),
) -> list[Unmet]:
    """What speaks against a pathway for a person of this age on that day.

    For a pathway with `needs_macr`, `on` and `ages` are those of the alleged act. `active` are
    the other pathways of the case. Doubt about age makes a child, and below responsibility.
    Codes: adults-only, children-only, below-criminal-responsibility,
    criminal-responsibility-unknown, may-not-coexist, overlay-needs.
    """
    unmet = []
    child = ages.youngest < jurisdiction.majority
    if pathway.who == "adult" and child:
        unmet.append(Unmet("adults-only", f"may be under {jurisdiction.majority}"))
    if pathway.who == "child" and not child:
        unmet.append(Unmet("children-only", f"at least {jurisdiction.majority}"))
    if pathway.needs_macr:
        if (least := macr_on(jurisdiction, on, grave)) is None:
            unmet.append(Unmet("criminal-responsibility-unknown", on.isoformat()))
        elif ages.youngest < least:
            unmet.append(Unmet("below-criminal-responsibility", f"may be under {least}"))
    others = [other.code for other in active if other.code != pathway.code]
    unmet += [Unmet("may-not-coexist", code) for code in others if code not in pathway.coexists]
    if pathway.overlay and not set(others) & set(pathway.overlays):
        unmet.append(Unmet("overlay-needs", " or ".join(pathway.overlays)))
    return unmet


def opening(pathways: Iterable[Pathway], jurisdiction: Jurisdiction) -> Opening:
    """The tracks to open, and those to offer, for pathways that are active together."""
    active = tuple(pathways)
    forbidden = {track for pathway in active for track in pathway.forbids}
    opens = [track for pathway in active for track in pathway.opens]
    offers = [track for pathway in active for track in pathway.offers]
    codes = {pathway.code for pathway in active}
    offers += [offer.track for offer in jurisdiction.offers if codes & set(offer.pathways)]
    return Opening(
        tuple(track for track in dict.fromkeys(opens) if track not in forbidden),
        tuple(track for track in dict.fromkeys(offers) if track not in forbidden),
    )
