"""One package per kind of record on a case; they never import each other."""

from app.casework.notes.routes import router as notes

ROUTERS = (notes,)
