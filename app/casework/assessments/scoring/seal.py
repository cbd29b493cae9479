"""Seals new versions of instruments, before they are published: run it as a module."""

import sys

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, read_catalogue
from app.core.sealed_data import seal

if __name__ == "__main__":
    sys.exit(seal(INSTRUMENTS, read_catalogue, "app.casework.assessments.scoring.seal"))
