"""One package per kind of record on a case; they never import each other."""

from app.casework.alerts.routes import router as alerts
from app.casework.assessments.fhir_routes import router as assessments_as_fhir
from app.casework.assessments.instrument_routes import router as instruments
from app.casework.assessments.routes import router as assessments
from app.casework.break_glass.routes import router as break_glass
from app.casework.consents.routes import router as consents
from app.casework.disclosures.routes import router as disclosures
from app.casework.judgements.routes import router as judgements
from app.casework.notes.routes import router as notes
from app.casework.proceedings.routes import router as proceedings
from app.casework.sealing.routes import router as sealing
from app.casework.supervision.routes import router as supervision
from app.casework.tasks.routes import router as tasks

ROUTERS = (
    alerts,
    assessments,
    assessments_as_fhir,
    break_glass,
    consents,
    disclosures,
    instruments,
    judgements,
    notes,
    proceedings,
    sealing,
    supervision,
    tasks,
)
