from typing import Annotated

from fastapi import Header

from app.casework.assessments import describing
from app.casework.assessments.instrument_schemas import DefinitionOut, InstrumentsOut
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/instruments", tags=["assessments"])
Reader = Annotated[UnitOfWork, Permit("instrument.read")]
Wish = Annotated[str | None, Header()]


@router.get("")
def list_instruments(work: Reader, accept_language: Wish = None) -> Shown[InstrumentsOut]:
    return work.tell(InstrumentsOut, items=describing.listed(work, accept_language))


@router.get("/{code}/{version}")
def read_instrument(
    code: str, version: int, work: Reader, accept_language: Wish = None
) -> Shown[DefinitionOut]:
    """Items by number, and all that is computed from the answers, with the source of each figure.

    The wording is there where it is installed, in the language that is asked for.
    """
    return work.tell(DefinitionOut, **describing.described(work, code, version, accept_language))
