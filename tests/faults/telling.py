"""The figures of a proof, on the standard error of the process that has made it."""

import sys
from collections import Counter

STRUCK: Counter[str] = Counter()  # statements, by route


def tell(engine: str, of: str) -> None:
    sys.stderr.write(f"{engine}, {of}: {len(STRUCK)} routes, {STRUCK.total()} statements struck\n")
