"""Seals new versions of tools, before they are published: run it as a module."""

import sys

from app.casework.judgements.catalogue import TOOLS, read_tools
from app.core.sealed_data import seal

if __name__ == "__main__":
    sys.exit(seal(TOOLS, read_tools, "app.casework.judgements.seal"))
