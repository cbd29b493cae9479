"""Starts the `casework` command: a data file that must not be used is told in one line."""

import sys
from importlib import import_module

from app.core.datafile import DataFileError


def main() -> None:
    """Policy and practice are read when the application is imported, so that none serves others."""
    try:
        command = import_module("app.cli.main").main
    except DataFileError as fault:
        sys.exit(f"Error: {fault}")
    command()
