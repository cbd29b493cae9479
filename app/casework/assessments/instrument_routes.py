from typing import Annotated, Literal

from fastapi import Header

from app.casework.assessments import describing
from app.casework.assessments.instrument_schemas import DefinitionOut, ListedOut, ResourceOut
from app.core.paging import Paged
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

Respondent = Literal["self", "parent", "teacher", "clinician", "interviewer"]
router = GuardedRouter(prefix="/instruments", tags=["assessments"])
Reader = Annotated[UnitOfWork, Permit("instrument.read")]
Wish = Annotated[str | None, Header()]


@router.get("")
def list_instruments(
    work: Reader, page: Paged, accept_language: Wish = None
) -> Shown[Page[ListedOut]]:
    return work.tell_some(ListedOut, page, describing.listed(work, accept_language), "code")


@router.get("/{code}/{version}")
def read_instrument(
    code: str, version: int, work: Reader, accept_language: Wish = None
) -> Shown[DefinitionOut]:
    """Items by number, and all that is computed from the answers, with the source of each figure.

    The wording is there where it is installed, in the language that is asked for.
    """
    return work.tell(DefinitionOut, **describing.described(work, code, version, accept_language))


@router.get("/{code}/{version}/questionnaire")
def read_questionnaire(
    code: str,
    version: int,
    work: Reader,
    respondent: Respondent | None = None,
    accept_language: Wish = None,
) -> Shown[ResourceOut]:
    """As a FHIR R4 Questionnaire: the form of a respondent, or of the first that the file names."""
    return work.tell(
        ResourceOut,
        **describing.as_questionnaire(work, code, version, respondent, accept_language),
    )
