"""Seals new versions of practice, before they are published: run it as a module.

A file that differs from its seal stops it; so does one that does not hold together with the rest.
"""

import sys

from app.core.sealed_data import seal
from app.registry.pathways.catalogue import DATA, read_catalogue

if __name__ == "__main__":
    sys.exit(seal(DATA, read_catalogue, "app.registry.pathways.seal"))
